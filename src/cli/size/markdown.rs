//! Sizes as Markdown: one table of images, and the parts and packages of each folded away.

use std::fmt::Write;

use dfgen::bytes::Bytes;
use dfgen::size::{Difference, Estimate, ImageDifference, ImageSize, Limit, Size, Sizes};

use super::difference::{grown, is_worth, line, percent, versions};
use super::signed;
use super::text::both;

/// A comment or a job's summary may have no more characters than this:
/// <https://docs.github.com/en/rest/issues/comments> refuses longer ones.
pub(super) const LONGEST: usize = 65_536;

/// Everything; `over` is what is larger than it may be.
pub(super) fn text(sizes: &Sizes, over: &str) -> String {
    let mut text = quoted(over);
    text.push_str("| image | on disk | to pull | unknown |\n|---|--:|--:|--:|\n");
    for image in &sizes.images {
        let _ = writeln!(
            text,
            "| `{}` on {} | {} | {} | {} |",
            image.profile,
            image.platform,
            image.total.disk,
            image.total.pull,
            image.unknown.len()
        );
    }
    for image in &sizes.images {
        text.push('\n');
        text.push_str(&folded(&called(image), &details(image)));
    }
    shortened(text)
}

/// What changes, for a comment: one table; below a threshold, one line. What does not change is folded.
pub(super) fn difference(difference: &Difference, threshold: Limit, over: &str) -> String {
    let (large, small): (Vec<&ImageDifference>, Vec<_>) = difference
        .images
        .iter()
        .partition(|image| is_worth(image, threshold));
    let against = cell(&difference.against);
    let mut text = quoted(over);
    if large.is_empty() {
        let changed: Vec<String> = small
            .iter()
            .filter(|image| !image.is_same())
            .map(|image| line(image))
            .collect();
        let _ = match changed.as_slice() {
            [] => writeln!(text, "Image sizes are as in {against}."),
            lines => writeln!(
                text,
                "Image sizes are nearly as in {against}. {}",
                cell(&lines.join(". "))
            ),
        };
        return shortened(text);
    }
    let _ = writeln!(text, "Image sizes against {against}:\n");
    text.push_str("| image | on disk | | to pull | | a node with the old image pulls |\n|---|--:|--:|--:|--:|--:|\n");
    for image in &large {
        text.push_str(&row(image));
    }
    for image in &large {
        let summary = format!(
            "{} on {}: layers and packages",
            image.profile, image.platform
        );
        text.push('\n');
        text.push_str(&folded(&summary, &changes(image)));
    }
    if !small.is_empty() {
        let lines: String = small
            .iter()
            .map(|image| format!("- {}\n", cell(&line(image))))
            .collect();
        text.push('\n');
        text.push_str(&folded(
            &format!("{} more images, nearly unchanged", small.len()),
            &lines,
        ));
    }
    shortened(text)
}

fn row(image: &ImageDifference) -> String {
    let size = |size: Option<Size>, of: fn(Size) -> Estimate| {
        size.map_or(Bytes(0), |size| of(size).bytes())
    };
    let (disk, pull): (fn(Size) -> Estimate, fn(Size) -> Estimate) =
        (|size| size.disk, |size| size.pull);
    let pulled = if image.before.is_some() && image.after.is_some() {
        image.pulled.to_string()
    } else {
        String::new()
    };
    let (was, is) = (size(image.before, disk), size(image.after, disk));
    format!(
        "| `{}` on {} | {was} → {is} | **{}** {} | {} → {} | {} | {pulled} |\n",
        image.profile,
        image.platform,
        signed(image.disk()),
        percent(image.disk(), was),
        size(image.before, pull),
        size(image.after, pull),
        signed(image.pull()),
    )
}

/// How many packages of an image are listed.
const PACKAGES: usize = 100;

