//! The recipe, and the stages that install from it: dependencies, the project's own packages, the application.

use std::collections::{BTreeMap, BTreeSet};
use std::{iter, slice};

use serde::Serialize;

use super::tools::{compiles, compiles_bytecode};
use super::{lines, option, stage};
use crate::names::PackageName;
use crate::plan::{AppForm, Copied, CopiedKind, ImagePlan, LayerPlan, LocalPackage, TrimKind};
use crate::profile::Instruction;
use crate::render::filters::word;

/// The parts of the recipe that are the project's own, and their stages.
const MEMBERS: &str = "members";
const APP: &str = "app";

#[derive(Serialize)]
pub(super) struct LockView {
    /// What splits the recipe by layer.
    split: Vec<String>,
    manifests: Vec<CopyView>,
    flags: Vec<String>,
    /// Whether it downloads, and so needs what follows.
    downloads: bool,
    ca_certificates: bool,
    secrets: Vec<String>,
    netrc: bool,
}

/// What is copied, and where to.
#[derive(Serialize)]
pub(super) struct CopyView {
    from: Vec<String>,
    to: String,
}

impl CopyView {
    pub(super) fn of(from: &str, to: &str) -> Self {
        Self {
            from: vec![from.to_owned()],
            to: to.to_owned(),
        }
    }
}

/// Copies to the same places below a folder: one line for the files of a folder, one for each folder.
fn copies<'a>(
    files: impl IntoIterator<Item = &'a Copied>,
    to: impl Fn(&str) -> String,
) -> Vec<CopyView> {
    let mut views: Vec<CopyView> = Vec::new();
    for file in files {
        let path = file.path.as_ref();
        let parent = path.rfind('/').map_or("", |slash| &path[..=slash]);
        let to = match file.kind {
            CopiedKind::Folder => to(path),
            CopiedKind::File => format!("{}/", to(parent).trim_end_matches('/')),
        };
        match views
            .iter_mut()
            .find(|view| view.to == to && file.kind == CopiedKind::File)
        {
            Some(view) if !view.from.contains(&path.to_owned()) => view.from.push(path.to_owned()),
            Some(_) => {}
            None => views.push(CopyView::of(path, &to)),
        }
    }
    views
}

/// Below the working directory.
fn here(path: &str) -> String {
    if path.is_empty() {
        ".".to_owned()
    } else {
        path.to_owned()
    }
}

/// How the recipe is split by layer.
fn split(image: &ImagePlan) -> Vec<String> {
    let layers = image.layers.iter();
    let layers = layers.map(|layer| word(&format!("{}={}", layer.name, layer.patterns.join(","))));
    let members: Vec<_> = members(image).iter().map(|one| &one.name).collect();
    let brought = brought_to_parts(image);
    let brought = brought
        .iter()
        .map(|(part, names)| word(&format!("{part}={}", names.join(","))));
    let mut words: Vec<String> = layers.collect();
    words.extend(option("--members", &members));
    words.extend(option("--unisolated", &image.build.unisolated));
    words.extend((brought.len() > 0).then(|| "--brought".to_owned()));
    words.extend(brought);
    words
}

/// What each part of the recipe has of others while it is built; parts with nothing are not listed.
fn brought_to_parts(image: &ImagePlan) -> BTreeMap<String, Vec<String>> {
    let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in image.build.matched.keys() {
        let Some(part) = part_of(image, package) else {
            continue;
        };
        let names = brought(image, part, iter::once(package));
        if !names.is_empty() {
            parts.entry(part.to_owned()).or_default().extend(names);
        }
    }
    for names in parts.values_mut() {
        names.sort();
        names.dedup();
    }
    parts
}

/// What some packages of a part are built with, in the versions that are locked, and other parts have.
fn brought<'n>(
    image: &ImagePlan,
    part: &str,
    packages: impl Iterator<Item = &'n PackageName>,
) -> Vec<String> {
    let matched = packages.filter_map(|name| image.build.matched.get(name));
    let others: BTreeSet<&PackageName> = matched
        .flatten()
        .filter(|other| part_of(image, other) != Some(part))
        .collect();
    others.into_iter().map(ToString::to_string).collect()
}

