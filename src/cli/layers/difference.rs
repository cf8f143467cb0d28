//! What changed between two images, for people.

use dfgen::bytes::Bytes;
use dfgen::image::report::{ImagesDifference, OwnerDifference};

use super::text::{head, shortened};
use crate::cli::rows::Rows;
use crate::cli::size::signed;

/// How many owners are shown before the rest is counted.
const SHOWN: usize = 15;

/// What is less than this is counted with the rest.
const WORTH: u64 = 10_000;

pub(super) fn text(difference: &ImagesDifference) -> String {
    let (before, after) = (&difference.before, &difference.after);
    let mut text = format!("{}\n{}\n\n", head(before), head(after));
    text.push_str(&format!(
        "{} on disk; {}\n",
        signed(i128::from(after.bytes.0) - i128::from(before.bytes.0)),
        pulls(difference)
    ));
    let mut layers = Rows::default();
    for number in &difference.pulled_layers {
        let layer = &after.layers[number - 1];
        let pull = layer.pull.unwrap_or(layer.bytes);
        layers.push(pull.to_string(), shortened(&layer.instruction), "");
    }
    let chapters = [
        ("pulled", layers),
        ("what changed, on disk", owners(difference)),
    ];
    for (title, rows) in chapters {
        let rows = rows.text(4);
        if !rows.is_empty() {
            text.push_str(&format!("\n  {title}\n{rows}"));
        }
    }
    text
}

/// `a node that has the first pulls 4.3 MB of 62 MB, 2 of 9 layers`.
pub(super) fn pulls(difference: &ImagesDifference) -> String {
    let after = &difference.after;
    let layers = format!(
        "{} of {} layers",
        difference.pulled_layers.len(),
        after.layers.len()
    );
    match (difference.pulled, after.pull) {
        (Some(pulled), Some(all)) => {
            format!("a node that has the first pulls {pulled} of {all}, {layers}")
        }
        _ => {
            let unpacked = Bytes(after.bytes.0.saturating_sub(difference.shared.0));
            format!("a node that has the first pulls {layers}, {unpacked} on disk")
        }
    }
}

fn owners(difference: &ImagesDifference) -> Rows {
    let mut rows = Rows::default();
    let is_large = |one: &&OwnerDifference| {
        one.before.0.abs_diff(one.after.0) >= WORTH || one.before_versions != one.after_versions
    };
    let (large, small): (Vec<&OwnerDifference>, Vec<_>) =
        difference.owners.iter().partition(is_large);
    let (shown, rest) = large.split_at(large.len().min(SHOWN));
    for one in shown {
        rows.push(signed(change(one)), &one.name, versions(one));
    }
    let rest = [rest, small.as_slice()].concat();
    if !rest.is_empty() {
        let bytes: i128 = rest.iter().map(|one| change(one)).sum();
        rows.push(signed(bytes), format!("{} more", rest.len()), "");
    }
    rows
}

pub(super) fn change(one: &OwnerDifference) -> i128 {
    i128::from(one.after.0) - i128::from(one.before.0)
}

/// `2.9.0 → 2.10.0`, `new`, `gone`.
pub(super) fn versions(one: &OwnerDifference) -> String {
    let (before, after) = (
        one.before_versions.join(", "),
        one.after_versions.join(", "),
    );
    match (one.before.0, one.after.0) {
        (0, _) => format!("new {after}").trim_end().to_owned(),
        (_, 0) => format!("gone {before}").trim_end().to_owned(),
        _ if before == after => before,
        _ => format!("{before} → {after}"),
    }
}
