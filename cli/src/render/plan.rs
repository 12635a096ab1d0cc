//! A plan in words.

use tracecast_experiment::plan::{Candidate, Ending, Judge, Judgment, Outcome, Plan};
use tracecast_experiment::text::{number, percent, short, signed_percent, time};
use tracecast_model::Metric;

use super::table::{table, table_with_text};

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Undecided settings printed; JSON has all.
const UNDECIDED: usize = 5;

/// The answer, what is cheaper and fails, and how that is known.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut text = headline(plan);
    if let Some(answer) = &plan.answer {
        text.push_str(&own(plan, answer));
    }
    if !plan.failing.is_empty() {
        let title = match plan.ending {
            Ending::Found => "Cheaper, and failing (one step down in each setting, and the dearest others)",
            _ => "Failing by least",
        };
        text.push_str(&format!("\n{title}:\n\n{}", candidates(&plan.failing)));
    }
    if !plan.undecided.is_empty() {
        let shown = &plan.undecided[plan.undecided.len().saturating_sub(UNDECIDED)..];
        text.push_str(&format!(
            "\nUndecided, since the interval has the limit in it:\n\n{}",
            candidates(shown)
        ));
        if plan.undecided.len() > shown.len() {
            let more = plan.undecided.len() - shown.len();
            text.push_str(&format!("and {more} cheaper ones (--json has all)\n"));
        }
        text.push_str(&filled("A smaller --precision decides more of them."));
    }
    text.push('\n');
    text.push_str(&filled(&effort(plan)));
    if let Some(answer) = &plan.answer {
        text.push_str("\nFor the other commands:\n");
        for (path, value) in &answer.settings {
            text.push_str(&format!("  --set '{path}={value}'\n"));
        }
    }
    text
}

fn filled(text: &str) -> String {
    textwrap::fill(text, WIDTH) + "\n"
}

fn headline(plan: &Plan) -> String {
    let known = match plan.ending {
        Ending::Found if plan.undecided.is_empty() => {
            "The cheapest settings that meet the objectives:".to_string()
        }
        Ending::Found => format!(
            "The cheapest settings that surely meet the objectives; {} cheaper may meet them, too:",
            plan.undecided.len()
        ),
        Ending::NothingMeets => {
            format!("NOTHING MEETS the objectives: all {} combinations fail.", plan.evaluated.combinations)
        }
        Ending::Undecided => "UNDECIDED: nothing surely meets the objectives, but some may.".to_string(),
        Ending::Effort => format!(
            "NOT FOUND among the {} cheapest of {} combinations; --settings and --simulations allow more.",
            plan.evaluated.combinations - plan.evaluated.not_looked_at,
            plan.evaluated.combinations
        ),
    };
    filled(&known)
}

fn own(plan: &Plan, answer: &Candidate) -> String {
    let width = answer.settings.keys().map(|path| path.chars().count()).max().unwrap_or(0).max(4);
    let mut text = String::from("\n");
    for (path, value) in &answer.settings {
        let free =
            if plan.without_cost.contains(path) { "  (not in the cost: first that will do)" } else { "" };
        text.push_str(&format!("  {path:<width$}  {value}{free}\n"));
    }
    let cost = format!("  {:<width$}  {} = {}", "cost", short(answer.cost), plan.cost);
    let indent = " ".repeat(width + 4);
    text.push_str(&textwrap::fill(&cost, textwrap::Options::new(WIDTH).subsequent_indent(&indent)));
    text.push_str("\n\n");
    let rows = answer.objectives.iter().map(|judgment| {
        let spare = judgment.beyond.map_or("-".into(), |beyond| percent(-beyond));
        vec![judgment.slo.clone(), value(judgment), spare]
    });
    text + &table(&["objective", "figure", "to spare"], 1, rows.collect())
}

fn value(judgment: &Judgment) -> String {
    let show = |metric: Metric| if judgment.is_time { time(metric) } else { number(metric) };
    judgment.value.map_or("-".into(), show)
}

/// A line each, the dearest first: what it is, and the objective that is missed by most.
fn candidates(candidates: &[Candidate]) -> String {
    let row = |candidate: &Candidate| {
        let settings: Vec<String> =
            candidate.settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
        let order = |a: &&Judgment, b: &&Judgment| {
            let beyond = |judgment: &Judgment| judgment.beyond.unwrap_or(f64::INFINITY);
            a.outcome.cmp(&b.outcome).then(beyond(a).total_cmp(&beyond(b)))
        };
        let worst =
            candidate.objectives.iter().filter(|judgment| judgment.outcome != Outcome::Met).max_by(order);
        let what = match (&candidate.overloaded, worst) {
            (Some(overloaded), _) => format!("overload: {overloaded}"),
            (None, Some(judgment)) => {
                let beyond = judgment.beyond.map_or(String::new(), |by| format!(" ({})", signed_percent(by)));
                format!("{}: {}{beyond}", judgment.slo, value(judgment))
            }
            (None, None) => "-".into(),
        };
        let judge = match candidate.judge {
            Judge::Capacity => "capacity",
            Judge::Analytic => "analytic",
            Judge::Simulation => "simulation",
        };
        vec![settings.join(" "), short(candidate.cost), judge.into(), what]
    };
    let rows = candidates.iter().map(row).collect();
    table_with_text(&["settings", "cost", "judged by", "why"], 1, rows)
}

fn effort(plan: &Plan) -> String {
    let all = plan.evaluated;
    let looked = all.combinations - all.not_looked_at;
    let mut parts = Vec::new();
    if all.by_capacity > 0 {
        parts.push(format!("{} by the utilization law", all.by_capacity));
    }
    if all.by_analytic > 0 {
        parts.push(format!("{} by the analytic engine", all.by_analytic));
    }
    if all.by_simulation > 0 {
        parts.push(format!("{} by simulation", all.by_simulation));
    }
    let mut text = format!("{looked} of {} combinations were judged: {}", all.combinations, parts.join(", "));
    match plan.ending {
        Ending::Found if all.not_looked_at > 0 => text.push_str("; the others are not cheaper."),
        _ => text.push('.'),
    }
    if let Some(margin) = plan.margin {
        text.push_str(&format!(
            " The analytic engine passed over what was beyond a limit by more than {}",
            percent(margin)
        ));
        match plan.largest_difference {
            Some(difference) => text.push_str(&format!(
                "; where both engines were asked, they differed by {} at most, beyond the intervals.",
                percent(difference)
            )),
            None => text.push_str("; where both engines were asked, they agreed within the intervals."),
        }
    }
    if !plan.is_checked {
        text.push_str(
            " NOT CHECKED: simulations ran out before all that it passed over too lightly was simulated.",
        );
    }
    text
}
