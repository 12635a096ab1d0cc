//! `report`.

use std::path::{Path, PathBuf};

use crate::support::{file, root, tracecast};

const MODEL: &str = "examples/image-system/model.json";

/// Results of every kind, made by the commands themselves.
fn results(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let at = |name: &str| folder.join(name);
    let text = |name: &str| at(name).to_str().unwrap().to_owned();
    let to_file = |name: &str, arguments: &[&str]| {
        let run = tracecast(arguments);
        assert!(run.status < 2, "{arguments:?}: {}", run.stderr);
        if !run.stdout.is_empty() && !at(name).exists() {
            std::fs::write(at(name), run.stdout).unwrap();
        }
    };
    let burst = ["predict", MODEL, "--load", "burst:30", "--quiet", "--json"];
    let files = ["--series", &text("series.csv"), "--histogram", &text("histogram.csv"), "--bin", "1s"];
    to_file("prediction.json", &[burst.as_slice(), files.as_slice()].concat());
    let (traces, again) = (text("traces.jsonl"), text("again.jsonl"));
    let record = |file: &str, seed: &str| {
        let load = ["--load", "poisson:1/s", "--seed", seed, "--requests", "50"];
        to_file(
            "unused",
            &[&["predict", MODEL, "--traces", file, "--quiet", "--json"], load.as_slice()].concat(),
        );
    };
    record(&traces, "1");
    record(&again, "2");
    to_file(
        "import.json",
        &["import", &traces, "--report", &text("import.json"), "-o", &text("system.json")],
    );
    to_file("compared.json", &["compare", &traces, &again, "--json"]);
    let other = std::fs::read_to_string(root().join(MODEL))
        .unwrap()
        .replace("\"cpu_limit\": 0.5", "\"cpu_limit\": 1");
    std::fs::write(at("other.json"), other).unwrap();
    to_file("changed.json", &["compare", MODEL, &text("other.json"), "--json", "--slo", "makespan<100s"]);
    let vary = ["--slo", "makespan<5s", "--vary", "crop.replicas=1..4"];
    to_file("plan.json", &[&["plan", MODEL, "--load", "burst:30", "--json"], vary.as_slice()].concat());
    to_file(
        "validation.json",
        &["validate", "examples/image-system/validation.toml", "--json", "--engine", "analytic"],
    );
    let grid = format!(
        "model = {:?}\nmetrics = [\"makespan\"]\n[grid]\n\"crop.replicas\" = [1, 2]\nload = [\"burst:10\", \"burst:20\"]\n",
        root().join(MODEL)
    );
    std::fs::write(at("grid.toml"), grid).unwrap();
    to_file("grid.csv", &["batch", &text("grid.toml"), "-o", &text("grid.csv")]);
    to_file("grid.jsonl", &["batch", &text("grid.toml"), "--json"]);
    [
        ("Prediction", "prediction.json"),
        ("Figures over time", "series.csv"),
        ("Distribution of response times", "histogram.csv"),
        ("Import", "import.json"),
        ("Comparison", "compared.json"),
        ("Comparison", "changed.json"),
        ("Plan", "plan.json"),
        ("Validation", "validation.json"),
        ("Batch", "grid.csv"),
        ("Batch", "grid.jsonl"),
    ]
    .map(|(kind, name)| (kind, at(name)))
    .to_vec()
}

/// The page parses as XML, too, so nothing in it is left open, and no name from a file is taken for markup.
fn parsed(page: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    roxmltree::Document::parse_with_options(page, options).unwrap()
}

fn words<'a>(page: &'a roxmltree::Document<'_>, tag: &str) -> Vec<&'a str> {
    page.descendants().filter(|node| node.has_tag_name(tag)).filter_map(|node| node.text()).collect()
}

