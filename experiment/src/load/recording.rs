//! A file with recorded arrivals (CSV).

use csv::StringRecord;
use jiff::Timestamp;

/// Columns that hold times, whatever else there is; in any case.
const NAMES: [&str; 3] = ["time", "timestamp", "at"];

/// Reads arrival times in seconds after the earliest of them, in order.
///
/// The column is that named time, timestamp or at, else the first that holds times; the first line may be a header.
/// Times are seconds, RFC 3339 (`2026-03-01T12:00:00.25Z`), or milli-, micro- or nanoseconds since 1970, which are told
/// apart from seconds by the size of the first.
///
/// # Errors
/// Which line, and what is wrong there.
pub(super) fn read(text: &str) -> Result<Vec<f64>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(u64, StringRecord)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        rows.push((record.position().map_or(0, |place| line(text, place)), record));
    }
    let (column, skip) = column(&rows)?;
    let rows = rows.get(skip..).unwrap_or_default();
    let mut unit = None;
    let mut times = Vec::with_capacity(rows.len());
    for (line, row) in rows {
        let found = row.get(column).unwrap_or_default();
        times.push(nanoseconds(found, &mut unit).ok_or_else(|| {
            format!(
                "line {line}: expected seconds, an RFC 3339 time, or ms, µs or ns since 1970, found \"{found}\""
            )
        })?);
    }
    times.sort_unstable();
    let first = *times.first().ok_or("there are no arrivals")?;
    Ok(times.into_iter().map(|time| (time - first) as f64 / 1e9).collect())
}

/// The line that a record begins in, after the empty ones that its position does not know of.
fn line(text: &str, place: &csv::Position) -> u64 {
    let rest = text.as_bytes().get(place.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    place.line() + empty.count() as u64
}

/// Which column holds the times, and how many lines come before the first of them.
fn column(rows: &[(u64, StringRecord)]) -> Result<(usize, usize), String> {
    let Some((line, first)) = rows.first() else { return Err("the file is empty".into()) };
    if let Some(named) =
        first.iter().position(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
    {
        return Ok((named, 1));
    }
    let with_time = |row: &StringRecord| row.iter().position(|text| nanoseconds(text, &mut None).is_some());
    if let Some(column) = with_time(first) {
        return Ok((column, 0));
    }
    rows.get(1).and_then(|(_, row)| with_time(row)).map(|column| (column, 1)).ok_or_else(|| {
        format!("line {line}: there is no column named time, timestamp or at, and none that holds times")
    })
}

/// A time as whole nanoseconds, so that the difference of two big ones is exact. `unit` is that of numbers, which the
/// first of them sets.
fn nanoseconds(text: &str, unit: &mut Option<i128>) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let Some(number) = number else {
        return text.parse::<Timestamp>().ok().map(Timestamp::as_nanosecond);
    };
    // A time after 1973 and before 5138 is that many of its unit.
    let unit = *unit.get_or_insert(match number {
        n if n < 1e11 => SECOND,
        n if n < 1e14 => 1_000_000,
        n if n < 1e17 => 1000,
        _ => 1,
    });
    match text.parse::<i64>() {
        Ok(whole) => Some(i128::from(whole) * unit),
        Err(_) => Some((number * unit as f64).round() as i128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same three arrivals, 0.25 and 1.5 s after the first, in every form.
    #[test]
    fn every_form_of_time() {
        for text in [
            "10\n10.25\n11.5\n",
            "11.5\n10\n10.25\n",
            "time\n0\n0.25\n1.5\n",
            "id,At,user\n7,0,x\n8,0.25,y\n9,1.5,z\n",
            "user,when\nann,0\nbob,0.25\ncid,1.5\n",
            "timestamp\n2026-03-01T12:00:00Z\n2026-03-01T13:00:00.25+01:00\n2026-03-01T12:00:01.5Z\n",
            "1772366400000\n1772366400250\n1772366401500\n",
            "1772366400000000\n1772366400250000\n1772366401500000\n",
            "1772366400000000000\n1772366400250000000\n1772366401500000000\n",
            "\u{feff}time\r\n0\r\n0.25\r\n\r\n1.5\r\n",
        ] {
            assert_eq!(read(text).unwrap(), [0.0, 0.25, 1.5], "{text}");
        }
    }

    #[test]
    fn nanoseconds_are_not_lost() {
        assert_eq!(read("1772366400000000000\n1772366400000000001\n").unwrap(), [0.0, 1e-9]);
    }

    #[test]
    fn refusals_name_the_line() {
        for (text, words) in [
            ("", "empty"),
            ("time\n", "no arrivals"),
            ("name,color\nann,red\n", "line 1"),
            ("time\n1\n\nlater\n", "line 4: expected seconds"),
            ("time\n1\nNaN\n", "line 3"),
            ("user,time\nann,1\nbob\n", "line 3"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
