//! What can be imported in an image: Python's own modules and what the closure installs.

use std::collections::BTreeSet;
use std::fmt;

use pep508_rs::PackageName;

use crate::application::stdlib::{self, PythonVersion};

/// What an image has installed.
pub(crate) struct Environment<'a> {
    /// Its Python.
    pub(crate) python: PythonVersion,
    /// The distributions of its closure.
    pub(crate) installed: &'a BTreeSet<PackageName>,
    /// Those of them that are the project's own: their modules are files of the source, and no habit of PyPI's names
    /// tells more.
    pub(crate) own: &'a BTreeSet<PackageName>,
    /// Which distributions provide a dotted module name, when a table or the lock knows.
    pub(crate) provides: &'a dyn Fn(&str) -> Option<Vec<PackageName>>,
}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (python, installed) = (&self.python, &self.installed);
        f.debug_struct("Environment")
            .field("python", python)
            .field("installed", installed)
            .finish_non_exhaustive()
    }
}

/// A name that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Absent {
    /// The dotted name that identifies what is missing.
    pub(super) import: String,
    /// What would provide it.
    pub(super) distributions: Vec<PackageName>,
}

impl Environment<'_> {
    /// Whether `import module` works.
    pub(super) fn has(&self, module: &str) -> bool {
        self.absent(module, &[]).is_none()
    }

    /// What is missing for `import module`, and what would provide it; none where nobody knows.
    pub(crate) fn missing(&self, module: &str) -> Option<(String, Vec<PackageName>)> {
        let absent = self.absent(module, &[])?;
        Some((absent.import, absent.distributions))
    }

    /// What is missing for `import module`, or for `from module import names`.
    pub(super) fn absent(&self, module: &str, names: &[String]) -> Option<Absent> {
        let top = first(module);
        if stdlib::contains(top, self.python) || self.is_shim(top) {
            return None;
        }
        let submodules = names.iter().map(|name| format!("{module}.{name}"));
        let known = submodules.filter_map(|name| self.known(&name));
        let mut known: Vec<Result<(), Absent>> = known.collect();
        if known.is_empty() {
            known.extend(self.known_prefix(module));
        }
        if known.is_empty() {
            return self.unknown(top);
        }
        known.into_iter().find_map(Result::err)
    }

    /// `setuptools` brings `distutils` back where Python no longer has it.
    fn is_shim(&self, top: &str) -> bool {
        top == "distutils"
            && self
                .installed
                .iter()
                .any(|name| name.as_ref() == "setuptools")
    }

    fn known_prefix(&self, module: &str) -> Option<Result<(), Absent>> {
        let prefixes = std::iter::successors(Some(module), |name| {
            name.rsplit_once('.').map(|(before, _)| before)
        });
        prefixes.into_iter().find_map(|prefix| self.known(prefix))
    }

    fn known(&self, module: &str) -> Option<Result<(), Absent>> {
        let distributions = (self.provides)(module).filter(|found| !found.is_empty())?;
        let is_installed = distributions
            .iter()
            .any(|name| self.installed.contains(name))
            || self.is_named_like_installed(module);
        Some(if is_installed {
            Ok(())
        } else {
            Err(Absent {
                import: module.to_owned(),
                distributions,
            })
        })
    }

    fn is_named_like_installed(&self, module: &str) -> bool {
        let name = module.replace(['.', '_'], "-").to_ascii_lowercase();
        self.installed
            .iter()
            .any(|package| package.as_ref() == name)
    }

    /// A name that no table knows: it is there when something installed could carry it.
    fn unknown(&self, top: &str) -> Option<Absent> {
        let mut others = self.installed.difference(self.own);
        let is_own = || self.is_named_like_installed(top);
        let module = Carried::new(top);
        let is_inside = |package: &PackageName| is_private(top, package);
        if others.any(|package| module.fits(package) || is_inside(package)) || is_own() {
            return None;
        }
        Some(Absent {
            import: top.to_owned(),
            distributions: Vec::new(),
        })
    }
}

