//! Links and proxies against sums that can be done by hand, and against processor sharing.

use tracecast_model::{
    Activity, Call, Distribution, Host, Link, LinkPreset, Load, Multiplicity, Network, Operation,
    OperationRef, Payload, Proxy, ProxyPreset, Service, System, Workload,
};

use crate::support::{assert_exactly, assert_mean, quick, response, simulate};

const REQUEST: f64 = 2e3;
const REPLY: f64 = 1e6;

/// A front service that works for 1 ms and then calls a storage that works for 2 ms, nothing of which is ever short.
fn system(network: Network, load: Load) -> System {
    let wait = |name: &str, ms: f64| {
        let work = Activity::working(Distribution::deterministic(1e-3 * ms));
        (Service::new(name, "machine"), Operation::new("get").with_activity(work))
    };
    let (front, get) = wait("front", 1.0);
    let (storage, mut read) = wait("storage", 2.0);
    read.payload = Some(Payload { request: REQUEST, reply: REPLY });
    let to = OperationRef::new("storage", "get");
    let mut front = front.with_operation(get.with_call(Call::new(to)));
    front.concurrency = Multiplicity::Infinite;
    let mut storage = storage.with_operation(read);
    storage.concurrency = Multiplicity::Infinite;
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, storage],
        workloads: vec![Workload::new("users", OperationRef::new("front", "get"), load)],
        network: Some(network),
        ..System::default()
    }
}

fn one_user() -> Load {
    Load::Closed { population: 1, think_time: Distribution::deterministic(1.0) }
}

/// 1 ms and 2 ms of work, the way there and back, and the bytes of both messages.
#[test]
fn a_link_takes_its_time() {
    for preset in [LinkPreset::Direct, LinkPreset::Overlay] {
        let link = Link { preset: Some(preset), ..Link::new("lan") };
        let network = Network { links: vec![link], ..Network::default() };
        let prediction = simulate(&system(network, one_user()), &quick());
        let way = 2.0 * preset.latency() + (REQUEST + REPLY) / preset.bandwidth();
        assert_exactly(Some(response(&prediction, "users").metric()), 3e-3 + way);
    }
}

/// Only calls from the named services to the named ones take a link, and the first that fits.
#[test]
fn the_first_link_that_fits_counts() {
    let link = |name: &str, to: &str, ms: f64| Link {
        to: vec![to.into()],
        latency: Some(Distribution::deterministic(1e-3 * ms)),
        ..Link::new(name)
    };
    let links = vec![link("a", "front", 100.0), link("b", "storage", 7.0), link("c", "storage", 50.0)];
    let prediction = simulate(&system(Network { links, ..Network::default() }, one_user()), &quick());
    assert_exactly(Some(response(&prediction, "users").metric()), 3e-3 + 14e-3);
}

/// The sidecars of both ends: four passages of the call, and two of the request from outside at the front's. By the
/// utilization law each busies its service by λ times its processor time.
#[test]
fn sidecars_cost_time_and_processor() {
    let preset = ProxyPreset::IstioSidecar;
    let per_byte = 1e-9;
    let proxy = Proxy { preset: Some(preset), cpu_per_byte: Some(per_byte), ..Proxy::default() };
    let network = Network { proxies: vec![proxy], ..Network::default() };
    let bytes = per_byte * (REQUEST + REPLY);
    let cpu = 6.0 * preset.cpu() + 2.0 * bytes;
    let prediction = simulate(&system(network.clone(), one_user()), &quick());
    assert_exactly(Some(response(&prediction, "users").metric()), 3e-3 + cpu + 4.0 * preset.latency());

    let rate = 40.0;
    let system = system(network, Load::Poisson { rate });
    let prediction = simulate(&system, &quick());
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), rate * (3e-3 + cpu));
}

/// A link that all messages share is a processor-sharing queue: with Poisson arrivals a transfer takes its time by 1 - ρ on
/// average, whatever its distribution (Kleinrock 1976, vol. II, §4.4).
#[test]
fn a_shared_link_is_processor_sharing() {
    let (bandwidth, rate) = (50e6, 30.0);
    let link = Link { bandwidth: Some(bandwidth), shared: true, ..Link::new("disk") };
    let network = Network { links: vec![link], ..Network::default() };
    let prediction = simulate(&system(network, Load::Poisson { rate }), &quick());
    let transfer = (REQUEST + REPLY) / bandwidth;
    let busy = rate * transfer;
    assert_mean(prediction.hosts["link disk"].utilization.unwrap(), busy);
    assert_mean(response(&prediction, "users").metric(), 3e-3 + transfer / (1.0 - busy));
}
