//! What an `if`, a `try` or a `with suppress(…)` around an import means for it.

use std::sync::Arc;

use ruff_python_ast::{self as ast, CmpOp, Expr, Number, UnaryOp};

use super::value::dotted;

/// What stands around an import.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Guard {
    /// A `try` that goes on when the import fails.
    CatchesImportError,
    /// A `try` that gives the error other words when the import fails: what to install.
    ExplainsImportError,
    /// A condition under which the import runs.
    If(Arc<Condition>),
}

/// The test of an `if`, as far as dfgen understands it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// Known without running anything: `TYPE_CHECKING`, the platform (Linux, `CPython`).
    Constant(bool),
    /// `sys.version_info` compared with a version.
    Version(Comparison, Vec<u8>),
    /// All of these modules can be imported; an unnamed one when the list is empty.
    Available(Arc<[String]>),
    /// The opposite.
    Not(Box<Condition>),
    /// All of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// Anything else.
    Unknown,
}

/// How a version is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}

/// What is known about a [`Condition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The program looks whether something is installed, in a way that dfgen cannot follow.
    Checked,
    /// It depends on settings or input.
    Depends,
}

impl Truth {
    fn of(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            other => other,
        }
    }
}

impl Condition {
    /// Evaluates for a Python version (`(3, 13)`) and an answer to "can this be imported".
    pub(crate) fn truth(&self, python: (u8, u8), available: &dyn Fn(&str) -> bool) -> Truth {
        let inner = |condition: &Self| condition.truth(python, available);
        match self {
            Self::Constant(known) => Truth::of(*known),
            Self::Version(comparison, version) => comparison.holds(python, version),
            Self::Available(names) if names.is_empty() => Truth::Checked,
            Self::Available(names) => Truth::of(names.iter().all(|name| available(name))),
            Self::Not(condition) => inner(condition).not(),
            Self::All(conditions) => all(conditions.iter().map(inner)),
            Self::Any(conditions) => all(conditions.iter().map(|one| inner(one).not())).not(),
            Self::Unknown => Truth::Depends,
        }
    }
}

fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let known: Vec<Truth> = truths.collect();
    let order = [Truth::No, Truth::Checked, Truth::Depends];
    let weakest = order.into_iter().find(|truth| known.contains(truth));
    weakest.unwrap_or(Truth::Yes)
}

impl Comparison {
    fn of(op: CmpOp) -> Option<Self> {
        Some(match op {
            CmpOp::Lt => Self::Less,
            CmpOp::LtE => Self::AtMost,
            CmpOp::Eq => Self::Equal,
            CmpOp::NotEq => Self::NotEqual,
            CmpOp::GtE => Self::AtLeast,
            CmpOp::Gt => Self::Greater,
            _ => return None,
        })
    }

    /// The same comparison for the whole of `sys.version_info`, which is longer than the version
    /// it is compared with and so, as a tuple, the greater one of two that start alike.
    fn of_longer_tuple(self) -> Self {
        match self {
            Self::AtMost => Self::Less,
            Self::Greater => Self::AtLeast,
            other => other,
        }
    }

    fn holds(self, (major, minor): (u8, u8), version: &[u8]) -> Truth {
        let length = version.len().min(2);
        let order = [major, minor][..length].cmp(&version[..length]);
        Truth::of(match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Greater => order.is_gt(),
        })
    }
}

/// How many conditions may be inside each other; a deeper one is unknown.
const DEEPEST: usize = 32;

/// What says which modules a name stands for.
type Flag<'f> = &'f dyn Fn(&str) -> Option<Arc<[String]>>;

/// Reads a test. `flag` says which modules a name stands for, when the file set that name in a
/// `try` around imports.
pub(super) fn read(test: &Expr, flag: Flag<'_>) -> Condition {
    within(test, flag, DEEPEST)
}

fn within(test: &Expr, flag: Flag<'_>, left: usize) -> Condition {
    let Some(left) = left.checked_sub(1) else {
        return Condition::Unknown;
    };
    let inner = |expr: &Expr| within(expr, flag, left);
    match test {
        Expr::BooleanLiteral(literal) => Condition::Constant(literal.value),
        Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
            Condition::Not(Box::new(inner(&unary.operand)))
        }
        Expr::BoolOp(operation) => {
            let parts = operation.values.iter().map(inner).collect();
            match operation.op {
                ast::BoolOp::And => Condition::All(parts),
                ast::BoolOp::Or => Condition::Any(parts),
            }
        }
        Expr::Compare(compare) if compare.ops.len() == 1 => comparison(compare, &inner),
        Expr::Call(call) => called(call, &inner),
        _ => dotted(test).map_or(Condition::Unknown, |name| named(&name, flag)),
    }
}

