//! The picture of the architecture: colors, and systems of many services.

use egui_kittest::kittest::Queryable;
use tracecast_experiment::generate::{Recipe, generate};
use tracecast_gui::Element;
use tracecast_model::{System, fixtures};

use crate::helpers::{Window, answered, opened, press, saved, solved, wait};

fn large() -> System {
    generate(&Recipe::large(120, 4)).expect("a recipe in range")
}

fn boxes(window: &Window) -> usize {
    window.state().state().drawing().map_or(0, |picture| picture.nodes.len())
}

#[test]
fn colors_are_chosen_and_explained() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    assert!(window.query_by_label_contains("load below 50 %").is_some());
    press(&mut window, "share of the time");
    assert!(window.query_by_label("of the time of all requests").is_some());
    assert!(window.query_by_label_contains("load below 50 %").is_none());
    // The database is asked most often: 20/s × 2 × 3.
    assert!(window.query_by_label_contains("up to 120").is_some());
}

/// The busiest stay, the others are one box for each column; a click on it shows its services.
#[test]
fn many_services_are_put_together() {
    let system = large();
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    solved(&mut window);
    wait(&mut window, "the picture", |window| boxes(window) > 0);
    let few = boxes(&window);
    assert!(few < 60, "{few}");
    let group = window.get_all_by_label_contains("more services").next().expect("a group");
    group.click();
    window.run_steps(3);
    wait(&mut window, "the services", |window| boxes(window) > few);
    press(&mut window, "all services");
    assert!(boxes(&window) >= system.services.len());
    press(&mut window, "busiest");
    wait(&mut window, "the busiest", |window| boxes(window) == few);
}

/// What is looked for is chosen and shown, also where it was put together with others.
#[test]
fn a_service_is_found_among_many() {
    let system = large();
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    solved(&mut window);
    wait(&mut window, "the picture", |window| boxes(window) > 0);
    let is_shown = |window: &Window, name: &str| {
        let drawing = window.state().state().drawing();
        drawing.is_some_and(|picture| picture.nodes.iter().any(|node| node.name == name))
    };
    let hidden = system.services.iter().find(|service| !is_shown(&window, &service.name));
    let hidden = hidden.expect("a service in a group").name.clone();
    window.get_by_label("Find a service").focus();
    window.run_steps(2);
    window.get_by_label("Find a service").type_text(&hidden);
    window.run_steps(2);
    window.key_press(egui::Key::Enter);
    window.run_steps(3);
    assert_eq!(window.state().state().chosen, Some(Element::Service(hidden.clone())));
    wait(&mut window, "the service", |window| is_shown(window, &hidden));
}
