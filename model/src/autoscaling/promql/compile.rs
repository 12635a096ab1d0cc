//! From text to an expression of what is supported.

use promql_parser::parser::token::{
    T_ADD, T_AVG, T_COUNT, T_DIV, T_EQLC, T_GROUP, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS,
    T_MAX, T_MIN, T_MOD, T_MUL, T_NEQ, T_POW, T_SUB, T_SUM,
};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    self, AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, Offset, VectorMatchCardinality,
    VectorSelector,
};

use super::aggregate::{Aggregation, Grouping};
use super::binary::{Operator, Pairing};
use super::evaluate::{Mapping, Node};
use super::over_time::OverTime;
use super::selector::Selector;
use super::series::{Labels, NAME};

/// Expressions in expressions.
const DEEPEST: u32 = 100;

/// The expression of a text, or why there is none.
pub(super) fn expression(text: &str) -> Result<Node, String> {
    let expression = parser::parse(text).map_err(|error| error.trim().to_owned())?;
    node(&expression, 0)
}

fn unsupported(what: impl std::fmt::Display) -> String {
    format!("uses {what}, which is not supported")
}

fn node(expression: &Expr, depth: u32) -> Result<Node, String> {
    if depth > DEEPEST {
        return Err(format!("is nested more than {DEEPEST} levels deep"));
    }
    let inner = |expression: &Expr| Ok::<_, String>(Box::new(node(expression, depth + 1)?));
    match expression {
        Expr::Paren(paren) => node(&paren.expr, depth + 1),
        Expr::NumberLiteral(number) => Ok(Node::Number(number.val)),
        Expr::Unary(unary) => Ok(Node::Map(Mapping::Negate, inner(&unary.expr)?)),
        Expr::VectorSelector(selector) => Ok(Node::Select(select(selector, 0)?)),
        Expr::Aggregate(aggregate) => {
            let of = inner(&aggregate.expr)?;
            Ok(Node::Aggregate(aggregation(aggregate)?, grouping(aggregate.modifier.as_ref()), of))
        }
        Expr::Binary(binary) => {
            let (left, right) = (inner(&binary.lhs)?, inner(&binary.rhs)?);
            Ok(Node::Binary(operator(binary)?, pairing(binary)?, left, right))
        }
        Expr::Call(call) => function(call, depth + 1),
        Expr::MatrixSelector(_) => Err("is a range of samples, not a value".to_owned()),
        Expr::Subquery(_) => Err(unsupported("a subquery")),
        Expr::StringLiteral(_) => Err(unsupported("a string")),
        Expr::Extension(_) => Err(unsupported("an extension")),
    }
}

fn select(selector: &VectorSelector, range: i64) -> Result<Selector, String> {
    if selector.at.is_some() {
        return Err(unsupported("the modifier @"));
    }
    if !selector.matchers.or_matchers.is_empty() {
        return Err(unsupported("\"or\" between label matchers"));
    }
    let offset = match selector.offset {
        None => 0,
        Some(Offset::Pos(offset)) => nanos(offset),
        Some(Offset::Neg(_)) => return Err(unsupported("a negative offset")),
    };
    let named = selector.matchers.find_matchers(NAME);
    let equal = named.iter().find(|m| m.op == promql_parser::label::MatchOp::Equal).map(|m| m.value.clone());
    let metric = selector.name.clone().or(equal).ok_or_else(|| unsupported("a selector without a metric"))?;
    Ok(Selector { metric, matchers: selector.matchers.matchers.clone(), range, offset })
}

fn nanos(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn aggregation(aggregate: &AggregateExpr) -> Result<Aggregation, String> {
    Ok(match aggregate.op.id() {
        T_SUM => Aggregation::Sum,
        T_AVG => Aggregation::Avg,
        T_MIN => Aggregation::Min,
        T_MAX => Aggregation::Max,
        T_COUNT => Aggregation::Count,
        T_GROUP => Aggregation::Group,
        _ => return Err(unsupported(aggregate.op)),
    })
}

fn grouping(modifier: Option<&LabelModifier>) -> Grouping {
    match modifier {
        None => Grouping::By(Vec::new()),
        Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels.clone()),
        Some(LabelModifier::Exclude(labels)) => Grouping::Without(labels.labels.clone()),
    }
}

