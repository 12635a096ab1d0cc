//! LQN files: what each element becomes, and the corpus of models as a whole.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "in helpers of tests, too")]

use std::path::{Path, PathBuf};

use tracecast_model::{
    Activity, Call, CallCount, CallOrder, Distribution, Load, Lock, LockAction, Multiplicity, OperationRef,
    Scheduling, Severity, Step, System, lqn, validate,
};

/// The folder of models in both formats; `None`, with a message, where it is not there.
fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("TRACECAST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = shared.join("data/lqn/models");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("TRACECAST_NO_SKIP").is_none(), "{} is missing", folder.display());
    eprintln!("skipped: there is no {}", folder.display());
    None
}

/// All models of the corpus as XML, with their names.
fn models() -> Vec<(String, String)> {
    let Some(folder) = corpus() else { return Vec::new() };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "lqnx"));
    paths.sort();
    assert_eq!(paths.len(), 85);
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

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
          <task name="logger" scheduling="inf">
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
    let text = r#"
        # a comment
        $servers = 3
        G "rare" 1e-5 50 5 0.9 -1 %i $iterations
        P 0
          p users i
          p cpu c 0.1 m $servers R 1.5 r 2 %u $u
          p lock r
        -1
        U 0
          g fast 0.6 c cpu
          g slow 0.4 cpu
        -1
        T 0
          t users r use -1 users -2 z 1 m 10
          t a n serve other -1 q 7 cpu 3 m 2 r 2 g fast
          t b i late -1 cpu g slow
          t sem S wait signal -1 lock T 1 m 4
          t rw W rl ru wl wu -1 lock m 9
          I users a 1
          O users a 2
        -1
        E 0
          s use 0.1 -1
          y use serve 2 -1  %w1 $w
          f use 1 -1
          p serve 4
          a late 0.25
          M late 3 -1
          s late 0 0.1 0.2 -1
          Z late 0 0.5 -1
          c late 1 0.5 2 -1
          z late serve 0 1.5 0.5 -1
          P signal
          V wait
          s wait 0 -1  s signal 0.01 -1
          R rl U ru W wl X wu
          s rl 0.1 -1 s ru 0.1 -1 s wl 0.1 -1 s wu 0.1 -1
          A serve one
          s other 1 -1
        -1
        A a
          s one 1  s two 2  s three 3  s four 4  s five 5  s six 0  c two 0.5  Z two 0.1
          y two wait 1  z two late 3  f two 1
          y six wait 0.5
        :
          one -> 2 * two, three;
          three[serve] -> four & five;
          four & five (1) -> six;
        -1
        R 1 $0 = 1 -1"#;
    let xml = r#"
      <lqn-model name="rare" description="ignored where there is a comment">
        <solver-params comment="rare" conv_val="1e-5"><pragma param="a" value="b"/></solver-params>
        <processor name="users" scheduling="inf">
          <task name="users" scheduling="ref" multiplicity="10" priority="-2" think-time="1">
            <fan-out dest="a" value="2"/>
            <entry name="use" type="PH1PH2"><entry-phase-activities>
              <activity name="use_1" phase="1" host-demand-mean="0.1" call-order="DETERMINISTIC">
                <synch-call dest="serve" calls-mean="2"><result-call waiting="3"/></synch-call>
              </activity>
            </entry-phase-activities></entry>
          </task>
        </processor>
        <processor name="cpu" scheduling="cfs" quantum="0.1" multiplicity="3" speed-factor="1.5" replication="2">
          <result-processor utilization="0.5"/>
          <group name="fast" share="0.6" cap="true">
            <task name="a" scheduling="fcfs" queue-length="7" priority="3" multiplicity="2" replication="2">
              <fan-in source="users" value="1"/>
              <entry name="serve" type="NONE" priority="4"/>
              <entry name="other" type="PH1PH2"><entry-phase-activities>
                <activity name="other_1" phase="1" host-demand-mean="1"/>
              </entry-phase-activities></entry>
              <task-activities>
                <activity name="one" host-demand-mean="1" bound-to-entry="serve"/>
                <activity name="two" host-demand-mean="2" host-demand-cvsq="0.5" think-time="0.1" call-order="DETERMINISTIC">
                  <synch-call dest="wait" calls-mean="1"/><asynch-call dest="late" calls-mean="3"/>
                </activity>
                <activity name="three" host-demand-mean="3"/><activity name="four" host-demand-mean="4"/>
                <activity name="five" host-demand-mean="5"/>
                <activity name="six" host-demand-mean="0"><synch-call dest="wait" calls-mean="0.5"/></activity>
                <precedence><pre><activity name="one"/></pre>
                  <post-LOOP end="three"><activity name="two" count="2"/></post-LOOP></precedence>
                <precedence><pre><activity name="three"/></pre>
                  <post-AND><activity name="four"/><activity name="five"/></post-AND></precedence>
                <precedence><pre-AND quorum="1"><activity name="four"/><activity name="five"/></pre-AND>
                  <post><activity name="six"/></post></precedence>
                <reply-entry name="serve"><reply-activity name="three"/></reply-entry>
              </task-activities>
            </task>
          </group>
          <group name="slow" share="0.4">
            <task name="b" scheduling="inf">
              <entry name="late" type="PH1PH2" open-arrival-rate="0.25"><entry-phase-activities>
                <activity name="late_1" phase="1" host-demand-mean="0"/>
                <activity name="late_2" phase="2" host-demand-mean="0.1" host-demand-cvsq="0.5" think-time="0.5">
                  <asynch-call dest="serve" calls-mean="1.5"/>
                </activity>
                <activity name="late_3" phase="3" host-demand-mean="0.2" host-demand-cvsq="2">
                  <asynch-call dest="serve" calls-mean="0.5"/>
                </activity>
              </entry-phase-activities></entry>
            </task>
          </group>
        </processor>
        <processor name="lock" scheduling="rand">
          <task name="sem" scheduling="semaphore" initially="1" multiplicity="4">
            <entry name="wait" type="PH1PH2" semaphore="wait"/>
            <entry name="signal" type="PH1PH2" semaphore="signal"><entry-phase-activities>
              <activity name="signal_1" phase="1" host-demand-mean="0.01"/>
            </entry-phase-activities></entry>
          </task>
          <task name="rw" scheduling="rwlock" multiplicity="9">
            <entry name="rl" type="PH1PH2" rwlock="r-lock"><entry-phase-activities>
              <activity name="rl_1" phase="1" host-demand-mean="0.1"/></entry-phase-activities></entry>
            <entry name="ru" type="PH1PH2" rwlock="r-unlock"><entry-phase-activities>
              <activity name="ru_1" phase="1" host-demand-mean="0.1"/></entry-phase-activities></entry>
            <entry name="wl" type="PH1PH2" rwlock="w-lock"><entry-phase-activities>
              <activity name="wl_1" phase="1" host-demand-mean="0.1"/></entry-phase-activities></entry>
            <entry name="wu" type="PH1PH2" rwlock="w-unlock"><entry-phase-activities>
              <activity name="wu_1" phase="1" host-demand-mean="0.1"/></entry-phase-activities></entry>
          </task>
        </processor>
      </lqn-model>"#;
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

fn kind(step: &Step) -> &'static str {
    match step {
        Step::Activity(_) => "activity",
        Step::Fork(_) => "fork",
        Step::Choice(_) => "choice",
        Step::Loop(_) => "loop",
        Step::Reply(_) => "reply",
    }
}
