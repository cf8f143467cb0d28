//! The program of the build stages: one file beside the Dockerfiles, the same for every image.
//!
//! It is Python as it stands in `program/`, with the line put in that says who wrote it and, where an image looks for
//! missing libraries, the catalog's table of them: what differs between images and layers are arguments in their
//! Dockerfiles. The version of dfgen stands here and in no other generated file, so that a new release does not change
//! every file of a project.

use std::collections::BTreeMap;

use super::File;
use crate::catalog::{Brought, Catalog, DebianRelease};
use crate::plan::Plan;

/// Its name in the folder of generated files.
pub const NAME: &str = "dfgen.py";

/// The version of dfgen, which stands in the first line of the program and nowhere else.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const HEAD: &str = "# Made by dfgen ";

/// The version of the dfgen that wrote a program, where it says one.
pub fn made_by(program: &str) -> Option<&str> {
    let rest = program.strip_prefix(HEAD)?;
    let version = rest.split([',', ' ', '\n']).next()?;
    (!version.is_empty()).then_some(version)
}

const TEXT: &str = include_str!("program/dfgen.py");

/// The line of the program that the list of packages takes the place of whose files nobody may change. All of them are
/// in it, whatever the lock has today: it may have another one tomorrow, and these files as they are.
const NO_LIST: &str = "AS_BUILT = []\n";

/// The line of the program that the table of libraries takes the place of.
const NO_TABLE: &str = "BROUGHT = {}\n";

/// Where dfgen is to be had, where Cargo.toml says it.
fn address() -> String {
    match env!("CARGO_PKG_REPOSITORY") {
        "" => String::new(),
        address => format!(" ({address})"),
    }
}

/// The file.
pub(super) fn file(plan: &Plan, version: &str) -> File {
    let head = format!(
        "{HEAD}{version}{}, which replaces it whole: `dfgen render` writes it again.\n",
        address(),
    );
    let scans = plan.images.iter().filter_map(|image| image.scan.as_ref());
    let releases: BTreeMap<DebianRelease, &Brought> =
        scans.map(|scan| (scan.release, &scan.brought)).collect();
    let text = TEXT.replacen(NO_LIST, &list(), 1);
    let text = if releases.is_empty() {
        text
    } else {
        text.replacen(NO_TABLE, &table(&releases), 1)
    };
    File::new(NAME.to_owned(), &(head + &text), &[])
}

fn list() -> String {
    let patterns = Catalog::embedded().trim().as_built();
    let names: Vec<String> = patterns.map(|pattern| format!("\"{pattern}\"")).collect();
    format!("AS_BUILT = [{}]\n", names.join(", "))
}

/// By release, then by package: names of libraries and packages have no letter that Python would have to escape.
fn table(releases: &BTreeMap<DebianRelease, &Brought>) -> String {
    let mut lines = vec!["BROUGHT = {".to_owned()];
    for (release, packages) in releases {
        lines.push(format!("    \"{release}\": {{"));
        for (package, libraries) in *packages {
            let names: Vec<String> = libraries.iter().map(ToString::to_string).collect();
            lines.push(format!("        \"{package}\": \"{}\",", names.join(" ")));
        }
        lines.push("    },".to_owned());
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_has_one_place_for_the_table() {
        assert_eq!(TEXT.matches(NO_TABLE).count(), 1);
        assert_eq!(TEXT.matches(NO_LIST).count(), 1);
        let package = "libgl1".parse().unwrap();
        let libraries = ["libGL.so.1".parse().unwrap()].into();
        let brought: Brought = [(package, libraries)].into();
        insta::assert_snapshot!(table(&[(DebianRelease::Trixie, &brought)].into()), @r#"
        BROUGHT = {
            "trixie": {
                "libgl1": "libGL.so.1",
            },
        }
        "#);
    }
}
