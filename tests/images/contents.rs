//! An image holds what the lock says that it needs, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::context::{below, examples};
use crate::engine::{Image, text};
use crate::gallery::{Example, GALLERY};

/// What `inventory.py` saw in an image.
#[derive(Debug, Deserialize)]
struct Inventory {
    python: String,
    distributions: Vec<String>,
    false_records: Vec<String>,
    unrecorded: Vec<String>,
    without_bytecode: Vec<String>,
    with_symbols: Vec<String>,
    files: BTreeMap<String, u64>,
    debian_packages: Vec<String>,
}

/// The inventory of every image, taken once.
static INVENTORIES: LazyLock<BTreeMap<Example, Inventory>> = LazyLock::new(|| {
    let inventories = GALLERY
        .iter()
        .map(|example| (*example, Inventory::of(&example.build().image)));
    inventories.collect()
});

impl Inventory {
    fn of(image: &Image) -> Self {
        let program = ["python", "-c", include_str!("inventory.py")];
        let json = image.container().user("0").command(&program).finish();
        serde_json::from_str(&json).expect("inventory.py prints an inventory")
    }

    fn files_where(&self, is_meant: impl Fn(&Path) -> bool) -> Vec<String> {
        self.files
            .keys()
            .filter(|path| is_meant(Path::new(path)))
            .cloned()
            .collect()
    }
}

/// Looks at every image; what is found should be nothing.
fn nothing(what: &str, find: impl Fn(&Example, &Inventory) -> Vec<String>) {
    for (example, inventory) in &*INVENTORIES {
        let found = find(example, inventory);
        assert!(found.is_empty(), "{example}: {what}: {found:#?}");
    }
}

#[test]
fn exactly_the_closure_is_installed() {
    for (example, inventory) in &*INVENTORIES {
        let installed: BTreeSet<_> = inventory.distributions.iter().cloned().collect();
        assert_eq!(installed, closure(example, &inventory.python), "{example}");
    }
}

/// What `dfgen closure` says, less the projects that are no packages and run from their source.
fn closure(example: &Example, python: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfgen"));
    command.args([
        "closure",
        "--format",
        "json",
        "--platform",
        "linux/amd64",
        "--python",
        python,
    ]);
    command
        .args(example.selection)
        .current_dir(examples().join(example.project));
    let output = command.output().expect("dfgen can be started");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let closure: Value = serde_json::from_slice(&output.stdout).expect("dfgen prints JSON");
    let packages = closure["packages"]
        .as_array()
        .expect("a closure has packages")
        .iter();
    packages
        .filter(|package| package["file"]["kind"] != "virtual")
        .map(label)
        .collect()
}

fn label(package: &Value) -> String {
    let word = |key: &str| {
        package[key]
            .as_str()
            .expect("a locked package has a name and a version")
    };
    format!("{}=={}", word("name"), word("version"))
}

#[test]
fn every_record_is_true() {
    nothing("files that RECORD lists", |_, inventory| {
        inventory.false_records.clone()
    });
}

#[test]
fn every_file_of_the_environment_belongs_to_a_distribution() {
    nothing("files that no RECORD lists", |_, inventory| {
        inventory.unrecorded.clone()
    });
}

/// A read-only container could not write it.
#[test]
fn every_module_has_its_bytecode() {
    nothing("modules without bytecode", |_, inventory| {
        inventory.without_bytecode.clone()
    });
}

#[test]
fn no_library_has_what_only_debuggers_read() {
    nothing("libraries with symbols", |_, inventory| {
        inventory.with_symbols.clone()
    });
}

#[test]
fn no_tool_of_building_is_left() {
    const TOOLS: &[&str] = &[
        "uv",
        "uvx",
        "pip",
        "pip3",
        "gcc",
        "g++",
        "cc",
        "c++",
        "cpp",
        "clang",
        "as",
        "ld",
        "make",
        "cargo",
        "rustc",
        "rustup",
        "maturin",
        "git",
        "finish-layer",
    ];
    nothing("tools", |_, inventory| {
        inventory.files_where(|path| {
            let folder = path.parent().and_then(Path::file_name);
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            folder.is_some_and(|folder| folder == "bin" || folder == "sbin")
                && TOOLS.contains(&name)
        })
    });
}

