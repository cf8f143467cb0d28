//! `tool.uv.sources` put into requirements, as uv does before it locks.
//!
//! A source may hold for some markers, one extra or one group only; what is left goes to the
//! default indexes. Members of a workspace use its root's sources where they have none of their own.
//!
//! Source: `crates/uv-distribution/src/metadata/lowering.rs` in uv.

use std::path::{Path, PathBuf};

use pep508_rs::pep440_rs::VersionSpecifiers;
use pep508_rs::{MarkerTree, VerbatimUrl, VersionOrUrl};

use super::requirement::{
    Git, Origin, Requirement, absolute, git_repository, index, marker, plain_url, pythons,
    specifiers,
};
use super::source_wire::{SourceWire, entries, parsed_entries};
use super::workspace::{Local, Scope, Workspace};
use crate::lock;
use crate::names::PackageName;
use crate::secret::Url;

/// Puts the sources of one local package into its requirements.
pub(super) struct Lowering<'w, 'p> {
    pub(super) workspace: &'w Workspace<'p>,
    pub(super) local: &'w Local<'p>,
}

/// A requirement as written: `None` from the functions below when dfgen cannot tell what uv makes of it.
type Parsed = pep508_rs::Requirement<VerbatimUrl>;

impl Lowering<'_, '_> {
    /// What a requirement comes to: one for each source that holds, and the rest.
    pub(super) fn lower(&self, text: &str, scope: &Scope) -> Option<Vec<Requirement>> {
        let folder = &self.local.folder;
        // pep508_rs 0.9 panics on a name that ends in punctuation.
        crate::project::pyproject::requirement_name(text)?;
        let mut parsed =
            (!lock::is_beyond_reading(text)).then(|| Parsed::parse(text, folder).ok())??;
        match scope {
            Scope::Project => {}
            Scope::Extra(extra) => parsed = parsed.with_extra_marker(extra),
            Scope::Group(group) => {
                for range in self.local.pyproject.group_requires_python(group) {
                    parsed.marker.and(pythons(&range));
                }
            }
        }
        let Some((sources, base)) = self.sources(&parsed.name) else {
            return Some(vec![self.plain(&parsed, parsed.marker.clone())?]);
        };
        let mut rest = parsed.marker.clone();
        let mut lowered = Vec::new();
        for source in sources?.iter().filter(|source| source.applies(scope)) {
            let mut condition = match &source.marker {
                Some(text) => marker(text)?,
                None => MarkerTree::TRUE,
            };
            rest.and(condition.negate());
            condition.and(parsed.marker.clone());
            let origin = self.origin(source, &parsed, base)?;
            if !condition.is_false() {
                lowered.push(self.requirement(&parsed, condition, origin));
            }
        }
        // What no Python of the lock can meet still counts, as uv writes it down.
        if !rest.is_false() {
            lowered.push(self.plain(&parsed, rest)?);
        }
        Some(lowered)
    }

    /// The entries for a package, if they can be read, and the folder that their paths start from.
    fn sources(&self, name: &PackageName) -> Option<(Option<Vec<SourceWire>>, &Path)> {
        let root = self.workspace.root_of(self.local);
        let of = |local: &'_ Local<'_>| entries(local.pyproject, name).map(parsed_entries);
        if let Some(own) = of(self.local) {
            return Some((own, &self.local.folder));
        }
        of(root).map(|entries| (entries, root.folder.as_path()))
    }

    fn plain(&self, parsed: &Parsed, condition: MarkerTree) -> Option<Requirement> {
        let origin = match &parsed.version_or_url {
            Some(VersionOrUrl::Url(url)) => direct(url, &self.local.folder)?,
            _ => Origin::Registry,
        };
        Some(self.requirement(parsed, condition, origin))
    }

    fn requirement(&self, parsed: &Parsed, condition: MarkerTree, origin: Origin) -> Requirement {
        let range = match (&parsed.version_or_url, &origin) {
            (Some(VersionOrUrl::VersionSpecifier(all)), Origin::Registry | Origin::Index(_)) => {
                all.clone()
            }
            _ => VersionSpecifiers::empty(),
        };
        Requirement {
            name: parsed.name.clone(),
            extras: parsed.extras.iter().cloned().collect(),
            specifiers: specifiers(&range),
            marker: self.workspace.python.within(condition),
            origin,
        }
    }

