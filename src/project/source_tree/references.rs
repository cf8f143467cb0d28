//! Which modules the source speaks of, read line by line: enough to know what must not be left out, before anything
//! is parsed. Words too many cost a file that nobody imports; one too few would cost a crash.

use std::collections::BTreeSet;

use super::{has_extension, join, parent};

/// The modules that some Python files name.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// Dotted names as they would be imported from some root.
    dotted: BTreeSet<String>,
    /// Paths without extension, of relative imports.
    paths: BTreeSet<String>,
}

impl References {
    /// Adds what one file names.
    pub(crate) fn read(&mut self, path: &str, text: &str) {
        let mut rest = text;
        while let Some((line, after)) = next_line(rest) {
            rest = after;
            let code = line.trim_start();
            if let Some(names) = code.strip_prefix("import ") {
                let names = names
                    .split(',')
                    .filter_map(|name| name.split_whitespace().next());
                self.dotted.extend(names.map(str::to_owned));
            } else if let Some((module, names)) = code
                .strip_prefix("from ")
                .and_then(|rest| rest.split_once(" import"))
            {
                let names = if names.trim_start().starts_with('(') {
                    let end = names.find(')');
                    let here = end.map_or(names, |end| &names[..end]);
                    let more = end
                        .is_none()
                        .then(|| rest.split(')').next().unwrap_or(rest));
                    format!("{here}\n{}", more.unwrap_or_default())
                } else {
                    names.to_owned()
                };
                self.imported(path, module.trim(), &names);
            }
            self.dotted.extend(quoted(line).map(str::to_owned));
        }
    }

    /// `from module import names` in the file at `path`.
    fn imported(&mut self, path: &str, module: &str, names: &str) {
        let words = |line: &str| {
            let line = line.split('#').next().unwrap_or_default().to_owned();
            let names = line
                .split(['(', ')', ',', '\\'])
                .map(str::trim)
                .map(str::to_owned);
            let names = names.filter_map(|name| name.split_whitespace().next().map(str::to_owned));
            names.collect::<Vec<String>>()
        };
        let names: Vec<String> = names.lines().flat_map(words).collect();
        let level = module.chars().take_while(|c| *c == '.').count();
        let inner = &module[level..];
        if level == 0 {
            self.dotted.insert(inner.to_owned());
            self.dotted
                .extend(names.iter().map(|name| format!("{inner}.{name}")));
            return;
        }
        let folder = (0..level).fold(path, |folder, _| parent(folder));
        let base = join(folder, &inner.replace('.', "/"));
        let base = base.trim_end_matches('/').to_owned();
        self.paths
            .extend(names.iter().map(|name| join(&base, name)));
        self.paths.insert(base);
    }

    /// Whether a module, or something in a package, is named: `path` is a file or a folder, and `is_package` says
    /// which folders have an `__init__.py`, from where nothing is imported by its bare name.
    pub(crate) fn name(&self, path: &str, is_package: impl Fn(&str) -> bool) -> bool {
        let stem = path.strip_suffix(".py").unwrap_or(path);
        let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
        if is_or_is_below(&self.paths, stem, '/') {
            return true;
        }
        let starts = stem.match_indices('/').map(|(at, _)| at + 1);
        let mut starts = std::iter::once(0).chain(starts);
        starts.any(|start| {
            let root = stem[..start].trim_end_matches('/');
            !is_package(root) && is_or_is_below(&self.dotted, &stem[start..].replace('/', "."), '.')
        })
    }
}

/// Whether the name itself is among these, or something that begins with it.
fn is_or_is_below(names: &BTreeSet<String>, name: &str, separator: char) -> bool {
    let below = format!("{name}{separator}");
    let mut after = names.range(below.clone()..);
    names.contains(name) || after.next().is_some_and(|found| found.starts_with(&below))
}

fn next_line(text: &str) -> Option<(&str, &str)> {
    (!text.is_empty()).then(|| text.split_once('\n').unwrap_or((text, "")))
}

/// The dotted names between quotes: `"lab.tests"`, `'app.main:app'`.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split(['"', '\'']).skip(1).step_by(2);
    let modules = parts.map(|text| text.split(':').next().unwrap_or(text));
    let letters = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    modules.filter(move |text| text.contains('.') && text.chars().all(letters))
}

/// Whether a path is a Python module.
pub(super) fn is_module(path: &str) -> bool {
    has_extension(path, "py")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(from: &str, text: &str, path: &str) -> bool {
        let mut references = References::default();
        references.read(from, text);
        references.name(path, |folder| folder == "app" || folder == "src/shop")
    }

    #[test]
    fn imports_of_every_form_name_their_modules() {
        assert!(names(
            "main.py",
            "import app.lab.tests as t, os\n",
            "app/lab/tests"
        ));
        assert!(names(
            "main.py",
            "from app.lab import models, tests\n",
            "app/lab/tests"
        ));
        assert!(names(
            "main.py",
            "from app.lab import (  # all\n    models,\n    tests,\n)\n",
            "app/lab/tests"
        ));
        assert!(names(
            "app/lab/x.py",
            "    from .tests.unit import run\n",
            "app/lab/tests"
        ));
        assert!(names(
            "app/lab/x.py",
            "from . import tests\n",
            "app/lab/tests/__init__.py"
        ));
        assert!(names(
            "app/lab/x.py",
            "from ..keys import a\n",
            "app/keys.py"
        ));
        assert!(names(
            "settings.py",
            "APPS = ['shop.tests.apps.Config']\n",
            "src/shop/tests"
        ));
    }

    #[test]
    fn what_is_called_alike_is_not_named() {
        assert!(!names(
            "main.py",
            "import tests_of_mine\nfrom x import tests\n",
            "app/tests"
        ));
        assert!(!names("main.py", "import tests\n", "app/tests"));
        assert!(names("main.py", "import tests\n", "tools/tests"));
    }
}