/// The part of the recipe that a package falls into; `None` for one that is not installed.
fn part_of<'i>(image: &'i ImagePlan, package: &PackageName) -> Option<&'i str> {
    let one = slice::from_ref(package);
    let own = |packages: &[LocalPackage]| packages.iter().any(|own| own.name == *package);
    let layer = image.layers.iter().find(|layer| layer.holds_any(one));
    layer
        .map(|layer| layer.name.as_str())
        .or_else(|| own(members(image)).then_some(MEMBERS))
        .or_else(|| own(&image.app.packages).then_some(APP))
}

impl LockView {
    pub(super) fn new(image: &ImagePlan) -> Self {
        let manifests = image.recipe.manifests.iter().map(|path| Copied {
            path: path.clone(),
            kind: CopiedKind::File,
        });
        let manifests: Vec<Copied> = manifests.collect();
        Self {
            split: split(image),
            manifests: copies(&manifests, here),
            flags: image.recipe.flags.clone(),
            downloads: image.recipe.downloads,
            ca_certificates: image.ca_certificates,
            secrets: secrets(image),
            netrc: image.build.netrc,
        }
    }
}

/// The local packages that have a layer of their own: all but the application.
fn members(image: &ImagePlan) -> &[LocalPackage] {
    let packages = image.app.packages.as_slice();
    match (&image.app.form.value, packages) {
        (AppForm::Package, [members @ .., _]) => members,
        _ => packages,
    }
}

#[derive(Serialize)]
pub(super) struct DepsView {
    comment: String,
    from: &'static str,
    stage: String,
    layer: String,
    rust: bool,
    /// What of it is built without isolation.
    unisolated: Vec<String>,
    /// What it has of other layers while it is built.
    brought: Vec<String>,
    ca_certificates: bool,
    secrets: Vec<String>,
    netrc: bool,
    ssh: bool,
    /// What the layer is finished with.
    finish: Vec<String>,
}

impl DepsView {
    pub(super) fn new(image: &ImagePlan, layer: &LayerPlan) -> Self {
        Self {
            comment: layer.comment.clone(),
            from: stage_of_builds(image, layer.compiles),
            stage: stage(layer),
            layer: layer.name.clone(),
            rust: layer.compiles && image.build.rust_for_dependencies,
            unisolated: unisolated(image, layer.packages.iter().map(|package| &package.name)),
            brought: brought(
                image,
                &layer.name,
                layer.packages.iter().map(|package| &package.name),
            ),
            ca_certificates: image.ca_certificates,
            secrets: secrets(image),
            netrc: image.build.netrc,
            ssh: image.build.ssh,
            finish: finish(image, Some(layer)),
        }
    }
}

/// What of some packages is built without isolation.
fn unisolated<'n>(image: &ImagePlan, names: impl Iterator<Item = &'n PackageName>) -> Vec<String> {
    let unisolated = names.filter(|name| image.build.unisolated.contains(name));
    unisolated.map(ToString::to_string).collect()
}

/// The stage that a layer is made on.
fn stage_of_builds(image: &ImagePlan, builds: bool) -> &'static str {
    if builds && compiles(image) {
        "compile"
    } else {
        "build"
    }
}

#[derive(Serialize)]
pub(super) struct AppView {
    comment: String,
    from: &'static str,
    pub(super) stage: &'static str,
    installs: bool,
    unisolated: Vec<String>,
    brought: Vec<String>,
    /// The variables that tell builds their version.
    versions: Vec<String>,
    copies: Vec<CopyView>,
    rust: bool,
    ca_certificates: bool,
    secrets: Vec<String>,
    /// What the layer is finished with.
    finish: Vec<String>,
    /// The stages that may have left out what this one needs.
    cuts: Vec<String>,
    netrc: bool,
    instructions: Vec<String>,
}

impl AppView {
    /// The members, if there are any, and the application.
    pub(super) fn all(image: &ImagePlan) -> Vec<Self> {
        let members = members(image);
        let own = &image.app.packages[members.len()..];
        let mut views = Vec::new();
        if !members.is_empty() {
            let comment = "The project's own packages that the application needs, each built and installed as a wheel.";
            views.push(Self::new(image, MEMBERS, comment, members));
        }
        let mut app = Self::new(image, APP, Self::comment(image), own);
        app.copies
            .extend(copies(&image.app.files, |path| to_app(image, path)));
        app.cuts = cuts(image, &views);
        app.instructions = lines::<Instruction>(&image.instructions.app.value);
        views.push(app);
        views
    }

