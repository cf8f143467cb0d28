//! The images that an image of the project starts from: one to build and to run on, or a pair.
//!
//! What a name tells of an image is held against what the files need of it. Nothing is looked at: what a name does not
//! tell ends in the build, which compares the two Pythons of a pair itself.

use crate::catalog::{BaseImages, PythonMinor};
use crate::closure::Selection;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::Distribution;
use crate::names::PackageName;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::stages::StageName;
use crate::plan::{AptNeed, Bases, Decision};
use crate::profile::{Base, ImageRef, Setting};
use crate::rules;
use crate::target::{Libc, PythonVersion, Target};

/// Debian bookworm's: older than any base image that dfgen would choose, so that what fits it fits all.
pub(super) const OLDEST_LIBC: Libc = Libc::Glibc(2, 36);

/// What is proposed where no image of the Python is known.
const SLIM: &str = "python:3.13-slim-trixie";

/// The Python that a base brings, as far as its names tell.
pub(super) fn python_of(base: &Base, images: &BaseImages) -> Option<PythonVersion> {
    let of = |image: &ImageRef| images.python_in(image.as_ref());
    of(base.runtime()).or_else(|| of(base.builder()?))
}

/// What the profile says, else the slim image of a Python. Errors: no such image is known; an image that dfgen's files
/// could not be built or run on.
pub(super) fn bases(
    subject: &Subject<'_>,
    selection: &Selection,
    python: &PythonVersion,
) -> Result<Bases> {
    let images = subject.inputs.catalog.base_images();
    let Some(said) = &subject.profile.base else {
        return Ok(Bases::one(slim(subject.inputs, python)?));
    };
    let decided = |image: &ImageRef| Decision::new(image.clone(), said.origin.to_string());
    let bases = Bases {
        runtime: decided(said.value.runtime()),
        builder: said.value.builder().map(decided),
    };
    let unfit = Unfit {
        subject,
        images,
        said,
    };
    unfit.refuse(&bases, selection, python)?;
    Ok(bases)
}

fn slim(inputs: &Inputs, python: &PythonVersion) -> Result<Decision<ImageRef>> {
    let images = inputs.catalog.base_images();
    let minor: Option<PythonMinor> = python.short().parse().ok();
    let known = minor.and_then(|minor| {
        let is_newest = images.python(minor)?.newest() == python;
        let patch = || images.patch_slim(minor, python);
        let own = (!is_newest).then(patch).flatten();
        own.map(|image| (image, true))
            .or_else(|| Some((images.default_slim(minor)?, false)))
    });
    let is_patch = matches!(known, Some((_, true)));
    let image = known
        .and_then(|(image, _)| inputs.named(&image).ok())
        .ok_or_else(|| {
            Diagnostic::new(
                rules::NO_BASE_IMAGE,
                format!("dfgen knows no image of Python {python}"),
            )
            .with_help("name one yourself: `base = \"...\"` in the profile")
        })?;
    let version = if is_patch {
        python.to_string()
    } else {
        python.short()
    };
    Ok(Decision::new(
        image,
        format!("the slim image of Python {version}"),
    ))
}

/// A base that was said, held against what is needed of it.
struct Unfit<'s, 'p> {
    subject: &'s Subject<'p>,
    images: &'s BaseImages,
    said: &'s Setting<Base>,
}

impl Unfit<'_, '_> {
    fn refuse(&self, bases: &Bases, selection: &Selection, python: &PythonVersion) -> Result<()> {
        let slim = slim(self.subject.inputs, python)
            .map_or_else(|_| SLIM.to_owned(), |slim| slim.value.to_string());
        for image in bases.all() {
            if StageName::takes(image) {
                let problem = format!("`{image}` is what a stage of the Dockerfile is called");
                let help = format!("write the image with its tag, as `{image}:latest`");
                return Err(self.problem(image, problem).with_help(help).into());
            }
            if let Some(because) = self.images.unfit(image) {
                let problem = self.problem(image, format!("`{image}` cannot be a base: {because}"));
                return Err(problem.with_help(take(&slim)).into());
            }
            if let Some(libc @ Libc::Musl(..)) = self.images.libc(image) {
                let problem = self.musl(image, libc, selection, python)?;
                return Err(problem.with_help(take(&slim)).into());
            }
        }
        match &self.said.value {
            Base::One(image) => self.one(image.as_ref()),
            Base::Pair { build, runtime } => self.pair(build.as_ref(), runtime.as_ref()),
        }
    }

    fn problem(&self, image: &str, what: String) -> Diagnostic {
        let place = self.said.origin.place_of(image, "asked for here");
        Diagnostic::new(rules::UNFIT_BASE, what).at_some(place)
    }

    /// What would have to be compiled, or cannot be had, on another C library.
    fn musl(
        &self,
        image: &str,
        libc: Libc,
        selection: &Selection,
        python: &PythonVersion,
    ) -> Result<Diagnostic> {
        let wheel_less = |libc: Libc| -> Result<Vec<PackageName>> {
            let target = Target {
                platform: self.subject.profile.platforms.value[0],
                libc,
                python: python.clone(),
            };
            let closure = self.subject.inputs.closure(selection, &target)?;
            let without = closure.packages().filter(|(id, _, _)| {
                let found = closure.distribution(*id);
                matches!(found, Distribution::Sdist(_) | Distribution::Missing)
            });
            Ok(without
                .map(|(_, package, _)| package.name.clone())
                .collect())
        };
        let (there, here) = (wheel_less(libc)?, wheel_less(OLDEST_LIBC)?);
        let lost = there.iter().filter(|name| !here.contains(name));
        let lost: Vec<&str> = lost.map(AsRef::as_ref).collect();
        let problem = self.problem(
            image,
            format!("`{image}` has {libc}, and dfgen's files are for Debian and its glibc"),
        );
        Ok(match lost.as_slice() {
            [] => problem,
            names => problem.with_note(format!(
                "packages whose wheels do not fit it: {}",
                names.join(", ")
            )),
        })
    }

