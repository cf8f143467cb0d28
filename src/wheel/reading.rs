//! Reads many wheels at once, each from the nearest place that has it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rawzip::{FileReader, ReaderAt};
use sha2::{Digest, Sha256};
use url::Url;

use super::cache::Cache;
use super::client::Client;
use super::directory::{Directory, Source};
use super::installed::installed;
use super::remote::Remote;
use super::unpacked::{self, Unpacked};
use super::{Environment, Trouble, WheelFile};

/// So many wheels are read at once.
const AT_ONCE: usize = 8;

/// A wheel that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// Its file's name.
    pub(crate) filename: String,
    /// Where it lies; `None` where the lock does not say.
    pub(crate) place: Option<Place>,
    /// Its hash, as `sha256:...`.
    pub(crate) hash: Option<String>,
    /// Its bytes.
    pub(crate) size: Option<u64>,
    /// Whether its libraries may be made smaller.
    pub(crate) symbols: bool,
}

/// Where a wheel lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// On this machine.
    File(PathBuf),
    /// At a server.
    Remote(crate::secret::Url),
}

/// How wheels are read.
pub struct Reading<'a> {
    /// What the environment says.
    pub environment: &'a Environment,
    /// Whether wheels are fetched in whole where a server sends no parts.
    pub download: bool,
    /// Is told how many wheels are read, of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// What reading took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many wheels there are.
    pub wheels: usize,
    /// Of how many it was known already what is in them.
    pub known: usize,
    /// How many were found in uv's cache.
    pub in_uv: usize,
    /// How often servers were asked.
    pub requests: u64,
    /// What they sent of wheels, in bytes.
    pub bytes: u64,
}

/// What was found in each wheel, or why nothing was, in the order in which they were asked for.
pub(crate) struct Read {
    pub(crate) found: Vec<Result<Vec<WheelFile>, Trouble>>,
    pub(crate) asked: Asked,
}

/// Reads wheels; `indexes` are the names and URLs of those that have logins.
pub(crate) fn read(
    wanted: &[Wanted],
    indexes: &[(Option<String>, String)],
    reading: &Reading<'_>,
) -> Read {
    let reader = Reader {
        client: Client::new(reading.environment, indexes),
        cache: reading
            .environment
            .own_cache()
            .map(|folder| Cache::new(&folder)),
        uv: reading.environment.uv_cache(),
        download: reading.download,
        known: AtomicUsize::new(0),
        in_uv: AtomicUsize::new(0),
        servers: Mutex::default(),
    };
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(wanted.len()) {
            scope.spawn(|| {
                while let Some((index, one)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    wanted.get(index).map(|one| (index, one))
                } {
                    let files = reader.read(one);
                    found
                        .lock()
                        .expect("nobody panics here")
                        .insert(index, files);
                    (reading.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, wanted.len());
                }
            });
        }
    });
    let (requests, bytes) = reader.client.asked();
    Read {
        found: found
            .into_inner()
            .expect("nobody panics here")
            .into_values()
            .collect(),
        asked: Asked {
            wheels: wanted.len(),
            known: reader.known.into_inner(),
            in_uv: reader.in_uv.into_inner(),
            requests,
            bytes,
        },
    }
}

struct Reader {
    client: Client,
    cache: Option<Cache>,
    uv: Option<PathBuf>,
    download: bool,
    known: AtomicUsize,
    in_uv: AtomicUsize,
    /// Servers that nothing comes from, and why: the next wheel does not wait for them, too.
    servers: Mutex<BTreeMap<String, Trouble>>,
}

impl Reader {
    fn read(&self, wanted: &Wanted) -> Result<Vec<WheelFile>, Trouble> {
        // Of a file on this machine nothing is kept: it may be another one tomorrow.
        let place = wanted.place.as_ref().ok_or(Trouble::NoPlace)?;
        let url = match place {
            Place::File(path) => return read_file(path, wanted),
            Place::Remote(url) => url.as_written(),
        };
        let hash = wanted.hash.as_deref();
        let kept = self.cache.as_ref().zip(hash);
        if let Some(files) = kept.and_then(|(cache, hash)| cache.get(hash)) {
            self.known.fetch_add(1, Ordering::Relaxed);
            return Ok(files);
        }
        let files = match self.in_uv(wanted, url) {
            Some(files) => {
                self.in_uv.fetch_add(1, Ordering::Relaxed);
                files
            }
            None => self.read_remote(wanted, url)?,
        };
        if let Some((cache, hash)) = kept {
            cache.put(hash, &files);
        }
        Ok(files)
    }

