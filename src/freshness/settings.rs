//! What the workspace as a whole says: members, Pythons, environments, constraints.

use std::collections::BTreeSet;
use std::str::FromStr;

use pep508_rs::MarkerTree;
use pep508_rs::pep440_rs::VersionSpecifiers;
use toml::Spanned;

use super::requirement::{PythonRange, locked, marker, shown};
use super::sources::Lowering;
use super::stale;
use super::workspace::{Scope, Workspace};
use crate::diagnostic::Diagnostic;
use crate::lock::{LockedRequirement, Marker};
use crate::names::PackageName;

pub(super) fn check(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let mut problems = members(workspace);
    problems.extend(installs(workspace));
    problems.extend(requires_python(workspace));
    problems.extend(environments(workspace));
    problems.extend(constraints(workspace));
    problems
}

/// Members that only one side has.
fn members(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let lock = &workspace.project.lock;
    let here: BTreeSet<&PackageName> = workspace
        .members()
        .filter_map(|member| member.pyproject.name())
        .collect();
    let there: BTreeSet<&PackageName> = if lock.manifest().members.is_empty() {
        let root = lock.root();
        root.map(|id| &lock.package(id).name).into_iter().collect()
    } else {
        lock.manifest().members.iter().collect()
    };
    let new = here.difference(&there).filter_map(|name| {
        let member = workspace.member(name)?;
        let span = member.pyproject.project.as_ref()?.name.span();
        let message = format!("uv.lock does not know the member `{name}`");
        Some(stale(message).at(member.place(span, "not locked")))
    });
    let gone = there.difference(&here);
    new.chain(gone.map(|name| gone_member(workspace, name)))
        .collect()
}

fn gone_member(workspace: &Workspace<'_>, name: &PackageName) -> Diagnostic {
    let lock = &workspace.project.lock;
    let mut packages = lock.named(name).iter().map(|id| lock.package(*id));
    let folder = packages.find_map(|package| package.source.folder());
    let folder = folder.unwrap_or(".");
    let root = &workspace.locals[0];
    let named = root.pyproject.uv.workspace.iter();
    let mut patterns = named.flat_map(|table| &table.members);
    let pattern = patterns.find(|pattern| {
        let glob = glob::Pattern::new(pattern.get_ref());
        glob.is_ok_and(|glob| glob.matches(folder))
    });
    match pattern {
        Some(pattern) => stale(format!(
            "uv.lock has the member `{name}`, but `{folder}` has no manifest"
        ))
        .at(root.place(pattern.span(), "names the member's folder"))
        .with_help("a Git submodule is fetched with `git submodule update --init`"),
        None => stale(format!(
            "uv.lock has the member `{name}`, which the workspace no longer has"
        ))
        .at(root.place_of(&["[tool.uv.workspace]", "[project]"], "not named here")),
    }
}

/// Members that are installed in another way than the lock says.
fn installs(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let members = workspace
        .members()
        .filter(|member| member.pyproject.project.is_some());
    let odd = members.filter_map(|member| {
        let locked = workspace.locked(member)?.source.kind();
        let here = workspace.kind_of(member);
        let name = member.label();
        (here != locked).then(|| {
            stale(format!(
                "uv.lock has {name} as {locked}, by its manifest it is {here}"
            ))
            .at(member.place_of(
                &["[build-system]", "[tool.uv]", "[project]"],
                "decided here",
            ))
        })
    });
    odd.collect()
}

/// The Pythons that all members allow.
fn requires_python(workspace: &Workspace<'_>) -> Option<Diagnostic> {
    let members = workspace.members().filter_map(|member| {
        let said = member
            .pyproject
            .project
            .as_ref()?
            .requires_python
            .as_ref()?;
        let parsed = VersionSpecifiers::from_str(said.get_ref()).ok()?;
        Some((member, said, parsed))
    });
    let all: Vec<_> = members.collect();
    let (first, said, _) = all.first()?;
    let range = PythonRange::of(all.iter().map(|(_, _, parsed)| parsed))?;
    if range.is(&workspace.python) {
        return None;
    }
    let own = |(_, _, parsed): &&(_, _, VersionSpecifiers)| {
        let own = PythonRange::of([parsed]);
        own.is_some_and(|own| !own.is(&workspace.python))
    };
    let (member, said) = all
        .iter()
        .find(own)
        .map_or((*first, *said), |(member, said, _)| (*member, *said));
    let locked = workspace.project.lock.requires_python();
    let message =
        format!("uv.lock was written for Python {locked}, not for what the manifests ask for");
    let label = format!("uv.lock has `{locked}`");
    Some(stale(message).at(member.place(said.span(), label)))
}

/// `environments` and `required-environments`.
fn environments(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let lock = &workspace.project.lock;
    let root = &workspace.locals[0];
    let pairs = [
        (
            "environments",
            &root.pyproject.uv.environments,
            lock.supported_markers(),
        ),
        (
            "required-environments",
            &root.pyproject.uv.required_environments,
            lock.required_markers(),
        ),
    ];
    let odd = pairs.into_iter().filter(|(_, value, locked)| {
        let here = trees(workspace, value.as_ref());
        let there = recorded_trees(workspace, locked);
        here.zip(there).is_some_and(|(here, there)| here != there)
    });
    let problems = odd.map(|(key, _, locked)| {
        let locked: Vec<String> = locked.iter().map(|marker| format!("`{marker}`")).collect();
        let label = if locked.is_empty() {
            "uv.lock has none".to_owned()
        } else {
            format!("uv.lock has {}", locked.join(", "))
        };
        let needle = format!("\n{key}");
        stale(format!("uv.lock was written for other `{key}`"))
            .at(root.place_of(&[&needle, key, "[tool.uv]", "[project]"], &label))
    });
    problems.collect()
}

