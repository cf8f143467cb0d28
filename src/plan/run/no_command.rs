//! An image about which nothing says what it runs: what was looked for, and what to write.

use crate::diagnostic::Diagnostic;
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::named;
use crate::plan::source::paths::printable;
use crate::profile::Serves;
use crate::project::source_tree::{Left, has_extension};
use crate::rules;

pub(crate) fn no_command(subject: &Subject<'_>, application: &Application<'_>) -> Diagnostic {
    let name = &subject.profile.name;
    let what = match subject.profile.serves.value {
        Serves::Http => "no application, no server and no single script",
        Serves::Queue => "no worker",
    };
    let mut problem = Diagnostic::new(
        rules::NO_COMMAND,
        format!("what the image `{name}` should run cannot be known"),
    )
    .with_note(format!(
        "{what} was found in `{}`",
        if subject.folder.is_empty() {
            "."
        } else {
            subject.folder
        }
    ));
    let notes = members(subject).into_iter().chain(untaken(application));
    problem = notes.fold(problem, Diagnostic::with_note);
    for name in excluded(subject) {
        problem = problem.with_note(format!(
            "`exclude` takes out `{name}`, which an application may be made with"
        ));
    }
    if let Some(note) = unsent(subject) {
        problem = problem.with_note(note);
    }
    let command = runnable(subject).unwrap_or_else(|| "[..]".to_owned());
    problem = problem.with_help(format!(
        "say it, in dfgen.toml:\n[profile.{name}]\ncommand = {command}"
    ));
    match subject.profile.serves.value {
        Serves::Http => problem.with_help(
            "and `port = ..` beside it, where it listens and its words do not say on which",
        ),
        Serves::Queue => problem,
    }
}

/// What `exclude` names of what applications are made with.
fn excluded(subject: &Subject<'_>) -> Vec<PackageName> {
    let patterns = subject.profile.exclude.value.iter();
    // `*` and sets of packages name none.
    let names = patterns.filter_map(|pattern| pattern.to_string().parse().ok());
    let catalog = &subject.inputs.catalog;
    let runs = |name: &PackageName| {
        catalog.frameworks().get(name.as_ref()).is_some()
            || catalog.servers().server(name).is_some()
    };
    names.filter(runs).collect()
}

/// What could be run, and is not what the image is for.
fn untaken(application: &Application<'_>) -> impl Iterator<Item = String> {
    application.candidates.iter().take(8).map(|one| {
        format!(
            "not taken: `{}` ({}), in {}",
            one.import_string(),
            one.framework.name(),
            one.place.location()
        )
    })
}

/// The members of the workspace, where the root has nothing to run: none of them has either.
fn members(subject: &Subject<'_>) -> Option<String> {
    let members = &subject.inputs.project.members;
    let names = members.iter().filter_map(|member| {
        let name = member.pyproject.name()?;
        Some(format!("`{name}` ({})", printable(&member.path)))
    });
    let names: Vec<String> = names.collect();
    let is_root = subject.folder.is_empty() && !names.is_empty();
    is_root.then(|| {
        format!(
            "nor in a member of the workspace: {}; `member = \"..\"` in a profile names one",
            names.join(", ")
        )
    })
}

/// What `.dockerignore` leaves out of the Python files, if anything.
fn unsent(subject: &Subject<'_>) -> Option<String> {
    let left = subject.inputs.tree.left();
    let mut unsent =
        left.filter(|(path, left)| **left == Left::Unsent && has_extension(path, "py"));
    let (path, _) = unsent.next()?;
    Some(format!(
        "`.dockerignore` leaves out Python files, as `{}`",
        printable(path)
    ))
}

/// A command for a module that is there: one that is made to be run, else the only file.
fn runnable(subject: &Subject<'_>) -> Option<String> {
    let modules = named::all_modules(subject);
    let main = modules
        .iter()
        .find_map(|name| name.strip_suffix(".__main__"));
    let usual = || {
        let mut usual = ["main", "app", "run", "server", "worker"].into_iter();
        usual.find(|name| modules.iter().any(|module| module == name))
    };
    let only = || match modules.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    let module = main.or_else(usual).or_else(only)?;
    Some(format!("[\"python\", \"-m\", \"{module}\"]"))
}
