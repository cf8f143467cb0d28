//! The paths of an image, each held once and known by a number, so that a million of them fit into memory.
//!
//! A path's parent has a smaller number than the path itself: one walk in order sees folders before what is in them.

use indexmap::IndexSet;

/// The number of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathId(u32);

impl PathId {
    /// `/`.
    pub(crate) const ROOT: Self = Self(0);

    /// Its place in a list of one value for each path.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How many paths an image may have.
const MOST: usize = 4_000_000;

/// All paths of an image.
#[derive(Debug)]
pub(crate) struct Paths(IndexSet<(PathId, Box<[u8]>)>);

/// Why a path has no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPath {
    /// It leaves the image: `../x`.
    Outside,
    /// There are too many.
    TooMany,
}

impl Default for Paths {
    fn default() -> Self {
        Self(IndexSet::from([(PathId::ROOT, Box::from(&b""[..]))]))
    }
}

impl Paths {
    /// The number of a path as an archive writes it: from the root, with or without a slash or `./` before it.
    pub(crate) fn add(&mut self, path: &[u8]) -> Result<PathId, NoPath> {
        let mut id = PathId::ROOT;
        for part in parts(path) {
            if part == b".." {
                return Err(NoPath::Outside);
            }
            id = self.child(id, part)?;
        }
        Ok(id)
    }

    /// The number of what lies in a folder.
    fn child(&mut self, folder: PathId, name: &[u8]) -> Result<PathId, NoPath> {
        if let Some(known) = self.known_child(folder, name) {
            return Ok(known);
        }
        if self.0.len() >= MOST {
            return Err(NoPath::TooMany);
        }
        let (index, _) = self.0.insert_full((folder, Box::from(name)));
        Ok(number(index))
    }

    /// The number of a path that is known.
    pub(crate) fn known(&self, path: &[u8]) -> Option<PathId> {
        self.known_below(PathId::ROOT, path)
    }

    /// The number of a path below a folder, where it is known; `..` leads up, as in a RECORD.
    pub(crate) fn known_below(&self, folder: PathId, path: &[u8]) -> Option<PathId> {
        parts(path).try_fold(folder, |at, part| match part {
            b".." => self.parent(at),
            part => self.known_child(at, part),
        })
    }

    fn known_child(&self, folder: PathId, name: &[u8]) -> Option<PathId> {
        let key = (folder, Box::from(name));
        self.0.get_index_of(&key).map(number)
    }

    /// The folder that a path is in; `None` for the root.
    pub(crate) fn parent(&self, id: PathId) -> Option<PathId> {
        (id != PathId::ROOT).then(|| self.0[id.index()].0)
    }

    /// The last part of a path.
    pub(crate) fn name(&self, id: PathId) -> &[u8] {
        &self.0[id.index()].1
    }

    /// The path and the folders that it is in, innermost first, without the root.
    pub(crate) fn upwards(&self, id: PathId) -> impl Iterator<Item = PathId> {
        std::iter::successors(Some(id), |id| self.parent(*id)).filter(|id| *id != PathId::ROOT)
    }

    /// Every path, folders before what is in them.
    pub(crate) fn all(&self) -> impl Iterator<Item = PathId> + use<> {
        (0..self.0.len()).map(number)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes of a path, without a slash before it.
    pub(crate) fn bytes(&self, id: PathId) -> Vec<u8> {
        let mut parts: Vec<&[u8]> = self.upwards(id).map(|id| self.name(id)).collect();
        parts.reverse();
        parts.join(&b'/')
    }

    /// A path as people read it, from the root. What is no text is shown with a stand-in.
    pub(crate) fn shown(&self, id: PathId) -> String {
        format!("/{}", String::from_utf8_lossy(&self.bytes(id)))
    }
}

fn number(index: usize) -> PathId {
    PathId(u32::try_from(index).expect("there are at most `MOST` of them"))
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = path.split(|byte| *byte == b'/');
    parts.filter(|part| !part.is_empty() && *part != b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_number_however_it_is_written() {
        let mut paths = Paths::default();
        let id = paths.add(b"usr/bin/x").unwrap();
        assert_eq!(paths.add(b"/usr//bin/./x"), Ok(id));
        assert_eq!(paths.add(b"./usr/bin/x/"), Ok(id));
        assert_eq!(paths.shown(id), "/usr/bin/x");
        assert!(paths.parent(id).unwrap() < id);
        assert_eq!(paths.add(b"./"), Ok(PathId::ROOT));
    }

    #[test]
    fn what_leaves_the_image_has_none() {
        let mut paths = Paths::default();
        assert_eq!(paths.add(b"usr/../../etc/shadow"), Err(NoPath::Outside));
        let folder = paths.add(b"usr/lib/site-packages").unwrap();
        let program = paths.add(b"usr/bin/x").unwrap();
        assert_eq!(paths.known_below(folder, b"../../bin/x"), Some(program));
        assert_eq!(paths.known_below(folder, b"../../../../x"), None);
    }
}
