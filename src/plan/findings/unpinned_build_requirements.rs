//! Something is built from source, and nothing holds what its build uses: the same lock may build
//! other bytes tomorrow, or not at all.

use super::Scene;
use crate::diagnostic::Diagnostic;
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let lock = scene.closure().lock();
    if lock.exclude_newer().is_some() || !lock.manifest().build_constraints.is_empty() {
        return Vec::new();
    }
    let mut built: Vec<String> = scene
        .closures
        .iter()
        .flat_map(|closure| {
            closure
                .packages()
                .filter(|(id, _, _)| closure.builds(*id))
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
    vec![Diagnostic::new(rules::UNPINNED_BUILD_REQUIREMENTS, format!("{count} {verb} built from source, with whatever build requirements are newest that day"))
        .with_note(built.join(", "))
        .with_help("hold them to the day of today: `exclude-newer = \"YYYY-MM-DD\"` in [tool.uv] of pyproject.toml, and run `uv lock`; an earlier day takes earlier releases of everything")
        .with_help("or name them: `build-constraint-dependencies = [\"setuptools==80.9.0\"]` in [tool.uv]")]
}
