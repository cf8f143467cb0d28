//! Data as people see it on a terminal: long lines broken at their column, headings and differences in colour.
//!
//! A pipe gets the text as it is.

use dfgen::diagnostic::Style;

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const RESET: &str = "\x1b[0m";

/// Chapters with rows of cells, which two spaces part.
pub(super) fn chapters(text: &str, style: Style) -> String {
    each_line(text, |line| {
        let heading = indent(line) <= 2 && last_cell(line).is_none();
        let line = hung(line, style);
        if heading {
            coloured(&line, BOLD, style)
        } else {
            line
        }
    })
}

/// A page of text: nothing in it is a heading.
pub(super) fn page(text: &str, style: Style) -> String {
    each_line(text, |line| hung(line, style))
}

/// Unified diffs. No line is broken: they are there to be applied.
pub(super) fn diffs(text: &str, style: Style) -> String {
    each_line(text, |line| {
        let colour = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => BOLD,
            [b'-', ..] => RED,
            [b'+', ..] => GREEN,
            [b'@', ..] => CYAN,
            _ => return line.to_owned(),
        };
        coloured(line, colour, style)
    })
}

fn each_line(text: &str, drawn: impl Fn(&str) -> String) -> String {
    let lines: Vec<String> = text.split('\n').map(drawn).collect();
    lines.join("\n")
}

fn coloured(line: &str, colour: &str, style: Style) -> String {
    if style.coloured && !line.is_empty() {
        format!("{colour}{line}{RESET}")
    } else {
        line.to_owned()
    }
}

/// The line, broken where the terminal ends; what follows stands below its last cell.
fn hung(line: &str, style: Style) -> String {
    let length = line.chars().count();
    if style.width.is_none_or(|width| length <= width) {
        return line.to_owned();
    }
    let start = last_cell(line).unwrap_or_else(|| indent(line));
    let (before, cell) = line.split_at(start);
    let column = before.chars().count();
    let cell = style.wrapped(cell, column);
    format!(
        "{before}{}",
        cell.replace('\n', &format!("\n{:column$}", ""))
    )
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Where the last cell of a row begins; `None` where there is but one.
fn last_cell(line: &str) -> Option<usize> {
    let start = indent(line);
    let gap = line[start..].rfind("  ")?;
    Some(start + gap + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "core-api: HTTP API\n  how it runs\n    command  uvicorn shop.main:app  FastAPI in main.py:1, the only one, as `[project.scripts]` says\n    user     10001\n";

    fn of(width: usize, coloured: bool) -> Style {
        Style {
            coloured,
            width: Some(width),
        }
    }

    #[test]
    fn a_cell_goes_on_below_itself() {
        insta::assert_snapshot!(chapters(ROWS, of(68, false)), @"
        core-api: HTTP API
          how it runs
            command  uvicorn shop.main:app  FastAPI in main.py:1, the only
                                            one, as `[project.scripts]` says
            user     10001
        ");
        assert_eq!(chapters(ROWS, Style::PLAIN), ROWS);
    }

    #[test]
    fn what_is_to_be_copied_stays_whole() {
        let text = "take it with `uv add --optional serve uvicorn` and render again";
        insta::assert_snapshot!(of(34, false).wrapped(text, 0), @"
        take it with
        `uv add --optional serve uvicorn`
        and render again
        ");
    }

    #[test]
    fn headings_and_differences_are_coloured() {
        let drawn = chapters(ROWS, of(200, true));
        assert_eq!(drawn.matches(BOLD).count(), 2);
        let drawn = diffs(
            "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n",
            of(10, true),
        );
        insta::assert_snapshot!(drawn.replace('\x1b', "^"), @"
        ^[1m--- a^[0m
        ^[1m+++ b^[0m
        ^[36m@@ -1 +1 @@^[0m
        ^[31m-old^[0m
        ^[32m+new^[0m
         same
        ");
    }
}
