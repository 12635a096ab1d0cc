//! What each element becomes, and the corpus of models as a whole.

use tracecast_model::{
    Activity, Call, CallCount, CallOrder, Distribution, Load, Lock, LockAction, Multiplicity, OperationRef,
    Scheduling, Severity, Step, System, lqn, validate,
};

use crate::corpus::{corpus, models};

fn xml(body: &str) -> System {
    lqn::read_xml(&format!("<lqn-model name=\"test\">{body}</lqn-model>"))
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_corpus_reads_and_is_valid() {
    for (name, text) in models() {
        let system = lqn::read_xml(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let errors: Vec<_> =
            validate(&system).into_iter().filter(|found| found.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// Customers, a server with two phases, calls of both kinds, and a processor with everything.
#[test]
fn elements_become_their_counterparts() {
    let system = xml(r#"
        <processor name="clients" scheduling="inf">
          <task name="users" scheduling="ref" multiplicity="7" replication="2" think-time="3">
            <entry name="ask" type="PH1PH2"><entry-phase-activities>
              <activity name="ask_1" phase="1" host-demand-mean="0">
                <synch-call dest="get" calls-mean="1.5"/>
              </activity>
            </entry-phase-activities></entry>
          </task>
        </processor>
        <processor name="cpu" scheduling="ps" multiplicity="4" quantum="0.1" speed-factor="2" replication="3">
          <task name="server" scheduling="hol" multiplicity="5" priority="2" queue-length="9" replication="3">
            <entry name="get" type="PH1PH2" open-arrival-rate="0.5" priority="1"><entry-phase-activities>
              <activity name="get_1" phase="1" host-demand-mean="0.2" host-demand-cvsq="0.25" think-time="0.1"/>
              <activity name="get_2" phase="2" host-demand-mean="0.3" host-demand-cvsq="0" call-order="DETERMINISTIC">
                <asynch-call dest="log" calls-mean="2"/>
              </activity>
            </entry-phase-activities></entry>
          </task>
          <task name="logger" scheduling="inf" replication="3">
            <entry name="log" type="PH1PH2"><entry-phase-activities>
              <activity name="log_1" phase="1" host-demand-mean="0.4"/>
            </entry-phase-activities></entry>
          </task>
        </processor>"#);
    assert_eq!(system.name.as_deref(), Some("test"));
    assert_eq!(system.hosts[0].cores, Multiplicity::Infinite);
    let cpu = &system.hosts[1];
    assert_eq!((cpu.cores, cpu.speed, cpu.replicas), (Multiplicity::Finite(4), 2.0, 3));
    assert_eq!(cpu.scheduling, Scheduling::Ps);

    let users = &system.workloads[0];
    assert_eq!(users.name, "users");
    let think_time = Distribution::exponential(3.0);
    assert_eq!(users.load, Load::Closed { population: 14, think_time });
    assert_eq!(users.requests[0].operation, OperationRef::new("users", "ask"));
    assert_eq!(system.services[0].concurrency, Multiplicity::Infinite);
    let Step::Activity(ask) = &system.services[0].operations[0].steps[0] else { panic!() };
    assert_eq!(ask.call_order, CallOrder::Random);
    assert_eq!(ask.calls[0].count, CallCount::Geometric);
    assert_eq!((ask.calls[0].mean, &ask.calls[0].to), (1.5, &OperationRef::new("server", "get")));

    let server = &system.services[1];
    assert_eq!((server.replicas, server.priority, server.queue_capacity), (3, 2, Some(9)));
    assert_eq!((server.concurrency, server.scheduling), (Multiplicity::Finite(5), Scheduling::Priority));
    let get = &server.operations[0];
    assert_eq!(get.priority, 1);
    let gamma = r#"{"family": "gamma", "mean": 0.2, "scv": 0.25}"#;
    let first = Activity {
        name: Some("get_1".into()),
        demand: serde_json::from_str(gamma).unwrap(),
        delay: Distribution::exponential(0.1),
        ..Activity::default()
    };
    let second = Activity {
        name: Some("get_2".into()),
        demand: Distribution::deterministic(0.3),
        calls: vec![Call::new(OperationRef::new("logger", "log")).asynchronous().with_mean(2.0)],
        ..Activity::default()
    };
    assert_eq!(get.steps[0], Step::Activity(first));
    assert_eq!(get.steps[1], Step::Reply(tracecast_model::Reply::default()));
    assert_eq!(get.steps[2], Step::Activity(second));
    assert_eq!(system.services[2].concurrency, Multiplicity::Infinite);

    assert_eq!(system.workloads[1].name, "get");
    assert_eq!(system.workloads[1].load, Load::Poisson { rate: 0.5 });
}

/// Text has no name of the model; all else is the same.
#[test]
fn text_and_xml_are_the_same_models() {
    let Some(folder) = corpus() else { return };
    for (name, xml) in models() {
        let text = std::fs::read_to_string(folder.join(format!("{name}.lqn"))).unwrap();
        let from_text = lqn::read_text(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let from_xml = System { name: None, ..lqn::read_xml(&xml).unwrap() };
        assert!(from_text == from_xml, "{name}:\n{from_text:#?}\n{from_xml:#?}");
    }
}

/// What the corpus does not use, in both formats.
#[test]
fn text_and_xml_agree_on_rare_elements() {
    let text = include_str!("data/rare.lqn");
    let xml = include_str!("data/rare.lqnx");
    let from_text = lqn::read_text(text).unwrap_or_else(|error| panic!("{error}"));
    let from_xml = lqn::read_xml(xml).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(from_text, System { name: None, ..from_xml });

    let service = |name: &str| from_text.service(name).unwrap();
    assert_eq!(service("sem").lock, Some(Lock::Semaphore { taken: 3 }));
    assert_eq!(service("sem").operations[0].lock, Some(LockAction::Wait));
    assert_eq!(service("rw").operations[3].lock, Some(LockAction::WriteUnlock));
    assert_eq!(service("a").share_group.as_deref(), Some("fast"));
    assert!(from_text.hosts[1].share_groups[0].capped);
    let call = &service("users").operations[0].activities()[0].calls[0];
    assert_eq!((call.fan_out, call.fan_in), (2, Some(1)));
    let steps = &service("a").operations[0].steps;
    let kinds: Vec<&str> = steps.iter().map(kind).collect();
    assert_eq!(kinds, ["activity", "loop", "activity", "reply", "fork", "activity"]);
    let Step::Fork(fork) = &steps[4] else { panic!() };
    assert_eq!(fork.quorum, Some(1));
}

/// The steps of an entry "serve" with the given connections between activities, which all have names of one letter.
fn steps(connections: &str) -> String {
    let activities: String = ('a'..='g')
        .filter(|c| connections.replace("serve", "").contains(*c))
        .map(|c| format!("s {c} 1 "))
        .collect();
    let text = format!(
        "P 0 p p1 i -1 T 0 t users r ask -1 p1 t app n serve -1 p1 -1 \
         E 0 s ask 1 -1 y ask serve 1 -1 A serve a -1 A app {activities} : {connections} -1"
    );
    let system = lqn::read_text(&text).unwrap_or_else(|error| panic!("{error}"));
    outline(&system.services[1].operations[0].steps)
}

/// Steps in short: `a F(b|c) C(0.5 d|0.5 e) L(2 f) R`.
fn outline(steps: &[Step]) -> String {
    let branches = |branches: Vec<String>| branches.join("|");
    let parts: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Activity(activity) => activity.name.clone().unwrap(),
            Step::Fork(fork) => {
                format!("F({})", branches(fork.branches.iter().map(|b| outline(b)).collect()))
            }
            Step::Choice(choice) => {
                let branch =
                    |b: &tracecast_model::Alternative| format!("{} {}", b.probability, outline(&b.steps));
                format!("C({})", branches(choice.branches.iter().map(branch).collect()))
            }
            Step::Loop(repeated) => format!("L({} {})", repeated.mean, outline(&repeated.steps)),
            Step::Reply(_) => "R".into(),
        })
        .collect();
    parts.join(" ")
}

#[test]
fn graphs_nest() {
    for (connections, expected) in [
        ("a -> b; b[serve]", "a b"),
        ("a[serve] -> b", "a R b"),
        ("a -> b & c; b & c -> d; d[serve]", "a F(b|c) d"),
        // Branches that fork again on the way to one join.
        ("a -> b & c; b -> d & e; d & e & c -> f; f[serve]", "a F(b F(d|e)|c) f"),
        // A join straight before a fork.
        ("a -> b & c; b & c -> (0.5) d + (0.5) e; d + e -> f; f[serve]", "a F(b|c) C(0.5 d|0.5 e) f"),
        // Parallel branches that never join; the reply is given before.
        ("a[serve] -> b & c", "a R F(b|c)"),
        // One of the parallel branches replies, in a join or beside it.
        ("a -> b & c; b[serve] & c -> d", "a F(b R|c) d"),
        ("a -> b & c & d; b & c -> e; e[serve]", "a F(d|F(b|c) e R)"),
        // Some of the parallel branches join, the others run on beside them.
        ("a[serve] -> b & c & d; b & c -> e", "a R F(d|F(b|c) e)"),
        // Some branches of a choice end, the others go on together.
        (
            "a -> (0.5) b + (0.25) c + (0.25) d; c + d -> e; b[serve]; e[serve]",
            "a C(0.5 b R|0.5 C(0.5 c|0.5 d) e R)",
        ),
        ("a -> (0.5) b + (0.5) c; c -> d; b[serve]; d[serve]", "a C(0.5 b R|0.5 c d R)"),
        // Loops, the last with and without something behind it.
        ("a -> 2 * b, 3 * c, d; b -> e; d[serve]", "a L(2 b e) L(3 c) d"),
        ("a[serve] -> 2 * b", "a R L(2 b)"),
        ("a -> 2 * b, c; b -> 3 * d, e; c[serve]", "a L(2 b L(3 d) e) c"),
    ] {
        assert_eq!(steps(connections), expected, "{connections}");
    }
}

/// A graph may stand in its entry.
#[test]
fn graphs_of_entries_are_read() {
    let system = xml(r#"
        <processor name="p" scheduling="inf"><task name="users" scheduling="ref">
          <entry name="ask" type="GRAPH"><entry-activity-graph>
            <activity name="one" host-demand-mean="1" first-activity="yes"/>
            <activity name="two" host-demand-mean="2"/>
            <precedence><pre><activity name="one"/></pre><post><activity name="two"/></post></precedence>
          </entry-activity-graph></entry>
        </task></processor>"#);
    assert_eq!(outline(&system.services[0].operations[0].steps), "one two");
}

fn kind(step: &Step) -> &'static str {
    match step {
        Step::Activity(_) => "activity",
        Step::Fork(_) => "fork",
        Step::Choice(_) => "choice",
        Step::Loop(_) => "loop",
        Step::Reply(_) => "reply",
    }
}
