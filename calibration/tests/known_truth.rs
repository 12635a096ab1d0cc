//! Runs whose truth is known: arithmetic that needs no engine, and what follows for intervals and errors.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use std::sync::atomic::AtomicBool;

use tracecast_calibration::{CalibrationError, Plan, Runs, ValidationError, assess, calibrate, validate};
use tracecast_model::{Distribution, RunControl, System, fixtures};

/// One worker takes a task of D and 2 · 10 ms of storage for each of n requests of a burst; the first arrives after
/// 1 ms for each of the n posts, which share the gateway's core. So the makespan is n (D + 21 ms) with tasks that do
/// not vary: the first task starts when all posts are through.
fn makespan(n: f64, demand: f64) -> f64 {
    n * 0.001 + n * (demand + 0.02)
}

fn model() -> System {
    fixtures::burst_queue(10, 1, Distribution::deterministic(0.5))
}

fn plan(more: &str) -> Plan {
    let text = format!(
        "run = [\"n\"]\nload = \"burst:{{n}}\"\n{more}\n\
         [[parameters]]\npath = \"worker/process.demand\"\nstart = 0.05\n\
         [measured]\nmakespan = \"seconds\"\n[engine]\nname = \"simulation\"\noptions = {{ replications = 2 }}\n"
    );
    Plan::read(&text).unwrap()
}

fn runs(sizes: &[f64], demand: f64, factors: &[f64]) -> Runs {
    let mut text = "n,seconds\n".to_string();
    for (n, factor) in sizes.iter().zip(factors) {
        text.push_str(&format!("{n},{}\n", makespan(*n, demand) * factor));
    }
    Runs::read(text.as_bytes()).unwrap()
}

#[test]
fn the_truth_is_found() {
    let fitted = calibrate(&model(), &plan(""), &runs(&[10.0, 50.0], 0.3, &[1.0, 1.0])).unwrap();
    let parameter = &fitted[0].parameters[0];
    assert!((parameter.value / 0.3 - 1.0).abs() < 1e-4, "{parameter:?}");
}

/// Two equal relative errors of opposite sign: the estimate is their middle, and the interval by Student's t with one
/// degree of freedom (12.7) is s/√2 · 12.7 wide on either side.
#[test]
fn residuals_make_the_interval() {
    let fitted = calibrate(&model(), &plan(""), &runs(&[50.0, 50.0], 0.3, &[0.99, 1.01])).unwrap();
    let parameter = &fitted[0].parameters[0];
    assert!((parameter.value / 0.3 - 1.0).abs() < 1e-3, "{parameter:?}");
    let half = (parameter.high.unwrap() / parameter.low.unwrap()).ln() / 2.0;
    // s = 1.414 %, of the makespan, of which the task is 0.3/0.321.
    let expected = 12.706 * 0.01414 / 2f64.sqrt() * 0.321 / 0.3;
    assert!((half / expected - 1.0).abs() < 0.02, "{half} {expected}");
}

#[test]
fn runs_left_out_are_predicted() {
    let plan = plan("[fit]\nn = 10");
    let runs = runs(&[10.0, 20.0, 80.0], 0.3, &[1.0, 1.0, 1.1]);
    let validation = validate(&model(), &plan, &runs).unwrap();
    let errors: Vec<f64> = validation.cells.iter().map(|cell| cell.error).collect();
    for (error, expected) in errors.iter().zip([0.0, 0.0, 1.0 / 1.1 - 1.0]) {
        assert!((error - expected).abs() < 1e-3, "{errors:?}");
    }
    assert!((validation.summary.max_error - (1.0 - 1.0 / 1.1)).abs() < 1e-3);
    assert!((validation.summary.mean_error - validation.summary.max_error / 2.0).abs() < 1e-3);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let all_fitted = validate(&model(), &plan(""), &runs(&[10.0], 0.3, &[1.0]));
    assert!(matches!(all_fitted, Err(ValidationError::NothingLeft)));
    let none_fitted = calibrate(&model(), &plan("[fit]\nn = 11"), &runs(&[10.0], 0.3, &[1.0]));
    assert!(matches!(none_fitted, Err(CalibrationError::NothingToFit(_))));
    let mut unknown = plan("");
    unknown.parameters[0].path = "worker/procss.demand".into();
    let message = calibrate(&model(), &unknown, &runs(&[10.0], 0.3, &[1.0])).unwrap_err().to_string();
    assert!(message.contains("procss"), "{message}");
}

/// All runs fitted are all predicted, with their own residuals. The makespan is n (D + 21 ms), so that its logarithm changes by
/// 0.3/0.321 of what the logarithm of D does, and the interval of the prediction is as much narrower than that of D.
#[test]
fn an_assessment_predicts_what_it_is_fitted_on() {
    let runs = runs(&[50.0, 50.0], 0.3, &[0.99, 1.01]);
    let assessment = assess(&model(), &plan(""), &runs, &RunControl::none()).unwrap();
    let errors: Vec<f64> = assessment.cells.iter().map(|cell| cell.error).collect();
    assert!((errors[0] + errors[1]).abs() < 1e-3 && (errors[0] - 0.0101).abs() < 1e-3, "{errors:?}");
    assert!(assessment.cells.iter().all(|cell| cell.fitted));
    let parameter = &assessment.fitted[0].parameters[0];
    let of_parameter = (parameter.high.unwrap() / parameter.low.unwrap()).ln() / 2.0;
    let next = &assessment.next[0];
    // Derivatives are taken over steps of 2 %.
    assert!((next.half_width / (of_parameter * 0.3 / 0.321) - 1.0).abs() < 0.01, "{next:?}");
    assert_eq!(next.columns, [("n".to_string(), "50".to_string())]);
    assert!(next.is_measured && next.is_fitted);
}

#[test]
fn an_assessment_can_be_cancelled() {
    let stop = AtomicBool::new(true);
    let control = RunControl::none().with_cancel(&stop);
    let cancelled = assess(&model(), &plan(""), &runs(&[10.0, 50.0], 0.3, &[1.0, 1.0]), &control);
    assert!(matches!(cancelled, Err(CalibrationError::Cancelled)), "{cancelled:?}");
}
