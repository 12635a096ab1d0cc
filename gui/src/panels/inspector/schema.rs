//! What a JSON schema says about values: what is read of one to make a form.

use serde_json::{Map, Value};

/// The schema of a whole document, in which definitions are looked up.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a>(pub(super) &'a Value);

impl<'a> Schema<'a> {
    /// A definition, by its name.
    pub(super) fn definition(self, name: &str) -> &'a Value {
        &self.0["$defs"][name]
    }

    /// What a reference stands for.
    fn resolved(self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => self.definition(name),
            None => schema,
        }
    }

    fn alternatives(schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        ["oneOf", "anyOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten()
    }

    /// The alternative that a value takes: that with its tag, or with what it requires.
    pub(super) fn fitting(self, schema: &'a Value, value: &Value) -> &'a Value {
        let schema = self.resolved(schema);
        let fits = |schema: &&Value| {
            let required = schema["required"].as_array().into_iter().flatten();
            let has_all = required.filter_map(Value::as_str).all(|name| value.get(name).is_some());
            let properties = schema["properties"].as_object().into_iter().flatten();
            let tags = properties.filter_map(|(name, property)| Some((name, property.get("const")?)));
            has_all && tags.into_iter().all(|(name, tag)| value.get(name) == Some(tag))
        };
        let mut all =
            Self::alternatives(schema).map(|one| self.resolved(one)).filter(|one| one["type"] != "null");
        all.find(fits).unwrap_or(schema)
    }

    pub(super) fn is_nullable(self, schema: &'a Value) -> bool {
        let null = Value::from("null");
        let is_null = |schema: &Value| {
            schema["type"] == null || schema["type"].as_array().is_some_and(|types| types.contains(&null))
        };
        is_null(schema) || Self::alternatives(schema).any(is_null)
    }

    pub(super) fn kind(self, schema: &'a Value, value: &Value) -> Option<Kind> {
        let references = |schema: &Value| schema["$ref"] == "#/$defs/Seconds";
        if references(schema) || Self::alternatives(schema).any(references) {
            return Some(Kind::Seconds);
        }
        let schema = self.resolved(schema);
        let words: Vec<String> =
            Self::alternatives(schema).filter_map(|one| one["const"].as_str()).map(str::to_owned).collect();
        if !words.is_empty() {
            return Some(Kind::Word(words));
        }
        let is = |name: &str| {
            let types = &schema["type"];
            *types == name || types.as_array().is_some_and(|types| types.iter().any(|one| *one == name))
        };
        if is("integer") {
            Some(Kind::Whole { least: schema["minimum"].as_f64().unwrap_or(0.0) })
        } else if is("number") {
            Some(Kind::Number)
        } else if is("boolean") {
            Some(Kind::Truth)
        } else if is("string") || value.is_string() {
            Some(Kind::Text)
        } else if is("array") {
            (schema["items"]["type"] == "string").then_some(Kind::Names)
        } else {
            // What may be missing.
            Self::alternatives(schema).find_map(|one| self.kind(one, value))
        }
    }

    /// The alternatives that are objects.
    fn objects(self, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let all = Self::alternatives(self.resolved(schema)).map(move |one| self.resolved(one));
        all.filter(|one| one["properties"].is_object())
    }

    /// Kinds of an object that nothing else tells apart, each by what only it has.
    pub(super) fn choices(self, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let choice = |one: &'a Value| {
            let mut properties = one["properties"].as_object()?.values();
            let is_tagged = properties.any(|property| property.get("const").is_some());
            let name = one["required"].as_array()?.first()?.as_str()?;
            (!is_tagged).then_some((name, one))
        };
        self.objects(schema).filter_map(choice).collect()
    }

    /// The schema of an object that a value may be, whatever else it may be; none where it is none.
    pub(super) fn of_object(self, schema: &'a Value) -> Option<&'a Value> {
        let schema = self.resolved(schema);
        if schema["properties"].is_object() || self.objects(schema).nth(1).is_some() {
            return Some(schema);
        }
        Self::alternatives(schema).find_map(|one| self.of_object(one))
    }

    /// The schema of the objects in a list; none where it is no list of objects.
    pub(super) fn of_items(self, schema: &'a Value) -> Option<&'a Value> {
        let items = self.resolved(schema).get("items")?;
        self.of_object(items).map(|_| items)
    }

    /// To begin with: what is required, and its defaults.
    pub(super) fn least(self, schema: &'a Value) -> Value {
        if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
            return default.clone();
        }
        if let Some(items) = self.of_items(schema) {
            return Value::Array(vec![self.least(items)]);
        }
        let Some(object) = self.of_object(schema) else {
            return self.kind(schema, &Value::Null).map_or(Value::Null, |kind| kind.first());
        };
        let object = self.objects(object).next().unwrap_or(object);
        let required = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let value = |name: &str| {
            let property = &object["properties"][name];
            property.get("const").cloned().unwrap_or_else(|| self.least(property))
        };
        Value::Object(required.map(|name| (name.to_owned(), value(name))).collect::<Map<_, _>>())
    }
}

/// What a property is.
pub(super) enum Kind {
    Whole {
        least: f64,
    },
    Number,
    Seconds,
    Truth,
    Word(Vec<String>),
    Text,
    /// Texts without commas.
    Names,
}

impl Kind {
    /// To begin with, where there is nothing.
    pub(super) fn first(&self) -> Value {
        match self {
            Self::Whole { .. } => 1.into(),
            Self::Number => 1.0.into(),
            Self::Seconds => "60s".into(),
            Self::Truth => true.into(),
            Self::Word(words) => words.first().cloned().unwrap_or_default().into(),
            Self::Text => "".into(),
            Self::Names => Value::Array(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tracecast_model::{Autoscaler, native};

    use super::*;

    /// What is added to a policy is one that files may have.
    #[test]
    fn the_least_of_everything_is_read_as_a_model() {
        let all: Value = serde_json::from_str(&native::schema()).unwrap();
        let schema = Schema(&all);
        let kinds = all["$defs"]["Autoscaler"]["oneOf"].as_array().unwrap();
        for kind in kinds {
            let mut policy = schema.least(kind);
            for (name, property) in kind["properties"].as_object().unwrap() {
                let is_there = policy.get(name).is_some();
                if !is_there && (schema.of_items(property).is_some() || schema.of_object(property).is_some())
                {
                    policy[name] = schema.least(property);
                }
            }
            serde_json::from_value::<Autoscaler>(policy.clone())
                .unwrap_or_else(|error| panic!("{error}: {policy:#}"));
        }
        let metric = schema.definition("HpaMetric");
        assert_eq!(schema.least(metric), json!({ "resource": { "target": { "average_utilization": 1 } } }));
        let kinds: Vec<&str> = schema.choices(metric).into_iter().map(|(name, _)| name).collect();
        assert_eq!(kinds[..3], ["resource", "container_resource", "pods"]);
    }
}
