//! What is configured, on models and on what traces give.

use crate::support::{file, tracecast};

const MODEL: &str = "examples/image-system/model.json";
const COMPOSE: &str = "examples/image-system/compose.yaml";

#[test]
fn a_compose_file_on_a_model() {
    let (_folder, out) = file("configured.json", "");
    let out = out.to_str().unwrap();
    let run = tracecast(["import", MODEL, "--manifest", COMPOSE, "-o", out]).succeeded();
    assert!(run.stderr.contains("set crop.replicas = 5"), "{}", run.stderr);
    assert!(run.stderr.contains("left: no service of the model is called prometheus"), "{}", run.stderr);
    assert!(run.stderr.contains("left: services.crop.deploy.resources.limits.memory"), "{}", run.stderr);
    assert!(run.stderr.lines().all(|line| line.chars().count() <= 80), "{}", run.stderr);
    let configured = tracecast(["predict", out, "--load", "burst:50", "--json"]).json();
    let by_hand =
        tracecast(["predict", MODEL, "--set", "crop.replicas=5", "--load", "burst:50", "--json"]).json();
    assert_eq!(configured["workloads"], by_hand["workloads"]);
}

#[test]
fn what_manifests_cannot_be_put_on_is_refused() {
    let (_folder, bad) = file("bad.yaml", "services: { crop: { deploy: { replicas: many } } }");
    let bad = bad.to_str().unwrap();
    let run = tracecast(["import", MODEL, "--manifest", bad]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("bad.yaml: document 1, services.crop.deploy.replicas"), "{}", run.stderr);
    let run = tracecast(["import", "--emit", "spans", "nowhere", "--manifest", COMPOSE]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("--manifest"), "{}", run.stderr);
    // Utilization is measured against requests, and there are none.
    let hpa = "kind: HorizontalPodAutoscaler\nspec: { scaleTargetRef: { name: gateway }, maxReplicas: 3 }";
    let (_folder, hpa) = file("hpa.yaml", hpa);
    let run = tracecast(["import", MODEL, "--manifest", hpa.to_str().unwrap()]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("cpu_request"), "{}", run.stderr);
}
