//! Which Python an image runs on, and which base image brings it.
//!
//! The user's word decides, be it on Python or on the base image, then a version file, then the wheels: of the Pythons that the project
//! allows and that have an image, the one for which the fewest packages of the closure are missing
//! or must be compiled; among equals the catalog's default, then the newest.

use std::cmp::Reverse;

use pep508_rs::pep440_rs::VersionSpecifiers;

use crate::catalog::{BaseImages, Catalog, PythonMinor};
use crate::closure::Selection;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::Distribution;
use crate::plan::base::image::{OLDEST_LIBC, bases, python_of};
use crate::plan::base::python_pin::{Pin, pin};
use crate::plan::inputs::Subject;
use crate::plan::raised;
use crate::plan::variants::selection;
use crate::plan::{Bases, Decision};
use crate::profile::{Base, Origin, Setting};
use crate::project::Project;
use crate::rules;
use crate::target::{Libc, Platform, PythonVersion, Target};

/// The interpreter of an image, and what is selected for it.
pub(crate) struct Interpreter {
    pub(crate) python: Decision<PythonVersion>,
    pub(crate) bases: Bases,
    /// The same, where its Dockerfile has none that is kept.
    pub(crate) planned: Bases,
    pub(crate) libc: Libc,
    pub(crate) selection: Selection,
    /// What is told of the choice: extras and groups that are not selected, another Python than the one asked for.
    pub(crate) notes: Vec<Diagnostic>,
}

impl Interpreter {
    /// The target on a platform.
    pub(crate) fn target(&self, platform: Platform) -> Target {
        Target {
            platform,
            libc: self.libc,
            python: self.python.value.clone(),
        }
    }
}

/// Decides. Errors: no Python that the project allows has an image; what the user asked for does
/// not fit `requires-python`.
pub(crate) fn interpreter(subject: &Subject<'_>) -> Result<Interpreter> {
    let (selection, mut notes) = selection(subject, &reference(subject)?)?;
    let (python, note) = python(subject, &selection)?;
    notes.extend(note);
    let planned = bases(subject, &selection, &python.value)?;
    let bases = raised::bases(subject, &planned);
    let images = subject.inputs.catalog.base_images();
    let python = python_in(images, &bases, &planned).unwrap_or(python);
    let images = subject.inputs.catalog.base_images();
    let libc = bases.libc(images).unwrap_or(OLDEST_LIBC);
    Ok(Interpreter {
        python,
        bases,
        planned,
        libc,
        selection,
        notes,
    })
}

/// The patch version that a kept base image names.
fn python_in(
    images: &BaseImages,
    bases: &Bases,
    planned: &Bases,
) -> Option<Decision<PythonVersion>> {
    let (base, planned) = (&bases.runtime.value, &planned.runtime.value);
    let python = images
        .python_in(base.as_ref())
        .filter(|_| base != planned)?;
    let has_patch = python.version().release().len() > 2;
    has_patch.then(|| Decision::new(python, "what the base image has"))
}

/// A target that tells what extras and groups bring: the Python that is asked for, or the one that is likely. Errors:
/// a version file that asks for what no image has.
pub(crate) fn reference(subject: &Subject<'_>) -> Result<Target> {
    let profile = subject.profile;
    let inputs = subject.inputs;
    let images = inputs.catalog.base_images();
    let of_base = || python_of(&profile.base.as_ref()?.value, images);
    let said = profile.python.as_ref().map(|said| said.value.clone());
    let python = match said.or_else(of_base) {
        Some(said) => with_patch(subject, &said),
        None => default_python(&inputs.project, &inputs.catalog)?,
    };
    Ok(Target {
        platform: profile.platforms.value[0],
        libc: OLDEST_LIBC,
        python,
    })
}

/// The Python to select for where no profile says one: what the version file asks for, else the catalog's default, else the
/// newest that the project allows. Errors: a version file that asks for what no image has.
pub fn default_python(project: &Project, catalog: &Catalog) -> Result<PythonVersion> {
    let images = catalog.base_images();
    let newest = |minor: PythonMinor| Some(images.python(minor)?.newest().clone());
    let requires = project.lock.requires_python();
    let within = |minor: PythonMinor| images.python(minor)?.newest_within(requires);
    let default = images.default_python();
    let pin = pin(project, catalog)?;
    let allowed = pin.map_or_else(|| images.python_minors().collect(), |pin| pin.minors);
    let first = allowed.contains(&default).then_some(default).into_iter();
    let mut all = first.chain(allowed.iter().rev().copied());
    Ok(all
        .find_map(within)
        .or_else(|| newest(default))
        .expect("the table has rows: a test asks for the default"))
}

