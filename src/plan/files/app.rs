//! How the project itself goes into an image: as a built package or as source, and which files of it.

use std::collections::BTreeSet;

use crate::application::packaging::{Cause, NotPackaged};
use crate::catalog::Builds;
use crate::closure::{Closure, Members};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::{Package, Source};
use crate::names::PackageName;
use crate::plan::files::sources::sources;
use crate::plan::inputs::Subject;
use crate::plan::packages::layers::is_local;
use crate::plan::packages::local_index;
use crate::plan::run::Run;
use crate::plan::source::links;
use crate::plan::source::paths;
use crate::plan::source::paths::printable;
use crate::plan::{AppForm, AppPlan, Copied, CopiedKind, Decision, LocalPackage};
use crate::profile::{ContextPath, EnvName};
use crate::project::pyproject::requirement_name;
use crate::project::source_tree::{
    Lying, Role, found_by_globs, has_extension, is_licence, join, named_by_code,
};
use crate::project::{Pyproject, SourceTree};
use crate::rules;

/// Decides; `rust` tells that some of its code is to be compiled. Errors: local packages outside the project's folder,
/// files to copy or of a local index that are not there, paths that no generated file can name.
pub(crate) fn app(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    run: &Run,
    rust: bool,
) -> Result<AppPlan> {
    let tree = &subject.inputs.tree;
    local_index::check(subject, closure)?;
    let (packages, mut problems) = local_packages(subject, closure);
    let own = subject.manifest.name();
    let is_own = |local: &LocalPackage| Some(&local.name) == own;
    let (application, members): (Vec<_>, Vec<_>) = packages.into_iter().partition(is_own);
    let form = form(subject, run)?;
    let is_built = form.value == AppForm::Package;
    problems.extend(unfit_manifests(subject));
    let mut files: BTreeSet<ContextPath> = BTreeSet::new();
    let sources = sources(subject, &started(run));
    let mut left = sources.left;
    if is_built {
        left.extend(sources.taken.into_iter().filter(|path| is_data(tree, path)));
        left.sort();
    } else {
        // Those that cannot be named are a finding: see `not_copied`.
        files.extend(sources.taken.iter().filter_map(|path| path.parse().ok()));
    }
    for path in &run.files {
        match paths::in_context(path, "a file that the command needs") {
            Ok(path) => drop(files.insert(path)),
            Err(problem) => problems.push(problem),
        }
    }
    let told = told(subject, &left);
    files.extend(told.iter().cloned());
    let missing = asked(subject).filter(|path| !is_there(subject, path.as_ref()));
    problems.extend(missing.map(|path| missing_file(subject, path)));
    files.extend(asked(subject).cloned());
    Diagnostics::check(problems)?;
    let copied: Vec<&str> = files.iter().map(AsRef::as_ref).collect();
    let linked = links::targets(tree, &copied);
    files.extend(linked.iter().filter_map(|path| path.parse().ok()));
    let metadata = metadata(subject, closure).filter(|_| run.reads_metadata && !is_built);
    let package = application.into_iter().find(|_| is_built);
    let built = package.iter().flat_map(|package| &package.files);
    let all: Vec<&ContextPath> = files.iter().chain(built.map(|file| &file.path)).collect();
    left.retain(|path| !all.iter().any(|file| covers(file.as_ref(), path)));
    Ok(AppPlan {
        form,
        members,
        package,
        folder: subject.folder.to_owned(),
        files: without_nested(&subject.inputs.tree, files),
        left,
        told,
        metadata,
        rust,
    })
}

/// What a developer's environment knows of the project, where that has a build system.
fn metadata(subject: &Subject<'_>, closure: &Closure<'_>) -> Option<String> {
    let name = subject
        .manifest
        .name()
        .filter(|_| subject.manifest.is_package())?;
    let mut packages = closure.packages().map(|(_, package, _)| package);
    let own = packages.find(|package| package.name == *name);
    let version = own.and_then(|package| package.version.as_ref());
    // One from Git is not known.
    let version = version.map_or("0.0.0".to_owned(), ToString::to_string);
    Some(format!("{name}=={version}"))
}

