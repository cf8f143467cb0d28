//! Puts files into a folder: all of them or none, whatever fails, and whole ones whenever it ends.
//!
//! Each is written beside its place first and brought to the disk, then all are moved, one after the other; what was there
//! waits beside until the last has moved. Names of files in waiting belong to dfgen alone ([`is_left`]), so that the next run
//! knows what a run that was ended has left.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

/// Names of files in waiting: `.dfgen-`, six letters or digits, `.part`.
const PREFIX: &str = ".dfgen-";
const SUFFIX: &str = ".part";
const RANDOM: usize = 6;

/// Why files were not replaced.
#[derive(Debug)]
pub(super) struct Failure {
    /// The file that could not be.
    pub(super) path: PathBuf,
    /// What the system says.
    pub(super) error: io::Error,
    /// Files that are new already and could not be put back.
    pub(super) changed: Vec<PathBuf>,
}

impl Failure {
    fn new(path: &Path, error: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            error,
            changed: Vec::new(),
        }
    }
}

/// A file that waits beside its place.
struct Staged<'a> {
    path: &'a Path,
    part: TempPath,
    /// What stands in its place; `None` where nothing does.
    before: Option<TempPath>,
}

/// Replaces files, in this order, by these texts. Errors: the first that cannot be; those before it are as they were.
pub(super) fn replace(files: &[(PathBuf, &str)]) -> Result<(), Failure> {
    let staged = files.iter().map(|(path, text)| {
        let staged = stage(path, text);
        staged.map_err(|error| Failure::new(path, error))
    });
    moved(staged.collect::<Result<_, _>>()?)?;
    let folders = files.iter().filter_map(|(path, _)| path.parent());
    for folder in folders.collect::<BTreeSet<_>>() {
        // Not every system can; the files themselves are on the disk.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// All in their places, or none.
fn moved(staged: Vec<Staged<'_>>) -> Result<(), Failure> {
    let mut moved = Vec::new();
    for one in staged {
        if let Err(error) = one.part.persist(one.path) {
            let changed = put_back(moved);
            return Err(Failure {
                changed,
                ..Failure::new(one.path, error.error)
            });
        }
        moved.push((one.path, one.before));
    }
    Ok(())
}

/// Writes a file that is not there yet, whole. Errors: one that is there.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let part = written(path, text)?;
    part.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// What runs that were ended have left in a folder, removed.
pub(super) fn sweep(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let left = entries.filter(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file && is_left(&entry.file_name().to_string_lossy())
    });
    let paths = left.map(|entry| entry.path());
    paths.filter(|path| fs::remove_file(path).is_ok()).collect()
}

fn is_left(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    let random = random.and_then(|rest| rest.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn stage<'a>(path: &'a Path, text: &str) -> io::Result<Staged<'a>> {
    let before = match fs::symlink_metadata(path) {
        Ok(_) => Some(kept(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let part = written(path, text)?;
    if let (Some(_), Ok(found)) = (&before, fs::metadata(path)) {
        fs::set_permissions(&part, found.permissions())?;
    }
    Ok(Staged { path, part, before })
}

/// A second name of a file, or a copy of it where there can be none.
fn kept(path: &Path) -> io::Result<TempPath> {
    let named = waiting().make_in(beside(path), |name| fs::hard_link(path, name));
    let copied = |_| waiting().make_in(beside(path), |name| fs::copy(path, name).map(|_| ()));
    Ok(named.or_else(copied)?.into_temp_path())
}

fn written(path: &Path, text: &str) -> io::Result<TempPath> {
    let part: NamedTempFile = waiting().make_in(beside(path), |name| File::create_new(name))?;
    let mut file = part.as_file();
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(part.into_temp_path())
}

fn waiting() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    builder
}

fn beside(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// The latest first. What could not be put back.
fn put_back(moved: Vec<(&Path, Option<TempPath>)>) -> Vec<PathBuf> {
    let undone = moved.into_iter().rev().filter_map(|(path, before)| {
        let undone = match before {
            Some(before) => before.persist(path).map_err(|error| error.error),
            None => fs::remove_file(path),
        };
        undone.err().map(|_| path.to_owned())
    });
    undone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_or_none_whichever_fails() {
        for failing in 0..3 {
            let folder = tempfile::tempdir().unwrap();
            let paths = ["a", "b", "c"].map(|name| folder.path().join(name));
            fs::write(&paths[0], "old").unwrap();
            let texts = || paths.clone().map(|path| fs::read_to_string(path).ok());
            let staged = paths.iter().map(|path| stage(path, "new").unwrap());
            let staged: Vec<_> = staged.collect();
            // A folder that came to its place in the meantime cannot be replaced by a file.
            let _ = fs::remove_file(&paths[failing]);
            fs::create_dir(&paths[failing]).unwrap();
            let before = texts();
            let failure = moved(staged).unwrap_err();
            assert_eq!(failure.path, paths[failing]);
            assert!(failure.changed.is_empty());
            assert_eq!(texts(), before, "number {failing} fails");
            assert!(names(folder.path()).iter().all(|name| !is_left(name)));
        }
    }

    #[test]
    fn what_cannot_be_put_back_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&paths[0], "old").unwrap();
        let mut staged: Vec<_> = paths
            .iter()
            .map(|path| stage(path, "new").unwrap())
            .collect();
        fs::create_dir(&paths[1]).unwrap();
        fs::remove_file(staged[0].before.as_ref().unwrap()).unwrap();
        staged[0].before.as_mut().unwrap().disable_cleanup(true);
        let failure = moved(staged).unwrap_err();
        assert_eq!(failure.changed, [paths[0].clone()]);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_stays_and_new_files_have_the_usual_one() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let [old, new, usual] = ["old", "new", "usual"].map(|name| folder.path().join(name));
        fs::write(&old, "old").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(&usual, "").unwrap();
        replace(&[(old.clone(), "x"), (new.clone(), "y")]).unwrap();
        assert_eq!(mode(&old), 0o640);
        assert_eq!(mode(&new), mode(&usual));
        assert_eq!(names(folder.path()), ["new", "old", "usual"]);
    }

    #[test]
    fn only_what_an_ended_run_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = [
            ".compose.yaml.part",
            ".dfgen-abc123.part.txt",
            ".dfgen-mine.part",
        ];
        for name in theirs.iter().chain([&".dfgen-aB3xY9.part"]) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(
            sweep(folder.path()),
            [folder.path().join(".dfgen-aB3xY9.part")]
        );
        assert_eq!(names(folder.path()), theirs.map(str::to_owned));
    }

    #[test]
    fn a_file_that_is_there_is_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dfgen.toml");
        create(&path, "mine").unwrap();
        let error = create(&path, "other").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(names(folder.path()), ["dfgen.toml"]);
    }
}
