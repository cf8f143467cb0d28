//! Extras and dependency groups that the existing container installs.

use std::collections::BTreeSet;

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::plan;
use crate::profile::Wanted;
use crate::rules;

impl Keeper<'_, '_, '_> {
    pub(super) fn selection(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let mut extras: Vec<(String, Place)> = Vec::new();
        let mut groups: Vec<(String, Place)> = Vec::new();
        for install in &run.image.installs {
            let told = |names: &[String]| {
                names
                    .iter()
                    .map(|name| (name.clone(), install.place.clone()))
                    .collect::<Vec<_>>()
            };
            extras.extend(told(&install.value.extras));
            groups.extend(told(&install.value.groups));
            if install.value.all_extras {
                let profile = &self.service.profile;
                let all = plan::installed_extras(self.survey.inputs, profile, &install.value);
                extras.extend(told(&all));
            }
        }
        groups.retain(|(name, _)| name != "dev");
        extras.retain(|(name, _)| name != "dev");
        self.names("extras", extras);
        self.names("groups", groups);
    }

    fn names(&mut self, key: &str, said: Vec<(String, Place)>) {
        let Some((_, first)) = said.first().cloned() else {
            return;
        };
        let known = self.known(key);
        let mut names: Vec<String> = Vec::new();
        for (name, place) in said {
            let normal = name.to_lowercase().replace(['_', '.'], "-");
            if !known.contains(&normal) {
                self.leave(
                    &place,
                    &name,
                    &format!("the project has no such name among its {key}"),
                );
            } else if self.is_ml(key, &normal) {
                self.ml(key, &normal, &place);
            } else if !names.contains(&normal) {
                names.push(normal);
            }
        }
        if names.is_empty() {
            return;
        }
        if self.takes_ml(key) {
            names.push("@ml".to_owned());
        }
        self.add(&[key], list(&names), &first);
    }

    /// The ML stack has profiles of its own.
    fn ml(&mut self, key: &str, name: &str, place: &Place) {
        if !self.takes_ml(key) {
            let why = format!(
                "it brings the ML stack, which `{}` leaves out: the ML image has it",
                self.service.profile.name
            );
            self.drop(place, name, &why);
        }
    }

    fn takes_ml(&self, key: &str) -> bool {
        let profile = &self.service.profile;
        match key {
            "extras" => profile.extras.value.contains(&Wanted::Ml),
            _ => profile.groups.value.contains(&Wanted::Ml),
        }
    }

    /// The names that the member's package has in the lock.
    fn known(&self, key: &str) -> BTreeSet<String> {
        let lock = &self.survey.inputs.project.lock;
        let wanted = self
            .service
            .profile
            .member
            .as_ref()
            .map(|member| &member.value);
        let id = match wanted {
            Some(name) => lock.named(name).first().copied(),
            None => lock.root(),
        };
        let Some(package) = id.map(|id| lock.package(id)) else {
            return BTreeSet::new();
        };
        match key {
            "extras" => package.extras.keys().map(ToString::to_string).collect(),
            _ => package.groups.keys().map(ToString::to_string).collect(),
        }
    }

    /// Whether an extra or group brings the ML stack to a profile that forbids it.
    fn is_ml(&self, key: &str, name: &str) -> bool {
        let forbids = |profile: &crate::profile::Profile| {
            profile
                .forbid
                .value
                .iter()
                .any(|pattern| pattern.to_string() == "@ml")
        };
        if !forbids(&self.service.profile) && !self.takes_ml(key) {
            return false;
        }
        let setting = super::Kept::new(&[key], list([name]), "");
        let mut settings: Vec<super::Kept> = self
            .kept
            .iter()
            .filter(|kept| kept.path[0] != "entry")
            .cloned()
            .collect();
        settings.push(setting);
        let command: toml_edit::Array = ["python"].into_iter().collect();
        settings.push(super::Kept::new(
            &["command"],
            toml_edit::Value::from(command),
            "",
        ));
        let planned = self.planned(&settings);
        match planned {
            Err(problems) => problems
                .iter()
                .any(|problem| problem.rule() == rules::FORBIDDEN_PACKAGE),
            Ok(_) => self.takes_ml(key) && self.brings_heavy(key, name),
        }
    }

    fn brings_heavy(&self, key: &str, name: &str) -> bool {
        let lock = &self.survey.inputs.project.lock;
        let catalog = &self.survey.inputs.catalog;
        let Some(package) = lock.root().map(|id| lock.package(id)) else {
            return false;
        };
        let dependencies = match key {
            "extras" => package
                .extras
                .iter()
                .find(|(extra, _)| extra.as_ref() == name)
                .map(|(_, list)| list),
            _ => package
                .groups
                .iter()
                .find(|(group, _)| group.as_ref() == name)
                .map(|(_, list)| list),
        };
        let mut names = dependencies
            .into_iter()
            .flatten()
            .map(|dependency| &lock.package(dependency.package).name);
        names.any(|name| catalog.ml().is_heavy(name))
    }
}
