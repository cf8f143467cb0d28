//! What a version file asks for, held against the images that there are and the Pythons that the project allows.

use crate::catalog::{Catalog, PythonMinor};
use crate::diagnostic::{Diagnostic, Result};
use crate::project::{Project, PythonRequest, WantedPython};
use crate::rules;
use crate::target::PythonVersion;

/// The Pythons that a version file leaves.
pub(crate) struct Pin {
    /// Those with an image, oldest first; one at least.
    pub(crate) minors: Vec<PythonMinor>,
    /// The file.
    pub(crate) file: String,
    /// What it says.
    pub(crate) text: String,
}

/// What the project's version file leaves; `None` where it leaves every choice. Errors: it asks for what no image has,
/// or for what `requires-python` forbids.
pub(crate) fn pin(project: &Project, catalog: &Catalog) -> Result<Option<Pin>> {
    let Some(request) = &project.python_request else {
        return Ok(None);
    };
    let images = catalog.base_images();
    let requires = project.lock.requires_python();
    let newest = |minor: PythonMinor| {
        let known = images.python(minor)?;
        let within = known.newest_within(requires);
        Some(within.unwrap_or_else(|| known.newest().clone()))
    };
    let all: Vec<(PythonMinor, PythonVersion)> = images
        .python_minors()
        .filter_map(|minor| Some((minor, newest(minor)?)))
        .collect();
    let is_wanted = |python: &PythonVersion| match &request.wanted {
        WantedPython::Release(numbers) => {
            let release = python.version().release();
            numbers
                .iter()
                .take(2)
                .zip(release)
                .all(|(one, other)| one == other)
        }
        WantedPython::Range(range) => range.contains(python.version()),
        WantedPython::Any | WantedPython::Unusable(_) => true,
    };
    let known: Vec<String> = all.iter().map(|(minor, _)| minor.to_string()).collect();
    let known = format!("dfgen knows images of Python {}", known.join(", "));
    let wanted = match &request.wanted {
        WantedPython::Any => return Ok(None),
        WantedPython::Unusable(why) => return Err(unusable(request, why, &known).into()),
        _ => all.into_iter().filter(|(_, python)| is_wanted(python)),
    };
    let wanted: Vec<(PythonMinor, PythonVersion)> = wanted.collect();
    if wanted.is_empty() {
        return Err(unusable(request, &known, "").into());
    }
    let fitting = wanted
        .iter()
        .filter(|(_, python)| requires.contains(python.version()));
    let minors: Vec<PythonMinor> = fitting.map(|(minor, _)| *minor).collect();
    if minors.is_empty() {
        return Err(unfit(request, &requires.to_string()).into());
    }
    Ok(Some(Pin {
        minors,
        file: request.file.path().display().to_string(),
        text: request.text.clone(),
    }))
}

fn unusable(request: &PythonRequest, why: &str, known: &str) -> Diagnostic {
    let file = request.file.path().display();
    let what = format!(
        "no image has the Python `{}` that {file} asks for",
        request.text.escape_debug()
    );
    let problem = Diagnostic::new(rules::UNUSABLE_PYTHON, what)
        .at(request.place("asked for here"))
        .with_note(why);
    let problem = match known {
        "" => problem,
        known => problem.with_note(known),
    };
    with_ways_out(problem, request)
}

fn unfit(request: &PythonRequest, requires: &str) -> Diagnostic {
    let file = request.file.path().display();
    let what = format!(
        "{file} asks for Python {}, the project for {requires}",
        request.text
    );
    let problem = Diagnostic::new(rules::UNFIT_PYTHON, what)
        .at(request.place("outside of that range"))
        .with_note("`requires-python` in pyproject.toml says the range");
    with_ways_out(problem, request)
}

fn with_ways_out(problem: Diagnostic, request: &PythonRequest) -> Diagnostic {
    let problem = if request.is_read_by_uv() {
        problem.with_help("pin one that is there: `uv python pin 3.13`")
    } else {
        let file = request.file.path().display();
        problem.with_help(format!(
            "pin one that is there: `uv python pin 3.13` writes .python-version, which stands above {file}"
        ))
    };
    problem.with_help("or say it for one image, in dfgen.toml: `python = \"3.13\"` in [profile.NAME], and `base = \"..\"` where the image is your own")
}
