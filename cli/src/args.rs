//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use tracecast_experiment::generate::Shape;
use tracecast_experiment::plan::{Cost, Vary};
use tracecast_experiment::{Edit, EngineChoice, LoadSpec, MetricPath, Slo};
use tracecast_importers::{ArrivalModel, Intake};

/// From traces of a microservice system to forecasts of its throughput and latency.
#[derive(Debug, Parser)]
#[command(name = "tracecast", version, max_term_width = 100)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// No progress and no remarks on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Threads for parallel work; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Predict a grid of settings and write one CSV row for each
    Batch(Batch),
    /// Fit parameters of a model to measured runs
    Calibrate(Calibrate),
    /// List every problem of a model
    Check(Check),
    /// Say what differs between two models, or two sets of traces, and whether that is significant
    Compare(Box<Compare>),
    /// Write a model in another format
    Convert(Convert),
    /// Make a synthetic system of a chosen size and shape, and traces of it
    ///
    /// Each service has a host of its own, and the demand that makes the host as busy as asked (utilization law). The default
    /// shape is like the call graphs of production systems: a tree with more calls to those services that most others call already
    /// (S. Luo et al., SoCC 2021). Traces come from a simulation.
    Generate(Generate),
    /// Make a model from traces
    Import(Import),
    /// Find the cheapest settings that meet objectives
    ///
    /// Combinations of the varied settings are looked at in the order of their cost, up to the first that meets every objective,
    /// the whole 95 % interval of the simulation on the good side of each limit. The analytic engine passes over what is far
    /// beyond a limit; where both engines have solved the same settings, their difference tells whether that was right, and if
    /// not, those settings are simulated, too. The exit status is 1 if nothing surely meets the objectives.
    Plan(Box<Plan>),
    /// Predict throughput and response times of a model
    Predict(Box<Predict>),
    /// Put results on one page, with tables and pictures
    ///
    /// What each file is follows from its content: predictions, plans, batches, validations and comparisons as JSON, the report of
    /// an import, and the CSV tables of batches, of figures over time and of response times. The page is a single file that needs
    /// no other, follows light and dark, and can be printed.
    Report(Report),
    /// Draw a model's architecture, or traces as call trees, by where time goes, and by what is late
    Show(Show),
    /// Fit on some measured runs, predict the others, and report every error
    Validate(Validate),
}

