//! Expressions, as far as their value can be known without running anything.

use std::ops::Range;

use ruff_python_ast::{self as ast, Expr, Number, Operator};
use ruff_text_size::Ranged;

use super::formatted;

/// The value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A string.
    Str(String),
    /// An integer.
    Int(i64),
    /// `True`, `False`.
    Bool(bool),
    /// A dotted name.
    Name(String),
    /// A call.
    Call(Box<Call>),
    /// The items of a list, tuple or set.
    List(Vec<Value>),
    /// The items of a dictionary with known keys.
    Dict(Vec<(Value, Value)>),
    /// Values joined: `a + b`, an f-string.
    Joined(Vec<Value>),
    /// The first that is true: `a or b`.
    Either(Vec<Value>),
    /// `None`.
    Nothing,
    /// `...`.
    Ellipsis,
    /// Anything else.
    Other,
}

/// The name of keyword arguments that stand in a dictionary: `f(**values)`.
pub(crate) const UNPACKED: &str = "**";

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The dotted name that is called; for `f(x).g(y)` it is `().g`.
    pub(crate) callee: String,
    /// The call that the callee is taken from, in `f(x).g(y)`; an operator is one, too.
    pub(crate) receiver: Option<Box<Call>>,
    /// Positional arguments.
    pub(crate) arguments: Vec<Value>,
    /// Keyword arguments; what is unpacked into them has the name [`UNPACKED`].
    pub(crate) keywords: Vec<(String, Value)>,
    /// Where it is.
    pub(crate) span: Range<usize>,
}

impl Call {
    /// The argument with this name, or else at this position.
    pub(crate) fn argument(&self, name: &str, position: usize) -> Option<&Value> {
        self.keyword(name).or_else(|| self.arguments.get(position))
    }

    /// The keyword argument with this name.
    pub(crate) fn keyword(&self, name: &str) -> Option<&Value> {
        let mut keywords = self.keywords.iter();
        keywords
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The callee without its last part, and that part: `app` and `get` of `app.get`.
    pub(crate) fn method(&self) -> Option<(&str, &str)> {
        self.callee.rsplit_once('.')
    }
}

impl Value {
    /// The text, if it is a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The call, if it is one.
    pub(crate) fn as_call(&self) -> Option<&Call> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The dotted name, if it is one.
    pub(crate) fn as_name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Every value inside this one, itself first, calls' arguments not entered.
    pub(crate) fn flatten(&self) -> Vec<&Value> {
        let mut all = vec![self];
        match self {
            Self::List(items) | Self::Joined(items) | Self::Either(items) => {
                all.extend(items.iter().flat_map(Self::flatten));
            }
            Self::Dict(items) => {
                all.extend(items.iter().flat_map(|(_, value)| value.flatten()));
            }
            _ => {}
        }
        all
    }

