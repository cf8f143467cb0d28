//! Which calls make an application, through factories, subclasses and middleware of the project.

use std::collections::BTreeSet;

use pep508_rs::PackageName;

use crate::application::code::{Code, Origin};
use crate::application::frameworks::{Framework, Kind, OBJECTS, Row, is_taskiq_broker};
use crate::application::python::{Call, Function, Scope, Value};

/// How many functions, classes and wrappers an application may be passed through.
const DEEPEST: usize = 6;

/// Calls that take an application and give one that does the same and more.
const WRAPPERS: [&str; 6] = [
    "WhiteNoise",
    "ProxyFix",
    "ASGIApp",
    "WSGIApp",
    "DebuggedApplication",
    "mount_gradio_app",
];

/// What makes an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) kind: Kind,
    pub(super) framework: Framework,
    /// The functions of the project that it came through: file and name.
    pub(super) through: Vec<(String, String)>,
}

/// Recognises applications made with the libraries of one closure.
pub(super) struct Makers<'a> {
    pub(super) code: &'a Code<'a>,
    pub(super) closure: &'a BTreeSet<PackageName>,
    /// The rows whose libraries are installed.
    pub(super) rows: Vec<&'static Row>,
}

impl<'a> Makers<'a> {
    pub(super) fn new(code: &'a Code<'a>, closure: &'a BTreeSet<PackageName>) -> Self {
        let rows = OBJECTS.iter().filter(|row| row.is_installed(closure));
        Self {
            code,
            closure,
            rows: rows.collect(),
        }
    }

    /// What `value`, written in this scope of a file, makes.
    pub(super) fn made(&self, path: &str, scope: &Scope, value: &Value) -> Option<Made> {
        self.made_within(path, scope, value, DEEPEST)
    }

    fn made_within(&self, path: &str, scope: &Scope, value: &Value, left: usize) -> Option<Made> {
        let left = left.checked_sub(1)?;
        match value {
            Value::Call(call) => self.called(path, scope, call, left),
            Value::Either(values) => values
                .iter()
                .find_map(|value| self.made_within(path, scope, value, left)),
            Value::Name(name) => self.named(path, scope, name, left),
            _ => None,
        }
    }

    fn named(&self, path: &str, scope: &Scope, name: &str, left: usize) -> Option<Made> {
        let local = self.assigned(path, scope, name, left);
        let local = local.or_else(|| self.kept(path, name, left));
        if local.is_some() {
            return local;
        }
        match self.code.resolve_in(path, scope, name) {
            Origin::Inside { path, name } if !name.is_empty() => {
                self.assigned(&path, &Scope::Module, &name, left)
            }
            _ => None,
        }
    }

    /// What some method keeps in `self.name`.
    fn kept(&self, path: &str, name: &str, left: usize) -> Option<Made> {
        let assigns = &self.code.module(path)?.assigns;
        let mut own = assigns
            .iter()
            .filter(|one| name.starts_with("self.") && one.target == name);
        own.find_map(|assign| self.made_within(path, &assign.scope, &assign.value, left))
    }

    /// What the first assignment that makes something makes: later ones wrap it.
    fn assigned(&self, path: &str, scope: &Scope, name: &str, left: usize) -> Option<Made> {
        let assigns = &self.code.module(path)?.assigns;
        let mut own = assigns
            .iter()
            .filter(|one| one.target == name && one.scope == *scope);
        own.find_map(|assign| self.made_within(path, scope, &assign.value, left))
    }

    fn called(&self, path: &str, scope: &Scope, call: &Call, left: usize) -> Option<Made> {
        let by_method = self.method_made(path, call);
        let by_method = by_method.or_else(|| self.chained(path, scope, call, left));
        if by_method.is_some() {
            return by_method;
        }
        match self.code.resolve_in(path, scope, &call.callee) {
            Origin::Outside(qualified) => self
                .constructed(&qualified)
                .or_else(|| self.wrapped(path, scope, call, left)),
            Origin::Inside { path: inner, name } => self
                .by_function(&inner, &name, left)
                .or_else(|| self.by_class(&inner, &name, left))
                .or_else(|| self.wrapped(path, scope, call, left)),
        }
    }

