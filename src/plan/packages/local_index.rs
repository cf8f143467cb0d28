//! Packages of an index or a `find-links` folder that lies in the project: their files are in the build context.
//!
//! uv writes no hash of such a file into the lock, only its path, and reads the file whenever it writes a recipe: so
//! the stage `lock` needs it as much as the one that installs it. Source: `crates/uv-resolver/src/lock`.

use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::{Package, Source};
use crate::plan::inputs::Subject;
use crate::profile::ContextPath;
use crate::project::source_tree::join;
use crate::rules;

/// The files of a package that comes from a folder, by their paths from the root; none for any other package.
pub(crate) fn files(package: &Package) -> Vec<String> {
    let Source::Registry(folder) = &package.source else {
        return Vec::new();
    };
    if folder.is_remote() {
        return Vec::new();
    }
    let files = package.wheels.iter().chain(&package.sdist);
    let path = |path: &String| join(folder.as_written(), path);
    files
        .filter_map(|file| file.path.as_ref().map(path))
        .collect()
}

/// What writing the recipe reads beside manifests: all that may be in it on any platform. What no image needs and is
/// not there is none of the recipe's either.
pub(crate) fn of_recipe(subject: &Subject<'_>) -> Vec<ContextPath> {
    let packages = subject.inputs.project.lock.packages();
    let files = packages.flat_map(|(_, package)| files(package));
    let there = files.filter(|path| subject.inputs.tree.lies_there(path).is_some());
    there.filter_map(|path| path.parse().ok()).collect()
}

/// Errors: files of the closure's packages that are not there.
pub(crate) fn check(subject: &Subject<'_>, closure: &Closure<'_>) -> Result<()> {
    let packages = closure.packages();
    let of_package = |package| files(package).into_iter().map(move |file| (package, file));
    let files = packages.flat_map(|(_, package, _)| of_package(package));
    let is_inside = |path: &str| path.parse::<ContextPath>().is_ok();
    let missing =
        files.filter(|(_, path)| is_inside(path) && subject.inputs.tree.lies_there(path).is_none());
    Diagnostics::check(
        missing
            .map(|(package, path)| not_there(package, &path))
            .collect(),
    )
}

fn not_there(package: &Package, path: &str) -> Diagnostic {
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    Diagnostic::new(
        rules::MISSING_FILE,
        format!(
            "`{path}` is not there, and uv.lock takes `{}` from it",
            package.name
        ),
    )
    .with_note("the lock has no hash of a file of a local index: uv reads it for every image")
    .with_help(format!(
        "put it there, and commit it: `git add --force {path}`"
    ))
    .with_help(format!(
        "or bring the lock up to what lies in `{folder}`: `uv lock`"
    ))
}
