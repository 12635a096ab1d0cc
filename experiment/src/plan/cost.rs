//! What settings cost: an expression over settings, or the cores that the varied elements take.

use std::fmt;
use std::str::FromStr;

use tracecast_model::{Multiplicity, System};

use super::Vary;

/// A sum of products of numbers and settings: `2*crop.replicas + db.replicas*db.cpu_limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    terms: Vec<Vec<Factor>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Factor {
    Number(f64),
    /// `element.setting`
    Setting(String),
    Sum(Cost),
}

/// Why settings have no cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// A text that is no expression.
    #[error("\"{text}\" is not a cost such as 2*crop.replicas + db.replicas*db.cpu_limit: {problem}")]
    Form {
        /// The text.
        text: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A name that is none of a setting with a number.
    #[error(
        "the cost of {0} is not known; costs are made of numbers and SERVICE.replicas, .cpu_limit, .cpu_request, \
         .concurrency, HOST.cores, .machines, .speed, and the settings that are varied"
    )]
    Unknown(String),
    /// A setting that is infinite, or not set.
    #[error("{0} has no number here, so it has no cost; say what settings cost (--cost)")]
    NoNumber(String),
    /// The number of replicas is not what is paid.
    #[error("the replicas of \"{0}\" come and go with its autoscaler; say what settings cost (--cost)")]
    Elastic(String),
    /// A cost that is not positive.
    #[error("costs cannot be negative or infinite, and these are {0}")]
    Value(String),
}

impl Cost {
    /// Cores: of every service with a varied setting, its replicas × the cores of each (its `cpu_limit`; else those of the
    /// machine, where each replica has one of its own; else 1), and of every host with varied cores, its cores.
    ///
    /// # Errors
    /// A service with an autoscaler, whose replicas are not what is paid for.
    pub fn of_cores(system: &System, varied: &[Vary]) -> Result<Self, CostError> {
        let is_varied = |path: &str| varied.iter().any(|vary| vary.path() == path);
        let settings = |name: &str| {
            let of = |vary: &&Vary| vary.path().rsplit_once('.').is_some_and(|(element, _)| element == name);
            varied.iter().filter(of).count()
        };
        let mut terms = Vec::new();
        let setting = |element: &str, name: &str| Factor::Setting(format!("{element}.{name}"));
        for host in &system.hosts {
            let machines = is_varied(&format!("{}.machines", host.name));
            if (machines || is_varied(&format!("{}.cores", host.name))) && !host.per_replica {
                let mut term = vec![setting(&host.name, "cores")];
                if machines {
                    term.push(setting(&host.name, "machines"));
                } else if host.replicas > 1 {
                    term.push(Factor::Number(f64::from(host.replicas)));
                }
                terms.push(term);
            }
        }
        for service in &system.services {
            let host = system.hosts.iter().find(|host| host.name == service.host);
            let machine = host.filter(|host| host.per_replica);
            let on_varied = machine.is_some_and(|host| is_varied(&format!("{}.cores", host.name)));
            // A host of the same name takes settings of hosts.
            let of_host = ["cores", "machines"].map(|name| is_varied(&format!("{}.{name}", service.name)));
            let own = settings(&service.name) > of_host.into_iter().filter(|varied| *varied).count();
            if !own && !on_varied {
                continue;
            }
            if service.autoscaler.is_some() {
                return Err(CostError::Elastic(service.name.clone()));
            }
            let mut term = vec![setting(&service.name, "replicas")];
            if service.cpu_limit.is_some() || is_varied(&format!("{}.cpu_limit", service.name)) {
                term.push(setting(&service.name, "cpu_limit"));
            } else if let Some(host) = machine {
                term.push(setting(&host.name, "cores"));
            }
            terms.push(term);
        }
        Ok(Self { terms })
    }

    /// Adds the terms of another.
    pub fn plus(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }

    /// Does the setting occur in it?
    pub fn names(&self, path: &str) -> bool {
        self.terms.iter().flatten().any(|factor| match factor {
            Factor::Number(_) => false,
            Factor::Setting(setting) => setting == path,
            Factor::Sum(cost) => cost.names(path),
        })
    }

