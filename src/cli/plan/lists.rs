//! Lists of names in one line.

/// How many names of a list are shown before the rest is counted.
const SHOWN: usize = 6;

/// `a, b and 3 more`
pub(super) fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    let shown = names[..SHOWN].join(", ");
    format!("{shown} and {} more", names.len() - SHOWN)
}

/// All of them: `a, b`
pub(super) fn named<T: ToString>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}
