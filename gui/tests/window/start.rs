//! From nothing to an answered what-if.

use egui_kittest::kittest::Queryable;
use tracecast_gui::{Command, Start};
use tracecast_model::fixtures;

use crate::helpers::{answered, choose, press, saved, wait, window};

/// Open the example, choose the service, add a replica: three clicks.
#[test]
fn three_clicks_to_an_answered_what_if() {
    let mut window = window(Start::default());
    press(&mut window, "Open Image system");
    answered(&mut window);
    choose(&mut window, "crop");
    press(&mut window, "More crop.replicas");
    answered(&mut window);
    let state = window.state().state();
    assert_eq!(state.project.selected().name, "What-if 1");
    assert_eq!(state.project.selected().content.settings["crop.replicas"].text, "2");
    let makespan = |answer: Option<&tracecast_gui::Answer>| {
        answer.unwrap().best().unwrap().workloads["burst"].makespan.unwrap().mean
    };
    // Two workers need half the time for all the work, of which the same part is done when the script's clock starts.
    let ratio = makespan(state.shown()) / makespan(state.compared());
    assert!((0.4..0.5).contains(&ratio), "{ratio}");
    assert!(window.query_by_label_contains("compared with As it is").is_some());
}

/// Three hints once something is open; what is dismissed stays away, and comes back when asked for.
#[test]
fn newcomers_are_given_three_hints() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = window(Start { open: Some(path), hints: true, ..Start::default() });
    wait(&mut window, "the model", |window| window.state().state().source.is_some());
    answered(&mut window);
    assert!(window.query_by_label("1 of 3").is_some());
    press(&mut window, "Next hint");
    assert!(window.query_by_label("2 of 3").is_some());
    press(&mut window, "Next hint");
    press(&mut window, "Done");
    assert!(window.query_by_label_contains("of 3").is_none());
    window.state_mut().execute(Command::Hint(Some(0)));
    window.run_steps(3);
    press(&mut window, "No more hints");
    assert!(window.query_by_label_contains("of 3").is_none());
}
