//! Replicas that come and go, against exact arithmetic and the equilibria of policies.

use tracecast_model::autoscaling::{
    Alerts, DelayKind, Hpa, HpaMetric, HpaTarget, Keda, Knative, KnativeMetric, Schedule, ScheduleEntry,
    Trigger,
};
use tracecast_model::{
    Activity, Autoscaler, Burst, Distribution, EngineOptions, Host, Load, Multiplicity, Operation,
    OperationRef, Prediction, System, WorkQueue, Workload,
};

use crate::support::{assert_exact, assert_exactly, burst, simulate, twice, worker};

/// A service of one thread in each replica with a second of work, each on a machine of its own, and these bursts.
pub(crate) fn scaled(replicas: u32, changes: &[(f64, u32)], start_up: f64, bursts: &[(f64, u32)]) -> System {
    let mut service = worker("crop", "machine", 1.0).with_concurrency(1).with_replicas(replicas);
    service.start_up = Distribution::deterministic(start_up).into();
    let entries = changes.iter().map(|&(at, replicas)| ScheduleEntry { at, replicas }).collect();
    service.autoscaler = Some(Autoscaler::Schedule(Schedule { entries, period: None }));
    let mut load = burst("crop", 1);
    load.load = Load::Burst { bursts: bursts.iter().map(|&(at, size)| Burst { size, at }).collect() };
    System {
        hosts: vec![Host { per_replica: true, ..Host::new("machine") }],
        services: vec![service],
        workloads: vec![load],
        ..System::default()
    }
}

pub(crate) fn with_queue(mut system: System) -> System {
    system.services[0].work_queue = Some(WorkQueue::new("tasks"));
    system
}

/// Ten tasks at 0; two more workers are asked for at 0.5 and there at 1.5. Tasks begin at 0, 1, 1.5, 1.5, 2, 2.5, 2.5, 3, 3.5
/// and 3.5.
#[test]
fn new_replicas_take_over_what_waits_in_the_queue() {
    let system = with_queue(scaled(1, &[(0.5, 3)], 1.0, &[(0.0, 10)]));
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 4.5);
    let replicas = prediction.services["crop"].replicas.unwrap();
    assert_exact(replicas.mean, (1.5 + 3.0 * 3.0) / 4.5);
    assert_exact(replicas.existing.unwrap(), (0.5 + 4.0 * 3.0) / 4.5);
    assert_eq!((replicas.min, replicas.max), (1, 3));
    let [event] = prediction.scaling.as_slice() else { panic!("{:?}", prediction.scaling) };
    assert_eq!((event.time, event.service.as_str(), event.from, event.to), (0.5, "crop", 1, 3));
}

/// Without any replica requests wait for the first, whether they come to a work queue or to a load balancer.
#[test]
fn requests_wait_for_the_first_replica() {
    let system = scaled(0, &[(2.0, 1)], 5.0, &[(0.0, 3)]);
    for system in [with_queue(system.clone()), system] {
        let prediction = simulate(&system, &twice());
        assert_exactly(prediction.workloads["crop"].makespan, 10.0);
        assert_exactly(prediction.services["crop"].waiting_time, (7.0 + 8.0 + 9.0) / 3.0);
    }
}

/// Six requests on three replicas; two of these are to stop at 0.5, and finish what they have by 2. What comes at 3 goes to
/// the one that is left.
#[test]
fn replicas_finish_what_they_have() {
    let system = scaled(3, &[(0.5, 1)], 1.0, &[(0.0, 6), (3.0, 2)]);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 5.0);
    let replicas = prediction.services["crop"].replicas.unwrap();
    assert_exact(replicas.mean, (0.5 * 3.0 + 4.5) / 5.0);
    assert_exact(replicas.existing.unwrap(), (2.0 * 3.0 + 3.0) / 5.0);
}

/// One that is asked for and not wanted any more before it is there never opens, and is gone when it would have been there.
#[test]
fn replicas_may_be_unwanted_before_they_are_there() {
    let system = scaled(1, &[(0.5, 2), (1.0, 1)], 2.0, &[(0.0, 4)]);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 4.0);
    let replicas = prediction.services["crop"].replicas.unwrap();
    assert_exact(replicas.mean, 1.0);
    assert_exact(replicas.existing.unwrap(), (4.0 + 2.0) / 4.0);
}

