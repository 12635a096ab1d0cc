//! Changing settings and loads, and taking changes back.

use egui_kittest::kittest::{NodeT, Queryable};
use tracecast_gui::{Change, Command, Value};
use tracecast_model::{Link, Network, System, fixtures};

use crate::helpers::{Window, answered, choose, opened, press, saved, solved};

fn text(window: &Window, path: &str) -> Option<String> {
    let content = &window.state().state().project.selected().content;
    content.settings.get(path).map(|value| value.text.clone())
}

#[test]
fn what_is_changed_can_be_reset_undone_and_redone() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    solved(&mut window);
    choose(&mut window, "database");
    press(&mut window, "More database.replicas");
    solved(&mut window);
    press(&mut window, "More database.concurrency");
    assert_eq!(text(&window, "database.replicas").as_deref(), Some("2"));
    assert_eq!(text(&window, "database.concurrency").as_deref(), Some("6"));
    solved(&mut window);
    press(&mut window, "Undo");
    assert_eq!(text(&window, "database.concurrency"), None);
    press(&mut window, "Redo");
    assert_eq!(text(&window, "database.concurrency").as_deref(), Some("6"));
    solved(&mut window);
    window.get_all_by_label("Reset database.replicas").next().unwrap().click();
    window.run_steps(3);
    assert_eq!(text(&window, "database.replicas"), None);
    // Back to where all began.
    for _ in 0..3 {
        press(&mut window, "Undo");
    }
    assert_eq!(window.state().state().project.scenarios.len(), 1);
    assert!(window.get_by_label("Undo").accesskit_node().is_disabled());
}

#[test]
fn a_value_set_back_to_that_of_the_model_is_no_change() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    solved(&mut window);
    choose(&mut window, "database");
    press(&mut window, "More database.concurrency");
    solved(&mut window);
    press(&mut window, "Less database.concurrency");
    assert_eq!(text(&window, "database.concurrency"), None);
}

#[test]
fn a_value_that_the_model_does_not_take_is_explained_and_nothing_changes() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    solved(&mut window);
    choose(&mut window, "database");
    press(&mut window, "Less database.replicas");
    assert!(window.query_by_label_contains("at least 1").is_some());
    assert_eq!(window.state().state().project.scenarios.len(), 1);
    let bad = Change::Set("database.replicas".into(), Value::new("many"));
    window.state_mut().execute(Command::Change(bad));
    window.run_steps(2);
    assert!(window.query_by_label_contains("many").is_some());
    assert_eq!(window.state().state().project.scenarios.len(), 1);
}

#[test]
fn loads_are_set_as_text_and_as_a_form() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    solved(&mut window);
    let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, "Load as text");
    field.focus();
    field.type_text("closed:7,think=2s");
    window.run_steps(2);
    press(&mut window, "Set");
    crate::helpers::wait(&mut window, "the load", |window| {
        !window.state().state().project.selected().content.loads.is_empty()
    });
    solved(&mut window);
    // The form shows it.
    let users = window.get_by_role_and_label(egui::accesskit::Role::SpinButton, "Users");
    assert_eq!(users.value().as_deref(), Some("7"));
    press(&mut window, "The model's own load");
    assert!(window.state().state().project.selected().content.loads.is_empty());
    // A load that is none is explained.
    window.state_mut().execute(Command::Load(vec!["closed:many".into()]));
    crate::helpers::wait(&mut window, "the refusal", |window| window.state().state().problem.is_some());
    assert!(window.query_by_label_contains("closed:many").is_some());
}

/// A system whose database has a horizontal autoscaler.
fn autoscaled() -> System {
    let mut system = fixtures::three_tiers(20.0);
    let policy = r#"{ "kind": "hpa", "max_replicas": 5, "metrics": [{ "resource": { "target": { "average_utilization": 50 } } }] }"#;
    let database = system.service_mut("database").unwrap();
    database.autoscaler = Some(serde_json::from_str(policy).unwrap());
    database.cpu_limit = Some(1.0);
    system
}

/// The policy of that autoscaler as it was changed.
fn policy(window: &Window) -> serde_json::Value {
    let content = &window.state().state().project.selected().content;
    serde_json::from_str(content.settings["database.autoscaler"].content.as_deref().unwrap()).unwrap()
}

/// The fields are those of the policy's schema; each change is the policy's text, as on the command line.
#[test]
fn an_autoscaler_is_changed_field_by_field() {
    let (_folder, path) = saved(&autoscaled());
    let mut window = opened(&path);
    solved(&mut window);
    choose(&mut window, "database");
    solved(&mut window);
    let spin = egui::accesskit::Role::SpinButton;
    for (name, value) in [
        ("database.autoscaler.max_replicas", 6.0),
        ("database.autoscaler.metrics.1.resource.target.average_utilization", 51.0),
    ] {
        // Figures that arrive move what is below them.
        answered(&mut window);
        let field = window.get_by_role_and_label(spin, name);
        let (target_node, target_tree) = field.accesskit_node().locate();
        let action = egui::accesskit::Action::SetValue;
        let data = Some(egui::accesskit::ActionData::NumericValue(value));
        let request = egui::accesskit::ActionRequest { action, target_tree, target_node, data };
        window.event(egui::Event::AccessKitActionRequest(request));
        window.run_steps(3);
    }
    let changed = policy(&window);
    assert_eq!(changed["max_replicas"], 6);
    assert_eq!(changed["metrics"][0]["resource"]["target"]["average_utilization"], 51);
    // What it has by default is there to be changed, too.
    answered(&mut window);
    assert!(window.query_by_label("database.autoscaler.tolerance").is_some());
}

