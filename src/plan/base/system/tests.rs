use super::*;
use crate::diagnostic::Style;
use crate::plan::fixture::{Shop, lock, needing, package, sdist, wheel};

const COMPILE: &str = "compile = true\n";

fn any(name: &str) -> String {
    wheel(name, "1.0", "py3-none-any", Some(1))
}

fn built(name: &str) -> String {
    sdist(name, "1.0")
}

/// A package from a repository.
fn git(name: &str, url: &str) -> String {
    let index = "registry = \"https://index.example/simple\"";
    let commit = "0123456789abcdef0123456789abcdef01234567";
    package(name, "1.0").replace(index, &format!("git = \"{url}?rev=main#{commit}\""))
}

/// A project that needs all of these.
fn shop(settings: &str, packages: &[String], files: &[(&str, &str)]) -> Shop {
    let names = packages.iter();
    let names: Vec<&str> = names.map(|one| one.split('"').nth(1).unwrap()).collect();
    Shop::new(settings, &lock(&names, packages), files)
}

fn decided(shop: &Shop, release: DebianRelease) -> Result<System> {
    let subject = shop.subject();
    let rust = RustNeed::find(&subject.inputs.tree, "", subject.manifest)?;
    system(
        &subject,
        &shop.closures(),
        release,
        rust.as_ref(),
        &BTreeSet::new(),
        &BTreeMap::new(),
    )
}

fn on_trixie(settings: &str, packages: &[String]) -> System {
    decided(&shop(settings, packages, &[]), DebianRelease::Trixie).unwrap()
}

/// `package (because)` of each.
fn told(needs: &[AptNeed]) -> Vec<String> {
    let needs = needs.iter();
    let needs = needs.map(|need| format!("{} ({})", need.package, need.because));
    needs.collect()
}

#[test]
fn libraries_are_installed_for_what_opens_them() {
    for (packages, expected) in [
        (vec![any("click")], &[][..]),
        (vec![any("psycopg2")], &["libpq5 (psycopg2)"]),
        (vec![any("psycopg")], &["libpq5 (psycopg)"]),
        (vec![any("psycopg"), any("psycopg-binary")], &[]),
        (
            vec![any("psycopg"), any("psycopg2")],
            &["libpq5 (psycopg, psycopg2)"],
        ),
        // Its wheel brings the library.
        (vec![any("cryptography")], &[]),
        (vec![built("cryptography")], &["libssl3t64 (cryptography)"]),
    ] {
        let system = on_trixie(COMPILE, &packages);
        assert_eq!(told(&system.runtime), expected, "{packages:?}");
    }
    let bookworm = shop("", &[any("opencv-python")], &[]);
    let bookworm = decided(&bookworm, DebianRelease::Bookworm).unwrap();
    assert_eq!(
        told(&bookworm.runtime),
        ["libgl1 (opencv-python)", "libglib2.0-0 (opencv-python)"]
    );
    assert!(bookworm.runtime.iter().all(|need| need.size.is_some()));
}

#[test]
fn what_one_use_needs_is_not_installed() {
    let system = on_trixie("", &[any("ansible-core")]);
    assert_eq!(told(&system.runtime), [""; 0]);
    let optional = [
        "openssh-client (ansible-core, when hosts are reached over ssh)",
        "sshpass (ansible-core, when hosts are reached over ssh)",
    ];
    assert_eq!(told(&system.optional), optional);
    let said = "apt.runtime = [\"sshpass\"]\napt.build = [\"libacme-dev\"]\n";
    let system = on_trixie(said, &[any("ansible-core")]);
    assert_eq!(told(&system.runtime), ["sshpass (dfgen.toml)"]);
    assert_eq!(told(&system.optional), optional[..1]);
    assert_eq!(told(&system.build.apt), ["libacme-dev (dfgen.toml)"]);
}

#[test]
fn compilers_are_there_for_what_is_built() {
    let unknown = "acme, which has no wheel and may need one";
    let cases = [
        (vec![any("click"), any("psycopg2")], vec![]),
        (
            vec![built("psycopg2")],
            ["gcc", "libc6-dev", "libpq-dev"]
                .map(|package| format!("{package} (psycopg2)"))
                .to_vec(),
        ),
        (
            vec![built("acme")],
            ["g++", "gcc", "libc6-dev"]
                .map(|package| format!("{package} ({unknown})"))
                .to_vec(),
        ),
    ];
    for (packages, expected) in cases {
        let build = on_trixie(COMPILE, &packages).build;
        assert_eq!(told(&build.apt), expected);
        let flags: Vec<&str> = build.env.values().map(AsRef::as_ref).collect();
        let compiles = !expected.is_empty();
        assert_eq!(flags, vec!["-g0"; usize::from(compiles)]);
        assert_eq!(build.packages.len(), usize::from(compiles));
        assert!(build.rust.is_none() && !build.rust_for_dependencies && !build.git);
    }
}

#[test]
fn rust_comes_with_its_own_image() {
    for (release, image) in [
        (DebianRelease::Trixie, "-slim-trixie"),
        (DebianRelease::Bookworm, "-slim-bookworm"),
    ] {
        let shop = shop(COMPILE, &[built("cryptography")], &[]);
        let build = decided(&shop, release).unwrap().build;
        let rust = build.rust.unwrap();
        assert!(rust.value.to_string().ends_with(image), "{rust:?}");
        assert_eq!(rust.because, "the catalog's Rust toolchain");
        assert!(build.rust_for_dependencies);
    }
}

