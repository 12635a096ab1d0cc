//! The sections of processors, groups and tasks.

use super::super::document::{Entry, Fan, Group, Processor, Task, TaskKind};
use super::super::problem::Fault;
use super::super::rule::Rule;
use super::Reader;
use super::cursor::Cursor;
use super::token::Token;
use crate::{Multiplicity, Scheduling};

impl Reader {
    pub(super) fn processors(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        while !cursor.took(&Token::End) {
            if cursor.took_word("d") {
                let message = "unsupported: a communication delay between processors";
                return Err(Fault::new(Rule::Unsupported, cursor.at(), "", message)
                    .hint("give the calls a latency in tracecast's own JSON"));
            }
            if !cursor.took_word("p") {
                return Err(cursor.unexpected("a processor (p) or the end of the section (-1)"));
            }
            let mut processor = Processor::new(cursor.name("the name of a processor")?);
            let infinite = processor_scheduling(cursor, &mut processor)?;
            loop {
                if cursor.took_word("m") {
                    processor.multiplicity = cursor.multiplicity()?;
                } else if cursor.took_word("i") {
                    processor.multiplicity = Multiplicity::Infinite;
                } else if cursor.took_word("r") {
                    processor.replication = cursor.whole()?;
                } else if cursor.took_word("R") {
                    processor.speed = cursor.number()?;
                } else {
                    break;
                }
            }
            if infinite {
                processor.make_infinite();
            }
            cursor.observations();
            self.processors.insert(processor.name.text.clone(), self.document.processors.len());
            self.document.processors.push(processor);
        }
        Ok(())
    }

    pub(super) fn groups(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        while !cursor.took(&Token::End) {
            if !cursor.took_word("g") {
                return Err(cursor.unexpected("a group (g) or the end of the section (-1)"));
            }
            let name = cursor.name("the name of a group")?;
            let share = cursor.number()?;
            let capped = cursor.took_word("c");
            let processor = cursor.name("a processor")?;
            cursor.observations();
            let Some(&place) = self.processors.get(&processor.text) else {
                let message = format!("there is no processor \"{}\"", processor.text);
                return Err(Fault::new(
                    Rule::UnknownName,
                    processor.at,
                    format!("group \"{}\"", name.text),
                    message,
                ));
            };
            self.document.processors[place].groups.push(Group { name, share, capped });
        }
        Ok(())
    }

    pub(super) fn tasks(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        let mut fans = Vec::new();
        while !cursor.took(&Token::End) {
            if cursor.took_word("t") {
                self.task_line(cursor)?;
            } else if cursor.took_word("I") {
                fans.push((cursor.name("a task")?, cursor.name("a task")?, cursor.whole()?, true));
            } else if cursor.took_word("O") {
                fans.push((cursor.name("a task")?, cursor.name("a task")?, cursor.whole()?, false));
            } else {
                return Err(cursor
                    .unexpected("a task (t), a fan-in (I), a fan-out (O) or the end of the section (-1)"));
            }
        }
        for (from, to, value, incoming) in fans {
            let (at, other) = if incoming { (to, from) } else { (from, to) };
            let Some(&place) = self.tasks.get(&at.text) else {
                return Err(Fault::new(
                    Rule::UnknownName,
                    at.at,
                    "",
                    format!("there is no task \"{}\"", at.text),
                ));
            };
            let task = &mut self.document.tasks[place];
            let list = if incoming { &mut task.fan_in } else { &mut task.fan_out };
            list.push(Fan { task: other, value });
        }
        Ok(())
    }

