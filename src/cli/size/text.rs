//! Sizes for people: a tree for each image, largest first, then what could be done without, as a plan by effort.

use std::cmp::Reverse;
use std::fmt::Write;

use dfgen::bytes::Bytes;
use dfgen::diagnostic::Style;
use dfgen::rules::Effort;
use dfgen::size::{
    Area, Estimate, ImageDifference, ImageSize, Limit, Over, PackageSize, Part, Requirement, Size,
    Sizes, Way,
};

use super::signed;
use crate::cli::rows::Rows;

/// How many packages of a layer, and how many requirements, are shown before the rest is counted.
const SHOWN: usize = 8;

/// How many things of which nothing is known are listed.
const UNKNOWN: usize = 12;

/// Columns of a bar.
const BAR: u64 = 20;

/// Columns that a terminal needs to have for bars.
const WIDE: usize = 100;

/// Everything.
pub(super) fn text(sizes: &Sizes, style: Style) -> String {
    let bars = style.width.is_some_and(|width| width >= WIDE);
    let images: Vec<String> = sizes.images.iter().map(|one| image(one, bars)).collect();
    images.join("\n")
}

/// `173 MB on disk, 62 MB to pull`.
pub(in crate::cli) fn both(size: &Size) -> String {
    format!("{} on disk, {} to pull", size.disk, size.pull)
}

/// What is larger than it may be, and the cheapest ways down. Empty where nothing is.
pub(super) fn over(sizes: &Sizes, grown: &[&ImageDifference], limit: Option<Limit>) -> String {
    let mut text = String::new();
    for image in &sizes.images {
        for over in &image.over {
            let Over {
                of,
                budget,
                is,
                ways,
            } = over;
            let _ = write!(
                text,
                "\n{} on {} is over its budget: {is} {of}, and `budget` allows {budget}\n{}",
                image.profile,
                image.platform,
                ways_down(ways)
            );
        }
        let is_it = |one: &&&ImageDifference| {
            (&one.profile, one.platform) == (&image.profile, image.platform)
        };
        if let (Some(grown), Some(limit)) = (grown.iter().find(is_it), limit) {
            let before = grown.before.map_or(Bytes(0), |size| size.disk.bytes());
            let _ = write!(
                text,
                "\n{} on {} grows by more than it may: {} on disk, and `--max-increase` allows {}\n{}",
                image.profile,
                image.platform,
                signed(grown.disk()),
                limit.of(before),
                ways_down(&image.ways_down())
            );
        }
    }
    text
}

fn ways_down(ways: &[Way]) -> String {
    let mut rows = Rows::default();
    for way in ways {
        rows.push(way.saves.disk.bytes().to_string(), &way.what, "");
        rows.below(format!("{}: {}", way.write.replace('\n', " "), way.because));
    }
    format!("  the cheapest ways down\n{}", rows.text(4))
}

fn image(image: &ImageSize, bars: bool) -> String {
    let (disk, pull) = (image.total.disk, image.total.pull);
    let mut text = format!(
        "{} on {}: {disk} on disk{}, {pull} to pull{}{}\n\n",
        image.profile,
        image.platform,
        range(disk),
        range(pull),
        if image.unknown.is_empty() {
            ""
        } else {
            ", and what is unknown"
        },
    );
    text.push_str(&tree(image, bars));
    let chapters = [
        (
            "what your requirements bring, with what only they need",
            requirements(image),
        ),
        ("what the files of packages are, on disk", kinds(image)),
        ("unknown: not counted", unknown(image)),
        (
            "left out by the trimming rules, on disk: not counted",
            trimmed(image),
        ),
        (
            "today: a line, and nothing that runs is changed",
            areas(image, Effort::Easy),
        ),
        (
            "this week: a new lock, or a feature that nobody uses",
            areas(image, Effort::Medium),
        ),
        (
            "next: another cut through the project",
            areas(image, Effort::Architectural),
        ),
    ];
    for (title, rows) in chapters {
        let rows = rows.text(4);
        if !rows.is_empty() {
            let _ = write!(text, "\n  {title}\n{rows}");
        }
    }
    text
}

