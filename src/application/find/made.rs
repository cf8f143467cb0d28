//! Which calls make an application, through factories, subclasses and middleware of the project.

use std::collections::BTreeSet;

use pep508_rs::PackageName;

use crate::application::code::{Code, Origin};
use crate::application::python::{Call, CallSite, Function, Scope, Value};
use crate::application::{Framework, Kind};
use crate::catalog::Frameworks;

/// How many functions, classes and wrappers an application may be passed through.
const DEEPEST: usize = 6;

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
    /// The libraries that are installed.
    pub(super) frameworks: Vec<Framework>,
    /// The last names of calls by which a module starts what it is for.
    starts: BTreeSet<&'static str>,
}

impl<'a> Makers<'a> {
    pub(super) fn new(code: &'a Code<'a>, closure: &'a BTreeSet<PackageName>) -> Self {
        let all = Frameworks::embedded().all();
        let frameworks: Vec<_> = all.filter(|one| one.is_installed(closure)).collect();
        Self {
            code,
            closure,
            starts: starts(closure, &frameworks),
            frameworks,
        }
    }

    /// The library of this distribution, where it is installed.
    pub(super) fn installed(&self, distribution: &str) -> Option<Framework> {
        let mut known = self.frameworks.iter().copied();
        known.find(|framework| framework.is(distribution))
    }

    /// Whether the closure holds the distribution of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.closure.iter().any(|package| package.as_ref() == name)
    }

    /// Whether the import of the module makes this call, and it starts something.
    pub(super) fn runs(&self, site: &CallSite) -> bool {
        let last = site.call.callee.rsplit('.').next().unwrap_or_default();
        let is_run = self.starts.contains(last) && !site.call.callee.starts_with("subprocess.");
        is_run && site.scope == Scope::Module
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
        let module = self.code.module(path)?;
        let own = module.assigns_anywhere(name);
        let mut own = own.filter(|_| name.starts_with("self."));
        own.find_map(|assign| self.made_within(path, &assign.scope, &assign.value, left))
    }

    /// What the first assignment that makes something makes: later ones wrap it.
    fn assigned(&self, path: &str, scope: &Scope, name: &str, left: usize) -> Option<Made> {
        let mut own = self.code.module(path)?.assigns_to(scope, name);
        own.find_map(|assign| self.made_within(path, scope, &assign.value, left))
    }

    fn called(&self, path: &str, scope: &Scope, call: &Call, left: usize) -> Option<Made> {
        let by_method = self.method_made(path, scope, call, left);
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

    /// `mcp.streamable_http_app()` of an MCP server is an ASGI application, `config.make_wsgi_app()` one
    /// of Pyramid, and Flask's own documentation keeps Celery in `app.extensions["celery"]`.
    fn method_made(&self, path: &str, scope: &Scope, call: &Call, left: usize) -> Option<Made> {
        let (receiver, method) = call.method()?;
        let item = call.arguments.first().and_then(Value::as_str);
        if call.callee.ends_with("extensions.__getitem__") && item == Some("celery") {
            return self.constructed("celery.Celery");
        }
        let given = |one: &&Framework| one.given_by(method).is_some();
        self.frameworks.iter().find(given)?;
        let made = self.named(path, scope, receiver, left);
        let made = made.or_else(|| self.named(path, &Scope::Module, receiver, left));
        let framework = made.as_ref().map(|made| made.framework);
        let framework = framework.or_else(|| self.builder(path, scope, receiver))?;
        Some(Made {
            kind: framework.given_by(method)?,
            framework,
            through: made.map_or_else(Vec::new, |made| made.through),
        })
    }

    /// The library whose builder a name of this scope is.
    fn builder(&self, path: &str, scope: &Scope, name: &str) -> Option<Framework> {
        let call = self
            .code
            .module(path)?
            .assigned(scope, name)?
            .value
            .as_call()?;
        match self.code.resolve_in(path, scope, &call.callee) {
            Origin::Outside(qualified) => {
                let mut known = self.frameworks.iter().copied();
                known.find(|framework| framework.is_builder(&qualified))
            }
            Origin::Inside { .. } => None,
        }
    }

    /// `Broker(…).with_result_backend(…)` is the broker, and `blocks.queue()` the blocks.
    fn chained(&self, path: &str, scope: &Scope, call: &Call, left: usize) -> Option<Made> {
        let (receiver, method) = call.method()?;
        let gives = |one: &&Framework| one.gives_itself(method);
        self.frameworks.iter().find(gives)?;
        let made = match &call.receiver {
            Some(inner) if receiver == "()" => self.called(path, scope, inner, left)?,
            Some(_) => return None,
            None => self.named(path, scope, receiver, left)?,
        };
        made.framework.gives_itself(method).then_some(made)
    }

    /// What a dotted name outside the project makes.
    pub(super) fn constructed(&self, qualified: &str) -> Option<Made> {
        let made = |one: &Framework| Some((*one, one.made_by(qualified)?));
        let (framework, kind) = self.frameworks.iter().find_map(made)?;
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

/// The last names of calls by which a module starts what it is for.
fn starts(closure: &BTreeSet<PackageName>, installed: &[Framework]) -> BTreeSet<&'static str> {
    let frameworks = Frameworks::embedded();
    let usual = frameworks.usual("starts").iter().map(String::as_str);
    let bots = frameworks.bots().filter(|(name, _)| closure.contains(name));
    let bots = bots.flat_map(|(_, bot)| bot.starts.iter().map(String::as_str));
    let methods = installed
        .iter()
        .flat_map(|one| one.starts().keys().map(String::as_str));
    let functions = frameworks.calls().map(|(name, _)| last(name));
    usual.chain(bots).chain(methods).chain(functions).collect()
}

fn last(qualified: &'static str) -> &'static str {
    qualified.rsplit('.').next().unwrap_or(qualified)
}

/// Whether a call takes an application and gives one that does the same and more.
pub(super) fn is_wrapper(call: &Call) -> bool {
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    last.ends_with("Middleware") || Frameworks::embedded().wraps(last)
}
