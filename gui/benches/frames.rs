//! How long frames take in a session with a large model while a simulation runs, and how soon an answer is there.
//!
//! ```text
//! cargo bench -p tracecast-gui --bench frames
//! ```
//! A frame here is everything but the painting itself: input, layout of all panels, commands, updates from the workers.

use std::time::{Duration, Instant};

use egui_kittest::Harness;
use tracecast_experiment::generate::{Recipe, generate};
use tracecast_gui::{App, Change, Command, Element, Figures, Start, Value};
use tracecast_model::{System, native};

const SERVICES: u32 = 300;
const LAYERS: u32 = 6;
const MOVES: u32 = 60;

fn system() -> System {
    generate(&Recipe::large(SERVICES, LAYERS)).expect("a recipe in range")
}

struct Session {
    window: Harness<'static, App>,
    frames: Vec<Duration>,
}

impl Session {
    fn frame(&mut self) {
        let start = Instant::now();
        self.window.step();
        self.frames.push(start.elapsed());
    }

    fn until(&mut self, condition: impl Fn(&App) -> bool) -> Duration {
        let start = Instant::now();
        while !condition(self.window.state()) {
            assert!(start.elapsed() < Duration::from_secs(120), "waited in vain");
            self.frame();
            std::thread::sleep(Duration::from_millis(1));
        }
        start.elapsed()
    }
}

fn solved(app: &App) -> bool {
    app.state().shown().is_some_and(|answer| !matches!(answer.analytic, Figures::Awaited))
}

fn simulated(app: &App) -> bool {
    app.state().shown().is_some_and(|answer| answer.simulation.prediction().is_some())
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    #[expect(clippy::print_stdout, reason = "what a benchmark is for")]
    {
        println!(
            "{what}: median {:.1} ms, 99 % {:.1} ms, largest {:.1} ms ({})",
            at(0.5),
            at(0.99),
            at(1.0),
            times.len()
        );
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, system) in [
        (
            "image system",
            native::read(include_str!("../../examples/image-system/model.json")).expect("an example"),
        ),
        ("300 services", system()),
    ] {
        let path = folder.path().join("model.json");
        std::fs::write(&path, native::write(&system)).expect("a writable folder");
        let start = Start { open: Some(path), ..Start::default() };
        let window = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_accessibility_check(false)
            .build_eframe(|creation| App::new(&creation.egui_ctx, start).expect("threads for the workers"));
        let mut session = Session { window, frames: Vec::new() };
        session.until(solved);
        let service = system.services.iter().rev().find(|service| !service.operations.is_empty());
        let service = service.expect("a service").name.clone();
        session.window.state_mut().execute(Command::Choose(Some(Element::Service(service.clone()))));
        session.frames.clear();
        let (mut analytic, mut simulation) = (Vec::new(), Vec::new());
        for step in 0..MOVES {
            let factor = format!("*{}", 1.0 + 0.005 * f64::from(step + 1));
            let change = Change::Set(format!("{service}.demand"), Value::new(factor));
            session.window.state_mut().execute(Command::Change(change));
            // All services of a large system are drawn, not only the busiest.
            if step == MOVES / 4 {
                session.window.state_mut().execute(Command::ShowAll(true));
            }
            if step == MOVES / 2 {
                session.window.state_mut().execute(Command::View("Results"));
            }
            analytic.push(session.until(solved));
            if step % 20 == 0 {
                simulation.push(session.until(simulated));
            }
        }
        report(&format!("{name}, frame"), &mut session.frames);
        report(&format!("{name}, first answer after a move"), &mut analytic);
        report(&format!("{name}, simulated answer after a move"), &mut simulation);
    }
}
