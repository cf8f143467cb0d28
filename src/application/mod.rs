//! What the source tree says about the application, without running Python.
//!
//! [`find()`] lists what an image could run, each with how sure that is; [`Code`] holds the parsed
//! files between questions, so that no file is parsed twice.

pub mod candidate;
pub mod code;
mod constants;
mod find;
pub mod imports;
pub mod manifest;
pub mod packaging;
pub mod python;
pub mod stdlib;

pub use crate::catalog::{ApplicationKind as Kind, Framework};
pub use candidate::{Candidate, Choice, Confidence, Health, Port, Target, choose};
pub use code::{Code, Modules};
pub(crate) use find::STREAMLIT;
pub use find::find;
pub use manifest::ManifestFacts;
