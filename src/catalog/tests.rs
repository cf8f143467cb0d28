//! Tests over the whole folder: every file is read, every row is in order, and says why it is believed.

use std::any::type_name;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::diagnostic::{SourceFile, Style};
use crate::profile::catalog_rows;

fn data_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/data");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Parses a table, which checks its rows and that no kind of its file is left unread. Gives the name of the file: the
/// type stands in the module that is called so.
fn read<T>(embedded: fn() -> T) -> String {
    embedded();
    let mut names = type_name::<T>().rsplit("::");
    names.nth(1).unwrap().to_owned()
}

#[test]
fn every_row_is_well_formed_and_read() {
    let read = [
        read(BaseImages::embedded),
        read(Browsers::embedded),
        read(Builds::embedded),
        read(Caches::embedded),
        read(Costs::embedded),
        read(Defaults::embedded),
        read(DevelopmentTools::embedded),
        read(Dockerfiles::embedded),
        read(Executables::embedded),
        read(Folders::embedded),
        read(Frameworks::embedded),
        read(FrontEnds::embedded),
        read(Gpu::embedded),
        read(Imports::embedded),
        read(Leftovers::embedded),
        read(Libraries::embedded),
        read(Managers::embedded),
        read(MlStack::embedded),
        read(Models::embedded),
        read(Packages::embedded),
        read(Reads::embedded),
        read(Revisions::embedded),
        read(Runners::embedded),
        read(Savings::embedded),
        read(Scan::embedded),
        read(SecretNames::embedded),
        read(Secrets::embedded),
        read(Servers::embedded),
        read(Services::embedded),
        read(Sizes::embedded),
        read(Sources::embedded),
        read(Trim::embedded),
        read(Unnamed::embedded),
        read(Unwanted::embedded),
        read(UvVersions::embedded),
        read(Variables::embedded),
        read(Writes::embedded),
    ];
    let files = data_files();
    let files: Vec<&str> = files.iter().map(|path| stem(path)).collect();
    assert_eq!(read, *files);
}

