//! Prometheus' alerts and its Alertmanager: what rules/alerting.go, dispatch/dispatch.go and notify/notify.go say, in times that
//! follow from the settings alone.

use serde_json::{Value, json};
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::alerts::{AlertMetric, Clocks};
use tracecast_model::autoscaling::{Decision, DelayKind, Memory, Observation, Reading};

use crate::given::{policy, with};

/// One rule, `load > 10`, which adds a replica with each notification; scrapes and evaluations every 8 s, a group that waits for
/// 3 s, is looked at again every 10 s and repeated every 30 s.
fn settings(changes: Value) -> Value {
    let base = json!({
        "kind": "alerts",
        "rules": [rule("high", "load > 10", json!({}))],
        "metrics": [{"name": "load", "figure": "queue_length"}],
        "scrape_interval": 8, "evaluation_interval": 8,
        "group_wait": 3, "group_interval": 10, "repeat_interval": 30,
        "min_replicas": 0, "max_replicas": 100
    });
    with(base, changes)
}

fn rule(name: &str, expr: &str, changes: Value) -> Value {
    with(json!({"alert": name, "expr": expr, "firing": {"add": 1}}), changes)
}

fn with_rule(changes: Value) -> Value {
    settings(json!({"rules": [rule("high", "load > 10", changes)]}))
}

/// The phase that gives these fractions, of few binary digits, to the clocks: jobs in the order of their names, then the
/// evaluation.
fn phase(fractions: &[f64]) -> f64 {
    let digits = 0..24;
    let digit = |place: usize| {
        let fraction = fractions[place % fractions.len()] * 2_f64.powi((place / fractions.len()) as i32);
        if (2.0 * fraction).floor() as u64 % 2 == 1 { 0.5_f64.powi(place as i32 + 1) } else { 0.0 }
    };
    digits.map(digit).sum()
}

/// The figures of all signals, by time.
type Load<'a> = &'a dyn Fn(f64, &str) -> f64;

/// Every decision with its time, from a number of replicas on.
fn run(policy: &Autoscaler, phase: f64, until: f64, from: u32, load: Load) -> Vec<(f64, u32, Decision)> {
    let mut memory = policy.start(phase);
    let mut time = policy.first_evaluation(phase);
    let mut wanted = from;
    let mut decisions = Vec::new();
    while time <= until {
        let reading = |metric: String| Reading { value: load(time, &metric), metric, window: 0.0 };
        let readings = policy.signals().into_iter().map(|signal| reading(signal.metric)).collect();
        let observation = Observation { time, wanted, readings, ..Observation::default() };
        let decision = policy.decide(&observation, &mut memory);
        let before = std::mem::replace(&mut wanted, decision.replicas);
        decisions.push((time, before, decision));
        let next = policy.next_evaluation(time, &memory);
        assert!(next > time, "{next} after {time}");
        time = next;
    }
    decisions
}

/// Times of notifications that had an effect or asked for what is there.
fn notified(settings: Value, clocks: &[f64], until: f64, load: Load) -> Vec<f64> {
    let decisions = run(&policy(settings), phase(clocks), until, 1, load);
    decisions.into_iter().filter(|(.., decision)| decision.metric.is_some()).map(|(time, ..)| time).collect()
}

/// Scrapes at 2, 10, 18, …, evaluations at 4, 12, 20, ….
const CLOCKS: [f64; 2] = [0.25, 0.5];

fn busy(_: f64, _: &str) -> f64 {
    11.0
}

/// High from one time until another.
fn between(from: f64, to: f64) -> impl Fn(f64, &str) -> f64 {
    move |time, _| if time >= from && time < to { 11.0 } else { 0.0 }
}

