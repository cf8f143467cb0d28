//! What to select for, as arguments of every command that selects from the lock.

use clap::Args;
use dfgen::target::{Libc, Platform, PythonVersion, Target};

/// What to select for.
#[derive(Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArguments {
    /// The Python to select for, as `3.13` or `3.12.4`.
    #[arg(long, value_name = "VERSION", default_value = "3.13.9")]
    python: PythonVersion,

    /// The platform to select for.
    #[arg(long, value_name = "PLATFORM", default_value = "linux/amd64")]
    platform: Platform,
}

impl TargetArguments {
    /// The target that was asked for, with the C library of Debian 13.
    pub(super) fn target(&self) -> Target {
        Target {
            platform: self.platform,
            libc: Libc::Glibc(2, 41),
            python: self.python.clone(),
        }
    }
}
