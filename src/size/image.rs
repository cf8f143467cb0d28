//! What one image takes on one platform, part by part.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::area::{Area, Look};
use super::budget::Over;
use super::estimate::{Estimate, Size};
use super::exact::{Exact, KindSize, Weigher, together};
use super::package::{PackageSize, Weighing};
use super::requirement::{self, List, Requirement};
use super::trimming::{self, Trimmed, Trimming};
use crate::bytes::Bytes;
use crate::catalog::Catalog;
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::names::PackageName;
use crate::plan::{AppForm, Copied, CopiedKind, ImagePlan, Inputs, LayerPlan, PythonSource, Taken};
use crate::profile::ProfileName;
use crate::project::SourceTree;
use crate::project::source_tree::has_extension;
use crate::target::Platform;

/// What an image takes on a platform.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImageSize {
    /// The profile.
    pub profile: ProfileName,
    /// The platform.
    pub platform: Platform,
    /// The Python that it runs on.
    pub python: String,
    /// What all of it takes that is known.
    #[serde(flatten)]
    pub total: Size,
    /// What of its size on disk is bytecode of packages and of the application.
    pub bytecode: Estimate,
    /// What it consists of, from the bottom.
    pub parts: Vec<Part>,
    /// What the project's own requirements bring, largest first.
    pub requirements: Vec<Requirement>,
    /// What its extras and groups bring, largest first.
    pub lists: Vec<List>,
    /// What the files of its packages are, most bytes first, where they were read; empty otherwise.
    pub kinds: Vec<KindSize>,
    /// What the trimming rules have left out, most first. It is not in the sizes.
    pub trimmed: Vec<Trimmed>,
    /// What has no size that the lock or the catalog tells. It is not in the sizes.
    pub unknown: Vec<Unknown>,
    /// What could be done without: least effort first, then most bytes.
    pub areas: Vec<Area>,
    /// What of its profile's budget it is over.
    pub over: Vec<Over>,
}

/// A part of an image: what is pushed and pulled together, or comes with the base.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: PartKind,
    /// What it takes that is known; null where nothing of it is.
    pub size: Option<Size>,
    /// Where that comes from, or what it is.
    pub because: String,
    /// The packages in it, largest first.
    pub packages: Vec<PackageSize>,
    /// What it is made from, in one text: a layer that is made from the same is the same, and is not pulled again.
    #[serde(skip)]
    pub(crate) identity: String,
}

/// What a part of an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// The base image.
    Base,
    /// Debian packages.
    Apt,
    /// Python, or bytecode of its own modules.
    Python,
    /// Dependencies.
    Dependencies,
    /// The project itself.
    Application,
    /// What a command of the build makes.
    Step,
}

/// Something whose size is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Unknown {
    /// What.
    pub what: String,
    /// Why it is not known.
    pub because: String,
}

/// By how many percent what is known of the application may be off: data and code compress each in its way.
const APPLICATION: u64 = 25;

/// By how many percent what Debian packages compress to may be off, and what they are on another day.
const DEBIAN: u64 = 15;

/// What an image takes on the platform of a closure.
pub(super) fn size(
    inputs: &Inputs,
    taken: &Taken,
    (image, findings): (&ImagePlan, &[Diagnostic]),
    closure: &Closure<'_>,
    exact: Option<&Exact>,
) -> ImageSize {
    let scene = Scene {
        inputs,
        image,
        closure,
        catalog: &inputs.catalog,
        exact,
    };
    let packages = scene.packages();
    let mut unknown = Vec::new();
    let parts = scene.parts(&packages, &mut unknown);
    let by_name: BTreeMap<&PackageName, &PackageSize> =
        packages.values().map(|one| (&one.name, one)).collect();
    let requirements = requirement::requirements(closure, &by_name);
    let look = Look {
        catalog: &inputs.catalog,
        profile: &taken.profile,
        image,
        findings,
        closure,
        packages: &by_name,
        requirements: &requirements,
    };
    ImageSize {
        areas: look.areas(),
        over: Vec::new(),
        profile: taken.profile.name.clone(),
        platform: closure.target().platform,
        python: image.python.value.to_string(),
        total: parts.iter().filter_map(|part| part.size).sum(),
        bytecode: packages.values().map(|one| one.bytecode).sum(),
        requirements,
        lists: requirement::lists(closure, &by_name),
        trimmed: {
            let read = exact.map(|_| packages.values().map(|one| &one.trimmed));
            trimming::trimmed(image, read)
        },
        kinds: together(packages.values().flat_map(|one| one.kinds.iter().copied())),
        unknown,
        parts,
    }
}