#[test]
fn every_file_has_its_module() {
    let module = include_str!("mod.rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
    for path in data_files() {
        let stem = stem(&path);
        assert!(module.contains(&format!("\nmod {stem};")), "{stem}");
        let code = fs::read_to_string(folder.join(stem).with_extension("rs")).unwrap();
        let wired = format!("embedded!(\"{stem}\")");
        assert!(code.contains(&wired), "{stem}");
    }
}

#[test]
fn kinds_and_keys_are_sorted() {
    for path in data_files() {
        let text = fs::read_to_string(&path).unwrap();
        let headings: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
            .filter(|heading| *heading != "evidence")
            .collect();
        assert!(!headings.is_empty(), "{}", path.display());
        let mut sorted = headings.clone();
        sorted.sort_by_key(|heading| sort_key(heading));
        assert_eq!(headings, sorted, "{}", path.display());
    }
}

/// A heading as kind and key, numbers in versions compared as numbers.
fn sort_key(heading: &str) -> (String, Vec<u64>, String) {
    let (kind, key) = heading.split_once('.').unwrap();
    let key = key.trim_matches('"');
    let numbers: Option<Vec<u64>> = key.split('.').map(|part| part.parse().ok()).collect();
    (kind.to_owned(), numbers.unwrap_or_default(), key.to_owned())
}

#[test]
fn keys_are_unique_and_normalised() {
    for path in data_files() {
        let text = fs::read_to_string(&path).unwrap();
        let mut seen = BTreeSet::new();
        for heading in text.lines().filter(|line| line.starts_with('[')) {
            assert!(seen.insert(heading.to_owned()), "{heading}");
            let by_name = [
                "[cache.",
                "[package.",
                "[ml.",
                "[development.",
                "[server.",
                "[framework.",
                "[bot.",
                "[middleware.",
                "[tool.",
                "[service.",
            ];
            if by_name.iter().any(|kind| heading.starts_with(kind)) {
                assert!(!heading.contains('_'), "{heading} is not normalised");
                assert_eq!(heading, heading.to_lowercase());
            }
        }
    }
}

#[test]
fn every_row_says_why_it_is_believed() {
    for path in data_files() {
        let text = fs::read_to_string(&path).unwrap();
        let file: toml::Table = text.parse().unwrap();
        let stated = |table: &toml::Table| {
            let source = table.get("source").and_then(toml::Value::as_str);
            source.is_some_and(|source| source.len() > 10) && table.contains_key("date")
        };
        let default = file.get("evidence").and_then(toml::Value::as_table);
        let rows = file.iter().filter(|(kind, _)| *kind != "evidence");
        for (key, row) in rows.flat_map(|(_, rows)| rows.as_table().unwrap()) {
            let row = row.as_table().unwrap();
            let silent = !row.contains_key("source") && !row.contains_key("date");
            let believed = stated(row) || (silent && default.is_some_and(stated));
            assert!(believed, "{}: {key}", path.display());
        }
    }
}

fn user_rows(text: &str) -> crate::diagnostic::Result<UserRows> {
    catalog_rows::read(&SourceFile::new("dfgen.toml", text), &["catalog"])
}

fn name(text: &str) -> PackageName {
    PackageName::new(text.to_owned()).unwrap()
}

#[test]
fn a_users_row_stands_before_ours() {
    let rows = user_rows(
        "[catalog.package.opencv-python]\nruntime = [\"libgl1\"]\n\n\
         [catalog.package.Acme_Lib]\nbuild = [\"libacme-dev\"]\ntoolchain = [\"c\"]\n",
    );
    let catalog = Catalog::with_rows(rows.unwrap());
    let opencv = catalog.package(&name("opencv-python")).unwrap();
    assert_eq!(opencv.runtime(DebianRelease::Trixie).len(), 1);
    assert_eq!(opencv.evidence().to_string(), "dfgen.toml:1");
    let acme = catalog.package(&name("acme-lib")).unwrap();
    assert!(acme.toolchain().contains(&Toolchain::C));
    assert!(catalog.package(&name("psycopg2")).is_some());
}

#[test]
fn a_users_module_stands_before_ours() {
    let rows = user_rows("[catalog.import.\"acme.core\"]\ndistributions = [\"acme-core\"]\n");
    let catalog = Catalog::with_rows(rows.unwrap());
    let Origin::Distributions(import) = catalog.origin("acme.core.models") else {
        panic!("the user's row is not found");
    };
    assert_eq!(import.distributions(), [name("acme-core")]);
    assert_eq!(catalog.origin("acme"), Origin::Unknown);
}

#[test]
fn a_file_without_rows_of_the_user_is_fine() {
    assert!(user_rows("[profile.api]\n").is_ok());
    let nested = "[tool.dfgen.catalog.package.x]\nruntime = [\"libpq5\"]\n";
    let file = SourceFile::new("pyproject.toml", nested);
    let rows = catalog_rows::read(&file, &["tool", "dfgen", "catalog"]).unwrap();
    assert_eq!(rows.packages.len(), 1);
}

#[test]
fn every_malformed_row_is_told_with_its_line() {
    let problems = user_rows(
        "[catalog.package.a]\nruntimes = [\"libpq5\"]\n\n\
         [catalog.package.b]\nruntime = [\"libpq5; rm -rf /\"]\n\n\
         [catalog.package.c]\ntoolchain = [\"cobol\"]\n\n\
         [catalog.package.d]\nruntime = { trixie = [] }\n\n\
         [catalog.packages.e]\n",
    );
    insta::assert_snapshot!(problems.unwrap_err().draw(Style::PLAIN), @r##"
error[catalog-row]: the catalog row of `a` cannot be read
 --> dfgen.toml:2:1
  |
2 | runtimes = ["libpq5"]
  | ^^^^^^^^ unknown field `runtimes`, expected one of `runtime`, `compiled-runtime`, `optional`, `build`, `toolchain`, `unless`, `prefer`
  |
  = help: a package's row says for example `runtime = ["libpq5"]`, a module's `distributions = ["acme-core"]`
  = help: where names differ between releases: `runtime = { bookworm = ["libmagic1"], trixie = ["libmagic1t64"] }`

error[catalog-row]: the catalog row of `b` cannot be read
 --> dfgen.toml:5:11
  |
5 | runtime = ["libpq5; rm -rf /"]
  |           ^^^^^^^^^^^^^^^^^^^^ `libpq5; rm -rf /` is not the name of a Debian package
  |
  = help: a package's row says for example `runtime = ["libpq5"]`, a module's `distributions = ["acme-core"]`
  = help: where names differ between releases: `runtime = { bookworm = ["libmagic1"], trixie = ["libmagic1t64"] }`

error[catalog-row]: the catalog row of `c` cannot be read
 --> dfgen.toml:8:14
  |
8 | toolchain = ["cobol"]
  |              ^^^^^^^ unknown variant `cobol`, expected one of `c`, `c++`, `cmake`, `fortran`, `git`, `make`, `ninja`, `rust`
  |
  = help: a package's row says for example `runtime = ["libpq5"]`, a module's `distributions = ["acme-core"]`
  = help: where names differ between releases: `runtime = { bookworm = ["libmagic1"], trixie = ["libmagic1t64"] }`

error[catalog-row]: the catalog row of `d` cannot be read
  --> dfgen.toml:11:11
   |
11 | runtime = { trixie = [] }
   |           ^^^^^^^^^^^^^^^ missing field `bookworm`
   |
   = help: a package's row says for example `runtime = ["libpq5"]`, a module's `distributions = ["acme-core"]`
   = help: where names differ between releases: `runtime = { bookworm = ["libmagic1"], trixie = ["libmagic1t64"] }`

error[catalog-row]: the catalog takes no rows of kind `packages`
  --> dfgen.toml:13:10
   |
13 | [catalog.packages.e]
   |          ^^^^^^^^ not a kind of row
   |
   = help: did you mean `package`?
"##);
}
