//! The types of a profile's values: each is checked once, here, and valid from then on.

use std::fmt;
use std::str::FromStr;

use pep508_rs::pep440_rs::{Version, VersionSpecifiers, VersionSpecifiersParseError};
use schemars::JsonSchema;
use toml::value::{Date, Datetime};

use crate::bytes::Bytes;
use crate::diagnostic::Place;
use crate::names::PackageName;
use crate::unseen::is_unseen;

/// A value, and where it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it was said.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// What holds where nothing was said.
    pub(super) fn unsaid(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nothing said anything: dfgen's own default.
    Default,
    /// A built-in profile of this name.
    BuiltIn(String),
    /// A line of the user's.
    User(Place),
    /// An argument of the command line.
    CommandLine(&'static str),
}

impl Origin {
    /// Where in a file of the user's a value was said: the part of it that is `text`.
    pub(crate) fn place_of(&self, text: &str, label: impl Into<String>) -> Option<Place> {
        match self {
            Self::User(place) => Some(place.narrowed(text).labelled(label)),
            Self::Default | Self::BuiltIn(_) | Self::CommandLine(_) => None,
        }
    }
}

impl Origin {
    /// Whether the user said it.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Self::User(_) | Self::CommandLine(_))
    }

    /// The line of a container file of the project's own that says it, where none of the user's settings does.
    pub(crate) fn of_container_file(&self) -> Option<&Place> {
        let Self::User(place) = self else {
            return None;
        };
        let own = ["dfgen.toml", "pyproject.toml"];
        let is_own = own.iter().any(|own| place.path().ends_with(own));
        (!is_own).then_some(place)
    }

    /// Whether somebody said it.
    pub(crate) fn is_said(&self) -> bool {
        !matches!(self, Self::Default)
    }

    /// As it is said in generated files: without the line, which moves with every edit above it.
    pub(crate) fn file(&self) -> String {
        match self {
            Self::User(place) => place.path(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::BuiltIn(name) => write!(f, "built-in profile {name}"),
            Self::User(place) => f.write_str(&place.location()),
            Self::CommandLine(argument) => f.write_str(argument),
        }
    }
}

/// A name, or a set of names that dfgen works out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted<T> {
    /// This one.
    Name(T),
    /// Those that bring the ML stack (`@ml`).
    Ml,
    /// Those that the application needs (`@app`).
    App,
    /// Those that uv takes by default (`@default`).
    Default,
    /// Every one (`@all`).
    All,
}

impl<T: FromStr> FromStr for Wanted<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "@ml" => Ok(Self::Ml),
            "@app" => Ok(Self::App),
            "@default" => Ok(Self::Default),
            "@all" => Ok(Self::All),
            set if set.starts_with('@') => {
                Err("the sets are `@app`, `@ml`, `@default` and `@all`".to_owned())
            }
            name => name
                .parse()
                .map(Self::Name)
                .map_err(|_| "not a valid name".to_owned()),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Wanted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Ml => f.write_str("@ml"),
            Self::App => f.write_str("@app"),
            Self::Default => f.write_str("@default"),
            Self::All => f.write_str("@all"),
        }
    }
}

/// Packages by name, by glob (`nvidia-*`) or as the catalog's ML stack (`@ml`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackagePattern {
    /// This package.
    Name(PackageName),
    /// Every package whose name the glob matches.
    Glob(glob::Pattern),
    /// The ML stack (`@ml`).
    Ml,
}

impl FromStr for PackagePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "@ml" {
            return Ok(Self::Ml);
        }
        if text.contains(['*', '?', '[']) {
            return glob::Pattern::new(text)
                .map(Self::Glob)
                .map_err(|error| error.msg.to_owned());
        }
        text.parse()
            .map(Self::Name)
            .map_err(|_| "not a package name, a glob or `@ml`".to_owned())
    }
}

impl fmt::Display for PackagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Glob(glob) => glob.fmt(f),
            Self::Ml => f.write_str("@ml"),
        }
    }
}

/// A name that can be a file, a stage of a compose file and a tag: `core-api`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub struct ProfileName(
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))] String,
);

impl FromStr for ProfileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let edges = !text.is_empty() && !text.starts_with('-') && !text.ends_with('-');
        if edges && text.bytes().all(inner) && text.len() <= 63 {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "a profile's name is lower-case letters, digits and `-`, as in `core-api`"
                    .to_owned(),
            )
        }
    }
}

impl AsRef<str> for ProfileName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct Day(#[schemars(with = "String", regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))] Date);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read: Option<Datetime> = text.parse().ok();
        match read {
            Some(Datetime {
                date: Some(date),
                time: None,
                offset: None,
            }) => Ok(Self(date)),
            _ => Err("a day such as `2026-11-01`".to_owned()),
        }
    }
}