    /// The cost of a system with these values of the varied settings.
    ///
    /// # Errors
    /// A setting that has no number there.
    pub fn of(&self, system: &System, values: &[(&str, &str)]) -> Result<f64, CostError> {
        let cost = self.sum(system, values)?;
        if cost.is_finite() && cost >= 0.0 { Ok(cost) } else { Err(CostError::Value(cost.to_string())) }
    }

    fn sum(&self, system: &System, values: &[(&str, &str)]) -> Result<f64, CostError> {
        let mut sum = 0.0;
        for term in &self.terms {
            let mut product = 1.0;
            for factor in term {
                product *= match factor {
                    Factor::Number(number) => *number,
                    Factor::Setting(path) => value(system, values, path)?,
                    Factor::Sum(cost) => cost.sum(system, values)?,
                };
            }
            sum += product;
        }
        Ok(sum)
    }
}

/// A varied setting by its text, any other by what the model has.
fn value(system: &System, values: &[(&str, &str)], path: &str) -> Result<f64, CostError> {
    let none = || CostError::NoNumber(path.into());
    if let Some((_, text)) = values.iter().find(|(varied, _)| *varied == path) {
        if let Ok(number) = text.parse::<f64>() {
            return Ok(number);
        }
        let duration = tracecast_model::seconds::parse(text).ok();
        return duration.or_else(|| known(system, path).flatten()).ok_or_else(none);
    }
    known(system, path).ok_or_else(|| CostError::Unknown(path.into()))?.ok_or_else(none)
}

/// The number of a setting; `Some(None)` where it is infinite or not set.
fn known(system: &System, path: &str) -> Option<Option<f64>> {
    let finite = |multiplicity: Multiplicity| multiplicity.finite().map(f64::from);
    let (element, name) = path.rsplit_once('.')?;
    let of_service = system.service(element).and_then(|service| match name {
        "replicas" => Some(Some(f64::from(service.replicas))),
        "cpu_limit" => Some(service.cpu_limit),
        "cpu_request" => Some(service.cpu_request.or(service.cpu_limit)),
        "concurrency" => Some(finite(service.concurrency)),
        _ => None,
    });
    of_service.or_else(|| {
        let host = system.hosts.iter().find(|host| host.name == element)?;
        match name {
            "cores" => Some(finite(host.cores)),
            "speed" => Some(Some(host.speed)),
            "machines" | "replicas" => Some(Some(f64::from(host.replicas))),
            _ => None,
        }
    })
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        for (i, term) in self.terms.iter().enumerate() {
            f.write_str(if i > 0 { " + " } else { "" })?;
            for (k, factor) in term.iter().enumerate() {
                f.write_str(if k > 0 { " × " } else { "" })?;
                match factor {
                    Factor::Number(number) => write!(f, "{number}")?,
                    Factor::Setting(path) => f.write_str(path)?,
                    Factor::Sum(cost) => write!(f, "({cost})")?,
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Cost {
    type Err = CostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = |problem| CostError::Form { text: text.into(), problem };
        let tokens = tokens(text).map_err(form)?;
        let mut rest = tokens.as_slice();
        let cost = sum(&mut rest, 0).map_err(form)?;
        if rest.is_empty() { Ok(cost) } else { Err(form("a parenthesis was not opened")) }
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Sign(char),
    Word(String),
}

/// Signs stand alone; all else between them and spaces are words. Names with spaces or signs stand in quotes.
fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => {}
            '+' | '*' | '(' | ')' => tokens.push(Token::Sign(letter)),
            '×' => tokens.push(Token::Sign('*')),
            '"' => {
                let word: String = letters.by_ref().take_while(|&letter| letter != '"').collect();
                let rest = word_end(&mut letters);
                tokens.push(Token::Word(word + &rest));
            }
            _ => {
                let word = format!("{letter}{}", word_end(&mut letters));
                tokens.push(Token::Word(word));
            }
        }
    }
    if tokens.is_empty() { Err("it is empty") } else { Ok(tokens) }
}

fn word_end(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(letter) = letters.next_if(|letter| !" \t+*()×\"".contains(*letter)) {
        word.push(letter);
    }
    word
}

/// Parentheses within each other at most.
const DEEPEST: usize = 50;

fn sum(rest: &mut &[Token], depth: usize) -> Result<Cost, &'static str> {
    let mut terms = vec![product(rest, depth)?];
    while let Some((Token::Sign('+'), after)) = rest.split_first() {
        *rest = after;
        terms.push(product(rest, depth)?);
    }
    Ok(Cost { terms })
}

