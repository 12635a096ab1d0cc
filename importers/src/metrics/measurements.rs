//! What all formats have in common.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Kind, Point, Quantity, Series, Summary, Unit};
use crate::name::Names;
use crate::{ImportReport, Name};

/// What was measured, from any number of inputs. A format fills what its files have.
#[derive(Debug, Default)]
pub struct Measurements {
    /// Values over time.
    pub series: Vec<Series>,
    /// Single requests, in the order of the file.
    pub requests: Vec<Request>,
    /// Figures that the file gives for many requests.
    pub summaries: Vec<Summary>,
    /// What was read and what was odd.
    pub report: ImportReport,
    names: Names,
    places: HashMap<(String, Vec<(String, String)>), usize>,
}

/// A request as its client saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// When it was sent (s since 1970).
    pub start: f64,
    /// Seconds until its answer; ≥ 0.
    pub latency: f64,
    /// What was asked for.
    pub operation: Name,
    /// Did it succeed?
    pub ok: bool,
}

impl Request {
    /// When its answer was there (s since 1970).
    pub fn end(&self) -> f64 {
        self.start + self.latency
    }
}

/// What a series is called and what it means.
pub(super) struct Meaning<'a> {
    pub(super) name: &'a str,
    pub(super) quantity: Quantity,
    pub(super) unit: Unit,
    pub(super) kind: Kind,
}

impl Measurements {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The shared form of a name.
    pub(super) fn name(&mut self, text: &str) -> Name {
        self.names.get(text)
    }

    /// Takes a request in; one whose numbers are no times is left out.
    pub(super) fn request(&mut self, request: Request, place: impl FnOnce() -> String) {
        if request.start.is_finite() && request.latency.is_finite() && request.latency >= 0.0 {
            self.requests.push(request);
        } else {
            self.skip(place);
        }
    }

    /// Takes a value in, of the series of that name with these labels. A value that is not finite is left out.
    pub(super) fn value(&mut self, meaning: &Meaning<'_>, labels: &[(&str, &str)], point: Point) {
        if !(point.at.is_finite() && point.value.is_finite()) {
            self.report
                .warn("no-number", || format!("{} has a value that is no finite number", meaning.name));
            return;
        }
        let mut key: Vec<(String, String)> =
            labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        key.sort();
        let place = *self.places.entry((meaning.name.into(), key)).or_insert_with(|| {
            let labels: IndexMap<String, String> =
                labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            self.series.push(Series {
                name: meaning.name.into(),
                quantity: meaning.quantity,
                unit: meaning.unit,
                kind: meaning.kind,
                labels,
                points: Vec::new(),
            });
            self.series.len() - 1
        });
        if let Some(series) = self.series.get_mut(place) {
            series.points.push(point);
        }
    }

    /// Counts a record that cannot be used; `place` says where it stands.
    pub(super) fn skip(&mut self, place: impl FnOnce() -> String) {
        self.report.skipped += 1;
        self.report.warn("malformed-record", || {
            format!("{}: a field that it needs is missing or no number", place())
        });
    }
}
