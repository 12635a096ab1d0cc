//! Whether settings meet objectives, and by how much.

use serde::Serialize;
use tracecast_model::{Metric, Prediction, Status};

use crate::{Comparison, MetricError, Slo, SloError};

/// What is known of an objective, or of settings under all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Met, the whole 95 % interval on the good side.
    Met,
    /// The interval has the limit in it, or there is none.
    Undecided,
    /// Missed, the whole interval on the bad side; or the load exceeds the capacity.
    Missed,
}

/// An objective under certain settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgment {
    /// The objective.
    pub slo: String,
    /// What is known.
    pub outcome: Outcome,
    /// The figure; absent where a saturated system has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Metric>,
    /// How far the figure is beyond the limit, as a part of the limit: 0.2 is missed by 20 %, -0.2 met with as much to
    /// spare. Absent where there is no figure, or the limit is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<f64>,
    /// Is the figure a time, in seconds?
    #[serde(skip)]
    pub is_time: bool,
}

impl Judgment {
    /// Judges by the interval of a simulation, by the mean of an analytic solution.
    ///
    /// # Errors
    /// A figure that the prediction does not have, other than by being saturated.
    pub fn of(slo: &Slo, prediction: &Prediction) -> Result<Self, SloError> {
        let is_saturated = prediction.status == Status::Saturated;
        let value = match slo.metric().of(prediction) {
            Ok(value) => Some(value),
            // Names were looked up in the system before; a saturated one may have no figures at all.
            Err(MetricError::Absent(_) | MetricError::UnknownElement(_)) if is_saturated => None,
            Err(error) => return Err(SloError::Metric { slo: slo.to_string(), error }),
        };
        let is_simulated = prediction.seed.is_some();
        let outcome = match value {
            // Whatever its figures are, they are those of no steady state.
            None => Outcome::Missed,
            Some(_) if is_saturated => Outcome::Missed,
            Some(value) => {
                let outcome = compared(slo, value, is_simulated && !is_known(slo, prediction));
                // A run that was cut off is good for no promise, but shows what is far off.
                if outcome == Outcome::Met && !ended_well(prediction) { Outcome::Undecided } else { outcome }
            }
        };
        let beyond = value.and_then(|value| beyond(slo, value.mean));
        Ok(Self { slo: slo.to_string(), outcome, value, beyond, is_time: slo.metric().is_time() })
    }
}

/// Where an analytic solution is within a hundred times its tolerance, that is far less than it is off anyway.
fn ended_well(prediction: &Prediction) -> bool {
    match prediction.status {
        Status::Converged => true,
        Status::ConvergedLoosely => prediction.seed.is_none(),
        _ => false,
    }
}

/// No errors of a workload that cannot have any are known without an interval.
fn is_known(slo: &Slo, prediction: &Prediction) -> bool {
    let can_fail = prediction.workloads.values().any(|workload| workload.failed_share.is_some());
    slo.metric().to_string().ends_with("errors") && !can_fail
}

fn compared(slo: &Slo, value: Metric, needs_interval: bool) -> Outcome {
    if needs_interval && value.half_width.is_none() {
        return Outcome::Undecided;
    }
    match (slo.is_met_by(value.low()), slo.is_met_by(value.high())) {
        (true, true) => Outcome::Met,
        (false, false) => Outcome::Missed,
        _ => Outcome::Undecided,
    }
}

fn beyond(slo: &Slo, value: f64) -> Option<f64> {
    let relative = (value - slo.limit()) / slo.limit().abs();
    relative.is_finite().then(|| match slo.comparison() {
        Comparison::Below => relative,
        Comparison::Above => -relative,
    })
}

/// How many times as far as the limit allows a figure is: 2 for a time of twice the limit and a throughput of half; absent
/// where it is good, and where no factor makes it so.
pub(super) fn factor_beyond(slo: &Slo, value: f64) -> Option<f64> {
    if slo.limit() <= 0.0 || value <= 0.0 {
        return None;
    }
    let factor = match slo.comparison() {
        Comparison::Below => value / slo.limit(),
        Comparison::Above => slo.limit() / value,
    };
    (factor >= 1.0).then_some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::{ResponseTime, WorkloadResult};

    fn judged(slo: &str, half_width: Option<f64>, status: Status, seed: Option<u64>) -> Judgment {
        let mut prediction = Prediction::new("test", "test");
        prediction.status = status;
        prediction.seed = seed;
        let response_time = Some(ResponseTime { mean: 0.2, half_width, ..ResponseTime::default() });
        let users =
            WorkloadResult { response_time, started: Some(10), failed: Some(0), ..Default::default() };
        prediction.workloads.insert("users".into(), users);
        Judgment::of(&slo.parse().unwrap(), &prediction).unwrap()
    }

    /// A simulation promises only what its interval says.
    #[test]
    fn outcomes() {
        use Outcome::{Met, Missed, Undecided};
        for (slo, half_width, status, seed, outcome) in [
            ("mean<0.25", Some(0.02), Status::Converged, Some(1), Met),
            ("mean<0.21", Some(0.02), Status::Converged, Some(1), Undecided),
            ("mean<0.17", Some(0.02), Status::Converged, Some(1), Missed),
            ("mean<0.25", None, Status::Converged, Some(1), Undecided),
            ("mean<0.25", Some(0.02), Status::EventLimit, Some(1), Undecided),
            ("mean<0.17", Some(0.02), Status::EventLimit, Some(1), Missed),
            ("mean<0.25", None, Status::Converged, None, Met),
            ("mean<0.25", None, Status::ConvergedLoosely, None, Met),
            ("mean<0.25", None, Status::IterationLimit, None, Undecided),
            ("mean<0.25", None, Status::Saturated, None, Missed),
            ("throughput>1", None, Status::Saturated, None, Missed),
            ("errors<1%", None, Status::Converged, Some(1), Met),
        ] {
            assert_eq!(judged(slo, half_width, status, seed).outcome, outcome, "{slo} {status:?}");
        }
    }

    #[test]
    fn how_far_it_is_beyond() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(judged("mean<0.16", None, Status::Converged, None).beyond.unwrap(), 0.25);
        close(judged("mean<0.25", None, Status::Converged, None).beyond.unwrap(), -0.2);
        let slo = |text: &str| text.parse::<Slo>().unwrap();
        close(factor_beyond(&slo("p95<1s"), 1.5).unwrap(), 1.5);
        close(factor_beyond(&slo("throughput>100"), 50.0).unwrap(), 2.0);
        assert_eq!(factor_beyond(&slo("throughput>100"), 150.0), None);
        assert_eq!(factor_beyond(&slo("errors<0"), 0.1), None);
    }
}
