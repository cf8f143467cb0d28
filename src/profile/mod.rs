//! Profiles: what an image is for, merged from what the user says and what is built in.
//!
//! `Config::load` reads `dfgen.toml` or `[tool.dfgen]`, [`Config::profile`] gives one profile with
//! every value checked and its origin kept. What a profile leaves open (Python, base image, command,
//! port) the plan decides from the project, the lock and the catalog. Every key is one row of `keys`.

mod bake;
mod base;
mod budget;
mod built_in;
pub(crate) mod catalog_rows;
mod config;
mod forms;
mod health;
mod image_name;
mod image_ref;
mod key;
mod keys;
mod known;
mod lineage;
mod named_lines;
mod path;
mod policy;
mod port;
mod processes;
mod required_version;
mod service;
mod settings_file;
mod step;
mod texts;
mod value;

pub(crate) use crate::catalog::{AptPackage, LibraryPattern};
pub(crate) use crate::names::EnvName;
pub(crate) use bake::CacheKind;
pub use bake::{Attestation, Bake, BakeSettings, BuildCache};
pub use base::Base;
pub use budget::Budget;
pub use config::named_schema;
pub use forms::{Builder, Compile, Gpu, Migrate, Scan, Serves, StopSignal};
pub use health::{Health, Probe};
pub(crate) use image_name::default_of;
pub use image_name::{ImageName, ImagePattern};
pub(crate) use image_ref::TagVersion;
pub use image_ref::{ImageRef, Mirror, UvSource};
pub use key::Shown;
pub use keys::{Apt, Config, Instructions, Profile};
pub(crate) use known::ALL_GPU_PARTS;
pub use named_lines::LabelName;
pub use path::{ContextPath, DataFolder, ImagePath};
pub use policy::{Policy, Required};
pub use port::ListenPort;
pub use service::{Neighbour, ServiceName, WaitFor};
pub use step::{BuildStep, KeptPath, Needs, ShellLine, StepPlace};
pub use value::{
    ByteSize, Day, Duration, Instruction, Line, MemorySize, Origin, PackagePattern, ProfileName,
    Setting, VersionRange, Wanted,
};
