//! Lists of names, and numbers of packages, in one line.

use dfgen::plan::PlatformPlan;
use dfgen::profile::Line;

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

/// A command as one would type it.
pub(super) fn words(words: &[Line]) -> String {
    let word = |word: &Line| {
        let plain = |c: char| c.is_alphanumeric() || "-_./:=@,+%".contains(c);
        let text = word.as_ref();
        if !text.is_empty() && text.chars().all(plain) {
            text.to_owned()
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    let words: Vec<String> = words.iter().map(word).collect();
    words.join(" ")
}

/// `31 packages, 12 MB`
pub(super) fn held(platform: &PlatformPlan) -> String {
    format!("{}, {}", packages(platform.packages), platform.download)
}

pub(super) fn packages(count: usize) -> String {
    match count {
        1 => "1 package".to_owned(),
        count => format!("{count} packages"),
    }
}
