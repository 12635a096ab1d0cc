//! Numbers as manifests write them.

/// A quantity of Kubernetes: a number with an optional suffix, as in `500m`, `1.5` or `2Gi`.
///
/// (Kubernetes, *Quantity*, apimachinery/pkg/api/resource.)
pub(super) fn parse(text: &str) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let with_suffix =
        SUFFIXES.iter().find_map(|&(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)));
    let (number, factor) = with_suffix.unwrap_or((text, 1.0));
    let value = number.parse::<f64>().ok()? * factor;
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// Bytes as Docker writes them: a number with an optional unit, as in `350M`, `64mb` or `2GiB`, all of them powers of 1024.
///
/// (Docker's go-units, `RAMInBytes`.)
pub(super) fn bytes(text: &str) -> Option<f64> {
    let text = text.to_ascii_lowercase();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text[digits.len()..].trim_start();
    let prefix = unit.strip_suffix('b').unwrap_or(unit);
    let power = match prefix.strip_suffix('i').unwrap_or(prefix) {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let value = digits.parse::<f64>().ok()? * 1024f64.powi(power);
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// Seconds: a number of them, or numbers with the units h, m, s, ms, us and ns one after the other, as Go writes durations.
pub(super) fn seconds(text: &str) -> Option<f64> {
    if let Ok(value) = text.parse::<f64>() {
        return (value.is_finite() && value >= 0.0).then_some(value);
    }
    if text.is_empty() {
        return None;
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_of_kubernetes() {
        for (text, value) in [
            ("500m", Some(0.5)),
            ("1", Some(1.0)),
            ("0.1", Some(0.1)),
            ("1e3", Some(1000.0)),
            ("2Gi", Some(2_147_483_648.0)),
            ("250M", Some(250e6)),
            ("100k", Some(1e5)),
            ("abc", None),
            ("-1", None),
        ] {
            assert_eq!(parse(text), value, "{text}");
        }
    }

    /// `TestRAMInBytes` in Docker's go-units.
    #[test]
    fn bytes_of_docker() {
        let (kib, mib, gib) = (1024.0, 1_048_576.0, 1_073_741_824.0);
        for (text, value) in [
            ("32", Some(32.0)),
            ("32b", Some(32.0)),
            ("32B", Some(32.0)),
            ("32k", Some(32.0 * kib)),
            ("32K", Some(32.0 * kib)),
            ("32kb", Some(32.0 * kib)),
            ("32Kb", Some(32.0 * kib)),
            ("32Mb", Some(32.0 * mib)),
            ("32MB", Some(32.0 * mib)),
            ("32Gb", Some(32.0 * gib)),
            ("32GiB", Some(32.0 * gib)),
            ("32.5kB", Some(32.5 * kib)),
            ("32.5 kB", Some(32.5 * kib)),
            ("0.5 MB", Some(0.5 * mib)),
            ("", None),
            ("hello", None),
            ("-32", None),
            ("32m3", None),
            ("32bm", None),
        ] {
            assert_eq!(bytes(text), value, "{text}");
        }
    }

    #[test]
    fn durations_of_go() {
        for (text, value) in [
            ("30s", Some(30.0)),
            ("1m30s", Some(90.0)),
            ("250ms", Some(0.25)),
            ("15", Some(15.0)),
            ("1h", Some(3600.0)),
            ("", None),
            ("10 s", None),
            ("5x", None),
        ] {
            assert_eq!(seconds(text), value, "{text}");
        }
    }
}
