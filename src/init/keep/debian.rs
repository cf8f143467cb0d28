//! Debian packages.

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::is_build_tool;
use crate::plan::ImagePlan;
use crate::profile::AptPackage;
use crate::project::source_tree::{Role, SourceTree, has_extension};

/// Packages that stand for something that dfgen does otherwise, or that the base image has.
const NOT_NEEDED: [(&str, &str); 20] = [
    (
        "curl",
        "only builds and health checks ask for it: dfgen's health check needs none",
    ),
    (
        "wget",
        "only builds and health checks ask for it: dfgen's health check needs none",
    ),
    ("ca-certificates", "the base image has it"),
    ("apt-transport-https", "apt has it built in"),
    ("apt-utils", "it is for the build"),
    ("software-properties-common", "it is for the build"),
    ("gnupg", "it is for the build"),
    ("gnupg2", "it is for the build"),
    ("lsb-release", "it is for the build"),
    ("sudo", "nothing in the image may become root"),
    ("gosu", "the image starts as its user"),
    (
        "tini",
        "compose's `init: true` does it, and the servers end on a signal",
    ),
    (
        "dumb-init",
        "compose's `init: true` does it, and the servers end on a signal",
    ),
    (
        "git",
        "it is for the build, and dfgen adds it there where a source needs it",
    ),
    ("vim", "an editor is not part of the application"),
    ("nano", "an editor is not part of the application"),
    ("less", "a pager is not part of the application"),
    ("unzip", "it is for the build"),
    ("python3", "the base image brings Python"),
    (
        "netcat-openbsd",
        "compose waits for services that are healthy",
    ),
];

impl Keeper<'_, '_, '_> {
    pub(super) fn debian(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let mut runtime: Vec<(String, Place)> = Vec::new();
        for package in &run.image.apt_runtime {
            let name = &package.value.package;
            if self.is_worth_keeping(name, &package.place, self.runtime_has(name)) {
                runtime.push((name.clone(), package.place.clone()));
            }
        }
        if let Some((_, place)) = runtime.first() {
            let place = place.clone();
            self.add(
                &["apt", "runtime"],
                list(runtime.iter().map(|(name, _)| name)),
                &place,
            );
        }
        self.debian_build();
    }

    /// Headers that the plan does not ask for, where it builds something at all.
    fn debian_build(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let mut build: Vec<(String, Place)> = Vec::new();
        for package in run.image.apt_build.iter().chain(&run.image.apt_runtime) {
            let name = &package.value.package;
            let is_new = build.iter().all(|(known, _)| known != name);
            if is_new && self.is_wanted_header(name, &package.place) {
                build.push((name.clone(), package.place.clone()));
            }
        }
        if let Some((_, place)) = build.first() {
            let place = place.clone();
            self.add(
                &["apt", "build"],
                list(build.iter().map(|(name, _)| name)),
                &place,
            );
        }
        for package in run
            .image
            .apt_runtime
            .iter()
            .filter(|package| is_header(&package.value.package))
        {
            self.library_of(&package.value.package, &package.place);
        }
    }

    fn is_wanted_header(&mut self, name: &str, place: &Place) -> bool {
        let asks = |plan: &ImagePlan| {
            plan.build
                .apt
                .iter()
                .any(|need| need.package.as_str() == name)
        };
        let builds = self
            .plan
            .as_ref()
            .is_some_and(|plan| !plan.build.apt.is_empty());
        if !is_header(name)
            || self.plan.as_ref().is_some_and(asks)
            || name.parse::<AptPackage>().is_err()
        {
            return false;
        }
        if !builds {
            self.drop(
                place,
                name,
                "every package has a wheel: nothing is compiled",
            );
        }
        builds
    }

    /// Headers bring their library along: without them it is missing, if something loads it.
    fn library_of(&mut self, name: &str, place: &Place) {
        let stem = name.trim_end_matches("-dev");
        let is_there = self.plan.as_ref().is_some_and(|plan| {
            plan.apt_runtime
                .iter()
                .any(|need| need.package.as_str().starts_with(stem))
        });
        if !is_there && name.starts_with("lib") {
            let why = format!(
                "brings the library `{stem}` along: if the application loads it, name its package in `apt.runtime`"
            );
            self.leave(place, name, &why);
        }
    }

    /// Whether the application calls git when it runs: through GitPython, or as a process.
    fn runs_git(&self) -> bool {
        let inputs = &self.survey.inputs;
        let gitpython = "gitpython".parse();
        if gitpython.is_ok_and(|name| !inputs.project.lock.named(&name).is_empty()) {
            return true;
        }
        let tree = &inputs.tree;
        let source = tree
            .paths()
            .filter(|path| has_extension(path, "py") && SourceTree::role("", path) == Role::Source);
        let literals = ["\"git\"", "'git'", "\"git ", "'git "];
        source.filter_map(|path| tree.text(path)).any(|file| {
            let text = file.text();
            text.contains("subprocess") && literals.iter().any(|literal| text.contains(literal))
        })
    }

    fn runtime_has(&self, name: &str) -> bool {
        self.plan.as_ref().is_some_and(|plan| {
            plan.apt_runtime
                .iter()
                .any(|need| need.package.as_str() == name)
        })
    }

    /// Tells why not, unless a fault does.
    fn is_worth_keeping(&mut self, name: &str, place: &Place, planned: bool) -> bool {
        let known = NOT_NEEDED.iter().find(|(package, _)| *package == name);
        if planned {
            self.drop(
                place,
                name,
                "dfgen adds it by itself: a package of the lock needs it",
            );
            false
        } else if is_build_tool(name) {
            false
        } else if name.contains(['$', '`']) {
            self.leave(
                place,
                name,
                "its value is only known when the image is built: name the packages in `apt.runtime`",
            );
            false
        } else if name == "git" && self.runs_git() {
            true
        } else if let Some((_, why)) = known {
            self.drop(place, name, why);
            false
        } else if name.parse::<AptPackage>().is_err() {
            self.leave(place, name, "not the name of a Debian package");
            false
        } else {
            true
        }
    }
}

fn is_header(package: &str) -> bool {
    package.ends_with("-dev") && !matches!(package, "python3-dev" | "libpython3-dev")
}