fn operator(binary: &BinaryExpr) -> Result<Operator, String> {
    Ok(match binary.op.id() {
        T_ADD => Operator::Add,
        T_SUB => Operator::Sub,
        T_MUL => Operator::Mul,
        T_DIV => Operator::Div,
        T_MOD => Operator::Mod,
        T_POW => Operator::Pow,
        T_EQLC => Operator::Equal,
        T_NEQ => Operator::NotEqual,
        T_LSS => Operator::Less,
        T_LTE => Operator::LessEqual,
        T_GTR => Operator::Greater,
        T_GTE => Operator::GreaterEqual,
        T_LAND => Operator::And,
        T_LOR => Operator::Or,
        T_LUNLESS => Operator::Unless,
        _ => return Err(unsupported(binary.op)),
    })
}

fn pairing(binary: &BinaryExpr) -> Result<Pairing, String> {
    let Some(modifier) = &binary.modifier else {
        return Ok(Pairing { on: false, labels: Vec::new(), is_bool: false });
    };
    match modifier.card {
        VectorMatchCardinality::ManyToOne(_) => return Err(unsupported("group_left")),
        VectorMatchCardinality::OneToMany(_) => return Err(unsupported("group_right")),
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {}
    }
    if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
        return Err(unsupported("fill"));
    }
    let (on, labels) = match &modifier.matching {
        None => (false, Vec::new()),
        Some(LabelModifier::Include(labels)) => (true, labels.labels.clone()),
        Some(LabelModifier::Exclude(labels)) => (false, labels.labels.clone()),
    };
    Ok(Pairing { on, labels, is_bool: modifier.return_bool })
}

fn function(call: &Call, depth: u32) -> Result<Node, String> {
    let arguments: Vec<&Expr> = call.args.args.iter().map(|argument| &**argument).collect();
    let name = call.func.name;
    if let (Some(function), [Expr::MatrixSelector(matrix)]) = (OverTime::parse(name), arguments.as_slice()) {
        return Ok(Node::OverTime(function, select(&matrix.vs, nanos(matrix.range))?));
    }
    let inner = |expression: &Expr| Ok::<_, String>(Box::new(node(expression, depth)?));
    let number = |expression: &Expr| match node(expression, depth)? {
        Node::Number(value) => Ok(value),
        Node::Map(Mapping::Negate, of) if matches!(*of, Node::Number(_)) => match *of {
            Node::Number(value) => Ok(-value),
            _ => Err(unsupported("this argument")),
        },
        _ => Err(unsupported(format!("a limit of {name} that is no number"))),
    };
    match (name, arguments.as_slice()) {
        ("abs", [of]) => Ok(Node::Map(Mapping::Abs, inner(of)?)),
        ("ceil", [of]) => Ok(Node::Map(Mapping::Ceil, inner(of)?)),
        ("floor", [of]) => Ok(Node::Map(Mapping::Floor, inner(of)?)),
        ("clamp_min", [of, least]) => Ok(Node::Map(Mapping::ClampMin(number(least)?), inner(of)?)),
        ("clamp_max", [of, most]) => Ok(Node::Map(Mapping::ClampMax(number(most)?), inner(of)?)),
        ("absent", [of]) => {
            let inner = inner(of)?;
            let labels = if let Node::Select(selector) = &*inner { selector.given() } else { Labels::new() };
            Ok(Node::Absent(labels, inner))
        }
        ("scalar", [of]) if of.value_type() == ValueType::Vector => Ok(Node::Scalar(inner(of)?)),
        ("vector", [of]) => Ok(Node::Vector(inner(of)?)),
        ("histogram_quantile", [q, of]) => Ok(Node::Quantile(inner(q)?, inner(of)?)),
        ("time", []) => Ok(Node::Time),
        _ => Err(unsupported(format!("the function {name} in this form"))),
    }
}