fn product(rest: &mut &[Token], depth: usize) -> Result<Vec<Factor>, &'static str> {
    let mut factors = vec![factor(rest, depth)?];
    loop {
        match rest.split_first() {
            Some((Token::Sign('*'), after)) => {
                *rest = after;
                factors.push(factor(rest, depth)?);
            }
            None | Some((Token::Sign('+' | ')'), _)) => return Ok(factors),
            Some(_) => return Err("a + or * is missing"),
        }
    }
}

fn factor(rest: &mut &[Token], depth: usize) -> Result<Factor, &'static str> {
    let Some((token, after)) = rest.split_first() else { return Err("it ends too early") };
    *rest = after;
    match token {
        Token::Sign('(') if depth < DEEPEST => {
            let inner = sum(rest, depth + 1)?;
            let Some((Token::Sign(')'), after)) = rest.split_first() else {
                return Err("a parenthesis is not closed");
            };
            *rest = after;
            Ok(Factor::Sum(inner))
        }
        Token::Sign('(') => Err("too many parentheses"),
        Token::Sign(_) => Err("a number or a setting is missing"),
        Token::Word(word) => match word.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Factor::Number(number)),
            Ok(_) => Err("a number is negative or infinite"),
            Err(_) if word.contains('.') => Ok(Factor::Setting(word.clone())),
            Err(_) => Err("a word is neither a number nor a setting such as crop.replicas"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::fixtures;

    fn cost(text: &str) -> Result<f64, CostError> {
        let mut system = fixtures::three_tiers(10.0);
        system.services[0].replicas = 3;
        system.services[1].cpu_limit = Some(0.5);
        text.parse::<Cost>()?.of(&system, &[("database.replicas", "4"), ("web/handle.demand", "20ms")])
    }

    #[test]
    fn sums_of_products() {
        assert_eq!(cost("2*web.replicas + 10"), Ok(16.0));
        assert_eq!(cost("web.replicas*(1 + application.cpu_limit)"), Ok(4.5));
        assert_eq!(cost("database.replicas*database.cores"), Ok(4.0));
        assert_eq!(cost("100 * web/handle.demand"), Ok(2.0));
        assert_eq!(cost("\"web\".replicas"), Ok(3.0));
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        for (text, words) in [
            ("", "empty"),
            ("2*", "too early"),
            ("2 web.replicas", "is missing"),
            ("(2", "not closed"),
            ("2)", "not opened"),
            ("crop", "neither"),
            ("-1*web.replicas", "negative"),
            ("web.color", "is not known"),
            ("web.cpu_limit", "no number"),
        ] {
            let message = cost(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn without_another_it_is_cores() {
        let mut system = fixtures::three_tiers(10.0);
        let cores = |system: &System, varied: &[&str]| {
            let varied: Vec<Vary> = varied.iter().map(|text| text.parse().unwrap()).collect();
            Cost::of_cores(system, &varied).map(|cost| cost.to_string())
        };
        assert_eq!(cores(&system, &["web.replicas=1..3"]).unwrap(), "web.replicas");
        let two = ["web.cpu_limit=0.5,1", "web.replicas=1..3"];
        assert_eq!(cores(&system, &two).unwrap(), "web.replicas × web.cpu_limit");
        // Service and host share the name; cores are the host's.
        assert_eq!(cores(&system, &["database.cores=1..3"]).unwrap(), "database.cores");
        let machines = cores(&system, &["database.machines=1..3"]).unwrap();
        assert_eq!(machines, "database.cores × database.machines");
        system.hosts[0].per_replica = true;
        assert_eq!(cores(&system, &["web.cores=1..3"]).unwrap(), "web.replicas × web.cores");
        assert_eq!(cores(&system, &["web/handle.demand=1,2"]).unwrap(), "0");
    }
}
