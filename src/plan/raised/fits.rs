//! Whether an image that somebody wrote into a generated file is what the plan asks for, in another version.

use pep508_rs::pep440_rs::{Version, VersionSpecifiers};

use crate::profile::{ImageRef, TagVersion};

/// Why one does not fit, in words that follow its name.
pub(crate) type Misfit = String;

/// The same image, variant and major version.
pub(crate) fn same_major(planned: &ImageRef, there: &ImageRef) -> Result<(), Misfit> {
    let versions = same_variant(planned, there)?;
    let Some((planned, there)) = versions else {
        return Ok(());
    };
    same_numbers(&planned, &there, 1, "major version")
}

/// The same image, variant and major version, and not an older one: something needs that much.
pub(crate) fn same_major_or_newer(planned: &ImageRef, there: &ImageRef) -> Result<(), Misfit> {
    same_major(planned, there)?;
    let (Some(planned), Some(there)) = (planned.version(), there.version()) else {
        return Ok(());
    };
    if there.is_as_new_as(&planned) {
        return Ok(());
    }
    Err(format!("it is older than {}", planned.version()))
}

/// The same image, variant and minor version of Python, in a patch version that the project allows. Where a patch
/// version was asked for, that one.
pub(crate) fn same_python(
    planned: &ImageRef,
    there: &ImageRef,
    requires: &VersionSpecifiers,
    wants_patch: bool,
) -> Result<(), Misfit> {
    let Some((planned, there)) = same_variant(planned, there)? else {
        return Ok(());
    };
    same_numbers(&planned, &there, 2, "minor version of Python")?;
    if wants_patch {
        same_numbers(&planned, &there, 3, "patch version of Python")?;
    }
    let version: Option<Version> = there.version().parse().ok();
    match version.filter(|_| there.numbers.len() > 2) {
        Some(version) if !requires.contains(&version) => {
            Err(format!("the project asks for Python {requires}"))
        }
        _ => Ok(()),
    }
}

/// The same image and variant, in a version of uv that the project allows.
pub(crate) fn allowed_uv(
    planned: &ImageRef,
    there: &ImageRef,
    required: Option<&VersionSpecifiers>,
) -> Result<(), Misfit> {
    let (Some((_, there)), Some(required)) = (same_variant(planned, there)?, required) else {
        return Ok(());
    };
    let version: Option<Version> = there.version().parse().ok();
    if version.is_some_and(|version| required.contains(&version)) {
        return Ok(());
    }
    Err(format!(
        "`required-version` of [tool.uv] asks for {required}"
    ))
}

type Versions<'i> = Option<(TagVersion<'i>, TagVersion<'i>)>;

/// The versions of two tags of one image that differ in nothing else; none where they are the same word.
fn same_variant<'i>(planned: &'i ImageRef, there: &'i ImageRef) -> Result<Versions<'i>, Misfit> {
    if planned.repository() != there.repository() {
        return Err("it is another image".to_owned());
    }
    match (planned.version(), there.version()) {
        (Some(planned), Some(there)) => {
            if (planned.start, planned.variant) == (there.start, there.variant) {
                return Ok(Some((planned, there)));
            }
            Err("it is another variant of the image".to_owned())
        }
        _ if planned.tag() == there.tag() => Ok(None),
        _ => Err("its tag is no version that could be compared".to_owned()),
    }
}

fn same_numbers(
    planned: &TagVersion<'_>,
    there: &TagVersion<'_>,
    count: usize,
    what: &str,
) -> Result<(), Misfit> {
    let first = |version: &TagVersion<'_>| -> Vec<u64> {
        version.numbers.iter().take(count).copied().collect()
    };
    // A tag of fewer numbers may be any of them.
    let count = planned.numbers.len().min(count);
    let is_same = there.numbers.len() >= count
        && first(planned)[..count] == first(there)[..count.min(there.numbers.len())];
    if is_same {
        Ok(())
    } else {
        Err(format!("it is another {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> ImageRef {
        text.parse().unwrap()
    }

    fn python(there: &str) -> Result<(), Misfit> {
        let planned = image("python:3.13-slim-trixie");
        same_python(&planned, &image(there), &">=3.13.2".parse().unwrap(), false)
    }

    #[test]
    fn another_patch_version_and_a_digest_fit_and_another_minor_does_not() {
        let digest = format!("python:3.13-slim-trixie@sha256:{}", "0".repeat(64));
        assert_eq!(python("python:3.13.15-slim-trixie"), Ok(()));
        assert_eq!(python(&digest), Ok(()));
        let misfits = [
            "python:3.14-slim-trixie",
            "python:3-slim-trixie",
            "python:3.13-slim-bookworm",
            "python:3.13.1-slim-trixie",
            "python",
            "other/python:3.13-slim-trixie",
        ];
        let why = misfits.map(|there| python(there).unwrap_err());
        insta::assert_snapshot!(why.join("\n"), @r"
        it is another minor version of Python
        it is another minor version of Python
        it is another variant of the image
        the project asks for Python >=3.13.2
        its tag is no version that could be compared
        it is another image
        ");
        let asked = same_python(
            &image("python:3.12.4-slim"),
            &image("python:3.12.5-slim"),
            &">=3.12".parse().unwrap(),
            true,
        );
        assert_eq!(asked.unwrap_err(), "it is another patch version of Python");
    }

    #[test]
    fn uv_is_what_the_project_requires() {
        let planned = image("ghcr.io/astral-sh/uv:0.13.9");
        let there = image("ghcr.io/astral-sh/uv:0.14.1");
        let required = |text: &str| text.parse::<VersionSpecifiers>().unwrap();
        assert_eq!(allowed_uv(&planned, &there, None), Ok(()));
        assert_eq!(
            allowed_uv(&planned, &there, Some(&required(">=0.13"))),
            Ok(())
        );
        assert!(allowed_uv(&planned, &there, Some(&required("<0.14"))).is_err());
    }

    #[test]
    fn databases_keep_their_major_version() {
        assert_eq!(
            same_major(&image("postgres:18"), &image("postgres:18.4")),
            Ok(())
        );
        assert!(same_major(&image("postgres:18"), &image("postgres:19")).is_err());
        let rust = image("rust:1.90-slim-trixie");
        assert_eq!(
            same_major_or_newer(&rust, &image("rust:1.91.1-slim-trixie")),
            Ok(())
        );
        assert!(same_major_or_newer(&rust, &image("rust:1.80-slim-trixie")).is_err());
    }
}
