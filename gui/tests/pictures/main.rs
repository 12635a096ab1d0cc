//! Every view as a picture, in the light and in the dark, compared with the one that was looked at before.
//!
//! Needs a software renderer for Vulkan (Debian's mesa-vulkan-drivers); without one these tests say so and pass, unless
//! `TRACECAST_NO_SKIP` is set. `UPDATE_SNAPSHOTS=force cargo test -p tracecast-gui --test pictures` takes the pictures anew:
//! look at each of them then.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use egui::Theme;
use egui_kittest::wgpu::WgpuTestRenderer;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use tracecast_calibration::Plan;
use tracecast_experiment::EngineChoice;
use tracecast_experiment::generate::{Recipe, generate};
use tracecast_gui::{
    App, Change, Command, EXAMPLES, Element, RunOptions, Start, SweepAxis, SweepRequest, SweepValue, Value,
};
use tracecast_model::native;

type Window = Harness<'static, App>;

/// None where nothing can be rendered here.
fn window(theme: Theme) -> Option<Window> {
    let renderer = catch_unwind(AssertUnwindSafe(WgpuTestRenderer::new)).ok();
    let Some(renderer) = renderer else {
        let message =
            "no software renderer for Vulkan, such as Debian's mesa-vulkan-drivers: nothing is compared";
        assert!(std::env::var_os("TRACECAST_NO_SKIP").is_none(), "{message}");
        #[expect(clippy::print_stderr, reason = "says why the test does nothing")]
        {
            eprintln!("{message}");
        }
        return None;
    };
    let options = SnapshotOptions::new()
        .output_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures"))
        // Drivers draw the edges of text and lines a little differently from version to version.
        .max_failed_pixels(50);
    let window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_theme(theme)
        .with_options(options)
        .renderer(renderer)
        .build_eframe(|creation| {
            App::new(&creation.egui_ctx, Start::default()).expect("threads for the workers")
        });
    Some(window)
}

/// Does things, waits for all answers, and compares.
fn picture(window: &mut Window, commands: Vec<Command>, name: &str, theme: Theme) {
    for command in commands {
        window.state_mut().execute(command);
        window.step();
    }
    let end = Instant::now() + Duration::from_secs(120);
    while window.state().state().is_busy() {
        assert!(Instant::now() < end, "waited in vain for {name}");
        std::thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(20);
    window.snapshot(format!("{name}-{}", format!("{theme:?}").to_lowercase()));
}

fn example(name: &str) -> Command {
    let number = EXAMPLES.iter().position(|example| example.name == name).expect("a shipped example");
    Command::OpenExample(number)
}

fn set(path: &str, value: &str) -> Command {
    Command::Change(Change::Set(path.into(), Value::new(value)))
}

fn axis(path: &str, values: impl Iterator<Item = f64>) -> SweepAxis {
    let values = values.map(|number| SweepValue { number, text: number.to_string() });
    SweepAxis { path: path.into(), title: path.into(), values: values.collect() }
}

fn load_axis(requests: [u32; 5]) -> SweepAxis {
    let value = |requests: u32| SweepValue {
        number: requests.into(),
        text: format!("serial:{requests},poll=0.25s,poll_time=0.013s"),
    };
    let title = "requests of a script".into();
    SweepAxis { path: "load".into(), title, values: requests.into_iter().map(value).collect() }
}

/// In both themes, with one set of results.
fn in_both(walk: impl Fn(&mut Window, Theme)) {
    let mut results = SnapshotResults::new();
    for theme in [Theme::Light, Theme::Dark] {
        let Some(mut window) = window(theme) else { return };
        window.ctx.set_theme(theme);
        walk(&mut window, theme);
        results.extend_harness(&mut window);
    }
}

#[test]
fn start() {
    in_both(|window, theme| {
        picture(window, Vec::new(), "start", theme);
        picture(window, vec![example("Image system"), Command::Hint(Some(0))], "hint", theme);
    });
}

#[test]
fn a_what_if_on_the_image_system() {
    in_both(|window, theme| {
        let crop = Command::Choose(Some(Element::Service("crop".into())));
        let objective = Command::Change(Change::Objectives(vec!["makespan<20s".into()]));
        picture(window, vec![example("Image system"), objective], "architecture", theme);
        picture(window, vec![crop, set("crop.replicas", "3")], "what-if", theme);
        picture(window, vec![Command::View("Results"), Command::Remedies], "results", theme);
        picture(window, vec![Command::View("Compare")], "compare", theme);
        let request = SweepRequest {
            axes: vec![axis("crop.replicas", (1..=8).map(f64::from))],
            metric: "makespan".parse().expect("a figure"),
            engine: EngineChoice::Simulation,
        };
        let shown = vec![Command::Select(0), Command::View("Explore"), Command::Sweep(request)];
        picture(window, shown, "explore", theme);
        let request = SweepRequest {
            axes: vec![axis("crop.replicas", (1..=8).map(f64::from)), load_axis([100, 200, 300, 400, 500])],
            metric: "makespan".parse().expect("a figure"),
            engine: EngineChoice::Simulation,
        };
        picture(window, vec![Command::Sweep(request)], "heat-map", theme);
    });
}

#[test]
fn an_autoscaler() {
    let policy = r#"{ "kind": "keda", "triggers": [{ "metric": "queue_length", "threshold": 10 }], "max_replica_count": 10 }"#;
    let value = Value { text: "keda.json".into(), content: Some(policy.into()) };
    let crop = Command::Choose(Some(Element::Service("crop".into())));
    in_both(|window, theme| {
        let set = Command::Change(Change::Set("crop.autoscaler".into(), value.clone()));
        picture(window, vec![example("Image system"), crop.clone(), set], "autoscaler", theme);
    });
}

#[test]
fn a_large_system() {
    let system = generate(&Recipe::large(120, 4)).expect("a recipe in range");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.json");
    std::fs::write(&path, native::write(&system)).expect("a writable folder");
    // The simulation of so many takes longer than a test may.
    let analytic = RunOptions { engine: EngineChoice::Analytic, ..RunOptions::default() };
    in_both(|window, theme| {
        window.state_mut().execute(Command::Open(vec![path.clone()]));
        while window.state().state().source.is_none() {
            std::thread::sleep(Duration::from_millis(2));
            window.step();
        }
        let options = Command::Change(Change::Options(analytic.clone()));
        picture(window, vec![options], "large", theme);
    });
}

#[test]
fn faults() {
    in_both(|window, theme| {
        picture(window, vec![example("Retry storm"), Command::View("Results")], "faults", theme);
    });
}

#[test]
fn traces() {
    let data =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../importers/tests/data/jaeger_json/fork_join.json");
    in_both(|window, theme| {
        let open = Command::Open(vec![data.clone()]);
        picture(window, vec![open], "model-of-traces", theme);
        picture(window, vec![Command::View("Traces")], "traces", theme);
    });
}

#[test]
fn a_fit_to_measured_runs() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/image-system/validation.toml");
    let plan = Plan::read(&std::fs::read_to_string(&data).expect("an example")).expect("a plan");
    in_both(|window, theme| {
        let open = Command::Open(vec![data.clone()]);
        picture(window, vec![example("Image system"), open], "measured-runs", theme);
        picture(window, vec![Command::Calibrate(Box::new(plan.clone()))], "calibration", theme);
    });
}

#[test]
fn a_refused_file() {
    in_both(|window, theme| {
        let missing = Command::Open(vec!["/nowhere/model.json".into()]);
        picture(window, vec![missing], "refused", theme);
    });
}
