//! Which packages enter an image together.
//!
//! Heavy and seldom changed first, so that a small change pushes little: CUDA and the frameworks on
//! it, then the rest by weight. The promise: where a package goes is told by itself alone, by its name, kind and weight
//! and never by the size of another. So a bump moves the layer of that package, or, where its new size makes it heavy or
//! light, the layer that it leaves and the one that it enters; every other package stays with those it was with.
//! `tests/corpus/layers.rs` holds that against real locks. What extras and groups add is kept apart from what the project needs by itself,
//! so that the images of a project have the latter in the same layer, byte for byte. Source of the cap:
//! registries refuse layers of 10 GB and more.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::bytes::Bytes;
use crate::catalog::MlKind;
use crate::closure::{Choice, Closure, Selection, Weight};
use crate::lock::{Distribution, PackageId, Source};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::packages::{gpu, trim};
use crate::plan::{LayerContents, LayerPackage, LayerPattern, LayerPlan};
use crate::profile::PackagePattern;
use crate::target::Platform;

/// A download of this size and more makes a package heavy.
const HEAVY: Bytes = Bytes(8_000_000);

/// A download of this size and more keeps a package apart from the light ones. On 75 real locks a bump of one
/// package, any of them, pushes half as much with this limit as with the other alone.
const MEDIUM: Bytes = Bytes(1_000_000);

/// CUDA comes in this many layers, which download side by side: three at a time is Docker's default
/// (<https://docs.docker.com/reference/cli/dockerd/>, `max-concurrent-downloads`).
const GPU_PARTS: usize = 3;

/// A kind of this size and more nears the limit of registries: then, and only then, sizes decide how many parts it has.
const CAP: u64 = 8_000_000_000;

/// What a part of such a kind holds.
const PART: u64 = 4_000_000_000;

/// The kinds of dependency layers, first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Gpu,
    Frameworks,
    ExtraHeavy,
    Heavy,
    ExtraMedium,
    Medium,
    Extra,
    Rest,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Gpu,
        Self::Frameworks,
        Self::ExtraHeavy,
        Self::Heavy,
        Self::ExtraMedium,
        Self::Medium,
        Self::Extra,
        Self::Rest,
    ];

    fn by_weight(size: Bytes, shared: bool) -> Self {
        match (size >= HEAVY, size >= MEDIUM, shared) {
            (true, _, true) => Self::Heavy,
            (true, _, false) => Self::ExtraHeavy,
            (_, true, true) => Self::Medium,
            (_, true, false) => Self::ExtraMedium,
            (_, _, true) => Self::Rest,
            (_, _, false) => Self::Extra,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Frameworks => "frameworks",
            Self::ExtraHeavy => "extra-heavy",
            Self::Heavy => "heavy",
            Self::ExtraMedium => "extra-medium",
            Self::Medium => "medium",
            Self::Extra => "extra",
            Self::Rest => "rest",
        }
    }

    fn comment(self, alone: bool) -> &'static str {
        match self {
            Self::Heavy | Self::Medium | Self::Rest if alone => "The dependencies.",
            Self::Gpu => "The GPU libraries: most of the bytes, and seldom changed.",
            Self::Frameworks => "The ML frameworks: large, and seldom changed.",
            Self::ExtraHeavy => {
                "Other large packages that only this image's extras and groups need."
            }
            Self::Heavy => "Other large packages.",
            Self::ExtraMedium => {
                "Packages of middle size that only this image's extras and groups need."
            }
            Self::Medium => "Packages of middle size.",
            Self::Extra => "Other packages that only this image's extras and groups need.",
            Self::Rest => "All other dependencies.",
        }
    }
}

/// One dependency on its way into a layer.
struct Item {
    id: PackageId,
    name: PackageName,
    size: Option<Bytes>,
    /// Whether the project needs it without any extra or group.
    shared: bool,
}

/// What a layer takes, before it is known what that is on each platform.
struct Draft {
    name: String,
    comment: &'static str,
    patterns: Vec<LayerPattern>,
}

