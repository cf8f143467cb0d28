//! What layers hold twice, or hold although a later one takes it away; what makes a layer larger or older than need be.

use super::{Look, Seen, text};
use crate::catalog::Dockerfiles;
use crate::existing::copied::within;
use crate::existing::dockerfile::Kind;
use crate::existing::install::{Install, Installer};
use crate::existing::shell::Command;
use crate::existing::steps::{Step, StepInstall};
use crate::project::source_tree::{has_extension, plain};

/// Programs that put files where their arguments say.
const MAKERS: [&str; 14] = [
    "cp", "curl", "git", "ln", "mkdir", "mv", "pip", "pip3", "python", "python3", "tar", "unzip",
    "uv", "wget",
];

/// Whether one of two paths lies in the other.
pub(super) fn touches(one: &str, other: &str) -> bool {
    within(one, other) || within(other, one)
}

/// A path of a command, seen from the folder that it has gone to.
fn path_of(step: &Step, gone_to: Option<&str>, word: &str) -> String {
    let word = word.trim_end_matches(['*', '/']);
    match gone_to {
        Some(folder) if !word.starts_with('/') => step.absolute(&format!("{folder}/{word}")),
        _ => step.absolute(word),
    }
}

/// Paths that a step puts files at.
fn made(step: &Step) -> Vec<String> {
    match &step.kind {
        Kind::Copy {
            target, sources, ..
        } => {
            let target_path = step.absolute(target);
            // A copy into a folder makes the files in it, not all of the folder.
            let is_folder = target.ends_with('/') || matches!(target.as_str(), "." | "./");
            let names = sources.iter().filter_map(|source| {
                let name = source.trim_end_matches('/').rsplit('/').next()?;
                let is_file = name.contains('.') && !matches!(name, "." | "..");
                (is_folder && is_file)
                    .then(|| format!("{}/{name}", target_path.trim_end_matches('/')))
            });
            let names: Vec<String> = names.collect();
            if names.len() == sources.len() && !names.is_empty() {
                names
            } else {
                vec![target_path]
            }
        }
        Kind::Run(commands, _) => {
            let mut gone_to: Option<String> = None;
            let mut found = Vec::new();
            for command in commands {
                if command.program() == "cd" {
                    gone_to = command.words.get(1).cloned();
                }
                if MAKERS.contains(&command.program()) {
                    let words = command.words.iter().skip(1);
                    let paths = words.filter(|word| is_path(word));
                    found.extend(paths.map(|word| path_of(step, gone_to.as_deref(), word)));
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

fn is_path(word: &str) -> bool {
    !word.starts_with(['-', '$']) && !word.contains("://") && !word.contains(['=', '(', ' '])
}

/// Whether earlier layers hold something of a path, and this step did not make it itself.
fn is_held(look: &Look<'_>, at: usize, step: &Step, before: &[Command], path: &str) -> bool {
    if matches!(path, "/" | "/tmp" | "/var" | "/usr") || path.starts_with("/var/") {
        return false;
    }
    let own = Step {
        kind: Kind::Run(before.to_vec(), Vec::new()),
        ..step.clone()
    };
    let makes_it = made(&own)
        .iter()
        .any(|made| within(made, path) || within(path, made));
    let mut earlier = look.image.steps.before(at);
    !makes_it
        && earlier.any(|step| {
            made(step)
                .iter()
                .any(|made| made != "/" && touches(made, path))
        })
}

/// The paths of a command's arguments, and those that it searches.
fn paths(step: &Step, gone_to: Option<&str>, command: &Command) -> Vec<String> {
    let words = command.words.iter().skip(1);
    match command.program() {
        "find" => words
            .take_while(|word| !word.starts_with(['-', '(']))
            .map(|word| path_of(step, gone_to, word))
            .collect(),
        _ => words
            .filter(|word| is_path(word))
            .map(|word| path_of(step, gone_to, word))
            .collect(),
    }
}

pub(super) fn late_removal(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (at, step, commands) in look.image.steps.runs().filter(|(_, step, _)| step.ships) {
        let mut gone_to: Option<String> = None;
        for (index, command) in commands.iter().enumerate() {
            if command.program() == "cd" {
                gone_to = command.words.get(1).cloned();
            }
            let next = commands.get(index + 1);
            let paths = paths(step, gone_to.as_deref(), command);
            let mut paths = paths.iter();
            if removes(command, next)
                && paths.any(|path| is_held(look, at, step, &commands[..index], path))
            {
                seen.push((step.place_of(command), text(&step.place_of(command))));
                break;
            }
        }
    }
    seen
}

/// Whether a command takes whole folders or many files away, or parts of files.
fn removes(command: &Command, next: Option<&Command>) -> bool {
    let has = |words: &[&str]| {
        let mut own = command
            .words
            .iter()
            .map(|word| word.rsplit('/').next().unwrap_or(word));
        own.any(|word| words.contains(&word))
    };
    let is_recursive = command.words.iter().any(|word| {
        word == "--recursive"
            || word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R'])
    });
    match command.program() {
        "rm" => is_recursive,
        "strip" => true,
        "find" => {
            let hands_on = next.is_some_and(|next| {
                next.program() == "xargs"
                    && next
                        .words
                        .iter()
                        .any(|word| word == "rm" || word == "strip")
            });
            has(&["-delete", "rm", "strip"]) || hands_on
        }
        _ => false,
    }
}

pub(super) fn recursive_chown(look: &Look<'_>) -> Vec<Seen> {
    let is_recursive = |word: &String| {
        word == "--recursive"
            || word.starts_with('-') && !word.starts_with("--") && word.contains('R')
    };
    let mut seen = Vec::new();
    for (at, step, commands) in look.image.steps.runs().filter(|(_, step, _)| step.ships) {
        for (index, command) in commands.iter().enumerate() {
            let is_change = matches!(command.program(), "chown" | "chmod" | "chgrp")
                && command.words.iter().any(is_recursive)
                && !command.words.iter().any(|word| word.starts_with("--from"));
            let words = command.words.iter().skip(1);
            // The first is whom they are to belong to.
            let targets = words.filter(|word| !word.starts_with('-')).skip(1);
            let mut targets = targets.map(|word| path_of(step, None, word));
            if is_change && targets.any(|path| is_held(look, at, step, &commands[..index], &path)) {
                seen.push((step.place_of(command), command.words.join(" ")));
            }
        }
    }
    seen
}

/// What is shipped by `COPY --from`: the step, what it copies from, and its sources.
fn copies_of_stages<'l>(
    look: &'l Look<'_>,
) -> impl Iterator<Item = (&'l Step, &'l str, &'l [String])> {
    let shipped = look.image.steps.iter().filter(|step| step.ships);
    shipped.filter_map(|step| match &step.kind {
        Kind::Copy {
            from: Some(from),
            sources,
            ..
        } => Some((step, from.as_str(), sources.as_slice())),
        _ => None,
    })
}

pub(super) fn system_folders(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (step, from, sources) in copies_of_stages(look) {
        let stage = look.image.steps.stage(from);
        let installs_there = stage.is_some_and(|stage| {
            let mut steps = look.image.steps.of_stage(stage);
            steps.any(|step| matches!(&step.kind, Kind::Run(commands, _) if commands.iter().any(|one| one.has("--user"))))
        });
        let whole = sources.iter().find(|source| {
            let path = step.absolute(source);
            let is_home = path
                .strip_prefix("/home/")
                .is_some_and(|rest| !rest.contains('/'));
            let known = Dockerfiles::embedded().system_folders();
            let is_flat = path == "/" && look.image.base.value == "scratch";
            (known.contains(&path) || is_home || path.ends_with("/.cache")) && !is_flat
        });
        if let Some(whole) = whole.filter(|_| !installs_there) {
            seen.push((step.place.clone(), whole.clone()));
        }
    }
    seen
}

/// Whether a source of `COPY` is code rather than what a lock or a manifest needs.
fn is_source(source: &str) -> bool {
    let source = source.trim_end_matches('/');
    let name = source.rsplit('/').next().unwrap_or(source);
    let known = [
        "LICENSE",
        "COPYING",
        "NOTICE",
        "README",
        "Makefile",
        "Cargo",
        ".python-version",
    ];
    match name {
        "" | "." | "*" => true,
        name if known.iter().any(|word| name.starts_with(word)) => false,
        name => has_extension(name, "py") || !name.contains('.') || source == "./",
    }
}

/// Whether a command installs what the project requires.
fn installs_requirements(install: &Install) -> bool {
    match install.installer {
        Installer::UvSync => true,
        Installer::Other => false,
        _ => {
            let from_file = install.beside.iter().any(|what| has_extension(what, "txt"));
            (install.own || from_file) && !install.alone
        }
    }
}

/// The first of each stage that installs what the project requires.
fn first_installs<'s>(look: &Look<'s>) -> Vec<StepInstall<'s>> {
    let mut found: Vec<StepInstall<'s>> = Vec::new();
    for one in look.image.steps.installs() {
        let is_after = found.iter().any(|first| {
            look.image
                .steps
                .before(one.at)
                .any(|step| step.place == first.step.place)
                || first.step.place == one.step.place
        });
        if installs_requirements(&one.install) && !is_after {
            found.push(one);
        }
    }
    found
}

pub(super) fn source_before_dependencies(look: &Look<'_>) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    for one in first_installs(look) {
        let words = one
            .command
            .words
            .iter()
            .map(|word| word.split('[').next().unwrap_or(word));
        let words = words.filter(|word| word.starts_with('/'));
        let mut folders: Vec<String> = words.map(|word| one.step.absolute(word)).collect();
        folders.push(first_part(&one.step.folder));
        let copy = look
            .image
            .steps
            .before(one.at)
            .find(|step| match &step.kind {
                Kind::Copy {
                    from: None,
                    sources,
                    target,
                    ..
                } => {
                    let target = step.absolute(target);
                    let is_near = folders
                        .iter()
                        .any(|folder| folder != "/" && target != "/" && touches(&target, folder));
                    let is_root = one.step.folder == "/" && sources.iter().any(|one| one == ".");
                    sources.iter().any(|source| is_source(source)) && (is_near || is_root)
                }
                _ => false,
            });
        if let Some(copy) = copy.filter(|copy| seen.iter().all(|(place, _)| *place != copy.place)) {
            seen.push((copy.place.clone(), text(&copy.place)));
        }
    }
    seen
}

/// `/app` of `/app/backend`.
fn first_part(path: &str) -> String {
    let first = path.split('/').find(|part| !part.is_empty());
    format!("/{}", first.unwrap_or_default())
}

/// Where a stage has its environment.
pub(super) fn environment(look: &Look<'_>, stage: usize) -> Option<String> {
    let mut found = None;
    for step in look.image.steps.of_stage(stage) {
        let Kind::Run(commands, _) = &step.kind else {
            continue;
        };
        let mut folder = step.folder.clone();
        for command in commands {
            let at = |path: &str| {
                let joined = if path.starts_with('/') {
                    path.to_owned()
                } else {
                    format!("{folder}/{path}")
                };
                format!("/{}", plain(&joined))
            };
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            match (command.program(), words.get(1..).unwrap_or_default()) {
                ("cd", [to, ..]) => folder = at(to),
                ("uv", ["sync", ..]) => {
                    let named = step.env.get("UV_PROJECT_ENVIRONMENT");
                    found = Some(at(named.map_or(".venv", String::as_str)));
                }
                ("uv", ["venv", rest @ ..]) => {
                    let path = rest
                        .iter()
                        .rfind(|word| !word.starts_with('-') && word.contains('/'));
                    found = Some(at(path.copied().unwrap_or(".venv")));
                }
                (program, ["-m", "venv", rest @ ..]) if program.starts_with("python") => {
                    found = rest
                        .iter()
                        .rfind(|word| !word.starts_with('-'))
                        .map(|path| at(path));
                }
                ("virtualenv", [.., path]) => found = Some(at(path)),
                _ => {}
            }
        }
    }
    found
}

pub(super) fn environment_with_source(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (step, from, sources) in copies_of_stages(look) {
        let Some(stage) = look.image.steps.stage(from) else {
            continue;
        };
        let Some(environment) = environment(look, stage) else {
            continue;
        };
        let both = sources.iter().any(|source| {
            let path = step_path(source);
            let has_environment = environment != path && within(&environment, &path);
            let mut copies = look.image.steps.of_stage(stage);
            has_environment
                && copies.any(|copy| match &copy.kind {
                    Kind::Copy {
                        from: None,
                        sources,
                        target,
                        ..
                    } => {
                        let target = copy.absolute(target);
                        within(&target, &path) && sources.iter().any(|one| is_source(one))
                    }
                    _ => false,
                })
        });
        if both {
            seen.push((step.place.clone(), text(&step.place)));
        }
    }
    seen
}

/// A path of another stage: Docker sees it from the root.
pub(super) fn step_path(source: &str) -> String {
    format!("/{}", plain(source.trim_start_matches('/')))
}
