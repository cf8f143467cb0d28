//! The recipe, and the stages that install from it: dependencies, the project's own packages, the application.

use serde::Serialize;

use super::{FromView, lines, names, option};
use crate::names::PackageName;
use crate::plan::{
    AppForm, Copied, CopiedKind, ImagePlan, Install, LocalPackage, RecipePart, StageName, TrimKind,
    TrimPlan,
};
use crate::profile::{ContextPath, EnvName, ImagePath, Instruction};
use crate::render::filters::{filled, word};

#[derive(Serialize)]
pub(super) struct LockView {
    #[serde(flatten)]
    from: FromView,
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
pub(super) fn copies<'a>(
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
fn split(image: &ImagePlan, parts: &[RecipePart]) -> Vec<String> {
    let locked = parts.iter().filter(|part| !part.patterns.is_empty());
    let mut words: Vec<String> = locked
        .map(|part| {
            word(&format!(
                "{}={}",
                part.name,
                names(&part.patterns).join(",")
            ))
        })
        .collect();
    words.extend(option("--members", &member_names(image)));
    words.extend(option("--unisolated", &image.build.unisolated));
    let brought = parts.iter().filter(|part| !part.brought.is_empty());
    let mut brought: Vec<String> = brought
        .map(|part| word(&format!("{}={}", part.name, names(&part.brought).join(","))))
        .collect();
    brought.sort();
    words.extend((!brought.is_empty()).then(|| "--brought".to_owned()));
    words.extend(brought);
    words
}

fn member_names(image: &ImagePlan) -> Vec<&PackageName> {
    image
        .app
        .members
        .iter()
        .map(|member| &member.name)
        .collect()
}

impl LockView {
    pub(super) fn new(image: &ImagePlan, from: FromView, parts: &[RecipePart]) -> Self {
        let manifests = image.recipe.manifests.iter().map(|path| Copied {
            path: path.clone(),
            kind: CopiedKind::File,
        });
        let manifests: Vec<Copied> = manifests.collect();
        Self {
            from,
            split: split(image, parts),
            manifests: copies(&manifests, here),
            flags: filled(8, image.recipe.flags.iter().cloned()),
            downloads: image.recipe.downloads,
            ca_certificates: image.ca_certificates,
            secrets: secrets(image),
            netrc: image.build.netrc,
        }
    }
}

/// How a part of the recipe is installed.
#[derive(Serialize)]
struct InstallView {
    /// The part; empty where nothing is installed.
    part: String,
    rust: bool,
    /// What of it is built without isolation.
    unisolated: Vec<String>,
    /// What it has of other layers while it is built.
    brought: Vec<String>,
    /// The variables that tell builds their version.
    versions: Vec<String>,
    /// The mounts of what stages have left out that this one may need.
    cuts: Vec<String>,
    ca_certificates: bool,
    secrets: Vec<String>,
    netrc: bool,
    ssh: bool,
    /// What the layer is finished with.
    finish: Vec<String>,
}

impl InstallView {
    fn new(image: &ImagePlan, install: &Install, trim: &[TrimPlan]) -> Self {
        Self {
            part: install.part.clone().unwrap_or_default(),
            rust: install.rust,
            unisolated: names(&install.unisolated),
            brought: names(&install.brought),
            versions: lines::<EnvName>(&install.versions),
            cuts: filled(4, install.cuts.iter().enumerate().map(mounted_cut)),
            ca_certificates: image.ca_certificates,
            secrets: secrets(image),
            netrc: image.build.netrc,
            ssh: image.build.ssh,
            finish: finish(image, trim),
        }
    }
}

/// Where [`super::super::program`] looks for what a stage has left out.
fn mounted_cut((index, stage): (usize, &StageName)) -> String {
    format!(
        "--mount=from={stage},source=/cut,target=/cuts/{}",
        index + 1
    )
}

#[derive(Serialize)]
pub(super) struct DepsView {
    #[serde(flatten)]
    from: FromView,
    /// None where the stage above says it already.
    comment: Option<String>,
    #[serde(flatten)]
    install: InstallView,
}

impl DepsView {
    pub(super) fn new(image: &ImagePlan, from: FromView, index: usize, install: &Install) -> Self {
        let layer = &image.layers[index];
        let above = index.checked_sub(1).map(|above| &image.layers[above]);
        let is_said = above.is_some_and(|above| above.comment == layer.comment);
        Self {
            from,
            comment: (!is_said).then(|| layer.comment.clone()),
            install: InstallView::new(image, install, &layer.trim),
        }
    }
}

#[derive(Serialize)]
pub(super) struct AppView {
    #[serde(flatten)]
    from: FromView,
    comment: &'static str,
    #[serde(flatten)]
    install: InstallView,
    copies: Vec<CopyView>,
    /// What commands in other images made.
    made: Vec<BroughtView>,
    instructions: Vec<String>,
}

impl AppView {
    /// The project's own packages that the application needs.
    pub(super) fn members(image: &ImagePlan, from: FromView, install: &Install) -> Self {
        Self {
            from,
            comment: "The project's own packages that the application needs, each built and installed as a wheel.",
            install: InstallView::new(image, install, &[]),
            copies: build_files(&image.app.members),
            made: brought(image, |path| is_built(&image.app.members, path)),
            instructions: Vec::new(),
        }
    }

