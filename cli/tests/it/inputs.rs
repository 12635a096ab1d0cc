//! What a path may be: a file, a folder, a pattern, standard input.

use std::fs;
use std::path::Path;

use crate::support::{Run, root, tracecast};

/// A folder with traces, in a folder of it more of them, and files that are none.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = root().join("importers/tests/data");
    let copy = |from: &str, to: &str| fs::copy(data.join(from), folder.path().join(to)).map(|_| ()).unwrap();
    fs::create_dir_all(folder.path().join("deeper/still")).unwrap();
    copy("jaeger_json/pair.json", "a.json");
    copy("otlp_json/reply_before_end.json", "deeper/still/b.json");
    fs::write(folder.path().join("notes.txt"), "not a trace").unwrap();
    fs::write(folder.path().join("deeper/empty.json"), "").unwrap();
    folder
}

fn import(path: &Path) -> (Run, serde_json::Value) {
    let report = tempfile::NamedTempFile::new().unwrap();
    let arguments = ["import".as_ref(), path.as_os_str(), "--report".as_ref(), report.path().as_os_str()];
    let run = tracecast(arguments).succeeded();
    let report = serde_json::from_slice(&fs::read(report.path()).unwrap()).unwrap();
    (run, report)
}

#[test]
fn a_folder_is_read_at_any_depth_without_what_is_no_trace() {
    let folder = folder();
    let (run, report) = import(folder.path());
    assert_eq!((&report["files"], &report["traces"]), (&2.into(), &2.into()));
    let warning = report["warnings"].as_array().unwrap().iter().find(|w| w["code"] == "not-traces").unwrap();
    assert_eq!(warning["count"], 2);
    for name in ["notes.txt", "empty.json"] {
        assert!(warning["example"].as_str().unwrap().contains(name), "{warning}");
        assert!(run.stderr.contains(name), "{}", run.stderr);
    }
    // The same, however it is reached.
    let pattern = folder.path().join("*");
    assert_eq!(import(&pattern).0.json()["services"], run.json()["services"]);
}

#[cfg(unix)]
#[test]
fn links_in_circles_end() {
    let folder = folder();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("deeper/up")).unwrap();
    assert_eq!(import(folder.path()).1["files"], 2);
}

#[test]
fn a_file_that_is_named_must_be_usable() {
    let folder = folder();
    let path = folder.path().join("notes.txt");
    let good = folder.path().join("a.json");
    let run = tracecast(["import".as_ref(), good.as_os_str(), path.as_os_str()]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.stderr.contains("notes.txt"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_folder_without_traces_is_refused() {
    let folder = folder();
    fs::remove_file(folder.path().join("a.json")).unwrap();
    fs::remove_dir_all(folder.path().join("deeper")).unwrap();
    let run = tracecast(["import".as_ref(), folder.path().as_os_str()]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.stderr.contains("no traces") && run.stderr.contains("notes.txt"), "{}", run.stderr);
}

const TABLE: &str = "request,call,above,what,who,begin,end\n1,a,,buy,shop,0,200\n1,b,a,get,stock,50,100\n";
const MAP: &str = "[columns]\ntrace = \"request\"\nspan = \"call\"\nparent = \"above\"\nservice = \"who\"\n\
                   operation = \"what\"\nstart = \"begin\"\nend = \"end\"\n\
                   [units]\nstart = \"ms\"\nend = \"ms\"\n";

#[test]
fn a_table_needs_a_map_of_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::write(path("calls.csv"), TABLE).unwrap();
    let run = tracecast(["import", &path("calls.csv")]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.stderr.contains("calls.csv"), "{}", run.stderr);
    let maps = tempfile::tempdir().unwrap();
    let map = maps.path().join("map.toml").to_str().unwrap().to_string();
    fs::write(&map, MAP).unwrap();
    let given = tracecast(["import", &path("calls.csv"), "--format", &format!("csv:{map}")]).succeeded();
    // Beside the file it needs no mention, be the file or its folder named.
    fs::copy(&map, path("map.toml")).unwrap();
    for named in [path("calls.csv"), folder.path().to_str().unwrap().to_string()] {
        let found = tracecast(["import", &named]).succeeded();
        let services = |run: &Run| run.json()["services"].clone();
        assert_eq!(services(&found), services(&given));
    }
    fs::write(&map, "[columns]\ntrace = 1\n").unwrap();
    let run = tracecast(["import", &path("calls.csv"), "--format", &format!("csv:{map}")]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.stderr.contains("map.toml") && run.stderr.contains("line 2"), "{}", run.stderr);
}

/// The map of a Kieker log is found beside a file of it.
#[test]
fn companions_of_a_named_file_are_read_first() {
    let path = "importers/tests/data/kieker/executions.dat";
    let model = tracecast(["import", path]).succeeded().json();
    assert_eq!(model["services"].as_array().unwrap().len(), 3);
}
