//! Names of operations that hold an identifier: `/users/17` and `/users/42` are one, `/users/{id}`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{ImportReport, Name, Span};

/// What stands for an identifier.
const ID: &str = "{id}";

/// A word in a place of a route is an identifier where at least so many are seen there, otherwise alike …
const MANY: usize = 20;
/// … and at least this part of what is seen are different ones.
const DIFFERENT: f64 = 0.2;

/// The routes of names, by service; names that stay as they are, are left out.
#[derive(Debug, Default)]
pub(super) struct Routes(HashMap<Name, HashMap<Name, Name>>);

/// How often each name of a service was seen, with its route as far as it is known.
type Seen = BTreeMap<Name, (u64, Vec<String>)>;

impl Routes {
    /// The routes of the names of these spans, each of which stands for so many.
    pub(super) fn new<'a>(spans: impl Iterator<Item = (&'a Span, u64)>, report: &mut ImportReport) -> Self {
        let mut seen: BTreeMap<Name, Seen> = BTreeMap::new();
        for (span, count) in spans.filter(|(span, _)| span.name.contains('/')) {
            let names = seen.entry(span.service.clone()).or_default();
            names.entry(span.name.clone()).or_insert_with(|| (0, parts(&span.name))).0 += count;
        }
        let mut routes = Self::default();
        for (service, mut names) in seen {
            find_many(&mut names);
            let changed = names.into_iter().filter_map(|(name, (_, parts))| {
                let route = parts.join("/");
                (*route != *name).then(|| (name, Name::from(route)))
            });
            let changed: HashMap<Name, Name> = changed.collect();
            report.warn_many("route-of-names", changed.len() as u64, || {
                let example = changed.iter().min();
                let (name, route) = example.map_or(("", ""), |(name, route)| (&**name, &**route));
                format!("\"{name}\" of {service} is taken as \"{route}\"")
            });
            if !changed.is_empty() {
                routes.0.insert(service, changed);
            }
        }
        routes
    }

    /// The route that a name stands for.
    pub(super) fn of(&self, service: &Name, name: &Name) -> Name {
        let route = self.0.get(service).and_then(|names| names.get(name));
        route.unwrap_or(name).clone()
    }
}

/// The parts between slashes, identifiers replaced, without what follows a question mark that is not the first.
fn parts(name: &str) -> Vec<String> {
    let path = name.split(['?', '#']).next().filter(|path| !path.trim().is_empty()).unwrap_or(name);
    let mut parts: Vec<String> = path.split('/').map(String::from).collect();
    for part in parts.iter_mut().skip(1).filter(|part| is_identifier(part)) {
        *part = ID.into();
    }
    parts
}

/// Is a part a number, a hexadecimal identifier (with dashes, as UUIDs have, perhaps cut off), a long word with several digits
/// or with digits among letters of both cases, or a mail address?
fn is_identifier(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let all = |is: fn(u8) -> bool| part.bytes().all(is);
    let is_number = digits > 0 && all(|byte| byte.is_ascii_digit());
    let is_hexadecimal =
        digits > 0 && part.len() >= 8 && all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let has = |is: fn(&u8) -> bool| part.as_bytes().iter().any(is);
    let is_mixed = digits > 0 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let is_key = (digits >= 4 || is_mixed)
        && part.len() >= 16
        && all(|byte| byte.is_ascii_alphanumeric() || b"-_=+~".contains(&byte));
    let is_mail = part.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    is_number || is_hexadecimal || is_key || is_mail
}

/// Names that are alike but for one part.
#[derive(Default)]
struct Alike {
    seen: u64,
    words: BTreeSet<String>,
    names: Vec<Name>,
}

/// Finds places where names that are otherwise alike have many different words, seldom the same.
fn find_many(names: &mut Seen) {
    let longest = names.values().map(|(_, parts)| parts.len()).max().unwrap_or(0);
    for place in 1..longest {
        let mut alike: BTreeMap<Vec<String>, Alike> = BTreeMap::new();
        for (name, (count, parts)) in names.iter().filter(|(_, (_, parts))| parts.len() > place) {
            if parts[place] == ID || parts[place].is_empty() {
                continue;
            }
            let mut others = parts.clone();
            let word = std::mem::take(&mut others[place]);
            let alike = alike.entry(others).or_default();
            alike.seen += count;
            alike.words.insert(word);
            alike.names.push(name.clone());
        }
        let has_many = |alike: &Alike| {
            alike.words.len() >= MANY && alike.words.len() as f64 >= DIFFERENT * alike.seen as f64
        };
        for name in alike.into_values().filter(has_many).flat_map(|alike| alike.names) {
            if let Some((_, parts)) = names.get_mut(&name) {
                parts[place] = ID.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(name: &str) -> String {
        parts(name).join("/")
    }

    #[test]
    fn identifiers_are_told_from_words() {
        for (name, expected) in [
            ("GET /users/17", "GET /users/{id}"),
            ("/users/42/orders/7?page=2", "/users/{id}/orders/{id}"),
            ("http:/verify/1bc11d49-f538-4b3f-82", "http:/verify/{id}"),
            ("/blobs/5f2d1c9e0a7b4c3d2e1f", "/blobs/{id}"),
            ("/sessions/eyJhbGciOiJIUzI1NiJ9", "/sessions/{id}"),
            ("/mail/ann@example.org", "/mail/{id}"),
            ("/api/v2/orders", "/api/v2/orders"),
            ("/hotels/decade", "/hotels/decade"),
            ("/search.Search/Nearby", "/search.Search/Nearby"),
            ("SELECT", "SELECT"),
            // Names are never empty.
            ("?GET /", "?GET /"),
        ] {
            assert_eq!(route(name), expected);
        }
    }

    #[test]
    fn words_that_are_seldom_the_same_are_identifiers() {
        let names = |words: usize, count: u64| -> Seen {
            (0..words)
                .map(|i| {
                    let word: String =
                        (0..5).map(|at| char::from(b'a' + ((i * 7 + at * i) % 26) as u8)).collect();
                    let name = format!("/city/{word}x{}/weather", "y".repeat(i));
                    (Name::from(&*name), (count, parts(&name)))
                })
                .collect()
        };
        let routes = |mut seen: Seen| {
            find_many(&mut seen);
            let mut routes: Vec<String> = seen.into_values().map(|(_, parts)| parts.join("/")).collect();
            routes.dedup();
            routes
        };
        assert_eq!(routes(names(30, 2)), ["/city/{id}/weather"]);
        assert_eq!(routes(names(30, 100)).len(), 30, "operations are called again and again");
        assert_eq!(routes(names(10, 1)).len(), 10, "ten words may be operations");
    }
}