/// ` (165 MB to 181 MB)`.
fn range(estimate: Estimate) -> String {
    if estimate.is_known() {
        String::new()
    } else {
        format!(" ({} to {})", estimate.low(), estimate.high())
    }
}

/// The parts, largest first, with the largest packages of each.
fn tree(image: &ImageSize, bars: bool) -> String {
    let whole = image.total.disk.bytes();
    let mut parts: Vec<&Part> = image.parts.iter().collect();
    parts.sort_by_key(|part| Reverse(part.size.map(|size| size.disk.bytes())));
    let mut text = format!("{:>11} {:>5} {:>8}\n", "disk", "", "pull");
    for part in parts {
        let about = match part.packages.len() {
            0 => part.name.clone(),
            1 => format!("{}: 1 package", part.name),
            more => format!("{}: {more} packages", part.name),
        };
        text.push_str(&line(part.size, whole, bars, &about));
        text.push_str(&packages(part, whole, bars));
    }
    text
}

fn packages(part: &Part, whole: Bytes, bars: bool) -> String {
    let (known, nothing): (Vec<&PackageSize>, Vec<_>) =
        part.packages.iter().partition(|one| one.size.is_some());
    let (shown, rest) = known.split_at(known.len().min(SHOWN));
    let mut lines: Vec<(Option<Size>, String)> = Vec::new();
    for one in shown {
        lines.push((one.size, named(one)));
    }
    if !rest.is_empty() {
        let size = rest.iter().filter_map(|one| one.size).sum();
        lines.push((Some(size), format!("{} more", rest.len())));
    }
    lines.extend(nothing.into_iter().map(|one| (None, named(one))));
    let last = lines.len();
    let lines = lines.into_iter().enumerate().map(|(index, (size, name))| {
        let branch = if index + 1 == last {
            "└── "
        } else {
            "├── "
        };
        line(size, whole, bars, &format!("{branch}{name}"))
    });
    lines.collect()
}

fn named(package: &PackageSize) -> String {
    match &package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.to_string(),
    }
}

fn line(size: Option<Size>, whole: Bytes, bars: bool, what: &str) -> String {
    let Some(size) = size else {
        let bar = if bars {
            " ".repeat(usize::try_from(BAR).unwrap_or(0) + 1)
        } else {
            String::new()
        };
        return format!("{:>11} {:>5} {:>8}  {bar}{what}\n", "unknown", "", "");
    };
    let disk = size.disk.bytes();
    let bar = if bars {
        format!("{} ", bar(disk, whole))
    } else {
        String::new()
    };
    format!(
        "{disk:>11} {:>5} {:>8}  {bar}{what}\n",
        share(disk, whole),
        size.pull.bytes()
    )
}

/// `68 %`; nothing below one.
fn share(part: Bytes, whole: Bytes) -> String {
    let percent = (part.0.saturating_mul(100) + whole.0 / 2) / whole.0.max(1);
    if percent == 0 {
        String::new()
    } else {
        format!("{percent} %")
    }
}

fn bar(part: Bytes, whole: Bytes) -> String {
    let full = (part.0.saturating_mul(BAR) + whole.0 / 2) / whole.0.max(1);
    let full = usize::try_from(full.min(BAR)).unwrap_or(0);
    format!(
        "{}{}",
        "█".repeat(full),
        " ".repeat(usize::try_from(BAR).unwrap_or(0) - full)
    )
}

fn requirements(image: &ImageSize) -> Rows {
    let mut rows = Rows::default();
    for list in image.lists.iter().filter(|list| !list.leaving.is_empty()) {
        let packages = match list.leaving.len() {
            1 => "1 package".to_owned(),
            more => format!("{more} packages"),
        };
        rows.push(
            saved(&list.size, list.unknown),
            format!("all of {}: {packages}", list.name),
            "",
        );
    }
    let (alone, shared): (Vec<&Requirement>, Vec<_>) = image
        .requirements
        .iter()
        .partition(|one| !one.leaving.is_empty());
    let (shown, rest) = alone.split_at(alone.len().min(SHOWN));
    for one in shown {
        rows.push(saved(&one.size, one.unknown), what_leaves(one), "");
    }
    if !rest.is_empty() {
        let size = rest.iter().map(|one| one.size).sum();
        rows.push(
            saved(&size, 0),
            format!("{} more, each less", rest.len()),
            "",
        );
    }
    if !shared.is_empty() {
        let names: Vec<&str> = shared
            .iter()
            .take(SHOWN)
            .map(|one| one.name.as_ref())
            .collect();
        let more = shared.len() - names.len();
        let more = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        rows.push(
            "nothing",
            format!("{}{more}: other packages need them too", names.join(", ")),
            "",
        );
    }
    rows
}

