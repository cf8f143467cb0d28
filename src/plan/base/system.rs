//! What an image needs from Debian: libraries to run, compilers and headers to build, only where the
//! closure asks for them.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::catalog::{DebianRelease, Executables, Packages, Toolchain};
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result};
use crate::lock::{Package, PackageId, Source};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::packages::credentials;
use crate::plan::packages::settings::{build_constraints, uv_settings};
use crate::plan::{AptNeed, BuildPlan, Decision};
use crate::profile::{AptPackage, Compile, EnvName, ImageRef, Line};
use crate::project::pyproject::{ExtraBuildDependency, requirement_name};
use crate::project::rust::RustNeed;
use crate::rules;

/// Debian packages by name, each with who asks for it.
type Needs = BTreeMap<AptPackage, BTreeSet<String>>;

/// What the system must hold for a closure on all platforms of an image.
pub(crate) struct System {
    pub(crate) runtime: Vec<AptNeed>,
    /// What only some uses need: not installed.
    pub(crate) optional: Vec<AptNeed>,
    pub(crate) build: BuildPlan,
}

/// Decides. Errors: something must be built and the profile does not allow it.
pub(crate) fn system(
    subject: &Subject<'_>,
    closures: &[Closure<'_>],
    release: DebianRelease,
    rust: Option<&RustNeed>,
    used: &BTreeSet<PackageName>,
    executables: &BTreeMap<String, Place>,
) -> Result<System> {
    let mut collector = Collector::new(subject, release, used);
    collector.add_executables(executables);
    for closure in closures {
        collector.add_closure(closure);
    }
    refuse_builds(subject, closures, &collector)?;
    collector.netrc = credentials::asks_netrc(subject, closures);
    collector.add_local(rust);
    collector.finish(rust)
}

struct Collector<'s, 'p> {
    subject: &'s Subject<'p>,
    release: DebianRelease,
    /// The packages of which the image makes the use that not everybody makes.
    used: &'s BTreeSet<PackageName>,
    runtime: Needs,
    optional: Needs,
    build: Needs,
    toolchains: BTreeMap<Toolchain, BTreeSet<String>>,
    built: BTreeMap<PackageName, PackageId>,
    /// The project's own packages that are built with it: the member that runs, and those that it needs.
    own: BTreeMap<PackageName, PackageId>,
    git: bool,
    ssh: bool,
    netrc: bool,
    rust_for_dependencies: bool,
}

impl<'s, 'p> Collector<'s, 'p> {
    fn new(
        subject: &'s Subject<'p>,
        release: DebianRelease,
        used: &'s BTreeSet<PackageName>,
    ) -> Self {
        let mut collector = Self {
            subject,
            release,
            used,
            runtime: Needs::new(),
            optional: Needs::new(),
            build: Needs::new(),
            toolchains: BTreeMap::new(),
            built: BTreeMap::new(),
            own: BTreeMap::new(),
            git: false,
            ssh: false,
            netrc: false,
            rust_for_dependencies: false,
        };
        let profile = subject.profile;
        for package in &profile.apt.runtime.value {
            collector
                .runtime
                .entry(package.clone())
                .or_default()
                .insert(profile.apt.runtime.origin.file());
        }
        for package in &profile.apt.build.value {
            collector
                .build
                .entry(package.clone())
                .or_default()
                .insert(profile.apt.build.origin.file());
        }
        collector
    }

    /// What brings the programs that the source starts.
    fn add_executables(&mut self, executables: &BTreeMap<String, Place>) {
        for (name, place) in executables {
            let Some((_, row)) = Executables::embedded().executable(name) else {
                continue;
            };
            let apt = row.apt(self.release);
            let place = place.location();
            if row.aside || !self.can_install() {
                add(
                    &mut self.optional,
                    apt,
                    &format!("when {place} starts `{name}`"),
                );
            } else {
                add(
                    &mut self.runtime,
                    apt,
                    &format!("{place}, which starts `{name}`"),
                );
            }
        }
    }

    /// Whether the image that was asked for has apt: what nobody asked for is no reason to refuse it.
    fn can_install(&self) -> bool {
        can_install(self.subject)
    }

    fn add_closure(&mut self, closure: &Closure<'_>) {
        let names: BTreeSet<&PackageName> = closure
            .packages()
            .map(|(_, package, _)| &package.name)
            .collect();
        for (id, package, _) in closure.packages() {
            let built = closure.builds(id);
            self.add_needs(package, &names, built);
            if built {
                self.built.insert(package.name.clone(), id);
                self.add_build(package);
            }
            if let Source::Directory(_) | Source::Editable(_) = package.source {
                self.own.insert(package.name.clone(), id);
            }
            if let Source::Git(url) = &package.source {
                self.git = true;
                if url.as_written().starts_with("ssh://") {
                    self.ssh = true;
                    let client = "openssh-client".parse().expect("a plain name");
                    let asked = package.name.to_string();
                    self.build.entry(client).or_default().insert(asked);
                }
                self.toolchains
                    .entry(Toolchain::Git)
                    .or_default()
                    .insert(package.name.to_string());
            }
        }
    }

    fn add_needs(&mut self, package: &Package, names: &BTreeSet<&PackageName>, built: bool) {
        let Some(row) = self.subject.inputs.catalog.package(&package.name) else {
            return;
        };
        if !row.unless().iter().any(|other| names.contains(other)) {
            add(
                &mut self.runtime,
                row.runtime(self.release),
                package.name.as_ref(),
            );
        }
        for need in row.optional() {
            if self.used.contains(&package.name) {
                let asked = package.name.as_ref();
                add(&mut self.runtime, need.apt(self.release), asked);
                continue;
            }
            let asked = format!("{}, when {}", package.name, need.when());
            add(&mut self.optional, need.apt(self.release), &asked);
        }
        if built {
            add(
                &mut self.runtime,
                row.compiled_runtime(self.release),
                package.name.as_ref(),
            );
        }
    }

    /// What compiling a package takes. One that the catalog does not know may need a compiler of C or
    /// C++: it costs time in a stage that is never shipped, and its lack costs a failed build.
    fn add_build(&mut self, package: &Package) {
        let name = package.name.to_string();
        match self.subject.inputs.catalog.package(&package.name) {
            Some(row) => {
                add(&mut self.build, row.build(self.release), &name);
                self.rust_for_dependencies |= row.toolchain().contains(&Toolchain::Rust);
                for toolchain in row.toolchain() {
                    self.toolchains
                        .entry(*toolchain)
                        .or_default()
                        .insert(name.clone());
                }
            }
            None => {
                let unknown = format!("{name}, which has no wheel and may need one");
                for toolchain in [Toolchain::C, Toolchain::Cxx] {
                    let asked = self.toolchains.entry(toolchain).or_default();
                    asked.insert(unknown.clone());
                }
            }
        }
    }

    /// What building the project's own packages takes.
    fn add_local(&mut self, rust: Option<&RustNeed>) {
        if let Some(rust) = rust {
            self.toolchains
                .entry(Toolchain::Rust)
                .or_default()
                .insert(rust.member.clone());
        }
        let inputs = self.subject.inputs;
        let packages = inputs.catalog.packages();
        for (package, id) in &self.own {
            let manifest = inputs.project.manifest_of(*id);
            let system = manifest.and_then(|manifest| manifest.build_system.as_ref());
            let requires = system.iter().flat_map(|system| &system.requires);
            let names: Vec<_> = requires.filter_map(|one| requirement_name(one)).collect();
            for toolchain in names.iter().flat_map(|name| packages.backend(name)) {
                let asked = self.toolchains.entry(*toolchain).or_default();
                asked.insert(package.to_string());
            }
        }
    }

    fn finish(mut self, rust: Option<&RustNeed>) -> Result<System> {
        let (packages, release) = (self.subject.inputs.catalog.packages(), self.release);
        let mut image = None;
        for (toolchain, asked) in &self.toolchains {
            let source = packages.toolchain(*toolchain);
            for package in source.apt(self.release) {
                self.build
                    .entry(package.clone())
                    .or_default()
                    .extend(asked.iter().cloned());
            }
            image = image.or_else(|| source.image(self.release));
        }
        let constraints = build_constraints(self.subject)?;
        let build = BuildPlan {
            unisolated: unisolated(self.subject, self.built.keys().chain(self.own.keys())),
            matched: matched(self.subject, self.built.keys().chain(self.own.keys())),
            packages: self.built.into_keys().collect(),
            apt: needs(self.build, packages, release),
            rust: image
                .map(|image| rust_image(self.subject, image, rust, self.release))
                .transpose()?,
            rust_for_dependencies: self.rust_for_dependencies,
            git: self.git,
            ssh: self.ssh,
            secrets: credentials::secrets(self.subject)?,
            netrc: self.netrc,
            env: build_env(
                !self.toolchains.is_empty(),
                !constraints.is_empty(),
                self.ssh,
            ),
            constraints,
            uv_settings: uv_settings(self.subject)?,
        };
        self.optional
            .retain(|package, _| !self.runtime.contains_key(package));
        Ok(System {
            runtime: needs(self.runtime, packages, release),
            optional: needs(self.optional, packages, release),
            build,
        })
    }
}

/// What `[tool.uv]` has built without isolation, of what is built and of the project's own packages.
fn unisolated<'n>(
    subject: &'n Subject<'_>,
    built: impl Iterator<Item = &'n PackageName>,
) -> Vec<PackageName> {
    let project = &subject.inputs.project;
    let uv = &project.pyproject.uv;
    // What is no name is refused by uv itself, which wrote the lock from the same file.
    let named = uv.no_build_isolation_package.iter();
    let named: Vec<PackageName> = named.filter_map(|name| name.parse().ok()).collect();
    let everything = uv.no_build_isolation == Some(true);
    let mut names: Vec<PackageName> = built
        .filter(|name| everything || named.contains(name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What is built with others as they are in the environment, of what is built and of the project's own packages.
fn matched<'n>(
    subject: &'n Subject<'_>,
    built: impl Iterator<Item = &'n PackageName>,
) -> BTreeMap<PackageName, Vec<PackageName>> {
    let extra = &subject.inputs.project.pyproject.uv.extra_build_dependencies;
    // As above.
    let others = |name: &PackageName| {
        let named = extra
            .iter()
            .filter(|(of, _)| of.parse().ok().as_ref() == Some(name));
        let others = named.flat_map(|(_, requirements)| requirements);
        others.filter_map(ExtraBuildDependency::matched).collect()
    };
    built
        .map(|name| (name.clone(), others(name)))
        .filter(|(_, others): &(_, Vec<_>)| !others.is_empty())
        .collect()
}

/// Whether Debian packages can be installed in the image that the profile asks for.
pub(crate) fn can_install(subject: &Subject<'_>) -> bool {
    let images = subject.inputs.catalog.base_images();
    let said = subject.profile.base.as_ref();
    said.is_none_or(|said| {
        let image = said.value.runtime().as_ref();
        images.has_shell(image) && images.manager(image).is_none()
    })
}

fn add(needs: &mut Needs, packages: &BTreeSet<AptPackage>, asked: &str) {
    for package in packages {
        needs
            .entry(package.clone())
            .or_default()
            .insert(asked.to_owned());
    }
}

fn needs(needs: Needs, packages: &Packages, release: DebianRelease) -> Vec<AptNeed> {
    let need = |(package, asked): (AptPackage, BTreeSet<String>)| AptNeed {
        size: packages.apt_bytes(&package, release),
        package,
        because: asked.into_iter().collect::<Vec<_>>().join(", "),
    };
    needs.into_iter().map(need).collect()
}

/// Compilers leave no path of the build in what they make; builds keep to their constraints.
fn build_env(compiles: bool, constrained: bool, ssh: bool) -> IndexMap<EnvName, Line> {
    // dfgen's own words; nothing is left out.
    let variable = |name: &str, value: &str| Some((name.parse().ok()?, value.parse().ok()?));
    let flags = compiles.then(|| variable("CFLAGS", "-g0")).flatten();
    let file = constrained
        .then(|| variable("UV_BUILD_CONSTRAINT", "/build/build-constraints.txt"))
        .flatten();
    // Nobody is there to answer whether a host is known; what is fetched is known by its commit.
    let command = "ssh -o StrictHostKeyChecking=accept-new";
    let hosts = ssh.then(|| variable("GIT_SSH_COMMAND", command)).flatten();
    flags.into_iter().chain(file).chain(hosts).collect()
}

/// The toolchain's image: the catalog's, or the one that the project's own crates ask for.
fn rust_image(
    subject: &Subject<'_>,
    known: &str,
    rust: Option<&RustNeed>,
    release: DebianRelease,
) -> Result<Decision<ImageRef>> {
    let asked = rust.and_then(|rust| rust.newer_than(known));
    let (image, because) = match asked {
        Some((version, because)) => (format!("rust:{version}-slim-{release}"), because),
        None => (known.to_owned(), "the catalog's Rust toolchain".to_owned()),
    };
    Ok(Decision::new(subject.inputs.named(&image)?, because))
}

fn refuse_builds(
    subject: &Subject<'_>,
    closures: &[Closure<'_>],
    found: &Collector<'_, '_>,
) -> Result<()> {
    let allowed = |name: &PackageName| match &subject.profile.compile.value {
        Compile::Allow => true,
        Compile::Only(names) => names.contains(name),
        Compile::Deny => false,
    };
    let refused = found.built.iter().filter(|(name, _)| !allowed(name));
    let problems = refused
        .map(|(name, id)| refused_build(subject, closures, name, *id))
        .collect();
    Diagnostics::check(problems)
}

fn refused_build(
    subject: &Subject<'_>,
    closures: &[Closure<'_>],
    name: &PackageName,
    id: PackageId,
) -> Diagnostic {
    let closure = closures
        .iter()
        .find(|closure| closure.contains(id))
        .unwrap_or(&closures[0]);
    let label = closure.lock().package(id).label().replace("==", " ");
    let profile = &subject.profile;
    let chain = closure
        .shortest_chain(id)
        .map_or_else(String::new, |chain| chain.to_string());
    let mut problem = Diagnostic::new(
        rules::NO_WHEEL,
        format!("{label} has no wheel for {}", closure.target()),
    )
    .at_some(profile.compile.origin.place_of("", "it may not be built"))
    .with_note(format!("needed by {chain}"))
    .with_note(format!(
        "it would be built, and `compile` of `{}` does not allow it ({})",
        profile.name, profile.compile.origin
    ));
    let row = subject.inputs.catalog.package(name);
    for better in row.iter().flat_map(|row| row.prefer()) {
        problem = problem.with_help(format!("depend on `{better}`, which does the same"));
    }
    problem.with_help(format!(
        "allow it: `compile = [\"{name}\"]` in [profile.{}] of dfgen.toml",
        profile.name
    ))
}

#[cfg(test)]
mod tests;
