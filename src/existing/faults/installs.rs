//! How Python packages come into an image: held to the lock or not, with what only developers need or without.

use super::{Look, Seen, text};
use crate::catalog::Dockerfiles;
use crate::existing::around::normal;
use crate::existing::dockerfile::Kind;
use crate::existing::install::{Install, Installer};
use crate::existing::shell::{Command, Joint};
use crate::existing::steps::{Step, StepInstall};

pub(super) fn development_group(look: &Look<'_>) -> Vec<Seen> {
    let installs = look.image.steps.installs();
    let seen = installs
        .iter()
        .filter(|one| brings_tools(look, &one.install));
    seen.map(|one| (one.place(), text(&one.place()))).collect()
}

/// Whether it installs what only developers need.
fn brings_tools(look: &Look<'_>, install: &Install) -> bool {
    let is_for_developers = |name: &String| {
        Dockerfiles::embedded()
            .developer_groups()
            .contains(&normal(name))
    };
    let Some(manifest) = &look.around.manifest else {
        let mut named = install.groups.iter().chain(&install.extras);
        return install.development || install.all_groups || named.any(is_for_developers);
    };
    let mut groups = manifest
        .groups
        .iter()
        .filter(|name| is_for_developers(name));
    let mut extras = manifest
        .extras
        .iter()
        .filter(|name| is_for_developers(name));
    install.development && (manifest.has_default_groups || install.installer == Installer::Other)
        || groups.any(|group| install.takes_group(group))
        || extras.any(|extra| install.takes_extra(extra))
}

pub(super) fn unlocked_install(look: &Look<'_>) -> Vec<Seen> {
    let installs = look.image.steps.installs();
    let unlocked = installs.iter().filter(|one| match one.install.installer {
        Installer::UvSync => !one.install.locked,
        Installer::UvPip | Installer::Pip => {
            look.around.has_lock && one.install.own && !one.install.alone && !is_of_stage(look, one)
        }
        Installer::Other => false,
    });
    unlocked
        .map(|one| (one.place(), text(&one.place())))
        .collect()
}

/// Whether it installs what the build itself made or fetched: a wheel folder, a checkout.
fn is_of_stage(look: &Look<'_>, one: &StepInstall<'_>) -> bool {
    let Kind::Run(commands, _) = &one.step.kind else {
        return false;
    };
    let fetches = |command: &Command| command.program() == "git" && command.has("clone");
    if commands.iter().any(fetches) {
        return true;
    }
    let words = one.command.words.iter();
    let paths: Vec<String> = words
        .filter(|word| word.starts_with('/'))
        .map(|word| word.split('[').next().unwrap_or(word).to_owned())
        .collect();
    let is_copied = |path: &String| {
        look.image
            .steps
            .before(one.at)
            .any(|step| match &step.kind {
                Kind::Copy {
                    from: None, target, ..
                } => super::layers::touches(&step.absolute(target), path),
                _ => false,
            })
    };
    !paths.is_empty()
        && one.command.words.iter().all(|word| word != ".")
        && !paths.iter().any(is_copied)
}

pub(super) fn beside_lock(look: &Look<'_>) -> Vec<Seen> {
    if !look.around.has_lock {
        return Vec::new();
    }
    let mut seen = Vec::new();
    for one in look.image.steps.installs() {
        let beside = one.install.beside.iter();
        let beside = beside.filter(|what| !is_from_lock(look, &one, what));
        let beside: Vec<&str> = beside.map(String::as_str).collect();
        if !beside.is_empty() && !is_local(&one) {
            seen.push((one.place(), beside.join(", ")));
        }
    }
    seen
}

/// Whether all that it names is made by the commands of its own step: `$WHEEL` that was downloaded.
fn is_local(one: &StepInstall<'_>) -> bool {
    let mut beside = one.install.beside.iter();
    beside.all(|what| what.starts_with(['$', '~', '/', '"']))
}

/// Whether a file of requirements is another project's, or comes from the lock itself.
fn is_from_lock(look: &Look<'_>, one: &StepInstall<'_>, what: &str) -> bool {
    let name = what.rsplit('/').next().unwrap_or(what);
    let is_file = name.contains('.') && name.contains("requirements") || name.contains(".txt");
    if !is_file {
        return false;
    }
    let exports = |commands: &[Command]| {
        commands.iter().any(|command| {
            let has = |word: &str| command.words.iter().any(|one| one == word);
            command.program() == "uv" && (has("export") || has("compile"))
        })
    };
    let steps = look.image.steps.runs();
    let mut earlier = steps.filter(|(at, ..)| *at <= one.at);
    if earlier.any(|(_, _, commands)| exports(commands)) {
        return true;
    }
    let lies_beside = look.image.steps.iter().any(|step| match &step.kind {
        Kind::Copy {
            from: None,
            sources,
            ..
        } => sources.iter().any(|source| {
            let source = source.trim_start_matches("./");
            source == name || source == "." || source.is_empty()
        }),
        _ => false,
    });
    !lies_beside
}

pub(super) fn hidden_failure(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (_, step, commands) in look.image.steps.runs() {
        let stops = commands.iter().any(stops_at_failure);
        let pairs = commands.iter().zip(commands.iter().skip(1)).enumerate();
        let hidden = pairs
            .filter(|(at, (command, next))| {
                is_hidden(step, command, next, stops) && !ends(commands.get(at + 2))
            })
            .map(|(_, (command, next))| {
                let how = if next.after == Joint::Or {
                    format!("{} || {}", command.program(), next.program())
                } else {
                    format!("{} ;", command.program())
                };
                (step.place_of(command), how)
            });
        // One for each step: what hides one failure mostly hides the next, too.
        seen.extend(hidden.take(1));
    }
    seen
}

fn is_hidden(step: &Step, command: &Command, next: &Command, stops: bool) -> bool {
    let does = Dockerfiles::embedded().doing().contains(command.program());
    let ignored = next.after == Joint::Or && matches!(next.program(), "true" | ":" | "echo");
    does && (ignored || !stops && installs(command) && is_gone_past(step, command, next))
}

fn installs(command: &Command) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| command.has(word));
    match command.program() {
        "apt" | "apt-get" | "dnf" | "yum" | "pip" | "pip3" => has(&["install"]),
        "apk" => has(&["add"]),
        "uv" => has(&["sync", "install"]),
        _ => false,
    }
}

/// Whether only `;` stands between two commands, and the shell does not stop by itself.
fn is_gone_past(step: &Step, command: &Command, next: &Command) -> bool {
    let place = step
        .place
        .moved(command.span.end..next.span.start.max(command.span.end));
    let between: String = place
        .text()
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\\')
        .collect();
    between == ";" && next.after == Joint::Sequence
}

/// Whether what follows a message ends the build: `|| { echo no; exit 1; }`.
fn ends(command: Option<&Command>) -> bool {
    command.is_some_and(|command| matches!(command.program(), "exit" | "false" | "return"))
}

/// `set -e` and its like.
fn stops_at_failure(command: &Command) -> bool {
    let is_flag =
        |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    command.program() == "set"
        && (command.has("errexit") || command.words.iter().skip(1).any(is_flag))
}
