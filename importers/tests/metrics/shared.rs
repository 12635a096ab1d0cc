//! Every file of the shared data: what is read must be what the file itself says, or what a plain count of its lines and
//! columns by other tools gave (said in each case).

use std::path::PathBuf;

use tracecast_importers::metrics::Quantity;

use crate::{close, common::shared, measured, series, whole};

/// A file of the shared data; none where that is not at hand.
fn file(name: &str) -> Option<crate::Measurements> {
    shared(&format!("traces/{name}")).map(|path| measured(&std::fs::read(path).unwrap()))
}

/// wrk2 prints two digits after the point of milliseconds or seconds, three in its spectrum.
#[test]
fn wrk2_reports_its_percentiles() {
    struct Printed {
        count: u64,
        rate: f64,
        mean: f64,
        deviation: f64,
        max: f64,
        quantiles: [(f64, f64); 3],
    }
    let printed = |count, rate, [mean, deviation, max]: [f64; 3], [p50, p95, p99]: [f64; 3]| Printed {
        count,
        rate,
        mean: mean / 1e3,
        deviation: deviation / 1e3,
        max: max / 1e3,
        quantiles: [(0.5, p50 / 1e3), (0.95, p95 / 1e3), (0.99, p99 / 1e3)],
    };
    let runs = [
        printed(43783, 729.56, [9185.981, 3932.894, 18989.056], [8950.0, 15720.447, 17150.0]),
        printed(29941, 499.0, [11.746, 5.7, 104.896], [10.38, 21.391, 33.89]),
        printed(32498, 541.59, [2699.814, 3653.559, 17514.496], [1080.0, 10936.319, 14840.0]),
        printed(32015, 533.56, [6990.071, 6570.653, 32260.096], [6150.0, 19775.487, 28110.0]),
    ];
    for (i, run) in runs.iter().enumerate() {
        let Some(read) = file(&format!("socialnetwork-wrk2-{}.txt", i + 1)) else { return };
        let all = whole(&read);
        assert_eq!((all.count, all.throughput, read.latencies().len()), (Some(run.count), Some(run.rate), 1));
        close(all.mean, run.mean, 1e-9);
        close(all.standard_deviation, run.deviation, 1e-9);
        close(all.max, run.max, 1e-9);
        for (share, seconds) in run.quantiles {
            close(all.quantile(share), seconds, 1e-9);
        }
    }
}

/// The row "Aggregated", and the sum over the others.
#[test]
fn locust_aggregates() {
    let Some(stats) = file("bitcoinapi-locust-1_stats.csv") else { return };
    let all = whole(&stats);
    assert_eq!((all.count, all.failures), (Some(2210), Some(1607)));
    close(all.throughput, 37.30488469320527, 1e-12);
    close(all.mean, 0.050184648958923994, 1e-12);
    for (share, seconds) in [(0.5, 0.003), (0.95, 0.008), (0.99, 2.0), (0.999, 2.1), (1.0, 2.2)] {
        close(all.quantile(share), seconds, 1e-12);
    }
    let each = || stats.latencies().into_iter().filter(|summary| summary.operation.is_some());
    assert_eq!(each().count(), 8);
    assert_eq!(each().filter_map(|summary| summary.count).sum::<u64>(), 2210);
    let weighted: f64 = each().map(|summary| summary.count.unwrap() as f64 * summary.mean.unwrap()).sum();
    close(Some(weighted / 2210.0), all.mean.unwrap(), 1e-9);

    // 56 rows from 1772849612 to 1772849668; 2050 requests until the last.
    let Some(history) = file("bitcoinapi-locust-1_stats_history.csv") else { return };
    assert_eq!(series(&history, "User Count").points.len(), 56);
    let profile = history.arrivals(1.0).unwrap();
    assert_eq!(profile.end(), 56.0);
    close(Some(profile.total()), 2050.0, 1e-6);
}

