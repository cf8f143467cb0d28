//! What the source tree says, without running Python.
pub mod code;
pub mod python;
pub mod stdlib;