/// Of the 4096 phases of 12 digits, each combination of the 16 places of three clocks comes from exactly one.
#[test]
fn phases_are_independent_and_uniform() {
    let metrics = json!([
        {"name": "load", "figure": "queue_length"},
        {"name": "up", "labels": {"job": "crop"}, "figure": "ready_replicas"}
    ]);
    let policy =
        policy(settings(json!({"metrics": metrics, "scrape_interval": 16, "evaluation_interval": 16})));
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..4096 {
        let phase = f64::from(number) / 4096.0;
        let Memory::Alerts(memory) = policy.start(phase) else { panic!("of another policy") };
        let Clocks { jobs, evaluation } = memory.clocks.unwrap();
        let first = jobs.iter().map(|&(_, next)| next).chain([evaluation]).collect::<Vec<_>>();
        assert!(first.iter().all(|&tick| (0..16_000_000_000).contains(&tick) && tick % 1_000_000_000 == 0));
        assert_eq!(policy.first_evaluation(phase), *first.iter().min().unwrap() as f64 / 1e9);
        seen.insert(first);
    }
    assert_eq!(seen.len(), 4096);
}

/// Without `for`, an alert fires in the evaluation that finds it: at 4, and is sent 3 s later.
#[test]
fn fires_in_the_same_evaluation() {
    assert_eq!(notified(settings(json!({})), &CLOCKS, 8.0, &busy), [7.0]);
    // The clocks the other way round: what is scraped at 4 is found at 10.
    assert_eq!(notified(settings(json!({})), &[0.5, 0.25], 14.0, &busy), [13.0]);
}

/// Effective `for` is the next multiple of the evaluation interval, 8 s: shorter, equal, longer.
#[test]
fn pending_counts_in_evaluations() {
    for (pending, expected) in [(0.0, 7.0), (3.0, 15.0), (8.0, 15.0), (8.5, 23.0), (16.0, 23.0), (17.0, 31.0)]
    {
        let times = notified(with_rule(json!({"for": pending})), &CLOCKS, 40.0, &busy);
        assert_eq!(times[0], expected, "for {pending} s");
    }
    // As Prometheus writes it.
    let times = notified(with_rule(json!({"for": "1m"})), &CLOCKS, 80.0, &busy);
    assert_eq!(times[0], 4.0 + 64.0 + 3.0);
}

/// One scrape that is low, at 18, lets the evaluation at 20 begin anew: pending from 28 on, firing at 44.
#[test]
fn one_false_evaluation_resets() {
    let dip = |time: f64, _: &str| if (16.0..20.0).contains(&time) { 0.0 } else { 11.0 };
    let times = notified(with_rule(json!({"for": 16})), &CLOCKS, 50.0, &dip);
    assert_eq!(times, [47.0]);
}

/// High until 20: firing at 4, false first at 28. It is resolved there, or at the first evaluation 20 s later or more: at 52. The
/// group, begun at 4, is flushed at 7, 17, 27, …: the end is sent at 37, or at 57.
#[test]
fn keeps_firing() {
    let ends = json!({"resolved": {"set": 0}});
    let load = between(0.0, 20.0);
    let end = |changes: Value| *notified(with_rule(changes), &CLOCKS, 100.0, &load).last().unwrap();
    assert_eq!(end(ends.clone()), 37.0);
    assert_eq!(end(with(ends.clone(), json!({"keep_firing_for": 20}))), 57.0);
    // Strictly less than `keep_firing_for` counts: after exactly 24 s it is resolved, too.
    assert_eq!(end(with(ends.clone(), json!({"keep_firing_for": 24}))), 57.0);
    // True again at 36, it goes on.
    let gap = |time: f64, _: &str| if (20.0..30.0).contains(&time) { 0.0 } else { 11.0 };
    let settings = with_rule(with(ends, json!({"keep_firing_for": 20})));
    let decisions = run(&policy(settings), phase(&CLOCKS), 100.0, 1, &gap);
    assert!(decisions.iter().all(|(.., decision)| decision.replicas > 0));
}

/// An alert that goes on is sent to the Alertmanager again before its end, four minutes ahead, comes; so it never ends there,
/// and is repeated as the settings say: flushes at 7, 17, …; 47 is the first later than 7 + 30.
#[test]
fn goes_on_for_hours() {
    let settings = with_rule(json!({"resolved": {"set": 0}}));
    let times = notified(settings, &CLOCKS, 7200.0, &busy);
    let expected: Vec<f64> =
        (0..).map(|i| 7.0 + 40.0 * f64::from(i)).take_while(|&time| time <= 7200.0).collect();
    assert_eq!(times, expected);
}