/// An endless load of `rate` requests per second, each with exponential work of 10 ms, on replicas without other limits.
fn endless(rate: f64, autoscaler: Autoscaler) -> System {
    let mut service = worker("crop", "machine", 0.01);
    service.operations[0] =
        Operation::new("serve").with_activity(Activity::working(Distribution::exponential(0.01)));
    service.cpu_request = Some(1.0);
    service.autoscaler = Some(autoscaler);
    let cores = Multiplicity::Finite(16);
    System {
        hosts: vec![Host { per_replica: true, ..Host::new("machine").with_cores(cores) }],
        services: vec![service],
        workloads: vec![Workload::new("users", OperationRef::new("crop", "serve"), Load::Poisson { rate })],
        ..System::default()
    }
}

fn settled(system: &System) -> Prediction {
    let options = EngineOptions {
        until: Some(2400.0),
        warm_up: Some(1200.0),
        replications: Some(2),
        ..EngineOptions::default()
    };
    simulate(system, &options)
}

/// Two cores of work at a target of 50 % of a core for each replica: four replicas, at which the ratio is 1.
#[test]
fn the_horizontal_pod_autoscaler_settles_where_its_formula_says() {
    let metric = HpaMetric::Resource { name: "cpu".into(), target: HpaTarget::AverageUtilization(50) };
    let hpa = Hpa { metrics: vec![metric], ..Hpa::new(20) };
    let prediction = settled(&endless(200.0, Autoscaler::Hpa(hpa)));
    assert_exact(prediction.services["crop"].replicas.unwrap().mean, 4.0);
}

/// By Little's law 200 · 0.05 = 10 requests are in progress where work takes 50 ms; at 70 % of a target of 2, ten are
/// 7.1 replicas' share, so that eight are wanted.
#[test]
fn knative_settles_where_its_formula_says() {
    let mut system = endless(
        200.0,
        Autoscaler::Knative(Knative {
            target: Some(2.0),
            metric: KnativeMetric::Concurrency,
            ..Knative::default()
        }),
    );
    let work = Activity::working(Distribution::deterministic(0.05));
    system.services[0].operations[0] = Operation::new("serve").with_activity(work);
    let prediction = settled(&system);
    let mean = prediction.services["crop"].replicas.unwrap().mean;
    // The mean of 60 s of concurrency is 10 ± 0.1, and 7.1 is 0.1 from 7: now and then seven are enough.
    assert!((7.7..=8.05).contains(&mean), "{mean} replicas");
}

