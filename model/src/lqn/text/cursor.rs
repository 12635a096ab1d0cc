//! Reading tokens one after the other.

use std::collections::HashMap;

use super::super::document::{Name, Offset};
use super::super::number;
use super::super::problem::Fault;
use super::super::rule::Rule;
use super::token::Token;
use crate::Multiplicity;

const VARIABLE_HINT: &str = "variables (SPEX) are not evaluated, other than those set to one number: put the number here, and vary it with --set or `tracecast batch`";

/// Where the reader is.
pub(super) struct Cursor {
    tokens: Vec<(Token, Offset)>,
    next: usize,
    /// Bytes of the text.
    length: Offset,
    /// Variables that stand for one number, as written.
    variables: HashMap<String, String>,
}

impl Cursor {
    pub(super) fn new(tokens: Vec<(Token, Offset)>, length: Offset) -> Self {
        Self { tokens, next: 0, length, variables: HashMap::new() }
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.next + ahead).map(|(token, _)| token)
    }

    /// Place of the next token.
    pub(super) fn at(&self) -> Offset {
        self.tokens.get(self.next).map_or(self.length, |(_, at)| *at)
    }

    pub(super) fn skip(&mut self) {
        self.next += 1;
    }

    /// Takes the next token if it is this one.
    pub(super) fn took(&mut self, token: &Token) -> bool {
        let is = self.peek() == Some(token);
        if is {
            self.skip();
        }
        is
    }

    pub(super) fn took_word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        if is {
            self.skip();
        }
        is
    }

    pub(super) fn took_symbol(&mut self, symbol: char) -> bool {
        self.took(&Token::Symbol(symbol))
    }

    /// "expected …, found …"
    pub(super) fn unexpected(&self, expected: &str) -> Fault {
        let found = self.peek().map_or("the end of the file".to_owned(), Token::to_string);
        let fault = Fault::new(Rule::Syntax, self.at(), "", format!("expected {expected}, found {found}"));
        match self.peek() {
            Some(Token::Variable(_) | Token::Symbol('{')) => fault.hint(VARIABLE_HINT),
            _ => fault,
        }
    }

    pub(super) fn expect(&mut self, token: &Token) -> Result<(), Fault> {
        if self.took(token) { Ok(()) } else { Err(self.unexpected(&token.to_string())) }
    }

    pub(super) fn word(&mut self, expected: &str) -> Result<String, Fault> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.skip();
                Ok(word)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<Name, Fault> {
        let at = self.at();
        Ok(Name { text: self.word(expected)?, at })
    }

    /// Takes the next token if it is a number, or stands for one.
    fn number_text(&self) -> Option<&str> {
        match self.peek()? {
            Token::Word(word) => Some(word),
            Token::Variable(name) => self.variables.get(name).map(String::as_str),
            _ => None,
        }
    }

    fn parsed<T>(&mut self, parse: impl Fn(&str) -> Option<T>, expected: &str) -> Result<T, Fault> {
        match self.number_text().and_then(parse) {
            Some(value) => {
                self.skip();
                Ok(value)
            }
            None => Err(self.unexpected(expected)),
        }
    }

    pub(super) fn number(&mut self) -> Result<f64, Fault> {
        self.parsed(number::real, number::REAL)
    }

    pub(super) fn is_number(&self) -> bool {
        self.number_text().and_then(number::real).is_some()
    }

    pub(super) fn whole(&mut self) -> Result<u32, Fault> {
        self.parsed(number::whole, number::WHOLE)
    }

    pub(super) fn integer(&mut self) -> Result<i32, Fault> {
        self.parsed(number::integer, number::INTEGER)
    }

    pub(super) fn multiplicity(&mut self) -> Result<Multiplicity, Fault> {
        self.parsed(number::multiplicity, number::MULTIPLICITY)
    }

    /// Numbers up to the end of the list, one for each phase.
    pub(super) fn phases(&mut self) -> Result<Vec<f64>, Fault> {
        let at = self.at();
        let mut values = Vec::new();
        while !self.took(&Token::End) {
            values.push(self.number()?);
        }
        if values.is_empty() || values.len() > 3 {
            let message = format!("there are {} values, but there can be 1 to 3 phases", values.len());
            return Err(Fault::new(Rule::Syntax, at, "", message));
        }
        Ok(values)
    }

    /// Skips what asks for figures of the solution: `%w1 $x`, `%u 95 $x $y`.
    pub(super) fn observations(&mut self) {
        while matches!(self.peek(), Some(Token::Figure(_))) {
            self.skip();
            if matches!(self.peek(), Some(Token::Word(_)))
                && matches!(self.peek_at(1), Some(Token::Variable(_)))
            {
                self.skip();
                self.skip();
            }
            if matches!(self.peek(), Some(Token::Variable(_))) {
                self.skip();
            }
        }
    }

    /// `$x = 3` in front of the model.
    pub(super) fn assignments(&mut self) -> Result<(), Fault> {
        while let Some(Token::Variable(name)) = self.peek() {
            let (name, at) = (name.clone(), self.at());
            let constant = match (self.peek_at(1), self.peek_at(2)) {
                (Some(Token::Symbol('=')), Some(Token::Word(number))) if number::real(number).is_some() => {
                    Some(number.clone())
                }
                _ => None,
            };
            // A number that something follows is an expression.
            let alone = !matches!(
                self.peek_at(3),
                Some(Token::Symbol('+' | '*' | '/' | '-' | '?' | '<' | '>' | '=' | '&' | '|' | '%'))
            );
            match constant {
                Some(number) if alone => {
                    self.variables.insert(name, number);
                    self.next += 3;
                }
                _ => {
                    let message = format!("unsupported: the variable \"${name}\" is not simply a number");
                    return Err(Fault::new(Rule::Unsupported, at, "", message).hint(VARIABLE_HINT));
                }
            }
        }
        Ok(())
    }
}
