//! Stragglers in words.

use tracecast_experiment::call_tree::{
    Against, MUCH_LONGER, NOW_AND_THEN, OTHER_CASES, PEERS, RELEVANT, ROBUST_Z, Straggler, Stragglers,
    StragglingOperation,
};
use tracecast_experiment::text::{or_dash, percent, plain};
use tracecast_model::seconds;

use super::call_tree::cut;
use super::table::{NAMES, table};

/// Cases printed; JSON has all.
const SHOWN: usize = 20;

/// What a straggler was compared with: `9 calls made with it`.
pub(super) fn peers(case: &Straggler) -> String {
    match case.against {
        Against::Peers | Against::Group => format!("{} made with it", case.peers),
        Against::History => format!("{} others of it", case.peers),
    }
}

/// Which operations straggle and how often, then the cases that cost most.
pub(crate) fn stragglers(found: &Stragglers) -> String {
    let mut text = format!("{} stragglers in {} requests\n", found.found.len(), found.requests);
    let several = found.operations.iter().any(|line| line.request_type != found.operations[0].request_type);
    let mut requests = "";
    for operation in &found.operations {
        if several && requests != operation.request_type {
            requests = &operation.request_type;
            text.push_str(&format!("\n{}\n", fill(&format!("requests {requests}:"))));
        }
        text.push_str(&fill(&summary(operation)));
        text.push('\n');
    }
    if !found.found.is_empty() {
        text.push_str("\nThe cases that cost most:\n\n");
        let rows = found.found.iter().take(SHOWN).map(case).collect();
        text.push_str(&table(&["service/operation", "trace", "took", "peers", "z", "costs"], 2, rows));
        if found.found.len() > SHOWN {
            text.push_str(&format!("and {} more (--json has all)\n", found.found.len() - SHOWN));
        }
    }
    if !found.single.is_empty() {
        let line = format!(
            "{} calls of other operations were as late, but these are so only now and then (not significantly in more than \
             {} of requests; --json has them).",
            found.single.len(),
            percent(NOW_AND_THEN)
        );
        text.push('\n');
        text.push_str(&fill(&line));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&fill(&format!(
        "A straggler takes at least {MUCH_LONGER} times the median of its peers, {} of the response time longer, and lies \
         {ROBUST_Z} robust standard deviations above them (Iglewicz and Hoaglin 1993). Peers are the calls made at the same \
         time; with fewer than {PEERS}, who is slowest how often; for other calls, handle time in other requests of the type. \
         Costs: the part of the response time that its median would have saved.",
        percent(RELEVANT)
    )));
    text.push('\n');
    if found.undecided > 0 {
        text.push_str(&fill(&format!(
            "{} calls made at the same time as no more than {} others could not be judged: that takes more than \
             {OTHER_CASES} cases of the operation.",
            found.undecided,
            PEERS - 1
        )));
        text.push('\n');
    }
    text
}

fn fill(text: &str) -> String {
    textwrap::fill(
        text,
        textwrap::Options::new(80)
            .subsequent_indent("  ")
            .word_splitter(textwrap::WordSplitter::NoHyphenation),
    )
}

fn summary(line: &StragglingOperation) -> String {
    let chance = match line.chance {
        Some(chance) if chance < 1e-300 => "; the slowest so often by chance: less than 1e-300".to_string(),
        Some(chance) => format!("; the slowest so often by chance: {chance:.1e}"),
        None => String::new(),
    };
    format!(
        "{}/{} straggles in {} of {} requests ({}), by {} (median), which costs {} of the response time{chance}",
        line.service,
        line.operation,
        line.requests,
        line.of,
        percent(line.requests as f64 / line.of as f64),
        seconds::display(line.delay),
        percent(line.cost_share),
    )
}

fn case(case: &Straggler) -> Vec<String> {
    let trace = case.trace.to_string();
    let short: String = match trace.trim_start_matches('0') {
        "" => "0".into(),
        digits => digits.chars().take(10).collect(),
    };
    vec![
        cut(&format!("{}/{}", case.service, case.operation), NAMES),
        short,
        seconds::display(case.duration),
        seconds::display(case.typical),
        or_dash(case.z, plain),
        percent(case.cost_share),
    ]
}
