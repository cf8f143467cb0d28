//! dfgen turns `pyproject.toml` + `uv.lock` + a profile into container files.
pub mod application;
pub mod bytes;
pub mod catalog;
pub mod closure;
pub mod diagnostic;
pub mod existing;
pub mod freshness;
pub mod init;
pub mod lock;
pub mod names;
pub mod plan;
pub mod profile;
pub mod project;
pub mod render;
pub mod target;
pub mod writer;
