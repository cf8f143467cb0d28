//! `dfgen render --check`: what each file is, and what to do about those that are not as a fresh render has them.

use std::collections::BTreeMap;

use dfgen::diagnostic::{Diagnostic, Result};
use dfgen::render::File;
use dfgen::writer::{self, Checked, State};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::Place;
use super::others::{self, Others};
use crate::cli::output::{self, json};
use crate::cli::{Format, Outcome, Terminal, paint, print};

/// What lies in the folder of generated files, for machines.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct CheckView {
    /// Whether nothing is to be done.
    current: bool,
    /// The files of a fresh render, and those of other profiles that lie there.
    files: Vec<FileView>,
    /// Files that no profile writes any more.
    orphans: Vec<Diagnostic>,
    /// Files whose profile cannot be rendered.
    stuck: Vec<Diagnostic>,
}

/// One file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct FileView {
    /// Its path.
    path: String,
    /// What it is.
    state: State,
    /// The version of dfgen that wrote it, where that is another.
    made_by: Option<String>,
    /// The keys of dfgen.toml that say what was edited.
    keys: Vec<&'static str>,
    /// What to do; empty for a current one.
    advice: String,
    /// The unified diff to a fresh render; empty for a current one.
    diff: String,
}

impl FileView {
    fn new(checked: &Checked) -> Self {
        Self {
            path: checked.path.display().to_string(),
            state: checked.state,
            made_by: checked
                .made_by
                .clone()
                .filter(|_| checked.state != State::Current),
            keys: checked.keys.iter().copied().collect(),
            advice: checked.advice(),
            diff: checked.diff.clone(),
        }
    }
}

/// The schema of the check as JSON.
pub(in crate::cli) fn schema() -> Schema {
    output::schema::<CheckView>("check", "dfgen render --check")
}

pub(super) fn check(
    terminal: &Terminal,
    place: &Place,
    files: &[File],
    others: Others,
    format: Format,
) -> Result<Outcome> {
    let orphans: Vec<Diagnostic> = others.orphans.iter().map(others::told).collect();
    let files = [files, &others.files].concat();
    let checked = writer::check(&place.folder, &files)?;
    let is_current = checked.iter().all(|one| one.state == State::Current);
    let current = is_current && orphans.is_empty() && others.stuck.is_empty();
    match format {
        Format::Json => {
            print(&json(&CheckView {
                current,
                files: checked.iter().map(FileView::new).collect(),
                orphans,
                stuck: others.stuck,
            }))?;
        }
        Format::Text => {
            terminal.tell_all(&others.stuck);
            terminal.tell_all(&orphans);
            let diffs: String = checked.iter().map(|one| one.diff.as_str()).collect();
            print(&paint::diffs(&diffs, terminal.data))?;
            tell(terminal, &checked);
            if current {
                terminal.say(&format!("{} files are up to date", checked.len()));
            }
        }
    }
    Ok(if current {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// One line for files of which the same is to be said.
fn tell(terminal: &Terminal, checked: &[Checked]) {
    let mut groups: BTreeMap<(State, String), Vec<&Checked>> = BTreeMap::new();
    for one in checked.iter().filter(|one| one.state != State::Current) {
        let group = groups.entry((one.state, one.advice())).or_default();
        group.push(one);
    }
    for ((state, advice), files) in groups {
        let what = match state {
            State::Current => continue,
            State::Missing => "missing".to_owned(),
            State::Stale => "stale".to_owned(),
            State::OtherVersion => format!("written by {}", files[0].writer()),
            State::UnknownChecksum => {
                format!(
                    "written by {}, with a checksum that this one does not know",
                    files[0].writer()
                )
            }
            State::Edited => "edited since dfgen wrote them".to_owned(),
            State::Foreign => "not written by dfgen".to_owned(),
        };
        let is = if files.len() == 1 { "is" } else { "are" };
        let what = if files.len() == 1 {
            what.replace("wrote them", "wrote it")
        } else {
            what
        };
        terminal.say(&format!(
            "{} of {} files {is} {what}: {advice}",
            files.len(),
            checked.len()
        ));
        // The diff names the files; what is done by hand is said with the name.
        if matches!(
            state,
            State::Edited | State::Foreign | State::UnknownChecksum
        ) {
            for file in files {
                terminal.say(&format!("    {}", file.path.display()));
            }
        }
    }
}