/// The Python, and what is told where it is another than a version file asks for.
fn python(
    subject: &Subject<'_>,
    selection: &Selection,
) -> Result<(Decision<PythonVersion>, Option<Diagnostic>)> {
    let requires = subject.inputs.project.lock.requires_python();
    let base = subject.profile.base.as_ref();
    let images = subject.inputs.catalog.base_images();
    let of_base = base.and_then(|base| Some((base, python_of(&base.value, images)?)));
    if let Some(said) = &subject.profile.python {
        let python = match &of_base {
            Some((_, base)) if base.short() == said.value.short() => with_patch(subject, base),
            // An image of the user's own has what the user says.
            None if base.is_some() => with_patch(subject, &said.value),
            // What a command is asked to answer for.
            _ if matches!(said.origin, Origin::CommandLine(_)) => with_patch(subject, &said.value),
            _ => in_image(subject, &said.value),
        };
        refuse_unfit(
            subject,
            requires,
            &python,
            &said.value.to_string(),
            &said.origin,
        )?;
        if let Some((base, other)) = of_base
            && other.short() != python.short()
        {
            return Err(two_pythons(subject, &python, base, &other));
        }
        let because = because_of(&said.origin.to_string(), &said.value, &python);
        return Ok((Decision::new(python, because), None));
    }
    if let Some((base, python)) = of_base {
        let python = with_patch(subject, &python);
        let image = base.value.runtime().as_ref();
        refuse_unfit(subject, requires, &python, image, &base.origin)?;
        let because = format!("what the base image has ({})", base.origin);
        return Ok((Decision::new(python, because), None));
    }
    let catalog = &subject.inputs.catalog;
    let all: Vec<PythonMinor> = catalog.base_images().python_minors().collect();
    match pin(&subject.inputs.project, catalog)? {
        Some(pin) => pinned(subject, selection, &pin, &all),
        None => Ok((best(subject, selection, requires, &all)?.python, None)),
    }
}

/// The Python that a version file asks for, unless something that is locked can be had for others alone.
fn pinned(
    subject: &Subject<'_>,
    selection: &Selection,
    pin: &Pin,
    all: &[PythonMinor],
) -> Result<(Decision<PythonVersion>, Option<Diagnostic>)> {
    let requires = subject.inputs.project.lock.requires_python();
    let asked = best(subject, selection, requires, &pin.minors)?;
    if asked.cost.0 > 0 {
        let other = best(subject, selection, requires, all)?;
        if other.cost.0 == 0 {
            let note = other_python(subject, selection, pin, (&asked, &other))?;
            return Ok((other.python, Some(note)));
        }
    }
    let python = asked.python;
    let because = match pin.minors.as_slice() {
        [_] => because_of(&pin.file, &pin.text, &python.value),
        _ => format!("{} ({}): {}", pin.file, pin.text, python.because),
    };
    Ok((Decision::new(python.value, because), None))
}

/// What a version file asks for is a developer's own; an image has to be built.
fn other_python(
    subject: &Subject<'_>,
    selection: &Selection,
    pin: &Pin,
    (asked, taken): (&Best, &Best),
) -> Result<Diagnostic> {
    let name = &subject.profile.name;
    let (asked, taken) = (&asked.python.value, taken.python.value.short());
    let target = Target {
        platform: subject.profile.platforms.value[0],
        libc: OLDEST_LIBC,
        python: asked.clone(),
    };
    let closure = subject.inputs.closure(selection, &target)?;
    let packages = closure.packages();
    let missing =
        packages.filter(|(id, _, _)| matches!(closure.distribution(*id), Distribution::Missing));
    let missing: Vec<String> = missing
        .map(|(_, package, _)| format!("`{}`", package.name))
        .collect();
    let what = format!(
        "`{name}` runs on Python {taken}, and not on {}, which {} asks for",
        asked.short(),
        pin.file
    );
    Ok(Diagnostic::new(rules::OTHER_PYTHON, what)
        .with_note(format!(
            "for {} there is neither a wheel nor a source distribution of {}",
            asked.short(),
            listed(&missing)
        ))
        .with_help(format!(
            "to say it: `python = \"{taken}\"` in [profile.{name}] of dfgen.toml"
        ))
        .with_help(format!(
            "or lock newer releases, which have wheels for {}",
            asked.short()
        )))
}

/// The first of them.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(5).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Who asked, and for which patch version, where the image has a newer one.
fn because_of(who: &str, asked: &impl ToString, python: &PythonVersion) -> String {
    let asked = asked.to_string();
    let has_patch = asked.matches('.').count() > 1;
    if has_patch && !asked.contains(&python.to_string()) {
        format!(
            "{who}; it says {asked}, and the image has the newest {}",
            python.short()
        )
    } else {
        who.to_owned()
    }
}

fn two_pythons(
    subject: &Subject<'_>,
    python: &PythonVersion,
    base: &Setting<Base>,
    other: &PythonVersion,
) -> Diagnostics {
    let name = &subject.profile.name;
    Diagnostic::new(
        rules::TWO_PYTHONS,
        format!("the profile `{name}` asks for Python {python}, and its base image has {other}"),
    )
    .at_some(
        base.origin
            .place_of(base.value.runtime().as_ref(), "has another Python"),
    )
    .with_help("leave `python` out: the base image decides; or leave `base` out")
    .into()
}

/// The image of a minor version has its newest patch.
fn with_patch(subject: &Subject<'_>, python: &PythonVersion) -> PythonVersion {
    if python.version().release().len() > 2 {
        return python.clone();
    }
    let known = minor(python).and_then(|minor| newest(subject, minor));
    known.unwrap_or_else(|| python.clone())
}

