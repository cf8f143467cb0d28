//! The keys of dfgen.toml: each is one row here, and nowhere else.
//!
//! A row has a description, a name, a type and what holds where nothing is said. From it come the field of
//! [`Profile`] or [`Config`], how it is read and merged, `dfgen profiles`, the JSON Schema of
//! `dfgen schema` and the page of `dfgen explain settings`. A description that ends in `Default: ...` tells in words
//! what the row's own value cannot.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use toml::Spanned;

use super::bake::Bake;
use super::base::Base;
use super::budget::Budget;
use super::forms::{Builder, Compile, Gpu, Migrate, Scan, Serves, StopSignal};
use super::health::Health;
use super::image_name::ImagePattern;
use super::image_ref::{Mirror, UvSource};
use super::key::{self, Key, Keys, Problems, Said, Shown, Table, Text, Written};
use super::known;
use super::named_lines::LabelName;
use super::path::{ContextPath, DataFolder};
use super::policy::Required;
use super::port::ListenPort;
use super::service::{Neighbour, ServiceName};
use super::step::BuildStep;
use super::value::{
    Day, Instruction, Line, MemorySize, PackagePattern, ProfileName, Setting, VersionRange, Wanted,
};
use crate::catalog::{Accelerator, AptPackage, UserRows};
use crate::diagnostic::{Place, SourceFile};
use crate::names::EnvName;
use crate::names::{ExtraName, GroupName, PackageName};
use crate::target::{Platform, PythonVersion};

