//! Database migrations that are not Django's: Alembic, Flask-Migrate, Aerich.

use super::judge::{Evidence, Sighting, Sign};
use super::made::Makers;
use crate::application::candidate::{Candidate, Target};
use crate::application::code::Code;
use crate::application::manifest::ManifestFacts;
use crate::application::python::Scope;
use crate::application::{Framework, Kind};
use crate::catalog::Frameworks;
use crate::diagnostic::{Place, SourceFile};
use crate::project::source_tree::{Role, SourceTree, has_extension, join, parent};

/// What Alembic puts the folder of its file in place of.
const HERE: &str = "%(here)s";

/// Every migration step of the project.
pub(super) fn find(makers: &Makers<'_>, facts: &ManifestFacts) -> Vec<Sighting> {
    let flask = flask_migrate(makers);
    let mut all = if flask.is_empty() {
        let steps = alembic(makers, facts).into_iter();
        steps.map(|step| of_litestar(makers, step)).collect()
    } else {
        flask
    };
    all.extend(aerich(makers, facts));
    all
}

fn step(framework: Framework, folder: &str, path: &str, place: Place, reason: String) -> Sighting {
    Candidate {
        kind: Kind::Migration,
        framework,
        root: folder.to_owned(),
        module: String::new(),
        target: Target::Module,
        path: path.to_owned(),
        place,
        confidence: vec![Evidence::new(Sign::Usual, reason)],
        health: None,
        protected: Vec::new(),
        port: None,
        files: Vec::new(),
        settings: None,
        extra: Vec::new(),
        program: None,
        local: None,
    }
}

/// Files of this name in the project, tests and examples left out.
fn named<'a>(makers: &Makers<'a>, name: &str) -> Vec<&'a str> {
    let (tree, project) = (makers.code.tree(), makers.code.project());
    let nested = tree.nested_projects(project);
    let paths = tree.paths().filter(|path| {
        let rest = path.strip_prefix(project).unwrap_or_default();
        let inside = project.is_empty() || rest.starts_with('/');
        let elsewhere = nested
            .iter()
            .any(|folder| path.starts_with(&format!("{folder}/")));
        inside && !elsewhere && path.rsplit('/').next() == Some(name)
    });
    let wanted = paths.filter(|path| {
        matches!(
            SourceTree::role(project, path),
            Role::Source | Role::Migrations | Role::Scripts
        )
    });
    wanted.collect()
}

fn alembic(makers: &Makers<'_>, facts: &ManifestFacts) -> Vec<Sighting> {
    let Some(alembic) = makers.installed("alembic") else {
        return Vec::new();
    };
    let files = named(makers, "alembic.ini").into_iter();
    let steps = files.filter_map(|path| alembic_ini(makers, alembic, path));
    let mut steps: Vec<Sighting> = steps.collect();
    if steps.is_empty() {
        steps.extend(alembic_manifest(makers, alembic, facts));
    }
    steps
}

fn alembic_ini(makers: &Makers<'_>, alembic: Framework, path: &str) -> Option<Sighting> {
    let file = makers.code.text(path)?;
    let (location, span) = ini_value(&file, "script_location")?;
    // Braces: a template that something fills in, not a configuration.
    if location.contains('{') {
        return None;
    }
    let reason = format!("its migrations are in `{location}`");
    let place = file.place(span, "the migrations");
    let scripts = scripts(makers, path, &location);
    let folder = scripts.as_ref().map(|scripts| scripts.run_in.as_str());
    let mut step = step(alembic, folder.unwrap_or(parent(path)), path, place, reason);
    step.files = vec![path.to_owned()];
    step.files.extend(scripts.map(|scripts| scripts.folder));
    Some(step)
}

/// The same step run by Litestar's own program, where its environment takes from Alembic's configuration what only
/// Advanced Alchemy puts there: Alembic's program would fail.
fn of_litestar(makers: &Makers<'_>, mut step: Sighting) -> Sighting {
    let library = makers
        .installed("advanced-alchemy")
        .filter(|_| makers.has("litestar"));
    let code = makers.code;
    let usual = |list| Frameworks::embedded().usual(list);
    let folders = step
        .files
        .iter()
        .filter(|path| code.tree().has_folder(path));
    let mut environments = folders.map(|folder| join(folder, "env.py"));
    let wants = |path: &String| code.mentions(path, usual("litestar-environments"));
    let has_plugin = || {
        let mut files = code.files().iter();
        files.any(|path| code.mentions(path, usual("litestar-plugins")))
    };
    if let Some(library) = library
        && environments.any(|path| wants(&path))
        && has_plugin()
    {
        step.framework = library;
        code.project().clone_into(&mut step.root);
    }
    step
}

