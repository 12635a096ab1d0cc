//! Events per second of the engine beside loops written by hand for the same models, in the same run.
//!
//! ```sh
//! cargo run --release -p tracecast-simulator --example speed
//! cargo run --release -p tracecast-simulator --example speed -- 2000000 9 closed   # events, rounds, models
//! ```
//! An event is an arrival or the end of a piece of work. The hand-written loops count mean response time and busy time
//! only; the engine counts all it ever does. Both are measured in turn, in processor time, and the best round of each is
//! taken.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use tracecast_model::System;

#[path = "../benches/common/mod.rs"]
mod common;

use common::hand_written::{self, Figures};
use common::{clock, models};

struct Case {
    name: &'static str,
    system: System,
    by_hand: fn(u64) -> Figures,
}

fn cases() -> Vec<Case> {
    vec![
        Case { name: "M/M/1", system: models::station(1), by_hand: hand_written::mm1 },
        Case { name: "M/M/8", system: models::station(8), by_hand: |events| hand_written::mmc(8, events) },
        Case { name: "tandem", system: models::tandem(), by_hand: hand_written::tandem },
        Case { name: "closed", system: models::closed(), by_hand: hand_written::closed },
        Case { name: "M/M/1-PS", system: models::sharing(), by_hand: hand_written::mm1_sharing },
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: u64| -> Result<u64, std::num::ParseIntError> {
        words.get(place).map_or(Ok(default), |word| word.parse())
    };
    let (events, rounds) = (number(0, 8_000_000)?, number(1, 7)?);
    println!("model      by hand     engine    ratio   response time and busy cores: by hand, by the engine");
    for case in cases() {
        if words.len() > 2 && !words[2..].iter().any(|word| word == case.name) {
            continue;
        }
        let (mut by_hand, mut engine) = (0.0_f64, 0.0_f64);
        let (mut expected, mut found) = ((f64::NAN, f64::NAN), (f64::NAN, f64::NAN));
        for _ in 0..rounds {
            let (figures, seconds) = clock::timed(|| (case.by_hand)(events));
            by_hand = by_hand.max(figures.events as f64 / seconds);
            expected = (figures.response_time, figures.busy);
            let (prediction, seconds) = clock::timed(|| models::simulate(&case.system, events));
            let prediction = prediction?;
            engine = engine.max(prediction.events.unwrap_or(0) as f64 / seconds);
            let response = prediction.workloads["users"].response_time;
            let queues = case.system.hosts.iter().filter(|host| !host.cores.is_infinite());
            let busy = queues.filter_map(|host| prediction.hosts[&host.name].utilization);
            found =
                (response.map_or(f64::NAN, |response| response.mean), busy.map(|metric| metric.mean).sum());
        }
        println!(
            "{:8} {:6.1} M/s {:5.1} M/s   {:4.0} %   {:.4} {:.4}   {:.4} {:.4}",
            case.name,
            by_hand / 1e6,
            engine / 1e6,
            100.0 * engine / by_hand,
            expected.0,
            expected.1,
            found.0,
            found.1
        );
    }
    Ok(())
}
