//! The Python that a version file asks for: `.python-version` in the forms that uv reads, else what the files of
//! other version managers say.
//!
//! uv's forms, as uv 0.13 takes them: <https://docs.astral.sh/uv/concepts/python-versions/#requesting-a-version>. Like
//! uv, this takes the first line that it understands. What uv would ignore, with a warning, is kept as unusable: dfgen
//! does not take another Python in its place without a word.

use std::path::Path;

use pep508_rs::pep440_rs::VersionSpecifiers;

use super::read;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Place, Result, SourceFile};
use crate::rules;

/// What a version file asks for.
#[derive(Debug, Clone)]
pub(crate) struct PythonRequest {
    /// As written.
    pub(crate) text: String,
    /// The file.
    pub(crate) file: SourceFile,
    /// What it means.
    pub(crate) wanted: WantedPython,
}

/// Which Python would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WantedPython {
    /// Any.
    Any,
    /// One that begins with these numbers: `3`, `3.12`, `3.12.4`.
    Release(Vec<u64>),
    /// One of a range: `>=3.11,<3.13`.
    Range(VersionSpecifiers),
    /// None that an image has, with why.
    Unusable(&'static str),
}

const NO_PYTHON: &str = "that names no Python";
const OTHER: &str = "images of Python have CPython, and no other implementation";
const VARIANT: &str = "there is no official image of a free-threaded or a debug build";
const ONE_MACHINE: &str = "a path leads to the Python of one machine";
const BEFORE_RELEASE: &str = "there is no image of a version before its release";

impl PythonRequest {
    /// What the folder's version files ask for: uv's own, then those that uv does not read. Errors: a `mise.toml`
    /// that is no TOML.
    pub(super) fn load(root: &Path) -> Result<Option<Self>> {
        for name in [".python-version", ".python-versions"] {
            if let Some(file) = read(root, name)? {
                return Ok(of_lines(file));
            }
        }
        if let Some(request) = read(root, ".tool-versions")?.and_then(of_asdf) {
            return Ok(Some(request));
        }
        for name in ["mise.toml", ".mise.toml"] {
            let file = read(root, name)?.map(of_mise).transpose()?;
            if let Some(request) = file.flatten() {
                return Ok(Some(request));
            }
        }
        Ok(read(root, "runtime.txt")?.and_then(of_runtime))
    }

    /// Where it stands.
    pub(crate) fn place(&self, label: &str) -> Place {
        self.file.place_of(&self.text, label)
    }

    /// Whether uv reads the file.
    pub(crate) fn is_read_by_uv(&self) -> bool {
        self.file
            .path()
            .to_string_lossy()
            .starts_with(".python-version")
    }

    fn new(text: &str, file: SourceFile) -> Self {
        Self {
            wanted: wanted(text),
            text: text.to_owned(),
            file,
        }
    }
}

fn of_lines(file: SourceFile) -> Option<PythonRequest> {
    let lines = file.text().lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    let is_known = |line: &&String| wanted(line) != WantedPython::Unusable(NO_PYTHON);
    let line = lines.iter().find(is_known).or(lines.first())?;
    Some(PythonRequest::new(line, file))
}

/// `python 3.12.4 3.11.9`: the first is the one, the others are there as well.
fn of_asdf(file: SourceFile) -> Option<PythonRequest> {
    let mut lines = file.text().lines();
    let version = lines.find_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|name| *name == "python")?;
        words.next().map(str::to_owned)
    })?;
    Some(PythonRequest::new(&version, file))
}

/// `[tools] python`: a version, several, or a table with one.
fn of_mise(file: SourceFile) -> Result<Option<PythonRequest>> {
    let table: toml::Table = toml::from_str(file.text()).map_err(|error| {
        let path = file.path().display();
        let place = file.place(error.span().unwrap_or(0..0), error.message());
        Diagnostic::new(rules::INVALID_TOML, format!("`{path}` cannot be read")).at(place)
    })?;
    let tool = table.get("tools").and_then(|tools| tools.get("python"));
    let first = tool.and_then(|tool| tool.get(0)).or(tool);
    let version = first.and_then(|tool| tool.get("version")).or(first);
    let version = version.and_then(toml::Value::as_str).map(str::to_owned);
    Ok(version.map(|version| PythonRequest::new(&version, file)))
}

/// `python-3.12.4`, as Heroku had it.
fn of_runtime(file: SourceFile) -> Option<PythonRequest> {
    let line = file
        .text()
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty());
    let line = line?.to_owned();
    Some(PythonRequest::new(&line, file))
}

fn wanted(text: &str) -> WantedPython {
    let lower = text.to_ascii_lowercase();
    if matches!(
        lower.as_str(),
        "any" | "default" | "cpython" | "cp" | "python"
    ) {
        return WantedPython::Any;
    }
    if text.starts_with(['/', '.', '~']) && !text.starts_with("~=") {
        return WantedPython::Unusable(ONE_MACHINE);
    }
    if text.starts_with(['>', '<', '=', '!', '~']) {
        let range = text.parse().map(WantedPython::Range);
        return range.unwrap_or(WantedPython::Unusable(NO_PYTHON));
    }
    if Catalog::embedded().uv().implementations().begin(&lower) {
        return WantedPython::Unusable(OTHER);
    }
    version(without_implementation(&lower))
}

/// The version of `cpython@3.12`, `cp312`, `python-3.12.4`, `prefix:3.12`, or `cpython-3.12.3-linux-x86_64-gnu`.
fn without_implementation(text: &str) -> &str {
    let names = ["cpython", "python", "cp", "prefix:"];
    let rest = names.iter().find_map(|name| text.strip_prefix(name));
    let rest = rest.map(|rest| rest.trim_start_matches(['@', '-', ' ']));
    let version = rest.map(|rest| rest.split('-').next().unwrap_or(rest));
    version.unwrap_or(text)
}

