//! Commands of the build whose results an image has: `build-steps` of a profile.

use std::str::FromStr;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::image_ref::ImageRef;
use super::key::{self, Problems, Text, Value};
use super::path::{ContextPath, ImagePath, is_shared};
use super::value::Line;
use crate::catalog::AptPackage;
use crate::diagnostic::Place;
use crate::names::EnvName;

/// Commands of the build, and what of their results is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildStep {
    /// Command lines, each run by a shell; the first that fails ends the build.
    pub run: Vec<ShellLine>,
    /// Files and folders that they make and the image has.
    pub keep: Vec<KeptPath>,
    /// What they run in.
    pub place: StepPlace,
    /// The folder that they run in, from the project's.
    pub folder: ContextPath,
    /// Environment variables that only they have.
    pub env: IndexMap<EnvName, Line>,
    /// Variables of the build's environment that only they see, as build secrets.
    pub from_environment: Vec<EnvName>,
}

/// What commands of a build run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepPlace {
    /// The image itself.
    Here {
        /// What of it is there.
        needs: Needs,
        /// Debian packages that only they need.
        apt: Vec<AptPackage>,
    },
    /// Another image.
    Image {
        /// Its name.
        image: ImageRef,
        /// Files and folders of the project that are there.
        copy: Vec<ContextPath>,
    },
}

/// What of an image is there when commands of its build run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Its dependencies: an edit of the source runs nothing again.
    Dependencies,
    /// All of it.
    #[default]
    Application,
}

/// One command line of the build, for a shell.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(extend("not" = { "pattern": r"^\s*(#|$)|<<|\\\s*$" }))]
pub struct ShellLine(#[schemars(regex(pattern = r"^[^\x00-\x08\x0a-\x1f\x7f-\x9f]*$"))] String);

impl FromStr for ShellLine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let line: Line = text.parse()?;
        let trimmed = line.as_ref().trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Err("a command, as `npm run build`".to_owned());
        }
        if trimmed.ends_with('\\') || trimmed.contains("<<") {
            return Err("a command of one line: no `\\` at its end, no heredoc".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for ShellLine {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A path that commands of the build make: from the application's folder, which is `/app` in the image, or absolute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(extend("not" = { "pattern": r"(^|/)\.\.(/|$)|^/(app|bin|boot|dev|etc|lib|lib64|opt|proc|root|run|sbin|sys|tmp|usr|var)/?$" }))]
pub struct KeptPath(
    #[schemars(regex(pattern = r"^(/|\./)?[A-Za-z0-9_.@+-]+(/[A-Za-z0-9_.@+-]+)*/?$"))] String,
);

impl KeptPath {
    /// Where it is in the image.
    pub(crate) fn in_image(&self) -> ImagePath {
        let path = if self.0.starts_with('/') {
            self.0.clone()
        } else {
            format!("/app/{}", self.0)
        };
        ImagePath::of_parts(path)
    }

    /// Where it is in the project, where it is relative.
    pub(crate) fn in_project(&self) -> Option<ContextPath> {
        self.0.parse().ok()
    }
}

impl FromStr for KeptPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = text.strip_prefix("./").unwrap_or(text);
        let path = path.trim_end_matches('/');
        let inside = path.strip_prefix('/').unwrap_or(path);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+');
        let part = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(fits);
        if !inside.split('/').all(part) {
            return Err("what the commands make: a path beside the source, as `web/dist`, or an absolute one, as `/usr/share/nltk_data`".to_owned());
        }
        if is_shared(path) {
            return Err(
                "a folder or file of its own, not one that holds those of others".to_owned(),
            );
        }
        Ok(Self(path.to_owned()))
    }
}

impl AsRef<str> for KeptPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Commands of the build, and what of their results the image has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "BuildStep")]
pub(super) struct BuildStepWire {
    /// Command lines, each run by a shell; the first that fails ends the build.
    #[schemars(with = "Vec<ShellLine>", length(min = 1))]
    run: Vec<Spanned<String>>,
    /// Files and folders that they make and the image has: `"web/dist"` beside the source, or an absolute path.
    #[schemars(with = "Vec<KeptPath>", length(min = 1))]
    keep: Vec<Spanned<String>>,
    /// Another image to run them in: `"node:22-slim"`. What they keep goes to where the source is.
    ///
    /// Default: the image itself.
    #[schemars(with = "Option<ImageRef>")]
    image: Option<Spanned<String>>,
    /// The folder of the project that they run in.
    ///
    /// Default: the project's own.
    #[schemars(with = "Option<ContextPath>")]
    folder: Option<Spanned<String>>,
    /// Files and folders of the project that another image gets.
    ///
    /// Default: `folder`.
    #[serde(default)]
    #[schemars(with = "Vec<ContextPath>")]
    copy: Vec<Spanned<String>>,
    /// What of the image is there: `"dependencies"` alone, or the `"application"`, too.
    #[serde(default)]
    #[schemars(with = "Option<Needs>")]
    needs: Option<Needs>,
    /// Debian packages that only they need.
    #[serde(default)]
    #[schemars(with = "Vec<AptPackage>")]
    apt: Vec<Spanned<String>>,
    /// Environment variables that only they have.
    #[serde(default)]
    #[schemars(schema_with = "variables_schema")]
    env: IndexMap<Spanned<String>, Spanned<String>>,
    /// Variables of the environment that the build is started in: only they see them, as build secrets.
    #[serde(default)]
    #[schemars(with = "Vec<EnvName>")]
    from_environment: Vec<Spanned<String>>,
}

