//! `pyproject.toml`: PEP 621, PEP 735 groups, `[build-system]` and what `[tool.uv]` says.
//!
//! Requirements and names keep their spans, so that a message shows the line that a person wrote.
//! Keys that dfgen has no use for are not read; a key of the wrong type is an error with its place.

use std::collections::BTreeSet;
use std::ops::Range;

use indexmap::IndexMap;
use pep508_rs::pep440_rs::VersionSpecifiers;
use serde::Deserialize;
use toml::Spanned;

use crate::catalog::Builds;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::names::{GroupName, PackageName};
use crate::rules;
use crate::secret::Url;

/// A read `pyproject.toml`.
#[derive(Debug, Clone)]
pub struct Pyproject {
    /// The file that was read.
    pub file: SourceFile,
    /// `[project]`, if there is one.
    pub project: Option<ProjectTable>,
    /// `[dependency-groups]`, each with its items as written.
    pub(crate) dependency_groups: IndexMap<Spanned<String>, Vec<Spanned<GroupItem>>>,
    /// `[build-system]`, if there is one.
    pub(crate) build_system: Option<BuildSystem>,
    /// `[tool.uv]`; empty when absent.
    pub(crate) uv: UvTable,
    /// `[tool.dfgen]`, if there is one.
    pub dfgen: Option<toml::Table>,
    cargo_manifest: Option<String>,
    /// The names of the other tables under `[tool]`.
    tools: BTreeSet<String>,
    /// The tables of build backends.
    backends: Vec<toml::Value>,
}

/// `[project]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProjectTable {
    /// `name`.
    pub(crate) name: Spanned<PackageName>,
    /// `dynamic`.
    #[serde(default)]
    pub(crate) dynamic: Vec<String>,
    /// `description`.
    pub(crate) description: Option<String>,
    /// `readme`: a path, or a table with `file` or `text`.
    pub(crate) readme: Option<toml::Value>,
    /// `license`: an SPDX expression, or a table with `file` or `text`.
    pub(crate) license: Option<toml::Value>,
    /// `license-files` globs.
    pub(crate) license_files: Option<Vec<String>>,
    /// `requires-python`.
    pub(crate) requires_python: Option<Spanned<String>>,
    /// `dependencies`.
    #[serde(default)]
    pub(crate) dependencies: Vec<Spanned<String>>,
    /// `optional-dependencies`.
    #[serde(default)]
    pub(crate) optional_dependencies: IndexMap<Spanned<String>, Vec<Spanned<String>>>,
    /// `urls`.
    #[serde(default)]
    pub(crate) urls: IndexMap<String, String>,
}

/// One item of a dependency group (PEP 735).
#[derive(Debug, Clone)]
pub(crate) enum GroupItem {
    /// A requirement (PEP 508).
    Requirement(String),
    /// `{ include-group = ".." }`.
    Include(String),
}

impl<'de> Deserialize<'de> for GroupItem {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        use serde::de::Error;
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(requirement) => Ok(Self::Requirement(requirement)),
            toml::Value::Table(table) => match table.get("include-group") {
                Some(toml::Value::String(group)) => Ok(Self::Include(group.clone())),
                _ => Err(D::Error::custom("expected `{ include-group = \"name\" }`")),
            },
            _ => Err(D::Error::custom(
                "expected a requirement or `{ include-group = \"name\" }`",
            )),
        }
    }
}

/// `[build-system]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct BuildSystem {
    /// `requires`.
    #[serde(default)]
    pub(crate) requires: Vec<String>,
    /// `build-backend`; setuptools when absent (PEP 517).
    pub(crate) build_backend: Option<String>,
}

