//! LQN text cut into tokens.

use super::super::document::Offset;
use super::super::problem::Fault;
use super::super::rule::Rule;

/// The smallest part with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a flag, or a number: which of them is a question of the place.
    Word(String),
    /// In quotation marks.
    Text(String),
    /// `$x`
    Variable(String),
    /// `%w1`: the figure that an observation asks for.
    Figure(String),
    /// `-1`, the end of a list.
    End,
    /// `->`
    Arrow,
    /// Any other character.
    Symbol(char),
}

/// All tokens with their places.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Offset)>, Fault> {
    let mut scanner = Scanner { text, at: 0 };
    let mut found = Vec::new();
    while let Some(token) = scanner.next()? {
        found.push(token);
    }
    Ok(found)
}

/// Some editors begin files with it.
const BYTE_ORDER_MARK: char = '\u{feff}';

struct Scanner<'a> {
    text: &'a str,
    at: Offset,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes characters as long as they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let taken = rest[..end].to_owned();
        self.at += end;
        taken
    }

    fn next(&mut self) -> Result<Option<(Token, Offset)>, Fault> {
        loop {
            self.take(|c| c.is_whitespace() || c == BYTE_ORDER_MARK);
            if !self.rest().starts_with('#') {
                break;
            }
            self.take(|c| c != '\n');
        }
        let at = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let token = match first {
            '"' => self.quoted()?,
            '$' => self.prefixed(Token::Variable),
            '%' => self.prefixed(Token::Figure),
            '-' if self.rest().starts_with("->") => {
                self.at += 2;
                Token::Arrow
            }
            '-' | '@' => {
                self.at += 1;
                match self.word() {
                    number if first == '-' && number == "1" => Token::End,
                    word if word.is_empty() => Token::Symbol(first),
                    word => Token::Word(format!("{first}{word}")),
                }
            }
            _ if is_word(first) => Token::Word(self.word()),
            _ => {
                self.at += first.len_utf8();
                Token::Symbol(first)
            }
        };
        Ok(Some((token, at)))
    }

    fn prefixed(&mut self, token: impl Fn(String) -> Token) -> Token {
        self.at += 1;
        token(self.take(is_word))
    }

    /// A name or a number; the exponent of a number may have a sign.
    fn word(&mut self) -> String {
        let mut word = self.take(is_word);
        let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let exponent = |rest: &str| {
            rest.strip_prefix(['-', '+']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        if is_number && word.ends_with(['e', 'E']) && exponent(self.rest()) {
            word.push_str(&self.text[self.at..=self.at]);
            self.at += 1;
            word.push_str(&self.take(|c| c.is_ascii_digit()));
        }
        word
    }

    fn quoted(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(&self.take(|c| c != '"' && c != '\\'));
            match self.rest().chars().next() {
                Some('"') => {
                    self.at += 1;
                    return Ok(Token::Text(text));
                }
                Some(_) => {
                    self.at += 1;
                    if let Some(escaped) = self.rest().chars().next() {
                        text.push(escaped);
                        self.at += escaped.len_utf8();
                    }
                }
                None => return Err(Fault::new(Rule::Syntax, start, "", "the quotation mark is not closed")),
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => write!(f, "\"{word}\""),
            Self::Text(_) => f.write_str("a text in quotation marks"),
            Self::Variable(name) => write!(f, "\"${name}\""),
            Self::Figure(name) => write!(f, "\"%{name}\""),
            Self::End => f.write_str("\"-1\""),
            Self::Arrow => f.write_str("\"->\""),
            Self::Symbol(symbol) => write!(f, "\"{symbol}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_signs_are_told_apart() {
        let text = "p p_1 1e-05 # comment -1\n-1 a->b; \"x \\\" y\" $v %w1 -0.5 2.5*c";
        let found: Vec<String> = tokens(text)
            .unwrap_or_else(|fault| panic!("{}", fault.message))
            .iter()
            .map(|(t, _)| t.to_string())
            .collect();
        let word = |text: &str| format!("\"{text}\"");
        assert_eq!(
            found,
            [
                word("p"),
                word("p_1"),
                word("1e-05"),
                word("-1"),
                word("a"),
                word("->"),
                word("b"),
                word(";"),
                "a text in quotation marks".into(),
                word("$v"),
                word("%w1"),
                word("-0.5"),
                word("2.5"),
                word("*"),
                word("c"),
            ]
        );
    }
}
