//! From nothing to an answered what-if.

use egui_kittest::kittest::Queryable;
use tracecast_gui::Start;

use crate::helpers::{answered, choose, press, window};

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
