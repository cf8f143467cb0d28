//! The list of files at the end of a wheel, and parts of these files.
//!
//! What the list says is checked against what a zip archive can be: a list that lies is a trouble, never a size.

use std::io::Read;
use std::ops::Range;

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipLocator,
};

use super::Trouble;
use super::elf;
use super::installed::{Contents, Packed};

/// A wheel, wherever it lies.
pub(super) trait Source: ReaderAt {
    /// Its bytes.
    fn length(&self) -> u64;

    /// Whether reading all of an entry of so many compressed bytes is worth it.
    fn may_read(&self, compressed: u64) -> bool;

    /// Fetches a part that is read next. Errors: as those of reading.
    fn fetch(&self, part: Range<u64>) -> Result<(), Trouble>;

    /// What went wrong when something was read.
    fn trouble(&self) -> Option<Trouble>;
}

/// The longest list of files that is read; that of torch has 2 MB.
const LONGEST_LIST: u64 = 64 << 20;

/// What is asked for at once where a file is read from its beginning.
pub(super) const BLOCK: usize = 8 << 10;

/// The header of a file is 30 bytes, its name, and what else a packer has put there.
const HEADER: u64 = 128;

/// Files that lie so near to each other are asked for together,
const GAP: u64 = 64 << 10;

/// up to so many bytes.
const TOGETHER: u64 = 4 << 20;

/// Deflate makes no more than so many bytes of one.
const HIGHEST_RATIO: u64 = 1032;

/// A wheel of which the list of files was read.
pub(super) struct Directory<S> {
    archive: ZipArchive<S>,
    files: Vec<Packed>,
    /// How to get at each.
    ways: Vec<Way>,
}

/// How to get at a file.
#[derive(Clone, Copy)]
struct Way {
    method: CompressionMethod,
    finder: ZipArchiveEntryWayfinder,
    /// Where it starts, with its header.
    start: u64,
}

impl<S: Source> Directory<S> {
    /// Reads the list.
    pub(super) fn read(source: S) -> Result<Self, Trouble> {
        let length = source.length();
        // No more is read at once than a server was asked for already.
        let mut buffer = vec![0; usize::try_from(length.clamp(22, 1 << 13)).unwrap_or(1 << 13)];
        let located = ZipLocator::new().locate_in_reader(source, &mut buffer, length);
        let archive = located.map_err(|(source, error)| trouble(&source, &error))?;
        let list = archive.directory_offset()..length;
        if list.end.saturating_sub(list.start) > LONGEST_LIST {
            return Err(lie("its list of files is longer than 64 MiB"));
        }
        archive.get_ref().fetch(list)?;
        let (files, ways) = entries(&archive)?;
        check(&files, length)?;
        Ok(Self {
            archive,
            files,
            ways,
        })
    }

    /// Some bytes of a file, unpacked.
    fn bytes(&self, index: usize, skip: u64, length: usize) -> Result<Vec<u8>, Trouble> {
        let source = self.archive.get_ref();
        let Way { method, finder, .. } = self.ways[index];
        let found = self
            .archive
            .get_entry(finder)
            .map_err(|error| trouble(source, &error))?;
        let (start, end) = found.compressed_data_range();
        if end > source.length() {
            return Err(lie("a file in it ends behind its end"));
        }
        let mut bytes = Vec::new();
        let read = match method {
            CompressionMethod::STORE => {
                // It can be read anywhere.
                let at = start.saturating_add(skip).min(end);
                let most = usize::try_from(end - at).unwrap_or(length).min(length);
                bytes.resize(most, 0);
                source.read_exact_at(&mut bytes, at)
            }
            CompressionMethod::DEFLATE => {
                let raw = std::io::BufReader::with_capacity(BLOCK, found.reader());
                let mut inflated = DeflateDecoder::new(raw);
                std::io::copy(&mut inflated.by_ref().take(skip), &mut std::io::sink())
                    .and_then(|_| inflated.take(length as u64).read_to_end(&mut bytes))
                    .map(|_| ())
            }
            _ => Ok(()),
        };
        read.map_err(|error| {
            let what = || {
                lie(format!(
                    "`{}` in it cannot be read: {error}",
                    self.files[index].path
                ))
            };
            source.trouble().unwrap_or_else(what)
        })?;
        Ok(bytes)
    }
}

