//! What of the folder enters: all that a clean checkout has, less what has no place in an image by its name.
//!
//! Decided once, for every file that lies there. What Git ignores and does not track stays out, and so does what the
//! project's `.dockerignore` names and what the catalog calls a secret, somebody's database or rubbish. Whatever an
//! ignore file says, there enters what the build itself needs and what the source imports: the latter only when Git
//! tracks it, or when nothing says what is tracked.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::ignore_files::{DockerRules, IgnoreFile, Rules};
use super::mentions::Mentions;
use super::needs::Needs;
use super::references::{References, is_module};
use super::{SourceTree, join, parent};
use crate::catalog::{Catalog, Unwanted, UnwantedKind, UnwantedNames};
use crate::project::git::Repository;

/// Why a file or folder that lies there stays out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Left {
    /// Git ignores it.
    Ignored,
    /// The project's `.dockerignore` does not send it.
    Unsent,
    /// It has no place in an image by its name.
    Unwanted(UnwantedKind),
}

/// Why a file enters though an ignore file names it, or its name speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    /// Git tracks it all the same.
    Tracked,
    /// The build needs it.
    Build,
    /// The build needs it, and a clean checkout lacks it: Git ignores it.
    Unshared,
    /// Git tracks it, and the source names its path.
    Named,
    /// The source imports it.
    Imported,
    /// It holds certificates and no key.
    Certificates,
}

/// What was decided about one file.
enum Standing {
    Enters,
    Kept(Kept),
    Left(Left),
}

/// Everything that a decision goes by.
pub(super) struct Admission<'t> {
    tree: &'t SourceTree,
    unwanted: &'static Unwanted,
    files: Vec<IgnoreFile>,
    git: Rules,
    docker: DockerRules,
    tracked: Option<&'t BTreeSet<String>>,
    needs: Needs<'t>,
    /// Whether Git ignores a folder, for those that were asked about.
    folders: RefCell<BTreeMap<String, bool>>,
    /// What the names of a folder and of those around it say, for those that were asked about.
    names: RefCell<BTreeMap<String, Option<UnwantedKind>>>,
}

/// What was decided about all files.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    pub(super) left: BTreeMap<String, Left>,
    pub(super) kept: BTreeMap<String, Kept>,
    pub(super) ignore_files: Vec<IgnoreFile>,
    /// Folders that a line of an ignore file takes back, by name.
    pub(super) taken_back: Vec<String>,
}

/// Decides about every file of a tree.
pub(super) fn admit(tree: &SourceTree, repository: Option<&Repository>) -> Admitted {
    Admission::new(tree, repository).decide()
}

/// Whether a repository around the project's folder ignores it as a whole: it is no part of that repository.
pub(super) fn is_foreign(repository: &Repository) -> bool {
    let project = repository.project.as_str();
    let tracked = repository.tracked.as_ref();
    let rules = Rules::new(&tops(repository));
    let ends = project.match_indices('/').map(|(at, _)| at);
    let mut folders = ends.chain([project.len()]).map(|end| &project[..end]);
    !project.is_empty()
        && tracked.is_none_or(BTreeSet::is_empty)
        && folders.any(|folder| rules.git_verdict(folder, true) == Some(true))
}

impl<'t> Admission<'t> {
    fn new(tree: &'t SourceTree, repository: Option<&'t Repository>) -> Self {
        let mut admission = Self {
            tree,
            unwanted: Catalog::embedded().unwanted(),
            files: repository.map(around).unwrap_or_default(),
            git: Rules::default(),
            docker: DockerRules::default(),
            tracked: repository.and_then(|repository| repository.tracked.as_ref()),
            needs: Needs::new(tree),
            folders: RefCell::default(),
            names: RefCell::default(),
        };
        admission.read_ignore_files();
        admission
    }

    /// Files that lie deeper come later: their rules go before those of the folders around them.
    fn read_ignore_files(&mut self) {
        let named = |name: &str| {
            let paths = self.tree.paths();
            let paths = paths.filter(|path| path.rsplit('/').next() == Some(name));
            let mut paths: Vec<String> = paths.map(str::to_owned).collect();
            paths.sort_by_key(|path| path.matches('/').count());
            paths
        };
        self.git = Rules::new(&self.files);
        for path in named(".gitignore") {
            let folder = parent(&path);
            // Git does not look into folders that it ignores.
            let is_read = folder.is_empty() || !self.git_ignores_folder(folder);
            let Some(file) = self.tree.text(&path).filter(|_| is_read) else {
                continue;
            };
            self.files
                .push(IgnoreFile::of_git(folder, file.text(), true));
            self.git = Rules::new(&self.files);
            self.folders.borrow_mut().clear();
            // One that ignores itself, as tools write into their folders, is in no other checkout.
            let is_shared = self.tracks(&path) || !self.git_ignores(&path);
            if let Some(read) = self.files.last_mut() {
                read.is_shared = is_shared;
            }
        }
        let docker = named(".dockerignore").into_iter().filter_map(|path| {
            let folder = parent(&path);
            let is_project = folder.is_empty() || self.needs.is_project(folder);
            let file = self.tree.text(&path).filter(|_| is_project)?;
            let is_shared = self.tracks(&path) || !self.git_ignores(&path);
            Some(IgnoreFile::of_docker(folder, file.text(), is_shared))
        });
        let docker: Vec<IgnoreFile> = docker.collect();
        self.docker = DockerRules::new(&docker);
        self.files.extend(docker);
    }

