//! dfgen turns `pyproject.toml` + `uv.lock` + a profile into container files.
pub mod catalog;
pub mod diagnostic;
