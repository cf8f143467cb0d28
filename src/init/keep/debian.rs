//! Debian packages.

use super::{Keeper, list};
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::{added, is_build_tool};
use crate::plan::ImagePlan;
use crate::plan::Outcome;
use crate::profile::AptPackage;

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
        self.listed(&mut runtime);
        self.of_alpine();
        if let Some((_, place)) = runtime.first() {
            for (_, place) in &runtime {
                self.mark(place, Outcome::Kept);
            }
            let place = place.clone();
            self.add(
                &["apt", "runtime"],
                list(runtime.iter().map(|(name, _)| name)),
                &place,
            );
        }
        self.debian_build();
    }

    /// Packages of Alpine for which no name of Debian's is known.
    fn of_alpine(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        for command in &run.image.commands {
            for name in added(&command.value) {
                let is_known = Dockerfiles::embedded().of_alpine(&name).is_some();
                if !is_known && !is_build_tool(&name) {
                    let why = "Alpine's: name what Debian has for it in `apt.runtime`, if the application needs it";
                    self.leave(&command.place.within(&name), &name, why);
                }
            }
        }
    }

    /// Packages whose names the build reads from a file.
    fn listed(&mut self, runtime: &mut Vec<(String, Place)>) {
        let Some(run) = self.run else {
            return;
        };
        let commands = run.image.commands.iter();
        let mut commands = commands.filter(|one| one.value.program() == "xargs");
        let Some(place) = commands.next().map(|one| one.place.clone()) else {
            return;
        };
        for (_, names) in run.image.package_lists(&self.survey.inputs.tree) {
            for name in names {
                let is_new = runtime.iter().all(|(known, _)| *known != name);
                if is_new && self.is_worth_keeping(&name, &place, self.runtime_has(&name)) {
                    runtime.push((name, place.clone()));
                }
            }
        }
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

    fn runtime_has(&self, name: &str) -> bool {
        self.plan.as_ref().is_some_and(|plan| {
            plan.apt_runtime
                .iter()
                .any(|need| need.package.as_str() == name)
        })
    }

    /// Whether the plan knows what of the application would use it.
    fn may_use(&self, name: &str) -> bool {
        self.plan.as_ref().is_some_and(|plan| {
            plan.apt_optional
                .iter()
                .any(|need| need.package.as_str() == name)
        })
    }

    /// Tells why not, unless a fault does.
    fn is_worth_keeping(&mut self, name: &str, place: &Place, planned: bool) -> bool {
        let unneeded = Dockerfiles::embedded().unneeded(name);
        if planned {
            self.drop(
                place,
                name,
                "dfgen adds it by itself: a package of the lock or the source needs it",
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
        } else if self.may_use(name) {
            true
        } else if let Some(why) = unneeded {
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
