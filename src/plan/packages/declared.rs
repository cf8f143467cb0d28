//! Where a person wrote what brings a package in, and the uv commands that move it.

use std::ops::Range;

use crate::closure::{Chain, Closure, Via};
use crate::diagnostic::Place;
use crate::lock::PackageId;
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::project::Pyproject;
use crate::project::pyproject::{GroupItem, requirement_name};

/// A requirement of the project's own, or of a member: the last one on the way to a package that a
/// person wrote.
pub(crate) struct Declared<'p> {
    /// The package that it names.
    pub(crate) package: PackageId,
    /// The list that it stands in.
    pub(crate) list: Via,
    /// The requirement as written.
    pub(crate) text: String,
    manifest: &'p Pyproject,
    span: Range<usize>,
    /// The member, for uv's `--package`; `None` is the root.
    member: Option<PackageName>,
}

impl<'p> Declared<'p> {
    /// The requirement that a chain goes through. `None` where nobody wrote one: the package is the
    /// project itself, or the manifest is not as it was when it was locked.
    pub(crate) fn of_chain(subject: &Subject<'p>, chain: &Chain<'_>) -> Option<Self> {
        let project = &subject.inputs.project;
        let is_local = |by: Option<PackageId>| by.is_none_or(|by| project.lock.is_member(by));
        let index = chain.edges().iter().rposition(|edge| is_local(edge.by))?;
        let edge = &chain.edges()[index];
        let package = chain.packages().nth(index)?;
        let manifest = match edge.by {
            Some(by) => project.manifest_of(by)?,
            None => &project.pyproject,
        };
        let name = &project.lock.package(package).name;
        let (text, span) = find(manifest, &edge.via, name)?;
        let is_root = manifest.file.path() == project.pyproject.file.path();
        let member = (!is_root).then(|| manifest.name().cloned()).flatten();
        Some(Self {
            package,
            list: edge.via.clone(),
            text,
            manifest,
            span,
            member,
        })
    }

    /// A requirement in one of the lists of the subject's own manifest.
    pub(crate) fn in_list(subject: &Subject<'p>, list: &Via, package: PackageId) -> Option<Self> {
        let lock = &subject.inputs.project.lock;
        let (text, span) = find(subject.manifest, list, &lock.package(package).name)?;
        let is_root = subject.folder.is_empty();
        let member = subject.manifest.name().cloned();
        Some(Self {
            package,
            list: list.clone(),
            text,
            manifest: subject.manifest,
            span,
            member: member.filter(|_| !is_root),
        })
    }

    /// The same for the shortest way to a package.
    pub(crate) fn of(subject: &Subject<'p>, closure: &Closure<'_>, id: PackageId) -> Option<Self> {
        Self::of_chain(subject, &closure.shortest_chain(id)?)
    }

    /// The line, with a few words under it.
    pub(crate) fn place(&self, label: &str) -> Place {
        self.manifest.file.place(self.span.clone(), label)
    }

    /// Whether another one stands in the same list of the same manifest.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.list == other.list && self.member == other.member
    }

    /// The list in words.
    pub(crate) fn list_in_words(&self) -> String {
        match &self.list {
            Via::Project => "`dependencies`".to_owned(),
            Via::Extra(extra) => format!("the extra `{extra}`"),
            Via::Group(group) => format!("the group `{group}`"),
        }
    }

    /// The command that takes requirements out of the list that this one stands in.
    pub(crate) fn remove(&self, names: &[&str]) -> String {
        format!(
            "uv remove{}{} {}",
            self.package_flag(),
            self.list_flag(),
            names.join(" ")
        )
    }

    /// The command that adds requirements beside this one.
    pub(crate) fn add_beside(&self, requirements: &[&str]) -> String {
        self.add_to(&self.list_flag(), requirements)
    }

    /// The command that adds requirements to a list, in uv's flags (` --group dev`).
    pub(crate) fn add_to(&self, list: &str, requirements: &[&str]) -> String {
        let quoted: Vec<String> = requirements.iter().map(|one| quoted(one)).collect();
        format!("uv add{}{list} {}", self.package_flag(), quoted.join(" "))
    }

    fn package_flag(&self) -> String {
        self.member
            .as_ref()
            .map_or_else(String::new, |member| format!(" --package {member}"))
    }

    fn list_flag(&self) -> String {
        match &self.list {
            Via::Project => String::new(),
            Via::Extra(extra) => format!(" --optional {extra}"),
            Via::Group(group) => format!(" --group {group}"),
        }
    }
}

/// A requirement on a package in one of a manifest's lists; with it in another list only, as when one
/// group includes another, that one.
fn find(manifest: &Pyproject, list: &Via, name: &PackageName) -> Option<(String, Range<usize>)> {
    let project = manifest.project.iter();
    let is_about = |text: &str| requirement_name(text).as_ref() == Some(name);
    let found = match list {
        Via::Project => project
            .flat_map(|table| &table.dependencies)
            .find(|item| is_about(item.get_ref())),
        Via::Extra(extra) => {
            let lists = project.flat_map(|table| &table.optional_dependencies);
            let named = lists.filter(|(key, _)| key.get_ref().parse().as_ref() == Ok(extra));
            named
                .flat_map(|(_, items)| items)
                .find(|item| is_about(item.get_ref()))
        }
        Via::Group(_) => None,
    };
    let found = found.map(|item| (item.get_ref().clone(), item.span()));
    let in_groups = || {
        let items = manifest.dependency_groups.values().flatten();
        let mut items = items.filter_map(|item| match item.get_ref() {
            GroupItem::Requirement(text) => Some((text.clone(), item.span())),
            GroupItem::Include(_) => None,
        });
        items.find(|(text, _)| is_about(text))
    };
    found.or_else(in_groups).or_else(|| {
        let span = manifest.requirement_span(name)?;
        Some((name.to_string(), span))
    })
}

/// As a shell takes it for one word.
fn quoted(requirement: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=' | ',' | '/');
    match requirement {
        plainly if plainly.chars().all(plain) => plainly.to_owned(),
        with_quotes if with_quotes.contains('\'') => format!("\"{with_quotes}\""),
        other => format!("'{other}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::{find, quoted};
    use crate::closure::Via;
    use crate::diagnostic::SourceFile;
    use crate::project::Pyproject;

    #[test]
    fn a_requirement_is_found_in_its_own_list_first() {
        let text = "[project]\nname = \"shop\"\ndependencies = [\"Torch>=2\"]\n\
            [project.optional-dependencies]\nML = [\"torch==2.9\"]\n[dependency-groups]\ndev = [\"pytest>=8\"]\n";
        let manifest = Pyproject::parse(SourceFile::new("pyproject.toml", text)).unwrap();
        let found = |list: Via, name: &str| {
            find(&manifest, &list, &name.parse().unwrap()).map(|(text, _)| text)
        };
        assert_eq!(found(Via::Project, "torch").as_deref(), Some("Torch>=2"));
        assert_eq!(
            found(Via::Extra("ml".parse().unwrap()), "torch").as_deref(),
            Some("torch==2.9")
        );
        assert_eq!(
            found(Via::Group("all".parse().unwrap()), "pytest").as_deref(),
            Some("pytest>=8")
        );
        assert_eq!(found(Via::Project, "numpy"), None);
    }

    #[test]
    fn a_requirement_is_one_word_to_a_shell() {
        assert_eq!(quoted("pytest"), "pytest");
        assert_eq!(quoted("pytest>=8"), "'pytest>=8'");
        assert_eq!(
            quoted("torch; sys_platform == 'linux'"),
            "\"torch; sys_platform == 'linux'\""
        );
    }
}