/// `batch`
#[derive(Debug, ClapArgs)]
pub(crate) struct Batch {
    /// The plan (TOML): a model, a grid of settings, the metrics to write
    pub(crate) plan: PathBuf,
    /// Write the table here instead of to standard output; a run that was cut off goes on where it stopped
    #[arg(short, long, value_name = "FILE.csv")]
    pub(crate) output: Option<PathBuf>,
    /// Full predictions as JSON, one per line, instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `calibrate`
#[derive(Debug, ClapArgs)]
pub(crate) struct Calibrate {
    /// The model
    pub(crate) model: PathBuf,
    /// Measured runs (CSV) or a plan (TOML). In a CSV the columns are called like what they set or measure:
    /// crop.replicas, load, makespan, mean, p95, throughput …, and "group"
    #[arg(long, value_name = "RUNS.csv|PLAN.toml")]
    pub(crate) runs: PathBuf,
    /// A parameter to fit, with its starting value, such as crop/handle.demand=0.3; needed with a CSV
    #[arg(long = "fit", value_name = "PATH=START")]
    pub(crate) fit: Vec<Edit>,
    /// Fit the parameters of this group only
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,
    /// Write the fitted model here; with several groups, choose one with --group
    #[arg(short, long, value_name = "FITTED.json")]
    pub(crate) output: Option<PathBuf>,
    /// The parameters as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `check`
#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    /// The model
    pub(crate) model: PathBuf,
    /// The problems as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `compare`
///
/// The exit status is 1 if the base meets an objective that the candidate misses, or if requests have become slower than
/// --max-regression allows.
#[derive(Debug, ClapArgs)]
pub(crate) struct Compare {
    /// What to compare with: a model, or traces (a file, a folder, or a glob pattern in quotes)
    pub(crate) base: PathBuf,
    /// What to compare: the same kind
    pub(crate) candidate: PathBuf,
    /// An objective, judged for both: p95<500ms · users.throughput>100/s · errors<0.1%. Of traces, each type of requests
    /// counts as a workload, by its name
    #[arg(long = "slo", value_name = "EXPR")]
    pub(crate) slos: Vec<Slo>,
    /// Response times may become longer by this part, 5% or 0.05: of traces, the median of the differences over the base's
    /// median, where it is significant; of models, the mean, beyond its interval
    #[arg(long, value_name = "REL", value_parser = share)]
    pub(crate) max_regression: Option<f64>,
    /// The load for both models, in place of the base's own: poisson:20/s · closed:50,think=2s, as for `predict`
    #[arg(long = "load", value_name = "SPEC", help_heading = "Models")]
    pub(crate) loads: Vec<LoadSpec>,
    /// auto, analytic or simulation
    #[arg(long, default_value = "auto", value_name = "NAME", help_heading = "Models")]
    pub(crate) engine: EngineChoice,
    /// All figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Read all traces as this format instead of recognizing it
    #[arg(long, value_name = "NAME", help_heading = "Traces")]
    pub(crate) format: Option<String>,
}

/// `convert`
#[derive(Debug, ClapArgs)]
pub(crate) struct Convert {
    /// The model: tracecast's own JSON, LQN XML (.lqnx) or LQN text (.lqn)
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Where to write it: .json or .lqnx
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// `generate`
#[derive(Debug, ClapArgs)]
#[command(after_long_help = "\
Examples:
  tracecast generate --services 30 --layers 5 --seed 7 -o system.json
  tracecast generate --shape tree --async 20% --parallel 50% \\
      --traces traces.jsonl.gz --requests 2000 -o system.json")]
pub(crate) struct Generate {
    /// Services
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Call graph")]
    pub(crate) services: u32,
    /// graph (without cycles, few services called by many), tree, or chain
    #[arg(long, value_name = "NAME", default_value = "graph", help_heading = "Call graph")]
    pub(crate) shape: Shape,
    /// Services that are called one through the other, the entry included [default: 4, or as many as services]
    #[arg(long, value_name = "N", help_heading = "Call graph")]
    pub(crate) layers: Option<u32>,
    /// Services that one calls: in a graph on average of those that call, in a tree at most
    #[arg(long, value_name = "F", default_value_t = 2.0, help_heading = "Call graph")]
    pub(crate) fan_out: f64,
    /// Part of the calls that nobody waits for: 20% or 0.2
    #[arg(long = "async", value_name = "REL", value_parser = part, default_value = "0", help_heading = "Call graph")]
    pub(crate) asynchronous: f64,
    /// Part of the services with several calls to wait for that make them at the same time
    #[arg(long, value_name = "REL", value_parser = part, default_value = "0", help_heading = "Call graph")]
    pub(crate) parallel: f64,
    /// Requests from outside, per second; Poisson arrivals
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "20/s", help_heading = "Load")]
    pub(crate) rate: f64,
    /// Busy part of the cores of every host: 50% or 0.5
    #[arg(long, value_name = "REL", value_parser = part, default_value = "50%", help_heading = "Load")]
    pub(crate) utilization: f64,
    /// Cores of every host
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Load")]
    pub(crate) cores: u32,
    /// Variance of demands over the square of their mean: 0 constant, 1 exponential
    #[arg(long, value_name = "X", default_value_t = 1.0, help_heading = "Load")]
    pub(crate) scv: f64,
    /// Mean time of a call on the network, both ways
    #[arg(long, value_name = "TIME", value_parser = tracecast_model::seconds::parse, default_value = "500us", help_heading = "Load")]
    pub(crate) latency: f64,
    /// Seed of all random numbers: the same gives the same system and traces
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the system here instead of to standard output
    #[arg(short, long, value_name = "SYSTEM.json")]
    pub(crate) output: Option<PathBuf>,
    /// Write traces of it here, as OTLP JSON lines that `import` reads; a name that ends in .gz is packed
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) traces: Option<PathBuf>,
    /// How many requests to record
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) requests: u32,
}