/// What is asked for, where it has an image of its own; else the image of a minor version has one patch version,
/// whichever is asked for.
fn in_image(subject: &Subject<'_>, python: &PythonVersion) -> PythonVersion {
    let images = subject.inputs.catalog.base_images();
    let Some(known) = minor(python).and_then(|minor| images.python(minor)) else {
        return python.clone();
    };
    let is_patch = python.version().release().len() > 2;
    if is_patch && known.has(python) {
        return python.clone();
    }
    let requires = subject.inputs.project.lock.requires_python();
    let within = known.newest_within(requires);
    within.unwrap_or_else(|| known.newest().clone())
}

fn newest(subject: &Subject<'_>, minor: PythonMinor) -> Option<PythonVersion> {
    let images = subject.inputs.catalog.base_images().python(minor)?;
    Some(images.newest().clone())
}

fn minor(python: &PythonVersion) -> Option<PythonMinor> {
    python.short().parse().ok()
}

fn refuse_unfit(
    subject: &Subject<'_>,
    requires: &VersionSpecifiers,
    python: &PythonVersion,
    said: &str,
    origin: &Origin,
) -> Result<()> {
    if requires.contains(python.version()) {
        return Ok(());
    }
    let name = &subject.profile.name;
    Err(Diagnostic::new(
        rules::UNFIT_PYTHON,
        format!("the profile `{name}` asks for Python {python}, the project for {requires}"),
    )
    .at_some(origin.place_of(said, "outside of that range"))
    .with_note(format!("said in {origin}"))
    .with_help("take a Python that `requires-python` in pyproject.toml allows")
    .into())
}

/// How many packages are missing, and how many must be compiled.
type Cost = (usize, usize);

/// The Python that costs the least.
struct Best {
    python: Decision<PythonVersion>,
    cost: Cost,
}

fn best(
    subject: &Subject<'_>,
    selection: &Selection,
    requires: &VersionSpecifiers,
    minors: &[PythonMinor],
) -> Result<Best> {
    let images = subject.inputs.catalog.base_images();
    let default = images.default_python();
    let mut costs: Vec<(Cost, bool, PythonMinor, PythonVersion)> = Vec::new();
    let mut refused = None;
    for minor in minors.iter().copied() {
        let known = images.python(minor);
        let Some(python) = known.and_then(|known| known.newest_within(requires)) else {
            continue;
        };
        match cost(subject, selection, &python) {
            Ok(cost) => costs.push((cost, minor != default, minor, python)),
            Err(problems) => refused = Some(problems),
        }
    }
    costs.sort_by_key(|(cost, other, minor, _)| (*cost, *other, Reverse(*minor)));
    let Some((cost, _, _, python)) = costs.first() else {
        return Err(refused.unwrap_or_else(|| no_python(subject, requires).into()));
    };
    let because = because(&costs, *cost, python);
    Ok(Best {
        python: Decision::new(python.clone(), because),
        cost: *cost,
    })
}

fn cost(subject: &Subject<'_>, selection: &Selection, python: &PythonVersion) -> Result<Cost> {
    let mut sum = (0, 0);
    for platform in &subject.profile.platforms.value {
        let target = Target {
            platform: *platform,
            libc: OLDEST_LIBC,
            python: python.clone(),
        };
        let closure = subject.inputs.closure(selection, &target)?;
        for (id, _, _) in closure.packages() {
            match closure.distribution(id) {
                Distribution::Missing => sum.0 += 1,
                Distribution::Sdist(_) => sum.1 += 1,
                _ => {}
            }
        }
    }
    Ok(sum)
}

fn because(
    costs: &[(Cost, bool, PythonMinor, PythonVersion)],
    cost: Cost,
    python: &PythonVersion,
) -> String {
    let worse = |(other, _, _, _): &&(Cost, bool, PythonMinor, PythonVersion)| *other > cost;
    let worse: Vec<String> = costs
        .iter()
        .filter(worse)
        .map(|(_, _, minor, _)| minor.to_string())
        .collect();
    let wheels = match cost {
        (0, 0) => "every package has a wheel".to_owned(),
        (0, built) => format!("fewest packages to build ({built})"),
        (missing, _) => format!("fewest packages that cannot be had ({missing})"),
    };
    if worse.is_empty() {
        format!(
            "dfgen's choice of the Pythons that the project allows; {wheels} on {}",
            python.short()
        )
    } else {
        format!("{wheels}; worse on {}", worse.join(", "))
    }
}

fn no_python(subject: &Subject<'_>, requires: &VersionSpecifiers) -> Diagnostic {
    let known = subject.inputs.catalog.base_images().python_minors();
    let known: Vec<String> = known.map(|minor| minor.to_string()).collect();
    Diagnostic::new(
        rules::NO_PYTHON,
        format!("no Python image fits `requires-python = \"{requires}\"`"),
    )
    .with_note(format!("dfgen knows images of Python {}", known.join(", ")))
    .with_help("name one yourself: `python` and `base` in the profile")
}

#[cfg(test)]
mod tests;
