//! The environment variables without which what is started ends at once.

use std::collections::BTreeMap;

use super::Application;
use crate::application::variables::{self, Run};
use crate::application::{Candidate, Target, settings, settings_package};
use crate::diagnostic::{Diagnostic, Place};
use crate::plan::source::own_modules;
use crate::rules;

impl Application<'_> {
    /// Each with the place that reads it.
    pub(crate) fn required(&self, started: &[&Candidate]) -> BTreeMap<String, Place> {
        let mut files = self.reached(started);
        for one in started {
            let settings = settings_package::meant(&self.code, one);
            let settings = settings.and_then(|name| self.code.locate(&one.path, &name));
            files.extend(
                settings
                    .into_iter()
                    .flat_map(|found| self.code.reached(&found.path)),
            );
        }
        files.extend(settings::as_files(&self.code, &files));
        let run: Vec<Run<'_>> = started.iter().filter_map(|one| self.runs_of(one)).collect();
        let services = self.subject.inputs.catalog.services();
        let files = files.iter().map(String::as_str);
        let mut required = variables::required(&self.code, files, &run, services);
        // A package without settings of its own is none that Django could start with.
        let mut open = started.iter();
        if let Some(one) = open.find(|one| settings_package::is_open(&self.code, one)) {
            let name = settings_package::VARIABLE.to_owned();
            required.entry(name).or_insert_with(|| one.place.clone());
        }
        required
    }

    /// Settings of Django's that an application names and the source does not have: it ends when it is imported.
    pub(crate) fn absent_settings(&self, one: &Candidate) -> Option<Diagnostic> {
        let settings = one.settings.as_ref()?;
        let top = settings.split('.').next().unwrap_or(settings);
        let (profile, variable) = (self.subject.profile, settings_package::VARIABLE);
        let is_said = profile.env.keys().any(|name| name.as_ref() == variable);
        let is_own = self.code.locate(&one.path, top).is_some();
        let is_there = || own_modules::is_there(&self.subject, settings);
        let is_package = || self.code.locate(&one.path, settings).is_some();
        if is_said || !is_own || is_there() || is_package() {
            return None;
        }
        let named = self
            .code
            .module(&one.path)
            .and_then(settings_package::named);
        let named = named.filter(|(name, _)| name == settings);
        let place = named.map(|(_, span)| self.code.place(&one.path, &span, "the settings"));
        let what = format!("`{settings}` has the settings, and the source has no such module");
        let mut finding =
            Diagnostic::new(rules::UNKNOWN_ENTRY, what).at(place.unwrap_or(one.place.clone()));
        let like = format!("{}.py.", settings.replace('.', "/"));
        let mut paths = self.subject.inputs.tree.paths();
        if let Some(example) = paths.find(|path| path.contains(&like)) {
            finding = finding.with_note(format!("`{example}` is there, and is no module"));
        }
        Some(finding.with_help(format!(
            "bring the file here, where no `.gitignore` leaves it out, or let `{variable}` in [profile.{}.env] of dfgen.toml name settings that are there",
            profile.name
        )))
    }

    /// What of its file a candidate runs beside what an import does.
    fn runs_of<'a>(&'a self, one: &'a Candidate) -> Option<Run<'a>> {
        match &one.target {
            Target::Module => Some(Run::Main(&one.path)),
            Target::Command(name) => {
                let (_, function) = self.facts.scripts.get(name)?.split_once(':')?;
                Some(Run::Function(&one.path, function))
            }
            Target::Object(_) | Target::Factory(_) => None,
        }
    }
}