#[test]
fn all_kinds_on_one_page_that_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let results = results(folder.path());
    let output = folder.path().join("report.html");
    let mut arguments = vec!["report".into(), "--title".into(), "Crop & <store>".into()];
    arguments.extend(results.iter().map(|(_, path)| path.clone().into_os_string()));
    arguments.extend(["-o".into(), output.clone().into_os_string()]);
    tracecast(&arguments).succeeded();
    let page = std::fs::read_to_string(&output).unwrap();
    let document = parsed(&page);
    let kinds: Vec<&str> = results.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(words(&document, "h2"), kinds);
    assert_eq!(words(&document, "h1"), ["Crop & <store>"]);
    // A table of contents whose entries lead to sections of the page.
    let ids: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("section"))
        .filter_map(|node| node.attribute("id"))
        .collect();
    let links: Vec<&str> = document.descendants().filter_map(|node| node.attribute("href")).collect();
    assert_eq!(links, ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>());
    // Nothing is fetched, and nothing runs.
    for forbidden in ["src=", "<script", "<link", "url(", "@import", "<iframe"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(
        document
            .descendants()
            .all(|node| node.attributes().all(|attribute| !attribute.name().starts_with("on")))
    );
    assert!(document.descendants().filter(|node| node.tag_name().name() == "svg").count() >= 10);
}

/// The figures of a prediction are on the page.
#[test]
fn figures_are_those_of_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("prediction.json");
    let output = folder.path().join("report.html");
    let run = tracecast(["predict", MODEL, "--load", "burst:30", "--json", "-q"]);
    std::fs::write(&result, &run.stdout).unwrap();
    let seconds = run.json()["workloads"]["burst"]["makespan"]["mean"].as_f64().unwrap();
    tracecast(["report".as_ref(), result.as_os_str(), "-o".as_ref(), output.as_os_str()]).succeeded();
    let page = std::fs::read_to_string(&output).unwrap();
    assert!(page.contains(&tracecast_model::seconds::display(seconds)), "{seconds}");
}

#[test]
fn names_are_never_markup() {
    let nasty = "<img src=x onerror=alert(1)>\\\"'&";
    let prediction = format!(
        r#"{{ "engine": "{nasty}", "method": "m", "status": "converged", "seed": null,
             "workloads": {{ "{nasty}": {{ "throughput": {{ "mean": 1 }}, "response_time": {{ "mean": 0.1, "p95": 0.2 }} }} }},
             "services": {{ "{nasty}": {{ "utilization": {{ "mean": 0.5 }} }} }}, "operations": {{}}, "hosts": {{}},
             "warnings": [ {{ "code": "c", "element": "{nasty}", "message": "{nasty}" }} ] }}"#
    );
    let (folder, path) = file("p.json", prediction);
    let output = folder.path().join("report.html");
    tracecast(["report".as_ref(), path.as_os_str(), "-o".as_ref(), output.as_os_str()]).succeeded();
    let page = std::fs::read_to_string(&output).unwrap();
    assert!(!page.contains("<img"), "{page}");
    assert!(words(&parsed(&page), "td").contains(&"<img src=x onerror=alert(1)>\"'&"));
}

#[test]
fn what_is_no_result_is_refused_and_nothing_is_written() {
    let model = std::fs::read_to_string(root().join(MODEL)).unwrap();
    for (content, words) in [
        (model.as_str(), "predict it first"),
        ("", "empty"),
        ("{ \"engine\": \"analytic\", \"workloads\": {", "line 1"),
        ("{ \"engine\": 3, \"workloads\": {} }", "line 1"),
        ("{}", "no result"),
        ("[1, 2]", "no result"),
        ("a,b\n1,2\n", "a, b"),
        ("time,users.throughput\n0,fast\n", "\"fast\" is not a number"),
        ("time,users.throughput\n0,1,2\n", "line"),
        ("time,users.throughput\n", "no rows"),
    ] {
        let (folder, path) = file("input", content);
        let output = folder.path().join("report.html");
        let run = tracecast(["report".as_ref(), path.as_os_str(), "-o".as_ref(), output.as_os_str()]);
        assert_eq!(run.status, 2, "{content}");
        assert!(run.stderr.contains(words) && run.stderr.contains("input"), "{content}: {}", run.stderr);
        assert!(!output.exists());
    }
}