    /// What uv has of it; a folder that cannot be read is as good as none.
    fn in_uv(&self, wanted: &Wanted, url: &str) -> Option<Vec<WheelFile>> {
        let folder = unpacked::find(self.uv.as_deref()?, &wanted.filename, url)?;
        let wheel = Unpacked::read(&folder, wanted.size).ok()?;
        installed(&wheel, wanted.symbols).ok()
    }

    fn read_remote(&self, wanted: &Wanted, url: &str) -> Result<Vec<WheelFile>, Trouble> {
        let url = Url::parse(url).map_err(|_| Trouble::NoPlace)?;
        let server = url.origin().ascii_serialization();
        let known = || self.servers.lock().expect("nobody panics here");
        let before = known().get(&server).cloned();
        let found = match before {
            Some(trouble) => Err(trouble),
            None => Remote::open(&self.client, &url, wanted.size)
                .and_then(|wheel| installed(&Directory::read(wheel)?, wanted.symbols)),
        };
        if let Err(trouble) = &found {
            if trouble.is_of_server() {
                known().entry(server).or_insert_with(|| trouble.clone());
            }
            if *trouble == Trouble::NoRanges && self.download {
                return self.read_whole(wanted, &url);
            }
        }
        found
    }

    /// Fetches a wheel to a file that is gone afterwards. Its hash is checked.
    fn read_whole(&self, wanted: &Wanted, url: &Url) -> Result<Vec<WheelFile>, Trouble> {
        let disk = |error: std::io::Error| Trouble::Disk(error.to_string());
        let mut file = tempfile::tempfile().map_err(disk)?;
        let (mut digest, mut length) = (Sha256::new(), 0_u64);
        self.client.whole(url, |piece| {
            length += piece.len() as u64;
            if let Some(locked) = wanted.size.filter(|size| length > *size) {
                return Err(Trouble::OtherSize {
                    locked,
                    found: length,
                });
            }
            digest.update(piece);
            file.write_all(piece).map_err(disk)
        })?;
        if let Some(locked) = wanted.size.filter(|size| length != *size) {
            return Err(Trouble::OtherSize {
                locked,
                found: length,
            });
        }
        let found: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let sound = wanted
            .hash
            .as_deref()
            .and_then(|hash| hash.strip_prefix("sha256:"));
        if sound.is_some_and(|hash| hash != found) {
            return Err(Trouble::OtherHash);
        }
        file.rewind().map_err(disk)?;
        let wheel = Local {
            file: file.into(),
            length,
        };
        installed(&Directory::read(wheel)?, wanted.symbols)
    }
}

fn read_file(path: &Path, wanted: &Wanted) -> Result<Vec<WheelFile>, Trouble> {
    let disk = |error: std::io::Error| Trouble::Disk(error.to_string());
    let file = File::open(path).map_err(disk)?;
    let length = file.metadata().map_err(disk)?.len();
    if let Some(locked) = wanted.size.filter(|size| *size != length) {
        return Err(Trouble::OtherSize {
            locked,
            found: length,
        });
    }
    let wheel = Local {
        file: file.into(),
        length,
    };
    installed(&Directory::read(wheel)?, wanted.symbols)
}

/// A wheel on this machine.
struct Local {
    file: FileReader,
    length: u64,
}

impl ReaderAt for Local {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

impl Source for Local {
    fn length(&self) -> u64 {
        self.length
    }

    fn may_read(&self, _compressed: u64) -> bool {
        true
    }

    fn fetch(&self, _part: Range<u64>) -> Result<(), Trouble> {
        Ok(())
    }

    fn trouble(&self) -> Option<Trouble> {
        None
    }
}
