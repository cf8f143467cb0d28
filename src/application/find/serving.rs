//! Calls that start a server, what they serve and on which port.

use std::ops::Range;

use super::made::Makers;
use super::objects;
use crate::application::candidate::{Candidate, Confidence, Port, Target};
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::frameworks::{Framework, Kind};
use crate::application::python::{Call, Module, Scope, Value};

/// Servers whose calls take an application that another file may make.
const SERVERS: [&str; 7] = [
    "uvicorn",
    "granian",
    "hypercorn",
    "waitress",
    "aiohttp",
    "wsgiref",
    "eventlet",
];

/// Words without which a file starts no server.
const WORDS: [&str; 8] = [
    ".run(",
    "run_app(",
    "serve(",
    ".Config(",
    "Granian(",
    ".launch(",
    "make_server(",
    ".listen(",
];

/// A call that starts a server.
struct Serving {
    path: String,
    span: Range<usize>,
    scope: Scope,
    callee: String,
    app: Served,
    port: Option<Port>,
}

/// What is served.
enum Served {
    /// `"shop.main:app"`.
    Text(String),
    /// An object, or what a function returns: file and name of each that it may be.
    Named(Vec<(String, String)>, Option<Framework>),
}

/// Which argument of a call holds the application, and which the port.
struct Shape {
    callee: &'static str,
    application: usize,
    port: usize,
}

const fn shape(callee: &'static str, application: usize, port: usize) -> Shape {
    Shape {
        callee,
        application,
        port,
    }
}

/// Functions of servers. `99` stands for "by name only".
const FUNCTIONS: [Shape; 9] = [
    shape("uvicorn.run", 0, 99),
    shape("uvicorn.Config", 0, 99),
    shape("granian.Granian", 0, 99),
    shape("hypercorn.asyncio.serve", 0, 99),
    shape("waitress.serve", 0, 99),
    shape("aiohttp.web.run_app", 0, 99),
    shape("bottle.run", 0, 99),
    shape("wsgiref.simple_server.make_server", 2, 1),
    shape("eventlet.wsgi.server", 1, 99),
];

/// Gives candidates the port and the certainty of the calls that serve them, and adds modules
/// that serve an application which nothing else can import.
pub(super) fn apply(makers: &Makers<'_>, files: &[String], candidates: &mut Vec<Candidate>) {
    for serving in servings(makers, files) {
        let mut served = candidates
            .iter_mut()
            .filter(|one| serving.serves(one))
            .peekable();
        if served.peek().is_none() {
            candidates.extend(serving.module_candidate(makers));
            continue;
        }
        for candidate in served {
            serving.settle(makers, candidate);
        }
    }
    drop_doubles(candidates);
}

fn drop_doubles(candidates: &mut Vec<Candidate>) {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates.drain(..) {
        let same = |one: &Candidate| {
            (one.kind, &one.path, &one.target)
                == (candidate.kind, &candidate.path, &candidate.target)
        };
        if !kept.iter().any(same) {
            kept.push(candidate);
        }
    }
    *candidates = kept;
}

fn servings(makers: &Makers<'_>, files: &[String]) -> Vec<Serving> {
    let mut found = Vec::new();
    for path in makers.code.runnable().iter().copied() {
        let knows_server = || makers.code.mentions(path, &SERVERS);
        let is_known = files
            .binary_search_by(|file| file.as_str().cmp(path))
            .is_ok();
        if !makers.code.mentions(path, &WORDS) || !(is_known || knows_server()) {
            continue;
        }
        let Some(module) = makers.code.module(path) else {
            continue;
        };
        let calls = module.calls.iter();
        found.extend(calls.filter_map(|site| serving(makers, path, &site.call, &site.scope)));
    }
    found
}

fn serving(makers: &Makers<'_>, path: &str, call: &Call, scope: &Scope) -> Option<Serving> {
    let by_function = || match makers.code.resolve(path, &call.callee) {
        Origin::Outside(qualified) => function(makers, path, call, scope, &qualified),
        Origin::Inside { .. } => None,
    };
    let (app, port) = by_function().or_else(|| method(makers, path, call, scope))?;
    Some(Serving {
        path: path.to_owned(),
        span: call.span.clone(),
        scope: scope.clone(),
        callee: call.callee.clone(),
        app,
        port,
    })
}

fn function(
    makers: &Makers<'_>,
    path: &str,
    call: &Call,
    scope: &Scope,
    qualified: &str,
) -> Option<(Served, Option<Port>)> {
    let shape = FUNCTIONS.iter().find(|shape| shape.callee == qualified)?;
    let value = call
        .argument("app", shape.application)
        .or_else(|| call.keyword("target"))?;
    let at = At {
        code: makers.code,
        path,
        scope,
    };
    let number = call.argument("port", shape.port);
    Some((
        served(makers, path, scope, value),
        port(at, number, &call.span),
    ))
}

