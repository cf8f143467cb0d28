//! Layouts of OCI: a folder with `index.json` and `blobs`; and how layers that lie on the disk are read, several at once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::manifest::{self, Store, Wanted};
use super::paths::Paths;
use super::scan::{self, ReadLayer};
use super::{Image, Reading, unreadable};
use crate::diagnostic::{Diagnostic, Result};
use crate::rules;

/// Larger files say nothing about an image.
pub(super) const SMALL: u64 = 8 << 20;

/// How many layers are read at once: each may need a window of 128 MiB.
const AT_ONCE: usize = 4;

/// Reads the image of a folder.
pub(super) fn read(folder: &Path, reading: &Reading<'_>) -> Result<Image> {
    let name = folder.display().to_string();
    if !folder.join("index.json").is_file() {
        let message = format!("the folder `{name}` is no OCI layout: it has no index.json");
        return Err(Diagnostic::new(rules::NO_IMAGE, message)
            .with_help("`docker:NAME` is an image of Docker's, `podman:NAME` one of Podman's")
            .into());
    }
    // The paths that are asked for are made from digests.
    let locate = |path: &str| {
        let file = folder.join(path);
        let metadata = std::fs::metadata(&file).ok()?;
        let size = metadata.len();
        metadata.is_file().then_some(Located { file, at: 0, size })
    };
    manifest::image(&mut OnDisk { name, locate }, reading)
}

/// An image whose files lie on the disk, each where its name leads to.
pub(super) struct OnDisk<L> {
    /// What it is called in messages.
    pub(super) name: String,
    /// Where a file lies; `None` where there is none.
    pub(super) locate: L,
}

impl<L: Fn(&str) -> Option<Located>> Store for OnDisk<L> {
    fn name(&self) -> &str {
        &self.name
    }

    fn small(&self, path: &str) -> Result<Option<Vec<u8>>> {
        (self.locate)(path)
            .map(|located| located.small(path))
            .transpose()
    }

    fn layers(
        &mut self,
        wanted: &[Wanted],
        paths: &Mutex<Paths>,
        reading: &Reading<'_>,
    ) -> Result<Vec<Option<ReadLayer>>> {
        let located = wanted
            .iter()
            .map(|layer| (self.locate)(&layer.path))
            .collect();
        layers(&self.name, wanted, located, paths, reading)
    }
}

/// Bytes within a file on the disk.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) file: PathBuf,
    pub(super) at: u64,
    pub(super) size: u64,
}

impl Located {
    fn open(&self) -> io::Result<io::Take<File>> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.at))?;
        Ok(file.take(self.size))
    }

    fn small(&self, name: &str) -> Result<Vec<u8>> {
        if self.size > SMALL {
            let message = format!(
                "{name} has {} bytes, and a description of an image at most {SMALL}",
                self.size
            );
            return Err(Diagnostic::new(rules::IMAGE_LIMIT, message).into());
        }
        let mut content = Vec::new();
        let read = self
            .open()
            .and_then(|mut file| file.read_to_end(&mut content));
        read.map(|_| content)
            .map_err(|error| unreadable(name, &error))
    }
}

/// Reads layers, several at once.
fn layers(
    name: &str,
    wanted: &[Wanted],
    located: Vec<Option<Located>>,
    paths: &Mutex<Paths>,
    reading: &Reading<'_>,
) -> Result<Vec<Option<ReadLayer>>> {
    let total: u64 = located.iter().flatten().map(|one| one.size).sum();
    let read = |index: usize| -> Result<Option<ReadLayer>> {
        let Some(located) = located[index]
            .as_ref()
            .filter(|_| wanted[index].sealed.is_none())
        else {
            return Ok(None);
        };
        let read = located.open().and_then(|reader| {
            let told = Told {
                reader,
                tell: reading.progress,
                of: Some(total),
            };
            scan::layer(told, paths, reading.hashes)
        });
        let read =
            read.map_err(|error| unreadable(&format!("layer {} of {name}", index + 1), &error));
        read.map(Some)
    };
    // The largest first, so that it is not the last to begin.
    let mut order: Vec<usize> = (0..located.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(located[*index].as_ref().map(|one| one.size)));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let read = read(*index);
            done.lock()
                .expect("no thread panics with it")
                .push((*index, read));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(AT_ONCE).min(located.len()) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().expect("no thread panics with it");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, read)| read).collect()
}

/// A reader that tells how far it is.
pub(super) struct Told<'t, R> {
    pub(super) reader: R,
    pub(super) tell: &'t (dyn Fn(u64, Option<u64>) + Sync),
    pub(super) of: Option<u64>,
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        (self.tell)(read as u64, self.of);
        Ok(read)
    }
}
