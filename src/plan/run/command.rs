//! A command that the profile says: where it listens, how it stops, and what of it is not there.

use crate::application::{Candidate, Kind};
use crate::closure::Closure;
use crate::command::StartCommand;
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::{Application, way_to};
use crate::plan::run::named;
use crate::plan::run::start::{Found, Start, of_candidate};
use crate::plan::run::stopping::Stop;
use crate::profile::StopSignal;
use crate::project::source_tree::join;
use crate::rules;

/// What the command or the entry names and the source does not have. Errors: a module or a name that the
/// project itself would have.
pub(crate) fn unknown(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    said: Option<&StartCommand>,
    candidate: Option<&Candidate>,
) -> Result<Vec<Diagnostic>> {
    let profile = subject.profile;
    let mut found = Vec::new();
    if let (Some(command), Some(said)) = (&profile.command, said) {
        found.extend(missing_server(subject, closure, said));
        let named = said.application.as_ref().or(said.module.as_ref());
        if let Some(named) = named.filter(|_| candidate.is_none() || profile.entry.is_some()) {
            let origin = &command.origin;
            found.extend(named::check(subject, closure, application, named, origin)?);
        }
    }
    let entry = profile.entry.as_ref().filter(|_| candidate.is_none());
    if let Some(entry) = entry.filter(|entry| entry.value.as_ref().contains(':')) {
        let name = entry.value.as_ref();
        found.extend(named::check(
            subject,
            closure,
            application,
            name,
            &entry.origin,
        )?);
    }
    Ok(found)
}

/// A command of a server that the image would not have.
fn missing_server(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    said: &StartCommand,
) -> Option<Diagnostic> {
    let command = subject.profile.command.as_ref()?;
    let server = said.server()?;
    let mut packages = closure.packages();
    if packages.any(|(_, package, _)| package.name == *server.distribution) {
        return None;
    }
    let image = &subject.profile.name;
    Some(
        Diagnostic::new(
            rules::MISSING_SERVER,
            format!(
                "the command of `{image}` needs `{}`, which is not in its closure",
                server.distribution
            ),
        )
        .at_some(
            command
                .origin
                .place_of(said.word(), "the image would not have it"),
        )
        .with_help(
            way_to(subject, server.distribution)
                .unwrap_or_else(|| format!("add it: `uv add {}`", server.distribution)),
        ),
    )
}

/// A command that the profile says: its own words decide where it listens.
pub(crate) fn of_command(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    said: &StartCommand,
    candidate: Option<&Candidate>,
) -> Start {
    let profile = subject.profile;
    let setting = profile
        .command
        .as_ref()
        .expect("a command that was read is said");
    let found = candidate.map(Found::of);
    // What listens by itself brings its port and variables; a served application has those of its server.
    let own = candidate.filter(|one| said.server().is_none() && !is_served(one));
    // The command is said: what dfgen's own would lack is not asked for.
    let own = own.and_then(|one| of_candidate(subject, closure, one).ok());
    let (own_port, own_health, own_stop, env) = own.map_or((None, None, None, Vec::new()), |own| {
        (own.port, own.health, Some(own.stop), own.env)
    });
    let of_server = said.server();
    // The path is a row of the catalog, whose tests read every one.
    let site_health = of_server
        .and_then(|server| Some((server, server.health_path?.parse().ok()?)))
        .map(|(server, path)| {
            Decision::new(path, format!("{} answers there", server.distribution))
        });
    let source_port = found.as_ref().and_then(|found| found.port.clone());
    let port = match (&said.listens, of_server) {
        (None, None) => own_port.or(source_port),
        _ => said_port(subject, said),
    };
    Start {
        command: Decision::new(setting.value.clone(), setting.origin.to_string()),
        port,
        health: found
            .and_then(|found| found.health)
            .or(site_health)
            .or(own_health),
        stop: Stop::of_command(subject, closure, said, false)
            .or(own_stop)
            .unwrap_or_else(|| Stop::unknown(StopSignal::Term, "what Docker sends by default")),
        env,
    }
}

fn is_served(candidate: &Candidate) -> bool {
    matches!(candidate.kind, Kind::Asgi | Kind::Wsgi)
}

/// Where the command listens: its own words, a variable, the settings of its server, or its default.
fn said_port(subject: &Subject<'_>, said: &StartCommand) -> Option<Decision<u16>> {
    let env = &subject.profile.env;
    let variable = |name: &str| {
        let mut env = env.iter();
        env.find(|(known, _)| known.as_ref() == name)
            .map(|(_, value)| value.value.as_ref())
    };
    let text = |path: &str| {
        let text = subject.inputs.tree.text(&join(subject.folder, path))?;
        Some(text.text().to_owned())
    };
    let (port, because) = said.port(variable, text)?;
    Some(Decision::new(port, because))
}
