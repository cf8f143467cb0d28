//! Whether a closure can be installed on its target at all: what `uv sync` refuses, told at once.
//!
//! `uv export` writes a list even where nothing on it can be installed; a person would learn that in
//! the middle of a build. The promise: [`Closure::check`] refuses where `uv sync` does; the corpus
//! test holds it to that.
//!
//! Source: `Package::to_dist` and its hints in `crates/uv-resolver/src/lock/mod.rs` of uv.

use std::collections::BTreeSet;

use pep508_rs::pep440_rs::{Version, VersionSpecifiers};

use super::distribution::BuildRules;
use super::{Chain, Closure};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result};
use crate::lock::{Active, Distribution, Package, PackageId, Source, WheelName};
use crate::names::GroupName;
use crate::project::{Project, Pyproject};
use crate::rules;

impl Closure<'_> {
    /// Refuses what cannot be installed: a Python or an environment that the lock was not made for,
    /// a group that asks for another Python, packages without a usable file, packages that
    /// `[tool.uv]` forbids to build or to take built.
    pub fn check(&self) -> Result<()> {
        let mut problems: Vec<Diagnostic> = Vec::new();
        problems.extend(self.wrong_python());
        problems.extend(self.groups_of_other_pythons());
        problems.extend(self.unsupported_environment());
        let rules = BuildRules::of(self.project);
        for (id, package, _) in self.packages() {
            problems.extend(self.unusable(id, package, &rules));
        }
        Diagnostics::check(problems)
    }

    fn wrong_python(&self) -> Option<Diagnostic> {
        let python = &self.selected.target.python;
        let locked = self.lock.requires_python();
        if locked.contains(python.version()) {
            return None;
        }
        let own = self.project.pyproject.project.as_ref();
        let said = own.and_then(|own| own.requires_python.as_ref());
        let file = &self.project.pyproject.file;
        let message = format!("the project does not allow Python {python}: it asks for {locked}");
        Some(
            Diagnostic::new(rules::UNSUPPORTED_PYTHON, message)
                .at_some(said.map(|said| file.place(said.span(), "asked for here")))
                .with_help(format!("choose a Python that fits `{locked}`")),
        )
    }

    fn groups_of_other_pythons(&self) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let manifests = self
            .selected
            .members
            .iter()
            .filter_map(|id| self.project.manifest_of(*id));
        let rootless = self
            .project
            .pyproject
            .project
            .is_none()
            .then_some(&self.project.pyproject);
        for manifest in manifests.chain(rootless) {
            for group in selected_groups(manifest, self) {
                let ranges = manifest.group_requires_python(&group);
                problems.extend(self.group_problem(manifest, &group, &ranges));
            }
        }
        problems
    }

    fn group_problem(
        &self,
        manifest: &Pyproject,
        group: &GroupName,
        ranges: &[VersionSpecifiers],
    ) -> Option<Diagnostic> {
        let python = &self.selected.target.python;
        let range = ranges
            .iter()
            .find(|range| !range.contains(python.version()))?;
        let message = format!("the group `{group}` cannot be installed on Python {python}");
        Some(
            Diagnostic::new(rules::UNSUPPORTED_PYTHON, message)
                .at(manifest
                    .file
                    .place_of("tool.uv.dependency-groups", format!("asks for `{range}`")))
                .with_help(format!(
                    "leave it out with `--no-group {group}`, or choose a Python that fits `{range}`"
                )),
        )
    }

    fn unsupported_environment(&self) -> Option<Diagnostic> {
        let environment = self.selected.target.marker_environment();
        let supported = self.lock.supported_markers();
        let none = Active::default();
        let here = supported
            .iter()
            .any(|marker| marker.holds(&environment, &none) != Some(false));
        if supported.is_empty() || here {
            return None;
        }
        let listed: Vec<String> = supported
            .iter()
            .map(|marker| format!("`{marker}`"))
            .collect();
        let message = format!("uv.lock was not written for {}", self.selected.target);
        Some(
            Diagnostic::new(rules::UNSUPPORTED_ENVIRONMENT, message)
                .at(self
                    .project
                    .pyproject
                    .file
                    .place_of("environments", "decided here"))
                .with_note(format!("it holds for {}", listed.join(", ")))
                .with_help("add the environment to `tool.uv.environments`, then run `uv lock`"),
        )
    }

    fn unusable(
        &self,
        id: PackageId,
        package: &Package,
        rules: &BuildRules<'_>,
    ) -> Option<Diagnostic> {
        let binary = rules.allows_binary(&package.name);
        // uv builds what is installed editable, whatever it is told.
        let editable = matches!(package.source, Source::Editable(_));
        let build = editable || rules.allows_build(&package.name);
        let problem = match (self.fitting(id), binary, build) {
            (Distribution::Virtual, _, _)
            | (Distribution::Wheel(_), true, _)
            | (Distribution::Sdist(_) | Distribution::Source, _, true) => return None,
            (Distribution::Wheel(_), false, true) if package.sdist.is_some() => return None,
            (Distribution::Missing, true, _) => self.missing(package),
            (Distribution::Wheel(_) | Distribution::Missing, false, _) => {
                no_wheel(self.project, package)
            }
            (Distribution::Sdist(_) | Distribution::Source, _, false) => self.no_build(package),
        };
        let chain = self.shortest_chain(id)?;
        let problem = problem.at_some(self.asked_at(&chain));
        Some(if chain.edges().is_empty() {
            problem
        } else {
            problem.with_note(format!("needed by {chain}"))
        })
    }

    fn no_build(&self, package: &Package) -> Diagnostic {
        let target = &self.selected.target;
        let message = format!(
            "{} must not be built, and there is no wheel for {target}",
            Named(package)
        );
        Diagnostic::new(rules::BUILD_NOT_ALLOWED, message)
            .at_some(place(self.project, &["no-build-package", "no-build"]))
            .with_help(format!("allow `{}` to be built there", package.name))
    }

    fn missing(&self, package: &Package) -> Diagnostic {
        let tags = self.tags();
        let target = &self.selected.target;
        let message = format!(
            "{} has neither a wheel for {target} nor a source distribution",
            Named(package)
        );
        let problem = Diagnostic::new(rules::NO_DISTRIBUTION, message);
        let wheels: Vec<WheelName<'_>> = package
            .wheels
            .iter()
            .filter_map(|wheel| WheelName::parse(&wheel.filename))
            .collect();
        let on_platform: Vec<_> = wheels
            .iter()
            .filter(|wheel| tags.has_platform(wheel))
            .collect();
        if wheels.is_empty() {
            return problem
                .with_note("uv.lock has no file of it: none fits `tool.uv.environments`")
                .with_help("add the environment to `tool.uv.environments`, then run `uv lock`");
        }
        if on_platform.is_empty() {
            let platforms = listed(wheels.iter().flat_map(|wheel| wheel.platforms()));
            let machine = target.platform.machine();
            return problem
                .with_note(format!("it has wheels for {platforms}"))
                .with_help(format!("make no image for {} of what needs it", target.platform))
                .with_help(format!(
                    "or add \"sys_platform == 'linux' and platform_machine == '{machine}'\" to \
                     `tool.uv.required-environments` and run `uv lock`: uv looks for a version that has one"
                ));
        }
        let pythons = || on_platform.iter().flat_map(|wheel| wheel.pythons());
        let choose = "choose a Python that it has a wheel for";
        problem
            .with_note(format!(
                "on this platform it has wheels for {}",
                listed(pythons())
            ))
            .with_help(match newest(pythons(), self.project) {
                Some(python) => {
                    format!("{choose}: `python = \"{python}\"` in the profile, in dfgen.toml")
                }
                None => choose.to_owned(),
            })
    }

    /// The line of the manifest that the way to a package begins with.
    fn asked_at(&self, chain: &Chain<'_>) -> Option<Place> {
        let first = chain.edges().first()?;
        let manifest = match first.by {
            Some(by) => self.project.manifest_of(by)?,
            None => &self.project.pyproject,
        };
        let package = chain.packages().next()?;
        let span = manifest.requirement_span(&self.lock.package(package).name)?;
        Some(manifest.file.place(span, "asked for here"))
    }
}

