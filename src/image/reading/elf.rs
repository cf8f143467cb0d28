//! What a program or shared library says of the libraries that it needs, read as it comes.
//!
//! Where in the file that stands is known from its first bytes (the program headers), so no more is held than those parts: of
//! a library of gigabytes, some megabytes.
//!
//! <https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html>

use super::paths::PathId;

/// A program or shared library that something loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) path: PathId,
    /// The libraries that it cannot be loaded without.
    pub(crate) needs: Vec<String>,
    /// What it calls itself.
    pub(crate) name: Option<String>,
    /// The folders that it says are to be looked in: RPATH, RUNPATH.
    pub(crate) folders: Vec<String>,
}

/// How much of the start is needed to know where the rest stands.
const HEAD: usize = 4096;

/// Files up to here are held whole.
const WHOLE: u64 = 4 << 20;

/// The most that is held of one part of a larger one.
const PART: u64 = 24 << 20;

const LOADED: u32 = 1;
const DYNAMIC: u32 = 2;

/// x86-64 and arm64: code for GPUs comes in such files, too.
const MACHINES: [u16; 2] = [0x3e, 0xb7];

/// A file that may be one, as far as it has been read.
pub(super) struct Elf {
    size: u64,
    at: u64,
    head: Vec<u8>,
    parts: Vec<Part>,
}

/// Bytes of the file that are held.
struct Part {
    start: u64,
    end: u64,
    held: Vec<u8>,
}

/// A program header.
#[derive(Clone, Copy)]
struct Segment {
    kind: u32,
    start: u64,
    address: u64,
    length: u64,
}

impl Elf {
    /// By the first bytes; `None` for any other file.
    pub(super) fn new(start: &[u8], size: u64) -> Option<Self> {
        start.starts_with(b"\x7fELF\x02\x01").then(|| Self {
            size,
            at: 0,
            head: Vec::new(),
            parts: Vec::new(),
        })
    }