fn variables_schema(generator: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "object",
        "propertyNames": EnvName::spelling(generator),
        "additionalProperties": Line::spelling(generator),
    })
}

impl Value for Vec<BuildStep> {
    type Written = Vec<Spanned<BuildStepWire>>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let step = generator.subschema_for::<BuildStepWire>();
        key::list(step)
    }

    fn read(
        key: &str,
        written: &Self::Written,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let steps = written.iter();
        let steps = steps.map(|step| {
            let reading = Reading {
                key,
                place: place.moved(step.span()),
                list: place,
            };
            reading.step(step.get_ref(), problems)
        });
        let steps: Vec<Option<BuildStep>> = steps.collect();
        steps.into_iter().collect()
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let steps = self.iter().map(|step| step.shown().into()).collect();
        vec![(key.to_owned(), toml::Value::Array(steps))]
    }
}

/// One step as it is read.
struct Reading<'a> {
    key: &'a str,
    place: Place,
    /// Where the list is: spans are of its file.
    list: &'a Place,
}

impl Reading<'_> {
    fn step(&self, wire: &BuildStepWire, problems: &mut Problems) -> Option<BuildStep> {
        let run = self.texts("run", &wire.run, problems);
        let keep: Vec<KeptPath> = self.texts("keep", &wire.keep, problems);
        for (key, list) in [("run", &wire.run), ("keep", &wire.keep)] {
            if list.is_empty() {
                let what = format!("`{}.{key}` is empty", self.key);
                let help = "a step runs commands, and what they make is kept: `{ run = [\"npm run build\"], keep = [\"web/dist\"] }`";
                problems.add(&what, &self.place, "a step that does nothing", help);
            }
        }
        let folder = wire
            .folder
            .as_ref()
            .map(|said| self.text("folder", said, problems));
        let folder: ContextPath = match folder {
            Some(folder) => folder?,
            None => ".".parse().expect("the project's folder"),
        };
        let mut env = IndexMap::new();
        for (name, value) in &wire.env {
            let value: Option<Line> = self.text("env", value, problems);
            let name: Option<EnvName> = self.text("env", name, problems);
            env.extend(name.zip(value));
        }
        let place = match &wire.image {
            Some(image) => self.elsewhere(wire, image, &keep, &folder, problems)?,
            None => self.here(wire, problems)?,
        };
        Some(BuildStep {
            run,
            keep,
            place,
            folder,
            env,
            from_environment: self.texts("from-environment", &wire.from_environment, problems),
        })
    }

    fn here(&self, wire: &BuildStepWire, problems: &mut Problems) -> Option<StepPlace> {
        if let Some(first) = wire.copy.first() {
            let help = "the source is there already: take the key out, or add the path to the profile's own `copy`";
            self.unfit(
                "copy",
                first,
                "only another image is given files",
                help,
                problems,
            );
            return None;
        }
        Some(StepPlace::Here {
            needs: wire.needs.unwrap_or_default(),
            apt: self.texts("apt", &wire.apt, problems),
        })
    }

    fn elsewhere(
        &self,
        wire: &BuildStepWire,
        image: &Spanned<String>,
        keep: &[KeptPath],
        folder: &ContextPath,
        problems: &mut Problems,
    ) -> Option<StepPlace> {
        let image = self.text("image", image, problems);
        if let Some(first) = wire.apt.first() {
            let help = "let `run` install it there";
            self.unfit(
                "apt",
                first,
                "another image may not be Debian",
                help,
                problems,
            );
        }
        if wire.needs.is_some() {
            let what = format!("`{}.needs` says what of this image is there", self.key);
            let help = "take the key out: another image has nothing of this one";
            problems.add(&what, &self.place, "with `image`, nothing is", help);
        }
        if let Some(path) = keep.iter().find(|path| path.in_project().is_none()) {
            let what = format!("`{}` is kept from another image", path.as_ref());
            let help = "keep what lies in the project's folder";
            problems.add(&what, &self.place, "a path from the project's folder", help);
        }
        let mut copy: Vec<ContextPath> = self.texts("copy", &wire.copy, problems);
        if copy.is_empty() && folder.as_ref() == "." {
            let what = format!("`{}` names no file that the image needs", self.key);
            let help = "say `folder = \"web\"`, or what it needs: `copy = [\"package.json\", \"package-lock.json\", \"web\"]`";
            problems.add(&what, &self.place, "it would get the whole project", help);
        }
        if copy.is_empty() {
            copy.push(folder.clone());
        }
        Some(StepPlace::Image {
            image: image?,
            copy,
        })
    }

    fn unfit(
        &self,
        key: &str,
        said: &Spanned<String>,
        expected: &str,
        help: &str,
        problems: &mut Problems,
    ) {
        let what = format!("`{}.{key}` cannot be said of this step", self.key);
        problems.add(&what, &self.list.moved(said.span()), expected, help);
    }

    fn text<T: Text>(
        &self,
        key: &str,
        said: &Spanned<String>,
        problems: &mut Problems,
    ) -> Option<T> {
        let place = self.list.moved(said.span());
        problems.parsed(&format!("{}.{key}", self.key), said.get_ref(), &place)
    }

    fn texts<T: Text>(
        &self,
        key: &str,
        said: &[Spanned<String>],
        problems: &mut Problems,
    ) -> Vec<T> {
        let all = said.iter();
        all.filter_map(|one| self.text(key, one, problems))
            .collect()
    }
}

