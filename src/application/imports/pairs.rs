//! Imports that no table knows, paired with requirements that nothing else uses: `md2conf` comes
//! from `markdown-to-confluence`, and no rule of naming says so.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::PackageName;

use super::environment::first;

/// Shorter words say nothing: `py`, `to`, `lib`.
const SHORTEST: usize = 4;

/// Of the beginnings of words that make up a name, the shortest that says something.
const SHORTEST_PART: usize = 3;

/// Which requirement each unknown import most likely comes from: one that is not imported otherwise
/// and shares a word with it. Being the only one left over on each side is no reason: that hides
/// imports that are truly missing.
pub(crate) fn pairs(
    imports: &BTreeSet<String>,
    unimported: &BTreeSet<PackageName>,
) -> BTreeMap<String, PackageName> {
    let mut left = unimported.clone();
    let mut paired = BTreeMap::new();
    for import in imports {
        let alike = left.iter().max_by_key(|package| likeness(import, package));
        let alike = alike.filter(|package| likeness(import, package) > 0);
        if let Some(package) = alike.cloned() {
            left.remove(&package);
            paired.insert(import.clone(), package);
        }
    }
    paired
}

/// How many letters the words have that both share.
fn likeness(import: &str, package: &PackageName) -> usize {
    let top = first(import).to_ascii_lowercase();
    let plain = |text: &str| text.replace(['-', '_', '.'], "");
    let (module, whole) = (plain(&top), plain(package.as_ref()));
    if module.len() >= SHORTEST && whole.contains(&module) {
        return module.len();
    }
    if is_short_for(&module, package) {
        return module.len();
    }
    let shared = words(&top).flat_map(|one| {
        let others = words(package.as_ref());
        others.filter_map(move |other| {
            let shorter = one.len().min(other.len());
            (one.starts_with(other) || other.starts_with(one)).then_some(shorter)
        })
    });
    shared.sum()
}

/// Whether a module's name is made of the beginnings of a package's words: `actstream` of `django-activity-stream`.
fn is_short_for(module: &str, package: &PackageName) -> bool {
    let mut rest = module;
    let mut parts = 0;
    for word in words(package.as_ref()) {
        let mut same = rest.chars().zip(word.chars());
        let length = same.position(|(one, other)| one != other);
        let length = length.unwrap_or(rest.len().min(word.len()));
        if length >= SHORTEST_PART {
            rest = &rest[length..];
            parts += 1;
        }
    }
    rest.is_empty() && parts > 1
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    let words = name.split(|letter: char| !letter.is_alphabetic());
    words.filter(|word| word.len() >= SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(imports: &[&str], unused: &[&str]) -> Vec<String> {
        let package = |name: &&str| PackageName::new((*name).to_owned()).unwrap();
        let imports = imports.iter().map(|name| (*name).to_owned()).collect();
        let unused = unused.iter().map(package).collect();
        let pairs = pairs(&imports, &unused);
        let shown = pairs
            .iter()
            .map(|(import, package)| format!("{import} {package}"));
        shown.collect()
    }

    #[test]
    fn shared_words_tell() {
        let unused = [
            "argos-translate-files",
            "argos-translate-lt",
            "drf-flex-fields",
            "numpy",
        ];
        assert_eq!(
            paired(&["argostranslatefiles", "rest_flex_fields"], &unused),
            [
                "argostranslatefiles argos-translate-files",
                "rest_flex_fields drf-flex-fields"
            ]
        );
        assert_eq!(
            paired(&["md2conf"], &["markdown-to-confluence", "trio"]),
            ["md2conf markdown-to-confluence"]
        );
        assert_eq!(
            paired(&["actstream"], &["flower", "django-activity-stream"]),
            ["actstream django-activity-stream"]
        );
    }

    #[test]
    fn nothing_in_common_is_no_pair() {
        assert!(paired(&["logfire"], &["humanize"]).is_empty());
    }
}
