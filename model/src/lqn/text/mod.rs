//! LQN as text (`.lqn`): a section for processors, groups, tasks and entries each, and one for the activities of each
//! task that has some.

mod activities;
mod cursor;
mod entries;
mod tasks;
mod token;

use std::collections::HashMap;

use cursor::Cursor;
use token::Token;

use super::document::{Document, Entry, Name};
use super::problem::Fault;
use super::rule::Rule;

/// Reads the sections of a text.
///
/// # Errors
/// The first thing that does not belong where it is.
pub(super) fn read(text: &str) -> Result<Document, Vec<Fault>> {
    sections(text).map_err(|fault| vec![fault])
}

fn sections(text: &str) -> Result<Document, Fault> {
    let mut cursor = Cursor::new(token::tokens(text)?, text.len());
    let mut reader = Reader::default();
    cursor.assignments()?;
    general(&mut cursor, &mut reader.document)?;
    begin(&mut cursor, "P", "the section of the processors (P)")?;
    reader.processors(&mut cursor)?;
    if cursor.took_word("U") {
        cursor.whole()?;
        reader.groups(&mut cursor)?;
    }
    begin(&mut cursor, "T", "the section of the tasks (T)")?;
    reader.tasks(&mut cursor)?;
    begin(&mut cursor, "E", "the section of the entries (E)")?;
    reader.entries(&mut cursor)?;
    while cursor.took_word("A") {
        reader.activities(&mut cursor)?;
    }
    if cursor.took_word("R") {
        skip_section(&mut cursor);
    }
    match cursor.peek() {
        None => Ok(reader.document),
        Some(Token::Word(word)) if word == "C" => {
            let message = "unsupported: a section of convergence variables (C)";
            Err(Fault::new(Rule::Unsupported, cursor.at(), "", message)
                .hint("leave it out and put numbers in"))
        }
        Some(_) => Err(cursor.unexpected("a section of activities (A) or the end of the file")),
    }
}

/// The letter of a section and the number of its elements, which only repeats what follows.
fn begin(cursor: &mut Cursor, letter: &str, section: &str) -> Result<(), Fault> {
    if !cursor.took_word(letter) {
        return Err(cursor.unexpected(section));
    }
    cursor.whole().map(|_| ())
}

/// `G "comment" …`: the rest are parameters of a solver.
fn general(cursor: &mut Cursor, document: &mut Document) -> Result<(), Fault> {
    if !cursor.took_word("G") {
        return Ok(());
    }
    let Some(Token::Text(comment)) = cursor.peek() else {
        return Err(cursor.unexpected("a comment in quotation marks"));
    };
    document.comment = Some(comment.clone());
    cursor.skip();
    while !cursor.took(&Token::End) {
        cursor.number()?;
    }
    cursor.observations();
    Ok(())
}

/// A report asks for figures of the solution only.
fn skip_section(cursor: &mut Cursor) {
    while cursor.peek().is_some() && !cursor.took(&Token::End) {
        cursor.skip();
    }
}

/// The model as far as it has been read, with the places of its names.
#[derive(Default)]
struct Reader {
    document: Document,
    processors: HashMap<String, usize>,
    tasks: HashMap<String, usize>,
    /// Task and place in it.
    entries: HashMap<String, (usize, usize)>,
}

impl Reader {
    /// The entry of a name, and that name as it is written here.
    fn entry(&mut self, cursor: &mut Cursor) -> Result<(&mut Entry, Name), Fault> {
        let name = cursor.name("an entry")?;
        match self.entries.get(&name.text) {
            Some(&(task, entry)) => Ok((&mut self.document.tasks[task].entries[entry], name)),
            None => {
                let message = format!("no task has an entry \"{}\"", name.text);
                Err(Fault::new(Rule::UnknownName, name.at, "", message))
            }
        }
    }

    /// The task of a name.
    fn task(&self, cursor: &mut Cursor) -> Result<usize, Fault> {
        let name = cursor.name("a task")?;
        let missing =
            || Fault::new(Rule::UnknownName, name.at, "", format!("there is no task \"{}\"", name.text));
        self.tasks.get(&name.text).copied().ok_or_else(missing)
    }
}
