//! The project's own source, as an image sees it: its modules, its paths, its links.

pub(in crate::plan) mod commands;
pub(in crate::plan) mod links;
pub(in crate::plan) mod own_modules;
pub(in crate::plan) mod paths;
pub(in crate::plan) mod siblings;