    pub(super) fn new(
        image: &ImagePlan,
        stage: &'static str,
        comment: &str,
        packages: &[LocalPackage],
    ) -> Self {
        let root = Copied {
            path: "pyproject.toml".parse().expect("a plain name"),
            kind: CopiedKind::File,
        };
        let mut files: Vec<&Copied> = packages.iter().flat_map(|package| &package.files).collect();
        files.extend((!packages.is_empty()).then_some(&root));
        files.sort_by_key(|file| (file.kind, &file.path));
        files.dedup();
        Self {
            comment: comment.to_owned(),
            from: stage_of_builds(image, !packages.is_empty()),
            stage,
            installs: !packages.is_empty(),
            unisolated: unisolated(image, packages.iter().map(|package| &package.name)),
            brought: brought(image, stage, packages.iter().map(|package| &package.name)),
            versions: versions(packages),
            copies: copies(files, here),
            rust: image.app.rust,
            ca_certificates: image.ca_certificates,
            secrets: secrets(image),
            finish: finish(image, None),
            cuts: Vec::new(),
            netrc: image.build.netrc,
            instructions: Vec::new(),
        }
    }

    fn comment(image: &ImagePlan) -> &'static str {
        match (&image.app.form.value, image.app.rust) {
            (AppForm::Package, false) => "The project itself, built and installed as a wheel.",
            (AppForm::Package, true) => {
                "The project itself, built and installed as a wheel. Its Rust code is compiled here."
            }
            (AppForm::Source(_), _) => "The project itself, as source.",
        }
    }
}

/// How a layer is finished: what is left out of it, and what is not done to it.
fn finish(image: &ImagePlan, layer: Option<&LayerPlan>) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(layer) = layer {
        let patterns = |kind: TrimKind| {
            let rules = layer.trim.iter().filter(move |rule| rule.kind == kind);
            rules.flat_map(|rule| rule.patterns.iter().map(String::as_str))
        };
        let tests: Vec<&str> = patterns(TrimKind::Tests).collect();
        let asked: Vec<&str> = patterns(TrimKind::Asked).collect();
        words.extend((patterns(TrimKind::Unused).count() > 0).then(|| "\"$UNUSED\"".to_owned()));
        words.extend((!tests.is_empty()).then(|| word(&tests.join(","))));
        words.extend(option("--asked", &asked));
    }
    words.extend((!image.strip).then(|| "--symbols".to_owned()));
    words.extend((!compiles_bytecode(image)).then(|| "--no-bytecode".to_owned()));
    words
}

/// The stages below the last, where they leave out what nobody asked them to.
fn cuts(image: &ImagePlan, members: &[AppView]) -> Vec<String> {
    let mut rules = image.layers.iter().flat_map(|layer| &layer.trim);
    if !rules.any(|rule| rule.kind != TrimKind::Asked && !rule.patterns.is_empty()) {
        return Vec::new();
    }
    let members = members.iter().map(|view| view.stage.to_owned());
    image.layers.iter().map(stage).chain(members).collect()
}

/// The secrets of package indexes, by name.
fn secrets(image: &ImagePlan) -> Vec<String> {
    let names = image.build.secrets.iter();
    names.map(|name| name.as_ref().to_owned()).collect()
}

fn versions(packages: &[LocalPackage]) -> Vec<String> {
    let variables = packages
        .iter()
        .filter_map(|package| package.version.as_ref());
    let variables: BTreeSet<&str> = variables.map(AsRef::as_ref).collect();
    variables.into_iter().map(str::to_owned).collect()
}

/// Files of the application's folder lie in `/app` as they lie there.
fn to_app(image: &ImagePlan, path: &str) -> String {
    let folder = format!("{}/", image.app.folder);
    let below = path.strip_prefix(&folder).unwrap_or(path);
    format!(
        "/app/{}",
        below.trim_start_matches("./").trim_start_matches('.')
    )
}
