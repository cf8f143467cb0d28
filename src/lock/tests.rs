//! Tests of reading a lock: what each revision writes, what people find in place of a lock, and which
//! wheel a target takes.

use insta::assert_snapshot;

use super::*;
use crate::target::{Libc, Platform, Target};

/// A lock with these packages and a usual head.
fn lock(body: &str) -> Lock {
    let text = format!("version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n{body}");
    parsed(&text)
}

fn parsed(text: &str) -> Lock {
    Lock::parse(SourceFile::new("uv.lock", text)).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    let error = Lock::parse(SourceFile::new("uv.lock", text)).expect_err("must be refused");
    error.to_string()
}

fn only<'l>(lock: &'l Lock, name: &str) -> &'l Package {
    let [id] = lock.named(&name.parse().unwrap()) else {
        panic!("not one `{name}`");
    };
    lock.package(*id)
}

/// The edges of a package, as `name==version[extras] ; marker`.
fn edges(lock: &Lock, edges: &[Dependency]) -> Vec<String> {
    let shown = edges.iter().map(|edge| {
        let label = lock.package(edge.package).label();
        let extras: Vec<&str> = edge.extras.iter().map(AsRef::as_ref).collect();
        let marker = edge.marker.as_ref().map_or("", Marker::as_str);
        format!("{label}[{}] ; {marker}", extras.join(","))
    });
    shown.collect()
}

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

// What the revisions write.

