//! Archives: of a file the layers are read where they lie, several at once; of a stream everything is read as it comes,
//! because what says which of it is meant comes last.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;

use super::layout::{self, Located, OnDisk, SMALL};
use super::manifest::{self, Store, Wanted};
use super::paths::Paths;
use super::scan::{self, ReadLayer};
use super::tape::Tape;
use super::unpacked::{Packing, Unpacked};
use super::{Image, Limit, Reading, limit, unreadable};
use crate::diagnostic::{Diagnostic, Result};
use crate::rules;

/// How many files an archive may have.
const MEMBERS: usize = 100_000;

/// How many links are followed from a name.
const LINKS: usize = 8;

/// Reads the image of an archive on the disk.
pub(super) fn read_file(path: &Path, reading: &Reading<'_>) -> Result<Image> {
    let name = path.display().to_string();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            let message = format!("there is no file `{name}`");
            Diagnostic::new(rules::NO_IMAGE, message)
                .with_help("`docker:NAME` is an image of Docker's, `podman:NAME` one of Podman's")
                .into()
        }
        _ => unreadable(&name, &error),
    };
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return read_stream(file, &name, reading);
    }
    let mut start = Vec::new();
    file.by_ref()
        .take(8)
        .read_to_end(&mut start)
        .map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    if Packing::of(&start) != Packing::None {
        return read_stream(file, &name, reading);
    }
    let index = index(file, metadata.len()).map_err(|error| unreadable(&name, &error))?;
    let locate = |name: &str| {
        let lies = followed(&index, name, |lies| match lies {
            Lies::Behind(next) => Some(next),
            Lies::At { .. } => None,
        });
        match lies?.1 {
            Lies::At { at, size } => Some(Located {
                file: path.to_owned(),
                at: *at,
                size: *size,
            }),
            Lies::Behind(_) => None,
        }
    };
    manifest::image(&mut OnDisk { name, locate }, reading)
}

/// Where each file of an archive lies, or what it links to.
fn index(file: File, length: u64) -> io::Result<BTreeMap<String, Lies>> {
    let mut tape = Tape::new(BufReader::with_capacity(4096, file));
    let mut index = BTreeMap::new();
    while let Some(member) = tape.next()? {
        if index.len() > MEMBERS {
            return Err(limit(format!(
                "more than {MEMBERS} files: no archive of an image"
            )));
        }
        let name = String::from_utf8_lossy(&member.path).into_owned();
        let name = clean(&name);
        let lies = if member.link.is_empty() {
            let (at, size) = (tape.at(), member.size);
            Lies::At { at, size }
        } else {
            let link = String::from_utf8_lossy(&member.link).into_owned();
            Lies::Behind(linked(&name, &link, member.kind.is_hard_link()))
        };
        index.insert(name, lies);
        tape.seek_past(length)?;
    }
    Ok(index)
}

enum Lies {
    At { at: u64, size: u64 },
    Behind(String),
}

fn clean(name: &str) -> String {
    let parts = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// What a link in an archive leads to: a name of the archive.
fn linked(name: &str, link: &str, from_root: bool) -> String {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = if from_root {
        Vec::new()
    } else {
        folder.split('/').collect()
    };
    for part in link
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    clean(&parts.join("/"))
}

/// The name that a name leads to, through a few links.
fn followed<'m, V>(
    map: &'m BTreeMap<String, V>,
    name: &str,
    link: impl Fn(&V) -> Option<&String>,
) -> Option<(&'m String, &'m V)> {
    let mut found = map.get_key_value(&clean(name))?;
    for _ in 0..LINKS {
        match link(found.1) {
            Some(next) => found = map.get_key_value(next)?,
            None => return Some(found),
        }
    }
    None
}

/// Reads the image of an archive that comes in.
pub(super) fn read_stream(input: impl Read, name: &str, reading: &Reading<'_>) -> Result<Image> {
    let paths = Mutex::new(Paths::default());
    let read = Streamed::read(input, name, &paths, reading);
    let mut store = read.map_err(|error| unreadable(name, &error))?;
    let image = manifest::image(&mut store, reading)?;
    Ok(Image {
        paths: paths.into_inner().expect("no thread panics with it"),
        ..image
    })
}