/// `torch, with 17 more packages`; `greenlet, for sqlalchemy's sake` where others need the package itself too.
fn what_leaves(requirement: &Requirement) -> String {
    let (name, leaving) = (&requirement.name, &requirement.leaving);
    let more = |count: usize, word: &str| match count {
        0 => String::new(),
        1 => format!(", {word}1 more package"),
        more => format!(", {word}{more} more packages"),
    };
    match leaving.first() {
        Some(first) if first != name => {
            format!(
                "{first}{}, for the sake of {name}",
                more(leaving.len() - 1, "with ")
            )
        }
        _ => format!("{name}{}", more(leaving.len().saturating_sub(1), "with ")),
    }
}

/// `592 MB`, `592 MB and more` where some of it is unknown.
fn saved(size: &Size, unknown: usize) -> String {
    match (size.disk.bytes(), unknown) {
        (Bytes(0), 1..) => "unknown".to_owned(),
        (bytes, 0) => bytes.to_string(),
        (bytes, _) => format!("{bytes} and more"),
    }
}

fn unknown(image: &ImageSize) -> Rows {
    let mut rows = Rows::default();
    for one in image.unknown.iter().take(UNKNOWN) {
        rows.push(&one.what, &one.because, "");
    }
    if image.unknown.len() > UNKNOWN {
        rows.push(
            format!("{} more", image.unknown.len() - UNKNOWN),
            "`--format json` has all",
            "",
        );
    }
    rows
}

fn kinds(image: &ImageSize) -> Rows {
    let mut rows = Rows::default();
    for one in &image.kinds {
        let files = match one.files {
            1 => "1 file".to_owned(),
            more => format!("{more} files"),
        };
        rows.push(one.bytes.to_string(), one.kind.words(), files);
    }
    rows
}

fn trimmed(image: &ImageSize) -> Rows {
    let mut rows = Rows::default();
    for one in &image.trimmed {
        if let Some(bytes) = one.bytes {
            rows.push(bytes.to_string(), &one.rule, "");
        }
    }
    rows
}

/// What could be done without, of one effort.
fn areas(image: &ImageSize, effort: Effort) -> Rows {
    let mut rows = Rows::default();
    for area in image.areas.iter().filter(|area| area.effort == effort) {
        let Area {
            what,
            saves,
            effort: _,
            write,
            because,
            rule: _,
        } = area;
        rows.push(saves.disk.bytes().to_string(), what, "");
        rows.below(format!("{}: {because}", write.replace('\n', " ")));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_shares() {
        let whole = Bytes(1000);
        assert_eq!(bar(whole, whole), "█".repeat(20));
        assert_eq!(
            bar(Bytes(250), whole),
            format!("{}{}", "█".repeat(5), " ".repeat(15))
        );
        assert_eq!(bar(Bytes(1), whole).trim(), "");
        assert_eq!(share(Bytes(250), whole), "25 %");
        assert_eq!(share(Bytes(1), whole), "");
        assert_eq!(
            (bar(Bytes(0), Bytes(0)).trim(), share(Bytes(0), Bytes(0))),
            ("", String::new())
        );
    }

    #[test]
    fn what_is_unknown_keeps_its_columns() {
        let size = Size::default();
        let lines = [
            line(Some(size), Bytes(1), true, "a"),
            line(None, Bytes(1), true, "b"),
        ];
        let places = lines.map(|line| line.trim_end().chars().count());
        assert_eq!(places[0], places[1]);
    }
}
