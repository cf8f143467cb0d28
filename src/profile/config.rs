//! The user's settings: `dfgen.toml`, or `[tool.dfgen]` in `pyproject.toml`.

use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

use super::lineage::Lineage;
use super::value::{ContextPath, Origin, ProfileName, Setting};
use super::wire::{ConfigWire, ProfileWire};
use super::{Profile, built_in};
use crate::catalog::UserRows;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile, nearest};
use crate::project::Project;
use crate::project::credentials::NotSecret;
use crate::rules;

/// What the user says, checked; profiles are merged when they are asked for.
#[derive(Debug, Clone)]
pub struct Config {
    file: SourceFile,
    /// The profiles that `render` takes when none is named.
    pub profiles: Option<Setting<Vec<String>>>,
    /// The folder of generated files.
    pub output: Setting<ContextPath>,
    /// Whether Dockerfiles begin with a `# syntax=` line.
    pub syntax: Setting<bool>,
    /// Whether steps that download trust the build secret `ca-certificates`.
    pub ca_certificates: Setting<bool>,
    /// The tables under which the file has dfgen's settings.
    table: &'static [&'static str],
    has_catalog: bool,
    wires: IndexMap<ProfileName, (Spanned<String>, ProfileWire)>,
}

/// `pyproject.toml` with everything but `[tool.dfgen]` passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PyprojectWire {
    tool: ToolWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolWire {
    dfgen: ConfigWire,
}

impl Config {
    /// Reads the settings of a project; without any, every default. Errors: settings in both
    /// places, invalid TOML, unknown keys, values that cannot be.
    pub fn load(project: &Project) -> Result<Self> {
        let file = crate::project::read(&project.root, "dfgen.toml")?;
        match (file, &project.pyproject.dfgen) {
            (Some(file), Some(_)) => Err(two_places(&file, &project.pyproject.file).into()),
            (Some(file), None) => Self::parse(file),
            (None, _) => {
                let file = project.pyproject.file.clone();
                let wire: PyprojectWire =
                    toml::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
                Self::new(file, wire.tool.dfgen, &["tool", "dfgen", "catalog"])
            }
        }
    }

    /// Reads the text of a `dfgen.toml`. Errors: as of [`Config::load`].
    pub fn parse(file: SourceFile) -> Result<Self> {
        crate::project::credentials::refuse([&file], &NotSecret::said(file.text()))?;
        let wire = toml::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
        Self::new(file, wire, &["catalog"])
    }

    fn new(file: SourceFile, wire: ConfigWire, table: &'static [&'static str]) -> Result<Self> {
        let mut problems = Vec::new();
        let mut wires = IndexMap::new();
        for (name, profile) in wire.profile {
            match name.get_ref().parse::<ProfileName>() {
                Ok(parsed) => {
                    wires.insert(parsed, (name, profile));
                }
                Err(expected) => problems.push(
                    Diagnostic::new(
                        rules::INVALID_VALUE,
                        format!("`{}` cannot be a profile's name", name.get_ref()),
                    )
                    .at(file.place(name.span(), expected)),
                ),
            }
        }
        let output = output(&file, wire.output, &mut problems);
        let switch = |said: Option<Spanned<bool>>, default| setting(&file, said, default);
        if let Some(names) = wire
            .profiles
            .as_ref()
            .filter(|names| names.get_ref().is_empty())
        {
            problems.push(
                Diagnostic::new(rules::INVALID_VALUE, "`profiles` names no image")
                    .at(file.place(names.span(), "empty"))
                    .with_help("name one or more, or leave the key out: dfgen takes what the lock asks for"),
            );
        }
        let profiles = wire.profiles.map(|names| Setting {
            origin: user(&file, &names),
            value: names
                .into_inner()
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
        });
        let config = Self {
            profiles,
            output,
            syntax: switch(wire.syntax, true),
            ca_certificates: switch(wire.ca_certificates, false),
            has_catalog: wire.catalog.is_some(),
            table,
            wires,
            file,
        };
        Diagnostics::check(problems)?;
        Ok(config)
    }

    /// The user's rows of the catalog. Errors: every malformed row.
    pub fn catalog_rows(&self) -> Result<UserRows> {
        if self.has_catalog {
            UserRows::parse(&self.file, self.table)
        } else {
            Ok(UserRows::default())
        }
    }

    /// Every profile that can be named: the user's first, then the built-in ones.
    pub fn names(&self) -> Vec<String> {
        let built_in = built_in::ALL.iter().map(|profile| profile.name);
        let own = self.wires.keys().map(AsRef::as_ref);
        let mut names: Vec<String> = own.map(str::to_owned).collect();
        names.extend(built_in.filter(|name| !self.has(name)).map(str::to_owned));
        names
    }

    /// The user's own profiles.
    pub fn own_names(&self) -> impl Iterator<Item = &ProfileName> {
        self.wires.keys()
    }

    /// Other names of a built-in profile.
    pub fn aliases(&self, name: &str) -> &'static [String] {
        let built_in = built_in::ALL.iter().find(|profile| profile.name == name);
        built_in.map_or(&[], |profile| &profile.wire.aliases)
    }

    fn has(&self, name: &str) -> bool {
        self.wires.keys().any(|own| own.as_ref() == name)
    }

    /// One profile, merged. Errors: no such profile, `extends` that loops or leads nowhere, values
    /// that cannot be.
    pub fn profile(&self, name: &str) -> Result<Profile> {
        let lineage = self.lineage(name)?;
        lineage.profile()
    }

    /// The profile and what it extends, most specific first. A profile of the user's that has the
    /// name of a built-in one extends that.
    fn lineage(&self, name: &str) -> Result<Lineage<'_>> {
        let mut lineage = Lineage::default();
        let mut next = name.to_owned();
        let mut asked: Option<&Spanned<String>> = None;
        loop {
            let named = |name: &str| self.wires.iter().find(|(own, _)| own.as_ref() == name);
            // Who says `ml-inference` means `ml-inference-gpu`, with what the user says about that.
            let own = named(&next).or_else(|| named(built_in::find(&next)?.name));
            let seen = own.is_some_and(|(own, _)| lineage.has_own(own.as_ref()));
            match (own, built_in::find(&next)) {
                (Some((own, (_, wire))), parent) if !seen => {
                    lineage.push(own.as_ref(), &self.file, wire, true);
                    match (&wire.extends, parent) {
                        (Some(extends), _) => {
                            next = extends.get_ref().clone();
                            asked = Some(extends);
                        }
                        (None, Some(parent)) => {
                            lineage.push(parent.name, &parent.file, &parent.wire, false);
                            return Ok(lineage);
                        }
                        (None, None) => return Ok(lineage),
                    }
                }
                (_, Some(parent)) => {
                    lineage.push(parent.name, &parent.file, &parent.wire, false);
                    return Ok(lineage);
                }
                (Some(_), None) => return Err(self.looping(&next, asked).into()),
                (None, None) => return Err(self.unknown(&next, asked).into()),
            }
        }
    }

    fn looping(&self, name: &str, asked: Option<&Spanned<String>>) -> Diagnostic {
        let place = asked.map(|asked| self.file.place(asked.span(), "comes back to itself"));
        Diagnostic::new(
            rules::EXTENDS_LOOP,
            format!("the profile `{name}` extends itself"),
        )
        .at_some(place)
        .with_help("a chain of `extends` ends at a built-in profile or at one that extends nothing")
    }

    fn unknown(&self, name: &str, asked: Option<&Spanned<String>>) -> Diagnostic {
        let names = self.names();
        let place = asked.map(|asked| self.file.place(asked.span(), "no profile has this name"));
        Diagnostic::new(
            rules::UNKNOWN_PROFILE,
            format!("there is no profile `{name}`"),
        )
        .at_some(place)
        .with_help_some(nearest(name, names.iter().map(String::as_str)))
        .with_help("`dfgen profiles` lists them")
    }
}

