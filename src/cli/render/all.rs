//! `dfgen render --all`: every project below a folder, side by side, in one line each.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use dfgen::diagnostic::{Diagnostic, Diagnostics, Result};
use dfgen::plan::Inputs;
use dfgen::project::discover;
use dfgen::rules::{self, Severity};
use dfgen::writer::{self, Checked, State};
use ignore::WalkBuilder;

use super::others::Others;
use super::{Arguments, Overwrite, Place, Wanted};
use crate::cli::{Loudness, Outcome, Terminal, print};

/// What became of a project.
enum Fate {
    /// Its files are as a fresh render has them.
    Current(usize),
    /// They are not, or were not before they were written.
    Stale(Vec<Checked>),
    /// Warnings, with `--strict`.
    Refused(Vec<Diagnostic>),
    /// It cannot be rendered.
    Failed(Diagnostics),
}

/// Renders or checks all. Errors: no project.
pub(super) fn all(terminal: &Terminal, arguments: &Arguments) -> Result<Outcome> {
    let folder = &terminal.folder;
    let projects = projects(folder);
    if projects.is_empty() {
        let problem = format!("no project lies in `{}` or below it", folder.display());
        return Err(Diagnostic::new(rules::NO_MANIFEST, problem)
            .with_note(
                "a project is a folder with a uv.lock or a dfgen.toml that Git does not ignore",
            )
            .into());
    }
    let fates = side_by_side(&projects, |project| fate(project, arguments));
    let shown = |project: &Path| match project.strip_prefix(folder) {
        Ok(below) if below != Path::new("") => below.display().to_string(),
        _ => project.display().to_string(),
    };
    let names: Vec<String> = projects.iter().map(|project| shown(project)).collect();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = String::new();
    for (name, fate) in names.iter().zip(&fates) {
        lines += &format!("{name:width$}  {}\n", said(fate, arguments.check));
    }
    print(&lines)?;
    if terminal.loudness == Loudness::Verbose {
        tell(terminal, &fates);
    }
    ended(terminal, &fates, arguments.check)
}

/// Every project below a folder, sorted; a member stands for its workspace.
fn projects(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkBuilder::new(folder)
        .require_git(false)
        .build()
        .flatten();
    let is_named = |path: &Path| path.ends_with("uv.lock") || path.ends_with("dfgen.toml");
    let files = entries
        .map(ignore::DirEntry::into_path)
        .filter(|path| is_named(path));
    let folders = files.filter_map(|file| Some(discover(file.parent()?)));
    // Settings that are shared are no project.
    let is_project = |folder: &PathBuf| {
        let names = ["pyproject.toml", "uv.lock"];
        names.iter().any(|name| folder.join(name).exists())
    };
    let projects: BTreeSet<PathBuf> = folders.filter(is_project).collect();
    projects.into_iter().collect()
}

/// What a function says of each, in their order.
fn side_by_side<T: Send>(projects: &[PathBuf], of: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let next = Mutex::new(projects.iter().enumerate());
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let work = || {
        let mut done = Vec::new();
        loop {
            // Only a panic poisons it, and that ends the program.
            let taken = next.lock().ok().and_then(|mut next| next.next());
            let Some((index, project)) = taken else {
                return done;
            };
            done.push((index, of(project)));
        }
    };
    let mut all: Vec<(usize, T)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, one)| one).collect()
}

fn fate(project: &Path, arguments: &Arguments) -> Fate {
    rendered(project, arguments).unwrap_or_else(Fate::Failed)
}

fn rendered(project: &Path, arguments: &Arguments) -> Result<Fate> {
    let inputs = Inputs::load(project)?;
    let wanted = Wanted::new(&inputs, &[])?;
    let heavy = wanted
        .plan
        .findings
        .iter()
        .filter(|one| one.severity() > Severity::Note);
    let heavy: Vec<Diagnostic> = heavy.filter(|_| arguments.strict).cloned().collect();
    if !heavy.is_empty() {
        return Ok(Fate::Refused(heavy));
    }
    let place = Place::new(project, &wanted.plan, None)?;
    let mut files = wanted.files(&place.placement);
    files.extend(Others::find(&inputs, &place, &files)?.files);
    let stale = if arguments.check {
        let mut checked = writer::check(&place.folder, &files)?;
        checked.retain(|one| one.state != State::Current);
        checked
    } else {
        let overwrite = if arguments.force {
            Overwrite::Everything
        } else {
            Overwrite::OwnOnly
        };
        writer::write(project, &place.folder, &files, overwrite)?.files
    };
    Ok(if stale.is_empty() {
        Fate::Current(files.len())
    } else {
        Fate::Stale(stale)
    })
}

/// The rest of a project's line.
fn said(fate: &Fate, checks: bool) -> String {
    let counted = |count: usize| {
        if count == 1 {
            "1 file".to_owned()
        } else {
            format!("{count} files")
        }
    };
    match fate {
        Fate::Current(count) => format!("current, {}", counted(*count)),
        Fate::Stale(files) if checks => {
            let names = files.iter().filter_map(|one| one.path.file_name());
            let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
            format!("stale: {}", names.join(", "))
        }
        Fate::Stale(files) => format!("wrote {}", counted(files.len())),
        Fate::Refused(problems) => first(problems.iter()),
        Fate::Failed(problems) => first(problems.iter()),
    }
}

/// The first problem in a line, and how many more there are.
fn first<'d>(mut problems: impl Iterator<Item = &'d Diagnostic>) -> String {
    let Some(first) = problems.next() else {
        return String::new();
    };
    match problems.count() {
        0 => first.line(),
        more => format!("{}, and {more} more", first.line()),
    }
}

/// Everything of what is refused.
fn tell(terminal: &Terminal, fates: &[Fate]) {
    for fate in fates {
        match fate {
            Fate::Failed(problems) => terminal.tell(problems),
            Fate::Refused(problems) => terminal.tell_all(problems),
            Fate::Current(_) | Fate::Stale(_) => {}
        }
    }
}

/// One exit code for all: 2 where one cannot be rendered, 1 where one is stale or refused.
fn ended(terminal: &Terminal, fates: &[Fate], checks: bool) -> Result<Outcome> {
    let count = |is: fn(&Fate) -> bool| fates.iter().filter(|fate| is(fate)).count();
    let failed = count(|fate| matches!(fate, Fate::Failed(_)));
    let refused = count(|fate| matches!(fate, Fate::Refused(_)));
    let stale = count(|fate| matches!(fate, Fate::Stale(_)));
    if failed + refused > 0 {
        terminal.say(
            "`dfgen render --project FOLDER` says what to do about one, `--verbose` about all",
        );
    }
    if checks && stale > 0 {
        terminal.say("`dfgen render --all` writes what is stale");
    }
    if failed > 0 {
        return Ok(Outcome::Failed);
    }
    Ok(if refused > 0 || checks && stale > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}
