//! What becomes of the files of a wheel when it is installed.
//!
//! Where files go is as in the specification of binary distributions and as uv does it: `.data` folders are taken apart,
//! entry points become scripts.

use super::elf::{self, Cut, Parts};
use super::{Trouble, WheelFile};

/// A file in a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) compressed: u64,
}

/// A wheel whose files are known, and can be looked into.
pub(super) trait Contents {
    fn files(&self) -> &[Packed];

    /// So many bytes of a file from an offset on, or fewer where it ends. `None` where that costs too much.
    fn part(&self, index: usize, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Trouble>;
}

/// A list of entry points is never longer.
const ENTRY_POINTS: u64 = 1 << 20;

/// What uv puts in the place of `#!python` at the top of a script, in an image.
const SHEBANG: &str = "#!/opt/venv/bin/python";

/// The files of a wheel, as they are once it is installed; `symbols` is whether debug symbols are looked for.
pub(super) fn installed(wheel: &impl Contents, symbols: bool) -> Result<Vec<WheelFile>, Trouble> {
    let mut files = Vec::new();
    for (index, packed) in wheel.files().iter().enumerate() {
        let start = |length: usize| {
            let bytes = wheel.part(index, 0, length)?;
            Ok::<_, Trouble>(bytes.unwrap_or_default())
        };
        let (path, is_script) = destination(&packed.path);
        let mut file = WheelFile {
            path,
            size: packed.size,
            compressed: packed.compressed,
            cut: Cut::default(),
        };
        if is_script && start("#!python".len())? == b"#!python" {
            file.size = file
                .size
                .saturating_add((SHEBANG.len() - "#!python".len()) as u64);
        }
        if symbols && file.is_library() {
            file.cut = elf::cut(&mut Library { wheel, index }, packed.size)?;
        }
        files.push(file);
        if packed.path.ends_with(".dist-info/entry_points.txt") {
            let most = usize::try_from(packed.size.min(ENTRY_POINTS)).unwrap_or(0);
            files.extend(scripts(&String::from_utf8_lossy(&start(most)?)));
        }
    }
    Ok(files)
}

/// A file in a wheel, of which parts are asked for.
struct Library<'a, C> {
    wheel: &'a C,
    index: usize,
}

impl<C: Contents> Parts for Library<'_, C> {
    type Error = Trouble;

    fn part(&mut self, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Trouble> {
        self.wheel.part(self.index, offset, length)
    }
}

/// Where a file of a wheel goes, seen from site-packages; and whether it is a program.
fn destination(path: &str) -> (String, bool) {
    let data = path.split_once('/').and_then(|(folder, rest)| {
        let package = folder.strip_suffix(".data")?;
        Some((package, rest.split_once('/')?))
    });
    let Some((package, (kind, rest))) = data else {
        return (path.to_owned(), false);
    };
    match kind {
        "purelib" | "platlib" => (rest.to_owned(), false),
        "scripts" => (format!("../../../bin/{rest}"), true),
        "headers" => {
            let name = package.split('-').next().unwrap_or(package);
            (
                format!("../../../include/site/python3.13/{name}/{rest}"),
                false,
            )
        }
        _ => (format!("../../../{rest}"), false),
    }
}

/// The scripts that entry points become.
fn scripts(entry_points: &str) -> Vec<WheelFile> {
    let mut is_scripts = false;
    let mut found = Vec::new();
    for line in entry_points.lines().map(str::trim) {
        if line.starts_with('[') {
            is_scripts = ["[console_scripts]", "[gui_scripts]"].contains(&line);
            continue;
        }
        let Some((name, target)) = line.split_once('=').filter(|_| is_scripts) else {
            continue;
        };
        let target = target.split('[').next().unwrap_or_default().trim();
        let Some((module, function)) = target.split_once(':') else {
            continue;
        };
        let script = script(module.trim(), function.trim());
        found.push(WheelFile {
            path: format!("../../../bin/{}", name.trim()),
            size: script.len() as u64,
            // Such a script compresses to half of it, and with others to next to nothing.
            compressed: script.len() as u64 / 4,
            cut: Cut::default(),
        });
    }
    found
}

/// As uv writes it (`crates/uv-install-wheel/src/wheel.rs`).
fn script(module: &str, function: &str) -> String {
    let import = function.split('.').next().unwrap_or(function);
    format!(
        "{SHEBANG}\n# -*- coding: utf-8 -*-\nimport sys\nfrom {module} import {import}\nif __name__ == \"__main__\":\n    if sys.argv[0].endswith(\"-script.pyw\"):\n        sys.argv[0] = sys.argv[0][:-11]\n    elif sys.argv[0].endswith(\".exe\"):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit({function}())\n"
    )
}