/// The dependency layers of an image; local packages are not among them. What is in which layer is decided on the
/// first platform, and holds for all: what only another one has falls into the last layer.
pub(crate) fn layers(
    subject: &Subject<'_>,
    closures: &[Closure<'_>],
    rules: &trim::Rules<'_, '_>,
) -> Vec<LayerPlan> {
    let first = &closures[0];
    let items = items(first, &shared(subject, first));
    let mut drafts = if subject.profile.layers.value.is_empty() {
        by_kind(subject, first, items)
    } else {
        users(subject, items)
    };
    let mut contents: Vec<Vec<LayerContents>> = drafts.iter().map(|_| Vec::new()).collect();
    for closure in closures {
        let of_platform = contents_on(closure, &drafts);
        for (contents, content) in contents.iter_mut().zip(of_platform) {
            contents.push(content);
        }
    }
    // A layer of nothing is none: what comes later falls into the one before.
    let is_nothing = |contents: &Vec<LayerContents>| names(contents).is_empty();
    if drafts.len() > 1 && contents.last().is_some_and(is_nothing) {
        drafts.pop();
        contents.pop();
        let last = drafts.last_mut().expect("there were two");
        last.patterns = vec![LayerPattern::Rest];
    }
    let layers = drafts.into_iter().zip(contents);
    let mut layers: Vec<LayerPlan> = layers
        .map(|(draft, contents)| LayerPlan {
            name: draft.name,
            comment: draft.comment.to_owned(),
            patterns: draft.patterns,
            trim: rules.of(&names(&contents)),
            as_built: rules.as_built(&names(&contents)),
            stripped: rules.stripped(&contents),
            contents,
        })
        .collect();
    trim::tell_once(subject.inputs.catalog.trim(), &mut layers);
    layers
}

/// What each layer takes of a closure, by the first pattern that means a package.
fn contents_on(closure: &Closure<'_>, drafts: &[Draft]) -> Vec<LayerContents> {
    let mut contents: Vec<LayerContents> = drafts
        .iter()
        .map(|_| LayerContents::nothing(closure.target().platform))
        .collect();
    for (id, package, _) in closure.packages() {
        let takes = |draft: &Draft| draft.patterns.iter().any(|one| one.takes(&package.name));
        let (Some(index), false) = (drafts.iter().position(takes), is_local(&package.source))
        else {
            continue;
        };
        let content = &mut contents[index];
        let download = closure.download_size(id);
        content.download.add(download);
        if closure.builds(id) {
            content.built.push(package.name.clone());
        }
        content.packages.push(LayerPackage {
            name: package.name.clone(),
            label: package.label(),
            native: is_native(closure, id),
            download,
        });
    }
    contents
}

/// Whether what is installed of a package is a wheel for one platform. What is built here, nobody else has built.
fn is_native(closure: &Closure<'_>, id: PackageId) -> bool {
    let Distribution::Wheel(wheel) = closure.distribution(id) else {
        return false;
    };
    !wheel.filename.ends_with("-any.whl")
}

/// The packages of a layer on any platform.
fn names(contents: &[LayerContents]) -> BTreeSet<&PackageName> {
    let packages = contents.iter().flat_map(|content| &content.packages);
    packages.map(|package| &package.name).collect()
}

impl LayerContents {
    fn nothing(platform: Platform) -> Self {
        Self {
            platform,
            packages: Vec::new(),
            download: Weight::default(),
            built: Vec::new(),
        }
    }
}

impl LayerPlan {
    /// What is in it on the platform that the image is mostly built for.
    pub fn first(&self) -> &LayerContents {
        &self.contents[0]
    }

    /// The packages in it on any platform.
    pub fn names(&self) -> BTreeSet<&PackageName> {
        names(&self.contents)
    }

    /// Whether it has a package on any platform.
    pub(crate) fn has(&self, name: &PackageName) -> bool {
        let mut packages = self.contents.iter().flat_map(|content| &content.packages);
        packages.any(|package| package.name == *name)
    }

    /// Whether something in it is built, because it has no wheel, on any platform.
    pub(crate) fn builds(&self) -> bool {
        self.contents
            .iter()
            .any(|content| !content.built.is_empty())
    }
}

impl LayerPattern {
    fn takes(&self, name: &PackageName) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Glob(glob) => glob.matches(name.as_ref()),
            Self::Rest => true,
        }
    }
}

impl Serialize for LayerPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for LayerPattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LayerPattern".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl fmt::Display for LayerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Glob(glob) => glob.fmt(f),
            Self::Rest => f.write_str("*"),
        }
    }
}

fn by_kind(subject: &Subject<'_>, closure: &Closure<'_>, items: Vec<Item>) -> Vec<Draft> {
    let mut by_kind: Vec<(Kind, Vec<Item>)> = Kind::ALL.map(|kind| (kind, Vec::new())).into();
    for item in items {
        let kind = kind(subject, closure, &item);
        by_kind[kind as usize].1.push(item);
    }
    let alone = by_kind
        .iter()
        .filter(|(_, items)| !items.is_empty())
        .count()
        < 2;
    let mut layers = Vec::new();
    for (kind, items) in by_kind {
        if items.is_empty() && kind != Kind::Rest {
            continue;
        }
        let parts = parts(kind, items);
        let several = parts.len() > 1;
        for (index, part) in parts.into_iter().enumerate() {
            let name = match kind {
                Kind::Rest if alone => "deps".to_owned(),
                _ if several => format!("{}-{}", kind.name(), index + 1),
                _ => kind.name().to_owned(),
            };
            let patterns = match kind {
                Kind::Rest => vec![LayerPattern::Rest],
                _ => part
                    .into_iter()
                    .map(|item| LayerPattern::Name(item.name))
                    .collect(),
            };
            layers.push(Draft {
                name,
                comment: kind.comment(alone),
                patterns,
            });
        }
    }
    layers
}