/// KEDA on a queue that nobody else empties: from zero to one when the first message is there, then by the HPA: 100 messages
/// at five for each replica are 20 replicas.
#[test]
fn keda_scales_from_zero_by_the_queue() {
    let mut system = with_queue(scaled(0, &[], 0.0, &[(1.0, 100)]));
    let work = Activity::working(Distribution::deterministic(100.0));
    system.services[0].operations[0] = Operation::new("serve").with_activity(work);
    let trigger: Trigger = serde_json::from_str(r#"{"metric": "concurrency", "threshold": 5}"#).unwrap();
    let keda: Keda = serde_json::from_str(r#"{"triggers": [], "max_replica_count": 50}"#).unwrap();
    system.services[0].autoscaler = Some(Autoscaler::Keda(Keda { triggers: vec![trigger], ..keda }));
    let prediction = simulate(&system, &twice());
    let first = &prediction.scaling[0];
    assert!((first.from, first.to) == (0, 1) && (1.0..=31.0).contains(&first.time), "{first:?}");
    let most = prediction.services["crop"].replicas.unwrap().max;
    assert_eq!(most, 20);
}

/// A burst at 41 s. Its alert is seen by a scrape within 5 s, found by an evaluation within 8 s, fires after `for` in whole
/// evaluations (8 s), and is sent 3 s and handled 0.5 s later; the end of the burst is sent, too. Replicas start up in 2 s.
#[test]
fn alerts_react_within_the_bounds_of_their_settings() {
    let alerts = r#"{
        "rules": [{"alert": "Waiting", "expr": "sum(tasks) > 5 * sum(up{job='crop'})", "for": "6s",
            "firing": {"set": 4}, "resolved": {"set": 1}}],
        "metrics": [{"name": "tasks", "figure": "queue_length"},
            {"name": "up", "labels": {"job": "crop"}, "figure": "ready_replicas"}],
        "scrape_interval": "5s", "evaluation_interval": "8s", "group_wait": "3s", "group_interval": "10s",
        "webhook_delay": "500ms", "max_replicas": 4
    }"#;
    let alerts: Alerts = serde_json::from_str(alerts).unwrap();
    let mut system = with_queue(scaled(1, &[], 2.0, &[(41.0, 60)]));
    system.services[0].autoscaler = Some(Autoscaler::Alerts(alerts));
    for seed in 0..20 {
        let prediction = simulate(&system, &EngineOptions { seed, ..twice() });
        let first = &prediction.scaling[0];
        assert!((first.from, first.to) == (1, 4) && first.reason.contains("Waiting"), "{first:?}");
        let reaction = first.time - 41.0;
        assert!((11.5..=24.5).contains(&reaction), "{reaction} s");
        let part = |kind: DelayKind| first.delays.iter().find(|delay| delay.kind == kind).unwrap().seconds;
        assert!(part(DelayKind::Scrape) <= 5.0 && part(DelayKind::Evaluation) <= 8.0, "{first:?}");
        assert_exact(part(DelayKind::For), 8.0);
        assert_exact(part(DelayKind::Grouping), 3.0);
        assert_exact(part(DelayKind::Webhook), 0.5);
        assert_exact(part(DelayKind::StartUp), 2.0);
        // The scrape before the one that showed it was before the burst, at most 5 s.
        let sum = first.delays.iter().map(|delay| delay.seconds).sum::<f64>() - part(DelayKind::StartUp);
        assert!((reaction..reaction + 5.0).contains(&(sum + 1e-6)), "{sum} {reaction}");
        let [_, later @ ..] = prediction.scaling.as_slice() else { unreachable!() };
        assert!(later.iter().all(|event| event.to == 1 && event.time > first.time), "{later:?}");
    }
}

/// One second of work every two seconds, and 40 tasks more at 41 s that take longer and longer. The 90 % quantile is seen to be above
/// 4 s when more than a tenth of the replies of the last 20 s are in the bucket beyond: of those of 1 s, one every two seconds, and
/// the growing ones, the fifth of which comes at 46 s. The mean of all is then seen, too.
#[test]
fn alerts_look_at_histograms() {
    let mut bursts: Vec<(f64, u32)> = (0..20).map(|number| (2.0 * f64::from(number), 1)).collect();
    bursts.push((41.0, 40));
    for (rule, from) in [
        ("histogram_quantile(0.9, sum by (le) (rate(crop_seconds_bucket[20s]))) > 4", 46.0),
        ("crop_seconds_sum / crop_seconds_count > 2", 41.0 + 8.0),
        ("crop_seconds_bucket{le='1.5'} < ignoring(le) 0.5 * crop_seconds_count", 41.0 + 20.0),
    ] {
        let alerts = format!(
            r#"{{
            "rules": [{{"alert": "Slow", "expr": "{rule}", "firing": {{"set": 4}}}}],
            "metrics": [{{"name": "crop_seconds", "figure": "responses", "buckets": [1.5, 4, 8]}}],
            "scrape_interval": "1s", "evaluation_interval": "1s", "group_wait": 0, "group_interval": "10s",
            "max_replicas": 4
        }}"#
        );
        let alerts: Alerts = serde_json::from_str(&alerts).unwrap();
        let mut system = with_queue(scaled(1, &[], 0.0, &bursts));
        system.services[0].autoscaler = Some(Autoscaler::Alerts(alerts));
        let prediction = simulate(&system, &twice());
        let first = &prediction.scaling[0];
        // A scrape and an evaluation later, and as long as it takes until a tenth or half are slow.
        assert!((from..from + 5.0).contains(&first.time), "{rule}: {first:?}");
    }
}

/// Two workers from 0 on, one from 0.5 on: the other has 0.2 s for its task of 1 s. The message is delivered again and done after
/// the one that stays has done its own. Without a grace period the task ends at 1.
#[test]
fn a_replica_that_stops_has_its_time_and_no_more() {
    for (grace, makespan) in [(Some(0.2), 2.0), (Some(0.5), 1.0), (None, 1.0)] {
        let mut system = with_queue(scaled(2, &[(0.5, 1)], 0.0, &[(0.0, 2)]));
        system.services[0].grace_period = grace;
        let prediction = simulate(&system, &twice());
        assert_exactly(prediction.workloads["crop"].makespan, makespan);
        assert_eq!(prediction.workloads["crop"].completed, Some(2));
    }
}