impl Day {
    /// As snapshot.debian.org writes it in addresses, at its first moment: `20261101T000000Z`.
    pub(crate) fn timestamp(self) -> String {
        let Date { year, month, day } = self.0;
        format!("{year:04}{month:02}{day:02}T000000Z")
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A range of versions, `>=0.2`; a bare version means exactly that one, as uv has it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct VersionRange(
    #[schemars(regex(pattern = r"^[ \t]*([~=!<>]=?=?)?[ \t]*v?[0-9].*$"))] String,
);

impl VersionRange {
    /// Whether a version is in it.
    pub(crate) fn contains(&self, version: &Version) -> bool {
        range(&self.0).is_ok_and(|range| range.contains(version))
    }
}

fn range(text: &str) -> Result<VersionSpecifiers, VersionSpecifiersParseError> {
    crate::catalog::UvVersions::range(text)
}

impl FromStr for VersionRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match range(text) {
            Ok(found) if found.iter().next().is_some() => Ok(Self(text.to_owned())),
            _ => Err("a range of versions such as `>=0.2`".to_owned()),
        }
    }
}

impl AsRef<str> for VersionRange {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The longest text, in bytes. Docker refuses a line of a Dockerfile of more than 65,535 bytes, and a text may take twice
/// its length there, as quotes are escaped.
/// Source: <https://github.com/moby/buildkit/blob/v0.26.0/frontend/dockerfile/parser/parser.go>
const LONGEST: usize = 30_000;

/// Text of one line that shows all that it holds: no control characters, no line breaks of Unicode, no marks of order.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Line(#[schemars(regex(pattern = r"^[^\x00-\x08\x0a-\x1f\x7f-\x9f]*$"))] String);

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!(
                "a text of at most {LONGEST} bytes, as Docker takes no line that is much longer"
            ));
        }
        match text.chars().find(|c| is_unseen(*c) && *c != '\t') {
            Some(c) => Err(format!("one line of text, without {c:?}")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl AsRef<str> for Line {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// One Dockerfile instruction of the user's own, in one line.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Instruction(#[schemars(regex(pattern = instruction_pattern()))] String);

/// Every instruction but `FROM`, which would begin a stage of its own.
const INSTRUCTIONS: [&str; 17] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Docker takes instructions in any case.
fn instruction_pattern() -> String {
    let any_case = |word: &&str| -> String {
        let both = word
            .chars()
            .map(|c| format!("[{c}{}]", c.to_ascii_lowercase()));
        both.collect()
    };
    let words: Vec<String> = INSTRUCTIONS.iter().map(any_case).collect();
    format!(
        r"^[ \t]*({})([ \t][^\x00-\x08\x0a-\x1f\x7f-\x9f]*)?$",
        words.join("|")
    )
}

impl FromStr for Instruction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let line: Line = text.parse()?;
        let word = line
            .as_ref()
            .split_ascii_whitespace()
            .next()
            .unwrap_or_default()
            .to_uppercase();
        if !INSTRUCTIONS.contains(&word.as_str()) {
            return Err("one Dockerfile instruction, as `RUN ...`; any but `FROM`".to_owned());
        }
        if text.trim_end().ends_with('\\') || text.contains("<<") {
            return Err("an instruction of one line: no `\\` at its end, no heredoc".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for Instruction {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A duration as Docker writes it: `30s`, `1m30s`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Duration(#[schemars(regex(pattern = r"^([0-9]+(ms|h|m|s))+$"))] String);

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let unit = ["ms", "h", "m", "s"]
                .into_iter()
                .find(|unit| rest[digits..].starts_with(unit));
            match unit {
                Some(unit) if digits > 0 => rest = &rest[digits + unit.len()..],
                _ => break,
            }
        }
        if rest.is_empty() && !text.is_empty() {
            Ok(Self(text.to_owned()))
        } else {
            Err("a duration such as `30s` or `1m30s`".to_owned())
        }
    }
}

impl AsRef<str> for Duration {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A number of bytes as people write it: `300 MB`, `1.5 GB`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct ByteSize(
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]{1,9})? *([kKmMgGtTpPeE]i?)?[bB]?$"))] String,
);

impl ByteSize {
    /// The number.
    ///
    /// # Panics
    ///
    /// Never: it was read when this was made.
    pub fn bytes(&self) -> Bytes {
        self.0.parse().expect("it was read when this was made")
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<Bytes>().map(|_| Self(text.to_owned()))
    }
}

impl AsRef<str> for ByteSize {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// An amount of memory as compose writes it: `1gb`, `512m`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct MemorySize(#[schemars(regex(pattern = r"^[0-9]+([kmg]?b|[kmg])$"))] String);

impl FromStr for MemorySize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = ["b", "k", "kb", "m", "mb", "g", "gb"].contains(&&text[digits..]);
        if digits > 0 && unit {
            Ok(Self(text.to_owned()))
        } else {
            Err("an amount of memory such as `1gb` or `512mb`".to_owned())
        }
    }
}

impl AsRef<str> for MemorySize {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
