//! Calls that start a server, what they serve and on which port.

use std::ops::Range;

use super::commands::Command;
use super::judge::{Evidence, Sighting, Sign};
use super::listening::{self, Listening};
use super::made::{Made, Makers};
use super::names;
use super::objects;
use super::plain;
use super::prepared;
use crate::application::candidate::{Local, Port, Target};
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::python::{Call, Module, Scope, Value};
use crate::application::{Framework, Kind};
use crate::catalog::{Frameworks, Servers, ServingCall};
use crate::project::source_tree::parent;

/// A call that starts a server.
struct Serving {
    path: String,
    span: Range<usize>,
    scope: Scope,
    callee: String,
    app: Served,
    port: Option<Port>,
    listening: Listening,
}

/// What is served.
enum Served {
    /// `"shop.main:app"`.
    Text(String),
    /// An object, or what a function returns: file and name of each that it may be.
    Named(Vec<(String, String)>, Option<Framework>),
}

/// Adds to candidates the port and the calls that serve them, and modules that serve an application which
/// nothing else can import.
pub(super) fn apply(
    makers: &Makers<'_>,
    files: &[String],
    commands: &[Command],
    sightings: &mut Vec<Sighting>,
) {
    let mut servings = servings(makers, files);
    // The port of what runs a module goes before that of what some function could do.
    servings.sort_by_key(|serving| !serving.is_run(makers, commands));
    for serving in servings {
        let mut served = sightings
            .iter_mut()
            .filter(|one| serving.serves(makers, one))
            .peekable();
        if served.peek().is_none() {
            sightings.extend(serving.module(makers, commands));
            continue;
        }
        for sighting in served {
            serving.settle(makers, commands, sighting);
        }
    }
    sightings.retain(|one| !is_run_by_nothing(makers, one));
    run_with_package(sightings);
    drop_doubles(sightings);
    match_commands(sightings);
}

/// A command of the package that makes what it serves on the spot is as sure as a program that serves an object of the
/// same library.
fn match_commands(sightings: &mut [Sighting]) {
    let is_served = |one: &&Sighting| one.has(Sign::Served) || one.has(Sign::Started);
    let served = sightings.iter().filter(|one| one.kind == Kind::Server);
    let served: Vec<Framework> = served.filter(is_served).map(|one| one.framework).collect();
    for one in sightings {
        let is_command = matches!(one.target, Target::Command(_)) && one.kind == Kind::Server;
        if is_command && served.contains(&one.framework) && !is_served(&&*one) {
            one.add(Sign::Served, "a command of the package serves it");
        }
    }
}

/// Whether running the module would make the application and end.
fn is_run_by_nothing(makers: &Makers<'_>, sighting: &Sighting) -> bool {
    let is_object = matches!(sighting.target, Target::Object(_) | Target::Factory(_));
    if !is_object || !sighting.framework.runs_itself || sighting.kind != Kind::Server {
        return false;
    }
    let starts = |module: &Module| {
        let mut calls = module.calls.iter();
        module.main_guard.is_some() || calls.any(|site| makers.runs(site))
    };
    let module = makers.code.module(&sighting.path);
    let is_loaded = || {
        let mut loaders = sighting.framework.loaders();
        let words = sighting.framework.loaded_unless();
        let mut files = makers.code.runnable().iter();
        loaders.any(|loader| makers.closure.contains(&loader.needs))
            && !files.any(|file| makers.code.mentions(file, words))
    };
    !sighting.path.ends_with("__main__.py") && !module.is_some_and(starts) && !is_loaded()
}

/// What runs itself in a `__main__.py` is run with its package.
fn run_with_package(sightings: &mut [Sighting]) {
    for one in sightings.iter_mut().filter(|one| one.kind == Kind::Server) {
        let is_object = matches!(one.target, Target::Object(_) | Target::Factory(_));
        if is_object && one.framework.runs_itself && one.path.ends_with("__main__.py") {
            one.target = Target::Module;
        }
    }
}

fn drop_doubles(candidates: &mut Vec<Sighting>) {
    let mut kept: Vec<Sighting> = Vec::new();
    for candidate in candidates.drain(..) {
        let same = |one: &Sighting| {
            (one.kind, &one.path, &one.target)
                == (candidate.kind, &candidate.path, &candidate.target)
        };
        if !kept.iter().any(same) {
            kept.push(candidate);
        }
    }
    *candidates = kept;
}

