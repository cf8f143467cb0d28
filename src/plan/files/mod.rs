//! Which of the project's own files an image gets, and what of its folder is sent to Docker.

pub(in crate::plan) mod app;
pub(in crate::plan) mod context;
pub(in crate::plan) mod front_end;
pub(in crate::plan) mod shipped;
mod sources;
pub(in crate::plan) mod steps;
