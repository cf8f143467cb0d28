//! Files as read and places in them: what a message points at.
//!
//! A file knows the secrets that it holds; a place is drawn without them.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use annotate_snippets::{Annotation, AnnotationKind, Snippet};
use schemars::JsonSchema;
use serde::Serialize;

use crate::secret::{self, Found};
use crate::unseen::is_unseen;

/// A text file as read, kept so that a message can show the line it speaks of. Cheap to clone.
///
/// Debugged, it shows its path alone: a file may hold secrets.
#[derive(Clone)]
pub struct SourceFile(Arc<Source>);

struct Source {
    path: PathBuf,
    text: String,
    secrets: OnceLock<Vec<Found>>,
    /// The places of line breaks.
    breaks: OnceLock<Vec<usize>>,
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.path(), self.text()) == (other.path(), other.text())
    }
}

impl Eq for SourceFile {}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SourceFile").field(&self.path()).finish()
    }
}

impl SourceFile {
    /// A file with the path to show (relative to the project's root where it lies below it).
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self(Arc::new(Source {
            path: path.into(),
            text: text.into(),
            secrets: OnceLock::new(),
            breaks: OnceLock::new(),
        }))
    }

    /// The path to show.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    /// The secrets that it holds.
    pub(crate) fn secrets(&self) -> &[Found] {
        let found = || secret::in_file(self.path(), self.text());
        self.0.secrets.get_or_init(found)
    }

    /// A place in this file: a byte range and the few words that stand under it.
    pub fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place {
            file: self.clone(),
            span,
            label: label.into(),
        }
    }

    /// The place of the first occurrence of `needle`, or of the file's start.
    pub fn place_of(&self, needle: &str, label: impl Into<String>) -> Place {
        let start = self.text().find(needle);
        self.place(
            start.map_or(0..0, |start| start..start + needle.len()),
            label,
        )
    }

    /// The 1-based line of a byte offset.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let found = || memchr::memchr_iter(b'\n', self.text().as_bytes()).collect();
        let breaks = self.0.breaks.get_or_init(found);
        1 + breaks.partition_point(|at| *at < offset)
    }
}

/// Lines and columns of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Region {
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column where it begins, from 1, in characters.
    pub column: usize,
    /// The line where it ends.
    pub end_line: usize,
    /// The column behind its last character.
    pub end_column: usize,
}

/// Where a problem is: a byte range of a file and a label for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(super) file: SourceFile,
    span: Range<usize>,
    pub(super) label: String,
}

impl Place {
    /// The same file, another range.
    #[must_use]
    pub(crate) fn moved(&self, span: Range<usize>) -> Self {
        Self {
            span,
            ..self.clone()
        }
    }

