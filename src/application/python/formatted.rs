//! Text that is put together by `"%s:%s" % (host, port)` or `"{}:{}".format(host, port)`: the same as an f-string.
//!
//! What the values are is none of its business: it gives the parts, each made by whoever asks.

use ruff_python_ast::{self as ast, Expr};

/// A part of a text: itself, or a place for a value.
enum Part {
    Text(String),
    Position(usize),
    Name(String),
}

/// `"redis://%s:%s" % (HOST, PORT)`, `"redis://%(host)s" % {"host": HOST}`.
pub(super) fn by_operator<T: Clone>(
    node: &ast::ExprBinOp,
    of: &impl Fn(&Expr) -> T,
    literal: fn(String) -> T,
) -> Option<Vec<T>> {
    let text = node.left.as_string_literal_expr()?.value.to_str();
    let given: Vec<T> = match &*node.right {
        Expr::Tuple(tuple) => tuple.elts.iter().map(of).collect(),
        other => vec![of(other)],
    };
    let named = match &*node.right {
        Expr::Dict(dict) => dict
            .iter()
            .filter_map(|item| {
                let key = item.key.as_ref()?.as_string_literal_expr()?;
                Some((key.value.to_str().to_owned(), of(&item.value)))
            })
            .collect(),
        _ => Vec::new(),
    };
    filled(percent(text)?, &given, &named, literal)
}

/// `"redis://{}:{port}".format(HOST, port=PORT)`.
pub(super) fn by_method<T: Clone>(
    node: &ast::ExprCall,
    of: &impl Fn(&Expr) -> T,
    literal: fn(String) -> T,
) -> Option<Vec<T>> {
    let method = node.func.as_attribute_expr()?;
    let text = method.value.as_string_literal_expr()?.value.to_str();
    if method.attr.as_str() != "format" {
        return None;
    }
    let given: Vec<T> = node.arguments.args.iter().map(of).collect();
    let named = node.arguments.keywords.iter().filter_map(|keyword| {
        let name = keyword.arg.as_ref()?;
        Some((name.to_string(), of(&keyword.value)))
    });
    let named: Vec<(String, T)> = named.collect();
    filled(braces(text)?, &given, &named, literal)
}

fn filled<T: Clone>(
    parts: Vec<Part>,
    given: &[T],
    named: &[(String, T)],
    literal: fn(String) -> T,
) -> Option<Vec<T>> {
    let values = parts.into_iter().map(|part| match part {
        Part::Text(text) => Some(literal(text)),
        Part::Position(at) => given.get(at).cloned(),
        Part::Name(name) => {
            let mut named = named.iter();
            let found = named.find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        }
    });
    values.collect()
}

/// The parts of a text for `%`; `None` where it is formatted further than `%s` and `%d`.
fn percent(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let (mut rest, mut count) = (text, 0);
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(Part::Text(before.to_owned()));
        let (part, after) = if let Some(after) = after.strip_prefix('%') {
            (Part::Text("%".to_owned()), after)
        } else if let Some(after) = after.strip_prefix('(') {
            let (name, after) = after.split_once(')')?;
            (Part::Name(name.to_owned()), after.strip_prefix(['s', 'd'])?)
        } else {
            count += 1;
            (Part::Position(count - 1), after.strip_prefix(['s', 'd'])?)
        };
        parts.push(part);
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Some(parts)
}

/// The parts of a text for `format`; `None` where a field is more than a place.
fn braces(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let (mut rest, mut count) = (text, 0);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        parts.push(Part::Text(before.to_owned()));
        let doubled = ["{{", "}}"].into_iter().find(|two| after.starts_with(two));
        if let Some(two) = doubled {
            parts.push(Part::Text(two[1..].to_owned()));
            rest = &after[2..];
            continue;
        }
        let (field, after) = after.strip_prefix('{')?.split_once('}')?;
        parts.push(match field.parse() {
            Ok(position) => Part::Position(position),
            Err(_) if field.is_empty() => {
                count += 1;
                Part::Position(count - 1)
            }
            Err(_) => Part::Name(field.to_owned()),
        });
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Some(parts)
}
