//! The text of a load without its target: `poisson:20/s`, `ramp:0..100/s,over=60s`.

use tracecast_model::{Burst, Distribution, Load, RatePoint, RateProfile, SerialClient, seconds};

use super::{Amount, FileKind};

/// The load that a text says, without its target.
pub(super) fn amount(text: &str) -> Result<Amount, String> {
    let text = text.trim();
    // With a "=", what comes before it may be a target.
    let has_kind = text.starts_with("profile:") || text.starts_with("arrivals:");
    if text.ends_with(".toml") && !has_kind && !text.contains('=') {
        return Ok(Amount::File(FileKind::Profile, text.into()));
    }
    let (kind, rest) = text.split_once(':').ok_or("a load starts with its kind and a colon")?;
    let file = |kind| match rest.trim() {
        "" => Err("the name of its file is missing".to_owned()),
        file => Ok(Amount::File(kind, file.into())),
    };
    match kind {
        "profile" => return file(FileKind::Profile),
        "replay" => return file(FileKind::Recording),
        "arrivals" if rest.trim().ends_with(".toml") => return file(FileKind::Arrivals),
        _ => {}
    }
    let mut parts = rest.split(',').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let options: Vec<(&str, &str)> = parts
        .map(|part| part.split_once('=').ok_or_else(|| format!("\"{part}\" is not NAME=VALUE")))
        .collect::<Result<_, _>>()?;
    let option = |name: &str| options.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let only = |names: &[&str]| match options.iter().find(|(key, _)| !names.contains(key)) {
        Some((key, _)) => Err(format!("{kind} has no option \"{key}\"")),
        None => Ok(()),
    };
    match kind {
        "closed" => {
            only(&["think"])?;
            let think_time = option("think").map(duration).transpose()?.unwrap_or(0.0);
            let think_time = Distribution::exponential(think_time);
            Ok(Amount::Absolute(Load::Closed { population: count(first)?, think_time }))
        }
        "poisson" => {
            only(&[])?;
            match first.strip_suffix('%') {
                Some(percent) => Ok(Amount::ShareOfCapacity(positive(percent, first)? / 100.0)),
                None => Ok(Amount::Absolute(Load::Poisson { rate: rate(first)? })),
            }
        }
        "arrivals" => {
            only(&["scv"])?;
            let scv = option("scv").ok_or("arrivals need the SCV of their gaps, such as scv=4")?;
            let mean = 1.0 / rate(first)?;
            let gap = Distribution::with_scv(mean, number(scv)?).map_err(|error| error.to_string())?;
            Ok(Amount::Absolute(Load::Renewal { gap }))
        }
        "burst" => {
            only(&[])?;
            let (size, at) = first.split_once('@').unwrap_or((first, "0"));
            let bursts = vec![Burst { size: count(size)?, at: duration(at)? }];
            Ok(Amount::Absolute(Load::Burst { bursts }))
        }
        "ramp" => {
            only(&["over", "hold"])?;
            let time = |name| option(name).map(duration).transpose();
            let over = time("over")?.ok_or("a ramp needs the time that it takes, such as over=60s")?;
            Ok(Amount::Absolute(Load::Profile(ramp(first, over, time("hold")?)?)))
        }
        "serial" => {
            only(&["poll", "poll_time"])?;
            let time = |name| option(name).map(duration).transpose().map(|time| time.unwrap_or(0.0));
            Ok(Amount::Absolute(Load::SerialClient(SerialClient {
                requests: count(first)?,
                poll_interval: time("poll")?,
                poll_time: time("poll_time")?,
            })))
        }
        _ => Err(format!("there is no load \"{kind}\"")),
    }
}

/// `0..100/s`: from one rate to another in so many seconds, and then staying there.
fn ramp(rates: &str, over: f64, hold: Option<f64>) -> Result<RateProfile, String> {
    let (from, to) = rates
        .split_once("..")
        .ok_or_else(|| format!("expected two rates such as 0..100/s, found \"{rates}\""))?;
    // The unit behind the second rate is also that of the first.
    let unit = to.split_once('/').filter(|_| !from.contains('/')).map_or("", |(_, unit)| unit);
    let from = if unit.is_empty() { from.to_owned() } else { format!("{from}/{unit}") };
    let (from, to) = (rate_or_none(&from)?, rate_or_none(to)?);
    if over == 0.0 {
        return Err("a ramp over no time at all is none".into());
    }
    if from == 0.0 && to == 0.0 {
        return Err("a ramp from 0 to 0 sends nothing".into());
    }
    let mut points = vec![RatePoint { at: 0.0, rate: from }, RatePoint { at: over, rate: to }];
    points.extend(hold.map(|hold| RatePoint { at: over + hold, rate: to }));
    Ok(RateProfile::new(points))
}

fn count(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("expected a whole number, at least 1, found \"{text}\"")),
    }
}

fn duration(text: &str) -> Result<f64, String> {
    let value = seconds::parse(text)?;
    if value >= 0.0 { Ok(value) } else { Err(format!("expected a duration, not negative, found \"{text}\"")) }
}

/// `20/s`, `20`, `600/min`.
fn rate(text: &str) -> Result<f64, String> {
    match rate_or_none(text)? {
        rate if rate > 0.0 => Ok(rate),
        _ => Err(expected_rate(text)),
    }
}

/// The same, or 0.
pub(super) fn rate_or_none(text: &str) -> Result<f64, String> {
    let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
    let per = seconds::parse(&format!("1{unit}")).map_err(|_| expected_rate(text))?;
    match number.trim().parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value / per),
        _ => Err(expected_rate(text)),
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| format!("expected a number, found \"{text}\""))
}

fn positive(number: &str, text: &str) -> Result<f64, String> {
    match number.trim().parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err(expected_rate(text)),
    }
}

fn expected_rate(text: &str) -> String {
    format!("expected a rate such as 20/s, or a share of the capacity such as 50%, found \"{text}\"")
}
