//! What is in wheels, file by file, without installing them: from the lists of files at their ends.
//!
//! A wheel is read where it lies: in a folder, in uv's cache, or at a server that is asked for the few parts that are
//! needed. What was found is kept by the wheel's hash, for ever. This room alone asks the network, and only
//! `dfgen size --exact` comes here.

mod cache;
mod client;
mod directory;
mod elf;
mod environment;
mod installed;
mod login;
mod reading;
mod remote;
mod trouble;
mod unpacked;

pub(crate) use elf::Cut;
pub use environment::Environment;
pub use reading::{Asked, Reading};
pub(crate) use reading::{Place, Wanted, read};
pub(crate) use trouble::Trouble;

/// A file of a wheel, as it is once that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WheelFile {
    /// Its path, seen from site-packages.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) size: u64,
    /// What it is compressed, alone.
    pub(crate) compressed: u64,
    /// What of it is debug symbols.
    pub(crate) cut: Cut,
}

impl WheelFile {
    /// Whether it is called like a shared library.
    pub(crate) fn is_library(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.contains(".so") && !self.path.starts_with("../")
    }

    /// Whether it is the list of a package's files, which is written anew.
    pub(crate) fn is_record(&self) -> bool {
        self.path.ends_with(".dist-info/RECORD") && self.path.matches('/').count() == 1
    }

    /// Its row in that list, in bytes, where the file has this size.
    pub(crate) fn row(&self, size: u64) -> u64 {
        const HASH: &str = ",sha256=0000000000000000000000000000000000000000000";
        let path = &self.path;
        let quotes = path.matches('"').count() as u64;
        let quoted = if path.contains([',', '"']) {
            2 + quotes
        } else {
            0
        };
        let path = path.len() as u64 + quoted;
        if self.is_record() {
            return path + ",,\n".len() as u64;
        }
        path + HASH.len() as u64 + 1 + size.to_string().len() as u64 + 1
    }
}