    /// The same range, other words under it.
    #[must_use]
    pub(crate) fn labelled(&self, label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..self.clone()
        }
    }

    /// The first place inside this one where `needle` stands as a word, else this one.
    #[must_use]
    pub(crate) fn within(&self, needle: &str) -> Self {
        let text = self.text();
        let is_word = |c: Option<char>| {
            c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        let found = text.match_indices(needle).find(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + needle.len()..].chars().next();
            !is_word(before) && !is_word(after)
        });
        found.map_or_else(
            || self.clone(),
            |(at, _)| {
                let start = self.span.start + at;
                self.moved(start..start + needle.len())
            },
        )
    }

    /// The same with its lines as a whole.
    #[must_use]
    pub(crate) fn whole_lines(&self) -> Self {
        let text = self.file.text();
        let (start, end) = (
            self.span.start.min(text.len()),
            self.span.end.min(text.len()),
        );
        let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        self.moved(start..end)
    }

    /// Whether a command that stands there sends what it prints to a file.
    pub(crate) fn writes_a_file(&self) -> bool {
        let Some((before, target)) = self.text().rsplit_once('>') else {
            return false;
        };
        let target = target.trim();
        let is_output =
            !before.ends_with(|c: char| c.is_ascii_digit() || c == '&' || c == '=' || c == '-');
        is_output
            && !target.is_empty()
            && !target.contains(['"', '\'', '&', '('])
            && !target.starts_with("/dev/")
    }

    /// Whether another place lies in it.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        self.path() == other.path()
            && self.span.start <= other.span.start
            && other.span.end <= self.span.end
    }

    /// The bytes of the file that it is.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Its lines and columns, counted from 1 in characters; what ends is not in it any more.
    pub fn region(&self) -> Region {
        let text = self.file.text();
        let position = |offset: usize| {
            let before = text.get(..offset.min(text.len())).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            (self.file.line(offset), before[start..].chars().count() + 1)
        };
        let (line, column) = position(self.span.start);
        let (end_line, end_column) = position(self.span.end.max(self.span.start));
        Region {
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// The text at this place.
    pub(crate) fn text(&self) -> &str {
        self.file.text().get(self.span.clone()).unwrap_or_default()
    }

    /// The text of the whole file.
    pub(crate) fn file_text(&self) -> &str {
        self.file.text()
    }

    /// Whether both begin on one line of one file.
    pub(crate) fn is_on_line_of(&self, other: &Self) -> bool {
        let (one, two) = (self.span.start, other.span.start);
        let between = self.file.text().get(one.min(two)..one.max(two));
        self.path() == other.path() && between.is_some_and(|text| !text.contains('\n'))
    }

    /// The 1-based line where it begins.
    pub fn line(&self) -> usize {
        self.file.line(self.span.start)
    }

    /// The first occurrence of `needle` within the range; the whole range where there is none.
    #[must_use]
    pub(crate) fn narrowed(&self, needle: &str) -> Self {
        let within = self.file.text().get(self.span.clone()).unwrap_or_default();
        let start = within.find(needle).filter(|_| !needle.is_empty());
        let start = start.map(|start| self.span.start + start);
        start.map_or_else(
            || self.clone(),
            |start| self.moved(start..start + needle.len()),
        )
    }

    /// Where this text is written in quotes, in the range or in what follows the header of a table; the range where it is
    /// nowhere.
    #[must_use]
    pub(crate) fn of_text(&self, text: &str) -> Self {
        let behind = self.file.text().get(self.span.end..).unwrap_or_default();
        let end = self.span.end + behind.find("\n[").unwrap_or(behind.len());
        let table = self.moved(self.span.start..end);
        let quotes = ['"', '\''].map(|quote| format!("{quote}{text}{quote}"));
        let found = quotes.iter().map(|quoted| table.narrowed(quoted));
        let mut found = found.filter(|found| found.span != table.span);
        found.next().unwrap_or_else(|| self.clone())
    }

    /// The file's path, as messages show it.
    pub(crate) fn path(&self) -> String {
        self.file.path().display().to_string()
    }

    /// `path:line`, as editors and terminals understand it.
    pub fn location(&self) -> String {
        let path = self.file.path().display();
        format!("{path}:{}", self.file.line(self.span.start))
    }
}

/// A place as it is drawn: its lines without secrets.
pub(super) struct Shown {
    path: String,
    first_line: usize,
    /// The lines around the place. The rest of a long file is not drawn, and would be read for each of its problems.
    text: String,
    span: Range<usize>,
}

/// Lines before and behind a place that are given to be drawn.
const AROUND: usize = 2;

impl Place {
    /// The secrets that stand in its lines.
    pub(super) fn secrets_of_lines(&self) -> impl Iterator<Item = &Found> {
        let (first, last) = (self.line(), self.file.line(self.span.end));
        self.file.secrets().iter().filter(move |found| {
            self.file.line(found.span.start) <= last && self.file.line(found.span.end) >= first
        })
    }

    pub(super) fn shown(&self) -> Shown {
        let spans = || self.file.secrets().iter().map(|found| &found.span);
        let text = self.file.text();
        let moved = |at: usize| secret::moved(at.min(text.len()), spans());
        let span = moved(self.span.start)..moved(self.span.end);
        let text = secret::without(text, spans());
        let before = text[..span.start].match_indices('\n').rev();
        let behind = text[span.end..].match_indices('\n');
        let (mut start, mut end) = (before.map(|at| at.0 + 1), behind.map(|at| at.0 + 1));
        let window = Range {
            start: start.nth(AROUND).unwrap_or(0),
            end: end.nth(AROUND).map_or(text.len(), |end| span.end + end),
        };
        let before_window = text[..window.start].matches('\n').count();
        let lines: String = text[window.clone()].chars().map(seen).collect();
        let (text, span) = short(&lines, span.start - window.start..span.end - window.start);
        Shown {
            path: self.path(),
            first_line: 1 + before_window,
            text,
            span,
        }
    }
}

/// The longest line that is drawn whole, in bytes, and what is drawn of a longer one before the place in it.
const WIDEST: usize = 400;
const LEAD: usize = 80;

/// What is drawn of a character that the drawer lets through unseen: as many bytes, so that places stay.
fn seen(c: char) -> char {
    match c.len_utf8() {
        _ if c.is_control() || !is_unseen(c) => c,
        3 => '\u{fffd}',
        _ => '\u{b7}',
    }
}

/// Lines in which a place stands, and the place: of long ones only what is around it.
fn short(lines: &str, place: Range<usize>) -> (String, Range<usize>) {
    let (mut short, mut offset) = (String::new(), 0);
    let (mut start, mut end) = (None, None);
    for line in lines.split_inclusive('\n') {
        let within = |at: usize| at.checked_sub(offset).filter(|at| *at <= line.len());
        let (first, last) = (within(place.start), within(place.end));
        let from = first.map_or(0, |first| first.saturating_sub(LEAD));
        let cut = if line.len() > WIDEST {
            line.floor_char_boundary(from)
                ..line.floor_char_boundary((from + WIDEST).min(line.len()))
        } else {
            0..line.len()
        };
        short += if cut.start > 0 { "…" } else { "" };
        let at = |at: usize| short.len() + at.clamp(cut.start, cut.end) - cut.start;
        start = start.or(first.map(at));
        end = last.map(at).or(end);
        short += &line[cut.clone()];
        if cut.end < line.len() {
            short += if line.ends_with('\n') { "…\n" } else { "…" };
        }
        offset += line.len();
    }
    let start = start.unwrap_or(short.len());
    let end = end.unwrap_or(short.len()).max(start);
    (short, start..end)
}

impl Shown {
    pub(super) fn snippet<'a>(&'a self, label: &'a str) -> Snippet<'a, Annotation<'a>> {
        let span = self.span.clone();
        Snippet::source(&self.text)
            .line_start(self.first_line)
            .path(&self.path)
            .annotation(AnnotationKind::Primary.span(span).label(label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_line_what_is_around_the_place_is_drawn() {
        let long = "x".repeat(5000);
        let text = format!("a = 1\n{long}HERE{long}\nb = 2\n");
        let at = text.find("HERE").unwrap();
        let (lines, place) = short(&text, at..at + 4);
        assert_eq!(&lines[place], "HERE");
        assert_eq!(lines.lines().count(), 3);
        assert!(
            lines.len() < 500 && lines.contains("\n…x") && lines.contains("x…\nb = 2"),
            "{lines}"
        );
        let whole = "é = 1\nb = 2\n";
        assert_eq!(short(whole, 3..13), (whole.to_owned(), 3..13));
        assert_eq!(short("", 0..0), (String::new(), 0..0));
        let (lines, place) = short(&text, 0..text.len());
        assert!(place.end <= lines.len() && place.start == 0);
    }
}
