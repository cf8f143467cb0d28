//! The account of what the project's own container files say: what becomes of each piece of them.
//!
//! [`Judge`] has an answer for every kind of piece. `init` proposes with it, and a plan tells with it what its images do
//! not have ([`lacks`]): each kind of thing has a file that finds what is lost, and says what keeps it.

mod files;
mod front_ends;
mod judge;
pub(in crate::plan) mod lacks;
mod loss;
mod outcome;
mod own_image;
mod packages;
mod services;
mod starts;
mod steps;
mod variables;

pub(crate) use judge::{Judge, managed, verb};
pub use outcome::Outcome;