    /// The application.
    pub(super) fn app(image: &ImagePlan, from: FromView, install: &Install) -> Self {
        let app = &image.app;
        let mut copies = build_files(app.package.as_slice());
        copies.extend(self::copies(&app.files, |path| to_app(image, path)));
        Self {
            from,
            comment: match (&app.form.value, app.rust) {
                (AppForm::Package, false) => "The project itself, built and installed as a wheel.",
                (AppForm::Package, true) => {
                    "The project itself, built and installed as a wheel. Its Rust code is compiled here."
                }
                (AppForm::Source(_), _) => "The project itself, as source.",
            },
            install: {
                let mut view = InstallView::new(image, install, &[]);
                view.finish
                    .extend(app.metadata.iter().map(|own| format!("--metadata {own}")));
                view.finish.extend(kept(image));
                view
            },
            copies,
            made: brought(image, |path| {
                if is_built(&app.members, path).is_some() {
                    return None;
                }
                let built = is_built(app.package.as_slice(), path);
                Some(built.unwrap_or_else(|| to_app(image, path.as_ref())))
            }),
            instructions: lines::<Instruction>(&image.instructions.app.value),
        }
    }
}

/// What the builds of some packages read, the root's manifest with it.
fn build_files(packages: &[LocalPackage]) -> Vec<CopyView> {
    let root = Copied {
        path: "pyproject.toml".parse().expect("a plain name"),
        kind: CopiedKind::File,
    };
    let mut files: Vec<&Copied> = packages.iter().flat_map(|package| &package.files).collect();
    files.extend((!packages.is_empty()).then_some(&root));
    files.sort_by_key(|file| (file.kind, &file.path));
    files.dedup();
    copies(files, here)
}

/// Where a path of the project is in another image.
pub(super) fn below_app(path: &str) -> String {
    match path {
        "." | "" => "/app".to_owned(),
        path => format!("/app/{path}"),
    }
}

/// What a stage copies from the one of commands that ran in another image.
#[derive(Serialize)]
struct BroughtView {
    stage: String,
    copy: CopyView,
}

/// What commands in other images made, and this stage has: the paths that `taken` gives a place to.
fn brought(image: &ImagePlan, taken: impl Fn(&ContextPath) -> Option<String>) -> Vec<BroughtView> {
    let mut views = Vec::new();
    for (index, step) in image.steps.iter().enumerate() {
        for path in step.value.brought() {
            let Some(to) = taken(path) else { continue };
            views.push(BroughtView {
                stage: StageName::of_step(index).to_string(),
                copy: CopyView::of(&below_app(path.as_ref()), &to),
            });
        }
    }
    views
}

/// Where a path is while these packages are built, if it is part of one.
fn is_built(packages: &[LocalPackage], path: &ContextPath) -> Option<String> {
    let mut files = packages.iter().flat_map(|package| &package.files);
    let is_part = files.any(|file| {
        let rest = path.as_ref().strip_prefix(file.path.as_ref());
        file.path.as_ref() == "."
            || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    is_part.then(|| path.as_ref().to_owned())
}

/// How a layer is finished: what is left out of it, and what is not done to it.
fn finish(image: &ImagePlan, trim: &[TrimPlan]) -> Vec<String> {
    let patterns = |kind: TrimKind| {
        let rules = trim.iter().filter(move |rule| rule.kind == kind);
        rules.flat_map(|rule| rule.patterns.iter().map(String::as_str))
    };
    let tests: Vec<&str> = patterns(TrimKind::Tests).collect();
    let asked: Vec<&str> = patterns(TrimKind::Asked).collect();
    let mut words = Vec::new();
    words.extend((patterns(TrimKind::Unused).count() > 0).then(|| "\"$UNUSED\"".to_owned()));
    words.extend((!tests.is_empty()).then(|| word(&tests.join(","))));
    words.extend(option("--asked", &asked));
    words.extend((!image.strip).then(|| "--symbols".to_owned()));
    words.extend((!image.compiles_bytecode()).then(|| "--no-bytecode".to_owned()));
    words
}

/// The folders that the user may write to, made with the application's layer.
fn kept(image: &ImagePlan) -> Vec<String> {
    let folders: Vec<&str> = image.run.writable_folders().collect();
    let links = image.run.links.iter();
    let links = links.map(|link| {
        format!(
            "{}={}",
            link.value.path.as_ref(),
            link.value.target.as_ref()
        )
    });
    let links: Vec<String> = links.collect();
    let mut words = volumes(image, &folders);
    words.extend(option("--links", &links));
    words
}

/// Those of them that a step puts something into.
pub(super) fn kept_words(image: &ImagePlan, paths: &[ImagePath]) -> Vec<String> {
    let folders = image.run.kept_folders().map(AsRef::as_ref);
    let folders = folders.filter(|folder: &&str| {
        let mut paths = paths.iter().map(AsRef::<str>::as_ref);
        paths.any(|path| path == *folder || path.starts_with(&format!("{folder}/")))
    });
    volumes(image, &folders.collect::<Vec<_>>())
}

fn volumes(image: &ImagePlan, folders: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = option("--volumes", folders).into_iter().collect();
    if !words.is_empty() {
        words.push(format!("--user {}", image.run.user.value));
    }
    words
}

/// The secrets of package indexes, by name.
fn secrets(image: &ImagePlan) -> Vec<String> {
    let names = image.build.secrets.iter();
    names.map(|name| name.as_ref().to_owned()).collect()
}

/// Files of the application's folder lie in `/app` as they lie there.
fn to_app(image: &ImagePlan, path: &str) -> String {
    let folder = format!("{}/", image.app.folder);
    let below = path.strip_prefix(&folder).unwrap_or(path);
    // All of the context.
    let below = if below == "." { "" } else { below };
    format!("/app/{below}")
}
