//! Files as read and places in them: what a message points at.
//!
//! A file knows the secrets that it holds; a place is drawn without them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use crate::secret::{self, Found};

/// A text file as read, kept so that a message can show the line it speaks of. Cheap to clone.
///
/// Debugged, it shows its path alone: a file may hold secrets.
#[derive(Clone)]
pub struct SourceFile(Arc<Source>);

struct Source {
    path: PathBuf,
    text: String,
    secrets: OnceLock<Vec<Found>>,
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        (self.path(), self.text()) == (other.path(), other.text())
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
        let end = offset.min(self.text().len());
        1 + self.text().as_bytes()[..end]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }
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
pub(super) struct Shown<'p> {
    path: String,
    text: Cow<'p, str>,
    span: Range<usize>,
    /// The lines around the place. The rest of a long file is not drawn, and would be read for each of its problems.
    window: Range<usize>,
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

    pub(super) fn shown(&self) -> Shown<'_> {
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
        Shown {
            path: self.path(),
            text,
            span,
            window,
        }
    }
}

impl Shown<'_> {
    pub(super) fn snippet<'a>(&'a self, label: &'a str) -> Snippet<'a, Annotation<'a>> {
        let Range { start, end } = self.window;
        let line = 1 + self.text[..start].matches('\n').count();
        let span = self.span.start - start..self.span.end - start;
        Snippet::source(&self.text[start..end])
            .line_start(line)
            .path(&self.path)
            .annotation(AnnotationKind::Primary.span(span).label(label))
    }
}