/// The groups of a manifest that the closure was selected with.
fn selected_groups(manifest: &Pyproject, closure: &Closure<'_>) -> Vec<GroupName> {
    let written = manifest.dependency_groups.keys();
    let names = written.filter_map(|name| name.get_ref().parse().ok());
    names
        .filter(|name| closure.selected.groups.contains(name))
        .collect()
}

/// `name` version, as messages have it.
struct Named<'a>(&'a Package);

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.version {
            Some(version) => write!(f, "`{}` {version}", self.0.name),
            None => write!(f, "`{}`", self.0.name),
        }
    }
}

/// The newest Python of these tags that the project allows: `3.13` of `cp313`.
fn newest<'a>(tags: impl Iterator<Item = &'a str>, project: &Project) -> Option<String> {
    let minors = tags.filter_map(|tag| tag.strip_prefix("cp3")?.parse::<u64>().ok());
    let allowed = project.lock.requires_python();
    let fits = |minor: &u64| {
        // A bound of a patch, as `>=3.11.4`, holds for the newest of the minor version.
        allowed.contains(&Version::new([3, *minor, 99]))
    };
    let newest = minors.filter(fits).max()?;
    Some(format!("3.{newest}"))
}

fn listed<'a>(tags: impl Iterator<Item = &'a str>) -> String {
    let tags: BTreeSet<&str> = tags.collect();
    let tags: Vec<String> = tags.into_iter().map(|tag| format!("`{tag}`")).collect();
    tags.join(", ")
}

