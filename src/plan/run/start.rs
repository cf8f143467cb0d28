//! What an image starts: the command, and what comes with it.

use crate::application::{Candidate, Kind, ManifestFacts, Program, Target};
use crate::catalog::{CommandTemplate, Interface, OwnRun, Placeholder, Template};
use crate::closure::Closure;
use crate::command::StartCommand;
use crate::diagnostic::{Diagnostic, Result};
use crate::names::PackageName;
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::stopping::Stop;
use crate::plan::run::{listens, no_command, port_variable, prepared, server};
use crate::profile::{EnvName, Line, StopSignal};
use crate::rules;

/// A command, with what comes with it.
pub(crate) struct Start {
    pub(crate) command: Decision<Vec<Line>>,
    pub(crate) port: Option<Decision<u16>>,
    pub(crate) health: Option<Decision<Line>>,
    pub(crate) stop: Stop,
    pub(crate) env: Vec<(EnvName, Decision<Line>)>,
}

/// What the image starts: the application that was found, else the one that is said. Errors: neither is there, or no
/// server for it.
pub(crate) fn start(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
) -> Result<Start> {
    match (candidate, &subject.profile.entry) {
        (Some(candidate), _) => of_candidate(subject, closure, candidate),
        (None, Some(entry)) => of_entry(
            subject,
            closure,
            entry.value.as_ref(),
            &entry.origin.to_string(),
        ),
        (None, None) => Err(no_command::no_command(subject, application).into()),
    }
}

/// What a candidate is started with.
pub(crate) fn of_candidate(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    candidate: &Candidate,
) -> Result<Start> {
    let found = Found::of(candidate);
    if let Some(program) = prepared::program(subject, candidate) {
        return Ok(of_program(subject, program, found));
    }
    match candidate.kind {
        Kind::Asgi => served(subject, closure, &found, Interface::Asgi),
        Kind::Wsgi => served(subject, closure, &found, Interface::Wsgi),
        Kind::Worker | Kind::Beat => Ok(of_worker(subject, closure, candidate, &found)),
        _ => Ok(own(candidate, found, subject, closure)),
    }
}

/// The route that a plain request can ask; a gRPC health service answers none.
fn health_route(candidate: &Candidate) -> Option<Decision<Line>> {
    let health = candidate.health.as_ref()?;
    let is_path = health.route.starts_with('/');
    // A route with a line break in it is none that anything asks.
    let route = health.route.parse().ok().filter(|_| is_path)?;
    Some(Decision::new(route, health.place.location()))
}

/// A candidate, as far as a command needs it.
pub(crate) struct Found {
    app: String,
    file: String,
    factory: bool,
    pub(crate) port: Option<Decision<u16>>,
    pub(crate) health: Option<Decision<Line>>,
    pub(crate) because: String,
}

impl Found {
    pub(crate) fn of(candidate: &Candidate) -> Self {
        let because = format!(
            "{} in {}: {}",
            candidate.framework.name(),
            candidate.place.location(),
            candidate.confidence.reason()
        );
        let port = candidate.port.as_ref();
        Self {
            app: candidate.import_string(),
            file: candidate.path.clone(),
            factory: candidate.is_factory(),
            port: port.map(|port| Decision::new(port.number, port.place.location())),
            health: health_route(candidate),
            because,
        }
    }

    pub(crate) fn fill(&self, template: &CommandTemplate, port: &str) -> Vec<Line> {
        lines(template.fill(|place| self.value(place, port)))
    }

    /// Templates are of the catalog, and what fills them are names of modules and files without line breaks: see
    /// `Code`.
    fn fill_word(&self, template: &Template, port: &str) -> Option<Line> {
        template.fill(|place| self.value(place, port)).parse().ok()
    }

    fn value(&self, place: Placeholder, port: &str) -> String {
        match place {
            Placeholder::App => self.app.clone(),
            Placeholder::File => self.file.clone(),
            Placeholder::Host => "0.0.0.0".to_owned(),
            Placeholder::Port => port.to_owned(),
        }
    }
}

