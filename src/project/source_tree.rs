//! The files of the project's folder: which there are, how large, and their text when asked for.
//!
//! First in the pipeline, beside the manifests. [`SourceTree::load`] walks the folder once, in a fixed order, and
//! decides about each file whether it enters (`admission`): a tree holds what may go into an image, and says apart
//! what it leaves out. It follows no link out of the folder, and a file that cannot be read is a file without text,
//! never an error. Paths are relative to the root and use `/` on every system.

mod admission;
mod ignore_files;
mod mentions;
mod needs;
mod references;
mod role;
mod top_level;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use self::admission::Admitted;
pub(crate) use self::admission::{Kept, Left};
pub(crate) use self::ignore_files::{IgnoreFile, IgnoreFileOf};
pub(crate) use self::mentions::Mentions;
pub(crate) use self::needs::{found_by_globs, is_licence, named_by_code};
pub(crate) use self::references::References;
pub(crate) use self::role::Role;
pub(crate) use self::top_level::{Layout, module_of};
use super::git::Repository;
use crate::diagnostic::{Diagnostic, Result, SourceFile};
use crate::rules;

/// Larger files are data, not source: they have no text.
const LARGEST_TEXT: u64 = 4 * 1024 * 1024;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lying {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// The files below the project's root that may enter an image.
#[derive(Debug)]
pub struct SourceTree {
    root: Option<PathBuf>,
    repository: Option<Repository>,
    files: BTreeMap<String, Entry>,
    /// What the project's `.dockerignore` does not send, and is read all the same.
    unsent: BTreeMap<String, Entry>,
    links: BTreeMap<String, Option<String>>,
    admitted: Admitted,
}

#[derive(Debug)]
struct Entry {
    size: u64,
    text: OnceLock<Option<SourceFile>>,
}

impl SourceTree {
    /// Walks `root`. Fails only when `root` itself cannot be listed.
    pub fn load(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let listed = fs::read_dir(root).and_then(|_| fs::canonicalize(root));
        let real = listed.map_err(|cause| {
            let message = format!("cannot read the folder `{}`", root.display());
            Diagnostic::new(rules::UNREADABLE_FOLDER, message).with_note(cause.to_string())
        })?;
        let found = walk::walk(&real);
        let repository = Repository::around(&real);
        let repository = repository.filter(|repository| !admission::is_foreign(repository));
        let mut tree = Self {
            root: Some(real),
            repository,
            files: found.files,
            unsent: BTreeMap::new(),
            links: found.links,
            admitted: Admitted::default(),
        };
        tree.admit();
        tree.admitted.left.extend(found.left);
        Ok(tree)
    }

    /// Decides about every file, and keeps those that enter.
    fn admit(&mut self) {
        self.admitted = admission::admit(self, self.repository.as_ref());
        let left = &self.admitted.left;
        let files = std::mem::take(&mut self.files);
        for (path, entry) in files {
            match left.get(&path) {
                None => drop(self.files.insert(path, entry)),
                Some(Left::Unsent) => drop(self.unsent.insert(path, entry)),
                Some(_) => {}
            }
        }
    }

    /// A tree in memory: relative path and text of each file.
    #[cfg(test)]
    pub(crate) fn from_files<P: Into<String>, T: Into<String>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let entries = files.into_iter().map(|(path, text)| {
            let (path, text) = (path.into(), text.into());
            let entry = Entry {
                size: text.len() as u64,
                text: OnceLock::from(Some(SourceFile::new(&path, text))),
            };
            (path, entry)
        });
        let mut tree = Self {
            root: None,
            repository: None,
            files: entries.collect(),
            unsent: BTreeMap::new(),
            links: BTreeMap::new(),
            admitted: Admitted::default(),
        };
        tree.admit();
        tree
    }

    /// What lies in the folder and does not enter, sorted: files, and folders as a whole that are never looked into.
    pub(crate) fn left(&self) -> impl Iterator<Item = (&str, &Left)> {
        let left = self.admitted.left.iter();
        left.map(|(path, left)| (path.as_str(), left))
    }

    /// The outermost folder around what is left out from which nothing enters, or the file itself.
    pub(crate) fn outermost_left<'p>(&self, path: &'p str) -> &'p str {
        let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
        let mut folders = ends.filter(|folder| !self.has_folder(folder));
        folders.next().unwrap_or(path)
    }

    /// What enters though an ignore file names it, or its name speaks against it, sorted.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&str, Kept)> {
        let kept = self.admitted.kept.iter();
        kept.map(|(path, kept)| (path.as_str(), *kept))
    }

    /// The project's own ignore files: what stands later goes first.
    pub(crate) fn ignore_files(&self) -> &[IgnoreFile] {
        &self.admitted.ignore_files
    }

    /// Folders that a `!` line of an ignore file takes back from an earlier one, sorted.
    pub(crate) fn taken_back(&self) -> &[String] {
        &self.admitted.taken_back
    }

    /// Whether a line of an ignore file is about a path or a folder around it.
    pub(crate) fn is_ignored(&self, path: &str) -> bool {
        let rules = self.ignore_files().iter().flat_map(|file| &file.rules);
        let mut rules = rules.filter(|rule| !rule.takes_back);
        rules.any(|rule| rule.pattern.hits(path))
    }

    /// Whether Git says what is tracked.
    pub fn knows_what_is_tracked(&self) -> bool {
        let repository = self.repository.as_ref();
        repository.is_some_and(|repository| repository.tracked.is_some())
    }

    /// Symbolic links that enter, sorted, each with the path that it leads to; none for what is outside the folder.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let links = self.links.iter();
        let links = links.filter(|(path, target)| {
            target.is_none() || self.has_file(path) || self.has_folder(path)
        });
        links.map(|(path, target)| (path.as_str(), target.as_deref()))
    }

    /// Whether Git tracks a path.
    pub(crate) fn tracks(&self, path: &str) -> bool {
        let repository = self.repository.as_ref();
        let tracked = repository.and_then(|repository| repository.tracked.as_ref());
        tracked.is_some_and(|tracked| tracked.contains(path))
    }

    /// What lies at a path, whether it enters or not: a folder, or a file.
    pub(crate) fn lies_there(&self, path: &str) -> Option<Lying> {
        let root = self.root.as_ref().map(|root| root.join(path));
        let is_folder = self.has_folder(path) || root.as_ref().is_some_and(|path| path.is_dir());
        let is_file = self.has_file(path) || root.is_some_and(|path| path.is_file());
        match (is_folder, is_file) {
            (true, _) => Some(Lying::Folder),
            (false, true) => Some(Lying::File),
            (false, false) => None,
        }
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Every path that enters, and those that the project's `.dockerignore` does not send: the container files, which
    /// nobody needs in an image, are often among them.
    pub(crate) fn lying(&self) -> impl Iterator<Item = &str> {
        self.paths().chain(self.unsent.keys().map(String::as_str))
    }

    /// The text of such a file.
    pub(crate) fn lying_text(&self, path: &str) -> Option<SourceFile> {
        let text = self.text(path).or_else(|| {
            let entry = self.unsent.get(path)?;
            let text = entry.text.get_or_init(|| self.read(path, entry.size));
            text.clone()
        });
        text.or_else(|| self.text_above(path))
    }

    /// The folder around the project and the project's own name in it, where it is not a repository of its own.
    pub(crate) fn around(&self) -> Option<(&Path, &str)> {
        let root = self.root.as_deref()?;
        let name = root.file_name()?.to_str()?;
        (!root.join(".git").exists()).then_some((root.parent()?, name))
    }

    /// The text of a file beside the project's folder: `../docker/entrypoint.sh`.
    fn text_above(&self, path: &str) -> Option<SourceFile> {
        let below = path
            .strip_prefix("../")
            .filter(|rest| !rest.contains(".."))?;
        let file = self.around()?.0.join(below);
        let is_small = fs::metadata(&file).is_ok_and(|one| one.is_file() && one.len() < 1 << 20);
        let text = fs::read_to_string(file).ok().filter(|_| is_small)?;
        Some(SourceFile::new(path, text))
    }

    /// The paths below a folder, sorted; all of them for `""`.
    pub(crate) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let start = prefix.clone();
        self.files
            .range(start..)
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(&prefix))
    }

    /// The bytes of a file.
    pub(crate) fn size(&self, path: &str) -> Option<u64> {
        self.files.get(path).map(|entry| entry.size)
    }

    /// Whether there is a file at this path.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether there is a file below this folder.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    /// The text of a file, read when first asked for. Bytes that are not UTF-8 become U+FFFD;
    /// `None` for a file that is missing, unreadable, binary or larger than 4 MiB.
    pub(crate) fn text(&self, path: &str) -> Option<SourceFile> {
        let entry = self.files.get(path)?;
        let text = entry.text.get_or_init(|| self.read(path, entry.size));
        text.clone()
    }

    fn read(&self, path: &str, size: u64) -> Option<SourceFile> {
        if size > LARGEST_TEXT {
            return None;
        }
        let bytes = crate::disk::read(self.root.as_ref()?.join(path)).ok()?;
        if bytes.contains(&0) {
            return None;
        }
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned());
        Some(SourceFile::new(path, text))
    }

    /// The folders below `project` that are projects of their own, sorted: those with a `pyproject.toml` that builds
    /// something or requires something, or that a workspace may have as a member.
    pub(crate) fn nested_projects(&self, project: &str) -> Vec<String> {
        let manifests = self.below(project).filter_map(|path| {
            let folder = path.strip_suffix("/pyproject.toml")?;
            (folder != project).then_some((folder, path))
        });
        let mut manifests = manifests.peekable();
        if manifests.peek().is_none() {
            return Vec::new();
        }
        let root = self.manifest("pyproject.toml");
        let is_workspace = root.is_none_or(|root| at(&root, &["tool", "uv", "workspace"]));
        let nested = manifests.filter(|(folder, path)| {
            let locks = [
                "uv.lock",
                "poetry.lock",
                "pdm.lock",
                "requirements.txt",
                "setup.py",
            ];
            let has_lock = locks.iter().any(|name| self.has_file(&join(folder, name)));
            is_workspace || has_lock || self.manifest(path).is_none_or(|own| is_project(&own))
        });
        nested.map(|(folder, _)| folder.to_owned()).collect()
    }

    /// A manifest; `None` where it cannot be read.
    fn manifest(&self, path: &str) -> Option<toml::Table> {
        toml::from_str(self.text(path)?.text()).ok()
    }
}

