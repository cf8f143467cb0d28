//! Built images: what is in them, whose it is, and whether it is what was planned.
//!
//! `reading` reads an image of any kind, once, and runs nothing of it.

pub mod reading;

pub use reading::{Image, Reading, Reference};
