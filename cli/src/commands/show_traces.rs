//! `tracecast show` for traces: a call tree, where time goes, what is late.

use serde::Serialize;
use tracecast_experiment::call_tree::{
    self, CallTree, RequestType, Segment, Straggler, Stragglers, breakdown, call_trees, critical_path,
    request_types, rows, typical,
};
use tracecast_experiment::picture;
use tracecast_importers::{Intake, TraceId, assemble};

use super::show::image;
use super::{Session, print};
use crate::args::Show;
use crate::exit::{Exit, Failure};
use crate::{output, render};

/// Rows of a printed or drawn tree; larger ones are folded.
const ROWS: usize = 200;

pub(super) fn run(intake: Intake, args: &Show, session: &Session) -> Result<Exit, Failure> {
    let mut report = intake.report;
    let traces = assemble(intake.spans, &mut report);
    let trees = call_trees(&traces);
    drop(traces);
    if trees.is_empty() {
        return Err(Failure::new("there are no traces in the input"));
    }
    let trace = args.trace.as_deref().map(|id| find(&trees, id)).transpose()?;
    if args.breakdown {
        show_breakdown(trees, trace, args, session)
    } else {
        let types = request_types(&trees);
        let found = call_tree::stragglers(&trees, &types);
        let traces = Traces { trees, types, found, trace };
        if args.stragglers { traces.stragglers(args, session) } else { traces.tree(args, session) }
    }
}

/// The trace whose id begins so; ids may be without their leading zeros, as other tools show them.
fn find(trees: &[CallTree], id: &str) -> Result<TraceId, Failure> {
    const NAMED: usize = 5;
    let wanted = id.to_ascii_lowercase();
    let begins = |trace: &TraceId| {
        let text = trace.to_string();
        text.starts_with(&wanted) || !wanted.is_empty() && text.trim_start_matches('0').starts_with(&wanted)
    };
    let mut ids: Vec<TraceId> = trees.iter().map(|tree| tree.trace).filter(begins).collect();
    ids.sort_unstable();
    ids.dedup();
    match ids.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::new(format_args!("no trace has an id that begins with \"{id}\""))
            .hint("tracecast import … --emit traces writes every trace with its id")),
        several => {
            let named: String = several.iter().take(NAMED).map(|id| format!("\n  {id}")).collect();
            let more = several.len().saturating_sub(NAMED);
            let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
            let count = several.len();
            Err(Failure::new(format_args!("{count} traces have ids that begin with \"{id}\":{named}{rest}")))
        }
    }
}

fn show_breakdown(
    mut trees: Vec<CallTree>,
    trace: Option<TraceId>,
    args: &Show,
    session: &Session,
) -> Result<Exit, Failure> {
    if let Some(trace) = trace {
        trees.retain(|tree| tree.trace == trace);
    }
    let times = breakdown(&trees, &request_types(&trees));
    draw(args, session, || picture::time_by_service_svg(&times))?;
    if args.json {
        print(&render::json(&times))?;
    } else if args.output.is_none() {
        print(&render::time_by_operation(&times))?;
    }
    Ok(Exit::Done)
}

/// Writes the picture, where one is asked for.
fn draw(args: &Show, session: &Session, svg: impl FnOnce() -> String) -> Result<(), Failure> {
    let Some(path) = &args.output else { return Ok(()) };
    output::write(path, &image(path, svg())?)?;
    session.remark(&format!("wrote {}", path.display()));
    Ok(())
}

struct Traces {
    trees: Vec<CallTree>,
    types: Vec<RequestType>,
    found: Stragglers,
    /// The one that the user asked for.
    trace: Option<TraceId>,
}

/// What `--json` says of one tree.
#[derive(Serialize)]
struct Shown<'a> {
    request_type: Option<&'a str>,
    chosen: &'a str,
    response_time: f64,
    tree: &'a CallTree,
    critical_path: Vec<Segment>,
    stragglers: Vec<&'a Straggler>,
}

impl Traces {
    fn tree(&self, args: &Show, session: &Session) -> Result<Exit, Failure> {
        let (place, chosen) = self.choose();
        self.show(place, &chosen, args, session)
    }

    /// What is late in a tree, often or only now and then.
    fn late(&self, place: usize) -> Vec<&Straggler> {
        let all = self.found.found.iter().chain(&self.found.single);
        all.filter(|case| case.tree == place).collect()
    }

    /// The tree to show, and how it was chosen.
    fn choose(&self) -> (usize, String) {
        if let Some(trace) = self.trace {
            let mut of_trace: Vec<usize> =
                (0..self.trees.len()).filter(|&tree| self.trees[tree].trace == trace).collect();
            of_trace.sort_by_key(|&tree| std::cmp::Reverse(self.trees[tree].calls.len()));
            let chosen = match of_trace.len() {
                1 => "asked for".to_string(),
                many => {
                    format!("the largest of the {many} trees of this trace: spans between them are missing")
                }
            };
            return (of_trace[0], chosen);
        }
        match typical(&self.trees, &self.types) {
            Some((tree, requests)) => {
                let requests = &self.types[requests];
                let chosen = match self.trees.len() {
                    1 => "the only request".to_string(),
                    all => format!(
                        "the one of median response time among the {} requests of the most frequent type ({all} in all)",
                        requests.trees.len()
                    ),
                };
                (tree, chosen)
            }
            None => (0, "the first".to_string()),
        }
    }

    fn show(&self, place: usize, chosen: &str, args: &Show, session: &Session) -> Result<Exit, Failure> {
        let tree = &self.trees[place];
        let late = self.late(place);
        let rows = rows(tree, ROWS);
        draw(args, session, || picture::call_tree_svg(tree, &rows, &late))?;
        if args.json {
            let request_type = self.types.iter().find(|requests| requests.trees.contains(&place));
            print(&render::json(&Shown {
                request_type: request_type.map(|requests| requests.name.as_str()),
                chosen,
                response_time: tree.response_time(),
                tree,
                critical_path: critical_path(tree),
                stragglers: late,
            }))?;
        } else if args.output.is_none() {
            print(&render::call_tree(tree, &rows, &late, chosen))?;
        }
        Ok(Exit::Done)
    }

    fn stragglers(mut self, args: &Show, session: &Session) -> Result<Exit, Failure> {
        if let Some(trace) = self.trace {
            self.found.found.retain(|case| case.trace == trace);
            self.found.single.retain(|case| case.trace == trace);
        }
        draw(args, session, || {
            let place = self.found.found.first().map_or_else(|| self.choose().0, |case| case.tree);
            let tree = &self.trees[place];
            let late = self.late(place);
            picture::call_tree_svg(tree, &rows(tree, ROWS), &late)
        })?;
        if args.json {
            print(&render::json(&self.found))?;
        } else if args.output.is_none() {
            print(&render::stragglers(&self.found))?;
        }
        Ok(Exit::Done)
    }
}
