//! What development dependencies cost, as the project's own lock has them.

use std::path::Path;

use super::Saving;
use crate::bytes::Bytes;
use crate::closure::{Closure, Selection};
use crate::lock::PackageId;
use crate::project::Project;
use crate::size;
use crate::target::{Libc, Platform, PythonVersion, Target};

/// Files without bytecode, of 1000 with it: uv compiles only when it is told to.
const WITHOUT_BYTECODE: u64 = 700;

/// What the groups that uv installs by itself bring besides what the project needs. `None` where the project cannot be read,
/// or nothing is known of what they bring.
pub(super) fn default_groups(root: &Path, python: Option<PythonVersion>) -> Option<Saving> {
    let project = Project::load(root).ok()?;
    let target = Target {
        platform: Platform::LinuxAmd64,
        libc: Libc::Glibc(2, 41),
        python: python.or_else(|| "3.13.0".parse().ok())?,
    };
    let with = Closure::select(&project, &Selection::default(), &target).ok()?;
    let without = Closure::select(&project, &Selection::production(), &target).ok()?;
    let more = with.installed().map(|(id, ..)| id);
    let more: Vec<PackageId> = more.filter(|id| !without.contains(*id)).collect();
    let (size, _) = size::of_packages(&with, more);
    let low = size.disk.low().0.saturating_mul(WITHOUT_BYTECODE) / 1000;
    (size.disk.bytes() > Bytes(0)).then(|| Saving {
        from: Bytes(low),
        to: size.disk.high(),
    })
}
