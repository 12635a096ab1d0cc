//! Kieker's binary files: the number of the type (32 bits), the time of logging (64 bits), then the fields one after the
//! other, all big-endian; a text is its number in the map.
//!
//! Records do not say how long they are, so that the layout of every type must be known: that of what Kieker itself
//! records of operations and of the system.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use super::nesting::Pending;
use super::text::use_record;
use super::{NAME, Types};
use crate::formats::broken::Tolerant;
use crate::{ImportError, Intake};

/// The fields of a type by its class, a letter each: `J` 64 bits, `I` 32, `D` a floating-point number, `Z` one byte, `S` a
/// text.
fn layout(class: &str) -> Option<&'static str> {
    Some(match class.rsplit('.').next()? {
        "KiekerMetadataRecord" => "SSSIZJSJ",
        "OperationExecutionRecord" => "SSJJJSII",
        "TraceMetadata" => "JJSSJI",
        "BeforeOperationEvent"
        | "AfterOperationEvent"
        | "BeforeConstructorEvent"
        | "AfterConstructorEvent" => "JJISS",
        "AfterOperationFailedEvent" | "AfterConstructorFailedEvent" => "JJISSS",
        "BeforeOperationObjectEvent"
        | "AfterOperationObjectEvent"
        | "BeforeConstructorObjectEvent"
        | "AfterConstructorObjectEvent" => "JJISSI",
        "AfterOperationFailedObjectEvent" | "AfterConstructorFailedObjectEvent" => "JJISSSI",
        "BeforeOperationObjectInterfaceEvent" | "BeforeConstructorObjectInterfaceEvent" => "JJISSIS",
        "CallOperationEvent" | "CallConstructorEvent" => "JJISSSS",
        "CallOperationObjectEvent" | "CallConstructorObjectEvent" => "JJISSSSII",
        "ConstructionEvent" => "JJISI",
        "SplitEvent" => "JJI",
        "JoinEvent" => "JJIJ",
        "CPUUtilizationRecord" => "JSSDDDDDDD",
        "MemSwapUsageRecord" => "JSJJJJJJ",
        "ResourceUtilizationRecord" => "JSSD",
        _ => return None,
    })
}

/// Does it begin with a record of a type that the map has?
pub(super) fn begins_with_record(head: &[u8], types: &Types) -> bool {
    let number = head.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    let text = number.and_then(|number| types.texts.get(&number));
    head.len() >= 12 && text.is_some_and(|class| layout(class).is_some())
}

/// Reads a file of records.
pub(super) fn read(
    input: &mut dyn BufRead,
    types: &Types,
    pending: &mut Pending,
    intake: &mut Intake,
) -> Result<(), ImportError> {
    let mut input = Tolerant::new(input);
    let mut unit = types.unit;
    let mut count = 0_u64;
    loop {
        match record(&mut input, types)? {
            Next::Record(number, fields) => {
                count += 1;
                if use_record(number, &fields, types, &mut unit, pending, intake).is_none() {
                    intake.skip("malformed-record", || {
                        format!(
                            "record {count} does not have all its fields, or a text that is not in the map"
                        )
                    });
                }
            }
            Next::End => return Ok(()),
            Next::Truncated => {
                intake.report.warn("truncated", || format!("the input breaks off after record {count}"));
                return Ok(());
            }
            Next::Unknown(number) if count == 0 => {
                return Err(ImportError::Syntax {
                    format: NAME,
                    line: 1,
                    column: 1,
                    message: format!(
                        "what the type {number} of its first record is, is told by the kieker.map of the folder, or \
                         not known here"
                    ),
                });
            }
            Next::Unknown(number) => {
                intake.skip("unknown-record", || {
                    let class = types.texts.get(&number).map_or("not in the map", String::as_str);
                    format!(
                        "record {} is of the type {number} ({class}); what follows is left out",
                        count + 1
                    )
                });
                return Ok(());
            }
        }
    }
}

enum Next<'a> {
    /// Its type and its fields as text.
    Record(u32, Vec<Cow<'a, str>>),
    Unknown(u32),
    Truncated,
    End,
}

fn record<'a>(input: &mut Tolerant<'_>, types: &'a Types) -> Result<Next<'a>, ImportError> {
    let mut number = Vec::new();
    input.by_ref().take(4).read_to_end(&mut number)?;
    let Ok(number) = <[u8; 4]>::try_from(&number[..]).map(u32::from_be_bytes) else {
        return Ok(if number.is_empty() { Next::End } else { Next::Truncated });
    };
    let Some(layout) = types.texts.get(&number).and_then(|class| layout(class)) else {
        return Ok(Next::Unknown(number));
    };
    let size = |letter: u8| match letter {
        b'J' | b'D' => 8,
        b'Z' => 1,
        _ => 4,
    };
    let length: usize = 8 + layout.bytes().map(size).sum::<usize>();
    let mut bytes = Vec::new();
    input.by_ref().take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Ok(Next::Truncated);
    }
    let mut rest = &bytes[8..];
    let fields = layout.bytes().map(|letter| {
        let (field, after) = rest.split_at(size(letter));
        rest = after;
        let value = field.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        match letter {
            b'J' => (value as i64).to_string().into(),
            b'I' => (value as u32 as i32).to_string().into(),
            b'D' => f64::from_bits(value).to_string().into(),
            b'Z' => (value != 0).to_string().into(),
            _ => Cow::Borrowed(types.texts.get(&(value as u32)).map_or("", String::as_str)),
        }
    });
    Ok(Next::Record(number, fields.collect()))
}
