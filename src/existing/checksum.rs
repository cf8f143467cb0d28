//! The last line of a generated file: by it dfgen knows its own work, and that nobody edited it.

use std::fmt::Write;

use sha2::{Digest, Sha256};

const START: &str = "# dfgen:";

/// What a file of the output folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorship {
    /// dfgen wrote it, and it is as it was written.
    Ours,
    /// dfgen wrote it, and somebody edited it since.
    Edited,
    /// Somebody else wrote it.
    Foreign,
}

/// A text with its checksum as the last line.
pub(crate) fn sealed(text: &str) -> String {
    format!("{text}\n{START} {}\n", sum(text))
}

/// Who wrote a text.
pub(crate) fn authorship(text: &str) -> Authorship {
    // Version control may have changed the line ends.
    let text = text.replace("\r\n", "\n");
    let Some((body, line)) = text.trim_end().rsplit_once('\n') else {
        return Authorship::Foreign;
    };
    match line.strip_prefix(START) {
        None => Authorship::Foreign,
        Some(found) if found.trim() == sum(body) => Authorship::Ours,
        Some(_) => Authorship::Edited,
    }
}

/// The first 16 hexadecimal digits of SHA-256: enough against edits, short enough to pass over.
fn sum(text: &str) -> String {
    let digest = Sha256::digest(text.trim_end().as_bytes());
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all text");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_shows_and_line_ends_do_not() {
        let text = sealed("FROM a\nRUN b\n");
        assert_eq!(authorship(&text), Authorship::Ours);
        assert_eq!(authorship(&text.replace('\n', "\r\n")), Authorship::Ours);
        assert_eq!(
            authorship(&text.replace("RUN b", "RUN c")),
            Authorship::Edited
        );
        assert_eq!(authorship("FROM a\n"), Authorship::Foreign);
        assert_eq!(authorship(""), Authorship::Foreign);
    }
}
