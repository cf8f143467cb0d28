//! A profile and those that it extends, merged into one: the most specific that says a key decides.

use super::forms::{self};
use super::key::{Problems, Said, Speaker};
use super::keys::{Profile, ProfileWire};
use super::settings_file::Spoken;
use super::value::Origin;
use crate::diagnostic::{Diagnostics, Place, Result, SourceFile};

/// A profile and those that it extends, most specific first.
#[derive(Default)]
pub(super) struct Lineage<'c> {
    tables: Vec<Said<'c, ProfileWire>>,
}

impl<'c> Lineage<'c> {
    pub(super) fn push(
        &mut self,
        name: &'c str,
        file: &'c SourceFile,
        wire: &'c ProfileWire,
        own: bool,
    ) {
        self.tables.push(Said {
            value: wire,
            span: 0..0,
            speaker: Speaker { name, file, own },
        });
    }

    /// What files of the user's say, the nearest first.
    pub(super) fn push_spoken(&mut self, spoken: &[Spoken<'c>]) {
        for one in spoken {
            self.push(one.name.as_ref(), one.file, one.wire, true);
        }
    }

    pub(super) fn has_own(&self, name: &str) -> bool {
        let mut speakers = self.tables.iter().map(|table| table.speaker);
        speakers.any(|speaker| speaker.own && speaker.name == name)
    }

    /// Merges and checks; all problems at once.
    pub(super) fn profile(self) -> Result<Profile> {
        let speakers = || self.tables.iter().map(|table| table.speaker);
        let parsed = |name: &str| name.parse().expect("a profile has a valid name");
        let name = speakers().next().map(|speaker| parsed(speaker.name));
        let built_in = speakers().find(|speaker| !speaker.own);
        let mut problems = Problems::default();
        let profile = Profile::from_tables(
            name.expect("a lineage begins with a profile"),
            built_in.map(|speaker| parsed(speaker.name)),
            "",
            &self.tables,
            &mut problems,
        );
        // What is empty because nothing in it could be read was told already.
        if problems.0.is_empty() {
            check(&profile, &mut problems);
        }
        Diagnostics::check(problems.0)?;
        Ok(profile)
    }
}

/// What can be said of no list that is empty.
fn check(profile: &Profile, problems: &mut Problems) {
    if let Some(command) = &profile.command
        && let Some(place) = place(&command.origin)
    {
        let without = "what dfgen finds in the source is run";
        forms::refuse_no_program("command", &command.value, place, without, problems);
    }
    let platforms = &profile.platforms;
    if let (true, Some(place)) = (platforms.value.is_empty(), place(&platforms.origin)) {
        problems.add(
            "`platforms` names no platform",
            place,
            "empty",
            "name one or more, or leave the key out: dfgen takes `linux/amd64`",
        );
    }
}

fn place(origin: &Origin) -> Option<&Place> {
    match origin {
        Origin::User(place) => Some(place),
        _ => None,
    }
}