/// `[tool.alembic] script_location` of the manifest, known to Alembic 1.16 and later.
fn alembic_manifest(
    makers: &Makers<'_>,
    alembic: Framework,
    facts: &ManifestFacts,
) -> Option<Sighting> {
    let keys = ["tool", "alembic", "script_location"];
    let location = facts.text(&keys)?;
    let path = join(&facts.folder, "pyproject.toml");
    let place = facts.place_of(&keys, "the migrations")?;
    let reason = format!("its migrations are in `{location}`");
    let mut step = step(alembic, &facts.folder, &path, place, reason);
    step.files
        .extend(scripts(makers, &path, &location).map(|scripts| scripts.folder));
    step.files.insert(0, path);
    Some(step)
}

/// Where Alembic's own file names a database of the developer's machine, and nothing in its environment gives another: no
/// container reaches that.
pub(crate) fn developers_database(code: &Code<'_>, step: &Candidate) -> Option<Place> {
    let file = code
        .text(&step.path)
        .filter(|_| has_extension(&step.path, "ini") && !step.framework.is("advanced-alchemy"))?;
    let (address, span) = ini_value(&file, "sqlalchemy.url")?;
    let (scheme, rest) = address.split_once("://")?;
    let place = rest.split('/').next()?;
    let host = place.rsplit('@').next()?.split(':').next()?;
    // `sqlite:////home/me/shop.db` is there, too.
    let is_file = scheme.starts_with("sqlite");
    let of_home = || rest.starts_with("//home/") || rest.starts_with("//Users/");
    let is_near = matches!(host, "localhost" | "127.0.0.1") && !is_file || is_file && of_home();
    let folders = step
        .files
        .iter()
        .filter(|path| code.tree().has_folder(path));
    let environments: Vec<String> = folders.map(|folder| join(folder, "env.py")).collect();
    let known = environments.iter().any(|path| code.tree().has_file(path));
    let words = Frameworks::embedded().usual("migration-addresses");
    let gives = |path: &String| code.mentions(path, words);
    (is_near && known && !environments.iter().any(gives))
        .then(|| file.place(span, "the developer's own database"))
}

/// The scripts of Alembic.
struct Scripts {
    /// Where they lie.
    folder: String,
    /// Where Alembic has to be run to find them.
    run_in: String,
}

/// What `script_location` of the file at `path` names. Alembic takes it from the working folder; from that of the file
/// where it begins with `%(here)s`; `package:folder` from where Python has the package.
/// <https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file>
fn scripts(makers: &Makers<'_>, path: &str, location: &str) -> Option<Scripts> {
    let own = parent(path);
    if let Some((package, inner)) = location.split_once(':') {
        let located = makers.code.locate(path, package)?;
        let base = located.path.trim_end_matches("__init__.py");
        return Some(Scripts {
            folder: join(base.trim_end_matches('/'), inner),
            run_in: own.to_owned(),
        });
    }
    let here = location.strip_prefix(HERE);
    let found = |around: &str| {
        let folder = resolved(around, here.unwrap_or(location))?;
        makers.code.tree().has_folder(&folder).then_some(folder)
    };
    if here.is_some() {
        let run_in = own.to_owned();
        return found(own).map(|folder| Scripts { folder, run_in });
    }
    let project = makers.code.project();
    let around = std::iter::successors(Some(own), |folder| {
        (*folder != project && !folder.is_empty()).then(|| parent(folder))
    });
    let mut found = around.filter_map(|run_in| {
        let run_in = run_in.to_owned();
        Some(Scripts {
            folder: found(&run_in)?,
            run_in,
        })
    });
    found.next()
}