    /// `mcp.streamable_http_app()` of an MCP server is an ASGI application, and Flask's own
    /// documentation keeps Celery in `app.extensions["celery"]`.
    fn method_made(&self, path: &str, call: &Call) -> Option<Made> {
        let (receiver, method) = call.method()?;
        let item = call.arguments.first().and_then(Value::as_str);
        if call.callee.ends_with("extensions.__getitem__") && item == Some("celery") {
            return self.constructed("celery.Celery");
        }
        if !["streamable_http_app", "sse_app", "http_app"].contains(&method) {
            return None;
        }
        let made = self.named(path, &Scope::Module, receiver, DEEPEST)?;
        (made.framework == Framework::Mcp).then_some(Made {
            kind: Kind::Asgi,
            ..made
        })
    }

    /// `Broker(…).with_result_backend(…)` is the broker, and `blocks.queue()` the blocks.
    fn chained(&self, path: &str, scope: &Scope, call: &Call, left: usize) -> Option<Made> {
        let (receiver, method) = call.method()?;
        if method != "queue" && !method.starts_with("with_") {
            return None;
        }
        let made = match &call.receiver {
            Some(inner) if receiver == "()" => self.called(path, scope, inner, left)?,
            Some(_) => return None,
            None => self.named(path, scope, receiver, left)?,
        };
        let gives_itself = match made.framework {
            Framework::Gradio => method == "queue",
            Framework::Taskiq => method != "queue",
            _ => false,
        };
        gives_itself.then_some(made)
    }

    /// The row of a dotted name outside the project.
    pub(super) fn constructed(&self, qualified: &str) -> Option<Made> {
        let row = self.rows.iter().find(|row| row.is_made_by(qualified));
        let broker = || (is_taskiq_broker(qualified)).then_some((Kind::Worker, Framework::Taskiq));
        let (kind, framework) = row.map(|row| (row.kind, row.framework)).or_else(broker)?;
        Some(Made {
            kind,
            framework,
            through: Vec::new(),
        })
    }

    fn by_function(&self, path: &str, name: &str, left: usize) -> Option<Made> {
        let function = self.code.module(path)?.function(name)?;
        let mut made = self.returned(path, function, left)?;
        made.through.push((path.to_owned(), name.to_owned()));
        Some(made)
    }

    /// What a function returns, by its annotation or by its `return` statements.
    pub(super) fn returned(&self, path: &str, function: &Function, left: usize) -> Option<Made> {
        let scope = Scope::Function(function.name.clone());
        function.returns.iter().find_map(|value| {
            let class = || self.class_made(path, value.as_name()?, left);
            self.made_within(path, &scope, value, left).or_else(class)
        })
    }

    /// The application that instances of the class `name` are.
    fn class_made(&self, path: &str, name: &str, left: usize) -> Option<Made> {
        match self.code.resolve(path, name) {
            Origin::Outside(qualified) => self.constructed(&qualified),
            Origin::Inside { path, name } => self.by_class(&path, &name, left),
        }
    }

    fn by_class(&self, path: &str, name: &str, left: usize) -> Option<Made> {
        let left = left.checked_sub(1)?;
        let class = self.code.module(path)?.class(name)?;
        let mut bases = class.bases.iter().filter_map(Value::as_name);
        bases.find_map(|base| self.class_made(path, base, left))
    }

    /// `SomeMiddleware(app)`: the application inside.
    fn wrapped(&self, path: &str, scope: &Scope, call: &Call, left: usize) -> Option<Made> {
        if !is_wrapper(call) {
            return None;
        }
        let arguments = call
            .arguments
            .iter()
            .chain(call.keywords.iter().map(|(_, value)| value));
        let mut made = arguments.filter_map(|value| self.made_within(path, scope, value, left));
        made.find(|made| made.kind.serves())
    }
}

/// Whether a call takes an application and gives one that does the same and more.
pub(super) fn is_wrapper(call: &Call) -> bool {
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    last.ends_with("Middleware") || WRAPPERS.contains(&last)
}
