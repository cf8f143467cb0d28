//! One layer, read once: every entry, and the few files whose content says whose the others are.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};
use tar::EntryType;

use super::digest::Digest;
use super::elf::{Elf, Object};
use super::limit;
use super::paths::{NoPath, PathId, Paths};
use super::tape::{Member, Tape};
use super::unpacked::{Hashed, Unpacked};
use crate::secret;

/// What lies at a path of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    /// Another name of a file.
    HardLink,
    Symlink,
    Folder,
    /// A device, a pipe.
    Special,
    /// Nothing: what a lower layer has here is gone.
    Whiteout,
    /// A folder in which nothing of lower layers is left.
    Opaque,
}

/// Something in a layer.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: PathId,
    pub(crate) kind: Kind,
    /// Bytes in the layer.
    pub(crate) size: u64,
    /// Tells contents apart.
    pub(crate) checksum: u32,
    pub(crate) modified: u64,
    /// The digest of the content, where it was asked for.
    pub(crate) digest: Option<Box<Digest>>,
}

/// A file whose content is needed.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) path: PathId,
    pub(crate) content: Vec<u8>,
}

/// A secret in a file, or a file that is one by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planted {
    pub(crate) path: PathId,
    /// What it is: never the secret itself.
    pub(crate) what: String,
    /// Its line; 0 where the whole file is meant.
    pub(crate) line: usize,
}

/// The head of a compiled file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytecode {
    pub(crate) path: PathId,
    /// Which interpreter reads it.
    pub(crate) magic: u16,
    /// When its source was changed, and how large it is; `None` where it is told by a hash.
    pub(crate) source: Option<(u32, u32)>,
}

/// What a layer holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scanned {
    pub(crate) entries: Vec<Entry>,
    pub(crate) kept: Vec<Kept>,
    /// Where each hard link leads.
    pub(crate) hard_links: Vec<(PathId, PathId)>,
    pub(crate) planted: Vec<Planted>,
    pub(crate) bytecode: Vec<Bytecode>,
    /// Programs and shared libraries, and what they need.
    pub(crate) objects: Vec<Object>,
    /// Names that leave the image, devices: what no build writes.
    pub(crate) odd: Vec<String>,
}

/// A layer, and what it really is.
#[derive(Debug, Clone)]
pub(crate) struct ReadLayer {
    pub(crate) contents: Scanned,
    /// The digest of the bytes as they came, and how many.
    pub(crate) packed: (Digest, u64),
    /// The same of what they unpack to.
    pub(crate) unpacked: (Digest, u64),
}

/// How much of files that say whose others are is held, of one layer.
const KEPT: u64 = 48 << 20;

/// Larger files are not searched for secrets.
const SEARCHED: u64 = 256 << 10;

/// Names of odd things that are told.
const ODD: usize = 20;

/// Reads a layer to its end.
pub(crate) fn layer(
    reader: impl Read,
    paths: &Mutex<Paths>,
    hashes: bool,
) -> io::Result<ReadLayer> {
    let mut unpacked = Unpacked::new(reader)?;
    let mut hashed = Hashed::new(&mut unpacked);
    let mut scanner = Scanner {
        paths,
        hashes,
        kept: 0,
        buffer: vec![0; 128 << 10],
        found: Scanned::default(),
    };
    let mut tape = Tape::new(&mut hashed);
    while let Some(member) = tape.next()? {
        scanner.take(&member, &mut tape)?;
    }
    tape.finish()?;
    Ok(ReadLayer {
        contents: scanner.found,
        unpacked: hashed.finish(),
        packed: unpacked.finish()?,
    })
}

struct Scanner<'p> {
    paths: &'p Mutex<Paths>,
    hashes: bool,
    kept: u64,
    buffer: Vec<u8>,
    found: Scanned,
}

/// What was read of a file.
#[derive(Default)]
struct Content {
    checksum: u32,
    digest: Option<Digest>,
    start: Vec<u8>,
    elf: Option<Elf>,
    whole: Option<Vec<u8>>,
}

