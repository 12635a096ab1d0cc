//! `predict --sensitivity`.

use crate::support::{close, file, mean, tracecast};

/// M/M/1 at 80 %.
const MODEL: &str = r#"{
  "hosts": [{"name": "machine", "cores": 1, "scheduling": "fcfs"}],
  "services": [{"name": "web", "host": "machine",
                "operations": [{"name": "get", "steps": [{"activity": {"demand": {"mean": "10ms", "scv": 1}}}]}]}]
}"#;

fn predict(load: &str, json: bool) -> crate::support::Run {
    let (_folder, model) = file("model.json", MODEL);
    let model = model.to_str().unwrap();
    let mut arguments = vec!["predict", model, "--load", load, "--sensitivity"];
    arguments.extend(json.then_some("--json"));
    tracecast(arguments)
}

/// R = D/(1-λD): a percent more demand is 1/(1-ρ) = 5 percent more time; with a second core, R = D/(1-(ρ/2)²). The
/// differences that stand for derivatives are good to 4e-4.
#[test]
fn beside_the_prediction() {
    let answer = predict("poisson:80/s", true).json();
    close("response", mean(&answer, "/workloads/users/response_time/mean"), 0.05, 1e-5);
    let parameters = answer["sensitivity"]["parameters"].as_array().unwrap();
    let demand = parameters.iter().find(|each| each["parameter"] == "web/get.demand").unwrap();
    close("elasticity", mean(demand, "/response_time"), 5.0, 1e-3);
    let relief = &answer["sensitivity"]["reliefs"][0];
    assert_eq!(relief["edit"], "machine.cores=2");
    close("second core", 1.0 + mean(relief, "/response_time"), 0.2 / (1.0 - 0.16), 1e-3);
}

#[test]
fn in_words_within_80_columns() {
    let text = predict("poisson:80/s", false).succeeded().stdout;
    assert!(text.contains("machine.cores=2") && text.contains("+5.00 %"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_burst_has_none() {
    let run = predict("burst:10", true);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("workload \"users\" ends by itself"), "{}", run.stderr);
}