/// `import`
#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// Trace files, folders (read whole), glob patterns, or - for standard input; .gz and .zst are unpacked
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write the model here instead of to standard output
    #[arg(short, long, value_name = "SYSTEM.json")]
    pub(crate) output: Option<PathBuf>,
    /// Read all files as this format instead of recognizing it
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,
    /// What stands for the requests recorded: a process that is fitted (Poisson unless that is refuted, else independent gaps
    /// or a rate that changes at random; users who wait, where sessions show them), a Poisson process of their rate, or the
    /// requests as they came
    #[arg(long, value_name = "LOAD", default_value = "fitted", value_parser = ["fitted", "poisson", "replay"])]
    pub(crate) arrivals: String,
    /// Put what is configured on the model: YAML of Kubernetes (Deployment, StatefulSet, HorizontalPodAutoscaler), KEDA
    /// (ScaledObject), Knative (Service), Istio (VirtualService, DestinationRule) or Docker Compose. PATH may be a model then
    #[arg(long = "manifest", value_name = "FILE.yaml", conflicts_with = "partial")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Write what was seen, and everything odd, as JSON
    #[arg(long, value_name = "REPORT.json")]
    pub(crate) report: Option<PathBuf>,
    /// What to write: spans or traces (a JSON object per line), or the model
    #[arg(long, default_value = "model", value_parser = ["spans", "traces", "model"])]
    pub(crate) emit: String,
    /// Write what was read of a part of a recording, instead of a model: `import` of all parts, in any order, gives the
    /// model of the whole
    #[arg(long, value_name = "PART.json", conflicts_with_all = ["output", "emit"])]
    pub(crate) partial: Option<PathBuf>,
    /// Make the model of at most so many spans: of longer recordings, all requests of some stretches of time; 0 takes
    /// all, which needs about 1 GB of memory for a million
    #[arg(long, value_name = "N", default_value_t = Intake::USUAL)]
    pub(crate) spans: usize,
}

impl Import {
    pub(crate) fn arrival_model(&self) -> ArrivalModel {
        match self.arrivals.as_str() {
            "poisson" => ArrivalModel::Poisson,
            "replay" => ArrivalModel::Replayed,
            _ => ArrivalModel::Fitted,
        }
    }
}

/// `plan`
#[derive(Debug, ClapArgs)]
#[command(after_long_help = "\
Examples:
  tracecast plan system.json --load poisson:20/s --slo 'p95<500ms' \\
      --vary crop.replicas=1..20
  tracecast plan system.json --slo 'p99<2s' --slo 'pool.utilization<3' \\
      --vary crop.replicas=1..10 --vary crop.cpu_limit=0.5,1,2 \\
      --cost '0.2*crop.replicas + crop.replicas*crop.cpu_limit'")]
pub(crate) struct Plan {
    /// The model
    pub(crate) model: PathBuf,
    /// An objective: p95<500ms · throughput>100/s · crop.utilization<0.8; all of them have to be met
    #[arg(long = "slo", value_name = "EXPR", required = true)]
    pub(crate) slos: Vec<Slo>,
    /// A setting and the values it may have: crop.replicas=1..20 · crop.replicas=1..20:2 (every second) ·
    /// crop.cpu_limit=0.5,1,2 · resize.load_balancing=random,least_requests
    #[arg(long = "vary", value_name = "PATH=RANGE", required = true)]
    pub(crate) varied: Vec<Vary>,
    /// What settings cost: a sum of products of numbers and settings, 2*crop.replicas + db.replicas*db.cpu_limit; several
    /// are added up [default: cores, which is replicas times the processor limit, or the cores of the machine where each
    /// replica has one of its own, or 1]
    #[arg(long = "cost", value_name = "EXPR")]
    pub(crate) costs: Vec<Cost>,
    /// analytic or simulation judge alone; auto is the simulation, after the analytic engine has passed over what is far off
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub(crate) engine: EngineChoice,
    /// The load, in place of the model's, as for `predict`; a share of the capacity (poisson:50%) is that of the model as it
    /// is
    #[arg(long = "load", value_name = "SPEC")]
    pub(crate) loads: Vec<LoadSpec>,
    /// Change a setting for all, as for `predict`: crop/handle.demand*=1.2
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) edits: Vec<Edit>,
    /// Do not simulate settings where an analytic figure is beyond its limit by this part of it
    #[arg(long, value_name = "REL", value_parser = share, default_value = "50%", help_heading = "Effort")]
    pub(crate) margin: f64,
    /// Look at so many combinations at most, the cheapest
    #[arg(long, value_name = "N", default_value_t = 10_000, help_heading = "Effort")]
    pub(crate) settings: usize,
    /// Simulate so many combinations at most, and as many again to check what was passed over
    #[arg(long, value_name = "N", default_value_t = 200, help_heading = "Effort")]
    pub(crate) simulations: usize,
    #[command(flatten)]
    pub(crate) simulation: Simulation,
    /// Write the plan here, as JSON
    #[arg(short, long, value_name = "PLAN.json")]
    pub(crate) output: Option<PathBuf>,
    /// The plan as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `predict`
