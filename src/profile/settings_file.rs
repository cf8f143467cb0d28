//! One file of settings: the project's own, or one that it shares with others.

use indexmap::IndexMap;

use super::catalog_rows;
use super::key::{Problems, Said, Speaker};
use super::keys::{ConfigWire, ProfileWire, SettingsFile};
use super::value::ProfileName;
use crate::catalog::UserRows;
use crate::diagnostic::{Diagnostic, Result, SourceFile};
use crate::project::shared::Shared;
use crate::rules;

/// What a file says of a profile.
#[derive(Clone, Copy)]
pub(super) struct Spoken<'c> {
    pub(super) name: &'c ProfileName,
    pub(super) file: &'c SourceFile,
    pub(super) wire: &'c ProfileWire,
}

impl SettingsFile {
    /// Profiles by their names; which names cannot be is told.
    pub(super) fn new(
        file: SourceFile,
        wire: &ConfigWire,
        table: &'static [&'static str],
        problems: &mut Problems,
    ) -> Self {
        let mut profiles = IndexMap::new();
        for (name, profile) in &wire.profile {
            match name.get_ref().parse::<ProfileName>() {
                Ok(parsed) => {
                    profiles.insert(parsed, (name.clone(), profile.clone()));
                }
                Err(expected) => problems.0.push(
                    Diagnostic::new(
                        rules::INVALID_VALUE,
                        format!("`{}` cannot be a profile's name", name.get_ref()),
                    )
                    .at(file.place(name.span(), expected)),
                ),
            }
        }
        Self {
            catalog: wire.catalog.as_ref().map(|_| table),
            profiles,
            outside: None,
            file,
        }
    }

    /// The same as what another one extends.
    pub(super) fn shared(self, shared: &Shared) -> Self {
        Self {
            outside: shared.is_outside.then(|| shared.asked.clone()),
            ..self
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &ProfileName> {
        self.profiles.keys()
    }

    /// What it says of a profile, if it does.
    pub(super) fn spoken(&self, name: &str) -> Option<Spoken<'_>> {
        let mut profiles = self.profiles.iter();
        let (name, (_, wire)) = profiles.find(|(own, _)| own.as_ref() == name)?;
        Some(Spoken {
            name,
            file: &self.file,
            wire,
        })
    }

    /// Its rows of the catalog. Errors: every malformed row.
    pub(super) fn rows(&self) -> Result<UserRows> {
        let rows = self
            .catalog
            .map(|table| catalog_rows::read(&self.file, table));
        rows.unwrap_or_else(|| Ok(UserRows::default()))
    }

    /// What it says at its top.
    pub(super) fn said<'c>(&'c self, wire: &'c ConfigWire) -> Said<'c, ConfigWire> {
        Said {
            value: wire,
            span: 0..0,
            speaker: Speaker {
                name: "",
                file: &self.file,
                own: true,
            },
        }
    }
}
