//! The search for missing shared libraries: what it does not have to find, and what brings the rest.

use std::collections::BTreeMap;

use crate::catalog::DebianRelease;
use crate::closure::Closure;
use crate::plan::inputs::Subject;
use crate::plan::{ScanPlan, ScanSaid};
use crate::profile::Scan;

/// What the profile's search leaves alone; `None` where the profile asks for none.
pub(crate) fn scan(
    subject: &Subject<'_>,
    closures: &[Closure<'_>],
    release: DebianRelease,
) -> Option<ScanPlan> {
    let profile = subject.profile;
    let Scan::On { ignore } = &profile.scan.value else {
        return None;
    };
    let catalog = subject.inputs.catalog.scan();
    let known = catalog.libraries();
    let known = known.map(|(library, row)| (library.clone(), row.because().to_owned()));
    let said = ignore.iter();
    let said = said.map(|library| (library.clone(), profile.scan.origin.file()));
    let packages = closures.iter().flat_map(Closure::packages);
    let parts = packages.flat_map(|(_, package, _)| catalog.parts_of(&package.name));
    let files: BTreeMap<_, _> = parts
        .flat_map(|part| part.files().iter().map(|file| (file, part.because())))
        .collect();
    Some(ScanPlan {
        libraries: known.chain(said).collect(),
        files: files
            .into_iter()
            .map(|(file, because)| (file.clone(), because.to_owned()))
            .collect(),
        release,
        brought: subject.inputs.catalog.libraries().on(release).clone(),
        said: ScanSaid {
            apt_build: profile.apt.build.value.clone(),
            apt_runtime: profile.apt.runtime.value.clone(),
            ignore: ignore.clone(),
        },
    })
}
