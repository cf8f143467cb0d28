//! How an image runs: command, port, health check, stop signal, migration.

pub(in crate::plan) mod browsers;
pub(in crate::plan) mod caches;
pub(in crate::plan) mod command;
pub(crate) mod composed;
pub(crate) mod composed_env;
pub(in crate::plan) mod connections;
pub(in crate::plan) mod containers;
pub(in crate::plan) mod entry;
pub(in crate::plan) mod failing;
pub(in crate::plan) mod health;
pub(in crate::plan) mod heavy;
pub(in crate::plan) mod kept;
pub(in crate::plan) mod listens;
pub(in crate::plan) mod local;
pub(in crate::plan) mod migration;
pub(in crate::plan) mod named;
pub(in crate::plan) mod neighbours;
pub(in crate::plan) mod no_command;
pub(in crate::plan) mod own;
pub(in crate::plan) mod port_variable;
pub(in crate::plan) mod prepared;
pub(in crate::plan) mod processes;
pub(in crate::plan) mod procfile;
pub(in crate::plan) mod reads;
pub(in crate::plan) mod required;
pub(in crate::plan) mod server;
pub(in crate::plan) mod services;
pub(in crate::plan) mod settings_module;
pub(in crate::plan) mod start;
pub(in crate::plan) mod static_files;
pub(in crate::plan) mod stopping;
pub(in crate::plan) mod told;
pub(in crate::plan) mod told_packages;
mod told_start;
mod told_steps;
pub(in crate::plan) mod tuning;
pub(in crate::plan) mod unfit;
pub(in crate::plan) mod unrun;
pub(in crate::plan) mod unused;
pub(in crate::plan) mod volumes;
pub(in crate::plan) mod worker;
pub(in crate::plan) mod writes;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::inputs::Subject;
use super::{AppForm, Decision, Lasting, RunPlan};
use crate::application::packaging::{NotPackaged, Wheel};
use crate::application::reads::Read;
use crate::application::writes::Write;
use crate::application::{Candidate, Kind, Target};
use crate::catalog::Reads;
use crate::closure::Closure;
use crate::command::{StartCommand, without_call};
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::names::PackageName;
use crate::plan::run::browsers::Driven;
use crate::plan::run::containers::Own;
use crate::plan::run::entry::Application;
use crate::plan::run::local::Locals;
use crate::plan::run::start::start;
use crate::plan::run::static_files::Collection;
use crate::plan::source::commands::Names;
use crate::profile::{EnvName, Line, Profile, Serves};
use crate::project::source_tree::join;

/// How an image runs, the files that this needs beside the application, and its environment.
pub(crate) struct Run<'p> {
    pub(crate) plan: RunPlan,
    /// The project's own containers that do its work.
    pub(crate) own: Vec<Own<'p>>,
    pub(crate) files: Vec<String>,
    /// The folders that must be on the import path, relative to the root of the tree.
    pub(crate) roots: Vec<String>,
    pub(crate) env: IndexMap<EnvName, Decision<Line>>,
    pub(crate) findings: Vec<Diagnostic>,
    /// What the application needs and its built package would not hold.
    pub(crate) not_packaged: Vec<NotPackaged>,
    /// What its build would make, where that is known.
    pub(crate) wheel: Option<Wheel>,
    /// The browsers that it starts.
    pub(crate) driven: Driven,
    /// What of its files is collected while it is built.
    pub(crate) collection: Option<Collection>,
    /// The programs of the system that it starts.
    pub(crate) executables: BTreeMap<String, Place>,
    /// Where the application writes beside itself.
    pub(crate) writes: Vec<Write>,
    /// Where that is a place from which a built package would be too far.
    pub(crate) writes_beside: Option<Place>,
    /// Addresses of the developer's machine that nothing sets.
    pub(crate) locals: Locals,
    /// Whether the source asks for the metadata of distributions.
    pub(crate) reads_metadata: bool,
    /// What is served and not there.
    pub(crate) missing: Vec<Read>,
    /// The development tools, and the packages with needs of some uses, that what it runs imports.
    pub(crate) imported: BTreeSet<PackageName>,
    /// Words of its source that show such uses.
    pub(crate) shown: BTreeSet<String>,
}

