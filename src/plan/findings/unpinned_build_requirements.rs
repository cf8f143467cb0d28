//! Something is built from source, and nothing holds what its build uses: the same lock may build
//! other bytes tomorrow, or not at all.

use super::{Rule, Scene};
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lock::{Distribution, Package, Source, Tags};

pub(super) static RULE: Rule = Rule {
    name: "unpinned-build-requirements",
    severity: Severity::Note,
    check,
};

fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let lock = scene.closure().lock();
    if lock.exclude_newer().is_some() || !lock.manifest().build_constraints.is_empty() {
        return Vec::new();
    }
    let mut built: Vec<String> = scene
        .closures
        .iter()
        .flat_map(|closure| {
            let tags = Tags::new(closure.target());
            closure
                .packages()
                .filter(move |(_, package, _)| is_built(closure, package, &tags))
                .map(|(_, package, _)| package.label().replace("==", " "))
        })
        .collect();
    built.sort();
    built.dedup();
    if built.is_empty() {
        return Vec::new();
    }
    let (verb, count) = if built.len() == 1 {
        ("is", "1 package")
    } else {
        ("are", "packages")
    };
    let count = if built.len() == 1 {
        count.to_owned()
    } else {
        format!("{} {count}", built.len())
    };
    vec![RULE
        .finding(format!("{count} {verb} built from source, with whatever build requirements are newest that day"))
        .with_note(built.join(", "))
        .with_help("hold them to a day, in pyproject.toml, and run `uv lock`\n[tool.uv]\nexclude-newer = \"2026-01-01T00:00:00Z\"")
        .with_help("or name them: `build-constraint-dependencies = [\"setuptools==80.9.0\"]` in [tool.uv]")]
}

/// The project's own packages are built as well; what they ask for is in its own pyproject.toml.
fn is_built<'p>(closure: &Closure<'p>, package: &'p Package, tags: &Tags) -> bool {
    match closure.distribution(package, tags) {
        Distribution::Sdist(_) => package.source.folder().is_none(),
        Distribution::Source => matches!(package.source, Source::Git(_)),
        _ => false,
    }
}
