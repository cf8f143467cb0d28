//! Files of earlier runs: what lies beside a fresh render and carries dfgen's mark.
//!
//! Those of a profile that can still be named are made afresh, so that they are current or stale as the others are. The
//! rest are orphans: nothing writes them any more.

use std::collections::BTreeMap;

use dfgen::diagnostic::{Diagnostic, Result};
use dfgen::render::{self, File};
use dfgen::rules;
use dfgen::writer::{self, Marked};

use super::Place;
use crate::cli::loaded::Loaded;

/// What was found.
#[derive(Default)]
pub(super) struct Others {
    /// The files of other profiles, as they would be written.
    pub(super) files: Vec<File>,
    /// Files that no profile writes.
    pub(super) orphans: Vec<Marked>,
    /// Files whose profile is known and cannot be rendered.
    pub(super) stuck: Vec<Diagnostic>,
}

impl Others {
    /// Looks at all but the files of a fresh render.
    pub(super) fn find(loaded: &Loaded, place: &Place, rendered: &[File]) -> Result<Self> {
        let mut others = Self::default();
        let mut fresh: BTreeMap<String, Option<Vec<File>>> = BTreeMap::new();
        for marked in writer::marked(&place.folder)? {
            if rendered.iter().any(|file| file.name == marked.name) {
                continue;
            }
            let Some(profile) = marked.profile().filter(|name| loaded.knows(name)) else {
                others.orphans.push(marked);
                continue;
            };
            if !fresh.contains_key(profile) {
                let files = others.render(loaded, place, &marked, profile);
                fresh.insert(profile.to_owned(), files);
            }
            let Some(files) = &fresh[profile] else {
                continue;
            };
            match files.iter().find(|file| file.name == marked.name) {
                Some(file) => others.files.push(file.clone()),
                None => others.orphans.push(marked),
            }
        }
        Ok(others)
    }

    /// The files of one profile; `None` when it cannot be rendered, which is told.
    fn render(
        &mut self,
        loaded: &Loaded,
        place: &Place,
        marked: &Marked,
        profile: &str,
    ) -> Option<Vec<File>> {
        match loaded.plan(&[profile.to_owned()]) {
            Ok(plan) => Some(render::render(&plan, &place.placement)),
            Err(problems) => {
                let path = marked.path.display();
                let why = |problem: Diagnostic| {
                    problem
                        .as_warning()
                        .with_note(format!("`{path}` is a file of the profile `{profile}`"))
                        .with_help(format!("or delete `{path}`, where nobody needs it"))
                };
                self.stuck.extend(problems.into_iter().map(why));
                None
            }
        }
    }
}

/// What to say of an orphan.
pub(super) fn told(orphan: &Marked) -> Diagnostic {
    let path = orphan.path.display();
    let found = match orphan.profile() {
        Some(profile) => format!("no profile is named `{profile}`"),
        None => "no profile writes it".to_owned(),
    };
    let problem = Diagnostic::new(
        rules::ORPHANED_FILE,
        format!("`{path}` is left over from an earlier render: {found}"),
    );
    if orphan.is_edited {
        return problem
            .with_note("somebody edited it: `dfgen render --prune` keeps it")
            .with_help(format!("take what you need from it, then `rm {path}`"));
    }
    problem.with_help("`dfgen render --prune` removes it")
}