/// Whether a manifest builds or requires something. What only has a version or settings of tools is beside the source of
/// the project around it.
fn is_project(manifest: &toml::Table) -> bool {
    let paths: [&[&str]; 9] = [
        &["build-system"],
        &["dependency-groups"],
        &["project", "dependencies"],
        &["project", "dynamic"],
        &["project", "optional-dependencies"],
        &["project", "scripts"],
        &["tool", "pdm"],
        &["tool", "poetry"],
        &["tool", "uv"],
    ];
    paths.iter().any(|path| at(manifest, path))
}

/// Whether a table has something at this place.
fn at(table: &toml::Table, path: &[&str]) -> bool {
    let Some((last, above)) = path.split_last() else {
        return false;
    };
    let inner = above
        .iter()
        .try_fold(table, |table, key| table.get(*key)?.as_table());
    inner.is_some_and(|inner| inner.contains_key(*last))
}

/// A path without `.` and `..`, and without a slash at either end.
pub(crate) fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// `folder/name`, where an empty folder is the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The folder that a path lies in; empty for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a file name or path ends in this extension.
pub fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|found| found == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_walked_in_order_without_what_no_image_needs() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in [
            "pyproject.toml",
            "src/shop/__init__.py",
            "src/shop/build/plan.py",
            "build/lib/shop.py",
            ".venv/lib/x.py",
            "env/pyvenv.cfg",
            "env/x.py",
            ".git/HEAD",
            "a/node_modules/x.js",
            "shop.egg-info/PKG-INFO",
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "x").unwrap();
        }
        let tree = SourceTree::load(root).unwrap();
        let paths: Vec<&str> = tree.paths().collect();
        assert_eq!(
            paths,
            [
                "pyproject.toml",
                "src/shop/__init__.py",
                "src/shop/build/plan.py"
            ]
        );
        assert_eq!(tree.text("pyproject.toml").unwrap().text(), "x");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_root_only_and_never_in_circles() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.py"), "x").unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a")).unwrap();
        fs::create_dir_all(root.join("b")).unwrap();
        fs::write(root.join("b/mod.py"), "x").unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink(root, root.join("a/up")).unwrap();
        symlink(root.join("b"), root.join("a/b")).unwrap();
        symlink(root.join("nowhere"), root.join("dangling")).unwrap();
        symlink(root.join("a"), root.join("b/a")).unwrap();
        let tree = SourceTree::load(root).unwrap();
        let paths: Vec<&str> = tree.paths().collect();
        assert_eq!(paths, ["a/b/mod.py", "b/mod.py"]);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_text_and_binary_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("latin.py"), b"name = '\xe9'\n").unwrap();
        fs::write(folder.path().join("binary.py"), b"\0\x01").unwrap();
        let tree = SourceTree::load(folder.path()).unwrap();
        assert_eq!(tree.text("latin.py").unwrap().text(), "name = '\u{fffd}'\n");
        assert_eq!(tree.text("binary.py"), None);
    }

    #[test]
    fn the_program_beside_the_dockerfiles_is_no_source() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("docker")).unwrap();
        let head = "# Made by dfgen 0.1.0, which replaces it whole.\n";
        fs::write(root.join("docker/dfgen.py"), head).unwrap();
        fs::write(root.join("dfgen.py"), "print('the user\'s own')\n").unwrap();
        let tree = SourceTree::load(root).unwrap();
        assert_eq!(tree.paths().collect::<Vec<_>>(), ["dfgen.py"]);
    }

    #[test]
    fn a_manifest_that_needs_and_builds_nothing_makes_no_project() {
        let nested = |root: &str, own: &str| {
            let files = [("pyproject.toml", root), ("api/pyproject.toml", own)];
            SourceTree::from_files(files).nested_projects("")
        };
        let root = "[project]\nname = 'shop'\n";
        let version = "[project]\nname = 'shop-api'\nversion = '2'\n";
        for own in [version, "[tool.ruff]\nline-length = 100\n", ""] {
            assert_eq!(nested(root, own), [""; 0], "{own}");
        }
        let needs = format!("{version}dependencies = ['httpx']\n");
        let builds = format!("{version}[build-system]\nrequires = []\n");
        for own in [needs.as_str(), &builds, "[tool.uv]\npackage = false\n", "{"] {
            assert_eq!(nested(root, own), ["api"], "{own}");
        }
        let workspace = format!("{root}[tool.uv.workspace]\nmembers = ['*']\n");
        assert_eq!(nested(&workspace, version), ["api"]);
    }

    #[test]
    fn a_missing_root_is_an_error() {
        let problem = SourceTree::load("/no/such/folder").unwrap_err();
        assert_eq!(
            problem.iter().next().unwrap().rule(),
            rules::UNREADABLE_FOLDER
        );
    }
}