    fn task_line(&mut self, cursor: &mut Cursor) -> Result<(), Fault> {
        let name = cursor.name("the name of a task")?;
        let (kind, infinite) = task_kind(cursor)?;
        let mut entries = Vec::new();
        while !cursor.took(&Token::End) {
            entries.push(Entry::new(cursor.name("an entry or the end of the entries (-1)")?));
        }
        let mut queue_length = None;
        if cursor.took_word("q") {
            queue_length = Some(cursor.whole()?);
        }
        let mut task = Task::new(name, cursor.name("a processor")?);
        task.kind = kind;
        loop {
            if cursor.took_word("m") {
                task.multiplicity = cursor.multiplicity()?;
            } else if cursor.took_word("i") {
                task.multiplicity = Multiplicity::Infinite;
            } else if cursor.took_word("r") {
                task.replication = cursor.whole()?;
            } else if cursor.took_word("z") {
                task.think_time = cursor.number()?;
            } else if cursor.took_word("q") {
                queue_length = Some(cursor.whole()?);
            } else if cursor.took_word("g") {
                task.group = Some(cursor.name("a group")?);
            } else if cursor.took_word("T") {
                task.initially = Some(cursor.whole()?);
            } else if cursor.is_number()
                || matches!(cursor.peek(), Some(Token::Word(word)) if word.starts_with('-'))
            {
                task.priority = cursor.integer()?;
            } else {
                break;
            }
        }
        if infinite {
            task.make_infinite();
        }
        cursor.observations();
        task.queue_length = queue_length.filter(|&length| length > 0);
        let place = self.document.tasks.len();
        for (number, entry) in entries.iter().enumerate() {
            self.entries.insert(entry.name.text.clone(), (place, number));
        }
        task.entries = entries;
        self.tasks.insert(task.name.text.clone(), place);
        self.document.tasks.push(task);
        Ok(())
    }
}

/// How a processor is shared. Has it servers without limit?
fn processor_scheduling(cursor: &mut Cursor, processor: &mut Processor) -> Result<bool, Fault> {
    let at = cursor.at();
    let flag = cursor.word("the scheduling of a processor: f, h, p, r, s, c or i")?;
    let element = format!("processor \"{}\"", processor.name.text);
    processor.scheduling = match flag.as_str() {
        "f" => Scheduling::Fcfs,
        "h" => Scheduling::Priority,
        "p" => Scheduling::PreemptivePriority,
        "r" => Scheduling::Random,
        "s" | "c" => {
            processor.fair = flag == "c";
            processor.lacks_quantum = !cursor.is_number();
            if cursor.is_number() {
                cursor.skip();
            }
            Scheduling::Ps
        }
        "i" => Scheduling::Fcfs,
        "H" | "P" => {
            let message = format!("unsupported: scheduling {flag}, processor sharing with priorities");
            return Err(Fault::new(Rule::Unsupported, at, element, message));
        }
        _ => {
            let message = format!("scheduling is \"{flag}\" but must be one of f, h, p, r, s, c, i");
            return Err(Fault::new(Rule::InvalidValue, at, element, message));
        }
    };
    Ok(flag == "i")
}

/// What a task is, and whether it has threads without limit.
fn task_kind(cursor: &mut Cursor) -> Result<(TaskKind, bool), Fault> {
    let at = cursor.at();
    let flag = cursor.word("the scheduling of a task: r, n, f, h, p, i, S or W")?;
    let kind = match flag.as_str() {
        "r" => TaskKind::Reference,
        "n" | "f" | "i" => TaskKind::Server(Scheduling::Fcfs),
        "h" | "p" => TaskKind::Server(Scheduling::Priority),
        "S" => TaskKind::Semaphore,
        "W" => TaskKind::ReadWriteLock,
        "b" | "u" | "P" => {
            let what = match flag.as_str() {
                "b" => "customers who come in bursts",
                "u" => "customers with uniform think times",
                _ => "polled entries",
            };
            return Err(Fault::new(
                Rule::Unsupported,
                at,
                "",
                format!("unsupported: scheduling {flag}, {what}"),
            ));
        }
        _ => {
            let message = format!("scheduling is \"{flag}\" but must be one of r, n, f, h, p, i, S, W");
            return Err(Fault::new(Rule::InvalidValue, at, "", message));
        }
    };
    Ok((kind, flag == "i"))
}