/// Words of a command. None is left out: they come from where `fill_word`'s do.
pub(crate) fn lines(words: impl IntoIterator<Item = String>) -> Vec<Line> {
    words
        .into_iter()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// An application, under the server that the closure has.
fn served(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    found: &Found,
    interface: Interface,
) -> Result<Start> {
    let servers = subject.inputs.catalog.servers().servers_for(interface);
    let has = |name: &PackageName| {
        closure
            .packages()
            .any(|(_, package, _)| package.name == *name)
    };
    let Some((name, server)) = servers.iter().find(|(name, _)| has(name)) else {
        return Err(no_server(subject, closure, found, interface).into());
    };
    let port = said_port(subject, found)
        .unwrap_or_else(|| Decision::new(server.port(), format!("{name}'s default")));
    let template = server
        .command(interface)
        .expect("a server for an interface has its command");
    let mut command = found.fill(template, &port_variable::word(subject.profile, port.value));
    if found.factory {
        as_factory(&mut command, &found.app, server.factory_flag());
    }
    let stop = of_own(subject, closure, &mut command);
    Ok(Start {
        command: Decision::new(command, format!("{}; served by {name}", found.because)),
        port: Some(port),
        health: found.health.clone(),
        stop,
        env: Vec::new(),
    })
}

fn no_server(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    found: &Found,
    interface: Interface,
) -> Diagnostic {
    let name = &subject.profile.name;
    let what = format!("`{}` has no server in the closure of `{name}`", found.app);
    let problem =
        Diagnostic::new(rules::NO_SERVER, what).with_note(format!("found as {}", found.because));
    let ways = server::locked(subject, closure, interface);
    let problem = if ways.is_empty() {
        let servers = subject.inputs.catalog.servers().servers_for(interface);
        let example = servers.first().map_or("uvicorn", |(name, _)| name.as_ref());
        let names = servers.iter().take(4).map(|(name, _)| format!("`{name}`"));
        let names: Vec<String> = names.collect();
        problem.with_help(format!(
            "add one, as {}: `uv add {example}`",
            names.join(", ")
        ))
    } else {
        let ways = ways.iter().map(|way| way.help(subject.profile));
        ways.fold(problem, Diagnostic::with_help)
    };
    problem.with_help(format!(
        "or say what to run: `command = [..]` in [profile.{name}] of dfgen.toml"
    ))
}

fn said_port(subject: &Subject<'_>, found: &Found) -> Option<Decision<u16>> {
    let said = subject.profile.port.as_ref();
    said.map(|said| Decision::new(said.value.number, said.origin.to_string()))
        .or(found.port.clone())
}

/// A function that makes the application: with the server's flag, else as a call.
fn as_factory(command: &mut Vec<Line>, app: &str, flag: Option<&str>) {
    match flag {
        Some(flag) => command.extend(lines([flag.to_owned()])),
        None => {
            for word in command.iter_mut().filter(|word| word.as_ref() == app) {
                *word = format!("{app}()")
                    .parse()
                    .expect("a name and brackets are a line");
            }
        }
    }
}

/// What listens by itself: a tool's own server, a command, a module.
fn own(candidate: &Candidate, found: Found, subject: &Subject<'_>, closure: &Closure<'_>) -> Start {
    let address = found
        .port
        .as_ref()
        .and_then(|_| listens::variable(candidate));
    if let Some(run) = &candidate.framework.run {
        let mut start = with_tool((candidate, run), &found, subject, closure);
        start.env.extend(address);
        return start;
    }
    Start {
        command: Decision::new(program(candidate, subject), found.because),
        port: found.port,
        health: found.health,
        stop: plain(),
        env: address.into_iter().collect(),
    }
}

/// What its library's own program runs, or what its library has told by variables.
fn with_tool(
    (candidate, run): (&Candidate, &OwnRun),
    found: &Found,
    subject: &Subject<'_>,
    closure: &Closure<'_>,
) -> Start {
    let name = candidate.framework.name();
    let port = said_port(subject, found).or_else(|| {
        let default = run.port?;
        Some(Decision::new(default, format!("{name}'s default")))
    });
    let number = port.as_ref().map_or(0, |port| port.value);
    let number = &port_variable::word(subject.profile, number);
    // What listens nowhere has no address to be told.
    let told = run.environment.iter().filter(|_| port.is_some());
    let env = told.filter_map(|(variable, value)| {
        let because = format!("{name} reads it");
        let value = Decision::new(found.fill_word(value, number)?, because);
        // A row of the catalog, whose tests read every one.
        Some((variable.parse().ok()?, value))
    });
    let mut command = match &run.command {
        None if is_loaded(candidate, subject) && candidate.framework.loaders().next().is_some() => {
            loaded(candidate, found, closure)
        }
        Some(template) if !is_called(candidate, subject) => found.fill(template, number),
        _ => program(candidate, subject),
    };
    if found.factory {
        as_factory(&mut command, &found.app, run.factory_flag.as_deref());
    }
    let stop = match run.command {
        Some(_) => of_own(subject, closure, &mut command),
        None => Stop::of_library(candidate.framework).unwrap_or_else(plain),
    };
    // A row of the catalog as well.
    let path = run.health_path.as_ref().and_then(|path| path.parse().ok());
    let tool_health = path.map(|path| Decision::new(path, format!("{name} answers there")));
    Start {
        env: env.collect(),
        command: Decision::new(command, found.because.clone()),
        health: tool_health.or_else(|| found.health.clone()),
        stop,
        port,
    }
}

/// Whether nothing in its file starts it.
fn is_loaded(candidate: &Candidate, subject: &Subject<'_>) -> bool {
    let file = subject.inputs.tree.text(&candidate.path);
    let text = file.as_ref().map_or("", |file| file.text());
    let mut starts = candidate.framework.starts().keys();
    let is_started =
        text.contains("__main__") || starts.any(|start| text.contains(&format!(".{start}(")));
    matches!(candidate.target, Target::Object(_)) && !is_started
}

/// The program that runs it then.
fn loaded(candidate: &Candidate, found: &Found, closure: &Closure<'_>) -> Vec<Line> {
    let has = |name: &PackageName| {
        closure
            .packages()
            .any(|(_, package, _)| package.name == *name)
    };
    let mut loaders = candidate.framework.loaders();
    let loader = loaders.find(|loader| has(&loader.needs));
    loader.map_or_else(Vec::new, |loader| found.fill(&loader.command, "0"))
}

/// Whether only a command of the package starts it: its file does nothing when it is run.
fn is_called(candidate: &Candidate, subject: &Subject<'_>) -> bool {
    let file = subject.inputs.tree.text(&candidate.path);
    let has_main = file.is_some_and(|file| file.text().contains("__main__"));
    matches!(candidate.target, Target::Command(_)) && !has_main
}

/// The command of the package, or the module, that starts it.
fn program(candidate: &Candidate, subject: &Subject<'_>) -> Vec<Line> {
    let is_installed = subject.manifest.is_package() && !subject.profile.development.value;
    let mut words = match &candidate.target {
        Target::Command(name) if is_installed => lines([name.clone()]),
        Target::Command(name) => called(subject, name),
        _ => prepared::words_of(subject, &candidate.root, &candidate.path, &candidate.module),
    };
    words.extend(lines(candidate.extra.iter().cloned()));
    words
}

/// A program of the project that serves, and does something before.
fn of_program(subject: &Subject<'_>, program: &Program, found: Found) -> Start {
    let before = program.before.iter().map(|(call, _)| format!("`{call}`"));
    let before: Vec<String> = before.collect();
    let because = format!(
        "{}; {} does {} before",
        found.because,
        program.path,
        before.join(", ")
    );
    let words = prepared::words_of(subject, &program.root, &program.path, &program.module);
    Start {
        command: Decision::new(words, because),
        port: found.port,
        health: found.health,
        stop: plain(),
        env: Vec::new(),
    }
}

/// A command of a package that runs from source: installed it would be a script that does this.
pub(crate) fn called(subject: &Subject<'_>, name: &str) -> Vec<Line> {
    let facts = ManifestFacts::parse(subject.manifest.file.clone());
    let target = facts.scripts.get(name).map_or("", String::as_str);
    let (module, function) = target.split_once(':').unwrap_or((target, "main"));
    let call = format!("import sys; from {module} import {function}; sys.exit({function}())");
    lines(["python", "-c", &call].map(str::to_owned))
}

/// An entry that the source does not show, as `package.module:attribute`: served by what is there.
fn of_entry(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    entry: &str,
    origin: &str,
) -> Result<Start> {
    let valid = entry
        .split_once(':')
        .is_some_and(|(module, attribute)| !module.is_empty() && !attribute.is_empty());
    let said = subject.profile.entry.as_ref();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
    if !valid || !entry.chars().all(plain) {
        return Err(Diagnostic::new(
            rules::INVALID_VALUE,
            format!("`entry` cannot be `{}`", entry.escape_debug()),
        )
        .at_some(said.and_then(|said| said.origin.place_of(entry, "not a module and a name in it")))
        .with_note(format!("said in {origin}"))
        .with_help("write `package.module:attribute`, as `shop_api.main:app`")
        .into());
    }
    let found = Found {
        app: entry.to_owned(),
        file: String::new(),
        factory: false,
        port: None,
        health: None,
        because: origin.to_owned(),
    };
    let asgi = served(subject, closure, &found, Interface::Asgi);
    asgi.or_else(|problem| served(subject, closure, &found, Interface::Wsgi).map_err(|_| problem))
}

/// How a command of dfgen's own ends, whose program is told the limit.
fn of_own(subject: &Subject<'_>, closure: &Closure<'_>, command: &mut Vec<Line>) -> Stop {
    let read = StartCommand::read(command);
    let stop = Stop::of_command(subject, closure, &read, true).unwrap_or_else(plain);
    command.extend(stop.words.iter().cloned());
    stop
}

/// How a program ends that handles no signal.
pub(crate) fn plain() -> Stop {
    Stop::unknown(
        StopSignal::Int,
        "a plain Python program ignores SIGTERM as process 1, and ends on SIGINT",
    )
}

/// How a worker is started.
fn of_worker(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    candidate: &Candidate,
    found: &Found,
) -> Start {
    let framework = candidate.framework;
    let mut command = match framework.command() {
        _ if candidate.module == "manage" => managed(candidate),
        Some(template) => found.fill(template, "0"),
        None => lines(["python", "-m", &candidate.module].map(str::to_owned)),
    };
    command.extend(lines(candidate.extra.iter().cloned()));
    let is_run = StartCommand::read(&command).server().is_some();
    let stop = match &framework.run {
        Some(_) if is_run && candidate.module != "manage" => of_own(subject, closure, &mut command),
        Some(_) => Stop::of_library(framework).unwrap_or_else(plain),
        None => Stop::unknown(StopSignal::Term, "what Docker sends by default"),
    };
    Start {
        command: Decision::new(command, found.because.clone()),
        port: None,
        health: None,
        stop,
        env: Vec::new(),
    }
}

/// `python manage.py run_huey`: Django's own way to start it.
fn managed(candidate: &Candidate) -> Vec<Line> {
    let name = match &candidate.target {
        Target::Command(name) => name.clone(),
        _ => String::new(),
    };
    lines(["python".to_owned(), candidate.path.clone(), name])
}
