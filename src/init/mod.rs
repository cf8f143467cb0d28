//! `dfgen.toml` for a project that has none: what the source, the lock and existing container files say
//! already, and only where that differs from what dfgen does by itself.
//!
//! `Existing` reads the container files, [`Survey::new`] lists the images and what each could run,
//! [`Survey::propose`] writes the settings once every open question is answered. Defaults are not guessed
//! here: the plan is asked what it would decide without the settings. The text is loaded again before it
//! is given out, so that what `init` writes is what `render` reads.

mod account;
mod evidence;
mod keep;
mod proposal;
mod service;
mod service_proposal;
mod survey;
mod write;

pub use crate::existing::{Existing, images};
pub use crate::plan::Outcome;
pub use account::Entry;
pub use proposal::Proposal;
pub use service::{Chosen, Service};
pub use service_proposal::{Dropped, Kept, ServiceProposal};
pub use survey::{Request, Survey};
