//! What is varied: a setting of an element, or the load, and over which values.

use egui::{ComboBox, DragValue, RichText, Role, Ui, WidgetInfo};
use indexmap::IndexSet;
use tracecast_experiment::{Kind, Scope, Setting};
use tracecast_model::{System, seconds};

use crate::panels::load_form::Form;
use crate::sweep::{SweepAxis, SweepValue};

/// What stands for the load among the elements.
const LOAD: &str = "the load";
/// What is varied first where there is a choice.
const USUAL: &str = "replicas";
/// Values of an axis.
const MOST: u32 = 200;

/// Says it.
pub(super) struct AxisForm {
    /// First words of the names of its controls.
    word: &'static str,
    /// None: the load.
    element: Option<String>,
    /// Title of what of it is varied; another one has other values.
    of_it: String,
    from: f64,
    to: f64,
    steps: u32,
}

/// What can be varied of an element.
enum Varied {
    Setting(&'static Setting),
    Load(Form),
}

impl Varied {
    fn title(&self) -> String {
        match self {
            Self::Setting(setting) => setting.name.replace('_', " "),
            Self::Load(form) => form.amount().map(|(_, name)| name.to_owned()).unwrap_or_default(),
        }
    }

    /// Its value now: a number, and for people.
    fn now(&self, system: &System, element: &str) -> Option<(f64, String)> {
        match self {
            Self::Setting(setting) => {
                let text = setting.value(system, element)?;
                Some((number(&text)?, text))
            }
            Self::Load(form) => {
                let own = &system.workloads.first()?.load;
                let (amount, _) = form.amount().filter(|_| Form::of(own) == *form)?;
                Some((amount, amount.to_string()))
            }
        }
    }

    /// A range worth looking at.
    fn range(&self, system: &System, element: &str) -> [f64; 2] {
        let around = |value: f64| [round(value * 0.5), round(value * 2.0)];
        let now = self.now(system, element).map(|(now, _)| now);
        match self {
            Self::Setting(setting) => match (setting.kind, now) {
                (Kind::Count | Kind::CountOrInfinite, now) => [1.0, now.unwrap_or(1.0).max(5.0) * 2.0],
                (Kind::Factor, _) => [0.5, 2.0],
                (Kind::Share, now) => [0.0, now.unwrap_or(0.0).clamp(0.05, 0.5) * 2.0],
                (_, Some(now)) if now > 0.0 => around(now),
                _ => [0.5, 2.0],
            },
            Self::Load(form) => around(now.or(form.amount().map(|(amount, _)| amount)).unwrap_or(1.0)),
        }
    }
}

impl AxisForm {
    /// What its controls are called after, and how many values there are at first.
    pub(super) fn new(word: &'static str, steps: u32) -> Self {
        Self { word, element: Some(String::new()), of_it: String::new(), from: 1.0, to: 10.0, steps }
    }

    /// The same over the load.
    pub(super) fn over_load(self) -> Self {
        Self { element: None, ..self }
    }

