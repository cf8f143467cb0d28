use super::*;
use crate::diagnostic::Style;
use crate::plan::fixture::{Shop, lock, sdist, wheel};

/// A project that needs all of these.
fn decided(settings: &str, packages: &[String], files: &[(&str, &str)]) -> Result<Interpreter> {
    let names = packages.iter();
    let names: Vec<&str> = names.map(|one| one.split('"').nth(1).unwrap()).collect();
    let shop = Shop::new(settings, &lock(&names, packages), files);
    interpreter(&shop.subject())
}

/// The Python and why it was taken; what is wrong, where none was.
fn told(settings: &str, packages: &[String], files: &[(&str, &str)]) -> String {
    match decided(settings, packages, files) {
        Ok(found) => format!("{} ({})", found.python.value, found.python.because),
        Err(problems) => {
            let problems = problems.into_iter();
            let problems = problems.map(|one| format!("{}: {}", one.rule().name(), one.message()));
            problems.collect::<Vec<_>>().join("\n")
        }
    }
}

fn only(python: &str) -> String {
    let tags = format!("{python}-{python}-manylinux_2_28_x86_64");
    wheel(&format!("only-{python}"), "1.0", &tags, Some(1))
}

#[test]
fn wheels_decide_where_nobody_says() {
    let cases = [
        ("nothing is needed", vec![]),
        ("a wheel for 3.12", vec![only("cp312")]),
        (
            "wheels for 3.11 and 3.14",
            vec![only("cp311"), only("cp314")],
        ),
        ("a wheel for 3.9", vec![only("cp39")]),
        ("a source distribution", vec![sdist("acme", "1.0")]),
        (
            "a source distribution, and a wheel for 3.14",
            vec![sdist("acme", "1.0"), only("cp314")],
        ),
    ];
    let told = cases.map(|(case, packages)| format!("{case}: {}", told("", &packages, &[])));
    insta::assert_snapshot!(told.join("\n"), @r##"
    nothing is needed: 3.13.14 (dfgen's choice of the Pythons that the project allows; every package has a wheel on 3.13)
    a wheel for 3.12: 3.12.13 (every package has a wheel; worse on 3.13, 3.14, 3.11)
    wheels for 3.11 and 3.14: 3.14.5 (fewest packages that cannot be had (1); worse on 3.13, 3.12)
    a wheel for 3.9: 3.13.14 (dfgen's choice of the Pythons that the project allows; fewest packages that cannot be had (1) on 3.13)
    a source distribution: 3.13.14 (dfgen's choice of the Pythons that the project allows; fewest packages to build (1) on 3.13)
    a source distribution, and a wheel for 3.14: 3.14.5 (fewest packages to build (1); worse on 3.13, 3.12, 3.11)
    "##);
}

/// A package that has no wheel on one of them is missing there.
#[test]
fn every_platform_of_the_image_counts() {
    let arm = wheel("acme", "1.0", "cp314-cp314-manylinux_2_28_aarch64", Some(1));
    let both = "platforms = [\"linux/amd64\", \"linux/arm64\"]\n";
    let python = |settings: &str, packages: &[String]| {
        let found = decided(settings, packages, &[]).unwrap();
        found.python.value.short()
    };
    assert_eq!(python("", &[only("cp313"), arm.clone()]), "3.13");
    assert_eq!(python("", &[only("cp314"), arm.clone()]), "3.14");
    assert_eq!(python(both, &[arm]), "3.14");
}

#[test]
fn the_users_word_comes_first() {
    let python = |said: &str| format!("python = \"{said}\"\n");
    let base = |said: &str| format!("base = \"{said}\"\n");
    let both = |said: &str, image: &str| python(said) + &base(image);
    let cases = [
        python("3.12"),
        python("3.12.4"),
        python("3.10"),
        base("python:3.12-slim"),
        base("python:3.12.4-slim"),
        base(
            "registry.example:5000/python:3.12.4@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
        base("python:3-slim"),
        base("python:3.10-slim"),
        base("ubuntu:24.04"),
        both("3.12", "python:3.12.4-slim"),
        both("3.12", "python:3.13-slim"),
        both("3.12", "ubuntu:24.04"),
        both("3.12.4", "ubuntu:24.04"),
    ];
    let pinned = [(".python-version", "3.11\n")];
    let told = cases.map(|said| {
        let case = said.trim_end().replace('\n', ", ");
        format!("{case}: {}", told(&said, &[only("cp314")], &pinned))
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    python = "3.12": 3.12.13 (dfgen.toml:2)
    python = "3.12.4": 3.12.4 (dfgen.toml:2)
    python = "3.10": unfit-python: the profile `api` asks for Python 3.10.20, the project for >=3.11
    base = "python:3.12-slim": 3.12.13 (what the base image has (dfgen.toml:2))
    base = "python:3.12.4-slim": 3.12.4 (what the base image has (dfgen.toml:2))
    base = "registry.example:5000/python:3.12.4@sha256:0000000000000000000000000000000000000000000000000000000000000000": 3.12.4 (what the base image has (dfgen.toml:2))
    base = "python:3-slim": 3.14.5 (every package has a wheel; worse on 3.13, 3.12, 3.11)
    base = "python:3.10-slim": unfit-python: the profile `api` asks for Python 3.10.20, the project for >=3.11
    base = "ubuntu:24.04": 3.14.5 (every package has a wheel; worse on 3.13, 3.12, 3.11)
    python = "3.12", base = "python:3.12.4-slim": 3.12.4 (dfgen.toml:2)
    python = "3.12", base = "python:3.13-slim": two-pythons: the profile `api` asks for Python 3.12.13, and its base image has 3.13
    python = "3.12", base = "ubuntu:24.04": 3.12.13 (dfgen.toml:2)
    python = "3.12.4", base = "ubuntu:24.04": 3.12.4 (dfgen.toml:2)
    "#);
}

#[test]
fn a_version_file_comes_before_wheels() {
    let pinned = |text: &str| told("", &[only("cp314")], &[(".python-version", text)]);
    let told = ["3.12\n", "3.12.4\n", "<3.13\n", "3\n"].map(pinned);
    insta::assert_snapshot!(told.join("\n"), @"
    3.14.5 (every package has a wheel; worse on 3.13, 3.12, 3.11)
    3.14.5 (every package has a wheel; worse on 3.13, 3.12, 3.11)
    3.14.5 (every package has a wheel; worse on 3.13, 3.12, 3.11)
    3.14.5 (.python-version (3): every package has a wheel; worse on 3.13, 3.12, 3.11)
    ");
}

#[test]
fn a_project_that_no_image_fits_is_refused() {
    let lock = lock(&[], &[]).replace(">=3.11", ">=4");
    let shop = Shop::new("", &lock, &[]);
    let problems = interpreter(&shop.subject()).err().unwrap();
    insta::assert_snapshot!(problems.draw(crate::diagnostic::Style::PLAIN), @r##"
    error[no-python]: no Python image fits `requires-python = ">=4"`
     |
     = note: dfgen knows images of Python 3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.14
     = help: name one yourself: `python` and `base` in the profile
    "##);
    let default = default_python(shop.subject().inputs.project(), Catalog::embedded());
    assert_eq!(default.unwrap().short(), "3.13");
}

#[test]
fn the_base_image_is_the_slim_one_of_its_python() {
    let cases = [
        "",
        "python = \"3.12\"\n",
        "base = \"python:3.13-slim-bookworm\"\n",
        "base = \"registry.example/ours:1\"\n",
        "python = \"3.99\"\n",
    ];
    let told = cases.map(|said| match decided(said, &[], &[]) {
        Ok(found) => format!(
            "{} {} ({})",
            found.bases.runtime.value, found.libc, found.bases.runtime.because
        ),
        Err(problems) => problems
            .into_iter()
            .map(|one| one.message().to_owned())
            .collect(),
    });
    insta::assert_snapshot!(told.join("\n"), @r##"
    python:3.13-slim-trixie glibc 2.41 (the slim image of Python 3.13)
    python:3.12-slim-trixie glibc 2.41 (the slim image of Python 3.12)
    python:3.13-slim-bookworm glibc 2.36 (dfgen.toml:2)
    registry.example/ours:1 glibc 2.36 (dfgen.toml:2)
    dfgen knows no image of Python 3.99
    "##);
}

#[test]
fn a_command_line_may_ask_for_a_python_that_no_image_has_yet() {
    let asked = |said: &str| {
        let shop = Shop::new("", &lock(&[], &[]), &[]);
        let mut profile = shop.subject().profile.clone();
        profile.python = Some(Setting {
            value: said.parse().unwrap(),
            origin: Origin::CommandLine("--python"),
        });
        let subject = Subject {
            profile: &profile,
            ..shop.subject()
        };
        let found = interpreter(&subject).unwrap().python;
        format!("{} ({})", found.value, found.because)
    };
    assert_eq!(asked("3.12.4"), "3.12.4 (--python)");
    assert_eq!(asked("3.12"), "3.12.13 (--python)");
}

/// A patch version has an image of its own, which nobody mends: it is taken where the project or the user asks for it.
#[test]
fn a_patch_that_is_asked_for_is_the_one_of_the_image() {
    let image = |requires: &str, said: &str| {
        let lock = lock(&[], &[]).replace(">=3.11", requires);
        let shop = Shop::new(said, &lock, &[]);
        let found = interpreter(&shop.subject()).unwrap();
        format!("{} {}", found.python.value, found.bases.runtime.value)
    };
    let bookworm = "3.12.11 python:3.12.11-slim-bookworm";
    assert_eq!(image("==3.12.11", ""), bookworm);
    assert_eq!(image(">=3.11,<3.12.12", ""), bookworm);
    assert_eq!(image("==3.12.11", "python = \"3.12\"\n"), bookworm);
    assert_eq!(image(">=3.11", "python = \"3.12.11\"\n"), bookworm);
    assert_eq!(
        image(">=3.11", "python = \"3.12.13\"\n"),
        "3.12.13 python:3.12-slim-trixie"
    );
}

#[test]
fn a_version_file_gives_way_where_no_image_could_be_built() {
    let pinned = |text: &'static str| [(".python-version", text)];
    let found = decided("", &[only("cp312")], &pinned("3.14\n")).unwrap();
    assert_eq!(found.python.value.short(), "3.12");
    let notes = found.notes.iter().map(|note| note.draw(Style::PLAIN));
    insta::assert_snapshot!(notes.collect::<String>(), @r#"
    warning[other-python]: `api` runs on Python 3.12, and not on 3.14, which .python-version asks for
     |
     = note: for 3.14 there is neither a wheel nor a source distribution of `only-cp312`
     = help: to say it: `python = "3.12"` in [profile.api] of dfgen.toml
     = help: or lock newer releases, which have wheels for 3.14
    "#);
    // It can be built; it cannot be had on any; the profile says it.
    for (settings, packages) in [
        ("", vec![sdist("acme", "1.0")]),
        ("", vec![only("cp39")]),
        ("python = \"3.14\"\n", vec![only("cp312")]),
    ] {
        let found = decided(settings, &packages, &pinned("3.14\n")).unwrap();
        assert_eq!(found.python.value.short(), "3.14");
        assert!(found.notes.is_empty());
    }
}
