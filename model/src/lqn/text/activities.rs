//! The section of the activities of a task, and what comes after what.

use std::collections::HashMap;

use super::super::document::{Activity, Call, Graph, Name, Post, Pre, Precedence, ReplyTo};
use super::super::problem::Fault;
use super::super::rule::Rule;
use super::Reader;
use super::cursor::Cursor;
use super::entries::skip_histogram;
use super::token::Token;
use crate::CallKind;

impl Reader {
    pub(super) fn activities(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        let place = self.task(cursor)?;
        let mut graph = Graph::default();
        parameters(cursor, &mut graph)?;
        if cursor.took_symbol(':') {
            loop {
                if let Some(precedence) = connection(cursor, &mut graph.replies)? {
                    graph.precedences.push(precedence);
                }
                // The last one may have a semicolon, too.
                let more = cursor.took_symbol(';');
                if cursor.peek() == Some(&Token::End) {
                    break;
                }
                if !more {
                    return Err(cursor.unexpected("\";\", \"->\" or the end of the section (-1)"));
                }
            }
        }
        cursor.expect(&Token::End)?;
        self.document.tasks[place].graph = graph;
        Ok(())
    }
}

fn parameters(cursor: &mut Cursor, graph: &mut Graph) -> Result<(), Fault> {
    let mut places: HashMap<String, usize> = HashMap::new();
    while matches!(cursor.peek(), Some(Token::Word(_))) {
        let at = cursor.at();
        let letter = cursor.word("a parameter of an activity")?;
        let name = cursor.name("an activity")?;
        let place = *places.entry(name.text.clone()).or_insert_with(|| {
            graph.activities.push(Activity::new(name));
            graph.activities.len() - 1
        });
        let activity = &mut graph.activities[place];
        match letter.as_str() {
            "s" => activity.demand = cursor.number()?,
            "c" => activity.cvsq = Some(cursor.number()?),
            "Z" => activity.think_time = cursor.number()?,
            "f" => activity.deterministic = cursor.number()? != 0.0,
            "y" => call(cursor, activity, CallKind::Synchronous)?,
            "z" => call(cursor, activity, CallKind::Asynchronous)?,
            "M" => cursor.number().map(|_| ())?,
            "H" => skip_histogram(cursor)?,
            _ => {
                let message =
                    format!("\"{letter}\" is no parameter of an activity; there are c, f, H, M, s, y, z, Z");
                return Err(Fault::new(Rule::Syntax, at, "", message));
            }
        }
        cursor.observations();
    }
    Ok(())
}

fn call(cursor: &mut Cursor, activity: &mut Activity, kind: CallKind) -> Result<(), Fault> {
    let dest = cursor.name("an entry")?;
    activity.calls.push(Call { dest, mean: cursor.number()?, kind });
    Ok(())
}

/// One connection; none where it only says which activity replies.
fn connection(cursor: &mut Cursor, replies: &mut Vec<ReplyTo>) -> Result<Option<Precedence>, Fault> {
    let at = cursor.at();
    let pre = join(cursor, replies)?;
    let post = if cursor.took(&Token::Arrow) { Some(fork(cursor)?) } else { None };
    let only_replies = post.is_none() && matches!(pre, Pre::One(_));
    Ok((!only_replies).then_some(Precedence { at, pre, post }))
}

/// `a`, `a & b (1)` or `a + b`, each with the entries that it replies to.
fn join(cursor: &mut Cursor, replies: &mut Vec<ReplyTo>) -> Result<Pre, Fault> {
    let first = replying(cursor, replies)?;
    for symbol in ['&', '+'] {
        if cursor.peek() != Some(&Token::Symbol(symbol)) {
            continue;
        }
        let mut names = vec![first];
        while cursor.took_symbol(symbol) {
            names.push(replying(cursor, replies)?);
        }
        if symbol == '+' {
            return Ok(Pre::Or(names));
        }
        let mut quorum = None;
        if cursor.took_symbol('(') {
            quorum = Some(cursor.whole()?).filter(|&quorum| quorum > 0);
            cursor.expect(&Token::Symbol(')'))?;
        }
        return Ok(Pre::And { activities: names, quorum });
    }
    Ok(Pre::One(first))
}

fn replying(cursor: &mut Cursor, replies: &mut Vec<ReplyTo>) -> Result<Name, Fault> {
    let activity = cursor.name("an activity")?;
    if cursor.took_symbol('[') {
        loop {
            let entry = cursor.name("an entry")?;
            replies.push(ReplyTo { entry, activity: activity.clone() });
            if !cursor.took_symbol(',') {
                break;
            }
        }
        cursor.expect(&Token::Symbol(']'))?;
    }
    Ok(activity)
}

/// `a`, `a & b`, `(0.3) a + (0.7) b` or `3 * a, 2 * b, c`.
fn fork(cursor: &mut Cursor) -> Result<Post, Fault> {
    if cursor.peek() == Some(&Token::Symbol('(')) {
        return choice(cursor);
    }
    if cursor.peek_at(1) == Some(&Token::Symbol('*')) {
        return loops(cursor);
    }
    let first = cursor.name("an activity")?;
    if cursor.peek() != Some(&Token::Symbol('&')) {
        return Ok(Post::One(first));
    }
    let mut names = vec![first];
    while cursor.took_symbol('&') {
        names.push(cursor.name("an activity")?);
    }
    Ok(Post::And(names))
}

fn choice(cursor: &mut Cursor) -> Result<Post, Fault> {
    let mut branches = Vec::new();
    loop {
        cursor.expect(&Token::Symbol('('))?;
        let probability = cursor.number()?;
        cursor.expect(&Token::Symbol(')'))?;
        branches.push((cursor.name("an activity")?, probability));
        if !cursor.took_symbol('+') {
            return Ok(Post::Or(branches));
        }
    }
}

fn loops(cursor: &mut Cursor) -> Result<Post, Fault> {
    let mut bodies = Vec::new();
    let mut end = None;
    loop {
        if cursor.peek_at(1) == Some(&Token::Symbol('*')) {
            let count = cursor.number()?;
            cursor.expect(&Token::Symbol('*'))?;
            bodies.push((cursor.name("an activity")?, count));
        } else {
            let name = cursor.name("an activity")?;
            if end.is_some() {
                return Err(Fault::new(
                    Rule::Syntax,
                    name.at,
                    "",
                    "a loop has one activity without a count, which ends it",
                ));
            }
            end = Some(name);
        }
        if !cursor.took_symbol(',') {
            return Ok(Post::Loop { bodies, end });
        }
    }
}
