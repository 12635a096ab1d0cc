//! Istio's virtual services and destination rules.

use serde_json::Value;
use tracecast_model::{
    Backoff, ConcurrencyLimit, EnvoyThresholds, Jitter, LoadBalancing, Maglev, OutlierDetection, Retry,
    RingHash,
};

use super::fields::Fields;
use super::{Target, services};

pub(super) fn is_virtual_service(fields: &Fields<'_>) -> bool {
    fields.peek("kind").and_then(Value::as_str) == Some("VirtualService")
}

pub(super) fn is_destination_rule(fields: &Fields<'_>) -> bool {
    fields.peek("kind").and_then(Value::as_str) == Some("DestinationRule")
}

/// The first part of a host name such as `cart.shop.svc.cluster.local`, which is the name of a Kubernetes service.
fn first_part(host: &str) -> String {
    host.split('.').next().unwrap_or(host).to_owned()
}

/// Timeouts and retries of the route that is taken where no condition holds: a model does not tell requests apart by paths or
/// headers.
pub(super) fn virtual_service(fields: &Fields<'_>, target: &mut Target<'_>) {
    fields.dismiss("spec.hosts");
    fields.dismiss("spec.gateways");
    let routes = fields.items("spec.http");
    let Some(route) = routes.iter().rfind(|route| route.peek("match").is_none()).or(routes.last()) else {
        return target.leave("it has no spec.http");
    };
    let hosts: Vec<String> = route
        .items("route")
        .iter()
        .filter_map(|destination| {
            destination.dismiss("weight");
            destination.dismiss("destination.port");
            destination.text("destination.host")
        })
        .map(|host| first_part(&host))
        .collect();
    let Some(service) = services::find(target.system, &hosts) else {
        fields.dismiss("spec");
        return target.leave(services::unknown(&hosts));
    };
    let name = service.name.clone();
    let whole = route.seconds("timeout");
    let of_try = route.seconds("retries.perTryTimeout");
    let retries = route.at("retries").map(|retries| {
        retries.dismiss("retryOn");
        // Istio retries twice where it is not told how often.
        retries.count("attempts").unwrap_or(2)
    });
    let mut set = Vec::new();
    let mut left = Vec::new();
    if whole.is_some() || retries.is_some() {
        let policy = service.resilience.get_or_insert_default();
        policy.timeout = of_try.or(whole).or(policy.timeout);
        if let Some(timeout) = policy.timeout {
            set.push(format!("timeout = {timeout} s for each attempt"));
        }
        if let Some(retries) = retries {
            // Envoy's own: 25 ms, doubled each time, at most ten times that, fully jittered (retry_policy.retry_back_off).
            let backoff = Backoff::Exponential { first: 0.025, factor: 2.0, max: Some(0.25) };
            policy.retry = (retries > 0).then(|| Retry {
                backoff,
                jitter: Jitter::Full,
                ..Retry::new(retries.saturating_add(1))
            });
            set.push(format!("retries = {retries}, with Envoy's backoff of 25 to 250 ms"));
        }
        if let (Some(whole), Some(_)) = (whole, of_try) {
            left.push(format!("spec.http.timeout: {whole} s for all attempts together"));
        }
    }
    set.into_iter().for_each(|what| target.set(&name, what));
    left.into_iter().for_each(|what| target.leave(what));
}

pub(super) fn destination_rule(fields: &Fields<'_>, target: &mut Target<'_>) {
    let host = fields.text("spec.host").unwrap_or_default();
    let names = [first_part(&host)];
    let Some(service) = services::find(target.system, &names) else {
        fields.dismiss("spec");
        return target.leave(services::unknown(&names));
    };
    let name = service.name.clone();
    let mut set = Vec::new();
    let mut left = Vec::new();
    if let Some(simple) = fields.text("spec.trafficPolicy.loadBalancer.simple") {
        match balancing(&simple) {
            Some(balancing) => {
                service.load_balancing = balancing;
                set.push(format!("load_balancing = {}", balancing.name()));
            }
            None => left.push(format!("spec.trafficPolicy.loadBalancer.simple: {simple}")),
        }
    }
    if let Some(part) = fields.at("spec.trafficPolicy.loadBalancer.consistentHash") {
        let before = known_keys(service.load_balancing);
        let (keys, skew) = before.unwrap_or((ASSUMED_KEYS, 0.0));
        let balancing = consistent_hash(&part, keys, skew);
        service.load_balancing = balancing;
        let whose = if before.is_some() { "of the model" } else { "assumed, since no manifest tells it" };
        set.push(format!(
            "load_balancing = {} by {}; its number of keys, {keys}, is {whose}",
            balancing.name(),
            key(&part)
        ));
    }
    if let Some(part) = fields.at("spec.trafficPolicy.outlierDetection") {
        let detection = outlier_detection(&part);
        if service.most_replicas() > 1 && service.work_queue.is_none() {
            service.outlier_detection = Some(detection);
            set.push(format!(
                "outlier_detection: {} errors in a row, {} s, at most {} %",
                detection.consecutive_5xx, detection.base_ejection_time, detection.max_ejection_percent
            ));
        } else {
            left.push(
                "spec.trafficPolicy.outlierDetection: there is one replica, which is never left out".into(),
            );
        }
    }
    if let Some(part) = fields.at("spec.trafficPolicy.connectionPool") {
        let thresholds = connection_pool(&part);
        let policy = service.resilience.get_or_insert_default();
        policy.concurrency_limit = Some(ConcurrencyLimit::Envoy(thresholds));
        set.push("concurrency_limit of each calling replica, as its connectionPool".into());
    }
    set.into_iter().for_each(|what| target.set(&name, what));
    left.into_iter().for_each(|what| target.leave(what));
}