/// All that a stream held.
struct Streamed {
    name: String,
    files: BTreeMap<String, Came>,
}

enum Came {
    Small(Vec<u8>),
    Layer(Box<ReadLayer>),
    /// Something that is no layer, and why.
    Other(io::Error),
    Behind(String),
}

impl Streamed {
    fn read(
        input: impl Read,
        name: &str,
        paths: &Mutex<Paths>,
        reading: &Reading<'_>,
    ) -> io::Result<Self> {
        let told = layout::Told {
            reader: input,
            tell: reading.progress,
            of: None,
        };
        let mut tape = Tape::new(Unpacked::new(told)?);
        let mut files = BTreeMap::new();
        while let Some(member) = tape.next()? {
            if files.len() > MEMBERS {
                return Err(limit(format!(
                    "more than {MEMBERS} files: no archive of an image"
                )));
            }
            let name = clean(&String::from_utf8_lossy(&member.path));
            let came = if member.link.is_empty() {
                if member.size == 0 {
                    continue;
                }
                came(&mut tape, member.size, paths, reading)?
            } else {
                let link = String::from_utf8_lossy(&member.link).into_owned();
                Came::Behind(linked(&name, &link, member.kind.is_hard_link()))
            };
            files.insert(name, came);
        }
        tape.finish()?;
        let name = name.to_owned();
        Ok(Self { name, files })
    }

    fn file(&self, path: &str) -> Option<(&String, &Came)> {
        followed(&self.files, path, |came| match came {
            Came::Behind(next) => Some(next),
            _ => None,
        })
    }

    /// A layer; it stays only where it is wanted once more.
    fn take(&mut self, path: &str, again: bool) -> Option<Came> {
        let name = self.file(path)?.0.clone();
        match &self.files[&name] {
            Came::Layer(read) if again => Some(Came::Layer(read.clone())),
            _ => self.files.remove(&name),
        }
    }
}

/// A file of a stream: small JSON is held, anything else is taken for a layer.
fn came<R: Read>(
    tape: &mut Tape<R>,
    size: u64,
    paths: &Mutex<Paths>,
    reading: &Reading<'_>,
) -> io::Result<Came> {
    let mut start = [0; 1];
    tape.read_exact(&mut start)?;
    if matches!(start[0], b'{' | b'[') && size <= SMALL {
        let mut content = start.to_vec();
        tape.read_to_end(&mut content)?;
        return Ok(Came::Small(content));
    }
    match scan::layer(start.chain(&mut *tape), paths, reading.hashes) {
        Ok(read) => Ok(Came::Layer(Box::new(read))),
        Err(error) if error.get_ref().is_some_and(|error| error.is::<Limit>()) => Err(error),
        Err(error) => Ok(Came::Other(error)),
    }
}

impl Store for Streamed {
    fn name(&self) -> &str {
        &self.name
    }

    fn small(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(match self.file(path) {
            Some((_, Came::Small(content))) => Some(content.clone()),
            _ => None,
        })
    }

    fn layers(
        &mut self,
        wanted: &[Wanted],
        _: &Mutex<Paths>,
        _: &Reading<'_>,
    ) -> Result<Vec<Option<ReadLayer>>> {
        let mut layers = Vec::new();
        for (index, layer) in wanted.iter().enumerate() {
            let again = wanted[index + 1..]
                .iter()
                .any(|other| other.path == layer.path);
            layers.push(match self.take(&layer.path, again) {
                Some(Came::Layer(read)) => Some(*read),
                Some(Came::Other(error)) if layer.sealed.is_none() => {
                    let what = format!("layer {} of {}", index + 1, self.name);
                    return Err(unreadable(&what, &error));
                }
                _ => None,
            });
        }
        Ok(layers)
    }
}