#[test]
fn a_lock_without_revision_does_not_say_which_extras_there_are() {
    let lock = parsed(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\n\
         source = { editable = \".\" }\n\n[package.metadata]\nrequires-dist = [{ name = \"b\", marker = \"extra == 'x'\" }]\n\n\
         [[package]]\nname = \"b\"\nversion = \"2\"\nsource = { registry = \"https://x.invalid/simple\" }\n",
    );
    assert_eq!(lock.revision(), 0);
    let metadata = only(&lock, "a").metadata.as_ref().unwrap();
    assert_eq!(metadata.provides_extras, None);
    assert_eq!(
        metadata.requires_dist[0].marker.as_ref().unwrap().as_str(),
        "extra == 'x'"
    );
}

#[test]
fn the_oldest_locks_call_packages_distributions() {
    let lock = parsed(
        "version = 1\nrequires-python = \">=3.12\"\n\n[[distribution]]\nname = \"a\"\nversion = \"1.0\"\n\
         source = { registry = \"https://x.invalid/simple\" }\n",
    );
    assert_eq!(only(&lock, "a").label(), "a==1.0");
}

#[test]
fn groups_have_two_names_in_the_file() {
    let group = |table: &str| {
        let lock = lock(&format!(
            "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\n\n[package.{table}]\n\
             dev = [{{ name = \"b\" }}]\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n\
             source = {{ registry = \"https://x.invalid/simple\" }}\n"
        ));
        edges(&lock, &only(&lock, "a").groups[&GroupName::dev()])
    };
    assert_eq!(group("dev-dependencies"), ["b==2[] ; "]);
    assert_eq!(group("dependency-groups"), group("dev-dependencies"));
}

#[test]
fn early_revision_2_spells_upload_time_with_an_underscore() {
    let lock = lock(
        "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://x.invalid/simple\" }\n\
         sdist = { url = \"https://x.invalid/a-1.tar.gz\", hash = \"sha256:00\", size = 3, upload_time = \"2025-01-01T00:00:00Z\" }\n",
    );
    let sdist = only(&lock, "a").sdist.as_ref().unwrap();
    assert_eq!(
        (sdist.filename.as_str(), sdist.size),
        ("a-1.tar.gz", Some(3))
    );
}

#[test]
fn revision_4_leaves_metadata_out() {
    let lock = parsed(
        "version = 1\nrevision = 4\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
         source = { editable = \".\" }\n",
    );
    assert!(only(&lock, "a").metadata.is_none());
}

#[test]
fn revision_5_records_default_groups_and_their_pythons() {
    let lock = parsed(
        "version = 1\nrevision = 5\nrequires-python = \">=3.11\"\n\n[manifest]\nmembers = [\"a\", \"b\"]\n\
         default-groups = [\"web\"]\n\n[manifest.dependency-groups]\nweb = [{ name = \"a\" }]\n\n\
         [[package]]\nname = \"a\"\nversion = \"1\"\nsource = { editable = \"a\" }\ndefault-groups = \"all\"\n\n\
         [package.group-requires-python]\ndocs = \">=3.13\"\n\n\
         [[package]]\nname = \"b\"\nversion = \"1\"\nsource = { virtual = \"b\" }\ndefault-groups = [\"dev\"]\n",
    );
    assert_eq!(only(&lock, "a").default_groups, Some(DefaultGroups::All));
    let dev = DefaultGroups::Some(vec![GroupName::dev()]);
    assert_eq!(only(&lock, "b").default_groups, Some(dev));
    let pythons = &only(&lock, "a").group_requires_python;
    assert_eq!(
        pythons[&"docs".parse::<GroupName>().unwrap()].to_string(),
        ">=3.13"
    );
    let manifest = lock.manifest();
    assert_eq!(manifest.dependency_groups[0][0].name.as_ref(), "a");
    assert_eq!(lock.root(), None);
    assert_eq!(lock.members().len(), 2);
}

#[test]
fn a_revision_of_the_future_is_read() {
    let lock =
        parsed("version = 1\nrevision = 99\nrequires-python = \">=3.11\"\nnews = { a = 1 }\n");
    assert_eq!(lock.revision(), 99);
}

#[test]
fn a_span_back_from_today_is_no_date() {
    let options = |options: &str| {
        let head = "version = 1\nrevision = 3\nrequires-python = \">=3.11\"";
        parsed(&format!("{head}\n\n[options]\n{options}\n"))
            .options()
            .exclude_newer
            .clone()
    };
    let span = "exclude-newer = \"0001-01-01T00:00:00Z\"\nexclude-newer-span = \"P7D\"";
    assert_eq!(options(span), Some(ExcludeNewer::Span("P7D".to_owned())));
    let time = "exclude-newer = \"2026-01-01T00:00:00Z\"";
    assert_eq!(
        options(time),
        Some(ExcludeNewer::Time("2026-01-01T00:00:00Z".to_owned()))
    );
    assert_eq!(options("resolution-mode = \"lowest\""), None);
}

// Edges.

#[test]
fn an_edge_says_version_and_source_where_the_name_does_not_decide() {
    let lock = lock(
        "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [\n\
         \x20   { name = \"n\", version = \"1.26.4\", source = { registry = \"https://x.invalid/simple\" }, marker = \"python_full_version < '3.12'\" },\n\
         \x20   { name = \"n\", version = \"2.2.0\", source = { registry = \"https://x.invalid/simple\" }, extra = [\"fast\"], marker = \"python_full_version >= '3.12'\" },\n\
         \x20   { name = \"n\", version = \"2.2.0\", source = { url = \"https://y.invalid/n-2.2.0.tar.gz\" } },\n]\n\n\
         [[package]]\nname = \"n\"\nversion = \"1.26.4\"\nsource = { registry = \"https://x.invalid/simple\" }\n\
         resolution-markers = [\"python_full_version < '3.12'\"]\n\n\
         [[package]]\nname = \"n\"\nversion = \"2.2.0\"\nsource = { registry = \"https://x.invalid/simple\" }\n\n\
         [[package]]\nname = \"n\"\nversion = \"2.2.0\"\nsource = { url = \"https://y.invalid/n-2.2.0.tar.gz\" }\n",
    );
    let a = only(&lock, "a");
    assert_eq!(
        edges(&lock, &a.dependencies),
        [
            "n==1.26.4[] ; python_full_version < '3.12'",
            "n==2.2.0[fast] ; python_full_version >= '3.12'",
            "n==2.2.0[] ; ",
        ]
    );
    let last = lock.package(a.dependencies[2].package);
    assert_eq!(
        last.source,
        Source::Url("https://y.invalid/n-2.2.0.tar.gz".into())
    );
}

#[test]
fn an_edge_that_leads_nowhere_is_refused() {
    assert_snapshot!(refused(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
         source = { virtual = \".\" }\ndependencies = [\n    { name = \"torch\" },\n]\n"
    ), @r#"
    error[invalid-lock]: uv.lock names the dependency `torch`, which is not in it
     --> uv.lock:9:5
      |
    9 |     { name = "torch" },
      |     ^^^^^^^^^^^^^^^^ named here
      |
      = help: write the lock again with `uv lock`
    "#);
}

#[test]
fn an_edge_that_fits_several_packages_is_refused() {
    let package = |version: &str| {
        format!(
            "\n[[package]]\nname = \"n\"\nversion = \"{version}\"\nsource = {{ registry = \"https://x.invalid/simple\" }}\n"
        )
    };
    assert_snapshot!(refused(&format!(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
         source = {{ virtual = \".\" }}\ndependencies = [{{ name = \"n\" }}]\n{}{}",
        package("1"),
        package("2"),
    )), @r#"
    error[invalid-lock]: uv.lock names the dependency `n`, and several packages fit
     --> uv.lock:8:17
      |
    8 | dependencies = [{ name = "n" }]
      |                 ^^^^^^^^^^^^ named here
      |
      = help: write the lock again with `uv lock`
    "#);
}

#[test]
fn every_source_keeps_its_place() {
    let sources = [
        ("registry", "links"),
        (
            "git",
            "https://x.invalid/r?rev=v1&subdirectory=a%2Fb#0123456789012345678901234567890123456789",
        ),
        ("url", "https://x.invalid/a-1.tar.gz"),
        ("path", "vendor/a-1-py3-none-any.whl"),
        ("directory", "../shared"),
        ("editable", "libs/a"),
        ("virtual", "."),
    ];
    for (kind, place) in sources {
        let lock = lock(&format!(
            "[[package]]\nname = \"a\"\nsource = {{ {kind} = \"{place}\" }}\n"
        ));
        let package = only(&lock, "a");
        assert_eq!(package.source.kind(), kind);
        assert_eq!(package.source.to_string(), place);
        assert_eq!(package.version, None, "a version is optional");
    }
}

// Files.

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
    assert_eq!(name.build(), "10abc");
    assert_eq!(name.platforms().collect::<Vec<_>>(), ["any"]);
    assert_eq!(WheelName::parse("a-1.0.tar.gz"), None);
    assert_eq!(WheelName::parse("a-py3-none-any.whl"), None);
}

// What people find in place of a lock.

#[test]
fn a_git_lfs_pointer_is_told_apart() {
    assert_snapshot!(refused(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    ), @"
    error[lfs-pointer]: uv.lock is a Git LFS pointer, not the lock itself
     --> uv.lock:1:1
      |
    1 | version https://git-lfs.github.com/spec/v1
      | ^^^^^^^ the content was never fetched
      |
      = help: run `git lfs pull`
    ");
}

#[test]
fn conflict_markers_of_a_merge_are_told_apart() {
    assert_snapshot!(refused(
        "version = 1\n<<<<<<< HEAD\nrevision = 2\n=======\nrevision = 3\n>>>>>>> main\n"
    ), @"
    error[merge-conflict]: uv.lock has unresolved conflicts of a merge
     --> uv.lock:2:1
      |
    2 | <<<<<<< HEAD
      | ^^^^^^^ the conflict begins here
      |
      = help: take either side (`git checkout --ours uv.lock`), then run `uv lock`
    ");
}

#[test]
fn a_lock_that_was_cut_off_is_shown_where_it_ends() {
    assert_snapshot!(refused(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nvers"
    ), @"
    error[invalid-lock]: uv.lock cannot be read
     --> uv.lock:6:5
      |
    6 | vers
      |     ^ key with no value, expected `=`
      |
      = help: restore it from version control, or write it again with `uv lock`
    ");
}

#[test]
fn another_schema_is_named() {
    assert_snapshot!(refused("version = 2\nrevision = 0\n\n[[pkg]]\n"), @"
    error[unsupported-lock]: uv.lock has schema version 2, dfgen reads version 1
     --> uv.lock:1:1
      |
    1 | version = 2
      | ^^^^^^^ written by another generation of uv
      |
      = help: write it with a uv whose schema is 1, or look for a newer dfgen
    ");
    assert_snapshot!(refused("version = 0\nrequires-python = \">=3.11\"\n"), @"
    error[unsupported-lock]: uv.lock has schema version 0, dfgen reads version 1
     --> uv.lock:1:1
      |
    1 | version = 0
      | ^^^^^^^ written by another generation of uv
      |
      = help: write it with a uv whose schema is 1, or look for a newer dfgen
    ");
}

#[test]
fn values_of_the_wrong_kind_are_shown() {
    assert_snapshot!(refused("version = 1\nrequires-python = \"three\"\n"), @r#"
    error[invalid-lock]: uv.lock says `three` where a version range belongs
     --> uv.lock:2:19
      |
    2 | requires-python = "three"
      |                   ^^^^^^^ not a version range
      |
      = help: write the lock again with `uv lock`
    "#);
    assert_snapshot!(refused(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
         source = { virtual = \".\" }\ndefault-groups = \"most\"\n"
    ), @r#"
    error[invalid-lock]: uv.lock says `most` where a list of groups or `all` belongs
     --> uv.lock:8:18
      |
    8 | default-groups = "most"
      |                  ^^^^^^ not a list of groups or `all`
      |
      = help: write the lock again with `uv lock`
    "#);
    assert_snapshot!(refused("version = 1\nrequires-python = [\">=3.11\"]\n"), @r#"
    error[invalid-lock]: uv.lock cannot be read
     --> uv.lock:2:19
      |
    2 | requires-python = [">=3.11"]
      |                   ^^^^^^^^^^ invalid type: sequence, expected a string
      |
      = help: restore it from version control, or write it again with `uv lock`
    "#);
}

#[test]
fn an_empty_file_is_no_lock() {
    assert_snapshot!(refused(""), @"
    error[invalid-lock]: uv.lock is empty
     --> uv.lock:1:1
      |
    1 |
      | ^ no lock
      |
      = help: restore it from version control, or write it again with `uv lock`
    ");
}
