//! Backends whose default is one module named after the project: flit, poetry-core, `uv_build`
//! and maturin.
//!
//! Sources: <https://flit.pypa.io/en/stable/pyproject_toml.html#module-section>,
//! <https://python-poetry.org/docs/pyproject/#packages>,
//! <https://docs.astral.sh/uv/concepts/build-backend/#modules>,
//! <https://www.maturin.rs/project_layout>.

use toml::Spanned;
use toml::de::DeValue;

use super::patterns::PathPatterns;
use super::{Project, Wheel};
use crate::diagnostic::Place;
use crate::project::source_tree::join;

impl Project<'_, '_> {
    fn refused(&self, reason: String, keys: &[&str]) -> Wheel {
        let place = self.facts.place_of(keys, "decides what is packaged");
        let name = || self.facts.place_of(&["project", "name"], "named here");
        Wheel::Refused {
            reason,
            place: place.or_else(name),
        }
    }

    /// The package or module `name` (dotted) below `root`, everything in it.
    fn module_below(&self, root: &str, name: &str) -> Option<Vec<(String, String)>> {
        let inner = name.replace('.', "/");
        let folder = join(root, &inner);
        if self.has_folder(&folder) {
            return Some(self.tree(&folder, &inner));
        }
        let file = format!("{folder}.py");
        self.has_file(&file)
            .then(|| vec![(file, format!("{inner}.py"))])
    }
}

/// One module, beside the manifest or in `src`.
pub(super) fn flit(project: &Project<'_, '_>) -> Wheel {
    let keys = ["tool", "flit", "module", "name"];
    let given = project.facts.text(&keys);
    let default = project
        .facts
        .name
        .as_deref()
        .unwrap_or_default()
        .replace('-', "_");
    let name = given.clone().unwrap_or(default);
    let found = ["", "src"]
        .iter()
        .find_map(|root| project.module_below(root, &name));
    let place = project
        .facts
        .place_of(&keys, "the only module that is packaged");
    match found {
        Some(files) => project.built(
            files,
            format!("flit packages the module `{name}` only"),
            place,
        ),
        None => project.refused(format!("flit finds no module `{name}`"), &keys),
    }
}

/// The module named after the project, or `packages` and `include`.
pub(super) fn poetry(project: &Project<'_, '_>) -> Option<Wheel> {
    let facts = project.facts;
    if facts.flag(&["tool", "poetry", "package-mode"]) == Some(false) {
        return None;
    }
    let keys = ["tool", "poetry", "packages"];
    let excluded = facts
        .texts(&["tool", "poetry", "exclude"])
        .unwrap_or_default();
    let excluded = PathPatterns::new(excluded.iter().map(|(pattern, _)| pattern.as_str()));
    let keep = |files: Vec<(String, String)>| {
        let kept = files.into_iter().filter(|(path, _)| !excluded.select(path));
        kept.collect::<Vec<_>>()
    };
    if let Some(packages) = facts
        .get(&keys)
        .and_then(|value| value.get_ref().as_array())
    {
        let files = packages
            .iter()
            .flat_map(|package| poetry_package(project, package));
        let place = facts.place_of(&keys, "all that is packaged");
        return Some(project.built(
            keep(files.collect()),
            "`packages` does not hold it".to_owned(),
            place,
        ));
    }
    let name = project.module_name();
    let found = ["", "src"]
        .iter()
        .find_map(|root| project.module_below(root, &name));
    Some(match found {
        Some(files) => project.built(
            keep(files),
            format!("poetry-core packages `{name}` only"),
            None,
        ),
        None => project.refused(
            format!("poetry-core finds no `{name}`"),
            &["tool", "poetry", "name"],
        ),
    })
}

/// One `{ include = "shop", from = "src", to = "x" }`.
fn poetry_package(
    project: &Project<'_, '_>,
    package: &Spanned<DeValue<'_>>,
) -> Vec<(String, String)> {
    let table = package.get_ref();
    let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
    let Some(include) = text("include").or_else(|| table.as_str()) else {
        return Vec::new();
    };
    let (from, to) = (
        text("from").unwrap_or_default(),
        text("to").unwrap_or_default(),
    );
    let include = include.trim_end_matches("/**/*").trim_end_matches('/');
    let whole = join(from, include);
    if project.has_file(&whole) {
        return vec![(whole, join(to, include))];
    }
    if project.has_folder(&whole) {
        return project.tree(&whole, &join(to, include));
    }
    let patterns = PathPatterns::new([include]);
    let below = project.tree(from, to).into_iter();
    below
        .filter(|(_, installed)| patterns.select(installed))
        .collect()
}

/// `module-name` below `module-root`, which must be a package unless `namespace` is set.
pub(super) fn uv_build(project: &Project<'_, '_>) -> Wheel {
    let facts = project.facts;
    let table = ["tool", "uv", "build-backend"];
    let key = |name| [table[0], table[1], table[2], name];
    let root = facts
        .text(&key("module-root"))
        .unwrap_or_else(|| "src".to_owned());
    let root = root
        .trim_end_matches('/')
        .trim_start_matches("./")
        .trim_matches('.')
        .to_owned();
    let keys = key("module-name");
    let listed = facts
        .texts(&keys)
        .map(|names| names.into_iter().map(|(name, _)| name).collect());
    let one = || facts.text(&keys).unwrap_or_else(|| project.module_name());
    let names: Vec<String> = listed.unwrap_or_else(|| vec![one()]);
    let is_namespace = facts.flag(&key("namespace")) == Some(true);
    let mut files = Vec::new();
    for name in &names {
        let folder = join(&root, &name.replace('.', "/"));
        let has_init = project.has_file(&join(&folder, "__init__.py"));
        let is_module = has_init || (is_namespace && project.has_folder(&folder));
        if !is_module {
            return project.refused(format!("uv_build wants `{folder}/__init__.py`"), &keys);
        }
        files.extend(project.tree(&folder, &name.replace('.', "/")));
    }
    let place = facts.place_of(&keys, "all that is packaged");
    project.built(
        files,
        format!("uv_build packages `{}` only", names.join("`, `")),
        place,
    )
}

/// The Python module beside the extension, and `python-packages`.
pub(super) fn maturin(project: &Project<'_, '_>) -> Wheel {
    let facts = project.facts;
    let keys = ["tool", "maturin", "module-name"];
    let full = facts.text(&keys).unwrap_or_else(|| project.module_name());
    let name = full.split('.').next().unwrap_or_default().to_owned();
    let source = facts.text(&["tool", "maturin", "python-source"]);
    let source = source.unwrap_or_default();
    let more = facts
        .texts(&["tool", "maturin", "python-packages"])
        .unwrap_or_default();
    let names = std::iter::once(name.clone()).chain(more.into_iter().map(|(name, _)| name));
    let files = names.flat_map(|name| {
        let root = source.trim_end_matches('/');
        let folder = join(root, &name);
        if project.has_folder(&folder) {
            project.tree(&folder, &name)
        } else {
            Vec::new()
        }
    });
    let files: Vec<(String, String)> = files.collect();
    let place: Option<Place> = facts.place_of(&keys, "the module that is packaged");
    project.built(files, format!("maturin packages `{name}` only"), place)
}
