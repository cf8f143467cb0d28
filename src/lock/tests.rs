//! Tests of reading a lock: what each revision writes, and where its edges lead.

mod no_lock;
mod wheels;

use insta::assert_snapshot;

use super::*;

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
fn revision_5_records_default_groups() {
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
