//! dfgen turns `pyproject.toml` + `uv.lock` + a profile into container files.
pub mod closure;
pub mod diagnostic;
pub mod freshness;
pub mod lock;
pub mod names;
pub mod project;
pub mod target;