pub(super) fn first(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// What a distribution has in front of the name of its module, and behind it, without its hyphens.
const STARTS: [&str; 5] = ["python", "py", "django", "flask", "lib"];
const ENDS: [&str; 6] = ["python", "py", "s", "lib", "binary", "headless"];

/// A top-level module, as the names of distributions are compared with it: by the habits of PyPI, as with
/// `python-dotenv`, `PyYAML`, `attrs`, `azure-identity`, `djangorestframework-simplejwt`.
pub(super) struct Carried {
    /// Its letters and digits.
    plain: String,
    /// What a distribution begins with that holds a part of it.
    prefix: String,
}

impl Carried {
    pub(super) fn new(top: &str) -> Self {
        let lower = top.to_ascii_lowercase();
        Self {
            prefix: format!("{}-", lower.replace('_', "-")),
            plain: lower.replace(['-', '_', '.'], ""),
        }
    }

    /// Whether a distribution of this name may hold it.
    pub(super) fn fits(&self, package: &PackageName) -> bool {
        let name = package.as_ref();
        if name.starts_with(&self.prefix) {
            return true;
        }
        // Most names are told apart by their length alone.
        let length = name.bytes().filter(|byte| *byte != b'-').count();
        let longest = self.plain.len() + "headless".len();
        if !(self.plain.len()..=longest).contains(&length) {
            return false;
        }
        let name = name.replace('-', "");
        let rest = |rest: Option<&str>| rest == Some(self.plain.as_str());
        name == self.plain
            || STARTS.iter().any(|start| rest(name.strip_prefix(start)))
            || ENDS.iter().any(|end| rest(name.strip_suffix(end)))
    }
}

/// Whether a module is a part of a distribution that it does not tell of: `_shop_sdk` lies beside `shop` in its wheel.
fn is_private(top: &str, package: &PackageName) -> bool {
    let name = top.strip_prefix('_').map(|name| name.replace('_', "-"));
    let rest = name.as_deref();
    let rest = rest.and_then(|name| name.strip_prefix(package.as_ref()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// What a distribution may be imported as, by the same habits. Where the names differ more, the
/// caller's table has to know.
pub(super) fn guessed_imports(package: &PackageName) -> BTreeSet<String> {
    let name = package.as_ref();
    let plain = name.replace('-', "_");
    let mut guesses = BTreeSet::from([plain.clone(), name.replace('-', ".")]);
    let trimmed = ["python_", "py", "django_", "flask_"];
    guesses.extend(
        trimmed
            .iter()
            .filter_map(|start| plain.strip_prefix(start))
            .map(str::to_owned),
    );
    guesses.extend(
        ["_python", "_binary", "_headless"]
            .iter()
            .filter_map(|end| plain.strip_suffix(end))
            .map(str::to_owned),
    );
    // Markdown's extensions are named in strings.
    let extension = plain.strip_prefix("markdown_");
    guesses.extend(extension.map(|name| format!("mdx_{name}")));
    guesses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str) -> PackageName {
        PackageName::new(name.to_owned()).unwrap()
    }

    #[test]
    fn habits_of_naming_raise_no_alarm() {
        for (name, top) in [
            ("python-dotenv", "dotenv"),
            ("pyyaml", "yaml"),
            ("attrs", "attr"),
            ("azure-identity", "azure"),
            ("pyjwt", "jwt"),
            ("mysql-connector-python", "mysql"),
            ("typing-extensions", "typing_extensions"),
        ] {
            assert!(Carried::new(top).fits(&package(name)), "{name} {top}");
        }
        assert!(!Carried::new("torch").fits(&package("numpy")));
    }

    #[test]
    fn private_modules_ship_with_a_distribution() {
        assert!(is_private("_shop_sdk", &package("shop")));
        assert!(is_private("_shop", &package("shop")));
        assert!(!is_private("_shopping", &package("shop")));
        assert!(!is_private("shop_sdk", &package("shop")));
    }

    #[test]
    fn python_decides_about_its_own_modules() {
        let none = BTreeSet::new();
        let setuptools = BTreeSet::from([package("setuptools")]);
        let own = BTreeSet::new();
        let environment = |python, installed| Environment {
            python,
            installed,
            own: &own,
            provides: &|_| None,
        };
        assert!(environment((3, 12), &none).has("cgi"));
        assert!(!environment((3, 13), &none).has("cgi"));
        assert!(!environment((3, 13), &none).has("distutils.core"));
        assert!(environment((3, 13), &setuptools).has("distutils.core"));
    }
}