    fn tracks(&self, path: &str) -> bool {
        let place = self.in_git(path);
        self.tracked
            .is_some_and(|tracked| tracked.contains(&*place))
    }

    /// Where Git has a file: of a folder that is a link it knows the link alone, and its files where they lie.
    fn in_git<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let links = self.tree.links.iter();
        let mut leading = links.filter_map(|(link, target)| {
            let rest = path.strip_prefix(link.as_str())?.strip_prefix('/')?;
            let is_there = self.tracked.is_some_and(|tracked| tracked.contains(link));
            let is_taken = is_there || !self.git_ignores(link);
            Some(join(target.as_deref()?, rest)).filter(|_| is_taken)
        });
        leading.next().map_or(Cow::Borrowed(path), Cow::Owned)
    }

    /// Whether Git's rules ignore a file, tracked or not. What is in an ignored folder is.
    fn git_ignores(&self, path: &str) -> bool {
        let folder = parent(path);
        !folder.is_empty() && self.git_ignores_folder(folder)
            || self.git.git_verdict(path, false) == Some(true)
    }

    fn git_ignores_folder(&self, folder: &str) -> bool {
        if let Some(known) = self.folders.borrow().get(folder) {
            return *known;
        }
        let above = parent(folder);
        let ignored = !above.is_empty() && self.git_ignores_folder(above)
            || self.git.git_verdict(folder, true) == Some(true);
        self.folders.borrow_mut().insert(folder.to_owned(), ignored);
        ignored
    }

    /// The outermost folder around a file that Git ignores, or the file.
    fn git_hit<'p>(&self, path: &'p str) -> Option<&'p str> {
        let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
        let mut folders = ends.filter(|folder| self.git_ignores_folder(folder));
        folders
            .next()
            .or_else(|| self.git_ignores(path).then_some(path))
    }

    fn decide(self) -> Admitted {
        let mut admitted = Admitted::default();
        // Modules that enter when the source turns out to import them.
        let mut waiting: BTreeSet<&str> = BTreeSet::new();
        for path in self.tree.paths() {
            match self.standing(path) {
                Standing::Enters => {}
                Standing::Kept(kept) => {
                    admitted.kept.insert(path.to_owned(), kept);
                }
                Standing::Left(left) => {
                    let may_wait = matches!(left, Left::Ignored | Left::Unsent) && is_module(path);
                    if may_wait && (self.tracked.is_none() || self.tracks(path)) {
                        waiting.insert(path);
                    }
                    admitted.left.insert(path.to_owned(), left);
                }
            }
        }
        self.keep_imported(waiting, &mut admitted);
        self.keep_named(&mut admitted);
        admitted.taken_back = self.taken_back();
        admitted.ignore_files = self.files;
        admitted
    }

    /// Folders that are named in a `!` line, and that nothing ignores after all.
    fn taken_back(&self) -> Vec<String> {
        let files = self.files.iter().filter(|file| !file.has_order());
        let rules = files.flat_map(|file| &file.rules);
        let named = rules.filter(|rule| rule.takes_back);
        let paths = named.filter_map(|rule| rule.pattern.as_path());
        let mut paths: Vec<String> = paths
            .filter(|path| self.tree.has_folder(path))
            .filter(|path| !self.git_ignores_folder(path))
            .filter(|path| self.docker.hit(path).is_none())
            .collect();
        paths.sort();
        paths.dedup();
        paths
    }

    fn standing(&self, path: &str) -> Standing {
        let kept = match self.by_name(path) {
            Ok(kept) => kept,
            Err(left) => return Standing::Left(left),
        };
        let place = self.in_git(path);
        let (git, docker) = (self.git_hit(&place), self.docker.hit(path));
        let is_untracked = git.is_some() && !self.tracks(path);
        let named = if git.is_some() { &*place } else { path };
        if let Some(hit) = git.or(docker) {
            if self.needs.are_met_by(named, hit, is_untracked) {
                let is_unshared = is_untracked && self.tracked.is_some();
                let kept = if is_unshared {
                    Kept::Unshared
                } else {
                    Kept::Build
                };
                return Standing::Kept(kept);
            }
            return match docker {
                _ if is_untracked => Standing::Left(Left::Ignored),
                Some(_) => Standing::Left(Left::Unsent),
                None => Standing::Kept(Kept::Tracked),
            };
        }
        kept.map_or(Standing::Enters, Standing::Kept)
    }

    /// What the names of a file and of the folders around it say: why it stays out, or why it enters nevertheless.
    fn by_name(&self, path: &str) -> Result<Option<Kept>, Left> {
        if let Some(kind) = self.folder_by_name(parent(path)) {
            return Err(Left::Unwanted(kind));
        }
        match self.meant(path) {
            None => Ok(None),
            Some((_, row)) if row.certificates_are_welcome() && self.holds_certificates(path) => {
                Ok(Some(Kept::Certificates))
            }
            Some((kind, _)) => Err(Left::Unwanted(kind)),
        }
    }

    fn folder_by_name(&self, folder: &str) -> Option<UnwantedKind> {
        if folder.is_empty() {
            return None;
        }
        if let Some(known) = self.names.borrow().get(folder) {
            return *known;
        }
        let above = self.folder_by_name(parent(folder));
        let kind = above.or_else(|| self.meant(folder).map(|(kind, _)| kind));
        self.names.borrow_mut().insert(folder.to_owned(), kind);
        kind
    }

    /// The row that keeps out this very path. Folders that are told by what is in or beside them were not walked, if
    /// they are what the row means, and tests are not left out here.
    fn meant(&self, path: &str) -> Option<(UnwantedKind, &'static UnwantedNames)> {
        let (kind, row) = self.unwanted.named(path)?;
        let is_package = kind != UnwantedKind::Rubbish && self.tree.is_package(path);
        let is_meant = row.holds().is_none() && !row.at_manifest() && !is_package;
        (kind != UnwantedKind::Tests && is_meant).then_some((kind, row))
    }

    fn holds_certificates(&self, path: &str) -> bool {
        self.tree.text(path).is_some_and(|file| {
            let text = file.text();
            let public = ["-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----"];
            public.iter().any(|words| text.contains(words)) && !text.contains("PRIVATE KEY")
        })
    }

    /// Data that Git tracks and the source names by its path, whatever it is called; but for secrets.
    fn keep_named(&self, admitted: &mut Admitted) {
        let is_data = |left: &Left| {
            let kinds = [UnwantedKind::Database, UnwantedKind::Rubbish];
            kinds.iter().any(|kind| *left == Left::Unwanted(*kind))
        };
        let tracked = admitted.left.iter().filter(|(path, _)| self.tracks(path));
        let data = tracked.filter(|(path, left)| is_data(left) && self.tree.has_file(path));
        let data: Vec<String> = data.map(|(path, _)| path.clone()).collect();
        if data.is_empty() {
            return;
        }
        let left = &admitted.left;
        let modules = self.tree.paths().filter(|path| is_module(path));
        let mentions = Mentions::of(self.tree, modules.filter(|path| !left.contains_key(*path)));
        for path in data.into_iter().filter(|path| mentions.name(path)) {
            admitted.left.remove(&path);
            admitted.kept.insert(path, Kept::Named);
        }
    }

    /// What is imported may import more.
    fn keep_imported(&self, mut waiting: BTreeSet<&'t str>, admitted: &mut Admitted) {
        if waiting.is_empty() {
            return;
        }
        let modules = self.tree.paths().filter(|path| is_module(path));
        let mut unread: Vec<&str> = modules
            .filter(|path| !admitted.left.contains_key(*path))
            .collect();
        let mut references = References::default();
        while !unread.is_empty() {
            for path in unread.drain(..) {
                if let Some(file) = self.tree.text(path) {
                    references.read(path, file.text());
                }
            }
            let named = waiting.iter().copied();
            let named =
                named.filter(|path| references.name(path, |folder| self.tree.is_package(folder)));
            unread = named.collect();
            for path in &unread {
                waiting.remove(path);
                admitted.left.remove(*path);
                admitted.kept.insert((*path).to_owned(), Kept::Imported);
            }
        }
    }
}

