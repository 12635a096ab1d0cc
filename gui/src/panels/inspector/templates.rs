//! What settings that stand in files begin with.

/// Something to begin with.
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) json: &'static str,
}

/// Those of a setting.
pub(super) fn of(setting: &str) -> &'static [Template] {
    match setting {
        "autoscaler" => &AUTOSCALERS,
        "network" => &NETWORKS,
        _ => &[],
    }
}

const NETWORKS: [Template; 1] = [Template {
    name: "one link for all calls",
    file: "network.json",
    json: r#"{
  "links": [{ "name": "lan", "latency": "500us" }]
}"#,
}];

/// One of each kind, with the defaults of its original where there are any.
const AUTOSCALERS: [Template; 7] = [
    Template {
        name: "Kubernetes HPA",
        file: "hpa.json",
        json: r#"{
  "kind": "hpa",
  "min_replicas": 1,
  "max_replicas": 10,
  "metrics": [{ "resource": { "target": { "average_utilization": 50 } } }]
}"#,
    },
    Template {
        name: "KEDA, by a queue",
        file: "keda.json",
        json: r#"{
  "kind": "keda",
  "triggers": [{ "metric": "queue_length", "threshold": 10 }],
  "polling_interval": "30s",
  "cooldown_period": "300s",
  "min_replica_count": 0,
  "max_replica_count": 10
}"#,
    },
    Template {
        name: "Knative",
        file: "knative.json",
        json: r#"{
  "kind": "knative"
}"#,
    },
    Template {
        name: "OpenFaaS Pro",
        file: "openfaas.json",
        json: r#"{
  "kind": "openfaas_pro"
}"#,
    },
    Template {
        name: "Alert rules (Prometheus)",
        file: "alerts.json",
        json: r#"{
  "kind": "alerts",
  "rules": [
    { "alert": "high", "expr": "queue > 20", "firing": { "add": 1 } },
    { "alert": "low", "expr": "queue == 0", "firing": { "set": 1 } }
  ],
  "metrics": [{ "name": "queue", "figure": "queue_length" }],
  "scrape_interval": "15s",
  "evaluation_interval": "15s",
  "group_wait": "10s",
  "min_replicas": 1,
  "max_replicas": 10
}"#,
    },
    Template {
        name: "Steps with cooldown",
        file: "steps.json",
        json: r#"{
  "kind": "step",
  "metric": "cpu",
  "min_replicas": 1,
  "max_replicas": 10,
  "scale_out": { "threshold": 0.7, "cooldown": "60s", "steps": [{ "lower": 0, "adjustment": 1 }] }
}"#,
    },
    Template {
        name: "Schedule",
        file: "schedule.json",
        json: r#"{
  "kind": "schedule",
  "entries": [{ "at": "10s", "replicas": 4 }, { "at": "120s", "replicas": 1 }]
}"#,
    },
];

#[cfg(test)]
mod tests {
    use tracecast_experiment::Edit;
    use tracecast_model::{fixtures, validate};

    use super::*;

    #[test]
    fn every_template_fits_a_service() {
        for template in of("autoscaler") {
            let mut system = fixtures::three_tiers(20.0);
            system.services[1].cpu_limit = Some(0.5);
            let mut edit = Edit::new("application.autoscaler", template.file);
            edit.read(template.json.into());
            edit.apply(&mut system).unwrap_or_else(|error| panic!("{}: {error}", template.name));
            assert_eq!(validate(&system), [], "{}", template.name);
        }
    }

    #[test]
    fn every_network_fits_a_system() {
        for template in of("network") {
            let mut system = fixtures::three_tiers(20.0);
            let mut edit = Edit::new("system.network", template.file);
            edit.read(template.json.into());
            edit.apply(&mut system).unwrap_or_else(|error| panic!("{}: {error}", template.name));
            assert_eq!(validate(&system), [], "{}", template.name);
        }
    }
}
