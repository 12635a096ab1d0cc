//! How busy services were.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Kind, Measurements, Quantity, Series, Unit};

/// How busy the processors of a service were, all its replicas together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceUtilization {
    /// Its name.
    pub service: String,
    /// Replicas that were measured.
    pub replicas: u32,
    /// Mean busy cores: a model's `utilization`. None where it was not measured.
    pub utilization: Option<f64>,
    /// Mean share of their limit that the replicas used, 0 to 1: a model's load. None where it was not measured.
    pub load: Option<f64>,
}

/// Labels that name a service, the surest first. A pod's name is the last resort: it begins like the service's.
const LABELS: [&str; 8] =
    ["service", "service_name", "app", "deployment", "container", "container_name", "job", "pod"];

impl Measurements {
    /// How busy each service was on average, from series of processor time that name a service or a pod.
    pub fn utilization(&self) -> Vec<ServiceUtilization> {
        let mut services: BTreeMap<&str, Vec<(&Series, f64)>> = BTreeMap::new();
        for series in self.series.iter().filter(|series| series.quantity == Quantity::Processor) {
            if let (Some(service), Some(mean)) = (service(series), series.mean()) {
                services.entry(service).or_default().push((series, mean));
            }
        }
        services.into_iter().map(|(service, series)| of_service(service, &series)).collect()
    }
}

fn of_service(service: &str, series: &[(&Series, f64)]) -> ServiceUtilization {
    let cores: Vec<f64> =
        series.iter().filter(|(series, _)| is_cores(series)).map(|(_, mean)| *mean).collect();
    let shares: Vec<f64> =
        series.iter().filter(|(series, _)| series.unit == Unit::Share).map(|(_, mean)| *mean).collect();
    ServiceUtilization {
        service: service.into(),
        replicas: cores.len().max(shares.len()) as u32,
        utilization: (!cores.is_empty()).then(|| cores.iter().sum()),
        load: (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64),
    }
}

/// Is its mean in cores? That of processor time so far is: seconds per second.
fn is_cores(series: &Series) -> bool {
    series.unit == Unit::Cores || series.unit == Unit::Seconds && series.kind == Kind::Cumulative
}

/// The service that a series is of.
fn service(series: &Series) -> Option<&str> {
    LABELS.iter().find_map(|label| {
        let name = series.label(label).filter(|name| !name.is_empty())?;
        Some(if *label == "pod" { of_pod(name) } else { name })
    })
}

/// The name of a pod without what Kubernetes appends to it: a number in a stateful set, five characters in a daemon set,
/// the hash of its template before them in a deployment. Those are drawn from letters that make no words.
fn of_pod(pod: &str) -> &str {
    const DRAWN: &str = "bcdfghjklmnpqrstvwxz2456789";
    let drawn = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.chars().all(|letter| DRAWN.contains(letter))
    };
    let Some((owner, last)) = pod.rsplit_once('-') else { return pod };
    if !last.is_empty() && last.bytes().all(|letter| letter.is_ascii_digit()) && last.len() <= 3 {
        return owner;
    }
    if !drawn(last, 5..=5) {
        return pod;
    }
    match owner.rsplit_once('-') {
        Some((deployment, hash)) if is_hash(hash) => deployment,
        _ => owner,
    }
}

/// The hash of a template: up to ten of the same letters, or hexadecimal digits in old versions.
fn is_hash(text: &str) -> bool {
    let letters =
        |text: &str| text.bytes().all(|letter| b"bcdfghjklmnpqrstvwxz0123456789abcdef".contains(&letter));
    (6..=10).contains(&text.len()) && letters(text) && text.bytes().any(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of pods of the Online Boutique (Nezha), and of other kinds of owners.
    #[test]
    fn services_of_pods() {
        for (pod, service) in [
            ("adservice-5f6585d649-fnmft", "adservice"),
            ("cartservice-579f59597d-wc2lz", "cartservice"),
            ("emailservice-55fdc5b988-f6xth", "emailservice"),
            ("ts-order-service-6b9d5d9d9-2xk8z", "ts-order-service"),
            ("redis-cart-0", "redis-cart"),
            ("node-exporter-x7k2p", "node-exporter"),
            ("frontend", "frontend"),
            ("front-end", "front-end"),
            ("order-service", "order-service"),
        ] {
            assert_eq!(of_pod(pod), service);
        }
    }
}