fn balancing(simple: &str) -> Option<LoadBalancing> {
    Some(match simple {
        "ROUND_ROBIN" => LoadBalancing::RoundRobin,
        "RANDOM" => LoadBalancing::Random,
        // What Envoy does: the better of two at random.
        "LEAST_REQUEST" | "LEAST_CONN" => LoadBalancing::PowerOfTwoChoices,
        _ => return None,
    })
}

/// Values of a header, a cookie or an address that requests are told apart by, where nothing is known of them.
const ASSUMED_KEYS: u32 = 1000;

/// How many keys a model says that requests have, and their skew.
fn known_keys(balancing: LoadBalancing) -> Option<(u32, f64)> {
    match balancing {
        LoadBalancing::RingHash(RingHash { keys, skew, .. })
        | LoadBalancing::Maglev(Maglev { keys, skew, .. }) => Some((keys, skew)),
        _ => None,
    }
}

/// As documented: a ring of at least 1024 points where nothing else is said, the same by the field that `ringHash` has replaced.
fn consistent_hash(part: &Fields<'_>, keys: u32, skew: f64) -> LoadBalancing {
    if let Some(maglev) = part.at("maglev") {
        maglev.dismiss_all();
        let usual = Maglev::new(keys, skew);
        let table_size = maglev.count("tableSize").unwrap_or(usual.table_size);
        return LoadBalancing::Maglev(Maglev { table_size, ..usual });
    }
    part.dismiss("ringHash");
    let usual = RingHash::new(keys, skew);
    let size = part.count("ringHash.minimumRingSize").or_else(|| part.count("minimumRingSize"));
    let minimum_ring_size = size.unwrap_or(usual.minimum_ring_size);
    LoadBalancing::RingHash(RingHash { minimum_ring_size, ..usual })
}

/// What the key of a request is.
fn key(part: &Fields<'_>) -> String {
    let named = |what: &str, path: &str| part.text(path).map(|name| format!("{what} {name}"));
    part.dismiss("httpCookie");
    part.dismiss("useSourceIp");
    named("header", "httpHeaderName")
        .or_else(|| named("cookie", "httpCookie.name"))
        .or_else(|| named("query parameter", "httpQueryParameterName"))
        .unwrap_or_else(|| "source address".into())
}

/// As documented; Istio turns the comparison of success rates off that Envoy has on.
fn outlier_detection(part: &Fields<'_>) -> OutlierDetection {
    let usual = OutlierDetection { enforcing_success_rate: 0, ..OutlierDetection::default() };
    OutlierDetection {
        consecutive_5xx: part
            .count("consecutive5xxErrors")
            .or_else(|| part.count("consecutiveErrors"))
            .unwrap_or(usual.consecutive_5xx),
        interval: part.seconds("interval").unwrap_or(usual.interval),
        base_ejection_time: part.seconds("baseEjectionTime").unwrap_or(usual.base_ejection_time),
        max_ejection_percent: part.count("maxEjectionPercent").unwrap_or(usual.max_ejection_percent),
        ..usual
    }
}

/// As documented: no limits but those that are given.
fn connection_pool(part: &Fields<'_>) -> EnvoyThresholds {
    let limit = |path: &str| part.count(path).unwrap_or(u32::MAX);
    EnvoyThresholds {
        max_connections: limit("tcp.maxConnections"),
        max_pending_requests: limit("http.http1MaxPendingRequests"),
        max_requests: limit("http.http2MaxRequests"),
        max_retries: limit("http.maxRetries"),
        multiplexed: false,
    }
}
