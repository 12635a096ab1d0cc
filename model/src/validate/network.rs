//! Links and proxies.

use super::{Findings, Names};
use crate::network::LINK_PREFIX;
use crate::{Code, System};

pub(super) fn check(system: &System, names: &Names<'_>, found: &mut Findings) {
    payloads(system, found);
    let Some(network) = &system.network else { return };
    found.unique("link", network.links.iter().map(|link| link.name.as_str()));
    let known = |element: &str, services: &[String], found: &mut Findings| {
        for name in services.iter().filter(|name| !names.services.contains_key(name.as_str())) {
            found.error(Code::UnknownName, element, format!("there is no service \"{name}\""));
        }
    };
    for link in &network.links {
        let element = format!("link \"{}\"", link.name);
        found.name(&element, &link.name, "link");
        known(&element, &link.from, found);
        known(&element, &link.to, found);
        if let Some(bandwidth) = link.bandwidth {
            let allowed = bandwidth > 0.0 && bandwidth.is_finite();
            found.range(&element, "bandwidth", bandwidth, allowed, "positive and finite");
        }
        if link.shared && link.effective_bandwidth().is_none() {
            found.error(Code::OutOfRange, &element, "a link that is shared needs a bandwidth");
        }
    }
    for (number, proxy) in network.proxies.iter().enumerate() {
        let element = format!("proxy {}", number + 1);
        known(&element, &proxy.services, found);
        let costs = [("latency", proxy.latency), ("cpu", proxy.cpu), ("cpu_per_byte", proxy.cpu_per_byte)];
        for (field, value) in costs.into_iter().filter_map(|(field, value)| Some((field, value?))) {
            not_negative(&element, field, value, found);
        }
    }
    for service in system.services.iter().filter(|service| service.name.starts_with(LINK_PREFIX)) {
        let message = format!("names that begin with \"{LINK_PREFIX}\" are those of links");
        found.error(Code::InvalidName, &format!("service \"{}\"", service.name), message);
    }
}

fn payloads(system: &System, found: &mut Findings) {
    for (name, operation) in system.operations() {
        let Some(payload) = operation.payload else { continue };
        let element = format!("operation \"{name}\"");
        not_negative(&element, "payload.request", payload.request, found);
        not_negative(&element, "payload.reply", payload.reply, found);
    }
}

fn not_negative(element: &str, field: &str, value: f64, found: &mut Findings) {
    let allowed = value >= 0.0 && value.is_finite();
    found.range(element, field, value, allowed, "at least 0, and finite");
}