#[derive(Debug, ClapArgs)]
pub(crate) struct Predict {
    /// The model
    pub(crate) model: PathBuf,
    /// auto, analytic or simulation
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub(crate) engine: EngineChoice,
    /// The load, in place of the model's: closed:50,think=2s · poisson:20/s · poisson:50% (of the
    /// capacity) · arrivals:20/s,scv=4 (independent gaps) · arrivals:FILE.toml (gaps of any distribution, or rates by a
    /// hidden state) · burst:500 · burst:500@10s · ramp:0..100/s,over=60s,hold=30s · profile:FILE.toml (points of time
    /// and rate) · replay:FILE.csv (recorded arrivals) · serial:100,poll=0.25s; NAME=… aims it at a workload or a
    /// service/operation
    #[arg(long = "load", value_name = "SPEC")]
    pub(crate) loads: Vec<LoadSpec>,
    /// Change a setting: crop.replicas=2 · crop.cpu_limit=0.5 · crop/handle.demand=120ms · crop/handle.demand*=1.2
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) edits: Vec<Edit>,
    /// An objective; the exit status is 1 if one is missed: p95<500ms · throughput>100/s · crop.utilization<0.8
    #[arg(long = "slo", value_name = "EXPR")]
    pub(crate) slos: Vec<Slo>,
    /// Also tell how the results react to every parameter, and what one more of each resource brings (analytic)
    #[arg(long)]
    pub(crate) sensitivity: bool,
    #[command(flatten)]
    pub(crate) simulation: Simulation,
    /// Also print where response times are spent: by operation, on the network, waiting for a thread or a core, at work
    #[arg(long)]
    pub(crate) breakdown: bool,
    /// Figures over time: NAME.throughput … with half the width of the 95 % interval of each bin in
    /// NAME.throughput.half_width …; FILE.svg and FILE.png are pictures of them
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) series: Option<PathBuf>,
    /// Width of the time series' bins, in seconds or as 500ms
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) bin: f64,
    /// Distribution of the response times (CSV: workload, low, high, count, share, cumulative, half_width), from the
    /// simulation
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) histogram: Option<PathBuf>,
    /// Bins of the distribution between a time and its double: 1, 2, 4 … 128; a quantile read from it is off by at most
    /// a part of itself of 1 by this
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) histogram_bins: u32,
    /// Write traces of single requests here, as OTLP JSON lines that `import` reads; from the simulation. The first
    /// requests after the warm-up are recorded; a name that ends in .gz is packed
    #[arg(long, value_name = "FILE.jsonl", help_heading = "Single requests")]
    pub(crate) traces: Option<PathBuf>,
    /// Write a table of the same requests here (CSV): trace, workload, operation, start, response time …
    #[arg(long, value_name = "FILE.csv", help_heading = "Single requests")]
    pub(crate) records: Option<PathBuf>,
    /// How many requests to record at most
    #[arg(long, value_name = "N", default_value = "10000", help_heading = "Single requests")]
    pub(crate) requests: u32,
    /// Write the prediction here: as JSON, or beside the elements of the model as LQN XML (.lqxo)
    #[arg(short, long, value_name = "RESULT.json|RESULT.lqxo")]
    pub(crate) output: Option<PathBuf>,
    /// The prediction as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of the simulation.
#[derive(Debug, ClapArgs)]
pub(crate) struct Simulation {
    /// Seed of all random numbers
    #[arg(long, value_name = "N", help_heading = "Simulation")]
    pub(crate) seed: Option<u64>,
    /// Stop when the mean response times, or the figures of --precise, are known to this part of themselves (0.02: ±2 %)
    #[arg(long, value_name = "REL", value_parser = share, help_heading = "Simulation")]
    pub(crate) precision: Option<f64>,
    /// The figures that are to be as precise as --precision says, named like objectives: p99,throughput ·
    /// crop.utilization; with them also a load that ends by itself is repeated until they are
    #[arg(long, value_name = "METRIC,…", value_delimiter = ',', help_heading = "Simulation")]
    pub(crate) precise: Vec<MetricPath>,
    /// Draw complementary random numbers in every two replications: narrower intervals for many systems
    #[arg(long, help_heading = "Simulation")]
    pub(crate) antithetic: bool,
    /// Independent replications
    #[arg(long, value_name = "N", help_heading = "Simulation")]
    pub(crate) replications: Option<u32>,
    /// Simulated time of each replication, in seconds or as 2min
    #[arg(long, value_name = "T", value_parser = duration, help_heading = "Simulation")]
    pub(crate) until: Option<f64>,
    /// Upper bound of simulated events over all replications
    #[arg(long, value_name = "N", help_heading = "Simulation")]
    pub(crate) max_events: Option<u64>,
    /// Requests in progress at all services that a replication may have, at about 100 bytes of memory each
    #[arg(long, value_name = "N", help_heading = "Simulation")]
    pub(crate) max_in_progress: Option<u64>,
    /// End it after so much real time with what has been measured by then, which is not reproducible
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Simulation")]
    pub(crate) time_limit: Option<f64>,
}