/// What the profile's `copy` asks for.
fn asked<'s>(subject: &Subject<'s>) -> impl Iterator<Item = &'s ContextPath> {
    let copy = &subject.profile.copy;
    let is_said = copy.origin.of_container_file().is_none();
    copy.value.iter().filter(move |_| is_said)
}

/// What a container of the project's own copies, of what no path in the source leads to.
fn told(subject: &Subject<'_>, left: &[String]) -> Vec<ContextPath> {
    let copy = &subject.profile.copy;
    let is_told = copy.origin.of_container_file().is_some();
    let is_left = |path: &&ContextPath| left.iter().any(|left| left == path.as_ref());
    let told = copy.value.iter().filter(|_| is_told).filter(is_left);
    told.cloned().collect()
}

/// Whether a folder of the project holds no code.
fn is_data(tree: &SourceTree, path: &str) -> bool {
    tree.has_folder(path) && !tree.below(path).any(|file| has_extension(file, "py"))
}

/// Whether what is copied is a folder, what it lies in, or something in it.
fn covers(copied: &str, path: &str) -> bool {
    let is_in = |inner: &str, outer: &str| inner.starts_with(&format!("{outer}/"));
    copied == "." || copied == path || is_in(path, copied) || is_in(copied, path)
}

/// The local packages of a closure, and what speaks against some of them.
fn local_packages(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
) -> (Vec<LocalPackage>, Vec<Diagnostic>) {
    let mut packages = Vec::new();
    let mut problems = Vec::new();
    for (_, package, _) in closure.packages() {
        if !is_local(&package.source) {
            continue;
        }
        match local(subject, package) {
            Ok(local) => packages.extend(local),
            Err(problem) => problems.push(problem),
        }
    }
    (packages, problems)
}

/// What the commands name and the folders that they need on the import path, as modules.
fn started(run: &Run) -> Vec<String> {
    let words = run.plan.commands().flat_map(|command| &command.value);
    let words = words.map(|word| word.as_ref().trim_start_matches("./"));
    let named = words.chain(run.roots.iter().map(String::as_str));
    let named = named.filter(|name| !name.is_empty());
    named.map(|name| name.replace('/', ".")).collect()
}