/// A second alert in a group that is there waits for its next flush, and is sent together with the first.
#[test]
fn group_wait_only_for_new_groups() {
    let rules = json!([rule("first", "load > 10", json!({})), rule("second", "load > 20", json!({}))]);
    let rising = |time: f64, _: &str| if time < 8.0 { 11.0 } else { 21.0 };
    let all = settings(json!({"rules": rules}));
    // Found at 12, sent at 17, not at 15; both add one.
    let decisions = run(&policy(all.clone()), phase(&CLOCKS), 20.0, 1, &rising);
    let changes: Vec<(f64, u32, u32)> = decisions
        .iter()
        .filter(|(_, before, decision)| *before != decision.replicas)
        .map(|(time, before, decision)| (*time, *before, decision.replicas))
        .collect();
    assert_eq!(changes, [(7.0, 1, 2), (17.0, 2, 4)]);
    // By name, each alert is a group, which waits for itself.
    let grouped = with(all, json!({"group_by": ["alertname"]}));
    assert_eq!(notified(grouped, &CLOCKS, 20.0, &rising), [7.0, 15.0]);
}

/// Flushes at 9, 19, 29; resolved at 28 and sent at 29, so that the group is gone. High again from 30 on, which is found at 36: a
/// new group waits until 41, where the old one would have been flushed at 39.
#[test]
fn a_group_without_alerts_is_gone() {
    let gap = |time: f64, _: &str| if (20.0..30.0).contains(&time) { 0.0 } else { 11.0 };
    let times = notified(settings(json!({"group_wait": 5})), &CLOCKS, 60.0, &gap);
    assert_eq!(times, [9.0, 41.0]);
}

/// Resolved and found again between two flushes: nothing has changed for the log, so that it is not sent before the repetition.
/// Flushes at 7, 17, 27, 37, 47; resolved at 28, firing at 36, repeated at 47.
#[test]
fn back_before_the_flush() {
    let gap = |time: f64, _: &str| if (20.0..30.0).contains(&time) { 0.0 } else { 11.0 };
    let settings = with_rule(json!({"resolved": {"set": 0}}));
    assert_eq!(notified(settings, &CLOCKS, 50.0, &gap), [7.0, 47.0]);
}

/// What fires at 4 and is resolved at 12, before the group was flushed at 24, is never sent.
#[test]
fn over_before_the_group_is_sent() {
    let settings = with(with_rule(json!({"resolved": {"set": 0}})), json!({"group_wait": 20}));
    assert_eq!(notified(settings, &CLOCKS, 100.0, &between(0.0, 8.0)), [0.0; 0]);
}

/// The first flush that is later than the repeat interval, and the time that sending took, after the last notification: where
/// the intervals are equal, every second flush.
#[test]
fn repetitions() {
    for (repeat, delay, step) in [
        (10.0, 0.0, 20.0),
        (5.0, 0.0, 10.0),
        (15.0, 0.0, 20.0),
        (20.0, 0.0, 30.0),
        (15.0, 4.0, 20.0),
        (15.0, 6.0, 30.0),
        (9.0, 0.5, 10.0),
    ] {
        let settings = settings(json!({"repeat_interval": repeat, "webhook_delay": delay}));
        let times = notified(settings, &CLOCKS, 100.0, &busy);
        let first = 7.0 + delay;
        assert_eq!(times[..3], [first, first + step, first + 2.0 * step], "{repeat} s after {delay} s");
    }
}

/// High until some time: the end is sent at a flush, up to `group_interval` after the evaluation that finds it.
#[test]
fn ends_wait_for_the_next_flush() {
    let settings = with(with_rule(json!({"resolved": {"set": 0}})), json!({"group_interval": 50}));
    let decisions = run(&policy(settings), phase(&CLOCKS), 100.0, 1, &between(0.0, 9.0));
    let end = decisions.iter().find(|(_, before, decision)| decision.replicas < *before).unwrap();
    // Resolved at 12; flushes at 7 and 57.
    assert_eq!(end.0, 57.0);
    let grouping = end.2.delays.iter().find(|delay| delay.kind == DelayKind::Grouping).unwrap();
    assert_eq!(grouping.seconds, 45.0);
}

