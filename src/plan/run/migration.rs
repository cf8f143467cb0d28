//! The step that brings the database up to date: its command, and where that has to run.

use crate::application::revisions;
use crate::application::unmigrated::{self, Unmigrated};
use crate::application::{Candidate, Kind, developers_database, lost_scripts, wrapped};
use crate::catalog::Purpose;
use crate::command::StartCommand;
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::plan::inputs::Subject;
use crate::plan::run::containers::containers;
use crate::plan::run::entry::Application;
use crate::plan::run::failing;
use crate::plan::run::procfile;
use crate::plan::run::start::lines;
use crate::plan::source::paths;
use crate::plan::{Decision, MigrationPlan};
use crate::profile::{Line, Migrate, ProfileName};
use crate::project::source_tree::{has_extension, join, parent};
use crate::rules;

/// The migrations that the source shows, unless the profile wants none.
pub(crate) fn found<'a>(
    subject: &Subject<'_>,
    application: &'a Application<'_>,
    started: Option<&Candidate>,
) -> Option<&'a Candidate> {
    let is_off = subject.profile.migrate.value == Migrate::Off;
    let mut steps = application
        .candidates
        .iter()
        .filter(|one| one.kind == Kind::Migration);
    let beside = steps
        .clone()
        .find(|one| started.is_some_and(|started| started.root == one.root));
    beside.or_else(|| steps.next()).filter(|_| !is_off)
}

/// Why a step that the source shows is not run: it is for the developer's own database.
pub(crate) fn nowhere(
    subject: &Subject<'_>,
    application: &Application<'_>,
    step: &Candidate,
    started: Option<&Candidate>,
) -> Option<Diagnostic> {
    if subject.profile.development.value || subject.profile.migrate.origin.is_own() {
        return None;
    }
    let name = &subject.profile.name;
    if let Some((location, place)) = lost_scripts(application.code(), step) {
        return Some(lost(name, &step.path, &location, place));
    }
    if let Some(lacking) = unmigrated::find(application.code(), step).filter(|one| one.is_in_vain) {
        return Some(unmade(name, &lacking));
    }
    if is_unnamed(subject, step, started) {
        return Some(unnamed(name, step));
    }
    if told(subject, step).is_none()
        && let Some(finding) = failing::finding(subject, application, step, started)
    {
        return Some(finding);
    }
    let place = developers_database(application.code(), step)?;
    let problem = format!(
        "the migrations of `{name}` are not run: they know only the database of your machine"
    );
    let finding = Diagnostic::new(rules::LOCAL_MIGRATIONS, problem)
        .at(place)
        .with_help("let env.py take the address that the application has: `config.set_main_option(\"sqlalchemy.url\", os.environ[\"DATABASE_URL\"])`")
        .with_help(format!("or run them all the same: `migrate = true` in [profile.{name}] of dfgen.toml"));
    Some(finding)
}

/// Tables that no migration makes, where the step goes on without them.
pub(crate) fn unmade_tables(
    subject: &Subject<'_>,
    application: &Application<'_>,
    step: Option<&Candidate>,
) -> Option<Diagnostic> {
    let lacking = unmigrated::find(application.code(), step?)?;
    let is_asked = subject.profile.development.value || subject.profile.migrate.origin.is_own();
    (!is_asked && !lacking.is_in_vain).then(|| unmade(&subject.profile.name, &lacking))
}

