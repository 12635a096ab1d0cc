//! A form of a JSON object, made of its schema: a field for each property, with what it means, its range and its default.
//! Objects and items of lists are added and removed.

use egui::{Checkbox, ComboBox, DragValue, Id, Response, RichText, Role, TextEdit, Ui, WidgetInfo};
use serde_json::{Map, Value};
use tracecast_model::seconds;

use super::schema::{Kind, Schema};
use crate::theme;

/// Width of the names: those of policies are long.
const NAMES: f32 = 126.0;

fn name_of(text: RichText, ui: &mut Ui) -> Response {
    theme::name_column(text, NAMES, ui)
}

/// Draws the fields of an object; true where one was changed. `path` begins the names of all controls.
pub(super) fn object<'a>(
    schema: Schema<'a>,
    object: &mut Map<String, Value>,
    of: &'a Value,
    path: &str,
    ui: &mut Ui,
) -> bool {
    let of = schema.of_object(of).unwrap_or(of);
    let fitting = schema.fitting(of, &Value::Object(object.clone()));
    if let Some(other) = choice(schema, of, fitting, path, ui) {
        *object = other;
        return true;
    }
    let Some(properties) = fitting["properties"].as_object() else { return false };
    let required: Vec<&str> =
        fitting["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut changed = false;
    for (name, property) in properties.iter().filter(|(_, property)| property.get("const").is_none()) {
        let place = Property {
            schema,
            of: property,
            name,
            path: &format!("{path}.{name}"),
            is_required: required.contains(&name.as_str()),
        };
        changed |= place.ui(object, ui);
    }
    changed
}

/// Which kind of object it is, where there are several; the least of another one that was chosen.
fn choice<'a>(
    schema: Schema<'a>,
    of: &'a Value,
    now: &'a Value,
    path: &str,
    ui: &mut Ui,
) -> Option<Map<String, Value>> {
    let choices = schema.choices(of);
    if choices.len() < 2 {
        return None;
    }
    let of_now = choices.iter().find(|(_, one)| std::ptr::eq(*one, now)).map_or("", |(name, _)| name);
    let mut chosen = None;
    ui.horizontal(|ui| {
        name_of(RichText::new("kind"), ui);
        let combo =
            ComboBox::from_id_salt((path, "kind")).selected_text(of_now.replace('_', " ")).width(130.0);
        let combo = combo.show_ui(ui, |ui| {
            for (name, one) in &choices {
                let label = ui.selectable_label(*name == of_now, name.replace('_', " "));
                if label.on_hover_text(one["description"].as_str().unwrap_or_default()).clicked()
                    && *name != of_now
                {
                    chosen = schema.least(one).as_object().cloned();
                }
            }
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{path}.kind")));
    });
    chosen
}

/// A property of an object.
struct Property<'a, 'p> {
    schema: Schema<'a>,
    of: &'a Value,
    name: &'a str,
    path: &'p str,
    is_required: bool,
}

impl Property<'_, '_> {
    fn title(&self) -> String {
        self.name.replace('_', " ")
    }

    fn meaning(&self) -> &str {
        self.of["description"].as_str().unwrap_or_default()
    }

    fn ui(&self, object: &mut Map<String, Value>, ui: &mut Ui) -> bool {
        if self.schema.of_items(self.of).is_some() {
            return self.list(object, ui);
        }
        let present = object.get(self.name);
        // A distribution may be an object, or just its mean.
        let is_plain =
            self.schema.kind(self.of, &Value::Null).is_some() && !present.is_some_and(Value::is_object);
        if self.schema.of_object(self.of).is_some() && !is_plain {
            return self.inner(object, ui);
        }
        let default = self.of.get("default").cloned().unwrap_or(Value::Null);
        let value = present.map_or(default, Value::clone);
        let Some(kind) = self.schema.kind(self.of, &value) else { return false };
        let next = ui.horizontal(|ui| {
            let title = self.title();
            name_of(RichText::new(&title), ui).on_hover_text(format!("{title}\n{}", self.meaning()));
            control(&kind, self.schema.is_nullable(self.of), &value, self.path, ui)
        });
        match next.inner {
            Some(Value::Null) => object.remove(self.name).is_some(),
            Some(next) => {
                object.insert(self.name.to_owned(), next);
                true
            }
            None => false,
        }
    }

    /// An object in the object, which may be missing.
    fn inner(&self, object: &mut Map<String, Value>, ui: &mut Ui) -> bool {
        let Some(Value::Object(inner)) = object.get_mut(self.name) else {
            if !self.add("", ui) {
                return false;
            }
            object.insert(self.name.to_owned(), self.schema.least(self.of));
            return true;
        };
        let mut removed = false;
        ui.horizontal(|ui| {
            name_of(RichText::new(self.title()).weak(), ui).on_hover_text(self.meaning());
            removed = !self.is_required && remove(self.path, ui);
        });
        if removed {
            object.remove(self.name);
            return true;
        }
        ui.indent(self.path, |ui| self::object(self.schema, inner, self.of, self.path, ui)).inner
    }

    /// Objects in a list, which may be missing.
    fn list(&self, object: &mut Map<String, Value>, ui: &mut Ui) -> bool {
        let Some(of_items) = self.schema.of_items(self.of) else { return false };
        let mut changed = false;
        let mut removed = None;
        let given = object.get(self.name).or(self.of.get("default"));
        let mut items = given.and_then(Value::as_array).cloned().unwrap_or_default();
        let count = items.len();
        for (number, item) in items.iter_mut().enumerate() {
            let Value::Object(item) = item else { continue };
            let path = format!("{}.{}", self.path, number + 1);
            ui.horizontal(|ui| {
                let title = RichText::new(format!("{} {}", self.title(), number + 1)).weak();
                name_of(title, ui).on_hover_text(self.meaning());
                // What must be there has an item at least.
                if (count > 1 || !self.is_required) && remove(&path, ui) {
                    removed = Some(number);
                }
            });
            changed |= ui.indent(&path, |ui| self::object(self.schema, item, of_items, &path, ui)).inner;
        }
        if let Some(number) = removed {
            items.remove(number);
            changed = true;
        }
        if self.add(if count > 0 { "another" } else { "" }, ui) {
            // One like the last is nearer to what is wanted than the least there can be.
            items.push(items.last().cloned().unwrap_or_else(|| self.schema.least(of_items)));
            changed = true;
        }
        if changed {
            object.insert(self.name.to_owned(), Value::Array(items));
        }
        changed
    }

    /// A button that adds it, or another one of it.
    fn add(&self, which: &str, ui: &mut Ui) -> bool {
        ui.horizontal(|ui| {
            let title = RichText::new(if which.is_empty() { self.title() } else { String::new() });
            name_of(title, ui).on_hover_text(self.meaning());
            let add = ui.add(theme::small_button(format!("Add {which}").trim_end()));
            add.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Add {}", self.path)));
            add.on_hover_text(self.meaning()).clicked()
        })
        .inner
    }
}

fn remove(path: &str, ui: &mut Ui) -> bool {
    theme::remove_button(&format!("Remove {path}"), ui).clicked()
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
            theme::name_field(&field, &text, path);
            field.changed().then(|| text.into())
        }
        Kind::Names => names(value, path, ui),
    }
}

/// Names with commas between them. They are taken once all are typed, since a comma alone means nothing yet.
fn names(value: &Value, path: &str, ui: &mut Ui) -> Option<Value> {
    let typed = Id::unique((path, "typed"));
    let given: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = ui.data(|data| data.get_temp::<String>(typed)).unwrap_or_else(|| given.join(", "));
    let field =
        TextEdit::singleline(&mut text).hint_text("any").desired_width(ui.available_width().min(140.0));
    let field = ui.add(field);
    theme::name_field(&field, &text, path);
    if field.changed() {
        ui.data_mut(|data| data.insert_temp(typed, text.clone()));
    }
    if !field.lost_focus() {
        return None;
    }
    ui.data_mut(|data| data.remove_temp::<String>(typed));
    let next: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    (next != given).then(|| next.into())
}