/// `[tool.uv]`: the keys that decide what dfgen writes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct UvTable {
    /// Whether the project is built and installed as a package.
    pub(crate) package: Option<bool>,
    /// Whether uv looks after the project at all; a workspace passes over members that say no.
    pub(crate) managed: Option<bool>,
    /// Groups that are installed unless told otherwise.
    pub(crate) default_groups: Option<Spanned<DefaultGroupsItem>>,
    /// The older spelling of `[dependency-groups] dev`.
    pub(crate) dev_dependencies: Option<Vec<Spanned<String>>>,
    /// Settings of single groups.
    pub(crate) dependency_groups: IndexMap<String, GroupSettings>,
    /// The workspace that this folder is the root of.
    pub(crate) workspace: Option<WorkspaceTable>,
    /// Where requirements come from when it is not the default index.
    pub(crate) sources: IndexMap<String, toml::Value>,
    /// Package indexes.
    pub(crate) index: Vec<IndexTable>,
    /// The uv versions that may be used.
    pub(crate) required_version: Option<Spanned<String>>,
    /// `constraint-dependencies`.
    pub(crate) constraint_dependencies: Vec<Spanned<String>>,
    /// `override-dependencies`: strings, or tables with `name`.
    pub(crate) override_dependencies: Vec<Spanned<toml::Value>>,
    /// `build-constraint-dependencies`.
    pub(crate) build_constraint_dependencies: Vec<Spanned<toml::Value>>,
    /// `exclude-dependencies`.
    pub(crate) exclude_dependencies: Vec<Spanned<toml::Value>>,
    /// `environments`.
    pub(crate) environments: Option<toml::Value>,
    /// `required-environments`.
    pub(crate) required_environments: Option<toml::Value>,
    /// `conflicts`.
    pub(crate) conflicts: Option<toml::Value>,
    /// `resolution`: highest, lowest or lowest-direct.
    pub(crate) resolution: Option<Spanned<String>>,
    /// `prerelease`: which pre-releases may be taken.
    pub(crate) prerelease: Option<Spanned<String>>,
    /// `fork-strategy`.
    pub(crate) fork_strategy: Option<Spanned<String>>,
    /// `exclude-newer`: a date, a time, or a span back from now.
    pub(crate) exclude_newer: Option<Spanned<toml::Value>>,
    /// Whether everything is built without isolation.
    pub(crate) no_build_isolation: Option<bool>,
    /// Packages that are built without isolation.
    pub(crate) no_build_isolation_package: Vec<String>,
    /// Whether nothing may be built.
    pub(crate) no_build: Option<bool>,
    /// Packages that may not be built.
    pub(crate) no_build_package: Vec<String>,
    /// Whether no wheel may be used.
    pub(crate) no_binary: Option<bool>,
    /// Packages whose wheels may not be used.
    pub(crate) no_binary_package: Vec<String>,
    /// Further requirements of builds, by package.
    pub(crate) extra_build_dependencies: IndexMap<String, Vec<ExtraBuildDependency>>,
    /// uv's own build backend: module name and root.
    pub(crate) build_backend: Option<toml::Value>,
}

/// A further requirement of a build.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum ExtraBuildDependency {
    /// Of any version that fits.
    Requirement(String),
    /// With a say in which version.
    #[serde(rename_all = "kebab-case")]
    Detailed {
        /// What is required.
        requirement: String,
        /// Whether the build gets the version that is locked for the environment.
        #[serde(default)]
        match_runtime: bool,
    },
}

impl ExtraBuildDependency {
    /// What is required.
    pub(crate) fn requirement(&self) -> &str {
        match self {
            Self::Requirement(requirement) | Self::Detailed { requirement, .. } => requirement,
        }
    }

    /// What the build gets as it is in the environment.
    pub(crate) fn matched(&self) -> Option<PackageName> {
        match self {
            Self::Detailed {
                requirement,
                match_runtime: true,
            } => requirement_name(requirement),
            _ => None,
        }
    }
}

/// `default-groups`: names or `"all"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a list of groups or the word `all`")]
pub(crate) enum DefaultGroupsItem {
    /// These groups.
    Some(Vec<GroupName>),
    /// The word `all`.
    #[serde(deserialize_with = "the_word_all")]
    All,
}

fn the_word_all<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<(), D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "all" => Ok(()),
        _ => Err(serde::de::Error::custom(
            "neither `all` nor a list of groups",
        )),
    }
}

/// `[tool.uv.dependency-groups.<name>]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct GroupSettings {
    /// The Pythons that the group can be installed on.
    pub(crate) requires_python: Option<String>,
}

/// `[tool.uv.workspace]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkspaceTable {
    /// Globs of folders that are members.
    pub(crate) members: Vec<Spanned<String>>,
    /// Globs of folders that are not.
    pub(crate) exclude: Vec<String>,
}