impl BuildStep {
    /// As it stands in dfgen.toml, in one line.
    pub(crate) fn inline(&self) -> String {
        let table = self.shown();
        let pairs = table.iter().map(|(key, value)| format!("{key} = {value}"));
        format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
    }

    /// As it stands in dfgen.toml.
    fn shown(&self) -> toml::Table {
        let mut table = toml::Table::new();
        let mut say = |key: &str, value: toml::Value| {
            let is_empty = value.as_array().is_some_and(Vec::is_empty);
            if !is_empty {
                table.insert(key.to_owned(), value);
            }
        };
        match &self.place {
            StepPlace::Here { needs, apt } => {
                if *needs == Needs::Dependencies {
                    say("needs", "dependencies".into());
                }
                say("apt", key::texts(apt));
            }
            StepPlace::Image { image, copy } => {
                say("image", image.text().into());
                if *copy != [self.folder.clone()] {
                    say("copy", key::texts(copy));
                }
            }
        }
        if self.folder.as_ref() != "." {
            say("folder", self.folder.text().into());
        }
        say("run", key::texts(&self.run));
        say("keep", key::texts(&self.keep));
        say("from-environment", key::texts(&self.from_environment));
        if !self.env.is_empty() {
            let env = self.env.iter();
            let env = env.map(|(name, value)| (name.text(), value.text().into()));
            say("env", env.collect::<toml::Table>().into());
        }
        table
    }
}
