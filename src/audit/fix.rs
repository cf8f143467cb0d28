//! What can be mended without asking: changes that can be proved to keep what the build does, but for the fault.
//!
//! Text is only put in or replaced at the fault; comments, order and form stay as they are.

use std::ops::Range;

use similar::TextDiff;

use super::{Audited, Finding};
use crate::catalog::{Catalog, Dockerfiles};
use crate::existing::{Command, Fault, Image, Joint, Kind};
use crate::rules;

/// A change of a file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Range<usize>,
    /// What comes in its place.
    pub text: String,
}

/// How a fault is mended; `None` where that cannot be proved.
pub(super) fn edit(image: &Image, fault: &Fault) -> Option<Edit> {
    match fault.kind.rule {
        rule if rule == rules::UNLOCKED_INSTALL => option(image, fault, "--locked"),
        rule if rule == rules::DEVELOPMENT_GROUP => option(image, fault, "--no-dev"),
        rule if rule == rules::PACKAGE_LISTS_LEFT => removal(image, fault),
        rule if rule == rules::SHELL_COMMAND => list(image, fault),
        _ => None,
    }
}

/// The text with all that can be mended, and how many findings that is.
pub fn mended(audited: &Audited) -> (String, usize) {
    let mut edits: Vec<&Edit> = audited
        .findings
        .iter()
        .filter_map(|one| one.edit.as_ref())
        .collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end, &edit.text));
    edits.dedup();
    let mut text = audited.file.text().to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.clone(), &edit.text);
    }
    let count = |one: &&Finding| one.edit.is_some();
    (text, audited.findings.iter().filter(count).count())
}

/// What mending changes, as a unified diff; empty where it changes nothing.
pub fn difference(audited: &Audited) -> String {
    let path = audited.file.path().display().to_string();
    let (after, _) = mended(audited);
    let changes = TextDiff::from_lines(audited.file.text(), &after);
    let mut diff = changes.unified_diff();
    diff.context_radius(3)
        .header(&path, &format!("{path} (mended)"))
        .to_string()
}

/// An option behind `uv sync`, where the lock is in the build.
fn option(image: &Image, fault: &Fault, option: &str) -> Option<Edit> {
    let installs = image.steps.installs();
    let one = installs.iter().find(|one| one.place() == fault.place)?;
    let text = fault.place.text();
    let at = text.find(" sync")? + " sync".len();
    let is_sync = one.command.words.get(1).is_some_and(|word| word == "sync");
    let before = image.steps.before(one.at).chain(std::iter::once(one.step));
    let mut texts = before.map(|step| step.place.text());
    let has_lock = texts.any(|text| text.contains("uv.lock"));
    let is_by_default = one.install.groups.is_empty()
        && !one.install.all_groups
        && !one.install.all_extras
        && one.install.extras.is_empty();
    let is_plain = option == "--locked" && has_lock
        || option == "--no-dev" && is_by_default && !runs_tools(image);
    let start = fault.place.span().start + at;
    (is_sync && is_plain).then(|| Edit {
        span: start..start,
        text: format!(" {option}"),
    })
}

/// Whether a command of the build or the image's own runs what only developers need.
fn runs_tools(image: &Image) -> bool {
    let tools = Catalog::embedded().development();
    let is_tool = |word: &String| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let installs = Dockerfiles::embedded().build_tools().contains(name);
        !installs && name.parse().is_ok_and(|name| tools.get(&name).is_some())
    };
    let start = image.start.iter().flat_map(|start| &start.value.words);
    let mut builds = image.steps.runs().flat_map(|(_, _, commands)| commands);
    start.clone().any(is_tool) || builds.any(|one| one.words.iter().take(4).any(is_tool))
}

/// Whether a step installs from lists that an earlier one brought.
fn borrows_lists(commands: &[Command]) -> bool {
    let does = |word: &str| {
        let mut apt = commands
            .iter()
            .filter(|one| matches!(one.program(), "apt" | "apt-get"));
        apt.any(|one| one.has(word))
    };
    does("install") && !does("update")
}

/// The removal of apt's lists at the end of a `RUN` whose commands are joined by `&&` alone; later ones bring their own.
fn removal(image: &Image, fault: &Fault) -> Option<Edit> {
    let (at, step, commands) = image
        .steps
        .runs()
        .find(|(_, step, _)| step.place == fault.place)?;
    let mut later = image.steps.runs().filter(|(later, ..)| *later > at);
    if later.any(|(_, _, commands)| borrows_lists(commands)) {
        return None;
    }
    let text = step.place.text();
    let is_plain = |(index, command): (usize, &Command)| index == 0 || command.after == Joint::And;
    let joined = commands.iter().enumerate().all(is_plain);
    let is_simple =
        !text.contains(['#', ';', '|', '(', '`']) && !text.contains("<<") && !text.contains("$(");
    let is_shell = !text.contains('[') && !text.contains(" fi") && !text.contains(" done");
    let ends = joined && is_simple && is_shell && fault.what.starts_with("apt");
    let end = step.place.span().end;
    ends.then(|| Edit {
        span: end..end,
        text: " \\\n    && rm -rf /var/lib/apt/lists/*".to_owned(),
    })
}

/// A shell's line of plain words as a list.
fn list(image: &Image, fault: &Fault) -> Option<Edit> {
    let instruction = image
        .instructions
        .iter()
        .rfind(|one| one.place == fault.place)?;
    let Kind::Cmd(_) = instruction.kind else {
        return None;
    };
    let base = image.base.value.rsplit('/').next().unwrap_or_default();
    let base = base.split([':', '@']).next().unwrap_or_default();
    // Another image may have an entry point of its own.
    if image.entrypoint_place.is_some() || !Dockerfiles::embedded().root_images().contains(base) {
        return None;
    }
    let text = fault.place.text();
    let rest = text.get(3..)?.trim_start();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,@+".contains(c);
    let first = rest.split(' ').next()?;
    if rest.is_empty() || !rest.chars().all(is_plain) || first.contains('=') || is_built_in(first) {
        return None;
    }
    let words: Vec<String> = rest
        .split_whitespace()
        .map(|word| format!("\"{word}\""))
        .collect();
    let span = fault.place.span();
    let start = span.end - rest.len();
    Some(Edit {
        span: start..span.end,
        text: format!("[{}]", words.join(", ")),
    })
}

/// Words that only a shell knows.
fn is_built_in(word: &str) -> bool {
    [
        "exec", "cd", "source", ".", "export", "set", "ulimit", "umask", "eval",
    ]
    .contains(&word)
}