/// Decides. Errors: no command can be known, several are as likely, an application without a server.
#[expect(
    clippy::too_many_lines,
    reason = "one value after the other: nothing to share"
)]
pub(crate) fn run<'p>(subject: &Subject<'p>, closure: &Closure<'_>) -> Result<Run<'p>> {
    let profile = subject.profile;
    let application = Application::new(subject, closure);
    let said = profile
        .command
        .as_ref()
        .map(|said| StartCommand::read(&said.value));
    let candidate = started(subject, &application)?;
    let unknown = command::unknown(subject, closure, &application, said.as_ref(), candidate)?;
    let start = match &said {
        Some(command) => command::of_command(subject, closure, command, candidate),
        None => start(subject, closure, &application, candidate)?,
    };
    let migration = migration::found(subject, &application, candidate);
    let nowhere =
        migration.and_then(|step| migration::nowhere(subject, &application, step, candidate));
    let migration = migration.filter(|_| nowhere.is_none());
    let unmade = migration::unmade_tables(subject, &application, migration);
    let processes = processes::plans(subject, closure, &application);
    let (processes, further): (Vec<_>, Vec<_>) = processes.into_iter().unzip();
    let further: Vec<&Candidate> = further.into_iter().flatten().collect();
    let own = candidate.into_iter().chain(migration);
    let started: Vec<&Candidate> = own.chain(further.iter().copied()).collect();
    let variables = application.variables(&started);
    let connections = connections::connections(subject, closure, &application, &variables)?;
    let hint = services::hint(subject, closure, &connections.services);
    let own = own::own(subject, &application, candidate);
    let beside = neighbours::of_image(subject, &own, &variables, &connections);
    let stop = start.stop;
    let tuning = tuning::of_command(subject, &start.command.value);
    let settings_module = settings_module::variable(subject, &application, candidate);
    let told = start.env.into_iter().chain(stop.env).chain(settings_module);
    let told = told.collect();
    let (command, told) = port_variable::put_in(subject, (start.command, told))?;
    let port = port(profile, start.port);
    let hosts = application.hosts(&started);
    let volumes = connections.volume.into_iter();
    let lasting = lasting(&application, candidate, said.as_ref(), port.is_some());
    let plan = RunPlan {
        health: health::health(
            subject,
            port.as_ref(),
            start.health,
            hosts.as_ref(),
            candidate.map_or(&[], |one| &one.protected),
        )?,
        command,
        port,
        port_variable: port_variable::variable(profile).cloned(),
        stop_signal: profile
            .stop_signal
            .as_ref()
            .map_or(stop.signal, Decision::from),
        stop_limit: stop.limit,
        user: (&profile.user).into(),
        lasts: lasting,
        migrate: migration::plan(subject, &application, migration, candidate)?,
        beat: candidate.and_then(|one| worker::beat(subject, &application, one)),
        processes,
        connections: beside.with(connections.env),
        tuning,
        services: connections.services,
        neighbours: beside.needs,
        model_cache: volumes::model_cache(profile),
        volumes: volumes.chain(volumes::said(subject)).collect(),
        links: Vec::new(),
        env_files: profile.env_files.value.clone(),
        shm_size: profile.shm_size.as_ref().map(|said| said.value.clone()),
        gpu: profile.gpu.value,
        development: profile.development.value,
    };
    let said = said.as_ref();
    let found = findings(subject, closure, &application, (candidate, &further), said);
    let files = started.iter().flat_map(|one| one.files.clone());
    let touched = application.paths(&started, &variables);
    let not_packaged = application.not_packaged(candidate, said_entry(profile, said));
    let wheel = application.wheel();
    let mut brought = reads::brought(subject, touched.reads, wheel.as_ref(), &not_packaged);
    // A command of the package needs that, whatever it lacks.
    let words = plan.command.value.first().map(AsRef::as_ref);
    let is_command = |one: &Candidate| matches!(&one.target, Target::Command(name) if Some(name.as_str()) == words);
    let is_command = candidate.is_some_and(is_command);
    if is_command {
        brought.not_packaged.clear();
    }
    let files = files.chain(brought.files).chain(touched.of_libraries);
    let named = named_by_commands(&plan);
    let files = files.chain(files_of_commands(subject, &named));
    let beside = named.iter().skip(1).flat_map(|names| &names.modules);
    let beside = beside.flat_map(|module| application.not_packaged_beside(module));
    let driven = browsers::find(subject, closure, &application, &started, &own);
    let env_of_services = &plan.connections;
    let collection = static_files::find(
        subject,
        &application,
        candidate,
        &variables,
        env_of_services,
        &own,
    )?;
    let unserved = collection.as_ref();
    let unserved =
        unserved.and_then(|found| static_files::unserved(&application, found, &plan.command.value));
    let env = env(subject, closure, &application, told);
    let shown = shown(subject, closure, &application);
    let names = env.keys().map(AsRef::as_ref);
    let is_set = |name: &str| {
        let connections = plan.connections.iter().map(|one| &one.name);
        let mut set = env.keys().chain(profile.env.keys()).chain(connections);
        set.any(|one| one.as_ref() == name)
    };
    let writes_beside = writes::beside(&touched.writes, is_set).filter(|_| !is_command);
    let released = unrun::release(subject, plan.migrate.as_ref());
    let required = required::finding(subject, &application, &started, &plan, names.clone());
    let unfit = unfit::finding(subject, &application, &variables, &plan, names);
    let unreached = listens::note(subject, closure, candidate, plan.port.is_some());
    let locals = local::find(&plan, &variables, is_set);
    Ok(Run {
        plan,
        files: files.chain(settings(subject, said)).collect(),
        roots: started.iter().map(|one| one.root.clone()).collect(),
        env,
        findings: [
            found,
            unknown,
            application.unread(),
            kept::notes(subject, closure, &application, candidate),
            connections.findings,
            hint.into_iter().collect(),
            nowhere.into_iter().chain(unmade).collect(),
            required.into_iter().chain(unfit).collect(),
            prepared::note(subject, candidate)
                .into_iter()
                .chain(unreached)
                .collect(),
            released.into_iter().chain(unserved).collect(),
            unrun::note(subject, &application, candidate, &own)
                .into_iter()
                .collect(),
        ]
        .concat(),
        not_packaged: [not_packaged, brought.not_packaged, beside.collect()].concat(),
        wheel,
        missing: brought.missing,
        imported: imported(subject, closure, &application, candidate, &shown),
        shown,
        collection,
        driven,
        executables: application.executables(&started),
        writes_beside,
        locals,
        writes: touched.writes,
        own,
        reads_metadata: application
            .mentions(&Reads::embedded().metadata().iter().collect::<Vec<_>>()),
    })
}

