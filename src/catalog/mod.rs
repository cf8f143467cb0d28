//! The catalog: facts about packages, base images, servers and services that no lock holds.
//!
//! Facts are data, not code: one TOML file per table under `src/catalog/data`, embedded in the program
//! as JSON (`src/build.rs`), and beside it one Rust file with its types and look-ups. Every row says how it came to be believed
//! (`Evidence`). A table is parsed when it is first asked for, so a command that needs none pays
//! nothing.
//!
//! # Adding a row
//!
//! 1. Find the file by what the row is about, and its place in it: kinds and keys are sorted.
//! 2. Write `[<kind>.<key>]` with the keys that the file's head explains.
//! 3. Give `source` (a URL, or how you saw it) and `date`, unless the file's `[evidence]` is true of it.
//! 4. Run `cargo test --lib catalog`: it reads the folder and checks form, order and evidence.
//!
//! A new file needs a Rust file of its own, and a field here or a static there; the same test finds one that is not wired.
//!
//! # Rows of a user
//!
//! `[catalog.package.<name>]` and `[catalog.import.<module>]` in dfgen.toml have the same keys, replace
//! our row for the same name, and may leave `source` and `date` out.

mod accelerator;
mod base_images;
mod browsers;
mod builds;
mod caches;
mod columns;
mod command;
mod command_line;
mod costs;
mod cuda;
mod debian;
mod defaults;
mod development;
mod dockerfiles;
mod executables;
mod folders;
mod frameworks;
mod front_ends;
mod gpu;
mod imports;
mod leftovers;
mod libraries;
mod lists;
mod managers;
mod ml;
mod models;
mod packages;
mod pattern;
mod programs;
mod reads;
mod revisions;
mod runners;
mod savings;
mod scan;
mod secret_names;
mod secrets;
mod servers;
mod services;
mod sizes;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod trim;
mod unnamed;
mod unwanted;
mod user_rows;
mod uv;
mod variables;
mod writes;

use std::sync::LazyLock;

use pep508_rs::PackageName;

pub use accelerator::Accelerator;
pub(crate) use accelerator::is_of_another_system;
pub(crate) use columns::{Collecting, Host, LocalHost, OwnRun};
pub use debian::{AptPackage, DebianRelease, UnknownRelease};
pub(crate) use frameworks::{ApplicationKind, Frameworks, ImportString, Tasks};
pub use frameworks::{Framework, Library};
pub(crate) use front_ends::{Bundler, FrontEnds, Installer};
pub(crate) use leftovers::{Ease, Leftover, Leftovers, Whose};
pub(crate) use libraries::{Brought, Libraries};
pub(crate) use scan::Scan;
pub use scan::{LibraryName, LibraryPattern};
pub(crate) use secrets::Secrets;
pub use trim::PathPattern;
pub(crate) use trim::{GpuPart, Trim, TrimAction, TrimRule};
pub(crate) use unwanted::{Unwanted, UnwantedKind, UnwantedNames};
pub(crate) use user_rows::KINDS;
pub use user_rows::UserRows;

pub(crate) use base_images::{BaseImages, PythonMinor};
pub(crate) use browsers::{Browser, Browsers};
pub(crate) use builds::Builds;
pub(crate) use caches::{Cache, Caches, Keeps};
pub(crate) use command::{CommandTemplate, Placeholder, Template};
pub(crate) use command_line::{CommandLine, Graceful, Program, Purpose, StopSignal, Tuning};
pub(crate) use costs::Costs;
pub(crate) use cuda::{CudaFlavour, CudaVersion};
pub(crate) use defaults::Defaults;
pub(crate) use development::{Certainty, DevelopmentKind, DevelopmentTools};
pub(crate) use dockerfiles::{Dockerfiles, Fate, Judged};
pub(crate) use executables::{Executables, Starting};
pub(crate) use folders::{FolderRole, Folders};
pub(crate) use gpu::{CudaNeed, Gpu, LockedCuda};
pub(crate) use imports::{Imports, Origin};
pub(crate) use lists::Names;
pub(crate) use managers::{Manager, Managers};
pub(crate) use ml::{MlKind, MlStack};
pub(crate) use models::Models;
pub(crate) use packages::{Package, Packages, Toolchain};
pub(crate) use pattern::{NamePattern, fits_wildcards};
pub(crate) use programs::program;
pub(crate) use reads::Reads;
pub(crate) use revisions::{Effect, Operation, Revisions};
pub(crate) use runners::{Runner, Runners};
pub(crate) use savings::Savings;
pub(crate) use secret_names::{SecretNames, SecretOptions, Telling};
pub(crate) use servers::{Interface, Servers, ServingCall};
pub(crate) use services::{AddressPart, Service, ServiceKind, Services};
pub(crate) use sizes::{Listed, Sizes, WheelKind};
pub(crate) use sources::Sources;
pub(crate) use table::{Row, RowProblem};
pub(crate) use unnamed::Unnamed;
pub(crate) use uv::UvVersions;
pub(crate) use variables::{ReadingCall, SettingsClass, Variables};
pub(crate) use writes::{Given, Inside, Writer, Writes, Written};

