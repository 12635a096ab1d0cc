//! Alerting rules, and what their notifications do.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration;
use crate::autoscaling::promql::Expression;
use crate::autoscaling::{Decision, OpenfaasCe, Problems};

/// An alerting rule, with the fields of Prometheus' rule files and what the receiver of its notifications does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRule {
    /// Its name, the alert's label `alertname`.
    pub alert: String,
    /// While this has values, there is an alert for each of them.
    #[schemars(with = "String")]
    pub expr: Expression,
    /// For so many seconds the condition must hold before the alert fires.
    #[serde(rename = "for", default, with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub pending: f64,
    /// For so many seconds the alert goes on when the condition does not hold any more.
    #[serde(default, with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub keep_firing_for: f64,
    /// Labels that its alerts have beside those of the expression's values.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// What each notification that it fires does.
    pub firing: ScaleAction,
    /// What a notification that it is resolved does; where absent nothing, but for what OpenFaaS' rule has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<ScaleAction>,
}

/// What a notification does to the number of replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScaleAction {
    /// It becomes this.
    Set(u32),
    /// It grows by so many.
    Add(u32),
    /// It falls by so many.
    Remove(u32),
    /// That of OpenFaaS' Community Edition; only its bounds and its factor count here.
    OpenfaasCe(OpenfaasCe),
}

impl ScaleAction {
    fn decide(&self, firing: bool, current: u32) -> Decision {
        match self {
            Self::Set(replicas) => Decision::new(*replicas),
            Self::Add(replicas) => Decision::new(current.saturating_add(*replicas)),
            Self::Remove(replicas) => Decision::new(current.saturating_sub(*replicas)),
            Self::OpenfaasCe(settings) => settings.on_alert(firing, current),
        }
    }
}

impl AlertRule {
    /// What a notification does; none for nothing.
    pub(super) fn decide(&self, firing: bool, current: u32) -> Option<Decision> {
        let action = match (firing, &self.resolved, &self.firing) {
            (true, _, action) | (false, Some(action), _) => action,
            (false, None, action @ ScaleAction::OpenfaasCe(_)) => action,
            (false, None, _) => return None,
        };
        Some(action.decide(firing, current).by(&self.alert))
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let name = &self.alert;
        if let Some(problem) = self.expr.problem() {
            problems.add(crate::Code::AlertRule, format!("the expression of alert \"{name}\" {problem}"));
        }
        problems.duration(&format!("for of alert \"{name}\""), self.pending);
        problems.duration(&format!("keep_firing_for of alert \"{name}\""), self.keep_firing_for);
    }
}