/// What ignores files of the project from outside: this checkout, and `.gitignore` files around the project.
fn around(repository: &Repository) -> Vec<IgnoreFile> {
    let own = repository.exclude.as_deref().unwrap_or_default();
    let own = IgnoreFile::of_checkout(&repository.project, own);
    let folders = folders_above(repository);
    let files = folders.filter_map(|(above, below)| {
        let text = crate::disk::read(repository.top.join(above).join(".gitignore")).ok()?;
        Some(IgnoreFile::around(below, &String::from_utf8_lossy(&text)))
    });
    std::iter::once(own).chain(files).collect()
}

/// The same files, as seen from the top of the repository.
fn tops(repository: &Repository) -> Vec<IgnoreFile> {
    let files = folders_above(repository).filter_map(|(above, _)| {
        let text = crate::disk::read(repository.top.join(above).join(".gitignore")).ok()?;
        Some(IgnoreFile::of_git(
            above,
            &String::from_utf8_lossy(&text),
            true,
        ))
    });
    files.collect()
}

/// Each folder from the top of the repository down to the one around the project, with what leads on from there.
fn folders_above(repository: &Repository) -> impl Iterator<Item = (&str, &str)> {
    let project = repository.project.as_str();
    let inner = project
        .match_indices('/')
        .map(|(at, _)| (&project[..at], &project[at + 1..]));
    let top = (!project.is_empty()).then_some(("", project));
    top.into_iter().chain(inner)
}