    fn origin(&self, source: &SourceWire, parsed: &Parsed, base: &Path) -> Option<Origin> {
        if let Some(name) = &source.index {
            return self.index(name).map(Origin::Index);
        }
        if let Some(git) = &source.git {
            return Some(Origin::Git(source.git(git.as_written())));
        }
        if let Some(url) = &source.url {
            return Some(Origin::Url(
                plain_url(url.as_written()),
                source.subdirectory.clone(),
            ));
        }
        if let Some(path) = &source.path {
            return Some(self.path(source, absolute(base, path)));
        }
        self.member(source, &parsed.name)
    }

    fn index(&self, name: &str) -> Option<Url> {
        let root = self.workspace.root_of(self.local);
        let mut known = [self.local, root].into_iter().flat_map(|local| {
            let indexes = local.pyproject.uv.index.iter();
            indexes.map(move |index| (index, &local.folder))
        });
        let (found, folder) = known.find(|(index, _)| index.name.as_deref() == Some(name))?;
        // uv puts environment variables in; nobody knows here what they were.
        let open = found.url.as_written().contains('$');
        (!open).then(|| index(found.url.as_written(), folder))
    }

    /// A folder or a file: uv looks, here the lock tells.
    fn path(&self, source: &SourceWire, path: PathBuf) -> Origin {
        let kind = match (source.editable, source.package) {
            (Some(true), _) => "editable",
            (_, Some(false)) => "virtual",
            (_, Some(true)) => "directory",
            (_, None) => return Origin::Local(path.clone(), self.workspace.kind_at(&path)),
        };
        Origin::Local(path, kind)
    }

    fn member(&self, source: &SourceWire, name: &PackageName) -> Option<Origin> {
        if !source.workspace {
            return None;
        }
        let member = self.workspace.member(name)?;
        let kind = self.workspace.kind_of(member);
        Some(Origin::Local(member.folder.clone(), kind))
    }
}

impl SourceWire {
    fn applies(&self, scope: &Scope) -> bool {
        let extra = match (&self.extra, scope) {
            (None, _) => true,
            (Some(wanted), Scope::Extra(extra)) => wanted == extra,
            _ => false,
        };
        let group = match (&self.group, scope) {
            (None, _) => true,
            (Some(wanted), Scope::Group(group)) => wanted == group,
            _ => false,
        };
        extra && group
    }

    fn git(&self, url: &str) -> Git {
        let references = [
            ("branch", &self.branch),
            ("tag", &self.tag),
            ("rev", &self.rev),
        ];
        let said = |(key, value): (_, &Option<String>)| Some((key, value.clone()?));
        Git {
            repository: git_repository(url),
            reference: references.into_iter().find_map(said),
            subdirectory: self.subdirectory.clone(),
            lfs: self.lfs,
        }
    }
}

/// `name @ URL`.
fn direct(url: &VerbatimUrl, folder: &Path) -> Option<Origin> {
    let text = url.to_string();
    let (text, fragment) = text.split_once('#').unwrap_or((&text, ""));
    let mut parts = fragment.split('&');
    let subdirectory = parts.find_map(|part| part.strip_prefix("subdirectory="));
    let subdirectory = subdirectory.map(str::to_owned);
    if let Some(repository) = text.strip_prefix("git+") {
        let path = repository.find("://").map_or(0, |at| at + 3);
        let path = path + repository[path..].find('/')?;
        let at = repository[path..].rfind('@').map(|at| path + at);
        return Some(Origin::Git(Git {
            repository: git_repository(&repository[..at.unwrap_or(repository.len())]),
            reference: at.map(|at| ("rev", repository[at + 1..].to_owned())),
            subdirectory,
            lfs: false,
        }));
    }
    match text.strip_prefix("file://") {
        Some(path) => Some(Origin::Local(absolute(folder, path), "directory")),
        None => Some(Origin::Url(plain_url(text), subdirectory)),
    }
}
