//! What was found in wheels, kept by their hashes: a wheel with the same hash has the same files, for ever.
//!
//! A line for each file, packed with gzip, whose checksum tells a file that is whole. One that is not is taken away and
//! read anew. Files are put in place in one piece, so that several runs at once do not see halves.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{Cut, WheelFile};

/// The form of the files; another one has another folder.
const FOLDER: &str = "wheels-1";

/// What begins every file.
const HEAD: &str = "what dfgen found in a wheel";

/// No list is longer once it is unpacked.
const LONGEST: u64 = 256 << 20;

/// The folder of a user.
pub(super) struct Cache(PathBuf);

impl Cache {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join(FOLDER))
    }

    /// The place of a hash such as `sha256:...`; `None` for what is no hash.
    fn place(&self, hash: &str) -> Option<PathBuf> {
        let (kind, digest) = hash.split_once(':')?;
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_hash = is_plain(kind) && is_plain(digest) && (32..=128).contains(&digest.len());
        is_hash.then(|| self.0.join(format!("{kind}-{digest}.gz")))
    }

    /// What is kept of a wheel.
    pub(super) fn get(&self, hash: &str) -> Option<Vec<WheelFile>> {
        let place = self.place(hash)?;
        let file = fs::File::open(&place).ok()?;
        let mut text = String::new();
        let read = GzDecoder::new(file).take(LONGEST).read_to_string(&mut text);
        let files = read.ok().and_then(|_| parse(&text));
        if files.is_none() {
            let _ = fs::remove_file(&place);
        }
        files
    }

    /// Keeps what was found. That it cannot be kept is no reason to fail: it is found again.
    pub(super) fn put(&self, hash: &str, files: &[WheelFile]) {
        if let Some(place) = self.place(hash) {
            let _ = self.write(&place, &text(files));
        }
    }

    fn write(&self, place: &Path, text: &str) -> std::io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let file = tempfile::NamedTempFile::new_in(&self.0)?;
        let mut packer = GzEncoder::new(file, Compression::default());
        packer.write_all(text.as_bytes())?;
        packer.finish()?.persist(place)?;
        Ok(())
    }
}

fn text(files: &[WheelFile]) -> String {
    let mut text = format!("{HEAD}\n");
    for file in files {
        let Cut { low, high } = file.cut;
        let WheelFile {
            path,
            size,
            compressed,
            ..
        } = file;
        text.push_str(&format!("{size} {compressed} {low} {high} {path}\n"));
    }
    text
}

fn parse(text: &str) -> Option<Vec<WheelFile>> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next() != Some(HEAD) {
        return None;
    }
    let file = |line: &str| {
        let mut words = line.splitn(5, ' ');
        let mut number = || words.next()?.parse::<u64>().ok();
        let (size, compressed, low, high) = (number()?, number()?, number()?, number()?);
        let path = words.next()?.to_owned();
        (low <= high && high <= size).then_some(WheelFile {
            path,
            size,
            compressed,
            cut: Cut { low, high },
        })
    };
    lines.map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<WheelFile> {
        vec![WheelFile {
            path: "a b/c.so".to_owned(),
            size: 10,
            compressed: 5,
            cut: Cut { low: 1, high: 2 },
        }]
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_broken_goes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let hash = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(cache.get(&hash), None);
        cache.put(&hash, &files());
        assert_eq!(cache.get(&hash), Some(files()));
        let place = cache.place(&hash).unwrap();
        let whole = fs::read(&place).unwrap();
        let mut other = whole.clone();
        *other.last_mut().unwrap() ^= 1;
        for broken in [&whole[..whole.len() - 3], &other, b"", b"\x1f\x8b", b"text"] {
            fs::write(&place, broken).unwrap();
            assert_eq!(cache.get(&hash), None);
            assert!(!place.exists());
        }
        assert_eq!(fs::read_dir(folder.path().join(FOLDER)).unwrap().count(), 0);
    }

    #[test]
    fn a_hash_leads_nowhere_else() {
        let cache = Cache::new(Path::new("/cache"));
        for hash in [
            "sha256:../../etc/passwd",
            "sha256:",
            "none",
            "sha256:00",
            "../x:00",
        ] {
            assert_eq!(cache.place(hash), None, "{hash}");
        }
    }

    #[test]
    fn lines_that_say_nothing_are_refused() {
        for text in [
            "",
            "x\n",
            &format!("{HEAD}\n1 2 3\n"),
            &format!("{HEAD}\n1 1 2 2 a\n"),
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse(&format!("{HEAD}\n")), Some(Vec::new()));
    }
}