/// What each command of a plan names of the project.
fn named_by_commands(plan: &RunPlan) -> Vec<Names> {
    let migrate = plan.migrate.as_ref();
    let commands = plan.commands().map(|command| {
        let step = migrate.filter(|step| step.command == *command);
        let folder = step.map_or("/app", |step| step.folder.as_ref());
        Names::of_command(&command.value, folder)
    });
    commands.collect()
}

/// The files that commands name: an image has them where it is started, whatever form the project has in it.
fn files_of_commands(subject: &Subject<'_>, named: &[Names]) -> Vec<String> {
    let tree = &subject.inputs.tree;
    let all = named
        .iter()
        .flat_map(|names| names.files.iter().map(move |file| (names, file)));
    let relative = all.filter(|(_, file)| !file.path.starts_with('/'));
    let paths = relative.map(|(names, file)| {
        let below = join(&names.folder, &file.path);
        join(subject.folder, &below)
    });
    paths.filter(|path| tree.has_file(path)).collect()
}

/// What the image starts of what the source offers: what its command names, else what it is chosen for. Errors:
/// several are as likely.
pub(crate) fn started<'a>(
    subject: &Subject<'_>,
    application: &'a Application<'_>,
) -> Result<Option<&'a Candidate>> {
    let profile = subject.profile;
    match profile.command.as_ref().filter(|_| profile.entry.is_none()) {
        Some(said) => {
            let command = StartCommand::read(&said.value);
            Ok(application.started_by(&command))
        }
        None => application.choose(),
    }
}