/// `[[tool.uv.index]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct IndexTable {
    /// The name that sources and credentials refer to.
    pub(crate) name: Option<String>,
    /// The URL or path.
    pub(crate) url: Url,
    /// `auto`, `always` or `never`.
    pub(crate) authenticate: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PyprojectWire {
    project: Option<ProjectTable>,
    #[serde(default)]
    dependency_groups: IndexMap<Spanned<String>, Vec<Spanned<GroupItem>>>,
    build_system: Option<BuildSystem>,
    #[serde(default)]
    tool: ToolWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolWire {
    uv: UvTable,
    dfgen: Option<toml::Table>,
    #[serde(flatten)]
    others: IndexMap<String, toml::Value>,
}

/// Every string in a value, keys of tables too, but for those that say what is left out.
fn strings(value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::String(text) => {
            found.insert(text.clone());
        }
        toml::Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        toml::Value::Table(table) => {
            let taken = table.iter().filter(|(key, _)| !key.contains("exclude"));
            for (key, value) in taken {
                found.insert(key.clone());
                strings(value, found);
            }
        }
        _ => {}
    }
}

impl Pyproject {
    /// Reads the text of a `pyproject.toml`. Errors: not TOML, or a key of the wrong type.
    pub(crate) fn parse(file: SourceFile) -> Result<Self> {
        let wire: PyprojectWire =
            toml::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
        Ok(Self {
            file,
            project: wire.project,
            dependency_groups: wire.dependency_groups,
            build_system: wire.build_system,
            uv: wire.tool.uv,
            dfgen: wire.tool.dfgen,
            cargo_manifest: cargo_manifest(&wire.tool.others),
            tools: wire.tool.others.keys().cloned().collect(),
            backends: Builds::embedded()
                .tables()
                .iter()
                .filter_map(|name| wire.tool.others.get(name).cloned())
                .collect(),
        })
    }

    /// The name under `[project]`.
    pub fn name(&self) -> Option<&PackageName> {
        self.project.as_ref().map(|project| project.name.as_ref())
    }

    /// Whether uv builds and installs the project itself, rather than only what it needs: a build
    /// system says so unless `tool.uv.package` does.
    pub(crate) fn is_package(&self) -> bool {
        self.project.is_some() && self.uv.package.unwrap_or(self.build_system.is_some())
    }

    /// Whether another tool has its table here: `[tool.<name>]`.
    pub(crate) fn has_tool(&self, name: &str) -> bool {
        self.tools.contains(name)
    }

    /// The build backend, when the project is a package.
    pub(crate) fn build_backend(&self) -> Option<&str> {
        let system = self.build_system.as_ref();
        let backend = system.and_then(|system| system.build_backend.as_deref());
        self.is_package()
            .then_some(backend.unwrap_or("setuptools.build_meta"))
    }

    /// Every string that could be a path of a file that building reads: `readme`, licence files, and
    /// what the tables of build backends name.
    pub(crate) fn named_paths(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        if let Some(project) = &self.project {
            paths.extend(project.license_files.iter().flatten().cloned());
            for value in project.readme.iter().chain(&project.license) {
                strings(value, &mut paths);
            }
        }
        for value in self.backends.iter().chain(&self.uv.build_backend) {
            strings(value, &mut paths);
        }
        paths
    }

    /// The file of its `readme`.
    pub(crate) fn readme(&self) -> Option<&str> {
        let readme = self.project.as_ref()?.readme.as_ref()?;
        readme.as_str().or_else(|| readme.get("file")?.as_str())
    }

    /// The globs of licence files (PEP 639), those of the time before in setuptools' table too.
    pub(crate) fn licence_globs(&self) -> BTreeSet<String> {
        let project = self.project.iter();
        let own = project.filter_map(|project| project.license_files.as_ref());
        let mut globs: BTreeSet<String> = own.flatten().cloned().collect();
        let tables = self.backends.iter();
        let of_setuptools = tables.filter_map(|table| table.get("license-files"));
        of_setuptools.for_each(|value| strings(value, &mut globs));
        globs
    }

