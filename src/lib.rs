//! dfgen turns `pyproject.toml` + `uv.lock` + a profile into container files.
pub mod diagnostic;
pub mod application;
pub mod project;