/// Makes a table after merging, and the same as written in a file.
macro_rules! table {
    (
        $(#[doc = $about:literal])*
        $table:ident, $title:tt, written as $wire:ident,
        merged only { $($(#[doc = $fixed_doc:literal])* $seen:vis $fixed:ident: $fixed_type:ty,)* }
        written only { $($(#[doc = $plain_doc:literal])* $(#[schemars($($shape:tt)*)])* $plain:ident: $plain_type:ty,)* }
        $($(#[doc = $doc:literal])* $(#[schemars($($hint:tt)*)])* $key:ident: $type:ty = $unsaid:expr;)*
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        pub struct $table {
            $($(#[doc = $fixed_doc])* $seen $fixed: $fixed_type,)*
            $($(#[doc = $doc])* pub $key: $type,)*
        }

        $(#[doc = $about])*
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        #[schemars(rename = $title, transform = $wire::describe_unsaid)]
        pub(super) struct $wire {
            $($(#[doc = $plain_doc])* $(#[schemars($($shape)*)])* pub(super) $plain: $plain_type,)*
            $($(#[doc = $doc])* $(#[schemars($($hint)*)])* pub(super) $key: Written<$type>,)*
        }

        impl Keys for $wire {
            const KEYS: &[&str] = &[$(stringify!($key)),*];
        }

        impl $wire {
            fn describe_unsaid(schema: &mut Schema) {
                let mut unsaid = Vec::new();
                $(<$type as Key>::show(&$unsaid, &kebab(stringify!($key)), &mut unsaid);)*
                key::describe_unsaid(schema, &unsaid);
            }
        }

        impl $table {
            /// Merges what the tables say, the most specific first.
            pub(super) fn from_tables(
                $($fixed: $fixed_type,)*
                start: &str,
                tables: &[Said<'_, $wire>],
                problems: &mut Problems,
            ) -> Self {
                Self {
                    $($key: {
                        let key = format!("{start}{}", kebab(stringify!($key)));
                        key::merged(&key, tables, |table: &$wire| &table.$key, $unsaid, problems)
                    },)*
                    $($fixed,)*
                }
            }

        }

        impl Table for $table {
            fn lines(&self, start: &str, shown: &mut Vec<Shown>) {
                $(self.$key.show(&format!("{start}{}", kebab(stringify!($key))), shown);)*
            }
        }
    };
}

/// A table in the table of a profile.
macro_rules! inner_table {
    ($table:ident, $wire:ident) => {
        impl Key for $table {
            type Written = $wire;

            fn schema(generator: &mut SchemaGenerator) -> Schema {
                generator.subschema_for::<$wire>()
            }

            fn merged(
                key: &str,
                said: &[Said<'_, $wire>],
                _: Self,
                problems: &mut Problems,
            ) -> Self {
                Self::from_tables(&format!("{key}."), said, problems)
            }

            fn show(&self, key: &str, shown: &mut Vec<Shown>) {
                self.lines(&format!("{key}."), shown);
            }
        }

        impl $table {
            fn unsaid() -> Self {
                Self::from_tables("", &[], &mut Problems::default())
            }
        }
    };
}

table! {
    /// The settings of dfgen: dfgen.toml, or the table `[tool.dfgen]` of pyproject.toml.
    Config, "Settings", written as ConfigWire,
    merged only {
        /// What the project's own file says besides, then each that is extended.
        pub(super) files: Vec<SettingsFile>,
    }
    written only {
        /// The settings that several projects share: `"../platform/dfgen.toml"`, seen from this file. What this file says holds
        /// before what that one says; its profiles are none of this project's own.
        ///
        /// Default: none.
        #[schemars(with = "Option<String>")]
        extends: Option<Spanned<String>>,
        /// Profiles by name, one image each. One that has the name of a built-in profile adds to that.
        #[schemars(schema_with = "profiles_schema")]
        profile: IndexMap<Spanned<String>, ProfileWire>,
        /// Rows about packages that dfgen knows nothing about, or not enough.
        #[schemars(schema_with = "catalog_schema")]
        catalog: Option<toml::Table>,
    }

    /// The versions of dfgen that may read this file: `">=0.2"`.
    ///
    /// Default: any.
    required_version: Option<Setting<VersionRange>> = None;
    /// The profiles that `dfgen render` takes when none is named.
    ///
    /// Default: what the lock asks for.
    #[schemars(length(min = 1))]
    profiles: Option<Setting<Vec<String>>> = None;
    /// The folder of the generated files; `.docker` where setuptools would take that one for a package.
    output: Setting<ContextPath> = Setting::unsaid("docker".parse().expect("`docker` is a valid path"));
    /// Whether Dockerfiles begin with a `# syntax=` line.
    syntax: Setting<bool> = Setting::unsaid(true);
    /// What builds the images: `buildkit`, or `buildah` for files that podman and every buildah build too.
    builder: Setting<Builder> = Setting::unsaid(Builder::Buildkit);
    /// A mirror of Docker Hub, before every image that dfgen names itself: `"registry.company.example/mirror"`.
    ///
    /// Default: none.
    registry: Option<Setting<Mirror>> = None;
    /// What the images are called: `"registry.company.example/shop/{project}-{profile}:{TAG}"`, where `TAG` is a variable of
    /// whoever builds.
    ///
    /// Default: `{project}-{profile}`.
    image: Option<Setting<ImagePattern>> = None;
    /// Labels of every image, by name.
    ///
    /// Default: what the manifest says, as title, description and licences.
    labels: IndexMap<LabelName, Setting<Line>> = IndexMap::new();
    /// Whether each build says in labels of which commit, moment and version it is, and on which base: `dfgen explain
    /// company`.
    build_labels: Setting<bool> = Setting::unsaid(false);
    /// Whether a bake file is written, which builds all images at once: yes, no, or a table of what it asks of builds.
    bake: Setting<Bake> = Setting::unsaid(Bake::Off);
    /// The uv that builds the images: `"0.13.9"`, or an image of it.
    ///
    /// Default: what `required-version` of `[tool.uv]` says, else the newest that dfgen was tested with.
    uv: Option<Setting<UvSource>> = None;
    /// Whether steps that download trust the build secret `ca-certificates`.
    ca_certificates: Setting<bool> = Setting::unsaid(false);
    /// What every image has to be: `"digest"`, `"budget"`, `"no-root"`, `"health"`, `"wheels"`, `"scan"`, `"snapshot"`,
    /// `"no-instructions"`, `"build-labels"`; `dfgen explain company`. What shared settings ask holds besides.
    require: Required = Required::default();
    /// Services of the compose file beside the images and the backing services that dfgen knows, by name: compose's own
    /// keys, with paths from the project's folder. `tell` are variables that the images are given for it, `needed-by` the
    /// profiles whose services wait for it, and `wait-for` until when; all images where nothing is said.
    ///
    /// Default: those that the application needs of the project's own compose file; `{}` is none.
    service: Setting<IndexMap<ServiceName, Neighbour>> = Setting::unsaid(IndexMap::new());
    /// Names that look like those of secrets and are none: what they are given is not refused.
    not_secret: Setting<Vec<String>> = Setting::unsaid(Vec::new());
    /// Trimming rules that are switched off in every image; `dfgen explain` lists them.
    #[schemars(transform = known::trimming)]
    keep: Setting<Vec<Line>> = Setting::unsaid(Vec::new());
    /// Findings that are reported of no image, and faults that `dfgen audit` tells of no Dockerfile, by name.
    #[schemars(transform = known::findings_and_faults)]
    silence: Setting<Vec<Line>> = Setting::unsaid(Vec::new());
}

table! {
    /// A profile: what one image is for.
    Profile, "Profile", written as ProfileWire,
    merged only {
        /// Its name, which is also the image's and the service's.
        pub name: ProfileName,
        /// The built-in profile that it comes from in the end, if any.
        pub built_in: Option<ProfileName>,
    }
    written only {
        /// The profile that it starts from: a built-in one or one of yours.
        ///
        /// Default: the built-in one of the same name.
        #[schemars(with = "String")]
        extends: Option<Spanned<String>>,
    }

    /// What the image is for, in one line.
    ///
    /// Default: the built-in profile's.
    purpose: Setting<Line> = Setting::unsaid("Application".parse().expect("`Application` is a line"));
    /// Who the image talks to, which decides about its port and health check: `http` or `queue`.
    ///
    /// Default: the built-in profile's, else `http`.
    serves: Setting<Serves> = Setting::unsaid(Serves::Http);
    /// The member of the workspace.
    ///
    /// Default: the root.
    member: Option<Setting<PackageName>> = None;
    /// Extras: names, `@app` (those that the application needs), `@ml` (those that bring the ML stack), `@default` or
    /// `@all`.
    ///
    /// Default: `@app`; `@ml` too for ML profiles.
    extras: Setting<Vec<Wanted<ExtraName>>> = Setting::unsaid(vec![Wanted::App]);
    /// Dependency groups: names, `@app`, `@ml`, `@default` (those that uv installs) or `@all`.
    ///
    /// Default: `@app`; `@ml` too for ML profiles.
    groups: Setting<Vec<Wanted<GroupName>>> = Setting::unsaid(vec![Wanted::App]);
    /// Packages that are left out, with what only they need: names, globs, `@ml`.
    exclude: Setting<Vec<PackagePattern>> = Setting::unsaid(Vec::new());
    /// Packages that are an error: names, globs, `@ml`.
    ///
    /// Default: none; `@ml` for `core-api`.
    forbid: Setting<Vec<PackagePattern>> = Setting::unsaid(Vec::new());
    /// The Python to use: `"3.13"`, `"3.12.4"`.
    ///
    /// Default: `.python-version`, `.tool-versions`, `mise.toml` or `runtime.txt`, else the Python with most wheels.
    python: Option<Setting<PythonVersion>> = None;
    /// The base image, by tag or digest: one of Python decides `python`. Where the image that runs has no shell, a pair:
    /// `{ build = "...", runtime = "..." }`.
    ///
    /// Default: the slim image of that Python.
    base: Option<Setting<Base>> = None;
    /// The platforms to build for.
    #[schemars(length(min = 1))]
    platforms: Setting<Vec<Platform>> = Setting::unsaid(vec![Platform::LinuxAmd64]);
    /// What may be compiled where it has no wheel: everything, nothing, or the packages of a list.
    compile: Setting<Compile> = Setting::unsaid(Compile::Allow);
    /// Debian packages, besides those of the catalog.
    apt: Apt = Apt::unsaid();
    /// Further files and folders for the image, ignored or not.
    copy: Setting<Vec<ContextPath>> = Setting::unsaid(Vec::new());
    /// Commands of the build whose results the image has: `{ run = ["..."], keep = ["..."] }`, in another image with
    /// `image = "node:22-slim"`.
    ///
    /// Default: what the source asks for, `collectstatic` of Django and the browser that Playwright starts: each comes
    /// besides, unless a step keeps the same; `[]` is none.
    build_steps: Setting<Vec<BuildStep>> = Setting::unsaid(Vec::new());
    /// Environment variables of the image.
    ///
    /// Default: none.
    env: IndexMap<EnvName, Setting<Line>> = IndexMap::new();
    /// Files of variables that the compose file hands to its services, in the project's folder, none of which has to be
    /// there: of two that set the same, the later one holds.
    ///
    /// Default: `.env`, and those of the project's own compose file.
    env_files: Setting<Vec<ContextPath>> = Setting::unsaid(vec![".env".parse().expect("`.env` is a valid path")]);
    /// The application, as `package.module:attribute`.
    ///
    /// Default: found in the source.
    entry: Option<Setting<Line>> = None;
    /// The command that the image runs: the program and its arguments.
    ///
    /// Default: the server that the lock has, for the application.
    #[schemars(length(min = 1))]
    command: Option<Setting<Vec<Line>>> = None;
    /// Further processes of the image, each a service of the compose file: a name and its command.
    ///
    /// Default: those that the project's own files start beside what it runs; `{}` is none.
    processes: Setting<IndexMap<ProfileName, Vec<Line>>> = Setting::unsaid(IndexMap::new());
    /// Whether the database is migrated before the service starts: with the migrations of the source, not
    /// at all, or with this command.
    ///
    /// Default: `false`; `true` for `core-api`.
    migrate: Setting<Migrate> = Setting::unsaid(Migrate::Off);
    /// The port that the application listens on: a number, or `{ env = "PORT", default = 8000 }` where a platform
    /// says it in a variable.
    ///
    /// Default: the command's, the source's, else the server's.
    port: Option<Setting<ListenPort>> = None;
    /// How to tell whether the container works: a path that is asked, `false` for not at all, or a table.
    ///
    /// Default: the declared route, else whether the port answers.
    health: Health = Health::unsaid();
    /// The signal that stops it.
    ///
    /// Default: the server's.
    stop_signal: Option<Setting<StopSignal>> = None;
    /// The number of the user and group that it runs as; not 0.
    user: Setting<u32> = Setting::unsaid(10001);
    /// Whether it needs the host's GPUs: all of them, none, or `{ count = 1 }`.
    ///
    /// Default: `false`; `true` for `ml-inference-gpu`.
    gpu: Setting<Gpu> = Setting::unsaid(Gpu::Off);
    /// What it computes on, where extras and groups are for several: `cpu`, `cuda`, `rocm`, `xpu`, `openvino`, `tpu` or
    /// `npu`.
    ///
    /// Default: `cuda` where `gpu` is on, else `cpu`.
    accelerator: Option<Setting<Accelerator>> = None;
    /// Shared memory, which data loaders and GPU libraries need more of than Docker gives: `"1gb"`.
    ///
    /// Default: Docker's; `"1gb"` for `ml-inference-gpu`.
    shm_size: Option<Setting<MemorySize>> = None;
    /// The folder in which downloaded models are kept, a volume: absolute, or beside the source.
    ///
    /// Default: none; `/var/cache/models` for ML profiles.
    model_cache: Option<Setting<DataFolder>> = None;
    /// Folders that the application writes to and that are kept, each a volume: `"data"` beside the source, or
    /// an absolute path.
    ///
    /// Default: what the source is seen to write beside itself, which comes besides; `[]` is none.
    volumes: Setting<Vec<DataFolder>> = Setting::unsaid(Vec::new());
    /// Backing services that the compose file starts, by name or by image: `postgresql`, `redis:7.4`.
    ///
    /// Default: those that the source has no other address for.
    #[schemars(transform = known::services)]
    services: Setting<Vec<Line>> = Setting::unsaid(Vec::new());
    /// Layers of your own: name to packages.
    ///
    /// Default: by weight.
    layers: Setting<IndexMap<String, Vec<PackagePattern>>> = Setting::unsaid(IndexMap::new());
    /// Whether bytecode is compiled into the image.
    bytecode: Setting<bool> = Setting::unsaid(true);
    /// Trimming rules that are switched off; `dfgen explain` lists them.
    #[schemars(transform = known::trimming)]
    keep: Setting<Vec<Line>> = Setting::unsaid(Vec::new());
    /// Trimming rules that are switched on besides those that are harmless.
    #[schemars(transform = known::trimming_on_demand)]
    trim: Setting<Vec<Line>> = Setting::unsaid(Vec::new());
    /// The most that the image may take: `"300 MB"` on disk, or `{ pull = "120 MB" }`. Above it `dfgen size` exits 1.
    ///
    /// Default: none.
    budget: Option<Setting<Budget>> = None;
    /// Whether the build ends where a shared library is missing: yes, no, or a table with exceptions.
    scan: Setting<Scan> = Setting::unsaid(Scan::Off);
    /// Findings that are not reported, by name.
    #[schemars(transform = known::findings)]
    silence: Setting<Vec<Line>> = Setting::unsaid(Vec::new());
    /// Whether it is for development: tests, live reload, development groups.
    ///
    /// Default: `false`; `true` for `dev`.
    development: Setting<bool> = Setting::unsaid(false);
    /// Lines of your own, at the end of a stage.
    instructions: Instructions = Instructions::unsaid();
}

table! {
    /// Debian packages, besides those of the catalog.
    Apt, "Apt", written as AptWire,
    merged only {}
    written only {}
    /// Debian packages for building.
    build: Setting<Vec<AptPackage>> = Setting::unsaid(Vec::new());
    /// Debian packages for running.
    runtime: Setting<Vec<AptPackage>> = Setting::unsaid(Vec::new());
    /// The day as of which Debian's packages are taken, from snapshot.debian.org: `"2026-11-01"`.
    ///
    /// Default: those of the day of the build.
    snapshot: Option<Setting<Day>> = None;
}
inner_table!(Apt, AptWire);

table! {
    /// Dockerfile instructions of your own, each in one line, by the stage that they end.
    Instructions, "Instructions", written as InstructionsWire,
    merged only {}
    written only {}
    /// Instructions at the end of `base`.
    base: Setting<Vec<Instruction>> = Setting::unsaid(Vec::new());
    /// Instructions at the end of `build`.
    build: Setting<Vec<Instruction>> = Setting::unsaid(Vec::new());
    /// Instructions at the end of `app`.
    app: Setting<Vec<Instruction>> = Setting::unsaid(Vec::new());
    /// Instructions at the end of `runtime`, before the user is set.
    runtime: Setting<Vec<Instruction>> = Setting::unsaid(Vec::new());
}
inner_table!(Instructions, InstructionsWire);

/// What one file says besides values that are merged one by one: the project's own, or one that it shares with others.
#[derive(Debug, Clone)]
pub(super) struct SettingsFile {
    pub(super) file: SourceFile,
    /// The tables under which it has rows of the catalog; none where it has none.
    pub(super) catalog: Option<&'static [&'static str]>,
    pub(super) profiles: IndexMap<ProfileName, (Spanned<String>, ProfileWire)>,
    /// Where another file names it, if it lies outside of the repository.
    pub(super) outside: Option<Place>,
}

impl Profile {
    /// Each value that the profile has, as lines of dfgen.toml, in the order of the table of keys.
    pub fn shown(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        self.lines("", &mut shown);
        shown
    }
}

/// The schema of profiles by name.
fn profiles_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": ProfileName::spelling(generator),
        "additionalProperties": generator.subschema_for::<ProfileWire>(),
    })
}

/// The schema of the user's rows of the catalog.
fn catalog_schema(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<UserRows>()
}

/// A field's name as TOML has it.
fn kebab(field: &str) -> String {
    field.replace('_', "-")
}
