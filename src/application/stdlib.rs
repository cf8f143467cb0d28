//! Which modules are Python's own. The table is `stdlib.txt`, with its source.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A Python version, major and minor.
pub(crate) type PythonVersion = (u8, u8);

#[derive(Debug, Clone, Copy)]
struct Versions {
    from: PythonVersion,
    before: PythonVersion,
}

/// Whether `name`, a top-level module, is part of the standard library of this version.
pub(crate) fn contains(name: &str, python: PythonVersion) -> bool {
    let versions = table().get(name);
    versions.is_some_and(|versions| versions.from <= python && python < versions.before)
}

/// Whether some version that dfgen knows has this module.
pub(crate) fn ever_contained(name: &str) -> bool {
    table().contains_key(name)
}

fn table() -> &'static BTreeMap<&'static str, Versions> {
    static TABLE: OnceLock<BTreeMap<&'static str, Versions>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = include_str!("stdlib.txt").lines();
        lines
            .filter(|line| !line.starts_with('#'))
            .filter_map(row)
            .collect()
    })
}

fn row(line: &'static str) -> Option<(&'static str, Versions)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut versions = Versions {
        from: (0, 0),
        before: (u8::MAX, 0),
    };
    for word in words {
        if let Some(version) = word.strip_prefix(">=") {
            versions.from = parse(version)?;
        } else {
            versions.before = parse(word.strip_prefix('<')?)?;
        }
    }
    Some((name, versions))
}

fn parse(version: &str) -> Option<PythonVersion> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_and_go_with_versions() {
        assert!(contains("os", (3, 13)));
        assert!(contains("tomllib", (3, 11)) && !contains("tomllib", (3, 10)));
        assert!(contains("cgi", (3, 12)) && !contains("cgi", (3, 13)));
        assert!(contains("annotationlib", (3, 14)));
        assert!(!contains("torch", (3, 13)) && !ever_contained("torch"));
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("stdlib.txt").lines();
        assert_eq!(
            lines.filter(|line| !line.starts_with('#')).count(),
            table().len()
        );
    }
}
