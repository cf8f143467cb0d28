//! What kinds of files there are in an environment.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bytes::Bytes;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Shared libraries and extension modules.
    SharedObject,
    /// Modules in Python.
    Python,
    /// Bytecode of them.
    Bytecode,
    /// Of C and C++.
    Header,
    /// For those who link.
    StaticLibrary,
    /// Whatever lies in a folder of tests.
    Test,
    /// For checkers of types.
    Stub,
    /// Everything else: data, metadata, scripts.
    Other,
}

/// What files of a kind take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct KindSize {
    /// What they are.
    pub kind: FileKind,
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: Bytes,
}

impl FileKind {
    /// By a path.
    pub(super) fn of(path: &str) -> Self {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if folders
            .split('/')
            .any(|folder| ["test", "tests"].contains(&folder))
        {
            return Self::Test;
        }
        match extension {
            "so" => Self::SharedObject,
            _ if name.contains(".so.") => Self::SharedObject,
            "py" => Self::Python,
            "pyc" => Self::Bytecode,
            "pyi" => Self::Stub,
            "h" | "hh" | "hpp" | "cuh" | "hxx" | "inl" => Self::Header,
            "a" => Self::StaticLibrary,
            _ => Self::Other,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::SharedObject => "shared libraries",
            Self::Python => "Python",
            Self::Bytecode => "bytecode",
            Self::Header => "headers",
            Self::StaticLibrary => "static libraries",
            Self::Test => "tests",
            Self::Stub => "type stubs",
            Self::Other => "other files",
        }
    }
}

/// The sum of several, by kind, most bytes first.
pub(in crate::size) fn together(all: impl IntoIterator<Item = KindSize>) -> Vec<KindSize> {
    let mut found: Vec<KindSize> = Vec::new();
    for one in all {
        match found.iter_mut().find(|other| other.kind == one.kind) {
            Some(other) => {
                other.files = other.files.saturating_add(one.files);
                other.bytes += one.bytes;
            }
            None => found.push(one),
        }
    }
    found.retain(|one| one.files > 0);
    found.sort_by_key(|one| (std::cmp::Reverse(one.bytes), one.kind));
    found
}

#[cfg(test)]
mod tests {
    use super::FileKind;

    #[test]
    fn a_path_tells_what_a_file_is() {
        let kinds = [
            (
                "numpy/_core/x.cpython-313-x86_64-linux-gnu.so",
                FileKind::SharedObject,
            ),
            ("numpy.libs/libgfortran.so.5", FileKind::SharedObject),
            ("numpy/tests/data.so", FileKind::Test),
            ("numpy/__init__.pyi", FileKind::Stub),
            ("numpy/x.sort", FileKind::Other),
            ("test.py", FileKind::Python),
            ("lib/libx.a", FileKind::StaticLibrary),
        ];
        for (path, kind) in kinds {
            assert_eq!(FileKind::of(path), kind, "{path}");
        }
    }
}
