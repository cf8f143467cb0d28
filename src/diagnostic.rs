//! One shape for everything dfgen has to say about a problem, and one drawer for it.
//!
//! A [`Diagnostic`] names its rule, says what is wrong in one line, points at the line that a
//! person wrote, and ends with help that can be pasted. Stages return [`Diagnostics`], so that all
//! problems of a stage are told at once. The library never prints: [`Diagnostics::draw`] gives text.

mod json;
mod source;

use std::borrow::Cow;
use std::fmt;

use annotate_snippets::{Group, Level, Renderer};
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::names::PackageName;
use crate::rules::{self, Rule, Severity};
use crate::{secret, unseen};

use source::Shown;
pub use source::{Place, Region, SourceFile};

/// What a pipeline stage returns: its value, or everything that is wrong.
pub type Result<T> = std::result::Result<T, Diagnostics>;

/// One problem: rule, message, place, evidence, help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    severity: Severity,
    rule: &'static Rule,
    message: String,
    places: Vec<Place>,
    notes: Vec<String>,
    helps: Vec<String>,
    about: Option<Box<About>>,
}

/// What a problem is about; apart, so that a problem stays small to hand on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct About {
    packages: Vec<PackageName>,
}

impl Diagnostic {
    /// A problem of a rule, as heavy as the rule is; `message` says what is wrong in one line, lower case, names in
    /// backticks.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            severity: rule.severity(),
            rule,
            message: message.into(),
            places: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
            about: None,
        }
    }

    /// The same, as something that stops the work.
    #[must_use]
    pub(crate) fn into_error(self) -> Self {
        Self {
            severity: Severity::Error,
            ..self
        }
    }

    /// The same, as something that stops nothing.
    #[must_use]
    pub fn as_warning(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }

    /// The same, as something that is worth knowing.
    #[must_use]
    pub(crate) fn into_note(self) -> Self {
        Self {
            severity: Severity::Note,
            ..self
        }
    }

    /// Points at a place in a file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }

    /// Points at a place, if there is one.
    #[must_use]
    pub(crate) fn at_some(mut self, place: Option<Place>) -> Self {
        self.places.extend(place);
        self
    }

    /// Adds a line of evidence.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a line that says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// Adds a line that says what to do, if there is one.
    #[must_use]
    pub fn with_help_some(mut self, help: Option<String>) -> Self {
        self.helps.extend(help);
        self
    }

    /// Names the packages that would not be there if it were mended.
    #[must_use]
    pub(crate) fn with_packages<'n>(
        mut self,
        packages: impl IntoIterator<Item = &'n PackageName>,
    ) -> Self {
        let about = self.about.get_or_insert_default();
        about.packages.extend(packages.into_iter().cloned());
        self
    }

    /// The packages that would not be there if it were mended.
    pub(crate) fn packages(&self) -> &[PackageName] {
        self.about.as_ref().map_or(&[], |about| &about.packages)
    }

    /// Its rule.
    pub fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is worth knowing besides.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The lines that say what to do.
    pub fn helps(&self) -> &[String] {
        &self.helps
    }

    /// Where the problem is, most telling place first.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// All of it that fits in a line: `note[rule]: what is wrong`.
    pub fn line(&self) -> String {
        let level = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let message = plain(&short(&self.without_secrets(&self.message)));
        format!("{level}[{}]: {message}", self.rule.name())
    }

    /// The whole text, ending in a newline.
    pub fn draw(&self, style: Style) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let shown: Vec<Shown> = self.places.iter().map(Place::shown).collect();
        let said = |text: &str| self.without_secrets(text);
        let labels: Vec<String> = self
            .places
            .iter()
            .map(|place| plain(&said(&place.label)))
            .collect();
        let name = self.rule.name();
        let title = plain(&short(&said(&self.message)));
        let title = style.wrapped(&title, "warning[]: ".len() + name.len());
        let mut group = Group::with_title(level.primary_title(title).id(name));
        for (shown, label) in shown.iter().zip(&labels) {
            group = group.element(shown.snippet(label));
        }
        for note in &self.notes {
            let note = style.wrapped(&plain_lines(&said(note)), NOTES);
            group = group.element(Level::NOTE.message(note));
        }
        for help in &self.helps {
            let help = style.wrapped(&plain_lines(&said(help)), NOTES);
            group = group.element(Level::HELP.message(help));
        }
        let mut text = style.renderer().render(&[group]);
        text.push('\n');
        text
    }

    /// Words of this problem without what the lines hold that it is about: a value that is quoted does not
    /// show by itself that it is a secret. What says that something is one quotes none.
    fn without_secrets(&self, text: &str) -> String {
        let mut masked = secret::mask_line(text);
        if self.rule == rules::CREDENTIALS_IN_FILE {
            return secret::mask(text).into_owned();
        }
        for place in &self.places {
            let text = place.file.text();
            for found in place.secrets_of_lines() {
                masked = secret::without_quoted(masked, &text[found.span.clone()]);
            }
        }
        masked
    }
}

/// The longest message, in bytes: values of any length stand in it.
const LONGEST: usize = 600;

