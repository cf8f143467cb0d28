//! dfgen turns `pyproject.toml` + `uv.lock` + a profile into container files.
pub mod application;
pub mod diagnostic;
pub mod project;