/// A path relative to a folder; `None` where it leads out of the tree.
fn resolved(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The `script_location` of a step that leads to no folder from anywhere in the project.
pub(crate) fn lost_scripts(code: &Code<'_>, step: &Candidate) -> Option<(String, Place)> {
    let is_alembic = step.framework.is("alembic") && has_extension(&step.path, "ini");
    let file = code.text(&step.path).filter(|_| is_alembic)?;
    let (location, span) = ini_value(&file, "script_location")?;
    let here = location.strip_prefix(HERE).unwrap_or(&location);
    // Other values of the file, a package elsewhere and absolute paths are not known.
    let is_known = !here.contains(['%', ':']) && !location.starts_with('/');
    let is_lost = is_known && step.files == [step.path.as_str()];
    is_lost.then(|| (location, file.place(span, "no such folder")))
}

/// The object of its module that a candidate is made around: `flask_app` of `app = ProxyFix(flask_app)`.
pub(crate) fn wrapped(code: &Code<'_>, candidate: &Candidate) -> Option<String> {
    let Target::Object(name) = &candidate.target else {
        return None;
    };
    let module = code.module(&candidate.path)?;
    let made = module.assigned(&Scope::Module, name)?.value.as_call()?;
    let first = made.arguments.first()?.as_name()?;
    module
        .assigned(&Scope::Module, first)
        .map(|_| first.to_owned())
}

/// The value of a key in an INI file, and where it is.
fn ini_value(file: &SourceFile, key: &str) -> Option<(String, std::ops::Range<usize>)> {
    let mut start = 0;
    for line in file.text().split_inclusive('\n') {
        let value = line.strip_prefix(key).map(str::trim_start);
        let value = value.and_then(|rest| rest.strip_prefix(['=', ':']));
        if let Some(value) = value {
            let end = start + line.trim_end().len();
            return Some((value.trim().to_owned(), start..end));
        }
        start += line.len();
    }
    None
}

/// Flask-Migrate keeps Alembic's own configuration inside its folder and runs as `flask db upgrade`.
fn flask_migrate(makers: &Makers<'_>) -> Vec<Sighting> {
    let Some(library) = makers.installed("flask-migrate") else {
        return Vec::new();
    };
    let files = named(makers, "alembic.ini").into_iter();
    let inside = files.filter(|path| makers.code.tree().has_file(&join(parent(path), "env.py")));
    let steps = inside.filter_map(|path| {
        let file = makers.code.text(path)?;
        let folder = parent(path);
        let place = file.place(0..0, "Flask-Migrate's configuration");
        let reason = format!("Flask-Migrate's migrations are in `{folder}`");
        let run_in = flask_folder(makers, folder).unwrap_or_else(|| parent(folder).to_owned());
        let mut step = step(library, &run_in, path, place, reason);
        step.files = vec![folder.to_owned()];
        Some(step)
    });
    steps.collect()
}

/// The folder from which `Migrate(directory="shop/migrations")` or its `init_app` finds the scripts in `folder`: it takes
/// the path from where it is run.
/// <https://flask-migrate.readthedocs.io/en/latest/#api-reference>
fn flask_folder(makers: &Makers<'_>, folder: &str) -> Option<String> {
    let code = makers.code;
    let around = |directory: &str| {
        let directory = directory.trim_start_matches("./").trim_end_matches('/');
        let rest = folder.strip_suffix(directory)?;
        let is_whole = rest.is_empty() || rest.ends_with('/');
        is_whole.then(|| rest.trim_end_matches('/').to_owned())
    };
    let files = code
        .files()
        .iter()
        .filter(|path| code.mentions(path, &["directory"]));
    let modules = files.filter_map(|path| code.module(path));
    let mut calls = modules.flat_map(|module| module.calls.iter());
    calls.find_map(|site| {
        let name = site.call.callee.rsplit('.').next()?;
        let is_told = matches!(name, "Migrate" | "init_app");
        let said = site.call.keyword("directory").filter(|_| is_told)?;
        around(said.as_str()?)
    })
}

/// `[tool.aerich] tortoise_orm = "shop.settings.TORTOISE_ORM"`.
fn aerich(makers: &Makers<'_>, facts: &ManifestFacts) -> Option<Sighting> {
    let library = makers.installed("aerich")?;
    let keys = ["tool", "aerich", "tortoise_orm"];
    let settings = facts.text(&keys)?;
    let path = join(&facts.folder, "pyproject.toml");
    let place = facts.place_of(&keys, "Aerich's configuration")?;
    let reason = "`[tool.aerich]` is set".to_owned();
    let mut step = step(library, &facts.folder, &path, place, reason);
    let location = facts.text(&["tool", "aerich", "location"]);
    let location = location.unwrap_or_else(|| "migrations".to_owned());
    let folder = join(
        &facts.folder,
        location.trim_start_matches("./").trim_end_matches('/'),
    );
    step.files = vec![path, folder];
    step.settings = Some(settings);
    Some(step)
}