fn unmade(name: &ProfileName, lacking: &Unmigrated) -> Diagnostic {
    let Unmigrated {
        folder,
        application,
        ..
    } = lacking;
    let why = if lacking.is_ignored {
        format!("`{folder}` is ignored, so that the image has none")
    } else {
        format!("`{folder}` has none")
    };
    let problem = match (lacking.is_in_vain, application.is_empty()) {
        (true, _) => format!("the migrations of `{name}` are not run: {why}"),
        (false, _) => format!("the tables of `{application}` are made by no migration: {why}"),
    };
    let finding = Diagnostic::new(rules::MISSING_MIGRATIONS, problem).at(lacking.place.clone());
    let (note, make) = if application.is_empty() {
        let note = "Alembic would do nothing, and the database stay empty";
        (
            note,
            "uv run alembic revision --autogenerate -m initial".to_owned(),
        )
    } else {
        let note = if lacking.is_in_vain {
            "`migrate` ends with an error where the users' model has no migrations"
        } else {
            "`migrate` makes no tables of an application without migrations"
        };
        (
            note,
            format!("uv run python manage.py makemigrations {application}"),
        )
    };
    let force = if lacking.is_ignored { " --force" } else { "" };
    finding
        .with_note(note)
        .with_help(format!(
            "make them and have Git track them: `{make}`, `git add{force} {folder}`"
        ))
        .with_help(format!(
            "or run the step all the same: `migrate = true` in [profile.{name}] of dfgen.toml"
        ))
}

/// The variable that names the application for Flask's program.
const FLASK_APP: &str = "FLASK_APP";

/// Whether Flask's program would find no application: none is named, and neither module that it looks for has one.
/// <https://flask.palletsprojects.com/en/stable/cli/#application-discovery>
fn is_unnamed(subject: &Subject<'_>, step: &Candidate, started: Option<&Candidate>) -> bool {
    let is_named = started.is_some_and(|one| one.kind == Kind::Wsgi);
    if !step.framework.is("flask-migrate") || is_named || told(subject, step).is_some() {
        return false;
    }
    let tree = &subject.inputs.tree;
    let mut images = subject.inputs.containers().1.iter();
    let mut said = subject.profile.env.keys();
    let is_set = said.any(|name| name.as_ref() == FLASK_APP)
        || images.any(|image| image.variable(FLASK_APP).is_some())
        || tree.lying().any(|path| path.ends_with(".flaskenv"));
    let usual = ["app.py", "app/__init__.py", "wsgi.py", "wsgi/__init__.py"];
    let mut files = usual.iter().map(|name| join(&step.root, name));
    let has_app = |path: String| {
        let file = tree.text(&path);
        file.is_some_and(|file| {
            let words = [
                "app ",
                "app=",
                "app:",
                "application",
                "create_app",
                "make_app",
            ];
            words.iter().any(|word| file.text().contains(word))
        })
    };
    !is_set && !files.any(has_app)
}

fn unnamed(name: &ProfileName, step: &Candidate) -> Diagnostic {
    let problem = format!(
        "the migrations of `{name}` are not run: `flask` would find no application to run them with"
    );
    Diagnostic::new(rules::UNRUN_COMMAND, problem)
        .at(step.place.clone())
        .with_note("no `FLASK_APP` names it, and there is no app.py or wsgi.py with one beside the migrations")
        .with_help(format!(
            "name it, in [profile.{name}] of dfgen.toml: `migrate = [\"flask\", \"--app\", \"MODULE:NAME\", \"db\", \"upgrade\"]`"
        ))
        .with_help("where the application brings its database up to date itself, leave it so: `migrate = false`")
}

/// Alembic would end at once, and the application never start.
fn lost(name: &ProfileName, path: &str, location: &str, place: Place) -> Diagnostic {
    let problem = format!(
        "the migrations of `{name}` are not run: `{location}` is a folder from nowhere in the project"
    );
    Diagnostic::new(rules::MISSING_FOLDER, problem)
        .at(place)
        .with_note("Alembic takes `script_location` from the folder that it is run in")
        .with_help(format!(
            "say where it is from the folder of `{path}`: `script_location = %(here)s/FOLDER`"
        ))
}

