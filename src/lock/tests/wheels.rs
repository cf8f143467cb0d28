//! Which file of a package a target takes.

use super::{lock, only};
use crate::lock::*;
use crate::target::{Libc, Platform, Target};

fn target(python: &str, platform: Platform, libc: Libc) -> Target {
    Target {
        platform,
        libc,
        python: python.parse().unwrap(),
    }
}

fn debian() -> Target {
    target("3.12.4", Platform::LinuxAmd64, Libc::Glibc(2, 36))
}

/// The file that a target takes of a registry package with these wheels.
fn best(target: &Target, wheels: &[&str]) -> Option<String> {
    let listed: String = wheels
        .iter()
        .map(|wheel| format!("    {{ url = \"https://x.invalid/{wheel}\" }},\n"))
        .collect();
    let lock = lock(&format!(
        "[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = {{ registry = \"https://x.invalid/simple\" }}\n\
         wheels = [\n{listed}]\n"
    ));
    match only(&lock, "a").distribution(&Tags::new(target)) {
        Distribution::Wheel(wheel) => Some(wheel.filename.clone()),
        _ => None,
    }
}

#[test]
fn a_file_is_named_by_url_path_or_name() {
    let lock = lock(
        "[[package]]\nname = \"a\"\nversion = \"1+cu128\"\nsource = { registry = \"links\" }\n\
         sdist = { path = \"deep/a-1.tar.gz\" }\nwheels = [\n\
         \x20   { url = \"https://x.invalid/a-1%2Bcu128-py3-none-any.whl#sha256=00\" },\n\
         \x20   { filename = \"a-1-py3-none-any.whl\", hash = \"sha256:00\" },\n]\n\n\
         [[package]]\nname = \"b\"\nversion = \"1\"\nsource = { url = \"https://x.invalid/b.zip\" }\nsdist = { hash = \"sha256:00\" }\n",
    );
    let a = only(&lock, "a");
    let names: Vec<&str> = a
        .wheels
        .iter()
        .map(|wheel| wheel.filename.as_str())
        .collect();
    assert_eq!(
        names,
        ["a-1+cu128-py3-none-any.whl", "a-1-py3-none-any.whl"]
    );
    assert_eq!(a.sdist.as_ref().unwrap().filename, "a-1.tar.gz");
    let tags = Tags::new(&debian());
    let b = only(&lock, "b").distribution(&tags);
    assert!(matches!(b, Distribution::Sdist(sdist) if sdist.filename.is_empty()));
}

#[test]
fn what_is_installed_follows_from_source_and_files() {
    let of = |source: &str, rest: &str| {
        let text =
            format!("[[package]]\nname = \"a\"\nversion = \"1\"\nsource = {{ {source} }}\n{rest}");
        let lock = lock(&text);
        let tags = Tags::new(&debian());
        format!(
            "{:?}",
            std::mem::discriminant(&only(&lock, "a").distribution(&tags))
        )
    };
    let kind =
        |distribution: Distribution<'_>| format!("{:?}", std::mem::discriminant(&distribution));
    let windows = "wheels = [{ url = \"https://x.invalid/a-1-py3-none-win_amd64.whl\" }]\n";
    assert_eq!(of("virtual = \".\"", ""), kind(Distribution::Virtual));
    assert_eq!(of("editable = \".\"", ""), kind(Distribution::Source));
    assert_eq!(
        of("git = \"https://x.invalid/r#0\"", ""),
        kind(Distribution::Source)
    );
    assert_eq!(of("registry = \"r\"", windows), kind(Distribution::Missing));
    assert_eq!(of("registry = \"r\"", ""), kind(Distribution::Missing));
}

