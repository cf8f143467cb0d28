//! The environment variables without which what is started ends at once.

use std::collections::BTreeMap;

use super::Application;
use crate::application::{Candidate, Target, settings_package, variables};
use crate::diagnostic::Place;

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
        let run = started.iter().filter(|one| one.target == Target::Module);
        let run: Vec<&str> = run.map(|one| one.path.as_str()).collect();
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
}
