//! The last line of a generated file: by it dfgen knows its own work, and that nobody edited it.
//!
//! `# dfgen: SUM` is the sum of the whole text. `# dfgen: SUM IMAGE...` leaves the versions of images out of it, which bots
//! raise; each image that the file names has a sum of its own, of the one that dfgen chose. Files of before that, whose
//! one sum is over everything, are the first form.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::image_lines::{NamedImage, named_images, without_versions};
use crate::profile::ImageRef;

const START: &str = "# dfgen:";

/// Digits of a sum: enough against edits, short enough to pass over.
const DIGITS: usize = 16;

/// Digits of an image's sum, which only tells whether it is still the same one.
const IMAGE_DIGITS: usize = 6;

/// What a file of the output folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorship {
    /// dfgen wrote it, and it is as it was written, but for versions of images.
    Ours,
    /// dfgen wrote it, and somebody edited it since.
    Edited,
    /// A dfgen that writes checksums of another form wrote it.
    Unknown,
    /// Somebody else wrote it.
    Foreign,
}

/// A text with its checksum as the last line. `chosen` says which image dfgen chose where the text has another.
pub(crate) fn sealed(file: &str, text: &str, chosen: impl Fn(&NamedImage) -> ImageRef) -> String {
    let images = named_images(file, text).into_iter();
    let images: String = images
        .map(|named| format!(" {}", image_sum(&chosen(&named))))
        .collect();
    format!(
        "{text}\n{START} {}{images}\n",
        sum(&without_versions(file, text))
    )
}

/// Who wrote a text that lies in a file of this name.
pub(crate) fn authorship(file: &str, text: &str) -> Authorship {
    let text = unix(text);
    let Some((body, seal)) = parted(&text) else {
        return Authorship::Foreign;
    };
    let Some(seal) = Seal::read(seal) else {
        return Authorship::Unknown;
    };
    let found = match seal.images.as_slice() {
        [] => sum(body),
        _ => sum(&without_versions(file, body)),
    };
    if found == seal.sum {
        Authorship::Ours
    } else {
        Authorship::Edited
    }
}

/// Whether the checksum of a file that names images is still over the whole of it.
pub(crate) fn is_of_before(file: &str, text: &str) -> bool {
    let text = unix(text);
    parted(&text).is_some_and(|(body, seal)| {
        let has_none = Seal::read(seal).is_some_and(|seal| seal.images.is_empty());
        has_none && !named_images(file, body).is_empty()
    })
}

/// An image that a generated file names, and whether somebody put it in the place of the one that dfgen chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedImage {
    /// The image, and what for.
    pub(crate) named: NamedImage,
    sum: String,
}

impl SealedImage {
    /// Whether dfgen chose this one.
    pub(crate) fn was_chosen(&self, image: &ImageRef) -> bool {
        self.sum == image_sum(image)
    }

    /// Whether it is another than dfgen chose.
    pub(crate) fn is_raised(&self) -> bool {
        !self.was_chosen(&self.named.image)
    }
}

/// The images of a generated file whose checksum tells which dfgen chose.
pub(crate) fn sealed_images(file: &str, text: &str) -> Vec<SealedImage> {
    let text = unix(text);
    let Some((body, seal)) = parted(&text) else {
        return Vec::new();
    };
    let images = named_images(file, body);
    let Some(seal) = Seal::read(seal) else {
        return Vec::new();
    };
    let sums: Vec<String> = match seal.images.as_slice() {
        // Who raised one broke the sum of the whole.
        [] if sum(body) == seal.sum => images.iter().map(|one| image_sum(&one.image)).collect(),
        sums => sums.iter().map(|sum| (*sum).to_owned()).collect(),
    };
    if sums.len() != images.len() {
        return Vec::new();
    }
    let pairs = images.into_iter().zip(sums);
    pairs
        .map(|(named, sum)| SealedImage { named, sum })
        .collect()
}

struct Seal<'t> {
    sum: &'t str,
    images: Vec<&'t str>,
}

impl<'t> Seal<'t> {
    /// `None` for a form that is not known.
    fn read(text: &'t str) -> Option<Self> {
        let is_sum = |word: &str, digits| {
            let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            word.len() == digits && word.bytes().all(is_hex)
        };
        let mut words = text.split_whitespace();
        let sum = words.next().filter(|word| is_sum(word, DIGITS))?;
        let images: Vec<&str> = words.collect();
        let is_known = images.iter().all(|word| is_sum(word, IMAGE_DIGITS));
        is_known.then_some(Self { sum, images })
    }
}

/// The body of a text and its checksum, if it has one.
fn parted(text: &str) -> Option<(&str, &str)> {
    let (body, line) = text.trim_end().rsplit_once('\n')?;
    Some((body, line.strip_prefix(START)?))
}

/// Version control may have changed the line ends.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The first digits of SHA-256.
fn sum(text: &str) -> String {
    hex(text.trim_end(), DIGITS)
}

fn image_sum(image: &ImageRef) -> String {
    hex(image.as_ref(), IMAGE_DIGITS)
}

fn hex(text: &str, digits: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let bytes = digest.iter().take(digits / 2);
    bytes.fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all text");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "api.Dockerfile";

    fn as_it_is(text: &str) -> String {
        sealed(FILE, text, |named| named.image.clone())
    }

    fn of(text: &str) -> Authorship {
        authorship(FILE, text)
    }

    #[test]
    fn an_edit_shows_and_line_ends_do_not() {
        let text = as_it_is("FROM a:1\nRUN b\n");
        assert_eq!(of(&text), Authorship::Ours);
        assert_eq!(of(&text.replace('\n', "\r\n")), Authorship::Ours);
        assert_eq!(of(&text.replace("RUN b", "RUN c")), Authorship::Edited);
        assert_eq!(of(&text.replace("FROM a", "FROM b")), Authorship::Edited);
        assert_eq!(of(&text.replace("FROM a:1", "FROM $A")), Authorship::Edited);
        assert_eq!(of("FROM a\n"), Authorship::Foreign);
        assert_eq!(of(""), Authorship::Foreign);
    }

    #[test]
    fn a_raised_image_is_no_edit_and_is_seen() {
        let text = as_it_is("FROM a:1 AS base\nFROM c:1 AS other\n");
        let raised = text.replace("a:1", "a:2");
        assert_eq!(of(&raised), Authorship::Ours);
        let images = sealed_images(FILE, &raised);
        let raised: Vec<bool> = images.iter().map(SealedImage::is_raised).collect();
        assert_eq!(raised, [true, false]);
        assert!(images[0].was_chosen(&"a:1".parse().unwrap()));
    }

    #[test]
    fn files_of_before_are_known() {
        let body = "FROM a:1\nRUN b\n";
        let text = format!("{body}\n{START} {}\n", sum(body));
        assert_eq!(of(&text), Authorship::Ours);
        assert_eq!(of(&text.replace("a:1", "a:2")), Authorship::Edited);
        assert!(!sealed_images(FILE, &text)[0].is_raised());
        assert!(sealed_images(FILE, &text.replace("a:1", "a:2")).is_empty());
    }

    #[test]
    fn a_form_to_come_is_neither_edited_nor_foreign() {
        let text = as_it_is("FROM a:1\n");
        let text = text.replace(START, &format!("{START} v3"));
        assert_eq!(of(&text), Authorship::Unknown);
    }
}
