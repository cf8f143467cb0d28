//! Which distributions what is started imports, and which nothing names.

use std::collections::{BTreeMap, BTreeSet};

use super::Application;
use crate::application::Candidate;
use crate::application::imports::{self, Entry, MissingImport, Start, When};
use crate::names::PackageName;

impl Application<'_> {
    /// Those of these distributions that no file of the project names in any way, seen from what is started.
    pub(crate) fn unused(
        &self,
        candidates: &[&Candidate],
        direct: &BTreeSet<PackageName>,
    ) -> BTreeSet<PackageName> {
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(&self.installed, &provides);
        let entries: Vec<Entry> = candidates.iter().map(|one| Entry::from(*one)).collect();
        let unused = imports::unused(&self.code, &entries, &environment, direct);
        let nowhere = unused
            .into_iter()
            .filter(|one| one.imported_elsewhere.is_none());
        let paired = entries.iter().flat_map(|entry| {
            let missing = self.missing_from(entry, &self.installed);
            self.paired(entry, &missing).into_values()
        });
        let paired: BTreeSet<PackageName> = paired.collect();
        let nowhere = nowhere.map(|one| one.package);
        nowhere
            .filter(|package| !paired.contains(package))
            .collect()
    }

    /// Those of these distributions that a candidate imports; without one, that any file of the source does.
    pub(crate) fn imported(
        &self,
        candidate: Option<&Candidate>,
        names: &BTreeSet<PackageName>,
    ) -> BTreeSet<PackageName> {
        let any = |path: &&str| {
            let (root, module) = self.code.module_name(path);
            Entry {
                root,
                module,
                start: Start::Run,
                function: String::new(),
            }
        };
        let entries = match candidate.filter(|one| !one.module.is_empty()) {
            Some(one) => vec![Entry::from(one)],
            None => self.code.runnable().iter().map(any).collect(),
        };
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(&self.installed, &provides);
        let (_, unimported) = imports::unimported(&self.code, &entries, &environment, names);
        names - &unimported
    }

    /// The requirements that imports of unknown origin most likely come from.
    pub(super) fn paired(
        &self,
        entry: &Entry,
        missing: &[MissingImport],
    ) -> BTreeMap<String, PackageName> {
        let unknown = missing
            .iter()
            .filter(|one| one.distributions.is_empty() && one.when != When::Guarded);
        let unknown: BTreeSet<String> = unknown.map(|one| one.import.clone()).collect();
        if unknown.is_empty() {
            return BTreeMap::new();
        }
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(&self.installed, &provides);
        let entry = std::slice::from_ref(entry);
        let (_, unimported) = imports::unimported(&self.code, entry, &environment, &self.direct);
        imports::pairs(&unknown, &unimported)
    }
}
