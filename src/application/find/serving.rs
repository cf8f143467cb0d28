//! Calls that start a server, what they serve and on which port.

use std::ops::Range;

use super::commands::Command;
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
pub(super) fn apply(
    makers: &Makers<'_>,
    files: &[String],
    commands: &[Command],
    candidates: &mut Vec<Candidate>,
) {
    let mut servings = servings(makers, files);
    // What runs a module goes before what some function could do.
    servings.sort_by_key(|serving| !serving.is_run(makers, commands));
    let mut has_run = false;
    for serving in servings {
        let is_run = serving.is_run(makers, commands);
        let mut served = candidates
            .iter_mut()
            .filter(|one| serving.serves(makers, one))
            .peekable();
        if served.peek().is_none() {
            candidates.extend(serving.module_candidate(makers, commands));
            continue;
        }
        has_run |= is_run;
        for candidate in served {
            serving.settle(makers, commands, candidate);
            if !is_run && has_run && candidate.port.as_ref() == serving.port.as_ref() {
                let reason = candidate.confidence.reason().to_owned();
                candidate.confidence = Confidence::Likely(reason);
            }
        }
    }
    candidates.retain(|one| !is_run_by_nothing(makers, one));
    prefer_objects(candidates);
    drop_doubles(candidates);
}

/// Libraries whose applications no server takes: a program has to start them.
const fn runs_itself(framework: Framework) -> bool {
    matches!(
        framework,
        Framework::Aiohttp | Framework::Tornado | Framework::Gradio | Framework::Mcp
    )
}

/// Whether running the module would make the application and end.
fn is_run_by_nothing(makers: &Makers<'_>, candidate: &Candidate) -> bool {
    let is_object = matches!(candidate.target, Target::Object(_) | Target::Factory(_));
    if !is_object || !runs_itself(candidate.framework) || candidate.kind != Kind::Server {
        return false;
    }
    let starts = |module: &Module| {
        let mut calls = module.calls.iter();
        module.main_guard.is_some() || calls.any(super::plain::runs)
    };
    let module = makers.code.module(&candidate.path);
    !candidate.path.ends_with("__main__.py") && !module.is_some_and(starts)
}

/// A program that serves an application of its own gives way to an object that a server takes: the
/// call in it is for development. What runs itself in a `__main__.py` is run with its package.
fn prefer_objects(candidates: &mut [Candidate]) {
    let takes =
        |one: &&Candidate| matches!(one.kind, Kind::Asgi | Kind::Wsgi) && one.confidence.rank() > 0;
    let taken: Vec<Framework> = candidates
        .iter()
        .filter(takes)
        .map(|one| one.framework)
        .collect();
    for one in candidates.iter_mut().filter(|one| one.kind == Kind::Server) {
        let is_module = matches!(one.target, Target::Module);
        if is_module && taken.contains(&one.framework) {
            let reason = format!(
                "beside it is a {} object for a server",
                one.framework.name()
            );
            one.confidence = Confidence::Possible(reason);
        }
        if runs_itself(one.framework) && one.path.ends_with("__main__.py") {
            if let Target::Object(_) | Target::Factory(_) = one.target {
                one.target = Target::Module;
            }
        }
    }
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
    let by_function = || match makers.code.resolve_in(path, scope, &call.callee) {
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
    let module = makers.code.module(path);
    let is_local = |name: &&str| module.is_some_and(|module| module.is_local(scope, name));
    let shared = value.as_name().filter(|name| !is_local(name));
    let origin = shared.map(|name| makers.code.resolve_in(path, scope, name));
    if let Some(Origin::Inside { path, name }) = origin {
        names.push((path, name));
    }
    let serving = made.as_ref().filter(|made| made.kind.serves());
    let framework = serving.map(|made| made.framework);
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
    fn serves(&self, makers: &Makers<'_>, candidate: &Candidate) -> bool {
        match &self.app {
            Served::Text(text) => {
                let is_named = |(path, name): (String, String)| {
                    path == candidate.path && name == objects::name_of(candidate)
                };
                *text == candidate.import_string() || self.named(makers, text).is_some_and(is_named)
            }
            Served::Named(names, _) => {
                let target = objects::name_of(candidate);
                !target.is_empty()
                    && names
                        .iter()
                        .any(|(path, name)| *path == candidate.path && *name == target)
            }
        }
    }

    /// File and name of what `"shop:app"` comes from, when `shop` only passes it on.
    fn named(&self, makers: &Makers<'_>, text: &str) -> Option<(String, String)> {
        let (module, name) = text.split_once(':')?;
        let located = makers.code.locate(&self.path, module)?;
        match makers.code.resolve(&located.path, name) {
            Origin::Inside { path, name } => Some((path, name)),
            Origin::Outside(_) => None,
        }
    }

    fn settle(&self, makers: &Makers<'_>, commands: &[Command], candidate: &mut Candidate) {
        let place = makers
            .code
            .place(&self.path, &self.span, "serves the application");
        let reason = format!("`{}` at {} serves it", self.callee, place.location());
        candidate.confidence = Confidence::Certain(reason);
        if candidate.port.is_none() {
            candidate.port.clone_from(&self.port);
        }
        if !runs_itself(candidate.framework) || candidate.kind != Kind::Server {
            return;
        }
        if let Some(command) = self.command(commands) {
            command.give_to(candidate);
        } else if self.is_run_by(makers.code.module(&self.path)) {
            candidate.target = Target::Module;
            candidate.path.clone_from(&self.path);
            (candidate.root, candidate.module) = makers.code.module_name(&self.path);
        } else {
            return;
        }
        candidate.place = place;
    }

    /// The command of the package that comes to this call.
    fn command<'c>(&self, commands: &'c [Command]) -> Option<&'c Command> {
        let Scope::Function(function) = &self.scope else {
            return None;
        };
        let mut commands = commands.iter();
        commands.find(|command| command.reaches(&self.path, function))
    }

    /// Whether a module or a command that can be started comes to this call.
    fn is_run(&self, makers: &Makers<'_>, commands: &[Command]) -> bool {
        self.is_run_by(makers.code.module(&self.path)) || self.command(commands).is_some()
    }

    /// Whether `python -m` of the module comes to this call.
    fn is_run_by(&self, module: Option<&Module>) -> bool {
        let guard = module.is_some_and(|module| module.main_guard.is_some());
        guard || self.scope == Scope::Module || self.path.ends_with("__main__.py")
    }

    /// The module itself, when it serves an application made on the spot.
    fn module_candidate(&self, makers: &Makers<'_>, commands: &[Command]) -> Option<Candidate> {
        let Served::Named(_, Some(framework)) = self.app else {
            return None;
        };
        if !self.is_run(makers, commands) {
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
        if let Some(command) = self.command(commands) {
            command.give_to(&mut candidate);
        }
        Some(candidate)
    }
}
