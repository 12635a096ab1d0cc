//! Settings of links of the network.

use tracecast_model::{Link, System};

use super::{Kind, Scope, Setting, Target, Topic, or_none, seconds};
use crate::EditError;

/// All links of a system.
pub(super) fn all(system: &System) -> &[Link] {
    system.network.as_ref().map_or(&[], |network| &network.links)
}

fn look<'a>(system: &'a System, element: &str) -> Option<&'a Link> {
    all(system).iter().find(|link| link.name == element)
}

fn find<'a>(system: &'a mut System, target: &Target<'_>) -> Result<&'a mut Link, EditError> {
    let names: Vec<String> = all(system).iter().map(|link| link.name.clone()).collect();
    let links = system.network.iter_mut().flat_map(|network| &mut network.links);
    links
        .into_iter()
        .find(|link| link.name == target.element)
        .ok_or_else(|| EditError::unknown(target.path, "link", target.element, names))
}

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "bandwidth",
        scope: Scope::Link,
        summary: "bytes per second; a number such as 125e6, a factor *2, or \"none\"",
        kind: Kind::Number("B/s"),
        optional: true,
        topic: Topic::Network,
        read: |system, element| Some(or_none(look(system, element)?.effective_bandwidth())),
        apply: |system, target, value| {
            let link = find(system, target)?;
            let old = link.effective_bandwidth();
            let new = match value.text {
                "none" if link.preset.is_some() => {
                    return Err(value.refuse("a link without a preset, which has a bandwidth"));
                }
                "none" => None,
                _ => Some(
                    value.number(old, "a number of bytes per second, a factor such as *2, or \"none\"")?,
                ),
            };
            if new != old {
                link.bandwidth = new;
            }
            Ok(())
        },
    },
    Setting {
        name: "latency",
        scope: Scope::Link,
        summary: "mean time of a message on its way, one way, without its bytes; seconds, 5ms, or a factor *2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::Network,
        read: |system, element| Some(seconds(look(system, element)?.effective_latency().mean())),
        apply: |system, target, value| {
            let link = find(system, target)?;
            let old = link.effective_latency();
            let mean = value.duration(old.mean())?;
            if mean != old.mean() {
                link.latency = Some(super::with_mean(&old, mean));
            }
            Ok(())
        },
    },
];