/// A single call, a link of the network, and the shape of work are settings like all others.
#[test]
fn calls_links_and_shapes_can_be_set() {
    let mut system = fixtures::three_tiers(20.0);
    let link = Link { bandwidth: Some(1e6), ..Link::new("lan") };
    system.network = Some(Network { links: vec![link], ..Network::default() });
    let (_folder, path) = saved(&system);
    let mut window = opened(&path);
    solved(&mut window);
    assert!(window.query_by_label("Choose link lan").is_some());
    press(&mut window, "Choose link lan");
    assert!(window.query_all_by_label("lan.bandwidth").next().is_some());
    window.state_mut().execute(Command::Choose(None));
    window.run_steps(3);
    choose(&mut window, "web");
    assert!(window.query_by_label("web/handle.demand_scv").is_some());
    press(&mut window, "calls application/handle");
    window.run_steps(20);
    press(&mut window, "More web/handle -> application/handle.retries");
    assert_eq!(text(&window, "web/handle -> application/handle.retries").as_deref(), Some("1"));
}

/// What is added can be changed in place, and is taken away by itself: no text has to be written.
#[test]
fn metrics_and_policies_of_an_autoscaler_are_added_and_removed() {
    let (_folder, path) = saved(&autoscaled());
    let mut window = opened(&path);
    solved(&mut window);
    choose(&mut window, "database");
    let mut press_add = |name: &str| {
        answered(&mut window);
        let add = window.get_by_role_and_label(egui::accesskit::Role::Button, name);
        add.scroll_to_me();
        window.run_steps(3);
        press(&mut window, name);
        policy(&window)
    };
    let metrics = "database.autoscaler.metrics";
    let with_two = press_add(&format!("Add {metrics}"));
    assert_eq!(with_two["metrics"].as_array().unwrap().len(), 2);
    assert_eq!(with_two["metrics"][1], with_two["metrics"][0]);
    let with_one = press_add(&format!("Remove {metrics}.1"));
    assert_eq!(with_one["metrics"].as_array().unwrap().len(), 1);
    press_add("Add database.autoscaler.behavior");
    let with_rate = press_add("Add database.autoscaler.behavior.scale_down.policies");
    let policies = &with_rate["behavior"]["scale_down"]["policies"];
    assert_eq!(policies.as_array().map(Vec::len), Some(1), "{with_rate:#}");
    let without = press_add("Remove database.autoscaler.behavior");
    assert_eq!(without.get("behavior"), None);
}

/// The family of a demand is chosen like everything else, keeps the mean, and is taken back.
#[test]
fn the_family_of_a_demand_is_chosen_and_reset() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    solved(&mut window);
    choose(&mut window, "database");
    answered(&mut window);
    let family = "database/handle.demand_family";
    let combo = egui::accesskit::Role::ComboBox;
    window.get_by_role_and_label(combo, family).scroll_to_me();
    window.run_steps(3);
    window.get_by_role_and_label(combo, family).click();
    window.run_steps(3);
    press(&mut window, "log normal");
    assert_eq!(text(&window, family).as_deref(), Some("log_normal"));
    answered(&mut window);
    let made = window.state().state().shown().unwrap().made.clone().unwrap();
    let demand = &made.system.service("database").unwrap().operations[0].activities()[0].demand;
    assert!(matches!(demand.family(), tracecast_model::Family::LogNormal { .. }), "{demand:?}");
    let before = &window.state().state().source.as_ref().unwrap().system;
    assert_eq!(demand.mean(), before.service("database").unwrap().operations[0].demand());
    window.get_all_by_label(&format!("Reset {family}")).last().unwrap().click();
    window.run_steps(3);
    assert_eq!(text(&window, family), None);
}

/// A link between services is added to a model without a network, changed, and removed.
#[test]
fn links_of_the_network_are_added_and_removed() {
    let (_folder, path) = saved(&fixtures::three_tiers(20.0));
    let mut window = opened(&path);
    answered(&mut window);
    let network = |window: &Window| {
        window.state().state().shown().unwrap().made.clone().unwrap().system.network.clone()
    };
    window.get_by_role_and_label(egui::accesskit::Role::ComboBox, "system.network").click();
    window.run_steps(3);
    press(&mut window, "one link for all calls");
    answered(&mut window);
    assert_eq!(network(&window).unwrap().links[0].name, "lan");
    assert!(window.query_by_label("Choose link lan").is_some());
    let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, "system.network.links.1.to");
    field.focus();
    field.type_text("database, application");
    window.run_steps(2);
    window.key_press(egui::Key::Enter);
    window.run_steps(3);
    answered(&mut window);
    assert_eq!(network(&window).unwrap().links[0].to, ["database", "application"]);
    press(&mut window, "Remove system.network.links.1");
    answered(&mut window);
    assert_eq!(network(&window).unwrap().links, []);
    window.get_all_by_label("Reset system.network").last().unwrap().click();
    window.run_steps(3);
    answered(&mut window);
    assert_eq!(network(&window), None);
}