fn trees(workspace: &Workspace<'_>, value: Option<&toml::Value>) -> Option<Vec<MarkerTree>> {
    let texts: Vec<&str> = match value {
        None => Vec::new(),
        Some(toml::Value::String(text)) => vec![text],
        Some(toml::Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts?
        }
        Some(_) => return None,
    };
    let trees: Option<Vec<MarkerTree>> = texts.into_iter().map(marker).collect();
    Some(within(workspace, trees?))
}

fn recorded_trees(workspace: &Workspace<'_>, markers: &[Marker]) -> Option<Vec<MarkerTree>> {
    let trees: Option<Vec<MarkerTree>> = markers.iter().map(|one| one.tree().cloned()).collect();
    Some(within(workspace, trees?))
}

/// uv compares the lists, so their order counts.
fn within(workspace: &Workspace<'_>, trees: Vec<MarkerTree>) -> Vec<MarkerTree> {
    let trees = trees.into_iter().map(|tree| workspace.python.within(tree));
    trees.collect()
}

/// `constraint-dependencies`, `override-dependencies`, `build-constraint-dependencies` and
/// `exclude-dependencies`.
fn constraints(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let uv = &workspace.locals[0].pyproject.uv;
    let manifest = workspace.project.lock.manifest();
    let own = uv.constraint_dependencies.iter();
    let own = own.map(|item| Some((item.get_ref().as_str(), item.span())));
    let list = |items: &'_ [Spanned<toml::Value>]| {
        let items = items.iter();
        let texts = items.map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span())));
        texts.collect::<Option<Vec<_>>>()
    };
    let mut problems = Vec::new();
    let own: Option<Vec<_>> = own
        .map(|item| item.map(|(text, span)| (text.to_owned(), span)))
        .collect();
    let lists = [
        ("constraint-dependencies", own, &manifest.constraints),
        (
            "override-dependencies",
            list(&uv.override_dependencies),
            &manifest.overrides,
        ),
        (
            "build-constraint-dependencies",
            list(&uv.build_constraint_dependencies),
            &manifest.build_constraints,
        ),
    ];
    for (key, here, there) in lists {
        // A list with tables in it holds more than requirements.
        if let Some(here) = here {
            problems.extend(constraint_list(workspace, key, &here, there));
        }
    }
    problems.extend(excludes(workspace));
    problems
}

type Said = (String, std::ops::Range<usize>);

fn constraint_list(
    workspace: &Workspace<'_>,
    key: &str,
    here: &[Said],
    there: &[LockedRequirement],
) -> Vec<Diagnostic> {
    let root = &workspace.locals[0];
    let lowering = Lowering {
        workspace,
        local: root,
    };
    let lowered = here
        .iter()
        .map(|(text, _)| lowering.lower(text, &Scope::Project));
    let recorded = there
        .iter()
        .map(|wire| locked(wire, &workspace.root, &workspace.python));
    let (Some(lowered), Some(recorded)) = (
        lowered.collect::<Option<Vec<_>>>(),
        recorded.collect::<Option<Vec<_>>>(),
    ) else {
        return Vec::new();
    };
    let new = here
        .iter()
        .zip(&lowered)
        .filter(|(_, all)| all.iter().any(|one| !recorded.contains(one)));
    let gone = there
        .iter()
        .zip(&recorded)
        .filter(|(_, one)| !lowered.iter().flatten().any(|own| own == *one));
    let new = new.map(|((text, span), _)| {
        stale(format!("uv.lock was written without `{text}` in `{key}`"))
            .at(root.place(span.clone(), "not locked"))
    });
    let needle = format!("\n{key}");
    let gone = gone.map(|(wire, _)| {
        stale(format!(
            "uv.lock has `{}`, which `{key}` no longer has",
            shown(wire)
        ))
        .at(root.place_of(&[&needle, "[tool.uv]", "[project]"], "not here"))
    });
    new.chain(gone).collect()
}

fn excludes(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let root = &workspace.locals[0];
    let items = root.pyproject.uv.exclude_dependencies.iter();
    let names = items.map(|item| {
        let name = PackageName::from_str(item.get_ref().as_str()?).ok()?;
        Some((name, item.span()))
    });
    let Some(here) = names.collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let there = &workspace.project.lock.manifest().excludes;
    let new = here.iter().filter(|(name, _)| !there.contains(name));
    let new = new.map(|(name, span)| {
        stale(format!(
            "uv.lock was written without `{name}` in `exclude-dependencies`"
        ))
        .at(root.place(span.clone(), "not locked"))
    });
    let gone = there
        .iter()
        .filter(|name| !here.iter().any(|(own, _)| own == *name));
    let gone = gone.map(|name| {
        stale(format!(
            "uv.lock leaves `{name}` out, which `exclude-dependencies` no longer does"
        ))
        .at(root.place_of(
            &["\nexclude-dependencies", "[tool.uv]", "[project]"],
            "not here",
        ))
    });
    new.chain(gone).collect()
}