/// What all parts of an image are sized by.
struct Scene<'a> {
    inputs: &'a Inputs,
    image: &'a ImagePlan,
    closure: &'a Closure<'a>,
    catalog: &'a Catalog,
    exact: Option<&'a Exact>,
}

impl Scene<'_> {
    fn platform(&self) -> Platform {
        self.closure.target().platform
    }

    /// All parts, from the bottom.
    fn parts(
        &self,
        packages: &BTreeMap<PackageName, PackageSize>,
        unknown: &mut Vec<Unknown>,
    ) -> Vec<Part> {
        let mut parts = vec![self.base(unknown)];
        parts.extend(self.apt(unknown));
        parts.push(self.python(unknown));
        let layers = self.image.layers.iter();
        parts.extend(layers.map(|layer| self.layer(layer, packages, unknown)));
        parts.push(self.application());
        let steps = self
            .image
            .steps
            .iter()
            .filter_map(|step| step.value.run.first());
        unknown.extend(steps.map(|run| Unknown {
            what: format!("`{}`", run.as_ref()),
            because: "a command of the build: what it makes is seen when it runs".to_owned(),
        }));
        parts
    }

    /// Every package that is no folder of the project's, by name.
    fn packages(&self) -> BTreeMap<PackageName, PackageSize> {
        let weighing = Weighing {
            catalog: self.catalog,
            closure: self.closure,
            trimming: Trimming::of(self.catalog, self.image),
            bytecode: self.image.bytecode,
            exact: self
                .exact
                .map(|exact| Weigher::new(exact, &self.inputs.project, self.closure, self.image)),
        };
        let chains = self.closure.shortest_chains().into_iter();
        let sizes = chains.map(|(id, chain)| {
            let size = weighing.package(id, chain.to_string());
            (size.name.clone(), size)
        });
        sizes.collect()
    }

    fn base(&self, unknown: &mut Vec<Unknown>) -> Part {
        let image = self.image.base.value.to_string();
        let images = self.catalog.base_images();
        let known = self.catalog.sizes().base(images, &image, self.platform());
        let (size, because) = match known {
            Some((disk, pull)) => (
                Some(Size::about(disk, pull, 2)),
                "as Docker Hub had it".to_owned(),
            ),
            None => {
                let because =
                    "the catalog knows the official slim images of Python alone".to_owned();
                unknown.push(Unknown {
                    what: format!("the base image {image}"),
                    because: because.clone(),
                });
                (None, because)
            }
        };
        Part {
            name: image.clone(),
            kind: PartKind::Base,
            size,
            because,
            packages: Vec::new(),
            identity: image,
        }
    }

    /// The Debian packages of the image that runs; none where there are none.
    fn apt(&self, unknown: &mut Vec<Unknown>) -> Option<Part> {
        let needs = &self.image.apt_runtime;
        let mut disk = Bytes(0);
        for need in needs {
            match need.size {
                Some(size) => disk += size,
                None => unknown.push(Unknown {
                    what: format!("{} of Debian", need.package.as_str()),
                    because: "nobody has measured what it brings".to_owned(),
                }),
            }
        }
        let pull = self.catalog.sizes().debian_pull(disk);
        let names: Vec<&str> = needs.iter().map(|need| need.package.as_str()).collect();
        (!names.is_empty()).then(|| Part {
            name: format!("Debian packages: {}", names.join(", ")),
            kind: PartKind::Apt,
            size: (disk > Bytes(0)).then(|| Size::about(disk, pull, DEBIAN)),
            because: "with what comes with them, each as if it came alone".to_owned(),
            packages: Vec::new(),
            identity: format!("{} {}", self.image.base.value, names.join(" ")),
        })
    }

    /// Bytecode of the standard library; where the base image has no Python, that too.
    fn python(&self, unknown: &mut Vec<Unknown>) -> Part {
        if self.image.python_source == PythonSource::Uv {
            unknown.push(Unknown {
                what: format!("Python {}", self.image.python.value),
                because: "uv's own build of it: nobody has measured it".to_owned(),
            });
        }
        let size = if self.image.bytecode {
            let (disk, pull) = self.catalog.sizes().standard_library();
            Size::about(disk, pull, 5)
        } else {
            Size::known(Bytes(2_000), Bytes(1_000))
        };
        Part {
            name: "an empty environment, the user, and bytecode of Python's own modules".to_owned(),
            kind: PartKind::Python,
            size: Some(size),
            because: "the same in every image of one Python".to_owned(),
            packages: Vec::new(),
            identity: format!("{} {}", self.image.base.value, self.image.bytecode),
        }
    }

    fn layer(
        &self,
        layer: &LayerPlan,
        sizes: &BTreeMap<PackageName, PackageSize>,
        unknown: &mut Vec<Unknown>,
    ) -> Part {
        let here = |content: &&crate::plan::LayerContents| content.platform == self.platform();
        let content = layer.contents.iter().find(here);
        let content = content.map_or(&[][..], |content| &content.packages);
        let mut packages: Vec<PackageSize> = content
            .iter()
            .filter_map(|one| sizes.get(&one.name))
            .cloned()
            .collect();
        packages.sort_by_key(|one| (Reverse(disk(one)), one.name.clone()));
        for one in &packages {
            if let Some(because) = one.basis.unknown() {
                let version = one.version.as_deref().unwrap_or_default();
                unknown.push(Unknown {
                    what: format!("{} {version}", one.name).trim_end().to_owned(),
                    because: because.to_owned(),
                });
            }
        }
        let known: Vec<Size> = packages.iter().filter_map(|one| one.size).collect();
        Part {
            name: layer.name.clone(),
            kind: PartKind::Dependencies,
            size: (!known.is_empty() || packages.is_empty()).then(|| known.into_iter().sum()),
            because: layer.comment.clone(),
            identity: self.identity(layer, content.iter().map(|one| one.label.as_str())),
            packages,
        }
    }

    /// What decides about the bytes of a layer: what is in it, for which Python, and what is left out.
    fn identity<'n>(&self, layer: &LayerPlan, labels: impl Iterator<Item = &'n str>) -> String {
        let labels: Vec<&str> = labels.collect();
        let rules: Vec<&str> = layer.trim.iter().map(|rule| rule.rule.as_str()).collect();
        format!(
            "{} {} {} {} {}",
            self.platform(),
            self.image.python.value,
            self.image.bytecode,
            labels.join(" "),
            rules.join(" ")
        )
    }

    /// The project itself. Its files are counted as they lie in the folder.
    fn application(&self) -> Part {
        let app = &self.image.app;
        let tree = &self.inputs.tree;
        let mut files: Vec<&Copied> = app.files.iter().collect();
        if app.form.value == AppForm::Package {
            files.extend(app.package.iter().flat_map(|package| &package.files));
        }
        files.extend(app.members.iter().flat_map(|member| &member.files));
        let mut paths: Vec<&str> = files
            .into_iter()
            .flat_map(|copied| below(tree, copied))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let bytes = |paths: &[&str]| Bytes(paths.iter().filter_map(|path| tree.size(path)).sum());
        let python: Vec<&str> = paths
            .iter()
            .copied()
            .filter(|path| has_extension(path, "py"))
            .collect();
        let (all, code) = (bytes(&paths), bytes(&python));
        let (bytecode, _, bytecode_pull) = self.catalog.sizes().source(code);
        let (_, pull, _) = self.catalog.sizes().source(all);
        let (disk, pull) = if self.image.bytecode {
            (all + bytecode, pull + bytecode_pull)
        } else {
            (all, pull)
        };
        Part {
            name: "the application".to_owned(),
            kind: PartKind::Application,
            size: Some(Size::about(disk, pull, APPLICATION)),
            because: "its files as they lie in the folder".to_owned(),
            packages: Vec::new(),
            identity: String::new(),
        }
    }
}

fn below<'t>(tree: &'t SourceTree, copied: &'t Copied) -> Vec<&'t str> {
    let path = copied.path.as_ref();
    match copied.kind {
        CopiedKind::File => vec![path],
        CopiedKind::Folder => {
            let folder = if path == "." {
                ""
            } else {
                path.trim_end_matches('/')
            };
            tree.below(folder).collect()
        }
    }
}

fn disk(package: &PackageSize) -> Option<Bytes> {
    package.size.map(|size| size.disk.bytes())
}
