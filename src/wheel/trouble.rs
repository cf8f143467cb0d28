//! Why a wheel cannot be read.

use std::fmt;

/// Why a wheel cannot be read. None of them holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// The server sends whole files alone.
    NoRanges,
    /// The server wants to know who asks, or does not like who does.
    NotAllowed(u16),
    /// Too much was asked for.
    TooMany,
    /// Any other answer than what was asked for.
    Status(u16),
    /// Nothing came for so many seconds.
    Silent(u64),
    /// Less came than was said.
    Truncated,
    /// There is no way to it: what the system or the library says.
    Unreachable(String),
    /// It leads from one address to the next.
    Redirects,
    /// It has another size than the lock says.
    OtherSize {
        /// What uv.lock says.
        locked: u64,
        /// What there is.
        found: u64,
    },
    /// It has another hash than the lock says.
    OtherHash,
    /// It is no wheel: what is wrong with it.
    NoWheel(String),
    /// The lock does not say where it is.
    NoPlace,
    /// A proxy that is not one.
    NoProxy(&'static str),
    /// It cannot be put on this machine's disk: what the system says.
    Disk(String),
}

impl Trouble {
    /// Whether whoever asks the same server next has the same trouble.
    pub(super) fn is_of_server(&self) -> bool {
        matches!(
            self,
            Self::NoRanges
                | Self::NotAllowed(_)
                | Self::TooMany
                | Self::Silent(_)
                | Self::Unreachable(_)
                | Self::NoProxy(_)
        )
    }
}

/// What is said behind `cannot be read: `.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRanges => f.write_str("the server sends whole files alone"),
            Self::NotAllowed(status) => write!(f, "the server wants another login ({status})"),
            Self::TooMany => f.write_str("the server says that it is asked too often (429)"),
            Self::Status(404) => f.write_str("the server does not have it (404)"),
            Self::Status(status) => write!(f, "the server answers {status}"),
            Self::Silent(seconds) => write!(f, "nothing comes within {seconds} s"),
            Self::Truncated => f.write_str("less comes than the server says"),
            Self::Unreachable(why) => write!(f, "there is no way to the server: {why}"),
            Self::Redirects => f.write_str("the server sends from one address to the next"),
            Self::OtherSize { locked, found } => {
                write!(f, "it has {found} bytes, and uv.lock says {locked}")
            }
            Self::OtherHash => f.write_str("its hash is not the one in uv.lock"),
            Self::NoWheel(why) => write!(f, "it is no sound wheel: {why}"),
            Self::NoPlace => f.write_str("uv.lock does not say where it is"),
            Self::NoProxy(variable) => write!(f, "{variable} is no proxy that can be used"),
            Self::Disk(why) => write!(f, "it cannot be kept on this machine: {why}"),
        }
    }
}
