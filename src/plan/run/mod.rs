//! How an image runs: command, port, health check, stop signal, migration.

pub(in crate::plan) mod caches;
pub(in crate::plan) mod command;
pub(in crate::plan) mod connections;
pub(in crate::plan) mod entry;
pub(in crate::plan) mod health;
pub(in crate::plan) mod migration;
pub(in crate::plan) mod named;
pub(in crate::plan) mod no_command;
pub(in crate::plan) mod procfile;
pub(in crate::plan) mod services;
pub(in crate::plan) mod start;
pub(in crate::plan) mod unused;
pub(in crate::plan) mod volumes;
pub(in crate::plan) mod worker;
pub(in crate::plan) mod writes;

use indexmap::IndexMap;

use super::inputs::Subject;
use super::{AppForm, Decision, RunPlan};
use crate::application::Candidate;
use crate::application::packaging::NotPackaged;
use crate::application::writes::Write;
use crate::closure::Closure;
use crate::command::{StartCommand, without_call};
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::run::entry::Application;
use crate::plan::run::start::start;
use crate::profile::{EnvName, Line, Profile, Serves};
use crate::project::source_tree::join;

/// How an image runs, the files that this needs beside the application, and its environment.
pub(crate) struct Run {
    pub(crate) plan: RunPlan,
    pub(crate) files: Vec<String>,
    /// The folders that must be on the import path, relative to the root of the tree.
    pub(crate) roots: Vec<String>,
    pub(crate) env: IndexMap<EnvName, Decision<Line>>,
    pub(crate) findings: Vec<Diagnostic>,
    /// What the application needs and its built package would not hold.
    pub(crate) not_packaged: Vec<NotPackaged>,
    /// Where the application writes beside itself.
    pub(crate) writes: Vec<Write>,
}

/// Decides. Errors: no command can be known, several are as likely, an application without a server.
pub(crate) fn run(subject: &Subject<'_>, closure: &Closure<'_>) -> Result<Run> {
    let profile = subject.profile;
    let application = Application::new(subject, closure);
    let said = profile
        .command
        .as_ref()
        .map(|said| StartCommand::read(&said.value));
    let candidate = match said.as_ref().filter(|_| profile.entry.is_none()) {
        Some(command) => named::started_by(subject, &application, command),
        None => application.choose()?,
    };
    let unknown = command::unknown(subject, closure, &application, said.as_ref(), candidate)?;
    let start = match &said {
        Some(command) => command::of_command(subject, closure, command, candidate),
        None => start(subject, closure, &application, candidate)?,
    };
    let port = match (&profile.port, start.port) {
        (Some(said), _) => Some(Decision::new(said.value, said.origin.to_string())),
        (None, port) if profile.serves.value == Serves::Http => port,
        _ => None,
    };
    let migration = migration::found(subject, &application, candidate);
    let beat = candidate.and_then(|one| worker::beat(subject, &application, one));
    let started = || candidate.into_iter().chain(migration);
    let variables = application.variables(started());
    let connections = connections::connections(subject, closure, &application, &variables)?;
    let hosts = application.hosts(started());
    let hint = services::hint(subject, closure, &connections.services);
    let plan = RunPlan {
        health: health::health(subject, port.as_ref(), start.health, hosts.as_ref())?,
        command: start.command,
        port,
        stop_signal: profile
            .stop_signal
            .as_ref()
            .map_or(start.stop_signal, Decision::from),
        user: (&profile.user).into(),
        migrate: migration::plan(subject, migration, candidate)?,
        beat,
        connections: connections.env,
        services: connections.services,
        model_cache: volumes::model_cache(profile),
        volumes: connections
            .volume
            .into_iter()
            .chain(volumes::said(subject))
            .collect(),
        shm_size: profile.shm_size.as_ref().map(|said| said.value.clone()),
        gpu: profile.gpu.value,
        development: profile.development.value,
    };
    let files = started().flat_map(|one| one.files.clone());
    let found = findings(subject, closure, &application, candidate, said.as_ref());
    let writes = application.writes(started(), &variables);
    Ok(Run {
        plan,
        files: files.chain(settings(subject, said.as_ref())).collect(),
        roots: started().map(|one| one.root.clone()).collect(),
        env: env(subject, closure, &application, start.env),
        findings: [
            found,
            unknown,
            application.unread(),
            connections.findings,
            hint.into_iter().collect(),
        ]
        .concat(),
        not_packaged: application.not_packaged(candidate, said_entry(profile, said.as_ref())),
        writes,
    })
}

/// What is started is told by variables, and so are the libraries that keep a cache.
fn env(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    start: Vec<(EnvName, Decision<Line>)>,
) -> IndexMap<EnvName, Decision<Line>> {
    let caches = caches::variables(subject, closure, application);
    start.into_iter().chain(caches).collect()
}

/// The file of settings that a command names: an image has it where the command looks for it.
fn settings(subject: &Subject<'_>, said: Option<&StartCommand>) -> Option<String> {
    let path = said?.settings.as_deref()?.trim_start_matches("./");
    let path = join(subject.folder, path);
    subject.inputs.tree.has_file(&path).then_some(path)
}

/// What the profile itself starts, as `entry` or in its command.
fn said_entry<'s>(profile: &'s Profile, said: Option<&'s StartCommand>) -> Option<&'s str> {
    let entry = profile.entry.as_ref().map(|entry| entry.value.as_ref());
    let of_command = || {
        let said = said?;
        said.application.as_deref().or(said.module.as_deref())
    };
    entry.or_else(of_command).map(without_call)
}

/// What the image cannot import, and what it has without need.
fn findings(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
    said: Option<&StartCommand>,
) -> Vec<Diagnostic> {
    let profile = subject.profile;
    let Some(started) = candidate else {
        let entry = said_entry(profile, said);
        return entry.map_or_else(Vec::new, |entry| application.findings_said(entry));
    };
    let mut findings = application.findings(started);
    if let Some(unseen) = application.unseen(started) {
        // Without the application nothing is known of what it uses.
        findings.push(unseen);
    } else if !started.module.is_empty() && !profile.development.value {
        let name = profile.name.as_ref();
        findings.extend(unused::find(
            subject.inputs,
            name,
            closure,
            application,
            started,
        ));
    }
    findings
}

/// Where Python looks for the application when it runs from source.
pub(crate) fn python_path(form: &AppForm) -> Option<Line> {
    match form {
        AppForm::Package => None,
        AppForm::Source(roots) => {
            let roots: Vec<&str> = roots.iter().map(AsRef::as_ref).collect();
            // Paths of the image have no character that a line refuses.
            roots.join(":").parse().ok()
        }
    }
}
