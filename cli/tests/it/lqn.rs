//! LQN files: read wherever a model is, converted, written with results.

use crate::support::{close, file, mean, root, shared, tracecast};

const MODEL: &str = "model/tests/lqn/data/rare.lqnx";

/// A small model whose answer is known: one customer who thinks 3 s and is served for 1 s.
const ALONE: &str = r#"
G "alone" 1e-5 50 -1
P 2
p client i
p server f
-1
T 2
t user r ask -1 client z 3
t app f serve -1 server
-1
E 2
s ask 0 -1
y ask serve 1 -1
f ask 1 -1
s serve 1 -1
-1
"#;

#[test]
fn names_of_processors_tasks_and_entries_are_kept() {
    let (_folder, path) = file("alone.lqn", ALONE);
    let prediction = tracecast(["predict", path.to_str().unwrap(), "--json", "--engine", "analytic"]).json();
    // One customer never waits: a cycle takes 3 s + 1 s. The tolerance is that of the iteration.
    for pointer in [
        "/workloads/user/throughput/mean",
        "/services/app/throughput/mean",
        "/operations/app~1serve/throughput/mean",
    ] {
        let throughput = prediction.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {prediction}"));
        assert!((throughput.as_f64().unwrap() - 0.25).abs() < 1e-6, "{pointer}: {throughput}");
    }
    for pointer in ["/services/user", "/hosts/client", "/hosts/server"] {
        assert!(prediction.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn all_formats_convert_into_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    tracecast(["convert", MODEL, &at("a.json")]).succeeded();
    tracecast(["convert", &at("a.json"), &at("b.lqnx")]).succeeded();
    tracecast(["convert", &at("b.lqnx"), &at("c.json")]).succeeded();
    tracecast(["convert", "model/tests/lqn/data/rare.lqn", &at("d.json")]).succeeded();
    let read = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    assert_eq!(read("a.json"), read("c.json"));
    // Text has no name of the model.
    assert_eq!(read("a.json").replace("  \"name\": \"rare\",\n", ""), read("d.json"));
}

#[test]
fn results_are_written_beside_the_model() {
    let (folder, path) = file("alone.lqn", ALONE);
    let out = folder.path().join("alone.lqxo");
    let out = out.to_str().unwrap();
    let path = path.to_str().unwrap();
    tracecast(["predict", path, "--engine", "analytic", "-o", out]).succeeded();
    let text = std::fs::read_to_string(out).unwrap();
    assert!(text.contains("<result-processor utilization=\"0.25"), "{text}");
    let again = tracecast(["predict", out, "--json", "--engine", "analytic"]).json();
    let before = tracecast(["predict", path, "--json", "--engine", "analytic"]).json();
    assert_eq!(again["services"], before["services"]);
}

#[test]
fn problems_have_their_lines() {
    let folder = "model/tests/lqn_refused";
    let check = |name: &str| tracecast(["check", &format!("{folder}/{name}.lqn")]);
    for (name, status, words) in [
        ("unknown-name", 2, "line 12, column 7, at activity \"ask_1\" of task \"users\""),
        ("probabilities", 2, "line 8: error[probabilities] operation \"app/serve\""),
        ("quantum", 0, "line 4: warning[quantum] processor \"server\""),
    ] {
        let run = check(name);
        assert_eq!(run.status, status, "{name}");
        assert!((run.stdout + &run.stderr).contains(words), "{name}: {words}");
    }
    let json = tracecast(["check", "--json", &format!("{folder}/quantum.lqn")]).json();
    assert_eq!((&json[0]["code"], &json[0]["line"]), (&"quantum".into(), &4.into()));
}

#[test]
fn what_lqn_cannot_say_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.lqnx");
    let run = tracecast(["convert", "examples/image-system/model.json", out.to_str().unwrap()]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("service \"crop\": a limit of processor time"), "{}", run.stderr);
    assert!(!out.exists());
    for name in ["out.lqn", "out.yaml"] {
        assert_eq!(tracecast(["convert", MODEL, name]).status, 2);
        assert!(!root().join(name).exists());
    }
}

/// Ten thousand tasks that call each other in a chain.
#[test]
fn large_models_are_read() {
    let count = 10_000;
    let mut text = String::from(
        "<lqn-model><processor name=\"c\" scheduling=\"inf\"><task name=\"u\" scheduling=\"ref\">",
    );
    let entry = |name: &str, calls: &str| {
        format!(
            "<entry name=\"{name}\" type=\"PH1PH2\"><entry-phase-activities><activity name=\"a\" phase=\"1\" \
             host-demand-mean=\"1\">{calls}</activity></entry-phase-activities></entry>"
        )
    };
    let call = |to: usize| format!("<synch-call dest=\"e{to}\" calls-mean=\"1\"/>");
    text += &entry("u", &call(0));
    text += "</task></processor>";
    for task in 0..count {
        let calls = if task + 1 < count { call(task + 1) } else { String::new() };
        text += &format!(
            "<processor name=\"p{task}\"><task name=\"t{task}\">{}</task></processor>",
            entry(&format!("e{task}"), &calls)
        );
    }
    text += "</lqn-model>";
    let (_folder, path) = file("large.lqnx", text);
    tracecast(["check".as_ref(), path.as_os_str()]).succeeded();
}

/// Every model of the corpus, in both formats.
#[test]
fn the_corpus_is_valid() {
    let Some(folder) = shared("data/lqn/models") else { return };
    for name in ["own-micro-mixed", "own-quorum-2of3", "async-03", "phase2-01"] {
        for extension in ["lqn", "lqnx"] {
            tracecast(["check".as_ref(), folder.join(format!("{name}.{extension}")).as_os_str()]).succeeded();
        }
    }
}

/// What the reader finds odd is told beside the prediction, and is in its JSON.
#[test]
fn warnings_of_the_reader_are_told_by_predict() {
    let path = "model/tests/lqn_refused/quantum.lqn";
    let run = tracecast(["predict", path, "--json"]);
    assert!(
        run.stderr.contains("quantum.lqn: warning: line 4") && run.stderr.contains("[quantum]"),
        "{}",
        run.stderr
    );
    let warning = run.json()["warnings"][0].clone();
    assert_eq!(
        (warning["code"].as_str(), warning["element"].as_str()),
        (Some("quantum"), Some("processor \"server\""))
    );
    assert!(warning["message"].as_str().unwrap().starts_with("line 4: "), "{warning}");
    let run = tracecast(["predict", path, "--quiet"]).succeeded();
    assert!(
        !run.stderr.contains("quantum") && !run.stdout.contains("[quantum]"),
        "{}{}",
        run.stderr,
        run.stdout
    );
}

/// One of two parallel branches replies after 1 s, the other takes 2 s and holds the thread: a lone customer, who thinks
/// 3 s, comes back after the thread is free again.
#[test]
fn a_parallel_branch_may_reply() {
    let graph = "A serve one\n-1\nA app\ns one 0.5\ns two 0.5\ns three 1.5\nf one 1\nf two 1\nf three 1\n:\n\
                 one -> two & three;\ntwo[serve]\n-1\n";
    let text = ALONE.replace("f ask 1 -1\ns serve 1 -1\n-1\n", &format!("f ask 1 -1\n{graph}"));
    // Each activity is one slice of fixed length on a machine with a core for each.
    let text = text.replace("s one 0.5", "s one 0.5\nc one 0").replace("p server f", "p server i");
    let text =
        text.replace("s two 0.5", "s two 0.5\nc two 0").replace("s three 1.5", "s three 1.5\nc three 0");
    let (_folder, path) = file("branch.lqn", text);
    let path = path.to_str().unwrap();
    for engine in ["analytic", "simulation"] {
        let prediction = tracecast(["predict", path, "--json", "--engine", engine]).json();
        let phases = prediction.pointer("/operations/app~1serve/holding_time").unwrap();
        close("until the reply", mean(phases, "/0/mean"), 1.0, 1e-6);
        close("after the reply", mean(phases, "/1/mean"), 1.0, 1e-6);
    }
}
