//! The user's settings: `dfgen.toml`, or `[tool.dfgen]` in `pyproject.toml`.

use std::path::Path;

use indexmap::IndexSet;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::built_in;
use super::key::{Keys, Problems};
use super::keys::{Config, ConfigWire, Profile, ProfileWire, SettingsFile};
use super::lineage::Lineage;
use super::settings_file::Spoken;
use super::value::{Origin, ProfileName};
use crate::catalog::UserRows;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result, SourceFile, nearest};
use crate::project::Project;
use crate::project::credentials::{self, NotSecret};
use crate::project::shared::{self, Shared};
use crate::rules;

/// `pyproject.toml`, of which dfgen's settings are `[tool.dfgen]`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Pyproject")]
pub(super) struct PyprojectWire {
    tool: ToolWire,
}

/// Settings of tools; all but dfgen's are passed over.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Tool")]
struct ToolWire {
    dfgen: ConfigWire,
}

impl Config {
    /// Reads the settings of a project; without any, every default. Errors: settings in both
    /// places, invalid TOML, unknown keys, values that cannot be.
    pub(crate) fn load(project: &Project) -> Result<Self> {
        let file = crate::project::read(&project.root, "dfgen.toml")?;
        match (file, &project.pyproject.dfgen) {
            (Some(file), Some(_)) => Err(two_places(&file, &project.pyproject.file).into()),
            (Some(file), None) => Self::in_folder(&project.root, file),
            (None, _) => {
                let file = project.pyproject.file.clone();
                let wire: PyprojectWire =
                    toml::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
                let shared = shared::shared(&project.root, &file)?;
                refuse_secrets(&file, &shared)?;
                Self::new(
                    file,
                    wire.tool.dfgen,
                    &["tool", "dfgen", "catalog"],
                    &shared,
                )
            }
        }
    }

    /// Reads a `dfgen.toml` of this folder, and what it extends. Errors: as of `Config::load`.
    pub(crate) fn in_folder(root: &Path, file: SourceFile) -> Result<Self> {
        let shared = shared::shared(root, &file)?;
        refuse_secrets(&file, &shared)?;
        let wire = wire(&file)?;
        Self::new(file, wire, &["catalog"], &shared)
    }

    /// Reads the text of a `dfgen.toml` that stands alone: what it extends says nothing. Errors: as of `Config::load`.
    pub fn parse(file: SourceFile) -> Result<Self> {
        refuse_secrets(&file, &[])?;
        let wire = wire(&file)?;
        Self::new(file, wire, &["catalog"], &[])
    }

