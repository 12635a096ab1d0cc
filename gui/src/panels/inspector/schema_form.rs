//! A form of a JSON object, made of its schema: a field for each property, with what it means, its range and its default.
//! Objects and lists are as deep as the value has them; what is not there yet is added as text.

use egui::{Checkbox, ComboBox, DragValue, Response, RichText, Role, TextEdit, Ui, WidgetInfo};
use serde_json::{Map, Value};
use tracecast_model::seconds;

use super::field::name_of;

/// The schema of a whole document, in which definitions are looked up.
pub(super) struct SchemaForm<'a>(pub(super) &'a Value);

impl<'a> SchemaForm<'a> {
    /// A definition, by its name.
    pub(super) fn definition(&self, name: &str) -> &'a Value {
        &self.0["$defs"][name]
    }

    /// Draws the fields of an object; true where one was changed. `path` begins the names of all controls.
    pub(super) fn object(
        &self,
        object: &mut Map<String, Value>,
        schema: &'a Value,
        path: &str,
        ui: &mut Ui,
    ) -> bool {
        let schema = self.fitting(schema, &Value::Object(object.clone()));
        let Some(properties) = schema["properties"].as_object() else { return false };
        let mut changed = false;
        for (name, property) in properties {
            if property.get("const").is_none() {
                changed |= self.property(object, name, property, &format!("{path}.{name}"), ui);
            }
        }
        changed
    }

    fn property(
        &self,
        object: &mut Map<String, Value>,
        name: &str,
        schema: &'a Value,
        path: &str,
        ui: &mut Ui,
    ) -> bool {
        let meaning = schema["description"].as_str().unwrap_or_default();
        let title = name.replace('_', " ");
        match object.get_mut(name) {
            Some(Value::Object(inner)) => {
                ui.label(RichText::new(title).weak()).on_hover_text(meaning);
                ui.indent(path, |ui| self.object(inner, schema, path, ui)).inner
            }
            Some(Value::Array(items)) if items.iter().any(Value::is_object) => {
                let of_items = &self.fitting(schema, &Value::Null)["items"];
                let mut changed = false;
                for (number, item) in items.iter_mut().enumerate() {
                    let Value::Object(item) = item else { continue };
                    let path = format!("{path}.{}", number + 1);
                    ui.label(RichText::new(format!("{title} {}", number + 1)).weak()).on_hover_text(meaning);
                    changed |= ui.indent(&path, |ui| self.object(item, of_items, &path, ui)).inner;
                }
                changed
            }
            present => {
                let default = schema.get("default").cloned().unwrap_or(Value::Null);
                let value = present.map_or(default, |value| value.clone());
                let Some(kind) = self.kind(schema, &value) else { return false };
                let next = ui.horizontal(|ui| {
                    name_of(RichText::new(&title), ui).on_hover_text(format!("{title}\n{meaning}"));
                    control(&kind, self.is_nullable(schema), &value, path, ui)
                });
                match next.inner {
                    Some(Value::Null) => object.remove(name).is_some(),
                    Some(next) => {
                        object.insert(name.to_owned(), next);
                        true
                    }
                    None => false,
                }
            }
        }
    }

    /// What a reference stands for.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => self.definition(name),
            None => schema,
        }
    }

    fn alternatives(schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        ["oneOf", "anyOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten()
    }

    /// The alternative that a value takes: that with its tag, or with what it requires.
    fn fitting(&self, schema: &'a Value, value: &Value) -> &'a Value {
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

    fn is_nullable(&self, schema: &'a Value) -> bool {
        let null = Value::from("null");
        let is_null = |schema: &Value| {
            schema["type"] == null || schema["type"].as_array().is_some_and(|types| types.contains(&null))
        };
        is_null(schema) || Self::alternatives(schema).any(is_null)
    }

    fn kind(&self, schema: &'a Value, value: &Value) -> Option<Kind> {
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
        } else {
            None
        }
    }
}

/// What a property is.
enum Kind {
    Whole { least: f64 },
    Number,
    Seconds,
    Truth,
    Word(Vec<String>),
    Text,
}

impl Kind {
    /// To begin with, where there is nothing.
    fn first(&self) -> Value {
        match self {
            Self::Whole { .. } => 1.into(),
            Self::Number => 1.0.into(),
            Self::Seconds => "60s".into(),
            Self::Truth => true.into(),
            Self::Word(words) => words.first().cloned().unwrap_or_default().into(),
            Self::Text => "".into(),
        }
    }
}

/// The control of a property, and what it is set to; null: to nothing.
fn control(kind: &Kind, is_nullable: bool, value: &Value, path: &str, ui: &mut Ui) -> Option<Value> {
    let named = |response: Response, role| {
        response.widget_info(|| WidgetInfo::labeled(role, true, path));
        response
    };
    if is_nullable {
        let mut is_there = !value.is_null();
        if named(ui.add(Checkbox::without_text(&mut is_there)), Role::CheckBox).changed() {
            return Some(if is_there { kind.first() } else { Value::Null });
        }
        if !is_there {
            ui.label(RichText::new("none").weak());
            return None;
        }
    }
    match kind {
        Kind::Whole { least } => {
            let mut number = value.as_i64().unwrap_or_default();
            let drag = DragValue::new(&mut number).range(*least as i64..=1_000_000_000).speed(0.1);
            named(ui.add(drag), Role::SpinButton).changed().then(|| number.into())
        }
        Kind::Number => {
            let mut number = value.as_f64().unwrap_or_default();
            let speed = (number.abs() * 0.01).max(0.001);
            let drag = DragValue::new(&mut number).speed(speed).max_decimals(6);
            named(ui.add(drag), Role::SpinButton).changed().then(|| number.into())
        }
        Kind::Seconds => {
            let text = value.as_str().and_then(|text| seconds::parse(text).ok());
            let mut time = value.as_f64().or(text).unwrap_or_default();
            let speed = (time * 0.01).max(0.01);
            let drag = DragValue::new(&mut time)
                .range(0.0..=1e7)
                .speed(speed)
                .custom_formatter(|value, _| seconds::display(value))
                .custom_parser(|text| seconds::parse(text).ok());
            named(ui.add(drag), Role::SpinButton).changed().then(|| time.into())
        }
        Kind::Truth => {
            let mut truth = value.as_bool().unwrap_or_default();
            let check = named(ui.add(Checkbox::without_text(&mut truth)), Role::CheckBox);
            check.changed().then(|| truth.into())
        }
        Kind::Word(words) => {
            let now = value.as_str().unwrap_or_default();
            let mut chosen = None;
            let combo = ComboBox::from_id_salt(path).selected_text(now.replace('_', " ")).width(110.0);
            let combo = combo.show_ui(ui, |ui| {
                for word in words {
                    if ui.selectable_label(word == now, word.replace('_', " ")).clicked() {
                        chosen = Some(Value::from(word.as_str()));
                    }
                }
            });
            named(combo.response, Role::ComboBox);
            chosen
        }
        Kind::Text => {
            let mut text = value.as_str().unwrap_or_default().to_owned();
            let field =
                ui.add(TextEdit::singleline(&mut text).desired_width(ui.available_width().min(140.0)));
            crate::theme::name_field(&field, &text, path);
            field.changed().then(|| text.into())
        }
    }
}
