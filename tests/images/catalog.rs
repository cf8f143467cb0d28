//! What the catalog says that packages need, proven on real builds: images with nothing else installed, in
//! which wheels are imported and source distributions were compiled.
//!
//! Packages share images, so one could live on what another's row brings. `owners.py` holds that against
//! each row: what a package links comes from the base image or from what its own row installs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::build::build;
use crate::context::{Context, fixtures};
use crate::engine::{docker, text};

/// Projects in `fixtures` whose every dependency is a row.
struct Proof {
    situation: &'static str,
    when: When,
}

/// Compiling takes long: some proofs are given only where `DFGEN_CATALOG` is `all`.
#[derive(PartialEq, Eq)]
enum When {
    Always,
    Asked,
}

const PROOFS: &[Proof] = &[
    proof("wheels", When::Always),
    proof("compiled", When::Always),
    proof("compiled_long", When::Asked),
    proof("bookworm_wheels", When::Asked),
    proof("bookworm_compiled", When::Asked),
];

const fn proof(situation: &'static str, when: When) -> Proof {
    Proof { situation, when }
}

impl Proof {
    fn is_due(&self) -> bool {
        let asked = match std::env::var("DFGEN_CATALOG").as_deref() {
            Ok("all") => true,
            Ok(other) => panic!("DFGEN_CATALOG is `all` or not set, and not `{other}`"),
            Err(_) => false,
        };
        asked || self.when == When::Always
    }

    fn dependencies(&self) -> Vec<String> {
        let path = fixtures().join(self.situation).join("pyproject.toml");
        let text = fs::read_to_string(path).expect("a fixture has a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        let listed = manifest["project"]["dependencies"].as_array();
        let names = listed.expect("dependencies are a list").iter();
        names
            .map(|name| name.as_str().expect("a requirement is text").to_owned())
            .collect()
    }
}

fn plan(context: &Context) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    let command = command.args(["plan", "--profile", "worker", "--format", "json"]);
    let output = command.current_dir(context.path()).output();
    let output = output.expect("dfgen can be started");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut plan: Value = serde_json::from_slice(&output.stdout).expect("dfgen prints JSON");
    plan["images"][0].take()
}

/// Who asks for Debian packages, and for which.
fn asked(needs: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for need in needs.as_array().expect("needs are a list") {
        let word = |key: &str| need[key].as_str().expect("a need is words").to_owned();
        for name in word("because").split(", ") {
            let packages = asked.entry(name.to_owned()).or_default();
            packages.insert(word("package"));
        }
    }
    asked
}

#[test]
fn what_the_catalog_says_is_enough() {
    for proof in PROOFS.iter().filter(|proof| proof.is_due()) {
        let situation = proof.situation;
        let context = Context::fixture(situation);
        let plan = plan(&context);
        let runtime = asked(&plan["apt-runtime"]);
        let build_needs = asked(&plan["build"]["apt"]);
        for name in proof.dependencies() {
            let is_row = runtime.contains_key(&name) || build_needs.contains_key(&name);
            assert!(is_row, "{situation}: the catalog has no need for {name}");
        }
        let image = build(&context, "worker").image;
        image.container().finish();
        let base = plan["base"]["value"].as_str().expect("a plan has a base");
        let own = serde_json::json!({
            "base": debian_packages(base),
            "optional": optional_files(),
            "rows": runtime,
        });
        let program = include_str!("owners.py");
        let arguments = ["python", "-c", program, &own.to_string()];
        let stray = image.container().user("0").command(&arguments).finish();
        assert_eq!(stray, "", "{situation}");
    }
}

/// What the scan leaves alone, too.
fn optional_files() -> Vec<String> {
    let known: toml::Table = include_str!("../../src/catalog/data/scan.toml")
        .parse()
        .expect("the catalog is TOML");
    let parts = known["part"].as_table().expect("parts are a table");
    let files = parts.values().filter_map(|part| part["files"].as_array());
    files
        .flatten()
        .filter_map(|file| file.as_str().map(ToOwned::to_owned))
        .collect()
}

fn debian_packages(image: &str) -> Vec<String> {
    let query = ["dpkg-query", "--show", "--showformat=${Package}\n"];
    let run = ["run", "--rm", "--network=none", image];
    let listed = docker(&[&run[..], &query].concat());
    listed.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn the_proofs_are_many_enough() {
    let rows = PROOFS.iter().flat_map(Proof::dependencies);
    let rows: BTreeSet<String> = rows.collect();
    assert!(rows.len() >= 25, "{rows:?}");
}
