//! The query language, by Prometheus' own test data: promql/promqltest/testdata/{functions,operators,staleness}.test.

use tracecast_model::autoscaling::promql::{Expression, Labels, Series};

/// `load STEP`: a series by its labels and its values, one each step; `_` is no sample, `stale` the mark.
fn load(step: i64, metric: &str, labels: &[(&str, &str)], values: &str) -> Series {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut series = Series::new(metric, labels);
    for (place, value) in (0..).zip(values.split_whitespace().filter(|value| *value != "_")) {
        series.push(step * place * 1_000_000_000, value.parse().ok());
    }
    series
}

/// `START+STEPxCOUNT`, with its first value.
fn ramp(parts: &[(f64, f64, u32)]) -> String {
    let values =
        parts.iter().flat_map(|&(start, by, count)| (0..=count).map(move |i| start + by * f64::from(i)));
    values.map(|value| format!("{value} ")).collect()
}

/// `eval instant at TIME EXPRESSION`: the value of a label, and that of the series, sorted.
fn evaluate(series: &[Series], time: i64, text: &str, label: &str) -> Vec<(String, f64)> {
    let expression = Expression::from(text);
    assert_eq!(expression.problem(), None, "{text}");
    let values = expression.evaluate(series, time * 1_000_000_000).unwrap();
    let of = |labels: &Labels| labels.get(label).cloned().unwrap_or_default();
    let mut found: Vec<(String, f64)> = values.iter().map(|(labels, value)| (of(labels), *value)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Differences are those of the order in which numbers are added; the test data is compared with a tolerance of 1e-6.
fn assert_values(series: &[Series], time: i64, text: &str, label: &str, expected: &[(&str, f64)]) {
    let found = evaluate(series, time, text, label);
    let alike = |(a, b): (&(String, f64), &(&str, f64))| {
        a.0 == b.0 && (a.1 == b.1 || (a.1 - b.1).abs() <= 1e-9 * b.1.abs() || (a.1.is_nan() && b.1.is_nan()))
    };
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(alike),
        "{text}: {found:?}, not {expected:?}"
    );
}

/// functions.test: resets() and changes().
#[test]
fn resets_and_changes() {
    let of = |path: &str, values: &str| load(300, "http_requests", &[("path", path)], values);
    let series = [
        of("/foo", "1 2 3 0 1 0 0 1 2 0"),
        of("/bar", "1 2 3 4 5 1 2 3 4 5"),
        of("/biz", "0 0 0 0 0 1 1 1 1 1"),
    ];
    for (range, expected) in [
        ("10m", [0.0, 0.0, 0.0]),
        ("20m", [0.0, 0.0, 1.0]),
        ("32m", [1.0, 0.0, 2.0]),
        ("50m", [1.0, 0.0, 3.0]),
    ] {
        let text = format!("resets(http_requests[{range}])");
        let expected = [("/bar", expected[0]), ("/biz", expected[1]), ("/foo", expected[2])];
        assert_values(&series, 3000, &text, "path", &expected);
    }
    for (range, expected) in [
        ("6m", [0.0, 0.0, 0.0]),
        ("20m", [2.0, 0.0, 2.0]),
        ("30m", [4.0, 0.0, 3.0]),
        ("50m", [8.0, 1.0, 7.0]),
    ] {
        let text = format!("changes(http_requests[{range}])");
        let expected = [("/bar", expected[0]), ("/biz", expected[1]), ("/foo", expected[2])];
        assert_values(&series, 3000, &text, "path", &expected);
    }
    assert_values(&series, 3000, "resets(http_requests[5m])", "path", &[]);
    assert_values(&series, 3000, "changes(nonexistent_metric[50m])", "path", &[]);
}

/// histograms.test: buckets of classic histograms, of which one has negative bounds; also of rates and of sums.
#[test]
fn quantiles_of_histograms() {
    let bucket = |start: &str, le: &str, by: f64| {
        load(300, "testhistogram_bucket", &[("start", start), ("le", le)], &ramp(&[(0.0, by, 10)]))
    };
    let series = [
        bucket("positive", "0.1", 5.0),
        bucket("positive", ".2", 7.0),
        bucket("positive", "1e0", 11.0),
        bucket("positive", "+Inf", 12.0),
        bucket("negative", "-.2", 1.0),
        bucket("negative", "-0.1", 2.0),
        bucket("negative", "0.3", 2.0),
        bucket("negative", "+Inf", 3.0),
    ];
    let low = f64::NEG_INFINITY;
    for (q, negative, positive) in [
        ("-0.1", low, low),
        ("1.01", f64::INFINITY, f64::INFINITY),
        ("0", -0.2, 0.0),
        ("1", 0.3, 1.0),
        ("0.2", -0.2, 0.048),
        ("0.5", -0.15, 0.15),
        ("0.8", 0.3, 0.72),
    ] {
        let expected = [("negative", negative), ("positive", positive)];
        let text = format!("histogram_quantile({q}, testhistogram_bucket)");
        assert_values(&series, 3000, &text, "start", &expected);
        let text = format!("histogram_quantile({q}, rate(testhistogram_bucket[15m]))");
        assert_values(&series, 3000, &text, "start", &expected);
    }
    let counts = [[1.0, 3.0, 4.0], [2.0, 5.0, 6.0], [3.0, 4.0, 6.0], [4.0, 7.0, 9.0]];
    let of = |(instance, counts): (usize, &[f64; 3])| {
        let instance = instance.to_string();
        ["0.1", "0.2", "+Inf"]
            .map(|le| (instance.clone(), le))
            .into_iter()
            .zip(*counts)
            .map(|((instance, le), by)| {
                load(
                    300,
                    "request_duration_seconds_bucket",
                    &[("instance", &instance), ("le", le)],
                    &ramp(&[(0.0, by, 10)]),
                )
            })
            .collect::<Vec<Series>>()
    };
    let series: Vec<Series> = counts.iter().enumerate().flat_map(of).collect();
    for (q, value) in [("0.3", 0.075), ("0.5", 0.127_777_777_777_777_8)] {
        let text =
            format!("histogram_quantile({q}, sum(rate(request_duration_seconds_bucket[15m])) by (le))");
        assert_values(&series, 3000, &text, "start", &[("", value)]);
    }
    // Without the bucket of everything, or with nothing in it, there is no quantile.
    let lone = [load(300, "x_bucket", &[("le", "1")], "3"), load(300, "y_bucket", &[("le", "+Inf")], "0")];
    for name in ["x", "y"] {
        assert_values(&lone, 0, &format!("histogram_quantile(0.5, {name}_bucket)"), "le", &[("", f64::NAN)]);
    }
}

/// functions.test: increase(), with its extrapolation that stops where a counter would be below zero.
#[test]
fn increase() {
    let of = |path: &str, values: &str| load(300, "http_requests_total", &[("path", path)], values);
    let series = [
        of("/foo", &ramp(&[(0.0, 10.0, 10)])),
        of("/bar", &ramp(&[(0.0, 18.0, 5), (0.0, 18.0, 5)])),
        of("/dings", &ramp(&[(10.0, 10.0, 10)])),
        of("/bumms", &ramp(&[(1.0, 10.0, 10)])),
    ];
    let expected =
        |bar, bumms, dings, foo| [("/bar", bar), ("/bumms", bumms), ("/dings", dings), ("/foo", foo)];
    let of_50 = expected(160.0, 100.0, 100.0, 100.0);
    assert_values(&series, 3000, "increase(http_requests_total[50m])", "path", &of_50);
    let of_100 = expected(162.0, 101.0, 105.0, 100.0);
    assert_values(&series, 3000, "increase(http_requests_total[100m])", "path", &of_100);
    let reset = [of("/foo", "0 1 2 3 2 3 4")];
    assert_values(&reset, 1800, "increase(http_requests_total[30m])", "path", &[("/foo", 7.0)]);
}

/// functions.test: rate(), irate() and delta().
#[test]
fn rates() {
    let middle = [load(300, "reset_middle", &[], &ramp(&[(0.0, 27.0, 4), (0.0, 27.0, 5)]))];
    assert_values(&middle, 3000, "rate(reset_middle[50m])", "", &[("", 0.08)]);
    let end = [load(300, "reset_end", &[], &format!("{} 0 10", ramp(&[(0.0, 10.0, 9)])))];
    assert_values(&end, 3000, "rate(reset_end[5m])", "", &[]);
    assert_values(&end, 3000, "rate(reset_end[6m])", "", &[("", 0.0)]);
    let offset = |x: &str, by: f64| load(300, "rate_offset", &[("x", x)], &ramp(&[(0.0, by, 10)]));
    let series = [offset("a", 10.0), offset("b", 20.0)];
    let expected = [("a", 0.033_333_333_333_333_33), ("b", 0.066_666_666_666_666_67)];
    assert_values(&series, 3000, "rate(rate_offset[10m] offset 5m)", "x", &expected);

    let starts = [0.0, 60.0, 120.0, 180.0, 240.0, 300.0];
    let cutoff =
        |start: &f64| load(240, "cutoff", &[("start", &start.to_string())], &ramp(&[(*start, 240.0, 10)]));
    let series: Vec<Series> = starts.iter().map(cutoff).collect();
    let rates = |time: i64| evaluate(&series, time, "rate(cutoff[20m])", "");
    for (found, expected) in rates(600).iter().zip([0.5, 0.55, 0.6, 0.6, 0.6, 0.6]) {
        assert!((found.1 - expected).abs() < 1e-12, "{found:?} {expected}");
    }
    assert!(rates(3000).iter().all(|found| (found.1 - 0.6).abs() < 1e-12));

    let total = |path: &str, values: &[(f64, f64, u32)]| load(300, "total", &[("path", path)], &ramp(values));
    let series = [total("/foo", &[(0.0, 10.0, 10)]), total("/bar", &[(0.0, 10.0, 5), (0.0, 10.0, 5)])];
    let third = 0.033_333_333_333_333_33;
    assert_values(&series, 3000, "irate(total[50m])", "path", &[("/bar", third), ("/foo", third)]);
    assert_values(&series, 1800, "irate(total[50m])", "path", &[("/bar", 0.0), ("/foo", third)]);
    let gauge = |path: &str, values: &str| load(300, "gauge", &[("path", path)], values);
    let series = [gauge("/foo", "0 50 100 150 200"), gauge("/bar", "200 150 100 50 0")];
    assert_values(&series, 1200, "delta(gauge[20m])", "path", &[("/bar", -200.0), ("/foo", 200.0)]);
    let series = [gauge("/foo", "0 50 100 150"), gauge("/bar", "0 50 100 50")];
    assert_values(&series, 1200, "idelta(gauge[20m])", "path", &[("/bar", -50.0), ("/foo", 50.0)]);
}

/// operators.test: eight counters by job, instance and group.
fn requests() -> Vec<Series> {
    let mut all = Vec::new();
    let mut by = 0.0;
    for job in ["api-server", "app-server"] {
        for group in ["production", "canary"] {
            for instance in ["0", "1"] {
                by += 10.0;
                let labels = [("job", job), ("instance", instance), ("group", group)];
                all.push(load(300, "http_requests_total", &labels, &ramp(&[(0.0, by, 10)])));
            }
        }
    }
    all
}

/// operators.test: arithmetic and comparisons.
#[test]
fn operators_between_sums_and_numbers() {
    let series = requests();
    let both = |api: f64, app: f64| vec![("api-server", api), ("app-server", app)];
    for (text, expected) in [
        ("SUM(http_requests_total) BY (job) - COUNT(http_requests_total) BY (job)", both(996.0, 2596.0)),
        ("2 - SUM(http_requests_total) BY (job)", both(-998.0, -2598.0)),
        ("- - - SUM(http_requests_total) BY (job)", both(-1000.0, -2600.0)),
        ("1000 / SUM(http_requests_total) BY (job)", both(1.0, 0.384_615_384_615_384_64)),
        ("-10^3 * - SUM(http_requests_total) BY (job) ^ -1", both(1.0, 0.384_615_384_615_384_64)),
        ("SUM(http_requests_total) BY (job) % 3", both(1.0, 2.0)),
        ("SUM(http_requests_total) BY (job) ^ 2", both(1_000_000.0, 6_760_000.0)),
        ("SUM(http_requests_total) BY (job) % 2 ^ (3 ^ 2)", both(488.0, 40.0)),
        ("SUM(http_requests_total) BY (job) % 2 ^ 3 ^ 2 ^ 2", both(1000.0, 2600.0)),
        ("COUNT(http_requests_total) BY (job) ^ COUNT(http_requests_total) BY (job)", both(256.0, 256.0)),
        ("SUM(http_requests_total) BY (job) / 0", both(f64::INFINITY, f64::INFINITY)),
        ("(SUM((http_requests_total)) BY (job)) + SUM(http_requests_total) BY (job)", both(2000.0, 5200.0)),
        ("SUM(http_requests_total) BY (job) > 1000", vec![("app-server", 2600.0)]),
        ("1000 < SUM(http_requests_total) BY (job)", vec![("app-server", 2600.0)]),
        ("SUM(http_requests_total) BY (job) <= 1000", vec![("api-server", 1000.0)]),
        ("SUM(http_requests_total) BY (job) != 1000", vec![("app-server", 2600.0)]),
        ("SUM(http_requests_total) BY (job) == bool 1000", both(1.0, 0.0)),
        ("sum without (instance, group) (http_requests_total)", both(1000.0, 2600.0)),
        ("max by (job) (http_requests_total)", both(400.0, 800.0)),
        ("min by (job) (http_requests_total)", both(100.0, 500.0)),
        ("avg by (job) (http_requests_total)", both(250.0, 650.0)),
    ] {
        assert_values(&series, 3000, text, "job", &expected);
    }
    for (text, expected) in
        [("- - - 1", -1.0), ("-2^---1*3", -1.5), ("2/-2^---1*3+2", -10.0), ("0 == bool 1", 0.0)]
    {
        assert_values(&series, 3000, text, "", &[("", expected)]);
    }
}

/// operators.test: and, or, unless, and series that belong together.
#[test]
fn operators_between_series() {
    let series = requests();
    for (text, expected) in [
        ("http_requests_total{group=\"canary\"} and http_requests_total{instance=\"0\"}", vec![300.0, 700.0]),
        (
            "(http_requests_total{group=\"canary\"} + 1) and on(instance) http_requests_total{instance=\"0\", group=\"production\"}",
            vec![301.0, 701.0],
        ),
        (
            "(http_requests_total{group=\"canary\"} + 1) and ignoring(group) http_requests_total{instance=\"0\", group=\"production\"}",
            vec![301.0, 701.0],
        ),
        (
            "(http_requests_total{group=\"canary\"} + 1) or http_requests_total{instance=\"1\"}",
            vec![200.0, 301.0, 401.0, 600.0, 701.0, 801.0],
        ),
        (
            "http_requests_total{group=\"canary\"} unless http_requests_total{instance=\"0\"}",
            vec![400.0, 800.0],
        ),
        ("http_requests_total{group=\"canary\"} unless on(job) http_requests_total{instance=\"0\"}", vec![]),
        (
            "http_requests_total{group=\"canary\"} / on(instance,job) http_requests_total{group=\"production\"}",
            vec![4.0 / 3.0, 1.4, 2.0, 3.0],
        ),
        (
            "http_requests_total{group=\"canary\"} / ignoring(group) http_requests_total{group=\"production\"}",
            vec![4.0 / 3.0, 1.4, 2.0, 3.0],
        ),
        (
            "http_requests_total{job=\"api-server\", group=\"canary\"} + rate(http_requests_total{job=\"api-server\"}[10m]) * 5 * 60",
            vec![330.0, 440.0],
        ),
        ("http_requests_total{job=~\"api.*\", group!=\"canary\"}", vec![100.0, 200.0]),
        ("http_requests_total{job!~\"api.*\", group=\"canary\"}", vec![700.0, 800.0]),
    ] {
        let mut found: Vec<f64> =
            evaluate(&series, 3000, text, "").into_iter().map(|(_, value)| value).collect();
        found.sort_by(f64::total_cmp);
        let alike = found.iter().zip(&expected).all(|(a, b): (&f64, &f64)| (a - b).abs() < 1e-9);
        assert!(found.len() == expected.len() && alike, "{text}: {found:?}");
    }
    let many = Expression::from("http_requests_total / on(job) http_requests_total");
    assert!(many.evaluate(&series, 3_000_000_000_000).is_err());
}

/// staleness.test; that a sample of exactly five minutes ago does not count any more is of Prometheus 3 (its migration guide).
#[test]
fn staleness() {
    let series = [load(10, "metric", &[], "0 1 stale 2")];
    for (time, expected) in
        [(10, Some(1.0)), (20, None), (30, Some(2.0)), (40, Some(2.0)), (329, Some(2.0)), (330, None)]
    {
        let expected: Vec<(&str, f64)> = expected.map(|value| ("", value)).into_iter().collect();
        assert_values(&series, time, "metric", "", &expected);
    }
    for (time, range, expected) in [
        (30, "1m", Some(3.0)),
        (10, "1s", Some(1.0)),
        (20, "1s", None),
        (20, "10s", None),
        (20, "20s", Some(1.0)),
    ] {
        let expected: Vec<(&str, f64)> = expected.map(|value| ("", value)).into_iter().collect();
        assert_values(&series, time, &format!("count_over_time(metric[{range}])"), "", &expected);
    }
}

/// Prometheus' documentation (querying/functions): "increase … the result … may be non-integer", absent() with the labels of its
/// selector, and the functions of ranges.
#[test]
fn documented_functions() {
    let series = [load(10, "metric", &[("job", "myjob")], "1 4 2 5")];
    assert_values(&series, 30, "absent(nonexistent{job=\"myjob\"})", "job", &[("myjob", 1.0)]);
    assert_values(
        &series,
        30,
        "absent(nonexistent{job=\"myjob\",instance=~\".*\"})",
        "instance",
        &[("", 1.0)],
    );
    assert_values(&series, 30, "absent(sum(nonexistent{job=\"myjob\"}))", "job", &[("", 1.0)]);
    assert_values(&series, 30, "absent(metric)", "", &[]);
    for (function, expected) in
        [("avg", 3.0), ("min", 1.0), ("max", 5.0), ("sum", 12.0), ("last", 5.0), ("present", 1.0)]
    {
        assert_values(
            &series,
            30,
            &format!("{function}_over_time(metric[1m])"),
            "job",
            &[("myjob", expected)],
        );
    }
    for (text, expected) in [
        ("scalar(metric) + 1", 6.0),
        ("vector(3)", 3.0),
        ("time()", 30.0),
        ("clamp_max(metric, 2)", 2.0),
        ("clamp_min(metric, 9)", 9.0),
        ("ceil(metric / 2)", 3.0),
        ("floor(metric / 2)", 2.0),
        ("abs(-metric)", 5.0),
    ] {
        assert_values(&series, 30, text, "", &[("", expected)]);
    }
}

/// What is not supported is refused by its name, as is what is no expression.
#[test]
fn refused_by_name() {
    for (text, words) in [
        ("quantile_over_time(0.9, x[5m])", "quantile_over_time"),
        ("a * on (b) group_left c", "group_left"),
        ("topk(3, a)", "topk"),
        ("quantile_over_time(0.5, a[5m])", "quantile_over_time"),
        ("max_over_time(rate(a[5m])[1h:])", "max_over_time"),
        ("a @ 5", "@"),
        ("a offset -5m", "negative offset"),
        ("a[5m]", "range"),
        ("{job=\"a\"}", "without a metric"),
        ("sum(", ""),
        ("", ""),
    ] {
        let problem = Expression::from(text).problem().map(str::to_owned);
        assert!(problem.as_ref().is_some_and(|problem| problem.contains(words)), "{text}: {problem:?}");
    }
    let deep = "(".repeat(4000) + "1" + &")".repeat(4000);
    assert!(Expression::from(deep).problem().is_some_and(|problem| problem.contains("deep")));
    assert!(Expression::from("1+".repeat(6000)).problem().is_some_and(|problem| problem.contains("longer")));
}