    /// The next bytes of the file.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        if self.parts.is_empty() {
            let more = bytes.len().min(HEAD - self.head.len());
            let (head, rest) = bytes.split_at(more);
            self.head.extend_from_slice(head);
            bytes = rest;
            if self.head.len() < HEAD && (self.head.len() as u64) < self.size {
                return;
            }
            self.parts = self.wanted();
            let head = std::mem::take(&mut self.head);
            self.hold(&head);
            self.head = head;
        }
        self.hold(bytes);
    }

    fn hold(&mut self, bytes: &[u8]) {
        let from = self.at;
        self.at += bytes.len() as u64;
        for part in &mut self.parts {
            let start = part.start.max(from);
            let end = part.end.min(self.at);
            if start < end {
                let [start, end] = [start, end].map(|at| usize::try_from(at - from).unwrap_or(0));
                part.held.extend_from_slice(&bytes[start..end]);
            }
        }
    }

    /// The parts that names and the table of needs may stand in.
    fn wanted(&self) -> Vec<Part> {
        let part = |start: u64, length: u64| Part {
            start,
            end: start.saturating_add(length.min(PART)).min(self.size),
            held: Vec::new(),
        };
        if self.size <= WHOLE {
            return vec![part(0, self.size)];
        }
        let segments = segments(&self.head);
        let wanted = segments.iter().filter(|one| {
            // Names stand in the first segment, or in a small one that was added later.
            one.kind == DYNAMIC || one.kind == LOADED && (one.start == 0 || one.length <= PART)
        });
        let mut parts: Vec<Part> = wanted.map(|one| part(one.start, one.length)).collect();
        parts.push(part(0, HEAD as u64));
        parts
    }

    /// What it says. `None` where it is for no processor, or needs nobody and has no name.
    pub(super) fn finish(self, path: PathId) -> Option<Object> {
        let kind = number::<2>(&self.head, 16)?;
        let machine = number::<2>(&self.head, 18)?;
        let is_loaded = matches!(kind, 2 | 3);
        let is_ours = MACHINES.iter().any(|one| u64::from(*one) == machine);
        if !is_loaded || !is_ours {
            return None;
        }
        let segments = segments(&self.head);
        let dynamic = segments.iter().find(|one| one.kind == DYNAMIC)?;
        let table = self.bytes(dynamic.start, dynamic.length)?;
        let entries: Vec<(u64, u64)> = table
            .chunks_exact(16)
            .filter_map(|entry| Some((number::<8>(entry, 0)?, number::<8>(entry, 8)?)))
            .take_while(|(tag, _)| *tag != 0)
            .collect();
        let address = entries.iter().find(|(tag, _)| *tag == 5)?.1;
        let within = |one: &&Segment| {
            one.kind == LOADED
                && (one.address..one.address.saturating_add(one.length)).contains(&address)
        };
        let loaded = segments.iter().find(within)?;
        let strings = address - loaded.address + loaded.start;
        let texts = |tags: &[u64]| -> Vec<String> {
            let of = entries.iter().filter(|(tag, _)| tags.contains(tag));
            of.filter_map(|(_, at)| self.text(strings.checked_add(*at)?))
                .collect()
        };
        let folders = texts(&[15, 29]);
        let folders = folders.iter().flat_map(|text| text.split(':'));
        Some(Object {
            path,
            needs: texts(&[1]),
            name: texts(&[14]).pop(),
            folders: folders
                .filter(|folder| !folder.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    fn bytes(&self, start: u64, length: u64) -> Option<&[u8]> {
        self.parts.iter().find_map(|part| {
            let from = usize::try_from(start.checked_sub(part.start)?).ok()?;
            let to = from.checked_add(usize::try_from(length).ok()?)?;
            part.held.get(from..to)
        })
    }

    fn text(&self, at: u64) -> Option<String> {
        self.parts.iter().find_map(|part| {
            let from = usize::try_from(at.checked_sub(part.start)?).ok()?;
            let rest = part.held.get(from..)?;
            let end = memchr::memchr(0, rest)?;
            String::from_utf8(rest[..end].to_vec()).ok()
        })
    }
}

fn segments(head: &[u8]) -> Vec<Segment> {
    let table = || {
        let start = usize::try_from(number::<8>(head, 32)?).ok()?;
        let width = usize::try_from(number::<2>(head, 54)?).ok()?;
        let count = usize::try_from(number::<2>(head, 56)?).ok()?;
        let rows = (0..count).map_while(|row| head.get(start.checked_add(row * width)?..));
        let segment = |row: &[u8]| {
            Some(Segment {
                kind: u32::try_from(number::<4>(row, 0)?).ok()?,
                start: number::<8>(row, 8)?,
                address: number::<8>(row, 16)?,
                length: number::<8>(row, 32)?,
            })
        };
        Some(rows.map_while(segment).collect())
    };
    table().unwrap_or_default()
}

/// A number of so many bytes, the smallest first.
fn number<const BYTES: usize>(from: &[u8], at: usize) -> Option<u64> {
    let mut whole = [0; 8];
    whole[..BYTES].copy_from_slice(from.get(at..at.checked_add(BYTES)?)?);
    Some(u64::from_le_bytes(whole))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A shared library that needs these, as a linker writes it; `padding` bytes behind its names.
    pub(crate) fn library(needs: &[&str], name: &str, folders: &str, padding: usize) -> Vec<u8> {
        let mut strings = vec![0];
        let mut entries = Vec::new();
        let named = needs.iter().map(|need| (1_u64, *need));
        for (tag, text) in named.chain([(14, name), (29, folders)]) {
            if !text.is_empty() {
                entries.push((tag, strings.len() as u64));
                strings.extend(text.as_bytes());
                strings.push(0);
            }
        }
        let (names_at, base) = (64 + 2 * 56, 0x10_000_u64);
        entries.extend([(5, base + names_at), (0, 0)]);
        let dynamic_at = names_at + strings.len() as u64 + padding as u64;
        let table: Vec<u8> = entries
            .iter()
            .flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat())
            .collect();
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        bytes.extend([3, 0, 0x3e, 0]);
        bytes.resize(32, 0);
        bytes.extend(64_u64.to_le_bytes());
        bytes.resize(54, 0);
        bytes.extend([56, 0, 2, 0]);
        bytes.resize(64, 0);
        let whole = dynamic_at + table.len() as u64;
        for (kind, start, length) in [
            (LOADED, 0, whole),
            (DYNAMIC, dynamic_at, table.len() as u64),
        ] {
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0; 4]);
            for number in [start, base + start, base + start, length, length, 4096] {
                bytes.extend(number.to_le_bytes());
            }
        }
        bytes.extend(&strings);
        bytes.resize(usize::try_from(dynamic_at).unwrap(), b'x');
        bytes.extend(table);
        bytes
    }

    fn read(bytes: &[u8], step: usize) -> Option<Object> {
        let mut elf = Elf::new(bytes, bytes.len() as u64)?;
        bytes.chunks(step).for_each(|chunk| elf.take(chunk));
        elf.finish(PathId::ROOT)
    }

    #[test]
    fn what_a_library_needs_is_read_however_it_comes_and_however_large_it_is() {
        for padding in [0, 10_000, 30 << 20] {
            let bytes = library(
                &["libc.so.6", "libGL.so.1"],
                "libown.so.2",
                "$ORIGIN/../own.libs:/opt/x",
                padding,
            );
            for step in [7, 4096, 1 << 20] {
                if padding > 20_000 && step == 7 {
                    continue;
                }
                let object = read(&bytes, step).unwrap();
                assert_eq!(
                    object.needs,
                    ["libc.so.6", "libGL.so.1"],
                    "{padding} {step}"
                );
                assert_eq!(object.name.as_deref(), Some("libown.so.2"));
                assert_eq!(object.folders, ["$ORIGIN/../own.libs", "/opt/x"]);
            }
        }
    }

    #[test]
    fn what_is_none_or_damaged_says_nothing() {
        assert!(Elf::new(b"#!/bin/sh", 9).is_none());
        let whole = library(&["libc.so.6"], "", "", 0);
        for end in 6..whole.len() {
            let mut elf = Elf::new(&whole, whole.len() as u64).unwrap();
            elf.take(&whole[..end]);
            let _ = elf.finish(PathId::ROOT);
        }
        let mut other = whole;
        other[18] = 0xbe; // CUDA
        assert_eq!(read(&other, 4096), None);
    }
}