fn no_wheel(project: &Project, package: &Package) -> Diagnostic {
    let message = format!(
        "{} must not be installed from a wheel, and nothing else can be",
        Named(package)
    );
    Diagnostic::new(rules::WHEEL_NOT_ALLOWED, message)
        .at_some(place(project, &["no-binary-package", "no-binary"]))
        .with_help(format!("allow wheels of `{}` there", package.name))
}

/// The place of the first of these keys that the root's manifest has.
fn place(project: &Project, keys: &[&str]) -> Option<Place> {
    let file = &project.pyproject.file;
    let key = keys.iter().find(|key| file.text().contains(**key))?;
    Some(file.place_of(key, "decided here"))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::closure::{Choice, Closure, Selection};
    use crate::project::Project;
    use crate::target::{Libc, Platform, Target};

    const LOCK: &str = r#"version = 1
revision = 3
requires-python = ">=3.11, <3.14"
supported-markers = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]

[[package]]
name = "shop"
version = "1.0.0"
source = { virtual = "." }
dependencies = [
    { name = "models" },
]

[package.dev-dependencies]
docs = [
    { name = "models" },
]

[[package]]
name = "models"
version = "2.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "torch" },
]
sdist = { url = "https://x.invalid/models-2.0.tar.gz" }

[[package]]
name = "torch"
version = "2.9.0"
source = { registry = "https://index.example/simple" }
wheels = [
    { url = "https://x.invalid/torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl" },
    { url = "https://x.invalid/torch-2.9.0-cp312-cp312-win_amd64.whl" },
]
"#;

    /// What is said of the lock on a target, with this at the end of the manifest.
    fn said(uv: &str, platform: Platform, python: &str, groups: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            "[project]\nname = \"shop\"\nversion = \"1.0.0\"\nrequires-python = \">=3.11,<3.14\"\n\
             dependencies = [\"models>=2\"]\n\n[dependency-groups]\ndocs = [\"models\"]\n\n[tool.uv]\n{uv}"
        );
        std::fs::write(folder.path().join("pyproject.toml"), manifest).unwrap();
        std::fs::write(folder.path().join("uv.lock"), LOCK).unwrap();
        let project = Project::load(folder.path()).unwrap();
        let groups = groups.iter().map(|name| name.parse().unwrap());
        let selection = Selection {
            groups: Choice::some(groups.collect()),
            ..Selection::production()
        };
        let target = Target {
            platform,
            libc: Libc::Glibc(2, 36),
            python: python.parse().unwrap(),
        };
        let closure = Closure::select(&project, &selection, &target).unwrap();
        let checked = closure.check();
        checked.map_or_else(|problems| problems.to_string(), |()| String::new())
    }

    #[test]
    fn what_has_a_wheel_or_can_be_built_is_accepted() {
        assert_eq!(said("", Platform::LinuxAmd64, "3.12.4", &["docs"]), "");
    }

    #[test]
    fn no_file_for_the_python() {
        assert_snapshot!(said("", Platform::LinuxAmd64, "3.13.0", &[]), @r#"
        error[no-distribution]: `torch` 2.9.0 has neither a wheel for linux/amd64 and Python 3.13.0 nor a source distribution
         --> pyproject.toml:5:17
          |
        5 | dependencies = ["models>=2"]
          |                 ^^^^^^^^^^^ asked for here
          |
          = note: on this platform it has wheels for `cp312`
          = note: needed by shop -> models -> torch
          = help: choose a Python that it has a wheel for: `python = "3.12"` in the profile, in dfgen.toml
        "#);
    }

    #[test]
    fn no_file_for_the_platform() {
        assert_snapshot!(said("", Platform::LinuxArm64, "3.12.4", &[]), @r#"
        error[unsupported-environment]: uv.lock was not written for linux/arm64 and Python 3.12.4
         --> pyproject.toml:1:1
          |
        1 | [project]
          | ^ decided here
          |
          = note: it holds for `sys_platform == 'linux' and platform_machine == 'x86_64'`
          = help: add the environment to `tool.uv.environments`, then run `uv lock`

        error[no-distribution]: `torch` 2.9.0 has neither a wheel for linux/arm64 and Python 3.12.4 nor a source distribution
         --> pyproject.toml:5:17
          |
        5 | dependencies = ["models>=2"]
          |                 ^^^^^^^^^^^ asked for here
          |
          = note: it has wheels for `manylinux_2_28_x86_64`, `win_amd64`
          = note: needed by shop -> models -> torch
          = help: make no image for linux/arm64 of what needs it
          = help: or add "sys_platform == 'linux' and platform_machine == 'aarch64'" to `tool.uv.required-environments` and run `uv lock`: uv looks for a version that has one
        "#);
    }

    #[test]
    fn another_python_than_project_and_group_allow() {
        let group = "[tool.uv.dependency-groups]\ndocs = { requires-python = \">=3.12\" }\n";
        assert_snapshot!(said(group, Platform::LinuxAmd64, "3.10.2", &["docs"]), @r#"
        error[unsupported-python]: the project does not allow Python 3.10.2: it asks for >=3.11, <3.14
         --> pyproject.toml:4:19
          |
        4 | requires-python = ">=3.11,<3.14"
          |                   ^^^^^^^^^^^^^^ asked for here
          |
          = help: choose a Python that fits `>=3.11, <3.14`

        error[unsupported-python]: the group `docs` cannot be installed on Python 3.10.2
          --> pyproject.toml:11:2
           |
        11 | [tool.uv.dependency-groups]
           |  ^^^^^^^^^^^^^^^^^^^^^^^^^ asks for `>=3.12`
           |
           = help: leave it out with `--no-group docs`, or choose a Python that fits `>=3.12`

        error[no-distribution]: `torch` 2.9.0 has neither a wheel for linux/amd64 and Python 3.10.2 nor a source distribution
         --> pyproject.toml:5:17
          |
        5 | dependencies = ["models>=2"]
          |                 ^^^^^^^^^^^ asked for here
          |
          = note: on this platform it has wheels for `cp312`
          = note: needed by shop -> models -> torch
          = help: choose a Python that it has a wheel for: `python = "3.12"` in the profile, in dfgen.toml
        "#);
    }

    #[test]
    fn what_must_not_be_built_or_taken_built() {
        assert_snapshot!(said("no-build = true\n", Platform::LinuxAmd64, "3.12.4", &[]), @r#"
        error[build-not-allowed]: `models` 2.0 must not be built, and there is no wheel for linux/amd64 and Python 3.12.4
          --> pyproject.toml:11:1
           |
        11 | no-build = true
           | ^^^^^^^^ decided here
           |
          ::: pyproject.toml:5:17
           |
         5 | dependencies = ["models>=2"]
           |                 ^^^^^^^^^^^ asked for here
           |
           = note: needed by shop -> models
           = help: allow `models` to be built there
        "#);
        let no_binary = "no-binary-package = [\"torch\"]\n";
        assert_snapshot!(said(no_binary, Platform::LinuxAmd64, "3.12.4", &[]), @r#"
        error[wheel-not-allowed]: `torch` 2.9.0 must not be installed from a wheel, and nothing else can be
          --> pyproject.toml:11:1
           |
        11 | no-binary-package = ["torch"]
           | ^^^^^^^^^^^^^^^^^ decided here
           |
          ::: pyproject.toml:5:17
           |
         5 | dependencies = ["models>=2"]
           |                 ^^^^^^^^^^^ asked for here
           |
           = note: needed by shop -> models -> torch
           = help: allow wheels of `torch` there
        "#);
    }

    #[test]
    fn one_list_makes_exceptions_from_the_other() {
        let both = "no-build = true\nno-binary-package = [\"models\"]\n";
        assert_eq!(said(both, Platform::LinuxAmd64, "3.12.4", &[]), "");
    }
}
