//! The images that the generated files name as they lie there: what a render before this one chose, or what a bot made
//! of it since.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::checksum::{Authorship, SealedImage, authorship, sealed_images};
use super::image_lines::ImageUse;

/// The images of all generated files of a folder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    folder: String,
    files: BTreeMap<String, Vec<SealedImage>>,
}

impl Written {
    /// Reads a folder, of which people are told as `shown`. What cannot be read is told by who writes there.
    pub(crate) fn load(folder: &Path, shown: &str) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let read = names.filter_map(|name| {
            let is_candidate = name.ends_with(".Dockerfile") || name == "compose.yaml";
            let bytes = is_candidate.then(|| crate::disk::read(folder.join(&name)).ok())??;
            let text = String::from_utf8_lossy(&bytes);
            let is_known = authorship(&name, &text) != Authorship::Foreign;
            let images = is_known.then(|| sealed_images(&name, &text))?;
            Some((name, images))
        });
        Self {
            files: read.collect(),
            folder: shown.to_owned(),
        }
    }

    /// What a file has for a use, if dfgen wrote the file.
    pub(crate) fn image(&self, file: &str, used: &ImageUse) -> Option<&SealedImage> {
        let images = self.files.get(file)?;
        images.iter().find(|image| image.named.used == *used)
    }

    /// A file's path, as people are told of it.
    pub(crate) fn path(&self, file: &str) -> String {
        match self.folder.as_str() {
            "" | "." => file.to_owned(),
            folder => format!("{}/{file}", folder.trim_start_matches("./")),
        }
    }
}
