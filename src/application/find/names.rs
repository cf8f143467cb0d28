//! What names say about a candidate: that it is called as what such projects start is called, or as what lies
//! beside the application.

use crate::application::Kind;
use crate::application::candidate::{Candidate, Target};
use crate::application::code::Code;
use crate::application::manifest::ManifestFacts;
use crate::catalog::Frameworks;
use crate::project::source_tree::{Role, SourceTree, parent};

/// The names that tell something in one project.
#[derive(Debug, Default)]
pub(super) struct Names<'p> {
    /// The folder of the project.
    folder: &'p str,
    /// Its name, as a module would have it; empty where it has none.
    project: String,
}

impl<'p> Names<'p> {
    pub(super) fn new(code: &'p Code<'_>, facts: &ManifestFacts) -> Self {
        Self {
            folder: code.project(),
            project: facts.name.as_deref().map(plain).unwrap_or_default(),
        }
    }

    /// The part of its path that says that it is beside the application. A command that the package installs lies
    /// where it wants, and what a project is named for is no word against it.
    pub(super) fn side<'s, C>(&self, sighting: &'s Candidate<C>) -> Option<&'s str> {
        if matches!(sighting.target, Target::Command(_)) || sighting.kind == Kind::Migration {
            return None;
        }
        let below = sighting.path.strip_prefix(self.folder);
        let below = below.unwrap_or(&sighting.path).trim_start_matches('/');
        let own: Vec<&str> = self.project.split('_').collect();
        let is_own = |word: &str| own.contains(&word);
        let folders = Frameworks::embedded().usual("side-folders");
        let is_side = |name: &&str| {
            let plain = plain(name);
            folders.contains(&plain) && !is_own(&plain)
        };
        let is_tool = |name: &&str| {
            let role = SourceTree::role("", &format!("{name}/x"));
            role != Role::Source && !is_own(&plain(name))
        };
        let mut around = parent(below).split('/').filter(|name| !name.is_empty());
        let folder = around.find(|name| is_side(name) || is_tool(name));
        folder.or_else(|| {
            let file = below.rsplit('/').next().unwrap_or(below);
            let words = Frameworks::embedded().usual("side-words");
            let stem = plain(file.strip_suffix(".py").unwrap_or(file));
            let mut parts = stem.split('_');
            let tells = |part: &str| words.iter().any(|word| word == part) && !is_own(part);
            parts.any(tells).then_some(file)
        })
    }

    /// Whether it is called as what such projects start is called, or as the project itself.
    pub(super) fn are_usual<C>(&self, sighting: &Candidate<C>) -> bool {
        if let Target::Command(name) = &sighting.target {
            return plain(name) == self.project;
        }
        is_main(&sighting.path) || plain(last_of(&sighting.path)) == self.project
    }
}

/// Whether a file is called as what such projects start is called.
pub(super) fn is_main(path: &str) -> bool {
    let mut names = Frameworks::embedded().usual("main-modules").iter();
    let stem = last_of(path);
    names.any(|name| name == stem)
}

/// The name of a module without those around it; of a package its own.
fn last_of(path: &str) -> &str {
    let path = path.strip_suffix("/__init__.py").unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".py").unwrap_or(name)
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '.', ' '], "_")
}
