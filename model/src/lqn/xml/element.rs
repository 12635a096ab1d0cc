//! An XML element with what it may hold. Whatever else it holds is a fault.

use std::cell::RefCell;

use roxmltree::{Attribute, Node};

use crate::Multiplicity;
use crate::lqn::document::{Name, Offset};
use crate::lqn::number;
use crate::lqn::problem::Fault;
use crate::lqn::rule::Rule;

/// One element. Faults found while reading it are gathered, so that all are told at once.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    node: Node<'a, 'a>,
    faults: &'a RefCell<Vec<Fault>>,
}

impl<'a> Element<'a> {
    pub(super) fn new(node: Node<'a, 'a>, faults: &'a RefCell<Vec<Fault>>) -> Self {
        Self { node, faults }
    }

    pub(super) fn tag(&self) -> &'a str {
        self.node.tag_name().name()
    }

    pub(super) fn at(&self) -> Offset {
        self.node.range().start
    }

    /// Tag, with the name where it has one, below that of its parents: `processor "p"/task "t"`.
    fn path(&self) -> String {
        let mut parts: Vec<String> = self
            .node
            .ancestors()
            .filter(|node| node.is_element() && node.parent_element().is_some())
            .map(|node| match node.attribute("name") {
                Some(name) => format!("{} \"{name}\"", node.tag_name().name()),
                None => node.tag_name().name().to_owned(),
            })
            .collect();
        parts.reverse();
        parts.join("/")
    }

    pub(super) fn fault(&self, rule: Rule, message: impl Into<String>) -> Fault {
        Fault::new(rule, self.at(), self.path(), message)
    }

    pub(super) fn report(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// Refuses all attributes, elements and text that are not in these lists. Results, comments, and attributes of
    /// other namespaces, may be anywhere.
    pub(super) fn holds(self, attributes: &[&str], children: &[&str]) -> Self {
        for attribute in self.node.attributes().filter(|attribute| attribute.namespace().is_none()) {
            if !attributes.contains(&attribute.name()) && attribute.name() != "comment" {
                let message = format!("the attribute \"{}\" is not known here", attribute.name());
                self.report(Fault { at: attribute.range().start, ..self.fault(Rule::Unsupported, message) });
            }
        }
        for child in self.node.children() {
            if child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()) {
                self.report(Fault {
                    at: child.range().start,
                    ..self.fault(Rule::Syntax, "there is text where none belongs")
                });
            }
        }
        for child in self.all_children().filter(|child| !children.contains(&child.tag())) {
            let fault = child.fault(Rule::Unsupported, "unsupported: this element is not known here");
            self.report(match hint(child.tag()) {
                Some(hint) => fault.hint(hint),
                None => fault,
            });
        }
        self
    }

    fn all_children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let faults = self.faults;
        self.node
            .children()
            .filter(|node| node.is_element() && !is_result(node.tag_name().name()))
            .map(move |node| Self { node, faults })
    }

    /// The elements of that name inside.
    pub(super) fn children(&self, tag: &'static str) -> impl Iterator<Item = Self> + use<'a> {
        self.all_children().filter(move |child| child.tag() == tag)
    }

    /// The elements of any of those names inside, in the order written.
    pub(super) fn children_of(&self, tags: &'static [&'static str]) -> impl Iterator<Item = Self> + use<'a> {
        self.all_children().filter(move |child| tags.contains(&child.tag()))
    }

    fn attribute(&self, name: &str) -> Option<Attribute<'a, 'a>> {
        self.node.attribute_node(name)
    }

    fn invalid(&self, attribute: &Attribute<'_, '_>, expected: &str) {
        let value = attribute.value();
        let message = format!("{} is \"{value}\" but must be {expected}", attribute.name());
        let fault = Fault { at: attribute.range().start, ..self.fault(Rule::InvalidValue, message) };
        self.report(if value.trim_start().starts_with('$') {
            fault.hint(super::VARIABLE_HINT)
        } else {
            fault
        });
    }

    fn missing(&self, name: &str) {
        self.report(self.fault(Rule::MissingValue, format!("the attribute \"{name}\" is missing")));
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.attribute(name).map(|attribute| attribute.value().to_owned())
    }

    /// A name that may be absent.
    pub(super) fn optional_name(&self, attribute: &str) -> Option<Name> {
        let attribute = self.attribute(attribute)?;
        if attribute.value().trim().is_empty() {
            self.invalid(&attribute, "a name");
        }
        Some(Name { text: attribute.value().to_owned(), at: self.at() })
    }

    /// A name that has to be there.
    pub(super) fn name(&self, attribute: &str) -> Name {
        self.optional_name(attribute).unwrap_or_else(|| {
            self.missing(attribute);
            Name { text: String::new(), at: self.at() }
        })
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>, expected: &str) -> Option<T> {
        let attribute = self.attribute(name)?;
        let value = parse(attribute.value());
        if value.is_none() {
            self.invalid(&attribute, expected);
        }
        value
    }

    /// A finite number that is not negative.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.parsed(name, number::real, number::REAL)
    }

    /// The same; it has to be there.
    pub(super) fn required_number(&self, name: &str) -> f64 {
        if self.attribute(name).is_none() {
            self.missing(name);
        }
        self.number(name).unwrap_or(0.0)
    }

    pub(super) fn whole(&self, name: &str) -> Option<u32> {
        self.parsed(name, number::whole, number::WHOLE)
    }

    pub(super) fn priority(&self) -> i32 {
        self.parsed("priority", number::integer, number::INTEGER).unwrap_or(0)
    }

    pub(super) fn multiplicity(&self) -> Option<Multiplicity> {
        self.parsed("multiplicity", number::multiplicity, number::MULTIPLICITY)
    }

    /// A value by its word.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let find = |value: &str| words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.parsed(name, find, &format!("one of {}", known.join(", ")))
    }
}

/// Figures that another program has added.
fn is_result(tag: &str) -> bool {
    tag.starts_with("result-") || tag.ends_with("-distribution") || tag == "pragma"
}

/// What to do instead.
fn hint(tag: &str) -> Option<&'static str> {
    match tag {
        "run-control" | "lqx" | "spex-parameters" | "spex-results" | "spex-convergence" => Some(
            "programs in models are not run: leave them out, put numbers in, and vary them with `tracecast batch`",
        ),
        "slot" | "Interface" => Some("put the parts of an assembled model into one file"),
        "call-list" => Some("write the calls as synch-call and asynch-call"),
        _ => None,
    }
}
