//! What a file of the output folder is, held against a fresh render of it, and what to do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pep508_rs::pep440_rs::Version;
use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use super::keys::keys;
use crate::existing::checksum::{Authorship, authorship};
use crate::render::{self, File};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As a fresh render has it.
    Current,
    /// Not there.
    Missing,
    /// dfgen wrote it, nobody edited it, and a fresh render is another.
    Stale,
    /// The same, and another version of dfgen wrote it.
    OtherVersion,
    /// Its checksum is of a form that this dfgen does not know: nobody can say whether it was edited.
    UnknownChecksum,
    /// dfgen wrote it, and somebody edited it since.
    Edited,
    /// Somebody else wrote it.
    Foreign,
}

/// Which dfgen wrote the files of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Writer {
    /// This version, as far as anything tells.
    This,
    /// One from before versions stood in the files.
    Earlier,
    /// Another one.
    Version(String),
}

/// A file of the output folder beside a fresh render of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its path.
    pub path: PathBuf,
    /// What it is.
    pub state: State,
    /// The unified diff from what is there to what would be; empty for a current one.
    pub diff: String,
    /// The version of dfgen that wrote the files of the folder, where that is another than this one.
    pub made_by: Option<String>,
    /// The keys of dfgen.toml that say what was edited.
    pub keys: BTreeSet<&'static str>,
    /// How many lines a render takes away, and how many it adds.
    pub(super) changed: (usize, usize),
}

impl Checked {
    pub(super) fn new(folder: &Path, file: &File, there: Option<&str>, writer: &Writer) -> Self {
        let path = folder.join(&file.name);
        let state = there.map_or(State::Missing, |there| state(file, there, writer));
        let there = there.unwrap_or_default();
        let is_current = state == State::Current;
        Self {
            diff: if is_current {
                String::new()
            } else {
                diff(&path, there, &file.text)
            },
            keys: match state {
                State::Edited => keys(&file.name, there, &file.text),
                _ => BTreeSet::new(),
            },
            changed: if is_current {
                (0, 0)
            } else {
                changed(there, &file.text)
            },
            made_by: match writer {
                Writer::Version(version) => Some(version.clone()),
                Writer::This | Writer::Earlier => None,
            },
            path,
            state,
        }
    }

    /// What to do about it; empty for a current one.
    pub fn advice(&self) -> String {
        let ours = render::VERSION;
        match self.state {
            State::Current => String::new(),
            State::Missing | State::Stale => "run `dfgen render`, and commit".to_owned(),
            State::OtherVersion | State::UnknownChecksum if self.is_newer() => format!(
                "take {}, or write them with this one ({ours}), which may know less: `dfgen render{}`, and commit",
                self.writer(),
                if self.state == State::UnknownChecksum {
                    " --force"
                } else {
                    ""
                }
            ),
            State::OtherVersion | State::UnknownChecksum => {
                format!(
                    "run `dfgen render` with this one ({ours}), look at what changes, and commit"
                )
            }
            State::Edited => self.keep(),
            State::Foreign => {
                "let `dfgen init` read it first; then `dfgen render --force`".to_owned()
            }
        }
    }

    /// That it was written; of one that another dfgen had written, how much changed.
    pub fn told(&self) -> String {
        let path = self.path.display();
        let (gone, new) = self.changed;
        match self.state {
            State::OtherVersion | State::UnknownChecksum => format!(
                "{path}, which {} had written: lines +{new} -{gone}",
                self.writer()
            ),
            _ => path.to_string(),
        }
    }

    /// Which dfgen wrote it.
    pub fn writer(&self) -> String {
        match &self.made_by {
            Some(version) => format!("dfgen {version}"),
            None if self.state == State::UnknownChecksum => "a later dfgen".to_owned(),
            None => "an earlier dfgen".to_owned(),
        }
    }

    fn is_newer(&self) -> bool {
        let version = |text: &str| text.parse::<Version>().ok();
        let theirs = self.made_by.as_deref().and_then(version);
        match (theirs, version(render::VERSION)) {
            (Some(theirs), Some(ours)) => theirs > ours,
            _ => self.state == State::UnknownChecksum,
        }
    }

    /// How an edit is kept.
    fn keep(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| format!("`{key}`")).collect();
        let path = self.path.display();
        let is_compose = self
            .path
            .extension()
            .is_some_and(|extension| extension == "yaml");
        if !keys.is_empty() {
            return format!(
                "keep the change by saying it in dfgen.toml ({}), then `dfgen render --force`",
                keys.join(", ")
            );
        }
        if is_compose {
            return format!(
                "keep the change in a compose file of your own, `docker compose --file {path} --file compose.override.yaml up`, then `dfgen render --force`"
            );
        }
        "no key says what was changed: `dfgen render --force` takes it back".to_owned()
    }
}

fn state(file: &File, there: &str, writer: &Writer) -> State {
    // Version control may have changed the line ends.
    if there.replace("\r\n", "\n") == file.text {
        return State::Current;
    }
    match authorship(&file.name, there) {
        Authorship::Foreign => State::Foreign,
        Authorship::Edited => State::Edited,
        Authorship::Unknown => State::UnknownChecksum,
        Authorship::Ours if *writer != Writer::This => State::OtherVersion,
        Authorship::Ours => State::Stale,
    }
}

fn diff(path: &Path, there: &str, fresh: &str) -> String {
    let path = path.display().to_string();
    TextDiff::from_lines(there, fresh)
        .unified_diff()
        .context_radius(3)
        .header(&path, &format!("{path} (fresh)"))
        .to_string()
}

fn changed(there: &str, fresh: &str) -> (usize, usize) {
    let diff = TextDiff::from_lines(there, fresh);
    let count = |tag| {
        diff.iter_all_changes()
            .filter(|change| change.tag() == tag)
            .count()
    };
    (
        count(similar::ChangeTag::Delete),
        count(similar::ChangeTag::Insert),
    )
}
