//! What to select for, as arguments of every command that selects from the lock.

use clap::Args;
use dfgen::catalog::Catalog;
use dfgen::diagnostic::Result;
use dfgen::plan::{self, Inputs, default_python};
use dfgen::profile::{Origin, Profile, Setting};
use dfgen::project::Project;
use dfgen::target::{Libc, Platform, PythonVersion, Target};

/// What to select for.
#[derive(Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArguments {
    /// The Python to select for, as `3.13` or `3.12.4`. Without it: the profile's, or what `render` takes
    /// first: that of `.python-version`, else the newest but one.
    #[arg(long, value_name = "VERSION")]
    python: Option<PythonVersion>,

    /// The platform to select for. Without it: the profile's, else linux/amd64.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,
}

impl TargetArguments {
    /// The target that was asked for, with the C library of Debian 13.
    pub(super) fn target(&self, project: &Project) -> Result<Target> {
        let python = match &self.python {
            Some(python) => python.clone(),
            None => default_python(project, Catalog::embedded())?,
        };
        Ok(Target {
            platform: self.platform.unwrap_or(Platform::LinuxAmd64),
            libc: Libc::Glibc(2, 41),
            python,
        })
    }

    /// The profiles of these names, or those that `render` takes, with the target that was asked for.
    pub(super) fn profiles(&self, inputs: &Inputs, names: &[String]) -> Result<Vec<Profile>> {
        let taken = plan::choose(inputs, names)?.into_iter();
        Ok(taken.map(|taken| self.applied_to(taken.profile)).collect())
    }

    /// A profile with what was asked for in place of its own Python and platforms.
    fn applied_to(&self, mut profile: Profile) -> Profile {
        if let Some(python) = &self.python {
            profile.python = Some(Setting {
                value: python.clone(),
                origin: Origin::CommandLine("--python"),
            });
        }
        if let Some(platform) = self.platform {
            profile.platforms = Setting {
                value: vec![platform],
                origin: Origin::CommandLine("--platform"),
            };
        }
        profile
    }
}