/// How long it runs: what only runs through may end well, and is then not started again.
fn lasting(
    application: &Application<'_>,
    candidate: Option<&Candidate>,
    said: Option<&StartCommand>,
    listens: bool,
) -> Decision<Lasting> {
    let is_server = said.is_some_and(|said| said.server().is_some());
    match candidate {
        _ if listens || is_server => Decision::new(Lasting::Always, "it serves"),
        Some(one) if one.framework.over_stdin => {
            let because = format!("{} speaks over standard input", one.framework.name());
            Decision::new(Lasting::Session, because)
        }
        Some(one) if one.kind != Kind::Script => {
            Decision::new(Lasting::Always, "it serves or works")
        }
        _ if application.has_bot() => Decision::new(Lasting::Always, "a bot listens to a chat"),
        _ => Decision::new(Lasting::UntilDone, "a program may be done when it ends"),
    }
}

/// The port of an image that serves: the profile's, else the one that comes with the command.
fn port(profile: &Profile, started: Option<Decision<u16>>) -> Option<Decision<u16>> {
    match &profile.port {
        Some(said) => Some(Decision::new(said.value.number, said.origin.to_string())),
        None => started.filter(|_| profile.serves.value == Serves::Http),
    }
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
    (candidate, further): (Option<&Candidate>, &[&Candidate]),
    said: Option<&StartCommand>,
) -> Vec<Diagnostic> {
    let profile = subject.profile;
    let Some(started) = candidate else {
        let entry = said_entry(profile, said);
        return entry.map_or_else(Vec::new, |entry| application.findings_said(entry));
    };
    let mut findings = heavy::problems(subject, closure, application, started);
    let mut all = vec![started];
    all.extend(further);
    findings.extend(all.iter().flat_map(|one| application.findings(one)));
    findings.extend(application.absent_settings(started));
    if let Some(unseen) = application.unseen(started) {
        // Without the application nothing is known of what it uses.
        findings.push(unseen);
    } else if !started.module.is_empty() && !profile.development.value {
        findings.extend(unused::find(subject, closure, application, &all));
    }
    findings
}

/// Words of source that show uses of installed packages that need more of Debian's.
fn shown(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
) -> BTreeSet<String> {
    let catalog = &subject.inputs.catalog;
    let rows = closure.installed();
    let rows = rows.filter_map(|(_, package, _)| catalog.package(&package.name));
    let needs = rows.flat_map(|row| row.optional());
    let words = needs.flat_map(|need| need.shown_by());
    let shown = words.filter(|word| application.mentions(&[word.as_str()]));
    shown.cloned().collect()
}

/// The development tools, and the packages of which the source shows a use that needs more, that it imports.
fn imported(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
    shown: &BTreeSet<String>,
) -> BTreeSet<PackageName> {
    let catalog = &subject.inputs.catalog;
    let known = catalog.development();
    let has_uses = |name: &PackageName| {
        let row = catalog.package(name);
        let needs = row.iter().flat_map(|row| row.optional());
        let mut words = needs.flat_map(|need| need.shown_by());
        words.any(|word| shown.contains(word))
    };
    let installed = closure.installed();
    let installed = installed.map(|(_, package, _)| &package.name);
    let names = installed.filter(|name| known.get(name).is_some() || has_uses(name));
    let names: BTreeSet<PackageName> = names.cloned().collect();
    if names.is_empty() {
        return names;
    }
    application.imported(candidate, &names)
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