/// A message that a person reads to its end.
fn short(message: &str) -> Cow<'_, str> {
    if message.len() <= LONGEST {
        return message.into();
    }
    let (half, end) = (LONGEST / 2, message.len() - LONGEST / 2);
    let (start, end) = (
        message.floor_char_boundary(half),
        message.ceil_char_boundary(end),
    );
    format!("{} … {}", &message[..start], &message[end..]).into()
}

/// A text in which nothing moves the cursor or colours the terminal: what a file holds may be in it.
fn plain(text: &str) -> String {
    unseen::escaped(text)
}

/// The same for a text of several lines.
fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether it carries ANSI colours.
    pub coloured: bool,
    /// The columns of the terminal; `None` where it is none, and no line is broken.
    pub width: Option<usize>,
}

impl Style {
    /// Text only.
    pub const PLAIN: Self = Self {
        coloured: false,
        width: None,
    };

    fn renderer(self) -> Renderer {
        let renderer = if self.coloured {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        match self.width {
            Some(width) => renderer.term_width(width),
            None => renderer,
        }
    }

    /// A text whose first line begins at this column, broken between words. What stands in backticks is there to be
    /// copied, and stays whole.
    pub fn wrapped(self, text: &str, column: usize) -> String {
        let Some(width) = self.width else {
            return text.to_owned();
        };
        let options = Options::new(width.saturating_sub(column).max(MIN_WIDTH))
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .word_separator(WordSeparator::AsciiSpace);
        let lines = text.split('\n').map(|line| {
            let quoted = |(index, part): (usize, &str)| match index % 2 {
                0 => part.to_owned(),
                _ => part.replace(' ', "\u{a0}"),
            };
            let glued: Vec<String> = line.split('`').enumerate().map(quoted).collect();
            let wrapped = textwrap::fill(&glued.join("`"), &options);
            wrapped.replace('\u{a0}', " ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Text in a narrower column is no easier to read.
const MIN_WIDTH: usize = 30;

/// The column at which notes and helps begin, below a file of up to 999 lines.
const NOTES: usize = "    = note: ".len();

/// One or more problems, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// `Ok` when there is no problem, so that a stage can collect first and fail once.
    pub(crate) fn check(problems: Vec<Diagnostic>) -> Result<()> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }

    /// The same problems; those without a place get this one.
    #[must_use]
    pub(crate) fn or_at(self, place: Option<Place>) -> Self {
        let placed = self.0.into_iter().map(|problem| {
            let place = place.clone().filter(|_| problem.places.is_empty());
            problem.at_some(place)
        });
        Self(placed.collect())
    }

    /// The same problems, each with a line of evidence more.
    #[must_use]
    pub fn with_note(self, note: &str) -> Self {
        self.0
            .into_iter()
            .map(|problem| problem.with_note(note))
            .collect()
    }

    /// The problems, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// All problems drawn, a blank line between them.
    pub fn draw(&self, style: Style) -> String {
        let drawn: Vec<String> = self.0.iter().map(|problem| problem.draw(style)).collect();
        drawn.join("\n")
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(problem: Diagnostic) -> Self {
        Self(vec![problem])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(Style::PLAIN))
    }
}

impl std::error::Error for Diagnostics {}

/// The names nearest to a mistyped one, best first, as words for a help line; all of them when
/// there are at most eight, else up to three that are near. `None` when nothing may be said.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    let (best, name) = *scored.first()?;
    let many = scored.len() > 8;
    if best > 0.85 {
        return Some(format!("did you mean `{name}`?"));
    }
    let is_near = |name: &str| {
        name.contains(typed) || strsim::normalized_damerau_levenshtein(typed, name) >= 0.5
    };
    let names = scored.iter().map(|(_, name)| *name);
    let names = names.filter(|name| !many || is_near(name));
    let names = names.take(if many { 3 } else { 8 });
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let all = names.join(", ");
    match (many, names.len()) {
        (_, 0) => None,
        (true, 1) => Some(format!("the nearest is {all}")),
        (true, _) => Some(format!("the nearest are {all}")),
        (false, _) => Some(format!("there is {all}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn a_problem_is_drawn_with_its_line_evidence_and_help() {
        let file = SourceFile::new("dfgen.toml", "exclude = [\"torhc\"]\n");
        let problem = Diagnostic::new(rules::UNKNOWN_PACKAGE, "`torhc` is not in uv.lock")
            .at(file.place(11..18, "no locked package has this name"))
            .with_note("uv.lock has 3 packages")
            .with_help("did you mean `torch`?");
        insta::assert_snapshot!(problem.draw(Style::PLAIN), @r#"
        error[unknown-package]: `torhc` is not in uv.lock
         --> dfgen.toml:1:12
          |
        1 | exclude = ["torhc"]
          |            ^^^^^^^ no locked package has this name
          |
          = note: uv.lock has 3 packages
          = help: did you mean `torch`?
        "#);
    }

    #[test]
    fn nearest_names_are_said_by_how_near_they_are() {
        assert_eq!(
            nearest("torhc", ["numpy", "torch"]).unwrap(),
            "did you mean `torch`?"
        );
        assert_eq!(nearest("zz", ["ml", "pg"]).unwrap(), "there is `ml`, `pg`");
        assert_eq!(nearest("zz", []), None);
    }
}
