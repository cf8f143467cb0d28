//! Wheels that uv has unpacked in its cache.
//!
//! uv keeps a link to the folder of a wheel beside what the server answered, which names the wheel's URL: the same URL in
//! the lock is the same wheel. What each file was compressed in the wheel is no longer there: samples of it are
//! compressed again, and held against the size of the wheel.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::Trouble;
use super::installed::{Contents, Packed};

/// No wheel has more files.
const MOST_FILES: usize = 500_000;

/// Folders in folders, so many.
const DEEPEST: usize = 64;

/// Of a file, so many bytes are compressed from its beginning and from its middle.
const SAMPLE: u64 = 128 << 10;

/// What an archive has for each file besides: its headers, at the file and in the list.
const HEADERS: u64 = 30 + 46;

/// A wheel's folder.
pub(super) struct Unpacked {
    folder: PathBuf,
    files: Vec<Packed>,
}

/// The folder of a wheel in uv's cache, where uv has it. Links are called by version and tags, or by a hash of them where
/// these are long: what tells is the answer beside each.
pub(super) fn find(cache: &Path, filename: &str, url: &str) -> Option<PathBuf> {
    let (name, _) = filename.strip_suffix(".whl")?.split_once('-')?;
    let url = url.split('#').next().unwrap_or(url);
    let names = [name.replace('_', "-").to_lowercase(), name.to_owned()];
    for bucket in folders(cache).filter(|path| is_called(path, |name| name.starts_with("wheels-v")))
    {
        let kinds = folders(&bucket).flat_map(|kind| {
            let below: Vec<PathBuf> = folders(&kind).collect();
            std::iter::once(kind).chain(below)
        });
        for place in kinds.flat_map(|kind| names.each_ref().map(|name| kind.join(name))) {
            let is_it = |answer: &PathBuf| {
                let said = fs::read(answer).unwrap_or_default();
                memchr::memmem::find(&said, url.as_bytes()).is_some()
            };
            let link = answers(&place)
                .find(is_it)
                .map(|answer| answer.with_extension(""));
            if let Some(link) = link.filter(|link| link.is_dir()) {
                return Some(link);
            }
        }
    }
    None
}

/// What servers answered for wheels of a package.
fn answers(place: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "http")
    })
}

fn folders(above: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(above).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.is_dir());
    paths.sort();
    paths.into_iter()
}

fn is_called(path: &Path, is: impl Fn(&str) -> bool) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(is)
}

impl Unpacked {
    /// Reads the folder of a wheel that has so many bytes, where that is known.
    pub(super) fn read(folder: &Path, wheel: Option<u64>) -> Result<Self, Trouble> {
        let mut files = Vec::new();
        walk(folder, "", DEEPEST, &mut files).map_err(|error| Trouble::Disk(error.to_string()))?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let names = files
            .iter()
            .map(|one| HEADERS + 2 * one.path.len() as u64)
            .sum();
        let packed: u64 = files.iter().map(|one| one.compressed).sum();
        if let Some(there) = wheel.and_then(|wheel| wheel.checked_sub(names)) {
            for file in &mut files {
                let scaled =
                    u128::from(file.compressed) * u128::from(there) / u128::from(packed.max(1));
                file.compressed = u64::try_from(scaled).unwrap_or(u64::MAX);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            files,
        })
    }
}

fn walk(folder: &Path, below: &str, deeper: usize, files: &mut Vec<Packed>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let Some(name) = name
            .to_str()
            .filter(|name| !name.contains(char::is_control))
        else {
            return Err(std::io::Error::other(
                "a file in it has a name that is no text",
            ));
        };
        let path = format!("{below}{name}");
        if kind.is_dir() && deeper > 0 {
            walk(&entry.path(), &format!("{path}/"), deeper - 1, files)?;
        } else if kind.is_file() && files.len() < MOST_FILES {
            let size = entry.metadata()?.len();
            let compressed = compressed(&entry.path(), size)?;
            files.push(Packed {
                path,
                size,
                compressed,
            });
        }
    }
    Ok(())
}

/// What a file comes to, as far as samples tell.
fn compressed(path: &Path, size: u64) -> std::io::Result<u64> {
    let mut file = fs::File::open(path)?;
    let mut packer = DeflateEncoder::new(Counter(0), Compression::default());
    let mut taken = std::io::copy(&mut Read::by_ref(&mut file).take(SAMPLE), &mut packer)?;
    if size > SAMPLE * 2 {
        file.seek(SeekFrom::Start(size / 2))?;
        taken += std::io::copy(&mut file.take(SAMPLE), &mut packer)?;
    } else {
        taken += std::io::copy(&mut file, &mut packer)?;
    }
    let packed = packer.finish()?.0;
    let whole = u128::from(packed) * u128::from(size) / u128::from(taken.max(1));
    Ok(u64::try_from(whole).unwrap_or(u64::MAX))
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Contents for Unpacked {
    fn files(&self) -> &[Packed] {
        &self.files
    }

    fn part(&self, index: usize, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Trouble> {
        let read = || {
            let mut file = fs::File::open(self.folder.join(&self.files[index].path))?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes: std::io::Result<Vec<u8>> = read();
        bytes
            .map(Some)
            .map_err(|error| Trouble::Disk(error.to_string()))
    }
}
