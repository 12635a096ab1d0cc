//! How the time of a solution grows with the number of calls: models of five layers, drawn to standard output as SVG.
//!
//! `cargo run --release -p tracecast-solver --example growth > growth.svg`

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fmt::Write;
use std::time::Instant;

use tracecast_model::{
    Activity, Call, Distribution, Engine, EngineOptions, Host, Load, Multiplicity, Operation, OperationRef,
    Request, RunControl, Service, System, Workload,
};
use tracecast_solver::Analytic;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut points = Vec::new();
    for width in [2, 6, 20, 60, 200, 600, 2000] {
        let system = layers(5, width);
        let calls: usize = system
            .operations()
            .flat_map(|(_, operation)| operation.activities())
            .map(|activity| activity.calls.len())
            .sum();
        let mut fastest = f64::INFINITY;
        let mut rounds = 0;
        for _ in 0..if width < 200 { 20 } else { 2 } {
            let begin = Instant::now();
            let answer = Analytic.predict(&system, &EngineOptions::default(), &RunControl::none())?;
            fastest = fastest.min(begin.elapsed().as_secs_f64());
            rounds = answer.iterations.unwrap_or(0);
        }
        eprintln!("{calls:6} calls {:9.2} ms {rounds:3} rounds", fastest * 1e3);
        points.push((calls as f64, fastest));
    }
    println!("{}", plot(&points));
    Ok(())
}

/// Every service calls two of the next layer, half a time each; two services share a machine of two cores.
fn layers(layers: usize, width: usize) -> System {
    let name = |layer: usize, place: usize| format!("service{layer}x{}", place % width);
    let mut system = System::default();
    for layer in 0..layers {
        for place in 0..width {
            let demand = 0.001 * (1.0 + (place % 4) as f64 / 4.0);
            let mut operation =
                Operation::new("handle").with_activity(Activity::working(Distribution::exponential(demand)));
            for next in [place, place + 1].into_iter().filter(|_| layer + 1 < layers) {
                let to = OperationRef::new(name(layer + 1, next), "handle");
                operation = operation.with_call(Call::new(to).with_mean(0.5));
            }
            let host = format!("host{layer}x{}", place / 2);
            if place % 2 == 0 {
                system.hosts.push(Host::new(&host).with_cores(Multiplicity::Finite(2)));
            }
            system
                .services
                .push(Service::new(name(layer, place), host).with_concurrency(8).with_operation(operation));
        }
    }
    let load = Load::Closed { population: 20 * width as u32, think_time: Distribution::exponential(0.02) };
    let mut users = Workload::new("users", OperationRef::new(name(0, 0), "handle"), load);
    users.requests = (0..width)
        .map(|place| Request { operation: OperationRef::new(name(0, place), "handle"), weight: 1.0 })
        .collect();
    system.workloads.push(users);
    system
}

/// Both axes by powers of ten; the gray line is linear growth from the last point.
fn plot(points: &[(f64, f64)]) -> String {
    let (left, bottom, decade) = (70.0, 330.0, 90.0);
    let x = |calls: f64| left + decade * calls.log10();
    let y = |seconds: f64| bottom - 60.0 * (seconds.log10() + 4.0);
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 560 390\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"560\" height=\"390\" fill=\"white\"/>\n",
    );
    let mut line = |from: (f64, f64), to: (f64, f64), color: &str| {
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{color}\"/>",
            from.0, from.1, to.0, to.1
        );
    };
    for power in 0..=5 {
        line((x(10f64.powi(power)), bottom), (x(10f64.powi(power)), 30.0), "#e0e0e0");
        line((left, y(10f64.powi(power - 4))), (x(1e5), y(10f64.powi(power - 4))), "#e0e0e0");
    }
    let &(most, longest) = points.last().unwrap_or(&(1.0, 1.0));
    line((x(1.0), y(longest / most)), (x(most), y(longest)), "#a0a0a0");
    for pair in points.windows(2) {
        line((x(pair[0].0), y(pair[0].1)), (x(pair[1].0), y(pair[1].1)), "#1f6feb");
    }
    for &(calls, seconds) in points {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"#1f6feb\"/>",
            x(calls),
            y(seconds)
        );
    }
    for (power, time) in ["0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s"].iter().enumerate() {
        let at = 10f64.powi(power as i32);
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"350\" text-anchor=\"middle\">{at}</text>", x(at));
        let _ =
            writeln!(svg, "<text x=\"62\" y=\"{:.1}\" text-anchor=\"end\">{time}</text>", y(at / 1e4) + 4.0);
    }
    svg.push_str("<text x=\"295\" y=\"376\" text-anchor=\"middle\">calls in the model</text>\n");
    svg.push_str("<text x=\"70\" y=\"20\">time of an analytic solution; gray: linear growth</text>\n</svg>");
    svg
}