/// `app.run(port=…)`, `socketio.run(app, port=…)`, `demo.launch(server_port=…)`, `app.listen(…)`.
fn method(
    makers: &Makers<'_>,
    path: &str,
    call: &Call,
    scope: &Scope,
) -> Option<(Served, Option<Port>)> {
    let (receiver, method) = call.method()?;
    let number = match method {
        "run" | "run_server" => call.keyword("port"),
        "launch" => call.keyword("server_port"),
        "listen" => call.argument("port", 0),
        _ => return None,
    };
    let at = At {
        code: makers.code,
        path,
        scope,
    };
    // `gr.Interface(…).launch()` serves what the call before the dot makes.
    let receiver = match &call.receiver {
        Some(inner) if receiver == "()" => Value::Call(inner.clone()),
        _ => Value::Name(receiver.trim_start_matches("().").to_owned()),
    };
    let values = std::iter::once(&receiver).chain(call.arguments.first());
    let mut apps = values.map(|value| served(makers, path, scope, value));
    let app = apps.find(Served::is_known)?;
    Some((app, port(at, number, &call.span)))
}

fn served(makers: &Makers<'_>, path: &str, scope: &Scope, value: &Value) -> Served {
    if let Value::Str(text) = value {
        return Served::Text(text.clone());
    }
    let made = makers.made(path, scope, value);
    let mut names: Vec<(String, String)> = Vec::new();
    let origin = value.as_name().map(|name| makers.code.resolve(path, name));
    if let Some(Origin::Inside { path, name }) = origin {
        names.push((path, name));
    }
    let framework = made.as_ref().map(|made| made.framework);
    names.extend(made.into_iter().flat_map(|made| made.through));
    Served::Named(names, framework)
}

/// The port that a value gives.
pub(super) fn port(at: At<'_>, value: Option<&Value>, span: &Range<usize>) -> Option<Port> {
    let number = constants::number(at, value?)?;
    Some(Port {
        number: u16::try_from(number.number).ok().filter(|port| *port > 0)?,
        variable: number.variable,
        place: at.code.place(at.path, span, "the port is named here"),
    })
}

impl Served {
    fn is_known(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Named(_, framework) => framework.is_some(),
        }
    }
}

impl Serving {
    fn serves(&self, candidate: &Candidate) -> bool {
        match &self.app {
            Served::Text(text) => *text == candidate.import_string(),
            Served::Named(names, _) => {
                let target = objects::name_of(candidate);
                !target.is_empty()
                    && names
                        .iter()
                        .any(|(path, name)| *path == candidate.path && *name == target)
            }
        }
    }

    fn settle(&self, makers: &Makers<'_>, candidate: &mut Candidate) {
        let place = makers
            .code
            .place(&self.path, &self.span, "serves the application");
        let reason = format!("`{}` at {} serves it", self.callee, place.location());
        candidate.confidence = Confidence::Certain(reason);
        if candidate.port.is_none() {
            candidate.port.clone_from(&self.port);
        }
        let runs_itself = matches!(
            candidate.framework,
            Framework::Aiohttp | Framework::Tornado | Framework::Gradio | Framework::Mcp
        );
        let module = makers.code.module(&self.path);
        if runs_itself && candidate.kind == Kind::Server && self.is_run_by(module) {
            candidate.target = Target::Module;
            candidate.path.clone_from(&self.path);
            (candidate.root, candidate.module) = makers.code.module_name(&self.path);
            candidate.place = place;
        }
    }

    /// Whether `python -m` of the module comes to this call.
    fn is_run_by(&self, module: Option<&Module>) -> bool {
        let guard = module.is_some_and(|module| module.main_guard.is_some());
        guard || self.scope == Scope::Module || self.path.ends_with("__main__.py")
    }

    /// The module itself, when it serves an application made on the spot.
    fn module_candidate(&self, makers: &Makers<'_>) -> Option<Candidate> {
        let Served::Named(_, Some(framework)) = self.app else {
            return None;
        };
        if !self.is_run_by(makers.code.module(&self.path)) {
            return None;
        }
        let made = super::made::Made {
            kind: Kind::Server,
            framework,
            through: Vec::new(),
        };
        let mut candidate =
            objects::candidate(makers.code, &self.path, Target::Module, &made, &self.span);
        candidate.confidence = Confidence::Likely(format!("it calls `{}` itself", self.callee));
        candidate.port.clone_from(&self.port);
        Some(candidate)
    }
}
