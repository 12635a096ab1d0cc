//! What is known of some segments only when all documents are read.

use std::collections::{BTreeMap, HashMap};

use crate::{Intake, Name, Span, SpanId, TraceId};

/// A span that other documents may complete.
pub(super) struct Unsettled {
    pub(super) span: Span,
    /// Has it ended? Segments in progress are sent, too, and again when they are over.
    pub(super) is_over: bool,
    /// Is its service known? Of subsegments in documents of their own it is that of the segment above.
    pub(super) has_service: bool,
}

type Id = (TraceId, SpanId);

/// Spans that other documents may complete, by their ids.
#[derive(Default)]
pub(super) struct Later(BTreeMap<Id, Unsettled>);

impl Later {
    /// Keeps one; what is over replaces what was in progress.
    pub(super) fn keep(&mut self, unsettled: Unsettled) {
        let id = (unsettled.span.trace_id, unsettled.span.span_id);
        if self.0.get(&id).is_none_or(|known| unsettled.is_over || !known.is_over) {
            self.0.insert(id, unsettled);
        }
    }

    /// Takes all in, with what the other spans tell of them.
    pub(super) fn finish(mut self, intake: &mut Intake) {
        if self.0.is_empty() {
            return;
        }
        let known: HashMap<Id, Name> =
            intake.spans.iter().map(|span| ((span.trace_id, span.span_id), span.service.clone())).collect();
        let services: Vec<(Id, Option<Name>)> = self
            .0
            .iter()
            .filter(|(_, unsettled)| !unsettled.has_service)
            .map(|(id, unsettled)| (*id, self.service_above(unsettled, &known)))
            .collect();
        for (id, service) in services {
            let Some(unsettled) = self.0.get_mut(&id) else { continue };
            match service {
                Some(service) => unsettled.span.service = service,
                None => intake.report.warn("missing-service", || {
                    format!("the segment of subsegment {} \"{}\" is missing", id.1, unsettled.span.name)
                }),
            }
        }
        for (id, Unsettled { span, is_over, .. }) in self.0 {
            let name = || format!("segment {} \"{}\" of {}", id.1, span.name, span.service);
            if !is_over && known.contains_key(&id) {
                intake.skip("partial-span", || format!("{} was over in another document", name()));
                continue;
            }
            if !is_over {
                intake.report.warn("missing-duration", || {
                    format!("{} was in progress: it ends with the last that is known of it", name())
                });
            }
            intake.push(span);
        }
    }

    /// The service of the nearest segment above.
    fn service_above(&self, unsettled: &Unsettled, known: &HashMap<Id, Name>) -> Option<Name> {
        let trace_id = unsettled.span.trace_id;
        let mut parent = unsettled.span.parent?;
        // No way up is longer than there are subsegments without a service.
        for _ in 0..=self.0.len() {
            match self.0.get(&(trace_id, parent)) {
                Some(above) if above.has_service => return Some(above.span.service.clone()),
                Some(above) => parent = above.span.parent?,
                None => return known.get(&(trace_id, parent)).cloned(),
            }
        }
        None
    }
}
