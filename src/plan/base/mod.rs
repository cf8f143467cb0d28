//! What an image stands on: Python, its base image, and Debian packages.

pub(in crate::plan) mod image;
pub(in crate::plan) mod python;
pub(in crate::plan) mod python_pin;
pub(in crate::plan) mod scan;
pub(super) mod snapshot;
pub(in crate::plan) mod system;
