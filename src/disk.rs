//! The one way in which files are read: regular ones alone, and none that is larger than anything meant for a person.
//!
//! A pipe in the place of a file would be waited for without an end, and a device has none.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// The largest file that is read, in bytes; the largest lock that was met has 13 MB.
const LARGEST: u64 = 256 << 20;

/// The bytes of a file. Errors: as those of [`std::fs::read`]; no regular file, a file that is too large.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    check(path.as_ref())?;
    std::fs::read(path)
}

/// The text of a file. Errors: as those of [`read`]; text that is not UTF-8.
pub(crate) fn read_to_string(path: impl AsRef<Path>) -> Result<String> {
    check(path.as_ref())?;
    std::fs::read_to_string(path)
}

fn check(path: &Path) -> Result<()> {
    let found = std::fs::metadata(path)?;
    // Of a folder the system says it better.
    if !found.is_file() && !found.is_dir() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    if found.len() > LARGEST && found.is_file() {
        let problem = format!("it is larger than {} MiB", LARGEST >> 20);
        return Err(Error::new(ErrorKind::FileTooLarge, problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_read() {
        assert!(read(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).is_ok());
        let device = read("/dev/null").unwrap_err();
        assert_eq!(device.to_string(), "it is no regular file");
        assert_eq!(read("/no/such").unwrap_err().kind(), ErrorKind::NotFound);
        assert!(read_to_string(env!("CARGO_MANIFEST_DIR")).is_err());
    }
}