/// A folder takes what is below it.
fn without_nested(tree: &SourceTree, files: BTreeSet<ContextPath>) -> Vec<Copied> {
    let mut kept: Vec<ContextPath> = Vec::new();
    for file in files {
        let inside = |folder: &ContextPath| {
            let rest = file.as_ref().strip_prefix(folder.as_ref());
            folder.as_ref() == "." || rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if !kept.iter().any(inside) {
            kept.push(file);
        }
    }
    kept.into_iter().map(|path| copied(tree, path)).collect()
}

pub(super) fn copied(tree: &SourceTree, path: ContextPath) -> Copied {
    let kind = kind_of(tree, path.as_ref());
    Copied { path, kind }
}

/// Whether a path is a file's or a folder's. What is not there yet is told by its name.
pub(crate) fn kind_of(tree: &SourceTree, path: &str) -> CopiedKind {
    let name = path.rsplit('/').next().unwrap_or_default();
    match tree.lies_there(path) {
        Some(Lying::File) => CopiedKind::File,
        None if name.trim_start_matches('.').contains('.') => CopiedKind::File,
        Some(Lying::Folder) | None => CopiedKind::Folder,
    }
}

/// Whether what `copy` asks for is there. What an ignore file of the project names need not be there yet: it may be built.
fn is_there(subject: &Subject<'_>, path: &str) -> bool {
    let tree = &subject.inputs.tree;
    path == "." || tree.lies_there(path).is_some() || tree.is_ignored(path)
}

fn missing_file(subject: &Subject<'_>, path: &ContextPath) -> Diagnostic {
    let copy = &subject.profile.copy;
    Diagnostic::new(
        rules::MISSING_FILE,
        format!("`{}` is to be copied, and is not there", path.as_ref()),
    )
    .at_some(
        copy.origin
            .place_of(path.as_ref(), "not in the project's folder"),
    )
    .with_note(format!(
        "named in `copy` of the profile `{}` ({})",
        subject.profile.name, copy.origin
    ))
    .with_help("paths are relative to the project's folder")
}

/// The members that have to be there for the lock to be read, and whose manifests a `COPY` cannot name.
fn unfit_manifests(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let project = &subject.inputs.project;
    let is_alone = project.pyproject.project.is_some() || subject.members() != Members::Root;
    let members = project.members.iter().filter(|_| !is_alone);
    let checked = members.map(|member| {
        let name = member.pyproject.name();
        let name = name.map_or("a member".to_owned(), |name| format!("the member `{name}`"));
        paths::in_context(&member.path, &name)
    });
    checked.filter_map(std::result::Result::err).collect()
}

fn form(subject: &Subject<'_>, run: &Run) -> std::result::Result<Decision<AppForm>, Diagnostic> {
    let not_packaged = &run.not_packaged;
    let development = subject.profile.development.value;
    let is_package = subject.manifest.is_package() && !development;
    let beside = run.writes_beside.as_ref().filter(|_| is_package);
    if is_package && not_packaged.is_empty() && beside.is_none() {
        return Ok(Decision::new(
            AppForm::Package,
            "the project has a build system",
        ));
    }
    let because = match (not_packaged.first(), beside, subject.manifest.uv.package) {
        (Some(lacking), _, _) => format!(
            "the built package would lack `{}`: {}",
            lacking.name, lacking.reason
        ),
        (None, Some(place), _) => format!(
            "{} writes where the source is, and nothing can be written where packages are installed",
            place.location()
        ),
        (None, None, _) if development => {
            "in development an edit takes effect without a build".to_owned()
        }
        (None, None, Some(false)) => "`tool.uv.package` is false".to_owned(),
        (None, None, None | Some(true)) => "the project has no build system".to_owned(),
    };
    let mut roots = subject.inputs.tree.import_roots(subject.folder);
    // Where what is started lies in a folder of its own, as `backend`.
    for root in &run.roots {
        if !roots.contains(root) {
            roots.push(root.clone());
        }
    }
    let below = roots.iter().map(|root| {
        root.strip_prefix(subject.folder)
            .unwrap_or(root)
            .trim_matches('/')
    });
    let roots = below.map(|root| paths::in_app(root, "source to import"));
    let roots = roots.collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(Decision::new(AppForm::Source(roots), because))
}

/// What the built package would lack, and what is done about it.
pub(crate) fn not_packaged(subject: &Subject<'_>, lacking: &[NotPackaged]) -> Option<Diagnostic> {
    let first = lacking.first()?;
    let name = &subject.profile.name;
    let modules: Vec<String> = lacking
        .iter()
        .take(5)
        .map(|one| format!("`{}`", one.name))
        .collect();
    let more = lacking.len().saturating_sub(modules.len());
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let is_data = lacking.iter().any(|one| one.cause == Cause::Data);
    let what = if is_data { "files" } else { "modules" };
    let helps: BTreeSet<&str> = lacking.iter().map(|one| one.help.as_str()).collect();
    let finding = Diagnostic::new(
        rules::NOT_PACKAGED,
        format!("the built package would lack {what} that `{name}` needs"),
    )
    .at_some(first.place.clone())
    .with_note(format!(
        "it lacks {}{more}: {}",
        modules.join(", "),
        first.reason
    ))
    .with_note("the image runs the source instead, which has them");
    Some(
        helps
            .into_iter()
            .fold(finding, |finding, help| finding.with_help(help)),
    )
}

/// Source that a `COPY` cannot name, and that the image therefore lacks.
pub(crate) fn not_copied(subject: &Subject<'_>, app: &AppPlan) -> Option<Diagnostic> {
    if app.form.value == AppForm::Package {
        return None;
    }
    let refused = |path: &String| Some((path.clone(), path.parse::<ContextPath>().err()?));
    let refused: Vec<(String, String)> = sources(subject, &[])
        .taken
        .iter()
        .filter_map(refused)
        .collect();
    let (first, expected) = refused.first()?;
    let finding = Diagnostic::new(
        rules::NOT_COPIED,
        format!(
            "`{}` is source, and not in the image `{}`",
            printable(first),
            subject.profile.name
        ),
    )
    .with_note(expected.clone());
    let others = refused
        .iter()
        .skip(1)
        .map(|(path, _)| format!("`{}`", printable(path)));
    let others: Vec<String> = others.collect();
    let finding = match others.as_slice() {
        [] => finding,
        _ => finding.with_note(format!("nor are {}", others.join(", "))),
    };
    Some(finding.with_help("rename it, where the application needs it"))
}

/// What is built for a local package; none for a folder that is not installed itself. What the image
/// runs from source is no package.
fn local(
    subject: &Subject<'_>,
    package: &Package,
) -> std::result::Result<Option<LocalPackage>, Diagnostic> {
    let path = match &package.source {
        Source::Virtual(_) => return Ok(None),
        Source::Registry(folder) => {
            let files = local_index::files(package).into_iter();
            let files = files.map(|path| {
                let inside = path.parse();
                let inside =
                    inside.map_err(|_| outside(subject, &package.name, folder.as_written()));
                Ok(copied(&subject.inputs.tree, inside?))
            });
            return Ok(Some(LocalPackage {
                name: package.name.clone(),
                files: files.collect::<std::result::Result<_, Diagnostic>>()?,
                version: None,
            }));
        }
        Source::Path(path) | Source::Directory(path) | Source::Editable(path) => path.clone(),
        Source::Git(_) | Source::Url(_) => return Ok(None),
    };
    let folder = if path == "." { "" } else { path.as_str() };
    let context: ContextPath = path
        .parse()
        .map_err(|_| outside(subject, &package.name, &path))?;
    let manifest = subject.inputs.project.manifest_at(&path);
    let files = match manifest {
        Some(manifest) => build_files(&subject.inputs.tree, folder, manifest)?,
        None => vec![copied(&subject.inputs.tree, context)],
    };
    Ok(Some(LocalPackage {
        name: package.name.clone(),
        files,
        version: manifest.and_then(|manifest| version_variable(subject, manifest)),
    }))
}

/// The variable that tells a build its version, where it would ask Git: `.git` is not sent to the build.
fn version_variable(subject: &Subject<'_>, manifest: &Pyproject) -> Option<EnvName> {
    let project = manifest.project.as_ref()?;
    if !project.dynamic.iter().any(|field| field == "version") {
        return None;
    }
    // It was read before, as another type: it is TOML.
    let table: toml::Table = manifest.file.text().parse().ok()?;
    let says = |key: &str, value: &str| {
        let mut parts = key.split('.');
        let first = parts.next().and_then(|part| table.get(part));
        let found = parts.try_fold(first?, |table, part| table.get(part));
        Some(found?.as_str() == Some(value))
    };
    let requires = &manifest.build_system.as_ref()?.requires;
    let mut sources = requires.iter().filter_map(|requirement| {
        let name = requirement_name(requirement)?;
        subject.inputs.catalog.packages().version_source(&name)
    });
    let source = sources.find(|source| match source.condition() {
        Some((key, value)) => says(key, value).unwrap_or(false),
        None => true,
    })?;
    Some(source.variable())
}

/// Why a local package cannot enter: its folder is none of the build context, or has a name that no file can say.
fn outside(subject: &Subject<'_>, name: &PackageName, path: &str) -> Diagnostic {
    let is_below = !path.starts_with('/') && path.split('/').all(|part| part != "..");
    if let (true, Err(expected)) = (is_below, path.parse::<ContextPath>()) {
        return paths::unfit(path, &format!("`{name}`"), &expected);
    }
    let root = &subject.inputs.project.pyproject;
    let place = root
        .file
        .place_of(&format!("\"{path}"), "outside the build context");
    Diagnostic::new(rules::OUTSIDE_CONTEXT, format!("`{name}` lies in `{path}`, which a build of this folder cannot see"))
        .at(place)
        .with_note("Docker copies files from the build context only, and that is the folder of uv.lock")
        .with_help("make one uv workspace of both projects, with its pyproject.toml and uv.lock in the folder above")
        .with_help(format!("or depend on a built wheel: `uv build {path} --out-dir vendor`, then `uv add vendor/FILE.whl`"))
}

/// What the build of a package reads: its manifest, what the manifest names, its modules and the
/// files of its build. Tests, scripts, documentation and examples are left out.
fn build_files(
    tree: &SourceTree,
    folder: &str,
    manifest: &Pyproject,
) -> std::result::Result<Vec<Copied>, Diagnostic> {
    let mut files: BTreeSet<String> = BTreeSet::new();
    let usual = Builds::embedded().files().iter();
    let usual = usual.map(|name| join(folder, name));
    files.extend(usual.filter(|path| tree.has_file(path)));
    for named in manifest.named_paths() {
        let path = join(folder, &named);
        if !named.is_empty() && (tree.has_file(&path) || tree.has_folder(&path)) {
            files.insert(path);
        }
    }
    files.extend(found_by_globs(tree, folder, manifest));
    files.extend(named_by_code(tree, folder, manifest));
    files.extend(licence_files(tree, folder));
    for root in tree.import_roots(folder) {
        for top in tree.top_level(&root) {
            let name = if top.layout == crate::project::source_tree::Layout::Module {
                format!("{}.py", top.name)
            } else {
                top.name.clone()
            };
            let path = join(&root, &name);
            if SourceTree::role(folder, &format!("{path}/x")) == Role::Source && !is_tool(&name) {
                files.insert(path);
            }
        }
    }
    if manifest.cargo_manifest().is_some() || tree.has_file(&join(folder, "Cargo.toml")) {
        files.extend(
            ["src", "crates"]
                .iter()
                .map(|name| join(folder, name))
                .filter(|path| tree.has_folder(path)),
        );
    }
    if tree.has_folder(&join(folder, "src"))
        && tree.import_roots(folder).contains(&join(folder, "src"))
    {
        files.retain(|path| !path.starts_with(&format!("{}/", join(folder, "src"))));
        files.insert(join(folder, "src"));
    }
    let copied: Vec<&str> = files.iter().map(String::as_str).collect();
    let linked = links::targets(tree, &copied);
    let what = "what the build of a package reads";
    let files = files.iter().chain(&linked);
    let files = files.map(|path| paths::in_context(path, what));
    let files = files.collect::<std::result::Result<_, _>>()?;
    Ok(without_nested(tree, files))
}

/// Licence files that build backends take without being told (PEP 639's usual globs).
fn licence_files(tree: &SourceTree, folder: &str) -> Vec<String> {
    let prefix = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    let paths = tree
        .below(folder)
        .map(|path| path.strip_prefix(&prefix).unwrap_or(path));
    let names = paths.filter(|path| !path.contains('/') && is_licence(path));
    names.map(|name| join(folder, name)).collect()
}

/// Modules that are run by developers and their tools, never by the application.
fn is_tool(name: &str) -> bool {
    [
        "conftest.py",
        "noxfile.py",
        "fabfile.py",
        "dodo.py",
        "setup.py",
    ]
    .contains(&name)
}