/// 2205 rows below the header, each a sample, mean 211.21904761904761 ms, all "true", 50 × "Create EHR"; from
/// 1650903318370 to 1650903423666 (Python's csv).
#[test]
fn jmeter_counts() {
    let Some(read) = file("ehrbase-jmeterjtl-1.jtl") else { return };
    let path = shared("traces/ehrbase-jmeterjtl-1.jtl").unwrap();
    let lines = std::fs::read_to_string(path).unwrap().lines().count();
    assert_eq!(read.requests.len(), lines - 1);
    assert!(read.report.warnings.is_empty());
    let all = whole(&read);
    assert_eq!((all.count, all.failures), (Some(2205), Some(0)));
    close(all.mean, 0.211_219_047_619_047_6, 1e-9);
    close(all.throughput, 2205.0 / 105.296, 1e-6);
    let ehr = read.latencies().into_iter().find(|summary| summary.operation.as_deref() == Some("Create EHR"));
    assert_eq!(ehr.unwrap().count, Some(50));
    // As many arrivals as samples, whatever the step.
    for step in [0.1, 1.0, 60.0] {
        close(Some(read.arrivals(step).unwrap().total()), 2205.0, 1e-6);
    }
}

/// 61 points of `http_req_duration`, mean 9752.56718555738 ms, all expected; 48 of `vus` (Python's json).
#[test]
fn k6_counts() {
    let Some(read) = file("k6template-k6json-1.json") else { return };
    let all = whole(&read);
    assert_eq!((all.count, all.failures, read.report.skipped), (Some(61), Some(0), 0));
    close(all.mean, 9.75256718555738, 1e-9);
    let users = series(&read, "vus");
    assert_eq!((users.points.len(), users.quantity), (48, Quantity::Users));
    assert_eq!(series(&read, "iterations").points.len(), 31);
}

/// 787 rows, 30 of them with the status 404, 184 × create_order (Python's csv); a Poisson client with 8 requests/s for
/// 100 s (the README), whose number is within three standard deviations of its mean.
#[test]
fn request_log_counts() {
    let Some(read) = file("airshipshop-loadcsv-1.csv") else { return };
    let all = whole(&read);
    assert_eq!((all.count, all.failures), (Some(787), Some(30)));
    let orders =
        read.latencies().into_iter().find(|summary| summary.operation.as_deref() == Some("create_order"));
    assert_eq!(orders.unwrap().count, Some(184));
    close(all.throughput, 8.0, 3.0 * 800.0_f64.sqrt() / 100.0);
}

#[test]
fn prometheus_values() {
    let Some(read) = file("jaegermetrics-promjson-1.json") else { return };
    let found = series(&read, "{service_name=\"emailservice\"}");
    assert_eq!((found.points[0].at, found.points[0].value), (1_620_351_786.0, 9_223_372_036_854.0));
}

/// 721 rows of each pod, means of the columns by Python's csv.
#[test]
fn pods_of_the_online_boutique() {
    let Some(folder) = shared("traces/onlineboutique-metrics-1") else { return };
    let mut all = crate::Measurements::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut unknown = Vec::new();
    for file in files {
        if tracecast_importers::metrics::read(std::fs::File::open(&file).unwrap(), &mut all).is_err() {
            unknown.push(file.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    // Who depends on whom.
    assert_eq!(unknown, ["dependency.csv"]);
    let services = all.utilization();
    assert_eq!(services.len(), 10);
    assert!(services.iter().all(|service| service.replicas == 1));
    for (name, millicores, percent) in [
        ("adservice", 1.539766967639389, 5.354473584253821),
        ("currencyservice", 10.417577351418618, 52.14162494223488),
        ("productcatalogservice", 8.022014915951424, 36.71083162862831),
    ] {
        let service = services.iter().find(|service| service.service == name).unwrap();
        close(service.utilization, millicores / 1e3, 1e-9);
        close(service.load, percent / 1e2, 1e-9);
    }
    let workload = series(&all, "PodWorkload(Ops){pod=\"frontend-579b9bff58-t2dbm\"}");
    assert_eq!((workload.points.len(), workload.points[0].value), (721, 9.066666666666666));
    assert!(workload.arrivals(1.0).unwrap().total() > 0.0);
    let front = series(&all, "LatencyP99(s){service=\"Frontend\",quantile=\"0.99\"}");
    assert_eq!(front.quantity, Quantity::Latency);
}