impl<S: Source> Contents for Directory<S> {
    fn files(&self) -> &[Packed] {
        &self.files
    }

    fn part(&self, index: usize, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Trouble> {
        let source = self.archive.get_ref();
        let may_read = source.may_read(self.files[index].compressed);
        if self.ways[index].method == CompressionMethod::DEFLATE {
            if offset > 0 && !may_read {
                return Ok(None);
            }
            // A compressed file is read from its beginning: all of it at once.
            if may_read && length >= elf::HEAD {
                source.fetch(self.around(index))?;
            }
        }
        self.bytes(index, offset, length).map(Some)
    }
}

impl<S: Source> Directory<S> {
    /// A file, with its header and its neighbours of the same kind: what is asked for next is there already.
    fn around(&self, index: usize) -> Range<u64> {
        let end = |one: usize| {
            let (way, file) = (&self.ways[one], &self.files[one]);
            let header = 2 * HEADER + file.path.len() as u64;
            way.start
                .saturating_add(header)
                .saturating_add(file.compressed)
        };
        let mut part = self.ways[index].start..end(index);
        let mut later: Vec<usize> = (0..self.files.len())
            .filter(|one| self.files[*one].path.contains(".so"))
            .filter(|one| self.ways[*one].start >= part.end.min(self.ways[index].start + 1))
            .collect();
        later.sort_by_key(|one| self.ways[*one].start);
        for one in later {
            let fits = self.archive.get_ref().may_read(self.files[one].compressed);
            let gap = self.ways[one].start.saturating_sub(part.end);
            if !fits || gap > GAP || end(one).saturating_sub(part.start) > TOGETHER {
                break;
            }
            part.end = part.end.max(end(one));
        }
        part.start..part.end.min(self.archive.directory_offset())
    }
}

fn trouble<S: Source>(source: &S, error: &rawzip::Error) -> Trouble {
    source.trouble().unwrap_or_else(|| lie(error.to_string()))
}

fn lie(what: impl Into<String>) -> Trouble {
    Trouble::NoWheel(what.into())
}

fn entries<S: Source>(archive: &ZipArchive<S>) -> Result<(Vec<Packed>, Vec<Way>), Trouble> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut rows = archive.entries(&mut buffer);
    let (mut files, mut ways) = (Vec::new(), Vec::new());
    let mut count = 0_u64;
    while let Some(row) = rows
        .next_entry()
        .map_err(|error| trouble(archive.get_ref(), &error))?
    {
        count += 1;
        if row.is_dir() {
            continue;
        }
        let path = row.file_path();
        let path = std::str::from_utf8(path.as_ref()).ok();
        let path = path.filter(|path| !path.is_empty() && !path.contains(char::is_control));
        let path = path.ok_or_else(|| lie("a file in it has a name that is no text"))?;
        files.push(Packed {
            path: path.to_owned(),
            size: row.uncompressed_size_hint(),
            compressed: row.compressed_size_hint(),
        });
        ways.push(Way {
            method: row.compression_method(),
            finder: row.wayfinder(),
            start: row.local_header_offset(),
        });
    }
    if count == archive.entries_hint() {
        Ok((files, ways))
    } else {
        let hint = archive.entries_hint();
        Err(lie(format!(
            "it says that it has {hint} files, and lists {count}"
        )))
    }
}

/// What compressed files can be is at most what the archive has, and no more comes out than can.
fn check(entries: &[Packed], length: u64) -> Result<(), Trouble> {
    let all = entries
        .iter()
        .fold(0_u64, |all, one| all.saturating_add(one.compressed));
    if all > length {
        return Err(lie(
            "its list of files says that there is more in it than it is large",
        ));
    }
    let bomb = entries.iter().find(|one| {
        one.size
            > one
                .compressed
                .saturating_mul(HIGHEST_RATIO)
                .saturating_add(HIGHEST_RATIO)
    });
    bomb.map_or(Ok(()), |one| {
        Err(lie(format!(
            "its list of files says that {} bytes become {}",
            one.compressed, one.size
        )))
    })
}