#[test]
fn wheels_of_the_own_python_come_before_abi3_before_pure() {
    let target = debian();
    let all = [
        "a-1.0-py3-none-any.whl",
        "a-1.0-cp38-abi3-manylinux_2_17_x86_64.whl",
        "a-1.0-cp310-abi3-manylinux_2_17_x86_64.whl",
        "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "a-1.0-cp313-cp313-manylinux_2_17_x86_64.whl",
    ];
    assert_eq!(best(&target, &all).unwrap(), all[3]);
    assert_eq!(best(&target, &all[..3]).unwrap(), all[2]);
    assert_eq!(best(&target, &all[..2]).unwrap(), all[1]);
    assert_eq!(best(&target, &all[..1]).unwrap(), all[0]);
    assert_eq!(best(&target, &all[4..]), None);
}

#[test]
fn the_newest_platform_that_the_c_library_allows_comes_first() {
    let all = [
        "a-1.0-cp312-cp312-manylinux2014_x86_64.whl",
        "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        "a-1.0-cp312-cp312-manylinux_2_39_x86_64.whl",
        "a-1.0-cp312-cp312-linux_x86_64.whl",
        "a-1.0-cp312-cp312-musllinux_1_2_x86_64.whl",
        "a-1.0-cp312-cp312-macosx_11_0_arm64.whl",
    ];
    assert_eq!(best(&debian(), &all).unwrap(), all[1]);
    let old = target("3.12.4", Platform::LinuxAmd64, Libc::Glibc(2, 17));
    assert_eq!(best(&old, &all).unwrap(), all[0]);
    let alpine = target("3.12.4", Platform::LinuxAmd64, Libc::Musl(1, 2));
    assert_eq!(best(&alpine, &all).unwrap(), all[4]);
    let arm = target("3.12.4", Platform::LinuxArm64, Libc::Glibc(2, 36));
    assert_eq!(best(&arm, &all), None);
}

#[test]
fn older_names_of_platforms_stand_for_their_c_library() {
    for (alias, minor) in [
        ("manylinux1", 5),
        ("manylinux2010", 12),
        ("manylinux2014", 17),
    ] {
        let wheel = format!("a-1.0-py3-none-{alias}_x86_64.whl");
        let with = target("3.12.4", Platform::LinuxAmd64, Libc::Glibc(2, minor));
        let below = target("3.12.4", Platform::LinuxAmd64, Libc::Glibc(2, minor - 1));
        assert!(best(&with, &[&wheel]).is_some(), "{alias}");
        assert!(best(&below, &[&wheel]).is_none(), "{alias}");
    }
    let arm = target("3.12.4", Platform::LinuxArm64, Libc::Glibc(2, 36));
    assert!(best(&arm, &["a-1.0-py3-none-manylinux1_aarch64.whl"]).is_none());
    assert!(best(&arm, &["a-1.0-py3-none-manylinux2014_aarch64.whl"]).is_some());
}

#[test]
fn compressed_tags_stand_for_all_their_combinations() {
    let wheel = "a-1.0-cp311.cp312-none-manylinux_2_5_x86_64.manylinux1_x86_64.whl";
    assert!(best(&debian(), &[wheel]).is_some());
    assert!(best(&debian(), &["a-1.0-py2.py3-none-any.whl"]).is_some());
    assert!(best(&debian(), &["a-1.0-cp312-cp312t-manylinux_2_17_x86_64.whl"]).is_none());
}

#[test]
fn of_equal_wheels_the_highest_build_wins() {
    let all = [
        "a-1.0-py3-none-any.whl",
        "a-1.0-9-py3-none-any.whl",
        "a-1.0-10abc-py3-none-any.whl",
    ];
    assert_eq!(best(&debian(), &all).unwrap(), all[2]);
    let name = WheelName::parse(all[2]).unwrap();
    assert_eq!(name.build, "10abc");
    assert_eq!(name.platforms().collect::<Vec<_>>(), ["any"]);
    assert_eq!(WheelName::parse("a-1.0.tar.gz"), None);
    assert_eq!(WheelName::parse("a-py3-none-any.whl"), None);
}