fn changes(image: &ImageDifference) -> String {
    let mut text = String::new();
    if !image.pulled_parts.is_empty() {
        let _ = writeln!(text, "Pulled: {}.\n", cell(&image.pulled_parts.join(", ")));
    }
    text.push_str("| package | on disk | to pull | because of |\n|---|--:|--:|---|\n");
    for one in image.packages.iter().take(PACKAGES) {
        let (name, chain) = (cell(&versions(one)), cell(&one.chain));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {chain} |",
            grown(one),
            signed(one.pull())
        );
    }
    if image.packages.len() > PACKAGES {
        let _ = writeln!(text, "| {} more | | | |", image.packages.len() - PACKAGES);
    }
    text
}

/// What is said before the table: a warning in GitHub's form. Nothing where nothing is said.
fn quoted(over: &str) -> String {
    if over.is_empty() {
        return String::new();
    }
    let lines: String = over
        .trim()
        .lines()
        .map(|line| format!("> {}\n", cell(line)))
        .collect();
    format!("> [!WARNING]\n> ```\n{lines}> ```\n\n")
}

/// `core-api on linux/amd64: 173 MB on disk, 62 MB to pull`.
fn called(image: &ImageSize) -> String {
    format!(
        "{} on {}: {}",
        image.profile,
        image.platform,
        both(&image.total)
    )
}

fn details(image: &ImageSize) -> String {
    let mut text = String::from("| part | on disk | to pull |\n|---|--:|--:|\n");
    for part in &image.parts {
        let size = part.size.map_or_else(
            || "unknown | unknown".to_owned(),
            |size| format!("{} | {}", size.disk, size.pull),
        );
        let _ = writeln!(text, "| {} | {size} |", cell(&part.name));
        for package in part.packages.iter().take(10) {
            let size = package.size.map_or_else(
                || "unknown | unknown".to_owned(),
                |size| format!("{} | {}", size.disk, size.pull),
            );
            let version = package.version.as_deref().unwrap_or_default();
            let _ = writeln!(
                text,
                "| &nbsp;&nbsp;{} {} | {size} |",
                package.name,
                cell(version)
            );
        }
        if part.packages.len() > 10 {
            let _ = writeln!(
                text,
                "| &nbsp;&nbsp;{} more | | |",
                part.packages.len() - 10
            );
        }
    }
    if !image.kinds.is_empty() {
        text.push_str("\n| files of packages | on disk | files |\n|---|--:|--:|\n");
    }
    for one in &image.kinds {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            one.kind.words(),
            one.bytes,
            one.files
        );
    }
    for area in &image.areas {
        let write = area.write.replace('\n', " ");
        let _ = write!(text, "\n- {}: {}. {write}", area.saves.disk, area.what);
    }
    if !image.areas.is_empty() {
        text.push('\n');
    }
    text
}

/// A text that ends no cell.
pub(in crate::cli) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}

/// What is seen when somebody asks for it.
pub(in crate::cli) fn folded(summary: &str, text: &str) -> String {
    format!(
        "<details><summary>{}</summary>\n\n{text}\n</details>\n",
        cell(summary)
    )
}

/// The text, its end left out where it is longer than a comment may be; what is open is closed.
pub(in crate::cli) fn shortened(text: String) -> String {
    const END: &str = "\n</details>\n\nThe rest is left out: a comment has no room for more.\n";
    if text.chars().count() < LONGEST {
        return text;
    }
    let mut short = String::new();
    let mut count = END.chars().count();
    for line in text.split_inclusive('\n') {
        count += line.chars().count();
        if count >= LONGEST {
            break;
        }
        short.push_str(line);
    }
    let open = short.matches("<details>").count() > short.matches("</details>").count();
    let end = if open {
        END
    } else {
        &END["\n</details>".len()..]
    };
    short + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_never_too_long_and_closes_what_it_opens() {
        let long = folded("all", &"| a row | 1 MB | 2 MB |\n".repeat(10_000));
        let text = shortened(long);
        assert!(text.chars().count() < LONGEST);
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count()
        );
        assert!(text.ends_with("no room for more.\n"));
        assert_eq!(shortened("short".to_owned()), "short");
    }

    #[test]
    fn nothing_ends_a_cell() {
        assert_eq!(cell("a | b\n<c>"), "a \\| b &lt;c>");
    }
}
