//! Same model, options and seed: same bytes, on any number of threads.

use crate::support::tracecast;

#[test]
fn same_seed_same_bytes() {
    for load in ["poisson:2/s", "burst:50", "closed:4,think=1s"] {
        let run = |threads: &str, seed: &str| {
            let arguments = [
                "predict",
                "examples/image-system/model.json",
                "--engine",
                "simulation",
                "--json",
                "--load",
                load,
                "--set",
                "crop.replicas=2",
                "--set",
                "crop/handle.demand=100ms",
                "--seed",
                seed,
                "--threads",
                threads,
                "--until",
                "500s",
            ];
            tracecast(arguments).succeeded().stdout
        };
        let one = run("1", "7");
        assert_eq!(one, run("2", "7"), "{load}: another number of threads");
        assert_eq!(one, run("2", "7"), "{load}: again");
    }
}

/// The other way round: a seed that did nothing would pass the test above.
#[test]
fn another_seed_gives_other_figures() {
    let run = |seed: &str| {
        tracecast([
            "predict",
            "examples/image-system/model.json",
            "--engine",
            "simulation",
            "--json",
            "--load",
            "poisson:2/s",
            "--seed",
            seed,
            "--until",
            "500s",
        ])
        .succeeded()
        .stdout
    };
    assert_ne!(run("1"), run("2"));
}