/// The command and its folder, by what the profile says and the source shows. Errors: a folder with a name that no
/// Dockerfile can say.
pub(crate) fn plan(
    subject: &Subject<'_>,
    application: &Application<'_>,
    found: Option<&Candidate>,
    started: Option<&Candidate>,
) -> Result<Option<MigrationPlan>> {
    let said = &subject.profile.migrate;
    let command = match (&said.value, found) {
        (Migrate::Off, _) => return Ok(None),
        (Migrate::Found, None) => match procfile::release(subject) {
            Some(release) => release,
            None => return Ok(None),
        },
        (Migrate::Command(command), _) => Decision::new(command.clone(), said.origin.to_string()),
        (Migrate::Found, Some(step)) if let Some(told) = told(subject, step) => told,
        (Migrate::Found, Some(step)) => {
            let started = started.map(|one| inner(application, one));
            let Some(command) = command(application, step, started) else {
                return Ok(None);
            };
            Decision::new(command, step.place.location())
        }
    };
    let root = match (&said.value, found) {
        (Migrate::Found, Some(step)) => step.root.as_str(),
        _ => subject.folder,
    };
    // The member's folder is `/app`, and what lies below it keeps its place.
    let below = root.strip_prefix(subject.folder).unwrap_or(root);
    let folder = below.trim_matches('/');
    let folder = paths::in_app(folder, "the configuration of the migrations")?;
    Ok(Some(MigrationPlan { command, folder }))
}

/// What a container of the project's own runs for it, where that is another program than dfgen would start: one of the
/// framework's, which knows the database as the application does.
fn told(subject: &Subject<'_>, step: &Candidate) -> Option<Decision<Vec<Line>>> {
    let usual = step.framework.migrate.as_ref()?.fill(|_| String::new());
    let usual = usual.first()?;
    let is_other = |words: &[String]| {
        let is_migration = StartCommand::read(words).purpose == Some(Purpose::Migrate);
        let is_plain = words.iter().all(|word| !word.contains(['$', '`']));
        is_migration && is_plain && !words.contains(usual)
    };
    let all = containers(subject);
    let mut processes = all.iter().map(|container| &container.process);
    let found = processes.find(|one| is_other(&one.start.words) && one.start.before.is_empty())?;
    let words = found.start.words.iter().map(|word| word.parse().ok());
    let words = words.collect::<Option<Vec<Line>>>()?;
    Some(Decision::new(words, found.place.location()))
}

/// The application itself, where what is started is a middleware around it: `app = ProxyFix(flask_app)`. Its command
/// wants no other object.
fn inner<'a>(application: &'a Application<'_>, started: &'a Candidate) -> &'a Candidate {
    let Some(name) = wrapped(application.code(), started) else {
        return started;
    };
    let mut all = application.candidates.iter();
    let is_inner = |one: &&Candidate| {
        one.path == started.path && one.import_string().ends_with(&format!(":{name}"))
    };
    all.find(is_inner).unwrap_or(started)
}

fn command(
    application: &Application<'_>,
    step: &Candidate,
    started: Option<&Candidate>,
) -> Option<Vec<Line>> {
    let framework = step.framework;
    let all = framework.migrate_all.as_ref();
    let all = all.filter(|_| revisions::has_several_heads(application.code(), step));
    let words = all.or(framework.migrate.as_ref())?;
    let mut words = words.fill(|_| String::new());
    // Flask's and Litestar's programs load their own applications alone.
    let app = started.filter(|one| one.kind == Kind::Wsgi || one.framework.is("litestar"));
    if let (Some(option), Some(app)) = (&framework.app_option, app) {
        words.splice(1..1, [option.clone(), app.import_string()]);
    }
    let is_elsewhere = has_extension(&step.path, "ini") && parent(&step.path) != step.root;
    if let (Some(option), true) = (&framework.config_option, is_elsewhere) {
        let below = step.path.strip_prefix(&step.root).unwrap_or(&step.path);
        let file = below.trim_start_matches('/').to_owned();
        words.splice(1..1, [option.clone(), file]);
    }
    Some(lines(words))
}
