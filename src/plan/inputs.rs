//! What a plan is decided from, and what every decision about one image begins with.

use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use crate::application::{Code, Modules};
use crate::catalog::Catalog;
use crate::closure::{Change, Closure, Closures, Selection, Via};
use crate::diagnostic::{Diagnostic, Result, SourceFile, nearest};
use crate::existing::{Existing, Image, Written, images};
use crate::freshness;
use crate::lock::{Lock, PackageId};
use crate::names::PackageName;
use crate::profile::{Config, ImageRef, Line, Origin, Profile, Setting};
use crate::project::{Project, Pyproject, SourceTree};
use crate::rules;
use crate::target::Target;

/// Everything that was read, and what was made of it that several decisions ask for.
#[derive(Debug)]
pub struct Inputs {
    /// Manifests and lock.
    pub(crate) project: Rc<Project>,
    /// The files of the project's folder.
    pub(crate) tree: Rc<SourceTree>,
    /// The user's settings.
    pub(crate) config: Config,
    /// Facts about the outside world.
    pub(crate) catalog: Rc<Catalog>,
    modules: Rc<Modules>,
    closures: Rc<Closures>,
    /// The container files, read when they are first asked for.
    containers: Rc<OnceCell<(Existing, Vec<Image>)>>,
    /// Whether they are heeded: what is proposed in their place holds without them.
    heeds_containers: bool,
    /// Container files that are there where none is heeded: they tell what the project runs on.
    seen: Option<Rc<(Existing, Vec<Image>)>>,
    memo: Rc<Memo>,
    /// The images that the generated files name.
    pub(crate) written: Rc<Written>,
}

/// What a room of the plan worked out about a member and a target, for all images that ask: its own type, by name.
#[derive(Debug, Default)]
struct Memo(RefCell<Vec<(Key, Rc<dyn Any>)>>);

type Key = (Option<PackageId>, Target);

impl Inputs {
    /// Reads the project in a folder. Errors: settings for another version of dfgen, files that are missing or invalid, a lock that does not fit the
    /// manifests.
    pub fn load(root: &Path) -> Result<Self> {
        Config::refuse_other_version(root, env!("CARGO_PKG_VERSION"))?;
        let project = Project::load(root)?;
        freshness::check(&project)?;
        let mut config = Config::load(&project)?;
        if config.output.origin == Origin::Default && project.pyproject.packages_any_folder(root) {
            // One with a dot is none that could be a package.
            config.output.value = ".docker".parse().expect("`.docker` is a valid path");
        }
        let output = config.output.value.clone();
        let inputs = Self::new(root, project, config)?;
        Ok(inputs.with_written(&root.join(output.as_ref()), output.as_ref()))
    }

    /// Reads the project as it was: a lock that did not fit its manifests, and settings for another version of dfgen, are
    /// nothing that could still be mended. With another lock in place of its own where one is given. Errors: files that are
    /// missing or invalid.
    pub fn load_past(root: &Path, lock: Option<SourceFile>) -> Result<Self> {
        let mut project = Project::load(root)?;
        if let Some(lock) = lock {
            project.lock = Lock::parse(lock)?;
        }
        let config = Config::load(&project)?;
        Self::new(root, project, config)
    }

    /// The same with the images that the generated files of a folder name, of which people are told as `shown`: where
    /// others raised their versions, a plan keeps what fits.
    #[must_use]
    pub fn with_written(self, folder: &Path, shown: &str) -> Self {
        let written = Rc::new(Written::load(folder, shown));
        Self { written, ..self }
    }

    /// The inputs of a project that has no settings yet, for [`crate::init`]: it proposes some, and renders nothing.
    /// So a lock that does not fit the manifests is not refused.
    pub fn without_settings(root: &Path, project: Project) -> Result<Self> {
        let config = Config::parse(SourceFile::new("dfgen.toml", ""))?;
        let mut inputs = Self::new(root, project, config)?;
        inputs.heeds_containers = false;
        inputs.containers = Rc::new(OnceCell::from((Existing::default(), Vec::new())));
        Ok(inputs)
    }

    /// The same with these settings, and with container files that were read: what `render` takes from them.
    pub(crate) fn heeding(&self, config: Config, existing: &Existing, images: &[Image]) -> Self {
        Self {
            heeds_containers: true,
            containers: Rc::new(OnceCell::from((existing.clone(), images.to_vec()))),
            ..self.with_config(config)
        }
    }

    /// The same with container files that are there, though what they say is proposed and not taken.
    #[must_use]
    pub fn seeing(self, existing: &Existing, images: &[Image]) -> Self {
        let seen = Some(Rc::new((existing.clone(), images.to_vec())));
        Self { seen, ..self }
    }

    /// The container files that are there.
    pub(crate) fn seen(&self) -> &(Existing, Vec<Image>) {
        match &self.seen {
            Some(seen) => seen,
            None => self.containers(),
        }
    }

    pub(super) fn new(root: &Path, project: Project, config: Config) -> Result<Self> {
        let tree = SourceTree::load(root)?;
        Ok(Self {
            catalog: Rc::new(Catalog::with_rows(config.catalog_rows()?)),
            modules: Rc::new(Modules::new(&tree)),
            tree: Rc::new(tree),
            project: Rc::new(project),
            closures: Rc::default(),
            containers: Rc::default(),
            heeds_containers: true,
            seen: None,
            memo: Rc::default(),
            written: Rc::default(),
            config,
        })
    }