fn version(text: &str) -> WantedPython {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (numbers, rest) = text.split_at(end.unwrap_or(text.len()));
    let numbers: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    let before = ["a", "b", "rc"]
        .iter()
        .find_map(|word| rest.strip_prefix(word));
    let is_before = before.is_some_and(|number| number.parse::<u64>().is_ok());
    match (numbers.as_deref(), rest) {
        (Some([joined]), "") if *joined >= 20 => {
            // `312` is 3.12.
            let text = joined.to_string();
            let minor = text[1..].parse();
            let major = joined / 10_u64.pow(u32::try_from(text.len() - 1).unwrap_or(0));
            minor.map_or(WantedPython::Unusable(NO_PYTHON), |minor| {
                WantedPython::Release(vec![major, minor])
            })
        }
        (Some(numbers @ ([_] | [_, _] | [_, _, _])), "") => WantedPython::Release(numbers.to_vec()),
        (Some(_), "t" | "d" | "td" | "+freethreaded" | "+debug" | "+freethreaded+debug") => {
            WantedPython::Unusable(VARIANT)
        }
        (Some(_), _) if is_before => WantedPython::Unusable(BEFORE_RELEASE),
        _ => WantedPython::Unusable(NO_PYTHON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> Option<(String, WantedPython)> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(name), text).expect("a file");
        let request = PythonRequest::load(folder.path()).expect("it can be read")?;
        Some((request.text, request.wanted))
    }

    #[test]
    fn every_form_that_uv_reads_is_read() {
        use WantedPython::{Any, Range, Release, Unusable};
        let range = |text: &str| Range(text.parse().expect("a range"));
        for (text, wanted) in [
            ("3", Release(vec![3])),
            ("3.12", Release(vec![3, 12])),
            ("3.12.4", Release(vec![3, 12, 4])),
            ("312", Release(vec![3, 12])),
            ("cp312", Release(vec![3, 12])),
            ("cpython@3.12", Release(vec![3, 12])),
            ("cpython-3.12", Release(vec![3, 12])),
            ("cpython-3.12.3-linux-x86_64-gnu", Release(vec![3, 12, 3])),
            ("python3.12", Release(vec![3, 12])),
            ("Python 3.12", Release(vec![3, 12])),
            (">=3.11,<3.13", range(">=3.11,<3.13")),
            (">=3.11, <3.13", range(">=3.11,<3.13")),
            ("~=3.12", range("~=3.12")),
            ("==3.12.1", range("==3.12.1")),
            ("any", Any),
            ("cpython", Any),
            ("3.13t", Unusable(VARIANT)),
            ("3.13+freethreaded", Unusable(VARIANT)),
            (
                "cpython-3.13.0+freethreaded-linux-x86_64-gnu",
                Unusable(VARIANT),
            ),
            ("3.13d", Unusable(VARIANT)),
            ("pypy3.10", Unusable(OTHER)),
            ("pypy@3.10", Unusable(OTHER)),
            ("pp310", Unusable(OTHER)),
            ("3.14rc1", Unusable(BEFORE_RELEASE)),
            ("/usr/bin/python3", Unusable(ONE_MACHINE)),
            ("latest", Unusable(NO_PYTHON)),
            ("3.12.*", Unusable(NO_PYTHON)),
            ("3.12-dev", Unusable(NO_PYTHON)),
            ("hello", Unusable(NO_PYTHON)),
            ("3.12.1.1", Unusable(NO_PYTHON)),
        ] {
            let (_, found) = said(".python-version", text).expect("something");
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn the_first_line_that_is_understood_is_taken() {
        let release = WantedPython::Release(vec![3, 12]);
        let lines = "# ours\n\n3.12\n3.11\n";
        assert_eq!(
            said(".python-version", lines),
            Some(("3.12".into(), release.clone()))
        );
        assert_eq!(
            said(".python-version", "ours\n3.12\n"),
            Some(("3.12".into(), release))
        );
        assert_eq!(said(".python-version", "\n"), None);
    }

    #[test]
    fn other_version_managers_are_read() {
        let release = |numbers: &[u64]| Some(WantedPython::Release(numbers.to_vec()));
        let wanted = |name: &str, text: &str| said(name, text).map(|(_, wanted)| wanted);
        let asdf = "nodejs 22.1.0\npython 3.12.4 3.11.9\n";
        assert_eq!(wanted(".tool-versions", asdf), release(&[3, 12, 4]));
        assert_eq!(wanted(".tool-versions", "nodejs 22.1.0\n"), None);
        assert_eq!(
            wanted("mise.toml", "[tools]\npython = \"3.12\"\n"),
            release(&[3, 12])
        );
        let several = "[tools]\npython = [\"3.12\", \"3.11\"]\n";
        assert_eq!(wanted("mise.toml", several), release(&[3, 12]));
        let table = "[tools]\npython = { version = \"3.12\", virtualenv = \".venv\" }\n";
        assert_eq!(wanted(".mise.toml", table), release(&[3, 12]));
        assert_eq!(wanted("mise.toml", "[tools]\nnode = \"22\"\n"), None);
        assert_eq!(
            wanted("runtime.txt", "python-3.12.4\n"),
            release(&[3, 12, 4])
        );
        let latest = Some(WantedPython::Unusable(NO_PYTHON));
        assert_eq!(
            wanted("mise.toml", "[tools]\npython = \"latest\"\n"),
            latest
        );
    }
}
