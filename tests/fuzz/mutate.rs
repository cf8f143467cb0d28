//! How a text is made odd: everything follows from one number.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fastrand::Rng;

/// Files of a project by path.
#[derive(Clone)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Vec<u8>>);

/// Larger files are cut: a lock of megabytes makes few projects a second.
const LARGEST: usize = 200_000;

impl Tree {
    /// The text files below a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        read_below(folder, folder, &mut files);
        Self(files)
    }
}

fn read_below(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_below(root, &path, files);
        } else if let Ok(text) = fs::read(&path)
            && text.len() < LARGEST
        {
            let name = path.strip_prefix(root).expect("below it");
            files.insert(name.to_string_lossy().into_owned(), text);
        }
    }
}

/// Texts that stand for something else than they look like, somewhere.
const ODD: &[&str] = &[
    "",
    " ",
    "\"",
    "'",
    "\\",
    "$",
    "${A:-${B}}",
    "$(x)",
    "`",
    "#",
    "{{",
    "{%",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "\u{2028}",
    "é😀",
    "[[",
    "]]",
    "{",
    "}",
    "[",
    "(",
    ")",
    ",",
    "=",
    ":",
    ";",
    "/",
    "//",
    "..",
    "../..",
    "~",
    "*",
    "**",
    "!",
    "@",
    "0",
    "-1",
    "99999999999999999999",
    "1e999",
    "nan",
    "true",
    "null",
    "<<EOF",
    "EOF",
    "\"\"\"",
    "'''",
    "f\"{",
    "lambda: ",
    "async ",
    "if ",
    "match x:",
    "import os",
    "from . import *",
    "os.environ[\"A\"]",
    "Path(__file__).parent",
    "# syntax=x",
    "# escape=`",
    "ONBUILD ",
    "ARG A=${A}${A}",
    "ENV A=$A$A ",
    "RUN --mount=type=secret,id=a x",
    "FROM scratch",
    "COPY --from=0 / /",
    "&a",
    "*a",
    "<<: *a",
    "!!python/object",
    "- ",
    "? ",
    "| ",
    "---\n",
    "; sys_platform == 'win32'",
    "extra == 'x'",
    "git+https://a/b",
    "file:///etc/passwd",
    "==1.0",
    ">=2,<1",
    "include-group",
    "name = ",
    "version = \"\"",
    "[tool.uv.workspace]\nmembers = [\"**\"]\n",
];

/// What texts are mixed from.
pub(crate) struct Pool {
    /// All files by the end of their name.
    files: BTreeMap<String, Vec<Vec<u8>>>,
    /// Lines and words of all text files.
    lines: Vec<Vec<u8>>,
}

impl Pool {
    pub(crate) fn of(seeds: &[Tree]) -> Self {
        let mut pool = Self {
            files: BTreeMap::new(),
            lines: Vec::new(),
        };
        for (path, text) in seeds.iter().flat_map(|seed| &seed.0) {
            pool.files.entry(kind(path)).or_default().push(text.clone());
            pool.lines.extend(
                text.split_inclusive(|byte| *byte == b'\n')
                    .map(<[u8]>::to_vec),
            );
        }
        pool.lines.sort();
        pool.lines.dedup();
        pool
    }

    /// All files whose names end as this one does.
    pub(crate) fn files(&self, name: &str) -> &[Vec<u8>] {
        self.files.get(&kind(name)).map_or(&[], Vec::as_slice)
    }

    /// One change of a text.
    pub(crate) fn change(&self, text: &mut Vec<u8>, rng: &mut Rng) {
        let at = rng.usize(..=text.len());
        let line = line_at(text, at);
        match rng.u8(..10) {
            // Without a line.
            0 => drop(text.drain(line)),
            // A line many times.
            1 => {
                let copies = text[line.clone()].repeat(1 << rng.u32(0..9));
                drop(text.splice(line, copies));
            }
            // Another line from anywhere.
            2 | 3 => {
                let other = self.lines[rng.usize(..self.lines.len())].clone();
                let end = if rng.bool() { line.start } else { line.end };
                drop(text.splice(line.start..end, other));
            }
            // Something odd here, once or many times.
            4 | 5 => {
                let odd = ODD[rng.usize(..ODD.len())].as_bytes();
                let many = if rng.u8(..) < 40 {
                    1 << rng.u32(0..12)
                } else {
                    1
                };
                drop(text.splice(at..at, odd.repeat(many)));
            }
            // In place of what stands in quotes.
            6 | 7 => {
                let quoted = quoted(&text[line.clone()]);
                if let Some(found) = quoted {
                    let odd = ODD[rng.usize(..ODD.len())].bytes();
                    let start = line.start;
                    drop(text.splice(start + found.start..start + found.end, odd));
                }
            }
            // Cut off.
            8 => text.truncate(at),
            // Another byte.
            _ => {
                if let Some(byte) = text.get_mut(at) {
                    *byte = rng.u8(..);
                }
            }
        }
        text.truncate(2 * LARGEST);
    }
}

/// The end of a name, else the name: what files of one kind share.
fn kind(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit_once('.').map_or(name, |(_, end)| end);
    match end {
        "yml" => "yaml".to_owned(),
        _ => end.to_owned(),
    }
}

fn line_at(text: &[u8], at: usize) -> std::ops::Range<usize> {
    let start = text[..at]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |before| before + 1);
    let end = text[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |end| at + end + 1);
    start..end
}

/// What stands in the first quotes of a line.
fn quoted(line: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = line.iter().position(|byte| *byte == b'"')? + 1;
    let end = start + line[start..].iter().position(|byte| *byte == b'"')?;
    Some(start..end)
}
