//! The user's settings: `dfgen.toml`, or `[tool.dfgen]` in `pyproject.toml`.

use std::path::Path;

use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::key::{Keys, Problems, Said, Speaker};
use super::keys::{Config, ConfigWire, Profile, ProfileWire};
use super::lineage::Lineage;
use super::value::{Origin, ProfileName};
use super::{built_in, catalog_rows};
use crate::catalog::UserRows;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile, nearest};
use crate::project::Project;
use crate::project::credentials::NotSecret;
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
            (Some(file), None) => Self::parse(file),
            (None, _) => {
                let file = project.pyproject.file.clone();
                let wire: PyprojectWire =
                    toml::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
                Self::new(file, wire.tool.dfgen, &["tool", "dfgen", "catalog"])
            }
        }
    }

    /// Reads the text of a `dfgen.toml`. Errors: as of `Config::load`.
    pub fn parse(file: SourceFile) -> Result<Self> {
        crate::project::credentials::refuse([&file], &NotSecret::said(file.text()))?;
        let wire = toml::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
        Self::new(file, wire, &["catalog"])
    }

    fn new(file: SourceFile, wire: ConfigWire, table: &'static [&'static str]) -> Result<Self> {
        let (wires, mut problems) = named(&file, &wire.profile);
        let tables = [Said {
            value: &wire,
            span: 0..0,
            speaker: Speaker {
                name: "",
                file: &file,
                own: true,
            },
        }];
        let catalog = wire.catalog.as_ref().map(|_| table);
        let config = Self::from_tables(file.clone(), catalog, wires, "", &tables, &mut problems);
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

    /// The user's rows of the catalog. Errors: every malformed row.
    pub fn catalog_rows(&self) -> Result<UserRows> {
        let rows = self
            .catalog
            .map(|table| catalog_rows::read(&self.file, table));
        rows.unwrap_or_else(|| Ok(UserRows::default()))
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
    pub fn aliases(&self, name: &str) -> &'static [&'static str] {
        let built_in = built_in::ALL.iter().find(|profile| profile.name == name);
        built_in.map_or(&[], |profile| profile.aliases)
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

    /// The profile of this name, which starts from a built-in one where it does not say from what; that one itself where
    /// nobody says anything about the name. Errors: as [`Config::profile`].
    pub(crate) fn profile_like(&self, name: &str, built_in: &str) -> Result<Profile> {
        let own = self.wires.iter().find(|(own, _)| own.as_ref() == name);
        let (Some((own, (_, wire))), Some(parent)) = (own, built_in::find(built_in)) else {
            return self.profile(built_in);
        };
        if wire.extends.is_some() || built_in::find(name).is_some() {
            return self.profile(name);
        }
        let mut lineage = Lineage::default();
        lineage.push(own.as_ref(), &self.file, wire, true);
        lineage.push(parent.name, &parent.file, &parent.wire, false);
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

/// Profiles by their names, and which names cannot be.
fn named(
    file: &SourceFile,
    profiles: &IndexMap<Spanned<String>, ProfileWire>,
) -> (
    IndexMap<ProfileName, (Spanned<String>, ProfileWire)>,
    Problems,
) {
    let mut problems = Problems::default();
    let mut wires = IndexMap::new();
    for (name, profile) in profiles {
        match name.get_ref().parse::<ProfileName>() {
            Ok(parsed) => {
                wires.insert(parsed, (name.clone(), profile.clone()));
            }
            Err(expected) => problems.0.push(
                Diagnostic::new(
                    rules::INVALID_VALUE,
                    format!("`{}` cannot be a profile's name", name.get_ref()),
                )
                .at(file.place(name.span(), expected)),
            ),
        }
    }
    (wires, problems)
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
