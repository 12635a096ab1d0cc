//! What callers do where a reply is late or is an error: of all that call a service, or of one call.

use tracecast_model::{Resilience, Retry};

use super::{Value, none, seconds};
use crate::EditError;

/// Changes a policy, which comes into being only with something in it; where there is none of its own, from the one that
/// holds so far.
pub(super) fn change(
    own: Option<&Resilience>,
    so_far: Option<&Resilience>,
    change: impl FnOnce(&mut Resilience) -> Result<(), EditError>,
) -> Result<Option<Resilience>, EditError> {
    let before = own.or(so_far).cloned().unwrap_or_default();
    let mut policy = before.clone();
    change(&mut policy)?;
    Ok(if policy == before { own.cloned() } else { Some(policy) })
}

pub(super) fn timeout(policy: Option<&Resilience>) -> String {
    policy.and_then(|policy| policy.timeout).map_or_else(none, seconds)
}

pub(super) fn set_timeout(policy: &mut Resilience, value: &Value<'_>) -> Result<(), EditError> {
    policy.timeout = match value.text {
        "none" => None,
        _ => Some(value.duration(policy.timeout)?),
    };
    Ok(())
}

pub(super) fn retries(policy: Option<&Resilience>) -> String {
    let retry = policy.and_then(|policy| policy.retry.as_ref());
    retry.map_or(0, |retry| retry.attempts.saturating_sub(1)).to_string()
}

pub(super) fn set_retries(policy: &mut Resilience, value: &Value<'_>) -> Result<(), EditError> {
    let retries: u32 = match value.text.parse() {
        Ok(retries) if retries < u32::MAX => retries,
        _ => return Err(value.refuse("a whole number")),
    };
    match &mut policy.retry {
        Some(retry) => retry.attempts = retries + 1,
        None if retries == 0 => {}
        None => policy.retry = Some(Retry::new(retries + 1)),
    }
    Ok(())
}