fn named(name: &str, flag: Flag<'_>) -> Condition {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last {
        "TYPE_CHECKING" | "PY2" => Condition::Constant(false),
        "PY3" => Condition::Constant(true),
        _ if is_other_system(last) => Condition::Constant(false),
        _ => match flag(name) {
            Some(modules) => Condition::Available(modules),
            None if is_availability_name(last) => Condition::Available(Arc::default()),
            None => Condition::Unknown,
        },
    }
}

/// Names such as `is_windows`, `WIN32` and `IS_MACOS`.
fn is_other_system(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    let name = name.trim_start_matches("is_").trim_start_matches("on_");
    ["windows", "win", "win32", "macos", "mac", "darwin", "osx"].contains(&name)
}

/// Names such as `HAS_TORCH`, `TORCH_AVAILABLE` and `is_torch_available` say what they hold.
fn is_availability_name(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    ["has_", "have_", "is_installed"]
        .iter()
        .any(|start| name.starts_with(start))
        || ["_available", "_installed", "_is_present"]
            .iter()
            .any(|end| name.ends_with(end))
}

fn called(call: &ast::ExprCall, read: &dyn Fn(&Expr) -> Condition) -> Condition {
    let Some(callee) = dotted(&call.func) else {
        return Condition::Unknown;
    };
    let last = callee.rsplit('.').next().unwrap_or(&callee);
    let argument = call.arguments.args.first();
    match (last, argument) {
        ("find_spec", Some(Expr::StringLiteral(name))) => {
            Condition::Available(Arc::from([name.value.to_str().to_owned()]))
        }
        ("bool", Some(inner)) => read(inner),
        ("startswith", Some(Expr::StringLiteral(start)))
            if callee.ends_with("sys.platform.startswith") =>
        {
            Condition::Constant("linux".starts_with(start.value.to_str()))
        }
        _ if is_availability_name(last) => Condition::Available(Arc::default()),
        _ => Condition::Unknown,
    }
}

fn comparison(compare: &ast::ExprCompare, read: &dyn Fn(&Expr) -> Condition) -> Condition {
    let (op, right) = (compare.ops[0], &compare.comparators[0]);
    if let (CmpOp::Is | CmpOp::IsNot | CmpOp::Eq | CmpOp::NotEq, Expr::NoneLiteral(_)) = (op, right)
    {
        let present = read(&compare.left);
        let is_none = matches!(op, CmpOp::Is | CmpOp::Eq);
        return if is_none {
            Condition::Not(Box::new(present))
        } else {
            present
        };
    }
    version(&compare.left, op, right)
        .or_else(|| platform(&compare.left, op, right))
        .unwrap_or(Condition::Unknown)
}

fn version(left: &Expr, op: CmpOp, right: &Expr) -> Option<Condition> {
    let subject = match left {
        Expr::Subscript(subscript) => dotted(&subscript.value)?,
        _ => dotted(left)?,
    };
    let is_version = subject.ends_with("version_info") || subject.ends_with("version_info.major");
    let numbers: Option<Vec<u8>> = match right {
        Expr::Tuple(tuple) => tuple.elts.iter().map(small_number).collect(),
        other => small_number(other).map(|number| vec![number]),
    };
    let is_minor = matches!(left, Expr::Subscript(one) if small_number(&one.slice) == Some(1));
    if !is_version || is_minor {
        return None;
    }
    let is_whole = subject.ends_with("version_info") && !left.is_subscript_expr();
    let mut comparison = Comparison::of(op)?;
    if is_whole {
        comparison = comparison.of_longer_tuple();
    }
    Some(Condition::Version(comparison, numbers?))
}

fn small_number(expr: &Expr) -> Option<u8> {
    match expr {
        Expr::NumberLiteral(ast::ExprNumberLiteral {
            value: Number::Int(number),
            ..
        }) => number.as_u8(),
        _ => None,
    }
}

/// Images run Linux and `CPython`, so questions about the platform have an answer.
fn platform(left: &Expr, op: CmpOp, right: &Expr) -> Option<Condition> {
    let subject = match left {
        Expr::Call(call) => dotted(&call.func)?,
        _ => dotted(left)?,
    };
    let here = match subject.rsplit('.').next()? {
        "platform" => "linux",
        "name" if subject == "os.name" => "posix",
        "name" if subject.ends_with("implementation.name") => "cpython",
        "system" => "Linux",
        "python_implementation" => "CPython",
        _ => return None,
    };
    let Expr::StringLiteral(text) = right else {
        return None;
    };
    let same = text.value.to_str() == here;
    match op {
        CmpOp::Eq => Some(Condition::Constant(same)),
        CmpOp::NotEq => Some(Condition::Constant(!same)),
        _ => None,
    }
}
