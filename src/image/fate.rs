//! What becomes of each file in the layers above it: overwritten, deleted, or there in the end.
//!
//! A layer holds whole files. What a later layer changes, copies with another owner or deletes is still in the image, and is
//! pulled and kept, though nobody can see it.

use std::collections::BTreeMap;

use super::owner::holds;
use super::reading::{Entry, Image, Kind, PathId};

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// The same bytes were written again, with another owner, mode or time.
    Copied,
    /// Other bytes were written.
    Changed,
    /// It was deleted, or hidden.
    Deleted,
}

/// What became of the entries of all layers.
#[derive(Debug)]
pub(crate) struct Fates {
    /// By layer and entry: which layer ended it, and how.
    ends: Vec<Vec<Option<(usize, End)>>>,
    /// What is at each path in the end.
    there: Vec<Option<(usize, usize)>>,
}

impl Fates {
    /// Follows every path from the bottom to the top.
    pub(crate) fn of(image: &Image) -> Self {
        let layers = image.layers.iter();
        let mut fates = Self {
            ends: layers
                .map(|layer| vec![None; layer.contents.entries.len()])
                .collect(),
            there: vec![None; image.paths.len()],
        };
        for (number, layer) in image.layers.iter().enumerate() {
            fates.hide(image, number, &layer.contents.entries);
            for (index, entry) in layer.contents.entries.iter().enumerate() {
                fates.put(image, (number, index), entry);
            }
        }
        fates
    }

    /// Which layer ended an entry, and how; `None` where it is there.
    pub(crate) fn end(&self, layer: usize, entry: usize) -> Option<(usize, End)> {
        self.ends[layer][entry]
    }

    /// What is at a path in the end.
    pub(crate) fn at(&self, path: PathId) -> Option<(usize, usize)> {
        self.there[path.index()]
    }

    /// What a layer takes away.
    fn hide(&mut self, image: &Image, number: usize, entries: &[Entry]) {
        let mut hidden: BTreeMap<PathId, bool> = BTreeMap::new();
        for entry in entries {
            let was_folder = || {
                let (layer, index) = self.there[entry.path.index()]?;
                let before = &image.layers[layer].contents.entries[index];
                Some(layer < number && before.kind == Kind::Folder)
            };
            match entry.kind {
                Kind::Whiteout => drop(hidden.insert(entry.path, true)),
                Kind::Opaque => drop(hidden.entry(entry.path).or_insert(false)),
                Kind::Folder => {}
                // A file in a folder's place.
                _ if was_folder() == Some(true) => drop(hidden.entry(entry.path).or_insert(false)),
                _ => {}
            }
        }
        if hidden.is_empty() {
            return;
        }
        // Folders have smaller numbers than what is in them.
        let mut below = vec![false; self.there.len()];
        for path in image.paths.all() {
            let inherits = image
                .paths
                .parent(path)
                .is_some_and(|folder| below[folder.index()]);
            let said = hidden.get(&path);
            below[path.index()] = inherits || said.is_some();
            if inherits || said == Some(&true) {
                if let Some((layer, index)) = self.there[path.index()].take() {
                    self.ends[layer][index] = Some((number, End::Deleted));
                }
            }
        }
    }

    fn put(&mut self, image: &Image, at: (usize, usize), entry: &Entry) {
        if matches!(entry.kind, Kind::Whiteout | Kind::Opaque) {
            return;
        }
        let there = self.there[entry.path.index()].replace(at);
        let Some((layer, index)) = there else {
            return;
        };
        let before = &image.layers[layer].contents.entries[index];
        if before.kind != Kind::Folder {
            let is_same = holds(before)
                && holds(entry)
                && (before.size, before.checksum) == (entry.size, entry.checksum);
            let end = if is_same { End::Copied } else { End::Changed };
            self.ends[layer][index] = Some((at.0, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::reading::testing::{ImageOf, LayerOf};

    fn ends(image: &ImageOf) -> Vec<String> {
        let image = image.read();
        let fates = Fates::of(&image);
        let mut shown = Vec::new();
        for (number, layer) in image.layers.iter().enumerate() {
            for (index, entry) in layer.contents.entries.iter().enumerate() {
                if let Some((by, end)) = fates.end(number, index) {
                    shown.push(format!(
                        "{number} {} {end:?} by {by}",
                        image.paths.shown(entry.path)
                    ));
                }
            }
        }
        shown
    }

    #[test]
    fn copies_changes_and_deletions_are_told_apart() {
        let image = ImageOf::new()
            .layer(
                "COPY",
                LayerOf::new()
                    .file("a/x", "1")
                    .file("a/y", "2")
                    .file("b/z", "3")
                    .file("c/w", "4"),
            )
            .layer(
                "RUN chown",
                LayerOf::new().owned("a/x", "1", 7).file("a/y", "changed"),
            )
            .layer(
                "RUN rm",
                LayerOf::new().whiteout("b").opaque("c").file("c/new", "5"),
            )
            .layer("RUN again", LayerOf::new().whiteout("a/x"));
        assert_eq!(
            ends(&image),
            [
                "0 /a/x Copied by 1",
                "0 /a/y Changed by 1",
                "0 /b/z Deleted by 2",
                "0 /c/w Deleted by 2",
                "1 /a/x Deleted by 3",
            ]
        );
    }

    #[test]
    fn a_file_in_a_folders_place_hides_what_was_in_it() {
        let image = ImageOf::new()
            .layer(
                "COPY",
                LayerOf::new()
                    .raw(b"a/", tar::EntryType::Directory, b"")
                    .file("a/x", "1"),
            )
            .layer("COPY", LayerOf::new().file("a", "now a file"));
        assert_eq!(ends(&image), ["0 /a/x Deleted by 1"]);
    }

    #[test]
    fn what_a_layer_writes_twice_is_there_once() {
        let image = ImageOf::new().layer("COPY", LayerOf::new().file("x", "1").file("x", "2"));
        assert_eq!(ends(&image), ["0 /x Changed by 0"]);
    }
}
