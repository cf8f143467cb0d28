//! Distributions of Python, by the RECORD that each leaves in its environment.
//!
//! <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>

use std::collections::BTreeMap;

use crate::image::reading::{Kept, PathId, Paths};

/// A distribution that a layer brings.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    /// Its name, normalised.
    pub(crate) name: String,
    pub(crate) version: String,
    /// The layer.
    pub(crate) layer: usize,
    /// The folder of its environment: site-packages.
    pub(crate) site: PathId,
    pub(crate) record: PathId,
    /// Its files, those that are in the image.
    pub(crate) files: Vec<Listed>,
    /// Files that it lists and that are in no layer.
    pub(crate) missing: Vec<String>,
}

/// A file that a RECORD lists.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) path: PathId,
    /// The sha256 that it should have.
    pub(crate) digest: Option<[u8; 32]>,
}

/// The distributions among the files that were kept of a layer.
pub(super) fn installed(paths: &Paths, layer: usize, kept: &[Kept]) -> Vec<Installed> {
    let mut folders: BTreeMap<PathId, Folder<'_>> = BTreeMap::new();
    for one in kept {
        let Some(folder) = paths.parent(one.path) else {
            continue;
        };
        if !paths.name(folder).ends_with(b".dist-info") {
            continue;
        }
        let found = folders.entry(folder).or_default();
        match paths.name(one.path) {
            b"RECORD" => found.record = Some(one),
            b"METADATA" => found.metadata = Some(one),
            _ => {}
        }
    }
    let found = folders.into_iter();
    found
        .filter_map(|(folder, found)| found.read(paths, layer, folder))
        .collect()
}

#[derive(Default)]
struct Folder<'k> {
    record: Option<&'k Kept>,
    metadata: Option<&'k Kept>,
}

impl Folder<'_> {
    fn read(&self, paths: &Paths, layer: usize, folder: PathId) -> Option<Installed> {
        let record = self.record?;
        let site = paths.parent(folder)?;
        let (name, version) = self.named(paths, folder)?;
        let text = String::from_utf8_lossy(&record.content);
        let (mut files, mut missing) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let Some((name, digest)) = line_of(line) else {
                continue;
            };
            let path = match name.strip_prefix('/') {
                Some(absolute) => paths.known(absolute.as_bytes()),
                None => paths.known_below(site, name.as_bytes()),
            };
            match path {
                Some(path) => files.push(Listed { path, digest }),
                None => missing.push(name),
            }
        }
        Some(Installed {
            name,
            version,
            layer,
            site,
            record: record.path,
            files,
            missing,
        })
    }

    /// Name and version: of the metadata, or of the folder.
    fn named(&self, paths: &Paths, folder: PathId) -> Option<(String, String)> {
        let text = self
            .metadata
            .map(|kept| String::from_utf8_lossy(&kept.content));
        let head = text.as_deref().and_then(|text| text.split("\n\n").next());
        let field = |name: &str| {
            let mut lines = head?.lines();
            lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
        };
        let called = String::from_utf8_lossy(paths.name(folder)).into_owned();
        let (name, version) = called.strip_suffix(".dist-info")?.split_once('-')?;
        let name = field("Name:").unwrap_or_else(|| name.to_owned());
        let version = field("Version:").unwrap_or_else(|| version.to_owned());
        Some((normalised(&name), version))
    }
}

/// A name as indexes compare it.
fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

/// The path and the sha256 of a line.
fn line_of(line: &str) -> Option<(String, Option<[u8; 32]>)> {
    let (rest, _size) = line.rsplit_once(',')?;
    let (path, hash) = rest.rsplit_once(',')?;
    let path = match path
        .strip_prefix('"')
        .and_then(|path| path.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => path.to_owned(),
    };
    Some((path, hash.strip_prefix("sha256=").and_then(decoded)))
}

/// 32 bytes of URL-safe base64 without padding.
fn decoded(text: &str) -> Option<[u8; 32]> {
    let mut bytes = Vec::with_capacity(33);
    let (mut held, mut bits) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_path_and_perhaps_a_hash() {
        let digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        let (path, hash) = line_of(&format!("a/b.py,sha256={digest},0")).unwrap();
        assert_eq!(path, "a/b.py");
        assert_eq!(hash.unwrap()[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(
            line_of("\"a,b.py\",,").unwrap(),
            ("a,b.py".to_owned(), None)
        );
        assert_eq!(line_of("x.dist-info/RECORD,,").unwrap().1, None);
        assert!(line_of("nonsense").is_none());
    }

    #[test]
    fn names_are_compared_as_indexes_do() {
        assert_eq!(normalised("Flask_SQLAlchemy.x"), "flask-sqlalchemy-x");
    }
}
