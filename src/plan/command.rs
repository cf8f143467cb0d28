//! A command that the profile says: where it listens, how it stops, and what of it is not there.

use super::Decision;
use super::entry::Application;
use super::inputs::Subject;
use super::named;
use super::run::{Found, Start, of_candidate, stop};
use super::said::{Listens, SaidCommand};
use crate::application::{Candidate, Kind};
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Result};
use crate::names::PackageName;
use crate::profile::StopSignal;
use crate::project::source_tree::join;
use crate::rules;

/// What the command or the entry names and the source does not have. Errors: a module or a name that the
/// project itself would have.
pub(super) fn unknown(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    said: Option<&SaidCommand>,
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
    said: &SaidCommand,
) -> Option<Diagnostic> {
    let command = subject.profile.command.as_ref()?;
    let server = said.server.as_ref()?;
    let mut packages = closure.packages();
    if packages.any(|(_, package, _)| package.name.as_ref() == server.name) {
        return None;
    }
    let image = &subject.profile.name;
    let lock = &subject.inputs.project.lock;
    let is_locked = server
        .name
        .parse()
        .is_ok_and(|name: PackageName| !lock.named(&name).is_empty());
    Some(
        Diagnostic::new(
            rules::MISSING_SERVER,
            format!(
                "the command of `{image}` needs `{}`, which is not in its closure",
                server.name
            ),
        )
        .at_some(
            command
                .origin
                .place_of(&server.program, "the image would not have it"),
        )
        .with_help(if is_locked {
            format!(
                "`{}` is locked, but not for this image: take the extra or group that has it",
                server.name
            )
        } else {
            format!("add it: `uv add {}`", server.name)
        }),
    )
}

/// A command that the profile says: its own words decide where it listens.
pub(super) fn of_command(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    said: &SaidCommand,
    candidate: Option<&Candidate>,
) -> Start {
    let profile = subject.profile;
    let setting = profile
        .command
        .as_ref()
        .expect("a command that was read is said");
    let found = candidate.map(Found::of);
    // What listens by itself brings its port and variables; a served application has those of its server.
    let own = candidate.filter(|one| said.server.is_none() && !is_served(one));
    let own = own.and_then(|one| of_candidate(subject, closure, one).ok());
    let (own_port, own_health, own_stop, env) = own.map_or((None, None, None, Vec::new()), |own| {
        (own.port, own.health, Some(own.stop_signal), own.env)
    });
    let of_server = said.server.as_ref();
    let site_health = of_server
        .and_then(|server| Some((server, server.health_path.as_ref()?.parse().ok()?)))
        .map(|(server, path)| Decision::new(path, format!("{} answers there", server.name)));
    let source_port = found.as_ref().and_then(|found| found.port.clone());
    let port = match &said.listens {
        Some(Listens::Port(port, because)) => Some(Decision::new(*port, because.clone())),
        Some(Listens::Socket) => None,
        None if of_server.is_some() => server_port(subject, said),
        None => own_port.or(source_port),
    };
    Start {
        command: Decision::new(setting.value.clone(), setting.origin.to_string()),
        port,
        health: found
            .and_then(|found| found.health)
            .or(site_health)
            .or(own_health),
        stop_signal: of_server
            .map(|server| stop(&server.name, server.stop))
            .or(own_stop)
            .unwrap_or_else(|| Decision::new(StopSignal::Term, "what Docker sends by default")),
        env,
    }
}

fn is_served(candidate: &Candidate) -> bool {
    matches!(candidate.kind, Kind::Asgi | Kind::Wsgi)
}

/// Where a known server listens that its command does not tell: a variable, gunicorn's settings, its default.
fn server_port(subject: &Subject<'_>, said: &SaidCommand) -> Option<Decision<u16>> {
    let server = said.server.as_ref()?;
    let env = &subject.profile.env;
    let variable = |name: &str| {
        let mut env = env.iter();
        env.find(|(known, _)| known.as_ref() == name)
            .map(|(_, value)| value.value.as_ref())
    };
    if let Some((port, name)) = said.port_of(variable) {
        return Some(Decision::new(port, format!("`{name}` of its environment")));
    }
    if let Some((port, path)) = settings_port(subject, said) {
        return Some(Decision::new(port, path));
    }
    Some(Decision::new(
        server.port?,
        format!("{}'s default", server.name),
    ))
}

/// `bind = "0.0.0.0:8060"` of gunicorn's settings.
fn settings_port(subject: &Subject<'_>, said: &SaidCommand) -> Option<(u16, String)> {
    let path = join(subject.folder, said.settings.as_ref()?);
    let text = subject.inputs.tree.text(&path)?;
    Some((bound(text.text())?, path))
}

/// The port that gunicorn's settings bind, where they say it in so many words.
pub(crate) fn bound(settings: &str) -> Option<u16> {
    let mut lines = settings.lines();
    let value = lines.find_map(|line| {
        let rest = line.strip_prefix("bind")?.trim_start();
        rest.strip_prefix('=').filter(|rest| !rest.starts_with('='))
    })?;
    let inner = value.split(['"', '\'']).nth(1)?;
    inner
        .rsplit_once(':')?
        .1
        .parse()
        .ok()
        .filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::bound;

    #[test]
    fn settings_of_gunicorn_that_bind() {
        assert_eq!(bound("workers = 2\nbind = \"0.0.0.0:8060\"\n"), Some(8060));
        assert_eq!(bound("bind = f\"0.0.0.0:{PORT}\"\n"), None);
        assert_eq!(bound("bind = 'unix:/run/a.sock'\n"), None);
        assert_eq!(bound("workers = 2\n"), None);
    }
}