    /// Where the `Cargo.toml` of a Rust extension is, if it is said (`[tool.maturin] manifest-path`).
    pub(crate) fn cargo_manifest(&self) -> Option<&str> {
        self.cargo_manifest.as_deref()
    }

    /// The names of the extras, as written.
    pub(crate) fn extras(&self) -> impl Iterator<Item = &str> {
        let tables = self.project.iter();
        let names = tables.flat_map(|project| project.optional_dependencies.keys());
        names.map(|name| name.get_ref().as_str())
    }

    /// The Pythons that a group asks for: by its own settings and by those of the groups that it
    /// includes. A range that cannot be read is left to uv.
    pub(crate) fn group_requires_python(&self, group: &GroupName) -> Vec<VersionSpecifiers> {
        let is = |name: &str, group: &GroupName| name.parse().as_ref() == Ok(group);
        let mut ranges = Vec::new();
        let mut groups = vec![group.clone()];
        let mut next = 0;
        while let Some(group) = groups.get(next).cloned() {
            let settings = self.uv.dependency_groups.iter();
            let own = settings.filter(|(name, _)| is(name, &group));
            let texts = own.filter_map(|(_, settings)| settings.requires_python.as_ref());
            ranges.extend(texts.filter_map(|text| text.parse().ok()));
            let items = self.dependency_groups.iter();
            let items = items.filter(|(name, _)| is(name.get_ref(), &group));
            for item in items.flat_map(|(_, items)| items) {
                if let GroupItem::Include(name) = item.get_ref() {
                    // uv refuses what is no name, and wrote the lock from the same file.
                    let included = name.parse().ok();
                    groups.extend(included.filter(|name| !groups.contains(name)));
                }
            }
            next += 1;
        }
        ranges
    }

    /// The span of a requirement on a package, under `dependencies`, an extra or a group.
    pub(crate) fn requirement_span(&self, name: &PackageName) -> Option<Range<usize>> {
        let project = self.project.iter();
        let extras = project
            .clone()
            .flat_map(|table| table.optional_dependencies.values());
        let own = project
            .map(|table| &table.dependencies)
            .chain(extras)
            .flatten();
        let own = own.map(|item| (item.get_ref().as_str(), item.span()));
        let groups = self.dependency_groups.values().flatten();
        let groups = groups.filter_map(|item| match item.get_ref() {
            GroupItem::Requirement(text) => Some((text.as_str(), item.span())),
            GroupItem::Include(_) => None,
        });
        let mut all = own.chain(groups);
        all.find(|(text, _)| requirement_name(text).as_ref() == Some(name))
            .map(|(_, span)| span)
    }
}

/// The package that a requirement (PEP 508) is about; `None` for what is none, which uv refuses.
pub(crate) fn requirement_name(text: &str) -> Option<PackageName> {
    let text = text.trim_start();
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !name(c)).unwrap_or(text.len());
    text[..end].parse().ok()
}

fn cargo_manifest(tools: &IndexMap<String, toml::Value>) -> Option<String> {
    let path = tools.get("maturin")?.get("manifest-path")?.as_str()?;
    Some(path.to_owned())
}

pub(super) fn invalid(file: &SourceFile, error: &toml::de::Error) -> Diagnostics {
    let path = file.path().display();
    Diagnostic::new(rules::INVALID_TOML, format!("`{path}` cannot be read"))
        .at(file.place(error.span().unwrap_or(0..0), error.message()))
        .with_help("correct that line; `uv lock --check` says whether uv can read the file")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_groups_are_a_list_or_the_word_all() {
        let parsed = |said: &str| {
            let text = format!("[tool.uv]\ndefault-groups = {said}\n");
            Pyproject::parse(SourceFile::new("pyproject.toml", text))
        };
        assert!(parsed("[\"web\"]").is_ok());
        assert!(parsed("\"all\"").is_ok());
        insta::assert_snapshot!(parsed("\"al\"").unwrap_err(), @r#"
        error[invalid-toml]: `pyproject.toml` cannot be read
         --> pyproject.toml:2:18
          |
        2 | default-groups = "al"
          |                  ^^^^ expected a list of groups or the word `all`
          |
          = help: correct that line; `uv lock --check` says whether uv can read the file
        "#);
    }
}