    fn new(
        file: SourceFile,
        own: ConfigWire,
        table: &'static [&'static str],
        shared: &[Shared],
    ) -> Result<Self> {
        let mut problems = Problems::default();
        let mut wires = vec![own];
        let mut files = vec![SettingsFile::new(file, &wires[0], table, &mut problems)];
        for shared in shared {
            let wire = wire(&shared.file)?;
            let file = shared.file.clone();
            let file = SettingsFile::new(file, &wire, &["catalog"], &mut problems);
            files.push(file.shared(shared));
            wires.push(wire);
        }
        let pairs = files.iter().zip(&wires);
        let tables: Vec<_> = pairs.map(|(file, wire)| file.said(wire)).collect();
        let config = Self::from_tables(files.clone(), "", &tables, &mut problems);
        if let Some(profiles) = &config.profiles
            && profiles.value.is_empty()
            && let Origin::User(place) = &profiles.origin
        {
            problems.add(
                "`profiles` names no image",
                place,
                "empty",
                "name one or more, or leave the key out: dfgen takes what the lock asks for",
            );
        }
        Diagnostics::check(problems.0)?;
        Ok(config)
    }

    /// The user's rows of the catalog, the nearest file's first. Errors: every malformed row.
    pub fn catalog_rows(&self) -> Result<UserRows> {
        let mut rows = UserRows::default();
        for file in self.files.iter().rev() {
            rows.put_before(file.rows()?);
        }
        Ok(rows)
    }

    /// What is said of shared settings that another checkout may not have.
    pub(crate) fn outside(&self) -> impl Iterator<Item = &Place> {
        self.files.iter().filter_map(|file| file.outside.as_ref())
    }

    /// The JSON Schema of a `dfgen.toml` (draft 2020-12).
    pub fn schema() -> Schema {
        named_schema(generated::<ConfigWire>(), "dfgen.toml", "dfgen.toml")
    }

    /// The JSON Schema of a `pyproject.toml`, of which it describes the table `[tool.dfgen]` alone.
    pub fn pyproject_schema() -> Schema {
        let schema = generated::<PyprojectWire>();
        named_schema(schema, "pyproject.toml", "pyproject.toml: [tool.dfgen]")
    }

    /// Every profile that can be named: the user's first, then the built-in ones.
    pub fn names(&self) -> Vec<String> {
        let built_in = built_in::ALL.iter().map(|profile| profile.name);
        let said = self.files.iter().flat_map(SettingsFile::names);
        let mut names: IndexSet<String> = said.map(ToString::to_string).collect();
        names.extend(built_in.map(str::to_owned));
        names.into_iter().collect()
    }

    /// The profiles of the project's own file: those of shared ones are there to be extended.
    pub fn own_names(&self) -> impl Iterator<Item = &ProfileName> {
        self.files.iter().take(1).flat_map(SettingsFile::names)
    }

    /// Whether shared settings say something of a profile.
    pub fn is_shared(&self, name: &str) -> bool {
        let mut shared = self.files.iter().skip(1);
        shared.any(|file| file.spoken(name).is_some())
    }

    /// Other names of a built-in profile.
    pub fn aliases(&self, name: &str) -> &'static [&'static str] {
        let built_in = built_in::ALL.iter().find(|profile| profile.name == name);
        built_in.map_or(&[], |profile| profile.aliases)
    }

    /// What the files say of a profile, the nearest first.
    fn spoken(&self, name: &str) -> Vec<Spoken<'_>> {
        let files = self.files.iter();
        files.filter_map(|file| file.spoken(name)).collect()
    }

    /// One profile, merged. Errors: no such profile, `extends` that loops or leads nowhere, values
    /// that cannot be.
    pub fn profile(&self, name: &str) -> Result<Profile> {
        let lineage = self.lineage(name)?;
        lineage.profile()
    }

    /// The profile of this name, which starts from a built-in one where it does not say from what; that one itself where
    /// nobody says anything about the name. Errors: as [`Config::profile`].
    pub(crate) fn profile_like(&self, name: &str, built_in: &str) -> Result<Profile> {
        let spoken = self.spoken(name);
        let (false, Some(parent)) = (spoken.is_empty(), built_in::find(built_in)) else {
            return self.profile(built_in);
        };
        let extends = spoken.iter().any(|one| one.wire.extends.is_some());
        if extends || built_in::find(name).is_some() {
            return self.profile(name);
        }
        let mut lineage = Lineage::default();
        lineage.push_spoken(&spoken);
        lineage.push(parent.name, &parent.file, &parent.wire, false);
        lineage.profile()
    }

    /// The profile and what it extends, most specific first. A profile of the user's that has the
    /// name of a built-in one extends that.
    fn lineage(&self, name: &str) -> Result<Lineage<'_>> {
        let mut lineage = Lineage::default();
        let mut next = name.to_owned();
        let mut asked: Option<Place> = None;
        loop {
            let parent = built_in::find(&next);
            let mut spoken = self.spoken(&next);
            if let (true, Some(parent)) = (spoken.is_empty(), parent) {
                // Who says `ml-inference` means `ml-inference-gpu`, with what the user says about that.
                spoken = self.spoken(parent.name);
            }
            let is_new = |one: &Spoken<'_>| !lineage.has_own(one.name.as_ref());
            match (spoken.first().map(is_new), parent) {
                (Some(true), parent) => {
                    lineage.push_spoken(&spoken);
                    let extends = spoken.iter().find_map(|one| {
                        let extends = one.wire.extends.as_ref()?;
                        let place = one.file.place(extends.span(), "");
                        Some((extends.get_ref(), place))
                    });
                    match (extends, parent) {
                        (Some((name, place)), _) => {
                            next = name.clone();
                            asked = Some(place);
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
                (Some(false), None) => return Err(looping(&next, asked.as_ref()).into()),
                (None, None) => return Err(self.unknown(&next, asked.as_ref()).into()),
            }
        }
    }

    fn unknown(&self, name: &str, asked: Option<&Place>) -> Diagnostic {
        let names = self.names();
        let place = asked.map(|asked| asked.labelled("no profile has this name"));
        Diagnostic::new(
            rules::UNKNOWN_PROFILE,
            format!("there is no profile `{name}`"),
        )
        .at_some(place)
        .with_help_some(nearest(name, names.iter().map(String::as_str)))
        .with_help("`dfgen profiles` lists them")
    }
}

fn generated<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(tidied))
        .into_generator()
        .into_root_schema_for::<T>()
}

