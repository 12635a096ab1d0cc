//! What autoscalers did.

use tracecast_model::{Prediction, ScalingEvent, seconds};

use super::table::table_with_text;

/// Lines of the table, header and what is left out included, without a caption.
const LINES: usize = 20;
/// Columns for the reasons, so that a line has 80.
const REASONS: usize = 45;

/// A table of the changes of replicas, the first of them; nothing where there are none.
pub(crate) fn scaling(prediction: &Prediction) -> String {
    let events = &prediction.scaling;
    if events.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = events.iter().take(LINES).map(row).collect();
    // Reasons may take several lines, so that the number of rows that fit shows in the table only.
    let shown = (1..=rows.len()).rev().find(|&count| lines(&rows[..count]) < LINES).unwrap_or(1);
    let left_out = events.len() - shown;
    let more = if left_out > 0 { format!("{left_out} more (all: --json)\n") } else { String::new() };
    let caption = match prediction.replications {
        Some(2..) => "What autoscalers did in the first replication:\n",
        _ => "",
    };
    format!("\n{caption}{}{more}", rendered(&rows[..shown]))
}

fn lines(rows: &[Vec<String>]) -> usize {
    rendered(rows).lines().count()
}

fn rendered(rows: &[Vec<String>]) -> String {
    table_with_text(&["scaling of", "at", "replicas", "why, and how long it took"], 1, rows.to_vec())
}

fn row(event: &ScalingEvent) -> Vec<String> {
    vec![
        event.service.clone(),
        seconds::display(event.time),
        format!("{} → {}", event.from, event.to),
        textwrap::wrap(&why(event), REASONS).join("\n"),
    ]
}

/// The reason without what the row tells, then the parts of the delay that are not 0.
fn why(event: &ScalingEvent) -> String {
    let reason = event.reason.strip_prefix(&format!("{} replicas", event.to)).unwrap_or(&event.reason);
    let reason = reason.trim_start_matches([' ', ':']);
    let taken = event.delays.iter().filter(|delay| delay.seconds > 0.0);
    let parts: Vec<String> =
        taken.map(|delay| format!("{} {}", delay.kind.text(), seconds::display(delay.seconds))).collect();
    if parts.is_empty() { reason.to_owned() } else { format!("{reason}: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(count: u32, reason: &str) -> Prediction {
        let mut prediction: Prediction = serde_json::from_value(serde_json::json!({
            "engine": "simulation", "method": "", "status": "converged",
            "workloads": {}, "services": {}, "operations": {}, "hosts": {}, "warnings": []
        }))
        .expect("a prediction without figures");
        prediction.scaling = (0..count)
            .map(|number| ScalingEvent {
                time: f64::from(number),
                service: "a-service-with-a-rather-long-name-of-its-own".into(),
                from: number,
                to: number + 1,
                reason: format!("{} replicas {reason}", number + 1),
                delays: Vec::new(),
            })
            .collect();
        prediction
    }

    #[test]
    fn the_table_fits_a_terminal() {
        let long = "by sum(rate(requests_total[5m])): the largest number of replicas, scaling policies";
        for (count, reason) in [(1, "by cpu"), (19, "by cpu"), (500, "by cpu"), (500, long)] {
            let text = scaling(&events(count, reason));
            assert!(text.trim_start().lines().count() <= LINES, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            let shown = text.matches(" → ").count();
            let told =
                text.lines().last().and_then(|line| line.split_once(" more ")?.0.parse::<usize>().ok());
            assert_eq!(shown + told.unwrap_or(0), count as usize, "{text}");
        }
        assert_eq!(scaling(&events(0, "")), "");
    }
}
