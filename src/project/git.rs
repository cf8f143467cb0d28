//! What Git knows of the project's folder: where its repository begins, and which files it tracks.
//!
//! Read from `.git` itself, without the program `git`: `.git/index` says what is tracked, in the versions 2, 3 and 4 of
//! its format (<https://git-scm.com/docs/index-format>). In a worktree or a submodule `.git` is a file that names the
//! folder. A full reader of Git would bring some forty crates for this one list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Bytes of an entry of the index before its hash: times, device, inode, mode, owner and size.
const STAT: usize = 40;

/// Where the mode lies in them.
const MODE: usize = 24;

/// The mode of a submodule: its files are tracked by an index of its own.
const SUBMODULE: u32 = 0o160_000;

/// The mode of a folder that a sparse checkout leaves out.
const SPARSE_FOLDER: u32 = 0o040_000;

/// Lengths of SHA-1 and SHA-256; an index does not say which it has.
const HASHES: [usize; 2] = [20, 32];

/// Submodules in submodules are followed this far.
const DEEPEST: usize = 8;

/// The Git repository around a folder.
#[derive(Debug)]
pub(super) struct Repository {
    /// Its topmost folder.
    pub(super) top: PathBuf,
    /// The project's folder in it, with `/`; empty when they are the same.
    pub(super) project: String,
    /// What it tracks, relative to the project's folder; `None` where its index cannot be read.
    pub(super) tracked: Option<BTreeSet<String>>,
    /// What this checkout alone ignores: the text of `.git/info/exclude`.
    pub(super) exclude: Option<String>,
}

impl Repository {
    /// The repository that `root`, a canonical path, lies in.
    pub(super) fn around(root: &Path) -> Option<Self> {
        let top = root
            .ancestors()
            .find(|folder| git_folder(folder).is_some())?;
        let below = root.strip_prefix(top).ok()?;
        let names = below.iter().map(|name| name.to_str());
        let project = names.collect::<Option<Vec<_>>>()?.join("/");
        let all = tracked(top, DEEPEST);
        Some(Self {
            top: top.to_owned(),
            tracked: all.map(|paths| below_folder(paths, &project)),
            exclude: exclude(top),
            project,
        })
    }
}

/// The topmost folder of the repository that a folder lies in, without links.
pub(super) fn top(root: &Path) -> Option<PathBuf> {
    let root = std::fs::canonicalize(root).ok()?;
    let mut folders = root.ancestors();
    folders
        .find(|folder| git_folder(folder).is_some())
        .map(Path::to_owned)
}

/// A worktree's is in the folder that it has in common with the others.
fn exclude(top: &Path) -> Option<String> {
    let own = git_folder(top)?;
    let common = crate::disk::read_to_string(own.join("commondir")).ok();
    let folder = common.map_or_else(|| own.clone(), |common| own.join(common.trim()));
    let bytes = crate::disk::read(folder.join("info/exclude")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn below_folder(paths: BTreeSet<String>, folder: &str) -> BTreeSet<String> {
    if folder.is_empty() {
        return paths;
    }
    let prefix = format!("{folder}/");
    let below = paths.into_iter();
    let below = below.filter_map(|path| path.strip_prefix(&prefix).map(str::to_owned));
    below.collect()
}

/// The folder of a repository's own files: `.git`, or what the file `.git` names.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.join("HEAD").is_file() {
        return Some(git);
    }
    let text = crate::disk::read_to_string(&git).ok()?;
    let named = text.lines().next()?.strip_prefix("gitdir:")?.trim();
    Some(top.join(named))
}

/// What the repository at `top` tracks, relative to it, its submodules included.
fn tracked(top: &Path, depth: usize) -> Option<BTreeSet<String>> {
    let folder = git_folder(top)?;
    let index = match crate::disk::read(folder.join("index")) {
        Ok(bytes) => bytes,
        // Nothing was added yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(BTreeSet::new()),
        Err(_) => return None,
    };
    let entries = HASHES.iter().find_map(|hash| {
        let (own, link) = entries(&index, *hash)?;
        match link {
            Some(link) => shared(&folder, link, own, *hash),
            None => Some(own),
        }
    })?;
    let mut paths = BTreeSet::new();
    for (path, mode) in entries {
        match mode {
            SUBMODULE if depth > 0 => {
                let own = tracked(&top.join(&path), depth - 1).unwrap_or_default();
                paths.extend(own.into_iter().map(|below| format!("{path}/{below}")));
            }
            SUBMODULE | SPARSE_FOLDER => {}
            _ => {
                paths.insert(path);
            }
        }
    }
    Some(paths)
}