#[test]
fn no_development_package_is_left() {
    nothing("Debian packages", |_, inventory| {
        let packages = inventory.debian_packages.iter();
        packages
            .filter(|name| name.ends_with("-dev"))
            .cloned()
            .collect()
    });
}

/// The base image brings some empty lock files.
#[test]
fn no_cache_and_no_list_is_left() {
    const LEFT: &[&str] = &[
        "/build",
        "/layer",
        "/root/.cache",
        "/root/.cargo",
        "/var/cache/apt",
        "/var/lib/apt/lists",
    ];
    nothing("left behind", |_, inventory| {
        let left = inventory.files_where(|path| LEFT.iter().any(|folder| path.starts_with(folder)));
        left.into_iter()
            .filter(|path| inventory.files[path] > 0)
            .collect()
    });
}

#[test]
fn no_test_and_no_script_of_the_project_is_in_it() {
    nothing("the project's tests and scripts", |example, inventory| {
        let folder = examples().join(example.project);
        let unwanted = below(&folder)
            .into_iter()
            .filter(|path| is_for_developers(path) && path.is_file());
        unwanted
            .flat_map(|file| inventory.copies_of(&file))
            .collect()
    });
}

fn is_for_developers(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == "tests" || folder == "scripts")
}

impl Inventory {
    /// Files with the same name, folder and size.
    fn copies_of(&self, file: &Path) -> Vec<String> {
        let size = file.metadata().expect("the file can be read").len();
        let end: std::path::PathBuf = file
            .components()
            .rev()
            .take(2)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        self.files_where(|path| path.ends_with(&end))
            .into_iter()
            .filter(|path| self.files[path] == size)
            .collect()
    }
}

#[test]
fn the_user_is_a_number_and_not_root() {
    for example in GALLERY {
        let image = example.build().image;
        let user = image.config()["User"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let (uid, gid) = user.split_once(':').unwrap_or_default();
        assert!(
            uid.parse().is_ok_and(|uid: u32| uid > 0) && gid.parse().is_ok_and(|gid: u32| gid > 0),
            "{example}: {user}"
        );
        let seen = image.container().command(&["id", "--user"]).finish();
        assert_eq!(seen.trim(), uid, "{example}");
    }
}

/// What may do more than it should, as seen by the image's own user who got a writable file system.
#[derive(Debug, Deserialize)]
struct Rights {
    changeable: BTreeSet<String>,
    set_id: BTreeSet<String>,
}

impl Rights {
    fn of(image: &Image, user: &str) -> Self {
        let program = ["python3", "-c", include_str!("rights.py")];
        let container = image.container().writable().user(user);
        let json = container.command(&program).finish();
        serde_json::from_str(&json).expect("rights.py prints rights")
    }
}

#[test]
fn its_user_can_change_no_code_and_nothing_gives_more_rights() {
    for example in GALLERY {
        let image = example.build().image;
        let user = image.config()["User"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let rights = Rights::of(&image, &user);
        assert!(
            rights.changeable.is_empty(),
            "{example}: {:#?}",
            rights.changeable
        );
        let folder = examples().join(example.project).join("docker");
        let file = std::fs::read_to_string(folder.join(format!("{}.Dockerfile", example.profile)));
        let file = file.expect("its Dockerfile");
        let base = file
            .lines()
            .find_map(|line| line.strip_prefix("FROM python:"));
        let base = base
            .and_then(|line| line.split_whitespace().next())
            .expect("a base");
        // Its tag is to stay.
        let base = ManuallyDrop::new(Image::tagged(format!("python:{base}")));
        let added: Vec<_> = rights
            .set_id
            .difference(&Rights::of(&base, "0").set_id)
            .cloned()
            .collect();
        assert!(added.is_empty(), "{example}: {added:#?}");
    }
}