    /// Draws it; where the model has no such element, the proposed one is chosen.
    pub(super) fn ui(&mut self, title: &str, proposed: Option<&str>, system: &System, ui: &mut Ui) {
        let elements = elements(system);
        let is_there = self.element.as_ref().is_none_or(|element| elements.contains(element));
        if !is_there || (self.element.is_none() && system.workloads.len() != 1) {
            self.element = proposed.map(str::to_owned).or_else(|| elements.first().cloned());
            self.of_it.clear();
        }
        ui.horizontal_wrapped(|ui| {
            crate::theme::name_column(title, super::NAMES, ui);
            self.element_combo(elements, system, ui);
            let choices = self.choices(system);
            if !choices.iter().any(|choice| choice.title() == self.of_it) {
                let usual = choices.iter().find(|choice| choice.title() == USUAL);
                let has_value = |choice: &&Varied| choice.now(system, self.element()).is_some();
                let usual = usual.or_else(|| choices.iter().find(has_value));
                self.choose(usual.or(choices.first()), system);
            }
            let combo = ComboBox::from_id_salt((self.word, "setting"))
                .selected_text(&self.of_it)
                .width(112.0)
                .show_ui(ui, |ui| {
                    for choice in &choices {
                        let is_it = choice.title() == self.of_it;
                        if ui.selectable_label(is_it, choice.title()).clicked() && !is_it {
                            self.choose(Some(choice), system);
                        }
                    }
                });
            let name = format!("{}etting to vary", if self.word.is_empty() { "S" } else { "Second s" });
            combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &name));
            self.values(ui);
            let now = self.chosen(system).and_then(|chosen| chosen.now(system, self.element()));
            if let Some((_, now)) = now {
                ui.label(RichText::new(format!("now {now}")).weak());
            }
        });
    }

    fn element_combo(&mut self, elements: Vec<String>, system: &System, ui: &mut Ui) {
        let shown = self.element.clone().unwrap_or_else(|| LOAD.into());
        let combo = ComboBox::from_id_salt((self.word, "element")).selected_text(shown).width(126.0).show_ui(
            ui,
            |ui| {
                // Loads replace each other, so that one of several cannot be varied alone.
                if system.workloads.len() == 1 {
                    ui.selectable_value(&mut self.element, None, LOAD);
                }
                for element in elements {
                    ui.selectable_value(&mut self.element, Some(element.clone()), element);
                }
            },
        );
        let name = format!("{}lement to vary", if self.word.is_empty() { "E" } else { "Second e" });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &name));
    }

    fn values(&mut self, ui: &mut Ui) {
        let word = self.word;
        let field = |ui: &mut Ui, name: &str, value: DragValue<'_>| {
            ui.label(name);
            let name = format!("{word}{name}");
            ui.add(value).widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, &name));
        };
        let speed = (self.to.abs() * 0.01).max(0.001);
        let number = |value| DragValue::new(value).range(0.0..=1e9).speed(speed).max_decimals(6);
        field(ui, "from", number(&mut self.from));
        field(ui, "to", number(&mut self.to));
        field(ui, "values", DragValue::new(&mut self.steps).range(2..=MOST));
    }

    fn element(&self) -> &str {
        self.element.as_deref().unwrap_or_default()
    }

    /// What can be varied of the element over numbers.
    fn choices(&self, system: &System) -> Vec<Varied> {
        let Some(element) = &self.element else {
            let own = system.workloads.first().map(|workload| Form::of(&workload.load));
            let kinds = Form::kinds()
                .into_iter()
                .map(|(name, form)| own.as_ref().filter(|own| own.kind() == name).cloned().unwrap_or(form));
            return kinds.filter(|form| form.amount().is_some()).map(Varied::Load).collect();
        };
        let is_numeric = |setting: &&Setting| {
            matches!(
                setting.kind,
                Kind::Count
                    | Kind::CountOrInfinite
                    | Kind::Number(_)
                    | Kind::Duration
                    | Kind::Share
                    | Kind::Factor
            )
        };
        Setting::of_element(system, element).filter(is_numeric).map(Varied::Setting).collect()
    }

    fn chosen(&self, system: &System) -> Option<Varied> {
        self.choices(system).into_iter().find(|choice| choice.title() == self.of_it)
    }

    fn choose(&mut self, choice: Option<&Varied>, system: &System) {
        let Some(choice) = choice else { return };
        self.of_it = choice.title();
        [self.from, self.to] = choice.range(system, self.element());
    }

    /// What it says.
    pub(super) fn axis(&self, system: &System) -> Option<SweepAxis> {
        let numbers = (0..self.steps.max(2)).map(|i| {
            round(self.from + (self.to - self.from) * f64::from(i) / f64::from(self.steps.max(2) - 1))
        });
        let (path, title, mut values) = match self.chosen(system)? {
            Varied::Setting(setting) => {
                let path = setting.path(self.element());
                let values: Vec<SweepValue> = numbers.map(|number| value(setting.kind, number)).collect();
                (path.clone(), path, values)
            }
            Varied::Load(form) => {
                let values = numbers.filter_map(|number| {
                    let form = form.clone().with_amount(number);
                    let (number, _) = form.amount()?;
                    Some(SweepValue { number, text: form.value(None)?.text })
                });
                ("load".to_owned(), self.of_it.clone(), values.collect())
            }
        };
        // Whole numbers are said once each.
        values.dedup();
        Some(SweepAxis { path, title, values })
    }
}

/// Names of all that has settings.
fn elements(system: &System) -> Vec<String> {
    let scopes = [Scope::Service, Scope::Operation, Scope::Host, Scope::Link];
    let mut names: IndexSet<String> = IndexSet::new();
    scopes.into_iter().for_each(|scope| names.extend(scope.elements(system)));
    names.into_iter().collect()
}

/// A value as the setting takes it.
fn value(kind: Kind, number: f64) -> SweepValue {
    let text = match kind {
        Kind::Count | Kind::CountOrInfinite => number.round().to_string(),
        Kind::Duration => format!("{number}s"),
        Kind::Factor => format!("*{number}"),
        _ => number.to_string(),
    };
    let number = if matches!(kind, Kind::Count | Kind::CountOrInfinite) { number.round() } else { number };
    SweepValue { number, text }
}

/// The number in the text of a value, where there is one.
fn number(text: &str) -> Option<f64> {
    let text = text.trim_start_matches('*');
    text.parse().ok().or_else(|| seconds::parse(text).ok())
}

/// Nine decimals hide what dividing binary fractions leaves behind.
fn round(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use tracecast_model::fixtures;

    use super::*;

    fn texts(form: &AxisForm, system: &System) -> Vec<String> {
        form.axis(system).unwrap().values.into_iter().map(|value| value.text).collect()
    }

    #[test]
    fn values_are_what_settings_take() {
        let system = fixtures::three_tiers(20.0);
        let mut form = AxisForm::new("", 4);
        form.element = Some("database".into());
        form.of_it = "replicas".into();
        [form.from, form.to] = [1.0, 4.0];
        assert_eq!(texts(&form, &system), ["1", "2", "3", "4"]);
        // Whole numbers are said once each.
        [form.from, form.to] = [1.0, 2.0];
        assert_eq!(texts(&form, &system), ["1", "2"]);
        assert_eq!(value(Kind::Duration, 0.25).text, "0.25s");
        assert_eq!(value(Kind::Factor, 2.0).text, "*2");
        assert_eq!((number("0.25s"), number("*2"), number("none")), (Some(0.25), Some(2.0), None));
    }

    #[test]
    fn the_load_is_an_axis_too() {
        let system = fixtures::three_tiers(20.0);
        let mut form = AxisForm::new("", 3);
        form.element = None;
        form.choose(
            form.choices(&system).iter().find(|choice| choice.title() == "arrivals per second"),
            &system,
        );
        assert_eq!(texts(&form, &system), ["poisson:10/s", "poisson:25/s", "poisson:40/s"]);
        form.choose(form.choices(&system).iter().find(|choice| choice.title() == "users"), &system);
        assert_eq!(texts(&form, &system)[0], "closed:25,think=1s");
    }
}