    /// Every string inside this value.
    pub(crate) fn strings(&self) -> Vec<&str> {
        self.flatten()
            .into_iter()
            .filter_map(Self::as_str)
            .collect()
    }
}

/// How many values may be inside each other; what is deeper is [`Value::Other`]. Each call is summarised with what
/// is inside it, so that without a limit calls inside calls would take their square.
const DEEPEST: usize = 32;

/// The value of an expression.
pub(super) fn of(expr: &Expr) -> Value {
    within(expr, DEEPEST)
}

fn within(expr: &Expr, left: usize) -> Value {
    let Some(left) = left.checked_sub(1) else {
        return Value::Other;
    };
    let of = |expr: &Expr| within(expr, left);
    match expr {
        Expr::StringLiteral(text) => Value::Str(text.value.to_str().to_owned()),
        Expr::NumberLiteral(ast::ExprNumberLiteral {
            value: Number::Int(number),
            ..
        }) => number.as_i64().map_or(Value::Other, Value::Int),
        Expr::BooleanLiteral(node) => Value::Bool(node.value),
        Expr::Call(node) => {
            let made = || Value::Call(Box::new(call_within(node, left)));
            formatted::by_method(node, &of, Value::Str).map_or_else(made, Value::Joined)
        }
        Expr::List(list) => Value::List(list.elts.iter().map(of).collect()),
        Expr::Tuple(tuple) => Value::List(tuple.elts.iter().map(of).collect()),
        Expr::Set(set) => Value::List(set.elts.iter().map(of).collect()),
        Expr::Dict(dict) => dictionary(dict, left),
        Expr::BinOp(binary) if binary.op == Operator::Add => sum(binary, left),
        Expr::BinOp(binary) if binary.op == Operator::Div => division(binary, left),
        Expr::BinOp(binary) if binary.op == Operator::Mod => {
            formatted::by_operator(binary, &of, Value::Str).map_or(Value::Other, Value::Joined)
        }
        Expr::BinOp(binary) if binary.op == Operator::Sub => {
            let steps = vec![within(&binary.right, left)];
            operator(&binary.left, "__sub__", steps, binary, left)
        }
        Expr::BoolOp(either) if either.op == ast::BoolOp::Or => {
            Value::Either(either.values.iter().map(of).collect())
        }
        Expr::If(choice) => Value::Either(vec![of(&choice.body), of(&choice.orelse)]),
        Expr::FString(text) => f_string(text, left),
        Expr::Starred(starred) => of(&starred.value),
        Expr::Await(awaited) => of(&awaited.value),
        Expr::NoneLiteral(_) => Value::Nothing,
        Expr::EllipsisLiteral(_) => Value::Ellipsis,
        Expr::Subscript(subscript) => {
            let items = vec![of(&subscript.slice)];
            operator(&subscript.value, "__getitem__", items, expr, left)
        }
        Expr::Attribute(_) => match dotted(expr) {
            Some(name) => Value::Name(name),
            None => operator(expr, "__get__", Vec::new(), expr, left),
        },
        _ => dotted(expr).map_or(Value::Other, Value::Name),
    }
}

/// A type: the union `a | b | c` is the list of its members.
pub(super) fn annotation(expr: &Expr) -> Value {
    let mut members = Vec::new();
    let mut left = expr;
    while let Some(union) = left
        .as_bin_op_expr()
        .filter(|one| one.op == Operator::BitOr)
    {
        members.push(of(&union.right));
        left = &union.left;
    }
    if members.is_empty() {
        return of(expr);
    }
    members.push(of(left));
    members.reverse();
    Value::List(members)
}

/// `a + b + c`. The parser nests it to the left, as deep as it is long.
fn sum(last: &ast::ExprBinOp, left_depth: usize) -> Value {
    let of = |expr: &Expr| within(expr, left_depth);
    let mut parts = vec![of(&last.right)];
    let mut left = &*last.left;
    while let Some(before) = left.as_bin_op_expr().filter(|one| one.op == Operator::Add) {
        parts.push(of(&before.right));
        left = &before.left;
    }
    parts.push(of(left));
    parts.reverse();
    Value::Joined(parts)
}

/// `a / b / c`: paths are joined so. The parser nests it to the left, as deep as it is long.
fn division(last: &ast::ExprBinOp, left_depth: usize) -> Value {
    let of = |expr: &Expr| within(expr, left_depth);
    let mut parts = vec![of(&last.right)];
    let mut left = &*last.left;
    while let Some(before) = left.as_bin_op_expr().filter(|one| one.op == Operator::Div) {
        parts.push(of(&before.right));
        left = &before.left;
    }
    parts.reverse();
    operator(left, "__truediv__", parts, last, left_depth)
}

/// An operator is a call of its method: `os.environ["PORT"]` of the item getter, `f(x).name` of what gets an attribute,
/// `base / "a"` of the division.
fn operator(
    operand: &Expr,
    method: &str,
    arguments: Vec<Value>,
    whole: &impl Ranged,
    left: usize,
) -> Value {
    let (name, receiver) = callee(operand, left);
    let name = name.trim_end_matches('.');
    if name.is_empty() {
        return Value::Other;
    }
    Value::Call(Box::new(Call {
        callee: format!("{name}.{method}"),
        receiver: receiver.map(Box::new),
        arguments,
        keywords: Vec::new(),
        span: whole.range().into(),
    }))
}

fn dictionary(dict: &ast::ExprDict, left: usize) -> Value {
    let of = |expr: &Expr| within(expr, left);
    let items = dict.items.iter().map(|item| {
        let key = item.key.as_ref().map_or(Value::Other, of);
        (key, of(&item.value))
    });
    Value::Dict(items.collect())
}

fn f_string(text: &ast::ExprFString, left: usize) -> Value {
    let element = |part| element(part, left);
    let mut parts: Vec<Value> = Vec::new();
    for part in &text.value {
        match part {
            ast::FStringPart::Literal(literal) => parts.push(Value::Str(literal.value.to_string())),
            ast::FStringPart::FString(inner) => parts.extend(inner.elements.iter().map(element)),
        }
    }
    Value::Joined(parts)
}

fn element(part: &ast::InterpolatedStringElement, left: usize) -> Value {
    match part {
        ast::InterpolatedStringElement::Literal(literal) => Value::Str(literal.value.to_string()),
        ast::InterpolatedStringElement::Interpolation(inner) => within(&inner.expression, left),
    }
}

/// The base of `base / "a" / "b"`, and `a/b`.
pub(super) fn path_join(expr: &Expr) -> Option<(&Expr, String)> {
    let mut parts = Vec::new();
    let mut base = expr;
    while let Some((before, part)) = joined(base) {
        parts.push(part);
        base = before;
    }
    parts.reverse();
    (!parts.is_empty()).then(|| (base, parts.join("/")))
}

fn joined(expr: &Expr) -> Option<(&Expr, &str)> {
    let node = expr.as_bin_op_expr()?;
    let part = node.right.as_string_literal_expr()?.value.to_str();
    (node.op == Operator::Div).then_some((&node.left, part))
}

/// The summary of a call.
pub(super) fn call(node: &ast::ExprCall) -> Call {
    call_within(node, DEEPEST)
}

fn call_within(node: &ast::ExprCall, left: usize) -> Call {
    let of = |expr: &Expr| within(expr, left);
    let keywords = node.arguments.keywords.iter().map(|keyword| {
        let name = keyword.arg.as_ref();
        let name = name.map_or_else(|| UNPACKED.to_owned(), ToString::to_string);
        (name, of(&keyword.value))
    });
    let (callee, receiver) = callee(&node.func, left);
    Call {
        callee,
        receiver: receiver.map(Box::new),
        arguments: node.arguments.args.iter().map(of).collect(),
        keywords: keywords.collect(),
        span: node.range().into(),
    }
}

fn callee(func: &Expr, left: usize) -> (String, Option<Call>) {
    if let Some(name) = dotted(func) {
        return (name, None);
    }
    let mut attributes = Vec::new();
    let mut inner = func;
    while let Expr::Attribute(attribute) = inner {
        attributes.push(attribute.attr.as_str());
        inner = &attribute.value;
    }
    attributes.reverse();
    let is_made = match inner {
        Expr::Call(_) | Expr::Subscript(_) => true,
        Expr::BinOp(binary) => binary.op == Operator::Div,
        _ => false,
    };
    let receiver = is_made.then(|| within(inner, left));
    match receiver {
        Some(Value::Call(call)) => (format!("().{}", attributes.join(".")), Some(*call)),
        // Deeper than values are followed.
        Some(_) if inner.is_call_expr() => (format!("().{}", attributes.join(".")), None),
        _ => (String::new(), None),
    }
}

/// `a.b.c`, if the expression is that.
/// The object and the key of `object["key"]`.
pub(super) fn item(expr: &Expr) -> Option<(String, String)> {
    let subscript = expr.as_subscript_expr()?;
    let key = of(&subscript.slice).as_str()?.to_owned();
    Some((dotted(&subscript.value)?, key))
}

pub(super) fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            let mut name = dotted(&attribute.value)?;
            name.push('.');
            name.push_str(attribute.attr.as_str());
            Some(name)
        }
        _ => None,
    }
}