/// Without resolved notifications the end is noted all the same: the alert is new when it is back.
#[test]
fn without_resolved_notifications() {
    let back = |time: f64, _: &str| if (20.0..60.0).contains(&time) { 0.0 } else { 11.0 };
    let settings = with_rule(json!({"resolved": {"set": 0}}));
    let settings = with(settings, json!({"send_resolved": false, "repeat_interval": "4h"}));
    // Found at 68.
    assert_eq!(notified(settings, &CLOCKS, 200.0, &back), [7.0, 71.0]);
}

/// rate() needs two samples: scraped every 15 s, a range of 10 s never has them, one of 30 s has.
#[test]
fn rates_need_two_samples() {
    let counter = |time: f64, _: &str| 100.0 * time;
    let of = |range: &str| {
        let rules = json!([rule("high", &format!("rate(done[{range}]) > 10"), json!({}))]);
        let metrics = json!([{"name": "done", "figure": "completions"}]);
        let settings = settings(json!({"rules": rules, "metrics": metrics, "scrape_interval": 15}));
        notified(settings, &[0.0, 0.5], 300.0, &counter).len()
    };
    assert_eq!(of("10s"), 0);
    assert!(of("30s") > 0);
}

/// Three replicas until 20, one from then on: the two that are gone count until the scrape at 26, not for five minutes.
#[test]
fn replicas_that_are_gone_are_stale() {
    let rules = json!([rule("few", "sum(up{job=\"crop\"}) < 2", json!({}))]);
    let metrics = json!([{"name": "up", "labels": {"job": "crop"}, "figure": "ready_replicas"}]);
    let settings = settings(json!({"rules": rules, "metrics": metrics}));
    let ready = |time: f64, _: &str| if time < 20.0 { 3.0 } else { 1.0 };
    // Scrapes at 2, 10, 18, 26; found at 28.
    assert_eq!(notified(settings.clone(), &CLOCKS, 40.0, &ready), [31.0]);
    // Without any, there is no sum to compare; `absent` tells.
    let none = |time: f64, _: &str| if time < 20.0 { 3.0 } else { 0.0 };
    assert_eq!(notified(settings.clone(), &CLOCKS, 400.0, &none), [0.0; 0]);
    let rules = json!([rule("none", "absent(up{job=\"crop\"})", json!({}))]);
    assert_eq!(notified(with(settings, json!({"rules": rules})), &CLOCKS, 40.0, &none), [31.0]);
}

/// Two series make two alerts of one rule, sent together.
#[test]
fn an_alert_for_each_series() {
    let metrics = json!([
        {"name": "load", "labels": {"queue": "a"}, "figure": "queue_length"},
        {"name": "load", "labels": {"queue": "b"}, "figure": "concurrency"}
    ]);
    let all = settings(json!({"metrics": metrics}));
    let decisions = run(&policy(all), phase(&CLOCKS), 8.0, 1, &busy);
    assert_eq!(decisions.last().unwrap().2.replicas, 3);
}

/// OpenFaaS' rule (gateway/handlers/alerthandler.go): a step with each alert that fires, the least number when it is resolved.
#[test]
fn openfaas_rule() {
    let action = json!({"firing": {"openfaas_ce": {"factor": 20, "max_replicas": 5}}});
    let decisions = run(&policy(with_rule(action)), phase(&CLOCKS), 200.0, 1, &between(0.0, 90.0));
    let numbers: Vec<u32> = decisions
        .iter()
        .filter(|(.., decision)| decision.metric.is_some())
        .map(|(.., d)| d.replicas)
        .collect();
    // At 7, 47 and 87; resolved at 92, sent at 97.
    assert_eq!(numbers, [2, 3, 4, 1]);
}

