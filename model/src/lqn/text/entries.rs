//! The section of the entries: one line for each kind of parameter.

use super::super::document::{Activity, Call, Entry, Forwarding, Name};
use super::super::problem::Fault;
use super::super::rule::Rule;
use super::Reader;
use super::cursor::Cursor;
use super::token::Token;
use crate::{CallKind, LockAction};

impl Reader {
    pub(super) fn entries(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        while !cursor.took(&Token::End) {
            let at = cursor.at();
            let letter = cursor.word("a parameter of an entry or the end of the section (-1)")?;
            self.entry_line(&letter, at, cursor)?;
            cursor.observations();
        }
        Ok(())
    }

    fn entry_line(&mut self, letter: &str, at: usize, cursor: &mut Cursor) -> Result<(), Fault> {
        if !LETTERS.contains(&letter) {
            let message =
                format!("\"{letter}\" is no parameter of an entry; there are {}", LETTERS.join(", "));
            return Err(Fault::new(Rule::Syntax, at, "", message));
        }
        let (entry, name) = self.entry(cursor)?;
        match letter {
            "a" => entry.open_arrival_rate = Some(cursor.number()?).filter(|&rate| rate > 0.0),
            "A" => entry.start = Some(cursor.name("an activity")?),
            "p" => entry.priority = cursor.integer()?,
            "s" => for_phases(entry, &name, cursor, |phase, value| phase.demand = value)?,
            "c" => for_phases(entry, &name, cursor, |phase, value| phase.cvsq = Some(value))?,
            "Z" => for_phases(entry, &name, cursor, |phase, value| phase.think_time = value)?,
            "f" => for_phases(entry, &name, cursor, |phase, value| phase.deterministic = value != 0.0)?,
            "y" => calls(entry, &name, CallKind::Synchronous, cursor)?,
            "z" => calls(entry, &name, CallKind::Asynchronous, cursor)?,
            "F" => {
                let dest = cursor.name("an entry")?;
                entry.forwarding.push(Forwarding { dest, probability: cursor.number()? });
                cursor.expect(&Token::End)?;
            }
            "P" => lock(entry, LockAction::Signal, at)?,
            "V" => lock(entry, LockAction::Wait, at)?,
            "R" => lock(entry, LockAction::ReadLock, at)?,
            "U" => lock(entry, LockAction::ReadUnlock, at)?,
            "W" => lock(entry, LockAction::WriteLock, at)?,
            "X" => lock(entry, LockAction::WriteUnlock, at)?,
            // A figure that is asked for.
            "M" => cursor.phases().map(|_| ())?,
            _ => {
                cursor.whole()?;
                skip_histogram(cursor)?;
            }
        }
        Ok(())
    }
}

const LETTERS: [&str; 18] =
    ["a", "A", "c", "f", "F", "H", "M", "p", "P", "R", "s", "U", "V", "W", "X", "y", "z", "Z"];

/// The range of a histogram, `0.1 : 5 20 log`, which only asks for a figure.
pub(super) fn skip_histogram(cursor: &mut Cursor) -> Result<(), Fault> {
    cursor.number()?;
    cursor.expect(&Token::Symbol(':'))?;
    cursor.number()?;
    if cursor.is_number() {
        cursor.skip();
    }
    for scale in ["log", "linear", "sqrt"] {
        cursor.took_word(scale);
    }
    Ok(())
}

/// A phase, which begins empty. Its name is made as other tools make it.
fn phase<'a>(entry: &'a mut Entry, name: &Name, number: usize) -> &'a mut Activity {
    let text = format!("{}_{}", name.text, number + 1);
    entry.phases[number].get_or_insert_with(|| Activity::new(Name { text, at: name.at }))
}

fn for_phases(
    entry: &mut Entry,
    name: &Name,
    cursor: &mut Cursor,
    set: impl Fn(&mut Activity, f64),
) -> Result<(), Fault> {
    for (number, value) in cursor.phases()?.into_iter().enumerate() {
        set(phase(entry, name, number), value);
    }
    Ok(())
}

/// A mean of 0 keeps the place of a phase without calls.
fn calls(entry: &mut Entry, name: &Name, kind: CallKind, cursor: &mut Cursor) -> Result<(), Fault> {
    let dest = cursor.name("an entry")?;
    for (number, mean) in cursor.phases()?.into_iter().enumerate().filter(|(_, mean)| *mean > 0.0) {
        phase(entry, name, number).calls.push(Call { dest: dest.clone(), mean, kind });
    }
    Ok(())
}

fn lock(entry: &mut Entry, action: LockAction, at: usize) -> Result<(), Fault> {
    if entry.lock.replace(action).is_some_and(|other| other != action) {
        let message = "it acts on a lock in two ways";
        return Err(Fault::new(Rule::InvalidValue, at, format!("entry \"{}\"", entry.name.text), message));
    }
    Ok(())
}