/// `report`
#[derive(Debug, ClapArgs)]
#[command(after_long_help = "\
Example:
  tracecast predict system.json --load poisson:20/s -o prediction.json
  tracecast batch plan.toml -o grid.csv
  tracecast report prediction.json grid.csv -o report.html")]
pub(crate) struct Report {
    /// Results, in the order in which they are to stand on the page; - for standard input
    #[arg(required = true, value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// Write the page here
    #[arg(short, long, value_name = "REPORT.html")]
    pub(crate) output: PathBuf,
    /// Its title
    #[arg(long, default_value = "Performance results", value_name = "TEXT")]
    pub(crate) title: String,
}

/// `show`
#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// A model, or traces: files, folders (read whole), glob patterns, or - for standard input; .gz and .zst are unpacked
    #[arg(required = true, value_name = "MODEL|TRACES")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write a picture here: .svg, .png, and for models .dot; without it, the same in words
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Which trace, by the beginning of its id [default: of the most frequent type of requests, the one nearest to the
    /// median response time]
    #[arg(long, value_name = "ID", help_heading = "Traces")]
    pub(crate) trace: Option<String>,
    /// Tables of time by service and type of request: on the critical path (what the response waited for; these sum to
    /// the response time), in all, calls and errors
    #[arg(long, help_heading = "Traces")]
    pub(crate) breakdown: bool,
    /// Calls that took much longer than those made at the same time, or than the same operation in other requests
    #[arg(long, help_heading = "Traces", conflicts_with = "breakdown")]
    pub(crate) stragglers: bool,
    /// The figures as JSON
    #[arg(long, help_heading = "Traces")]
    pub(crate) json: bool,
    /// Read all files as this format instead of recognizing it
    #[arg(long, value_name = "NAME", help_heading = "Traces")]
    pub(crate) format: Option<String>,
}

/// `validate`
#[derive(Debug, ClapArgs)]
pub(crate) struct Validate {
    /// The plan (TOML): model, measured runs, parameters, which runs to fit on
    pub(crate) plan: PathBuf,
    /// Judge by the runs with this value in this column, and fit on all others, in place of the plan's choice
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub(crate) holdout: Vec<String>,
    /// auto, analytic or simulation, in place of the plan's engine
    #[arg(long, value_name = "NAME")]
    pub(crate) engine: Option<EngineChoice>,
    /// The exit status is 1 if the mean error of the predicted runs is larger than this: 5% or 0.05
    #[arg(long, value_name = "REL", value_parser = share)]
    pub(crate) max_error: Option<f64>,
    /// The exit status is 1 if a predicted run is further off than this
    #[arg(long, value_name = "REL", value_parser = share)]
    pub(crate) max_run_error: Option<f64>,
    /// All figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn duration(text: &str) -> Result<f64, String> {
    match tracecast_model::seconds::parse(text)? {
        seconds if seconds > 0.0 => Ok(seconds),
        _ => Err("it must be positive".into()),
    }
}

/// `0.2`, `20%` or `0`; whether it may be so large is for whoever uses it.
fn part(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 0.01));
    match number.trim().parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value * unit),
        _ => Err("expected a part such as 20% or 0.2".into()),
    }
}

/// `20/s` or `20`.
fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).trim();
    number.parse().map_err(|_| "expected a rate such as 20/s".into())
}

/// `0.05` or `5%`.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 0.01));
    match number.trim().parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value * unit),
        _ => Err("expected a positive share such as 5% or 0.05".into()),
    }
}
