//! What a change makes of images, for people, in one screen.

use std::fmt::Write;

use dfgen::bytes::Bytes;
use dfgen::size::{Difference, ImageDifference, Limit, PackageDifference, Size, VersionSize};

use super::signed;
use crate::cli::rows::Rows;

/// How many packages are shown of an image before the rest is counted.
const SHOWN: usize = 12;

/// How many parts.
const PARTS: usize = 5;

/// Everything: what changes by more than the threshold, then the rest in a line each.
pub(super) fn text(difference: &Difference, threshold: Limit) -> String {
    let (large, small): (Vec<&ImageDifference>, Vec<_>) = difference
        .images
        .iter()
        .partition(|image| is_worth(image, threshold));
    let mut text = String::new();
    for image in large {
        text.push_str(&self::image(image));
        text.push('\n');
    }
    for image in small {
        let _ = writeln!(text, "{}", line(image));
    }
    if difference.images.is_empty() {
        text.push_str("there is no image in either\n");
    }
    text
}

/// Whether an image changes by as much as a threshold, or comes or goes.
pub(super) fn is_worth(image: &ImageDifference, threshold: Limit) -> bool {
    let (Some(before), Some(_)) = (image.before, image.after) else {
        return true;
    };
    let reaches =
        |bytes: i128, whole: Bytes| bytes.unsigned_abs() >= u128::from(threshold.of(whole).0);
    !image.is_same()
        && (reaches(image.disk(), before.disk.bytes())
            || reaches(image.pull(), before.pull.bytes()))
}

/// `core-api on linux/amd64: unchanged`.
pub(super) fn line(image: &ImageDifference) -> String {
    let (profile, platform) = (&image.profile, image.platform);
    if image.is_same() {
        return format!("{profile} on {platform}: unchanged");
    }
    let (disk, pull) = (signed(image.disk()), signed(image.pull()));
    let count = match image.packages.len() {
        1 => "1 package changes".to_owned(),
        more => format!("{more} packages change"),
    };
    format!("{profile} on {platform}: {disk} on disk, {pull} to pull; {count}")
}

fn image(image: &ImageDifference) -> String {
    let mut text = format!(
        "{} on {}: {}\n",
        image.profile,
        image.platform,
        heading(image)
    );
    if image.after.is_some() && image.before.is_some() {
        let parts = image.pulled_parts.join(", ");
        let _ = writeln!(
            text,
            "  a node with the old image pulls {}: {parts}",
            image.pulled
        );
    }
    if image.unknown != (0, 0) {
        let (before, after) = image.unknown;
        let _ = writeln!(
            text,
            "  not counted, as it is unknown: {before} before, {after} after"
        );
    }
    let parts = parts(image).text(4);
    if !parts.is_empty() {
        let _ = write!(text, "\n  by layer, on disk\n{parts}");
    }
    let packages = packages(image).text(4);
    if !packages.is_empty() {
        let _ = write!(
            text,
            "\n  by package, on disk, and why it is there\n{packages}"
        );
    }
    text
}

/// `173 MB to 215 MB on disk (+42 MB, +24 %), 62 MB to 78 MB to pull (+16 MB)`.
fn heading(image: &ImageDifference) -> String {
    let (before, after) = match (image.before, image.after) {
        (Some(before), Some(after)) => (before, after),
        (None, Some(after)) => return format!("new, {}", super::both(&after)),
        (Some(before), None) => return format!("no more, {}", super::both(&before)),
        (None, None) => return String::new(),
    };
    format!(
        "{} → {} on disk ({}, {}), {} → {} to pull ({})",
        before.disk,
        after.disk,
        signed(image.disk()),
        percent(image.disk(), before.disk.bytes()),
        before.pull,
        after.pull,
        signed(image.pull())
    )
}

/// `+24 %`.
pub(super) fn percent(bytes: i128, whole: Bytes) -> String {
    let whole = i128::from(whole.0.max(1));
    let tenths = (bytes * 1000 + bytes.signum() * whole / 2) / whole;
    let sign = if tenths < 0 { "-" } else { "+" };
    let (percent, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match percent {
        0..10 => format!("{sign}{percent}.{tenth} %"),
        _ => format!("{sign}{percent} %"),
    }
}

fn parts(image: &ImageDifference) -> Rows {
    let mut rows = Rows::default();
    let mut parts: Vec<_> = image
        .parts
        .iter()
        .map(|part| (growth(part.before, part.after), part))
        .collect();
    parts.sort_by_key(|(grown, _)| std::cmp::Reverse(grown.unsigned_abs()));
    let rest = parts.len().saturating_sub(PARTS);
    for (grown, part) in parts.into_iter().take(PARTS) {
        let what = match (part.before, part.after) {
            (None, Some(_)) => format!("{}, new", part.name),
            (Some(_), None) => format!("{}, no more", part.name),
            _ => part.name.clone(),
        };
        rows.push(signed(grown), what, "");
    }
    if rest > 0 {
        rows.push("", format!("{rest} more layers, each less"), "");
    }
    rows
}

fn growth(before: Option<Size>, after: Option<Size>) -> i128 {
    let disk = |size: Option<Size>| size.map_or(Bytes(0), |size| size.disk.bytes());
    dfgen::size::growth(disk(before), disk(after))
}

fn packages(image: &ImageDifference) -> Rows {
    let mut rows = Rows::default();
    let (shown, rest) = image.packages.split_at(image.packages.len().min(SHOWN));
    for one in shown {
        rows.push(grown(one), versions(one), &one.chain);
    }
    if !rest.is_empty() {
        let all = rest.iter().map(PackageDifference::disk).sum();
        rows.push(signed(all), format!("{} more packages", rest.len()), "");
    }
    rows
}

/// `+41 MB`, `unknown`.
pub(super) fn grown(package: &PackageDifference) -> String {
    if package.is_unknown() {
        "unknown".to_owned()
    } else {
        signed(package.disk())
    }
}

/// `numpy 2.3.4, new`, `torch 2.9.0 → 2.11.0`.
pub(super) fn versions(package: &PackageDifference) -> String {
    let version = |one: &VersionSize| one.version.clone().unwrap_or_default();
    let name = &package.name;
    match (&package.before, &package.after) {
        (None, Some(after)) => format!("{name} {}, new", version(after)),
        (Some(before), None) => format!("{name} {}, gone", version(before)),
        (Some(before), Some(after)) if before.version == after.version => {
            format!("{name} {}, another file", version(after))
        }
        (Some(before), Some(after)) => format!("{name} {} → {}", version(before), version(after)),
        (None, None) => name.to_string(),
    }
}