/// The project's own package is written in Rust, and pins a newer compiler than the catalog's.
#[test]
fn the_projects_own_crate_says_which_rust() {
    let manifest = "[project]\nname = \"shop\"\nversion = \"1.0.0\"\n\
        [build-system]\nrequires = [\"maturin>=1\"]\nbuild-backend = \"maturin\"\n";
    let cargo = "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nedition = \"2024\"\nrust-version = \"1.999\"\n";
    let files = [("pyproject.toml", manifest), ("Cargo.toml", cargo)];
    let shop = shop("", &[any("click")], &files);
    let build = decided(&shop, DebianRelease::Trixie).unwrap().build;
    assert_eq!(told(&build.apt), ["gcc (shop)", "libc6-dev (shop)"]);
    assert!(!build.rust_for_dependencies && build.packages.is_empty());
    let rust = build.rust.unwrap();
    assert_eq!(rust.value.to_string(), "rust:1.999-slim-trixie");
}

#[test]
fn git_fetches_what_comes_from_repositories() {
    let host = "https://git.example/acme.git";
    let ssh = "ssh://git@git.example/acme.git";
    for (url, client) in [(host, false), (ssh, true)] {
        let build = on_trixie(COMPILE, &[git("acme", url)]).build;
        assert_eq!(build.packages, ["acme".parse().unwrap()]);
        let apt = told(&build.apt);
        let has = |package: &str| apt.contains(&format!("{package} (acme)"));
        assert!(build.git && has("git") && has("ca-certificates"), "{apt:?}");
        assert_eq!((build.ssh, has("openssh-client")), (client, client));
        let names: Vec<&str> = build.env.keys().map(AsRef::as_ref).collect();
        assert_eq!(names.contains(&"GIT_SSH_COMMAND"), client);
    }
}

#[test]
fn only_what_the_profile_allows_is_built() {
    let refused = |settings: &str| {
        let packages = [built("acme"), built("psycopg2"), any("click")];
        let shop = shop(settings, &packages, &[]);
        let decided = decided(&shop, DebianRelease::Trixie);
        let problems = decided.err().into_iter().flatten();
        let problems = problems.map(|problem| problem.message().to_owned());
        problems.collect::<Vec<_>>()
    };
    let no_wheel =
        |name: &str| format!("{name} 1.0 has no wheel for linux/amd64 and Python 3.13.14");
    let [acme, psycopg2] = ["acme", "psycopg2"].map(no_wheel);
    assert_eq!(refused(COMPILE), [""; 0]);
    assert_eq!(refused("compile = [\"acme\", \"psycopg2\"]\n"), [""; 0]);
    assert_eq!(refused("compile = [\"acme\"]\n"), [&*psycopg2]);
    assert_eq!(refused("compile = false\n"), [acme, psycopg2]);
}

#[test]
fn a_refused_build_says_who_needs_it_and_what_does_the_same() {
    let middle = any("middle") + &needing(&["psycopg2"]);
    let lock = lock(&["middle"], &[middle, built("psycopg2")]);
    let shop = Shop::new("compile = false\n", &lock, &[]);
    let problems = decided(&shop, DebianRelease::Trixie).err().unwrap();
    insta::assert_snapshot!(problems.draw(Style::PLAIN), @r##"
    error[no-wheel]: psycopg2 1.0 has no wheel for linux/amd64 and Python 3.13.14
     --> dfgen.toml:2:11
      |
    2 | compile = false
      |           ^^^^^ it may not be built
      |
      = note: needed by shop -> middle -> psycopg2
      = note: it would be built, and `compile` of `api` does not allow it (dfgen.toml:2)
      = help: depend on `psycopg2-binary`, which does the same
      = help: allow it: `compile = ["psycopg2"]` in [profile.api] of dfgen.toml
    "##);
}

#[test]
fn isolation_is_as_uv_has_it() {
    let build = |settings: &str| {
        let manifest =
            format!("[project]\nname = \"shop\"\nversion = \"1.0.0\"\n[tool.uv]\n{settings}");
        let packages = [built("acme"), any("click"), built("flash-attn")];
        let files = [("pyproject.toml", &*manifest)];
        let shop = shop(COMPILE, &packages, &files);
        decided(&shop, DebianRelease::Trixie).unwrap().build
    };
    let unisolated = |settings: &str| {
        let names = build(settings).unisolated;
        names.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(unisolated(""), [""; 0]);
    let one = "no-build-isolation-package = [\"Flash_Attn\", \"click\"]\n";
    assert_eq!(unisolated(one), ["flash-attn"]);
    let all = "no-build-isolation = true\n";
    assert_eq!(unisolated(all), ["acme", "flash-attn", "shop"]);
    assert_eq!(unisolated("no-build-isolation = false\n"), [""; 0]);
    let matched = |settings: &str| format!("{:?}", build(settings).matched);
    assert_eq!(matched(""), "{}");
    let torch = "[tool.uv.extra-build-dependencies]\n\
        flash-attn = [\"setuptools\", { requirement = \"torch\", match-runtime = true }]\n\
        click = [{ requirement = \"torch\", match-runtime = true }]\n";
    assert_eq!(
        matched(torch),
        "{PackageName(\"flash-attn\"): [PackageName(\"torch\")]}"
    );
}
