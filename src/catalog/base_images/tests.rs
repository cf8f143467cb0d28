//! What the table says.

use super::*;

const PYTHON_3_13: PythonMinor = PythonMinor::new(3, 13);

#[test]
fn only_published_tags_are_given() {
    let images = BaseImages::embedded();
    let slim = |minor, release| images.slim(PythonMinor::new(3, minor), release);
    let tag = |text: &str| Some(text.to_owned());
    assert_eq!(
        slim(13, DebianRelease::Trixie),
        tag("python:3.13-slim-trixie")
    );
    assert_eq!(
        slim(11, DebianRelease::Bookworm),
        tag("python:3.11-slim-bookworm")
    );
    assert_eq!(slim(8, DebianRelease::Trixie), None);
    assert_eq!(
        images.default_slim(PYTHON_3_13),
        tag("python:3.13-slim-trixie")
    );
    assert_eq!(
        images.default_slim(PythonMinor::new(3, 8)),
        tag("python:3.8-slim-bookworm")
    );
    assert_eq!(images.default_slim(PythonMinor::new(2, 7)), None);
}

#[test]
fn a_default_release_has_a_tag_and_every_release_has_a_system() {
    let images = BaseImages::embedded();
    for minor in images.python_minors() {
        assert!(images.default_slim(minor).is_some(), "{minor}");
    }
    for release in DebianRelease::ALL {
        let system = images.systems.get(release.codename()).unwrap();
        assert_eq!(system.debian, Some(release));
    }
}

#[test]
fn an_image_tells_its_system() {
    let images = BaseImages::embedded();
    let libc = |image| images.libc(image).map(|libc| libc.to_string());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(libc("python:3.13-slim-trixie"), some("glibc 2.41"));
    assert_eq!(libc("python:3.11-slim-bookworm"), some("glibc 2.36"));
    assert_eq!(libc("python:3.13.2-slim@sha256:00"), some("glibc 2.41"));
    assert_eq!(libc("python:3.8"), some("glibc 2.36"));
    assert_eq!(libc("python:3.13-alpine3.22"), some("musl 1.2"));
    assert_eq!(
        libc("gcr.io/distroless/python3-debian13"),
        some("glibc 2.41")
    );
    assert_eq!(
        libc("nvidia/cuda:12.8.1-runtime-ubuntu24.04"),
        some("glibc 2.39")
    );
    assert_eq!(libc("registry.example/python:3.13"), None);
    assert_eq!(libc("busybox"), None);
}

/// What a name tells, in words.
fn told(images: &BaseImages, image: &str) -> String {
    let python = images.python_in(image);
    let python = python.map_or_else(|| "?".to_owned(), |python| python.to_string());
    let own = |has: bool, word: &str| {
        if has {
            format!(" {word}")
        } else {
            String::new()
        }
    };
    format!(
        "{python}{}{}{}{}{}",
        own(!images.brings_python(image), "without-python"),
        own(images.is_plain(image), "plain"),
        own(!images.has_shell(image), "no-shell"),
        images
            .manager(image)
            .map_or_else(String::new, |one| format!(" {one}")),
        own(images.unfit(image).is_some(), "unfit"),
    )
}

#[test]
fn a_name_tells_what_an_image_has() {
    let images = BaseImages::embedded();
    for (image, expected) in [
        ("python:3.13.4-slim-trixie", "3.13.4 plain"),
        ("docker.io/library/python:3.12", "3.12 plain"),
        (
            "registry.example:5000/base/python:3.12-slim@sha256:00",
            "3.12",
        ),
        ("python:3", "? plain"),
        ("python:3.13-alpine3.22", "3.13 plain apk"),
        ("nvidia/cuda:12.8.1-runtime-ubuntu24.04", "? without-python"),
        ("debian:trixie-slim", "? without-python plain"),
        ("gcr.io/distroless/python3-debian12", "3.11 no-shell"),
        ("gcr.io/distroless/python3-debian13:debug", "3.13"),
        (
            "gcr.io/distroless/cc-debian13:nonroot",
            "? without-python no-shell",
        ),
        ("gcr.io/distroless/static-debian12", "? unfit"),
        ("dhi.io/python:3.13-debian13", "3.13 no-shell"),
        ("dhi.io/python:3.13-debian13-dev", "3.13"),
        ("cgr.dev/chainguard/python:latest-dev", "? apk"),
        (
            "registry.access.redhat.com/ubi9/python-312:latest",
            "3.12 dnf",
        ),
        ("public.ecr.aws/lambda/python:3.12", "3.12 dnf"),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "3.12"),
        ("registry.example/team/app-base", "?"),
    ] {
        assert_eq!(told(&images, image), expected, "{image}");
    }
}

#[test]
fn the_oldest_cuda_that_is_new_enough_is_taken() {
    let images = BaseImages::embedded();
    let image = |version: &str, flavour| images.cuda(version.parse().unwrap(), flavour);
    assert_eq!(
        image("12.8", CudaFlavour::CudnnRuntime).unwrap(),
        "nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04"
    );
    assert_eq!(
        image("12.1", CudaFlavour::Runtime).unwrap(),
        "nvidia/cuda:12.4.1-runtime-ubuntu22.04"
    );
    assert_eq!(image("13.9", CudaFlavour::Base), None);
    assert_eq!(image("11.8", CudaFlavour::CudnnRuntime), None);
}