/// TOML has no null, and an editor breaks lines itself.
fn tidied(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs = text.split("\n\n").map(|text| text.replace('\n', " "));
        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
    }
}

/// A schema with its identifier and its title, which stand first.
pub fn named_schema(schema: Schema, id: &str, title: &str) -> Schema {
    let mut named = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:dfgen:schema:{id}"),
        "title": title,
    });
    for (keyword, value) in schema.to_value().as_object().into_iter().flatten() {
        if named.get(keyword).is_none() {
            named.insert(keyword.clone(), value.clone());
        }
    }
    named
}

/// Errors: a secret in any of them.
fn refuse_secrets(own: &SourceFile, shared: &[Shared]) -> Result<()> {
    let shared = shared.iter().map(|shared| &shared.file);
    let files: Vec<&SourceFile> = std::iter::once(own).chain(shared).collect();
    let open = NotSecret::said(files.iter().copied());
    credentials::refuse(files, &open)
}

/// Errors: invalid TOML, unknown keys.
fn wire(file: &SourceFile) -> Result<ConfigWire> {
    toml::from_str(file.text()).map_err(|error| invalid(file, &error))
}

fn looping(name: &str, asked: Option<&Place>) -> Diagnostic {
    let place = asked.map(|asked| asked.labelled("comes back to itself"));
    Diagnostic::new(
        rules::EXTENDS_LOOP,
        format!("the profile `{name}` extends itself"),
    )
    .at_some(place)
    .with_help("a chain of `extends` ends at a built-in profile or at one that extends nothing")
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
        .with_help_some(elsewhere(key, &known).or_else(|| nearest(key, known)))
        .into();
    }
    if file.text().get(span.clone()) == Some("profiles") && message.contains("invalid type: map") {
        return Diagnostic::new(
            rules::INVALID_VALUE,
            format!("`profiles` is a list in `{path}`, and no table"),
        )
        .at(file.place(
            span,
            "this names the profiles to render: `profiles = [\"core-api\"]`",
        ))
        .with_help("the table of a profile is `[profile.NAME]`, without an `s`")
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

/// Where a key belongs that stands in the wrong table.
fn elsewhere(key: &str, known: &[&str]) -> Option<String> {
    let is_of = |keys: &[&str]| keys.iter().any(|one| one.replace('_', "-") == key);
    if known.contains(&"profile") {
        is_of(ProfileWire::KEYS)
            .then(|| format!("`{key}` is a key of a profile: below `[profile.NAME]`"))
    } else {
        let top = known.contains(&"extends") && is_of(ConfigWire::KEYS);
        top.then(|| {
            format!("`{key}` stands at the top of the file, above the first `[profile.NAME]`")
        })
    }
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
