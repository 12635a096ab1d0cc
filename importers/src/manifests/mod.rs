//! What people have configured beside their traces: manifests of Kubernetes, KEDA, Knative, Istio, Docker Compose files, and the
//! configurations of Prometheus and its Alertmanager.
//!
//! Traces show who calls whom and for how long; limits, autoscalers, timeouts and retries stand in manifests. [`read`] takes a
//! YAML file apart, [`apply`] puts what it understands on a model, and accounts for every field: what it became, or that it was
//! left alone.
//!
//! # To add a kind
//! One file with a function that reads its [`Fields`], and its line in [`KINDS`].

mod alert_rules;
mod alerting;
mod compose;
mod configured;
mod fields;
mod hpa;
mod istio;
mod keda;
mod knative;
mod quantity;
mod services;
mod topology;
mod workload;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracecast_model::System;

use alerting::Alerting;
use fields::{Fields, Record};

/// One document of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file's name, for messages.
    pub file: String,
    /// From 1 on.
    pub number: usize,
    /// What stands in it.
    pub value: Value,
}

/// Why manifests cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The text is no YAML.
    #[error("{file}: not valid YAML: {message}")]
    Syntax {
        /// Which file.
        file: String,
        /// What is wrong, and where.
        message: String,
    },
    /// A field does not hold what it has to.
    #[error("{file}: document {number}, {path}: expected {expected}, found {found}")]
    Field {
        /// Which file.
        file: String,
        /// Which of its documents, from 1 on.
        number: usize,
        /// Which field.
        path: String,
        /// What it has to hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
}

/// What became of the fields of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// By document, in order.
    pub documents: Vec<DocumentAccount>,
}

/// What became of the fields of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentAccount {
    /// The file.
    pub file: String,
    /// What it is, as "Deployment cart".
    pub document: String,
    /// What was set, as "cart.replicas = 3".
    pub set: Vec<String>,
    /// What was left alone, and why; fields that say nothing about performance are not told.
    pub left: Vec<String>,
}

/// How a kind of documents is told, and put on a model.
struct Kind {
    /// Is the document of this kind?
    is: fn(&Fields<'_>) -> bool,
    /// Puts it on the model.
    apply: fn(&Fields<'_>, &mut Target<'_>),
    /// Before kinds of a higher stage: autoscalers are bounded by what workloads say.
    stage: u8,
    /// What a document is called that has no name of its own.
    title: Option<&'static str>,
}

/// What can be put on a model.
const KINDS: &[Kind] = &[
    Kind { is: compose::is, apply: compose::apply, stage: 0, title: Some("Compose file") },
    Kind { is: workload::is, apply: workload::apply, stage: 0, title: None },
    Kind { is: knative::is, apply: knative::apply, stage: 0, title: None },
    Kind {
        is: alerting::is_prometheus,
        apply: alerting::prometheus,
        stage: 0,
        title: Some("Prometheus' configuration"),
    },
    Kind {
        is: alerting::is_alertmanager,
        apply: alerting::alertmanager,
        stage: 0,
        title: Some("Alertmanager's configuration"),
    },
    Kind { is: alerting::is_actions, apply: alerting::actions, stage: 0, title: Some("AlertActions") },
    Kind { is: alert_rules::is, apply: alert_rules::apply, stage: 1, title: Some("alerting rules") },
    Kind { is: hpa::is, apply: hpa::apply, stage: 1, title: None },
    Kind { is: keda::is, apply: keda::apply, stage: 1, title: None },
    Kind { is: istio::is_virtual_service, apply: istio::virtual_service, stage: 1, title: None },
    Kind { is: istio::is_destination_rule, apply: istio::destination_rule, stage: 1, title: None },
];

/// A model that is being changed, with what is said about it.
struct Target<'a> {
    system: &'a mut System,
    /// Services by the names of the workloads that they are: "Deployment/cart-v1" to "cart".
    workloads: &'a mut Vec<(String, String)>,
    alerting: &'a mut Alerting,
    account: DocumentAccount,
}

impl Target<'_> {
    fn set(&mut self, service: &str, what: impl std::fmt::Display) {
        self.account.set.push(format!("{service}.{what}"));
    }

    fn leave(&mut self, what: impl Into<String>) {
        self.account.left.push(what.into());
    }
}

/// Takes a file of one or several YAML (or JSON) documents apart.
///
/// # Errors
/// [`ManifestError::Syntax`] with the place.
pub fn read(file: &str, text: &str) -> Result<Vec<Document>, ManifestError> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)
        .map_err(|error| ManifestError::Syntax { file: file.into(), message: error.to_string() })?;
    let numbered = (1..).zip(documents).filter(|(_, value)| !value.is_null());
    let mut all = Vec::new();
    for (number, value) in numbered {
        match value {
            // What `kubectl get -o yaml` gives.
            Value::Object(mut list) if list.get("kind").and_then(Value::as_str) == Some("List") => {
                let items = list.remove("items").and_then(|items| match items {
                    Value::Array(items) => Some(items),
                    _ => None,
                });
                let items = items.unwrap_or_default().into_iter();
                all.extend(items.map(|value| Document { file: file.into(), number, value }));
            }
            value => all.push(Document { file: file.into(), number, value }),
        }
    }
    Ok(all)
}

/// Puts manifests on a model, whatever their order.
///
/// # Errors
/// [`ManifestError::Field`] for the first field that does not hold what it has to; the model is unchanged then.
pub fn apply(documents: &[Document], system: &mut System) -> Result<Account, ManifestError> {
    let mut changed = system.clone();
    let mut workloads = Vec::new();
    let mut alerting = Alerting::default();
    let mut accounts: Vec<Option<DocumentAccount>> = vec![None; documents.len()];
    for stage in 0..=1 {
        for (document, account) in documents.iter().zip(&mut accounts) {
            let record = Record::default();
            let fields = Fields::new(&document.value, &record);
            let kind = KINDS.iter().find(|kind| (kind.is)(&fields));
            if kind.map_or(0, |kind| kind.stage) != stage {
                continue;
            }
            let mut target = Target {
                system: &mut changed,
                workloads: &mut workloads,
                alerting: &mut alerting,
                account: DocumentAccount {
                    file: document.file.clone(),
                    document: title(&fields, kind),
                    ..DocumentAccount::default()
                },
            };
            match kind {
                Some(kind) => {
                    (kind.apply)(&fields, &mut target);
                    target.account.left.extend(fields.unread());
                }
                None if says_nothing(&fields) => {}
                None => target.leave("nothing of its kind is understood"),
            }
            let told = target.account;
            record.result(document)?;
            *account = Some(told);
        }
    }
    *system = changed;
    Ok(Account { documents: accounts.into_iter().flatten().collect() })
}

/// Is it of a kind that says nothing about performance?
fn says_nothing(fields: &Fields<'_>) -> bool {
    const KINDS: [&str; 9] = [
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "Namespace",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
    ];
    fields.peek("kind").and_then(Value::as_str).is_some_and(|kind| KINDS.contains(&kind))
}

/// What a document is, for messages.
fn title(fields: &Fields<'_>, kind: Option<&Kind>) -> String {
    if let Some(title) = kind.and_then(|kind| kind.title)
        && fields.peek("metadata.name").is_none()
    {
        return title.into();
    }
    let word = |path: &str| fields.peek(path).and_then(Value::as_str).unwrap_or("?").to_owned();
    format!("{} {}", word("kind"), word("metadata.name"))
}