impl Scanner<'_> {
    fn take(&mut self, member: &Member, content: &mut impl Read) -> io::Result<()> {
        let Some((path, kind)) = self.place(member)? else {
            return Ok(());
        };
        let text = trimmed(&member.path);
        let keeps = kind == Kind::File && is_kept(text);
        let searches = kind == Kind::File && member.size <= SEARCHED && is_searched(text);
        if keeps {
            self.kept += member.size;
            if self.kept > KEPT {
                return Err(limit(format!(
                    "more than {KEPT} bytes of package databases in one layer"
                )));
            }
        }
        let read = self.read(text, member.size, keeps || searches, content)?;
        if text.ends_with(b".pyc") {
            self.found.bytecode.extend(bytecode(path, &read.start));
        }
        self.found
            .objects
            .extend(read.elf.and_then(|elf| elf.finish(path)));
        if let Some(whole) = read.whole {
            if searches {
                self.search(path, text, &whole);
            }
            if keeps {
                let content = whole;
                self.found.kept.push(Kept { path, content });
            }
        }
        self.found.entries.push(Entry {
            path,
            kind,
            size: member.size,
            checksum: read.checksum,
            modified: member.modified,
            digest: read.digest.map(Box::new),
        });
        Ok(())
    }

    /// Where a member lies, and what it is; `None` for what is no part of the image.
    fn place(&mut self, member: &Member) -> io::Result<Option<(PathId, Kind)>> {
        let text = trimmed(&member.path);
        let name_at = text
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |at| at + 1);
        let (folder, name) = text.split_at(name_at);
        let (path, kind) = match name.strip_prefix(b".wh.") {
            Some(b".wh..opq") => (folder.to_vec(), Kind::Opaque),
            // What AUFS keeps for itself.
            Some(own) if own.starts_with(b".wh.") => return Ok(None),
            Some(gone) => ([folder, gone].concat(), Kind::Whiteout),
            None => (text.to_vec(), kind(member.kind)),
        };
        // Systems that were made from a running one have those of /dev.
        if kind == Kind::Special && !text.starts_with(b"dev/") {
            self.odd(|| format!("a device or pipe: {}", shown(text)));
        }
        let Some(id) = self.path(&path)? else {
            return Ok(None);
        };
        if kind == Kind::HardLink {
            if let Some(target) = self.path(&member.link)? {
                self.found.hard_links.push((id, target));
            }
        }
        Ok(Some((id, kind)))
    }

    /// The number of a path; `None` where it leaves the image.
    fn path(&mut self, path: &[u8]) -> io::Result<Option<PathId>> {
        let added = self
            .paths
            .lock()
            .expect("no thread panics with it")
            .add(path);
        match added {
            Ok(id) => Ok(Some(id)),
            Err(NoPath::Outside) => {
                self.odd(|| format!("a name that leaves the image: {}", shown(path)));
                Ok(None)
            }
            Err(NoPath::TooMany) => Err(limit("more paths than any image has".to_owned())),
        }
    }

    fn odd(&mut self, what: impl FnOnce() -> String) {
        if self.found.odd.len() < ODD {
            self.found.odd.push(what());
        }
    }

    fn read(
        &mut self,
        path: &[u8],
        size: u64,
        keeps: bool,
        content: &mut impl Read,
    ) -> io::Result<Content> {
        let mut read = Content::default();
        let mut checksum = crc32fast::Hasher::new();
        let mut hash = (self.hashes && is_packaged(path)).then(Sha256::new);
        let mut whole = keeps.then(Vec::new);
        loop {
            let length = content.read(&mut self.buffer)?;
            if length == 0 {
                break;
            }
            let bytes = &self.buffer[..length];
            checksum.update(bytes);
            if let Some(hash) = &mut hash {
                hash.update(bytes);
            }
            if let Some(whole) = &mut whole {
                whole.extend_from_slice(bytes);
            }
            if read.start.len() < 16 {
                let is_first = read.start.is_empty();
                read.start.extend(bytes.iter().take(16 - read.start.len()));
                if is_first {
                    read.elf = Elf::new(bytes, size);
                }
            }
            if let Some(elf) = &mut read.elf {
                elf.take(bytes);
            }
        }
        read.checksum = checksum.finalize();
        read.digest = hash.map(Digest::of);
        read.whole = whole;
        Ok(read)
    }

    fn search(&mut self, path: PathId, name: &[u8], content: &[u8]) {
        let Ok(text) = str::from_utf8(content) else {
            return;
        };
        let name = String::from_utf8_lossy(name);
        let found = secret::told_in_file(Path::new(name.as_ref()), text);
        let planted = found
            .into_iter()
            .map(|(what, line)| Planted { path, what, line });
        self.found.planted.extend(planted);
    }
}

fn kind(kind: EntryType) -> Kind {
    match kind {
        EntryType::Link => Kind::HardLink,
        EntryType::Symlink => Kind::Symlink,
        EntryType::Directory => Kind::Folder,
        EntryType::Char | EntryType::Block | EntryType::Fifo => Kind::Special,
        _ => Kind::File,
    }
}

fn trimmed(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    path.trim_ascii_end().strip_suffix(b"/").unwrap_or(path)
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).escape_debug().to_string()
}

/// Whether a file says whose others are, or which environment they are in.
fn is_kept(path: &[u8]) -> bool {
    let (folder, name) = path
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or((&b""[..], path), |at| (&path[..at], &path[at + 1..]));
    match name {
        b"RECORD" | b"METADATA" => folder.ends_with(b".dist-info"),
        b"pyvenv.cfg" => true,
        b"status" => folder == b"var/lib/dpkg",
        b"installed" => folder.ends_with(b"lib/apk/db"),
        b"passwd" => folder == b"etc",
        b"ld.so.conf" => folder == b"etc",
        b"os-release" => folder == b"etc" || folder == b"usr/lib",
        _ => {
            folder == b"var/lib/dpkg/status.d"
                || folder == b"etc/ld.so.conf.d" && name.ends_with(b".conf")
                || folder == b"var/lib/dpkg/info" && name.ends_with(b".list")
        }
    }
}

/// Whether a file is one that a RECORD may list.
fn is_packaged(path: &[u8]) -> bool {
    has(path, b"site-packages") || has(path, b"bin")
}

fn has(path: &[u8], folder: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == folder)
}

/// Whether somebody's secret may be in a file: what a system or a package brings is everybody's.
fn is_searched(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    let of_system = match first {
        b"usr" => second != b"src" && second != b"app",
        b"var" => second == b"lib" || second == b"cache",
        b"bin" | b"lib" | b"lib64" | b"sbin" | b"boot" | b"dev" | b"proc" | b"sys" => true,
        _ => false,
    };
    let folders: [&[u8]; 5] = [
        b"site-packages",
        b"dist-packages",
        b"node_modules",
        b".git",
        b".cache",
    ];
    !of_system && !folders.iter().any(|folder| has(path, folder))
}

/// The head of a compiled file: PEP 552.
fn bytecode(path: PathId, start: &[u8]) -> Option<Bytecode> {
    let number = |at: usize| {
        let bytes = start.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let magic = u16::from_le_bytes(start.get(..2)?.try_into().ok()?);
    let is_hashed = number(4)? != 0;
    Some(Bytecode {
        path,
        magic,
        source: (!is_hashed).then_some((number(8)?, number(12)?)),
    })
}
