//! What becomes of a piece of the container files: one of three, and nothing else.

use crate::catalog::Fate;

/// What becomes of something that container files say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A person should look at it.
    Left,
    /// It is not carried over.
    Dropped,
    /// The new image does it.
    Kept,
}

impl From<Fate> for Outcome {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Kept => Self::Kept,
            Fate::Dropped => Self::Dropped,
            Fate::Left => Self::Left,
        }
    }
}