/// Every function of the table that starts a server, by full name.
fn functions() -> impl Iterator<Item = (&'static str, &'static ServingCall)> {
    let servers = Servers::embedded().calls();
    servers.chain(Frameworks::embedded().calls())
}

fn servings(makers: &Makers<'_>, files: &[String]) -> Vec<Serving> {
    // Modules of servers, whose calls take an application that another file may make.
    let servers = functions().filter_map(|(name, _)| name.split('.').next());
    let servers: Vec<&str> = servers.collect();
    let functions = functions().filter_map(|(name, _)| name.rsplit('.').next());
    let methods = makers.frameworks.iter().flat_map(|one| one.starts().keys());
    let methods = methods.map(|name| format!(".{name}("));
    let words: Vec<String> = functions
        .map(|name| format!("{name}("))
        .chain(methods)
        .collect();
    let mut found = Vec::new();
    for path in makers.code.runnable().iter().copied() {
        let knows_server = || makers.code.mentions(path, &servers);
        let is_known = files
            .binary_search_by(|file| file.as_str().cmp(path))
            .is_ok();
        if !makers.code.mentions(path, &words) || !(is_known || knows_server()) {
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
    let (app, port, listening) = by_function().or_else(|| method(makers, path, call, scope))?;
    Some(Serving {
        path: path.to_owned(),
        span: call.span.clone(),
        scope: scope.clone(),
        callee: call.callee.clone(),
        app,
        port,
        listening,
    })
}

fn function(
    makers: &Makers<'_>,
    path: &str,
    call: &Call,
    scope: &Scope,
    qualified: &str,
) -> Option<(Served, Option<Port>, Listening)> {
    let (_, shape) = functions().find(|(name, _)| *name == qualified)?;
    let value = call
        .argument("app", shape.application)
        .or_else(|| call.keyword("target"))?;
    let at = At {
        code: makers.code,
        path,
        scope,
    };
    let by_name = shape.port.as_ref().and_then(|port| call.keyword(port));
    let number = by_name.or_else(|| call.arguments.get(shape.at?));
    Some((
        served(makers, path, scope, value),
        constants::port(at, number, &call.span),
        listening::of(makers, at, &[(at, call)], shape.host.as_ref()),
    ))
}

/// `app.run(port=…)`, `socketio.run(app, port=…)`, `demo.launch(server_port=…)`, `app.listen(…)`.
fn method(
    makers: &Makers<'_>,
    path: &str,
    call: &Call,
    scope: &Scope,
) -> Option<(Served, Option<Port>, Listening)> {
    let (receiver, method) = call.method()?;
    let mut known = makers.frameworks.iter().map(|one| one.starts());
    let start = known.find_map(|starts| starts.get(method))?;
    let number = call.keyword(&start.port);
    let number = number.or_else(|| call.arguments.get(start.at?));
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
    let maker = app.maker(makers).filter(|_| start.made);
    let made_at = maker.as_ref().map(|(path, _)| At {
        code: makers.code,
        path,
        scope: &Scope::Module,
    });
    let made = made_at.zip(maker.as_ref().map(|(_, call)| *call));
    let of_maker =
        |(at, call): (At<'_>, &Call)| constants::port(at, call.keyword(&start.port), &call.span);
    let port = constants::port(at, number, &call.span).or_else(|| made.and_then(of_maker));
    let calls: Vec<(At<'_>, &Call)> = std::iter::once((at, call)).chain(made).collect();
    let listening = listening::of(makers, at, &calls, start.host.as_ref());
    let usual = || {
        let over = start.over.as_ref()?;
        let said = call.argument(&over.keyword, 0)?;
        let text = constants::text(at, said)?;
        let listens = over.listening.contains(&text);
        listens.then(|| Port {
            number: over.port,
            variable: None,
            place: makers.code.place(path, &call.span, "listens"),
        })
    };
    Some((app, port.or_else(usual), listening))
}

fn served(makers: &Makers<'_>, path: &str, scope: &Scope, value: &Value) -> Served {
    if let Value::Str(text) = value {
        return Served::Text(text.clone());
    }
    let made = makers.made(path, scope, value);
    let mut names: Vec<(String, String)> = Vec::new();
    let module = makers.code.module(path);
    let is_local = |name: &&str| module.is_some_and(|module| module.is_local(scope, name));
    let shared = begins(makers, value).filter(|name| !is_local(name));
    let origin = shared.map(|name| makers.code.resolve_in(path, scope, name));
    if let Some(Origin::Inside { path, name }) = origin {
        names.push((path, name));
    }
    let serving = made.as_ref().filter(|made| made.kind.serves());
    let framework = serving.map(|made| made.framework);
    names.extend(made.into_iter().flat_map(|made| made.through));
    Served::Named(names, framework)
}

/// The name that stands for the same as a value: `demo`, and `demo.queue()` where that gives the object back.
fn begins<'v>(makers: &Makers<'_>, value: &'v Value) -> Option<&'v str> {
    let Value::Call(call) = value else {
        return value.as_name();
    };
    let mut call = call.as_ref();
    loop {
        let (receiver, method) = call.method()?;
        let mut known = makers.frameworks.iter();
        known.find(|one| one.gives_itself(method))?;
        match &call.receiver {
            None => return Some(receiver),
            Some(inner) if receiver == "()" => call = inner,
            Some(_) => return None,
        }
    }
}

impl Served {
    /// The file and the call that makes the object, where a module has it.
    fn maker<'c>(&self, makers: &Makers<'c>) -> Option<(String, &'c Call)> {
        let Self::Named(names, _) = self else {
            return None;
        };
        let mut made = names.iter().filter_map(|(path, name)| {
            let module = makers.code.module(path)?;
            let assigned = module.assigned(&Scope::Module, name)?;
            Some((path.clone(), assigned.value.as_call()?))
        });
        made.next()
    }

    fn is_known(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Named(_, framework) => framework.is_some(),
        }
    }
}

impl Serving {
    fn serves(&self, makers: &Makers<'_>, candidate: &Sighting) -> bool {
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
        let located = makers.code.locate(&self.path, module);
        // As it is found where the file is run by its path.
        let beside = || makers.code.locate_below(parent(&self.path), module);
        let located = located.or_else(beside)?;
        match makers.code.resolve(&located.path, name) {
            Origin::Inside { path, name } => Some((path, name)),
            Origin::Outside(_) => None,
        }
    }

    fn settle(&self, makers: &Makers<'_>, commands: &[Command], candidate: &mut Sighting) {
        let place = makers
            .code
            .place(&self.path, &self.span, "serves the application");
        let reason = format!("`{}` at {} serves it", self.callee, place.location());
        let sign = if !self.is_run(makers, commands) {
            Sign::CouldBeServed
        } else if plain::is_usual(&self.path) || names::is_main(&self.path) {
            Sign::Started
        } else {
            Sign::Served
        };
        candidate.add(sign, reason);
        if candidate.port.is_none() {
            candidate.port.clone_from(&self.port);
        }
        if matches!(candidate.kind, Kind::Asgi | Kind::Wsgi) && candidate.program.is_none() {
            let is_everywhere = self.listening == Listening::Everywhere;
            let call = (&self.span, is_everywhere);
            candidate.program = prepared::program(makers, &self.path, &self.scope, call);
        }
        if !candidate.framework.runs_itself || candidate.kind != Kind::Server {
            return;
        }
        candidate.local = candidate.local.take().or_else(|| self.local());
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

    fn local(&self) -> Option<Local> {
        match &self.listening {
            Listening::Local(local) => Some(local.clone()),
            Listening::Everywhere | Listening::Unknown => None,
        }
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
    fn module(&self, makers: &Makers<'_>, commands: &[Command]) -> Option<Sighting> {
        let Served::Named(_, Some(framework)) = self.app else {
            return None;
        };
        if !self.is_run(makers, commands) {
            return None;
        }
        let made = Made {
            kind: Kind::Server,
            framework,
            through: Vec::new(),
        };
        let seen = Evidence::new(Sign::Usual, format!("it calls `{}` itself", self.callee));
        let (path, span) = (&self.path, &self.span);
        let mut sighting = objects::sighting(makers.code, path, Target::Module, &made, span, seen);
        sighting.port.clone_from(&self.port);
        sighting.local = self.local();
        if let Some(command) = self.command(commands) {
            command.give_to(&mut sighting);
        }
        Some(sighting)
    }
}