#[test]
fn bounds_hold() {
    let settings = with(with_rule(json!({"firing": {"set": 500}})), json!({"max_replicas": 7}));
    let decisions = run(&policy(settings), phase(&CLOCKS), 8.0, 1, &busy);
    let decision = &decisions.last().unwrap().2;
    assert_eq!((decision.replicas, decision.recommended), (7, 500));
}

/// A condition that is true from the start on: the parts add up to the time of the change, each within what its setting allows.
#[test]
fn the_budget_adds_up() {
    let policy = policy(with(with_rule(json!({"for": 10})), json!({"webhook_delay": 1.5})));
    for number in 0..512 {
        let decisions = run(&policy, f64::from(number) / 512.0, 60.0, 1, &busy);
        let (time, _, decision) = decisions.iter().find(|(_, before, d)| d.replicas > *before).unwrap();
        let part = |kind: DelayKind| {
            decision.delays.iter().filter(|delay| delay.kind == kind).map(|delay| delay.seconds).sum::<f64>()
        };
        let sum: f64 = decision.delays.iter().map(|delay| delay.seconds).sum();
        assert!((sum - time).abs() < 1e-9, "{sum} {time}");
        assert!((0.0..8.0).contains(&part(DelayKind::Scrape)), "{decision:?}");
        assert!((0.0..8.0).contains(&part(DelayKind::Evaluation)), "{decision:?}");
        assert_eq!(part(DelayKind::For), 16.0);
        assert_eq!(part(DelayKind::Grouping), 3.0);
        assert_eq!(part(DelayKind::Webhook), 1.5);
    }
}

/// Later conditions: the scrape before is at most one interval earlier, and the change within the bounds of the settings.
#[test]
fn reactions_lie_within_their_bounds() {
    let policy = policy(settings(json!({})));
    let load = between(41.0, 1e9);
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for number in 0..1024 {
        let decisions = run(&policy, f64::from(number) / 1024.0, 100.0, 1, &load);
        let (time, _, decision) = decisions.iter().find(|(_, before, d)| d.replicas > *before).unwrap();
        let reaction = time - 41.0;
        (least, most) = (least.min(reaction), most.max(reaction));
        let sum: f64 = decision.delays.iter().map(|delay| delay.seconds).sum();
        assert!(sum >= reaction - 1e-9 && sum <= reaction + 8.0, "{sum} {reaction}");
    }
    // Up to a scrape, up to an evaluation, the wait; both ends are nearly reached by some of the phases.
    assert!((3.0..3.5).contains(&least) && (18.5..=19.0).contains(&most), "{least} … {most}");
}

/// What is remembered is no more after a day than after an hour.
#[test]
fn memory_is_bounded() {
    let rules = json!([rule("high", "avg_over_time(load[5m]) > 10 or rate(load[10m]) > 3", json!({}))]);
    let policy = policy(settings(json!({"rules": rules, "group_by": ["..."]})));
    let size = |until: f64| {
        let mut memory = policy.start(0.3);
        let mut time = policy.first_evaluation(0.3);
        while time <= until {
            let reading = Reading {
                metric: "queue_length".into(),
                window: 0.0,
                value: if time % 2000.0 < 900.0 { 20.0 } else { 0.0 },
            };
            let observation =
                Observation { time, wanted: 1, readings: vec![reading], ..Observation::default() };
            policy.decide(&observation, &mut memory);
            time = policy.next_evaluation(time, &memory);
        }
        serde_json::to_string(&memory).unwrap().len()
    };
    let (hour, day) = (size(3600.0), size(86_400.0));
    // Digits of times: 75 samples, 12 characters more each at most.
    assert!(day < hour + 2000, "{hour} {day}");
}

/// Metrics as rules name them.
#[test]
fn metrics_are_named() {
    let metric: AlertMetric =
        serde_json::from_value(json!({"name": "up", "labels": {"job": "crop"}, "figure": "ready_replicas"}))
            .unwrap();
    assert_eq!((metric.name.as_str(), metric.figure.as_str()), ("up", "ready_replicas"));
}