/// What the project needs without any extra or group. Where that cannot be asked, everything.
fn shared(subject: &Subject<'_>, closure: &Closure<'_>) -> BTreeSet<PackageId> {
    let plain = Selection {
        extras: Choice::none(),
        groups: Choice::none(),
        ..closure.selection().clone()
    };
    let plain = subject.inputs.closure(&plain, closure.target());
    let asked = plain.as_ref().unwrap_or(closure);
    asked.packages().map(|(id, _, _)| id).collect()
}

fn items(closure: &Closure<'_>, shared: &BTreeSet<PackageId>) -> Vec<Item> {
    let dependencies = closure
        .packages()
        .filter(|(_, package, _)| !is_local(&package.source));
    dependencies
        .map(|(id, package, _)| Item {
            id,
            name: package.name.clone(),
            size: closure.download_size(id),
            shared: shared.contains(&id),
        })
        .collect()
}

/// Whether a package's files are the project's own: it is built with the application.
pub(crate) fn is_local(source: &Source) -> bool {
    match source {
        Source::Registry(place) => !place.is_remote(),
        Source::Git(_) | Source::Url(_) => false,
        Source::Path(_) | Source::Directory(_) | Source::Editable(_) | Source::Virtual(_) => true,
    }
}

fn kind(subject: &Subject<'_>, closure: &Closure<'_>, item: &Item) -> Kind {
    let catalog = &subject.inputs.catalog;
    // Some indexes, as PyTorch's, tell no size: what belongs to a kind that is large is taken to be.
    let heavy = item.size.is_none_or(|size| size >= HEAVY);
    let ml = catalog.ml().get(&item.name).map(|row| row.kind());
    let cuda = gpu::of_package(catalog, closure, item.id);
    match (ml, heavy) {
        (Some(MlKind::GpuLibrary), _) => Kind::Gpu,
        (Some(MlKind::Framework), true) => Kind::Frameworks,
        (_, true) if cuda.is_some_and(|cuda| cuda.major().is_some()) => Kind::Gpu,
        _ => Kind::by_weight(item.size.unwrap_or_default(), item.shared),
    }
}

/// Dealt by name, so that a package stays where it is, whatever happens to another.
fn parts(kind: Kind, items: Vec<Item>) -> Vec<Vec<Item>> {
    let size: u64 = items
        .iter()
        .filter_map(|item| item.size)
        .map(|size| size.0)
        .sum();
    let usual = if kind == Kind::Gpu { GPU_PARTS } else { 1 };
    let count = match kind {
        // It takes what no other layer names, so there is one of it.
        Kind::Rest => 1,
        _ if size > CAP => usual.max(usize::try_from(size.div_ceil(PART)).unwrap_or(usual)),
        _ => usual,
    };
    let mut parts: Vec<Vec<Item>> = Vec::new();
    parts.resize_with(count, Vec::new);
    for item in items {
        parts[dealt(&item.name, count)].push(item);
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        parts.push(Vec::new());
    }
    parts
}

/// The part that a name goes to: FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>. Of CUDA's libraries it puts cuBLAS and
/// cuDNN apart, with about a third of the bytes in each part. A new major version of CUDA, `-cu13` behind `-cu12`, changes nothing.
fn dealt(name: &PackageName, parts: usize) -> usize {
    let name = name.as_ref();
    let library = name
        .rsplit_once("-cu")
        .filter(|(_, major)| major.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(name, |(library, _)| library);
    let start: u64 = 0xcbf2_9ce4_8422_2325;
    let hash = library.bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The upper bits are mixed better.
    usize::try_from(hash >> 32).unwrap_or_default() % parts
}

/// The layers that the profile names, in its order; what fits none goes to the last, `rest`.
fn users(subject: &Subject<'_>, mut items: Vec<Item>) -> Vec<Draft> {
    let mut layers = Vec::new();
    for (name, patterns) in &subject.profile.layers.value {
        let fits = |item: &Item| {
            patterns.iter().any(|pattern| {
                crate::plan::packages::patterns::matches(subject, pattern, &item.name)
            })
        };
        let (part, left) = items.into_iter().partition(fits);
        items = left;
        layers.push(Draft {
            name: name.clone(),
            comment: "Named in dfgen.toml.",
            patterns: patterns
                .iter()
                .flat_map(|pattern| written_out(pattern, &part))
                .collect(),
        });
    }
    layers.push(Draft {
        name: "rest".to_owned(),
        comment: Kind::Rest.comment(false),
        patterns: vec![LayerPattern::Rest],
    });
    layers
}

/// A pattern as the recipe has it: sets are written out.
fn written_out(pattern: &PackagePattern, part: &[Item]) -> Vec<LayerPattern> {
    match pattern {
        PackagePattern::Ml => {
            let names = part.iter().map(|item| item.name.clone());
            names.map(LayerPattern::Name).collect()
        }
        PackagePattern::Name(name) => vec![LayerPattern::Name(name.clone())],
        PackagePattern::Glob(glob) => vec![LayerPattern::Glob(glob.clone())],
    }
}

#[cfg(test)]
mod tests;
