//! Built images: what is in them, whose it is, and whether it is what was planned.
//!
//! `reading` reads an image of any kind, once, and runs nothing of it. `owner` says whose each file is, `fate` what becomes
//! of it in the layers above, `report` what all of it comes to,
//! `verify` whether it is what was planned. Only `trial` runs one.

mod fate;
mod owner;
pub mod reading;
pub mod report;
pub mod trial;
pub mod verify;

pub use reading::{Image, Reading, Reference};
