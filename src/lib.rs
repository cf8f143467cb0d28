//! dfgen turns `pyproject.toml` + `uv.lock` + a profile into the container files of a Python project.
//!
//! ```text
//! project ──► closure ──► plan ──► files            render, render --check
//!    ▲           │          │
//! profile       why       plan
//! catalog ─────────────────┘
//! ```
//!
//! | word | meaning |
//! |---|---|
//! | project | the user's folder: manifests, lock, source tree |
//! | lock | `uv.lock`, as read |
//! | profile | what one image is for: which extras, groups, member; which base; how it runs |
//! | target | platform, C library and exact Python of an image |
//! | closure | the locked packages of one profile on one target, each with the reason it is there |
//! | plan | everything decided about the images, before any text |
//! | layer | packages (or files) that enter the image together and so are pushed and pulled together |
//! | catalog | facts about packages, base images and servers that no lock holds |
//! | finding | something worth a look: rule, severity, place, what to do |
//!
//! The whole pipeline on one page:
//!
//! ```no_run
//! use dfgen::{plan, render, writer};
//!
//! # fn main() -> dfgen::diagnostic::Result<()> {
//! let root = std::path::Path::new(".");
//! let inputs = plan::Inputs::load(root)?; // refuses a lock that does not fit its manifests
//! let plan = plan::Plan::of(&inputs, &[])?;
//! let files = render::render(&plan, &render::Placement::Below(plan.output.clone()));
//! writer::write(root, &root.join("docker"), &files, writer::Overwrite::OwnOnly)?;
//! # Ok(())
//! # }
//! ```
//!
//! Each value is valid once made; later steps read and never repair it. The library never prints and
//! never exits: problems are [`diagnostic::Diagnostics`], with the place in the user's own file.

pub mod application;
pub mod audit;
pub mod bytes;
pub mod catalog;
pub mod closure;
mod command;
pub mod diagnostic;
pub(crate) mod disk;
pub mod existing;
pub mod explain;
pub mod freshness;
pub(crate) mod ignore_pattern;
pub mod image;
pub mod init;
pub mod lock;
pub mod names;
pub mod plan;
pub mod profile;
pub mod project;
#[cfg(test)]
mod readers;
pub mod render;
pub mod rules;
pub mod secret;
pub mod size;
pub mod target;
pub(crate) mod unseen;
pub mod wheel;
pub mod writer;