    fn one(&self, image: &str) -> Result<()> {
        if self.images.has_shell(image) {
            return Ok(());
        }
        let problem = self.problem(
            image,
            format!("`{image}` has no shell, so nothing can be installed on it"),
        );
        let debian = || {
            let release = self.images.apt_names(image)?;
            Some(format!("debian:{release}-slim"))
        };
        let (build, runtime) = match self.images.instead(image) {
            Some(other) => (debian(), other),
            None if !self.images.brings_python(image) => (debian(), image),
            None => {
                let word = self.images.shell_tag(image);
                (word.map(|word| format!("{image}-{word}")), image)
            }
        };
        let build = build.unwrap_or_else(|| "...".to_owned());
        let heading = format!("[profile.{}]", self.subject.profile.name);
        let problem = problem.with_help(format!(
            "let another one build: `base = {{ build = \"{build}\", runtime = \"{runtime}\" }}` in {heading} of dfgen.toml"
        ));
        Err(problem.into())
    }

    fn pair(&self, build: &str, runtime: &str) -> Result<()> {
        let images = self.images;
        let mut problems = Vec::new();
        if !images.has_shell(build) {
            let what = format!("`{build}` has no shell, so nothing can be installed on it");
            let help = "`build` takes the image with a shell, `runtime` the one without";
            problems.push(self.problem(build, what).with_help(help));
        }
        if images.brings_python(build) != images.brings_python(runtime) {
            let (with, without) = if images.brings_python(build) {
                (build, runtime)
            } else {
                (runtime, build)
            };
            let what = format!(
                "`{with}` and `{without}` are no pair: the one has a Python of its own, and the other has none"
            );
            problems.push(self.problem(with, what).with_help(
                "take two with the same Python, or two without one, as `debian:trixie-slim`: both get uv's own build of it",
            ));
        }
        let told = [
            self.differ(
                build,
                runtime,
                |image| images.python_in(image),
                |one, other| {
                    let exact = |python: &PythonVersion| python.version().release().len() > 2;
                    one.short() == other.short() && (!exact(one) || !exact(other) || one == other)
                },
            ),
            self.differ(
                build,
                runtime,
                |image| images.libc(image),
                |one, other| one == other,
            ),
        ];
        problems.extend(told.into_iter().flatten());
        Diagnostics::check(problems)
    }

    /// A pair of which the names tell that they do not fit.
    fn differ<T: ToString>(
        &self,
        build: &str,
        runtime: &str,
        of: impl Fn(&str) -> Option<T>,
        fits: impl Fn(&T, &T) -> bool,
    ) -> Option<Diagnostic> {
        let (one, other) = (of(build)?, of(runtime)?);
        let what = || {
            format!(
                "`{build}` and `{runtime}` are no pair: {} builds, and {} runs",
                one.to_string(),
                other.to_string()
            )
        };
        let problem = || self.problem(runtime, what());
        let help = "take tags of the same version and the same system";
        (!fits(&one, &other)).then(|| problem().with_help(help))
    }
}

fn take(slim: &str) -> String {
    format!("take `base = \"{slim}\"`, or leave `base` out")
}

/// Refuses Debian packages on an image that has no apt. Errors: such packages, with who asks for them.
pub(crate) fn refuse_packages(
    subject: &Subject<'_>,
    bases: &Bases,
    runtime: &[AptNeed],
    build: &[AptNeed],
    python: &PythonVersion,
) -> Result<()> {
    let images = subject.inputs.catalog.base_images();
    let Some(said) = &subject.profile.base else {
        return Ok(());
    };
    let builder = bases.builder.as_ref().unwrap_or(&bases.runtime);
    let needs = [
        (&bases.runtime, runtime, "run"),
        (builder, build, "be built"),
    ];
    let problems = needs.into_iter().filter_map(|(image, needs, to)| {
        let image = image.value.as_ref();
        let lacks = match images.manager(image) {
            _ if !images.has_shell(image) => "no shell and no apt".to_owned(),
            Some(other) => format!("{other}, not apt"),
            None => return None,
        };
        if needs.is_empty() {
            return None;
        }
        let what =
            format!("`{image}` has {lacks}, and what is locked needs Debian packages to {to}");
        let problem = Diagnostic::new(rules::UNFIT_BASE, what)
            .at_some(said.origin.place_of(image, "asked for here"));
        let problem = needs.iter().fold(problem, |problem, need| {
            problem.with_note(format!("{}: {}", need.package.as_str(), need.because))
        });
        let slim = slim(subject.inputs, python).map(|slim| slim.value.to_string());
        let slim = slim.unwrap_or_else(|_| SLIM.to_owned());
        Some(problem.with_help(take(&slim)))
    });
    Diagnostics::check(problems.collect())
}