/// All tables, each parsed when it is first asked for.
#[derive(Debug)]
pub struct Catalog {
    user: UserRows,
    packages: LazyLock<Packages>,
    base_images: LazyLock<BaseImages>,
    caches: LazyLock<Caches>,
    uv: LazyLock<UvVersions>,
    ml: LazyLock<MlStack>,
    gpu: LazyLock<Gpu>,
    development: LazyLock<DevelopmentTools>,
    imports: LazyLock<Imports>,
    services: LazyLock<Services>,
    trim: LazyLock<Trim>,
    savings: LazyLock<Savings>,
    costs: LazyLock<Costs>,
    sizes: LazyLock<Sizes>,
    unnamed: LazyLock<Unnamed>,
    unwanted: LazyLock<Unwanted>,
    scan: LazyLock<Scan>,
    leftovers: LazyLock<Leftovers>,
    libraries: LazyLock<Libraries>,
    models: LazyLock<Models>,
    secret_names: LazyLock<SecretNames>,
    secrets: LazyLock<Secrets>,
}

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| Catalog::with_rows(UserRows::default()));

impl Catalog {
    /// The catalog as it comes with dfgen.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The catalog with the user's rows before ours.
    pub(crate) fn with_rows(user: UserRows) -> Self {
        Self {
            user,
            packages: LazyLock::new(Packages::embedded),
            base_images: LazyLock::new(BaseImages::embedded),
            caches: LazyLock::new(Caches::embedded),
            uv: LazyLock::new(UvVersions::embedded),
            ml: LazyLock::new(MlStack::embedded),
            gpu: LazyLock::new(Gpu::embedded),
            development: LazyLock::new(DevelopmentTools::embedded),
            imports: LazyLock::new(Imports::embedded),
            services: LazyLock::new(Services::embedded),
            trim: LazyLock::new(Trim::embedded),
            savings: LazyLock::new(Savings::embedded),
            costs: LazyLock::new(Costs::embedded),
            sizes: LazyLock::new(Sizes::embedded),
            unnamed: LazyLock::new(Unnamed::embedded),
            unwanted: LazyLock::new(Unwanted::embedded),
            scan: LazyLock::new(Scan::embedded),
            leftovers: LazyLock::new(Leftovers::embedded),
            libraries: LazyLock::new(Libraries::embedded),
            models: LazyLock::new(Models::embedded),
            secret_names: LazyLock::new(SecretNames::embedded),
            secrets: LazyLock::new(Secrets::embedded),
        }
    }

    /// What a package needs from the system; the user's row before ours. Without a row, nothing is known
    /// to be needed.
    pub(crate) fn package(&self, name: &PackageName) -> Option<&Row<Package>> {
        let users = self.user.packages.get(name);
        users.or_else(|| self.packages.rows.get(name))
    }

    /// Toolchains and the sizes of apt packages.
    pub(crate) fn packages(&self) -> &Packages {
        &self.packages
    }

    /// Base images and the systems in them.
    pub(crate) fn base_images(&self) -> &BaseImages {
        &self.base_images
    }

    /// Caches of libraries.
    pub(crate) fn caches(&self) -> &Caches {
        &self.caches
    }

    /// uv versions to pin.
    pub(crate) fn uv(&self) -> &UvVersions {
        &self.uv
    }

    /// The ML stack.
    pub(crate) fn ml(&self) -> &MlStack {
        &self.ml
    }

    /// Where CUDA comes from, and its drivers.
    pub(crate) fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Development tools.
    pub(crate) fn development(&self) -> &DevelopmentTools {
        &self.development
    }

    /// Frameworks, workers and migrations.
    #[expect(clippy::unused_self, reason = "it is asked as the other tables are")]
    pub(crate) fn frameworks(&self) -> &'static Frameworks {
        Frameworks::embedded()
    }

    /// Servers, and what command lines mean.
    #[expect(clippy::unused_self, reason = "it is asked as the other tables are")]
    pub(crate) fn servers(&self) -> &'static Servers {
        Servers::embedded()
    }

    /// Where a dotted module name comes from; the user's rows before ours.
    pub(crate) fn origin(&self, module: &str) -> Origin<'_> {
        self.imports.origin(&self.user.imports, module)
    }

    /// Backing services and their drivers.
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// What an image can do without.
    pub(crate) fn trim(&self) -> &Trim {
        &self.trim
    }

    /// What is used without being named.
    pub(crate) fn unnamed(&self) -> &Unnamed {
        &self.unnamed
    }

    /// What has no place in a build context by its name.
    pub(crate) fn unwanted(&self) -> &Unwanted {
        &self.unwanted
    }

    /// What that was seen to save.
    pub(crate) fn savings(&self) -> &Savings {
        &self.savings
    }

    /// What is in images that nobody runs, in bytes.
    pub(crate) fn costs(&self) -> &Costs {
        &self.costs
    }

    /// What wheels and base images weigh.
    pub(crate) fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Shared libraries that are missing in an image and not missed.
    pub(crate) fn scan(&self) -> &Scan {
        &self.scan
    }

    /// What is in built images and need not be.
    pub(crate) fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    /// Which Debian package brings a shared library.
    pub(crate) fn libraries(&self) -> &Libraries {
        &self.libraries
    }

    /// Which files hold a model.
    pub(crate) fn models(&self) -> &Models {
        &self.models
    }

    /// What is a secret by its name.
    pub(crate) fn secret_names(&self) -> &SecretNames {
        &self.secret_names
    }

    /// What is a secret by its looks.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