fn output(
    file: &SourceFile,
    said: Option<Spanned<String>>,
    problems: &mut Vec<Diagnostic>,
) -> Setting<ContextPath> {
    let default: ContextPath = "docker".parse().expect("`docker` is a valid path");
    let Some(said) = said else {
        return Setting {
            value: default,
            origin: Origin::Default,
        };
    };
    let value = said.get_ref().parse().unwrap_or_else(|expected: String| {
        problems.push(
            Diagnostic::new(
                rules::INVALID_VALUE,
                format!("`output` cannot be `{}`", said.get_ref()),
            )
            .at(file.place(said.span(), expected)),
        );
        default
    });
    Setting {
        value,
        origin: user(file, &said),
    }
}

fn setting<T>(file: &SourceFile, said: Option<Spanned<T>>, default: T) -> Setting<T> {
    match said {
        Some(said) => Setting {
            origin: user(file, &said),
            value: said.into_inner(),
        },
        None => Setting {
            value: default,
            origin: Origin::Default,
        },
    }
}

fn user<T>(file: &SourceFile, said: &Spanned<T>) -> Origin {
    Origin::User(file.place(said.span(), ""))
}

fn two_places(file: &SourceFile, pyproject: &SourceFile) -> Diagnostic {
    let start = file.text().find(|c: char| !c.is_whitespace()).unwrap_or(0);
    Diagnostic::new(
        rules::TWO_CONFIGURATIONS,
        "dfgen's settings are in two places",
    )
    .at(file.place(start..start + 1, "one is here"))
    .at(pyproject.place_of("[tool.dfgen", "the other is here"))
    .with_help("move all of them to dfgen.toml")
}

/// TOML's own complaint; for an unknown key, the nearest one that exists.
fn invalid(file: &SourceFile, error: &toml::de::Error) -> Diagnostics {
    let path = Path::new(file.path()).display();
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    if let Some((key, known)) = unknown_key(message) {
        return Diagnostic::new(
            rules::UNKNOWN_KEY,
            format!("`{path}` has the unknown key `{key}`"),
        )
        .at(file.place(span, "no such key here"))
        .with_help_some(nearest(key, known))
        .into();
    }
    let written = "numbers are written `8000`, text `\"text\"`, lists `[\"a\", \"b\"]`";
    let expected = ["invalid type: ", "expected "];
    if expected.iter().any(|start| message.starts_with(start)) {
        let words = [
            ("i64", "a number"),
            ("a sequence", "a list"),
            ("u32", "a number"),
        ];
        let label = words.iter().fold(message.to_owned(), |label, (from, to)| {
            label.replace(&format!("expected {from}"), &format!("expected {to}"))
        });
        return Diagnostic::new(
            rules::INVALID_VALUE,
            format!("`{path}` has a value of another kind"),
        )
        .at(file.place(span, label))
        .with_help(written)
        .into();
    }
    Diagnostic::new(rules::INVALID_TOML, format!("`{path}` cannot be read"))
        .at(file.place(span, message))
        .with_help(written)
        .into()
}

/// serde words it "unknown field `a`, expected one of `b`, `c`".
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message
        .strip_prefix("unknown field ")?
        .split('`')
        .skip(1)
        .step_by(2);
    Some((quoted.next()?, quoted.collect()))
}