/// What a split index and the shared one that it names hold together: of the shared, what is not deleted; of its own,
/// what has a name. The others only replace one of the shared.
fn shared(folder: &Path, mut link: &[u8], own: Vec<Entry>, hash: usize) -> Option<Vec<Entry>> {
    let name: String = take(&mut link, hash)?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let index = crate::disk::read(folder.join(format!("sharedindex.{name}"))).ok()?;
    let (base, _) = entries(&index, hash)?;
    let deleted = if link.is_empty() {
        Vec::new()
    } else {
        bits(&mut link)?
    };
    let is_deleted = |at: usize| deleted.get(at).copied().unwrap_or_default();
    let base = base.into_iter().enumerate();
    let base = base
        .filter(|(at, _)| !is_deleted(*at))
        .map(|(_, entry)| entry);
    let named = own.into_iter().filter(|(path, _)| !path.is_empty());
    Some(base.chain(named).collect())
}

/// A compressed bitmap (EWAH, as in <https://git-scm.com/docs/bitmap-format>): words that say how many words of one
/// bit follow, and how many that stand as they are.
fn bits(rest: &mut &[u8]) -> Option<Vec<bool>> {
    let count = usize::try_from(number(take(rest, 4)?)).ok()?;
    let words = usize::try_from(number(take(rest, 4)?)).ok()?;
    let mut words = take(rest, words.checked_mul(8)?)?;
    take(rest, 4)?;
    let mut bits = Vec::new();
    while !words.is_empty() {
        let marker = word(&mut words)?;
        let run = usize::try_from(marker >> 1 & 0xffff_ffff).ok()?;
        let run = run.checked_mul(64)?.min(count.checked_sub(bits.len())?);
        bits.extend(std::iter::repeat_n(marker & 1 == 1, run));
        for _ in 0..marker >> 33 {
            let literal = word(&mut words)?;
            bits.extend((0..64).map(|at| literal >> at & 1 == 1));
        }
    }
    Some(bits)
}

fn word(rest: &mut &[u8]) -> Option<u64> {
    let bytes = take(rest, 8)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// A path with its mode.
type Entry = (String, u32);

/// The entries of an index, and the extension that makes it one half of a split one; `None` for an index that does not
/// hold together.
fn entries(index: &[u8], hash: usize) -> Option<(Vec<Entry>, Option<&[u8]>)> {
    let mut rest = index.strip_prefix(b"DIRC")?;
    let version = number(take(&mut rest, 4)?);
    let count = number(take(&mut rest, 4)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut path: Vec<u8> = Vec::new();
    let mut found: Vec<(String, u32)> = Vec::new();
    for _ in 0..count {
        let start = rest.len();
        let stat = take(&mut rest, STAT)?;
        take(&mut rest, hash)?;
        let flags = number(take(&mut rest, 2)?);
        if flags & 0x4000 != 0 {
            take(&mut rest, 2)?;
        }
        let before = path.clone();
        if version == 4 {
            let cut = variable_number(&mut rest)?;
            path.truncate(path.len().checked_sub(cut)?);
        } else {
            path.clear();
        }
        path.extend(text(&mut rest)?);
        if version < 4 {
            // The text's own zero is the first byte of the padding.
            let read = start - rest.len();
            take(&mut rest, read.next_multiple_of(8) - read)?;
        }
        // With the wrong length of hashes, names are not in order.
        if path < before {
            return None;
        }
        let name = String::from_utf8_lossy(&path).into_owned();
        found.push((name, number(&stat[MODE..MODE + 4]) & 0o170_000));
    }
    let extensions = rest.get(..rest.len().checked_sub(hash)?)?;
    let link = extension(extensions, b"link")?;
    // Only beside a shared index is there an entry without a name.
    let is_named = link.is_some() || found.iter().all(|(path, _)| !path.is_empty());
    is_named.then_some((found, link))
}

/// An extension of an index, if it is there; `None` where they do not end where the checksum begins.
#[expect(clippy::option_option, reason = "an index without it is whole")]
fn extension<'b>(mut extensions: &'b [u8], wanted: &[u8]) -> Option<Option<&'b [u8]>> {
    let mut found = None;
    while !extensions.is_empty() {
        let name = take(&mut extensions, 4)?;
        let length = number(take(&mut extensions, 4)?);
        let bytes = take(&mut extensions, usize::try_from(length).ok()?)?;
        found = found.or((name == wanted).then_some(bytes));
    }
    Some(found)
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

/// What stands before the next zero, which is taken too.
fn text<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let text = take(rest, end)?;
    take(rest, 1)?;
    Some(text)
}

/// A big-endian number.
fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

/// A number of seven bits a byte, as Git writes offsets: each further byte adds one.
fn variable_number(rest: &mut &[u8]) -> Option<usize> {
    let mut sum = 0_usize;
    loop {
        let byte = take(rest, 1)?[0];
        sum = sum.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(sum);
        }
        sum = sum.checked_add(1)?.checked_mul(128)?;
    }
}