    /// Whether the project's own container files, and those of platforms, say what is run.
    pub(crate) fn heeds_containers(&self) -> bool {
        self.heeds_containers
    }

    /// The project's own container files, and the images that they build. One that cannot be read says nothing here:
    /// `init` tells of it.
    pub(crate) fn containers(&self) -> &(Existing, Vec<Image>) {
        self.containers.get_or_init(|| {
            let members = self.project.members.iter();
            let members: Vec<&str> = members.map(|member| member.path.as_str()).collect();
            let existing = Existing::found(&self.tree, &members);
            let images = images(&existing).unwrap_or_default();
            (existing, images)
        })
    }

    /// The same project with other settings of the user's.
    pub(crate) fn with_config(&self, config: Config) -> Self {
        Self {
            project: Rc::clone(&self.project),
            tree: Rc::clone(&self.tree),
            catalog: Rc::clone(&self.catalog),
            modules: Rc::clone(&self.modules),
            closures: Rc::clone(&self.closures),
            containers: Rc::clone(&self.containers),
            heeds_containers: self.heeds_containers,
            seen: self.seen.clone(),
            memo: Rc::clone(&self.memo),
            written: Rc::clone(&self.written),
            config,
        }
    }

    /// An image that dfgen names itself, at the mirror where there is one. Errors: a row of the catalog that names none.
    pub(crate) fn named(&self, image: &str) -> Result<ImageRef> {
        let image = image.parse::<ImageRef>();
        let image = image.map_err(|expected| Diagnostic::new(rules::INVALID_CATALOG, expected))?;
        let mirror = self.config.registry.as_ref();
        Ok(mirror.map_or(image.clone(), |mirror| mirror.value.image(&image)))
    }

    /// Manifests and lock.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The files of the project's folder.
    pub fn tree(&self) -> &SourceTree {
        &self.tree
    }

    /// The user's settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether a profile, or a member of the workspace that stands for its service, has this name.
    pub fn knows(&self, profile: &str) -> bool {
        let members = self.project.members.iter();
        let mut members = members.filter_map(|member| member.pyproject.name());
        self.config.names().iter().any(|name| name == profile)
            || members.any(|name| {
                let rest = profile.strip_prefix(name.as_ref());
                matches!(rest, Some("" | "-gpu" | "-cpu"))
            })
    }

    /// The closure of a selection, made once. Errors: as [`Closure::select`].
    pub(crate) fn closure(&self, selection: &Selection, target: &Target) -> Result<Closure<'_>> {
        self.closures.select(&self.project, selection, target)
    }

    /// What an extra or a group of a member changes in a closure that has the member. Errors: as
    /// [`Closures::change`].
    pub(crate) fn change(
        &self,
        closure: &Closure<'_>,
        member: PackageId,
        via: &Via,
    ) -> Result<Change> {
        self.closures.change(closure, member, via)
    }

    /// The Python files of the project or member in a folder, each parsed once.
    pub(crate) fn code(&self, folder: &str, installed: &BTreeSet<PackageName>) -> Code<'_> {
        Code::new(&self.tree, &self.modules, folder, installed)
    }
}

/// One image in the making: the inputs, its profile, and the project or member that it runs.
#[derive(Clone, Copy)]
pub(super) struct Subject<'p> {
    pub(super) inputs: &'p Inputs,
    pub(super) profile: &'p Profile,
    /// The package that it runs; `None` for a root without `[project]`.
    pub(super) member: Option<PackageId>,
    /// The manifest of that package.
    pub(super) manifest: &'p Pyproject,
    /// Its folder relative to the root; empty for the root itself.
    pub(super) folder: &'p str,
}

impl Subject<'_> {
    /// What is the same for all images of the subject's member on a target, made once for each type.
    pub(crate) fn once<T: 'static>(&self, target: &Target, make: impl FnOnce() -> T) -> Rc<T> {
        let key = (self.member, target.clone());
        let known = self.inputs.memo.0.borrow().iter().find_map(|(one, value)| {
            let value = Rc::clone(value).downcast::<T>().ok();
            value.filter(|_| *one == key)
        });
        known.unwrap_or_else(|| {
            let value = Rc::new(make());
            let shared: Rc<dyn Any> = Rc::<T>::clone(&value);
            self.inputs.memo.0.borrow_mut().push((key, shared));
            value
        })
    }

    /// Names in a list of rules that are no rule.
    pub(super) fn unknown_rules<'n>(
        &self,
        key: &str,
        said: &Setting<Vec<Line>>,
        known: impl Iterator<Item = &'n str>,
    ) -> Vec<Diagnostic> {
        let unknown = unknown_rules(key, said, known).into_iter();
        let whose = format!("in the profile `{}` ({})", self.profile.name, said.origin);
        unknown
            .map(|problem| problem.with_note(whose.clone()))
            .collect()
    }
}

/// Names in a list of rules that are none of those that it may hold.
pub(crate) fn unknown_rules<'n>(
    key: &str,
    said: &Setting<Vec<Line>>,
    known: impl Iterator<Item = &'n str>,
) -> Vec<Diagnostic> {
    let known: Vec<&str> = known.collect();
    let names = said.value.iter().map(AsRef::<str>::as_ref);
    let unknown = names.filter(|name| !known.contains(name));
    unknown
        .map(|name| {
            Diagnostic::new(
                rules::UNKNOWN_RULE,
                format!("`{key}` names `{name}`, which is no rule for it"),
            )
            .at_some(said.origin.place_of(name, "no such rule"))
            .with_help_some(nearest(name, known.iter().copied()))
        })
        .collect()
}
