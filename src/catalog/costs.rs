//! `costs.toml`: what is in images that nobody runs, in bytes.

use serde::Deserialize;

use super::table::{Rows, embedded};
use crate::bytes::Bytes;

/// What a Debian package adds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Debian {
    alone: Bytes,
    recommended: Bytes,
}

/// A range.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    from: Bytes,
    to: Bytes,
}

/// The rows of `costs.toml`.
#[derive(Debug)]
pub(crate) struct Costs {
    debian: Rows<String, Debian>,
    other: Rows<String, Other>,
}

impl Costs {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("costs");
        let read = Self {
            debian: file.rows("debian"),
            other: file.rows("other"),
        };
        file.finish();
        read
    }

    /// What a Debian package adds with all that it needs: at least, and at most.
    pub(crate) fn debian(&self, package: &str) -> Option<(Bytes, Bytes)> {
        let row = self.debian.get(package)?;
        Some((row.alone, row.recommended))
    }

    /// uv and uvx.
    pub(crate) fn uv(&self) -> Option<(Bytes, Bytes)> {
        self.range("uv")
    }

    /// Python's full image, less the slim one.
    pub(crate) fn full_base(&self) -> Option<(Bytes, Bytes)> {
        self.range("full-base")
    }

    /// apt's package lists.
    pub(crate) fn apt_lists(&self) -> Option<(Bytes, Bytes)> {
        self.range("apt-lists")
    }

    /// The index of apk.
    pub(crate) fn apk_index(&self) -> Option<(Bytes, Bytes)> {
        self.range("apk-index")
    }

    fn range(&self, key: &str) -> Option<(Bytes, Bytes)> {
        let row = self.other.get(key)?;
        Some((row.from, row.to))
    }
}
