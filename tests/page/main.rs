//! The page of `dfgen size --format html`, and of `dfgen layers --format html`, in a real browser.
//!
//! Asked for by name: `DFGEN_CHROMIUM=chromium cargo test --test page`. The browser draws the page, a script in a copy of it
//! uses it as a person does, and what then stands in the document is compared with the JSON.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use dfgen::bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// What a person does, and what is seen after it: words in the document's title.
const USE: &str = r#"<script>
addEventListener("load", () => {
  const seen = {};
  const cells = () => [...document.querySelectorAll(".package")];
  const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const about = () => document.getElementById("about").textContent;
  seen.drawn = cells().length;
  seen.told = document.getElementById("told").textContent;
  seen.outside = [...document.querySelectorAll(".cell")].filter((cell) => {
    const box = cell.getBoundingClientRect(), around = cell.parentElement.getBoundingClientRect();
    return box.right > around.right + 1 || box.bottom > around.bottom + 1 || box.left < around.left - 1;
  }).length;
  document.querySelector(".cell").focus();
  seen.first = about();
  press("ArrowDown");
  seen.below = about();
  press("ArrowUp");
  seen.back = about() === seen.first;
  document.querySelector("[value=pull]").click();
  seen.pull = document.getElementById("told").textContent;
  seen.measure = getComputedStyle(document.getElementById("measure")).display;
  if (seen.measure === "none") document.querySelector("[value=disk]").click();
  const by = document.getElementById("by");
  seen.by = getComputedStyle(by).display;
  if (seen.by !== "none") {
    by.querySelector("[value=owner]").click();
    seen.owners = [...document.querySelectorAll(".part")].map((cell) => cell.getAttribute("aria-label"));
    by.querySelector("[value=layer]").click();
  }
  const search = document.getElementById("search");
  search.value = "pydantic";
  search.dispatchEvent(new Event("input"));
  seen.dim = cells().filter((cell) => cell.classList.contains("dim")).length;
  seen.found = document.getElementById("told").textContent;
  seen.rows = [...document.querySelectorAll("tr")].slice(1).map((row) => [...row.children].map((cell) => cell.textContent));
  seen.when = getComputedStyle(document.getElementById("when")).display;
  seen.wide = document.documentElement.scrollWidth <= innerWidth;
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
});
</script>"#;

fn size(project: &Path, format: &str) -> String {
    printed(&["size", "--format", format, "--project"], project)
}

fn printed(arguments: &[&str], path: &Path) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_dfgen"))
        .args(arguments)
        .arg(path)
        .output()
        .expect("dfgen runs");
    assert!(run.status.success(), "{run:?}");
    String::from_utf8(run.stdout).expect("UTF-8")
}

/// What a browser of this width sees when the page is used.
fn seen(page: &str, width: u32) -> Value {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("page.html");
    std::fs::write(&file, page.replace("</body>", &format!("{USE}</body>"))).expect("a file");
    let chromium = std::env::var("DFGEN_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let run = Command::new(&chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!("--window-size={width},900"))
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap_or_else(|error| panic!("{chromium}: {error}: name a browser in DFGEN_CHROMIUM"));
    let log = String::from_utf8_lossy(&run.stderr);
    let console: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(":CONSOLE"))
        .collect();
    assert!(console.is_empty(), "{console:#?}");
    let text = String::from_utf8_lossy(&run.stdout);
    let (_, json) = text
        .split_once("<pre id=\"seen\">")
        .unwrap_or_else(|| panic!("the page was not used: {log}"));
    let (json, _) = json.split_once("</pre>").expect("its end");
    let json = json
        .replace("&amp;", "&")
        .replace("&gt;", ">")
        .replace("&lt;", "<");
    serde_json::from_str(&json).expect("JSON")
}

fn human(bytes: &Value) -> String {
    Bytes(bytes.as_u64().expect("bytes")).to_string()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

/// The one of a list that takes most on disk, by where its size is.
fn largest<'v>(list: &'v [Value], place: &str) -> &'v Value {
    let size = |one: &&Value| one.pointer(place).and_then(Value::as_u64);
    list.iter().max_by_key(size).expect("one")
}

/// Everything that is drawn of a project beside its JSON.
fn check(project: &Path, width: u32) {
    let json: Value = serde_json::from_str(&size(project, "json")).expect("JSON");
    let seen = seen(&size(project, "html"), width);
    let parts = list(&json, "images")
        .iter()
        .flat_map(|image| list(image, "parts"));
    let packages = parts.flat_map(|part| list(part, "packages"));
    let known: Vec<&Value> = packages
        .filter(|package| !package["size"].is_null())
        .collect();
    assert_eq!(seen["drawn"], known.len());
    assert_eq!(seen["outside"], 0, "cells stay in theirs");
    assert_eq!(seen["wide"], true, "nothing is wider than the window");
    assert_eq!(seen["when"], "none", "nothing is compared");
    for (measure, told) in [("disk", "told"), ("pull", "pull")] {
        for image in list(&json, "images") {
            let name = format!(
                "{} on {}",
                text(&image["profile"]),
                text(&image["platform"])
            );
            let words = format!("{name} {}", human(&image[measure]["bytes"]));
            assert!(
                text(&seen[told]).contains(&words),
                "{words} in {}",
                seen[told]
            );
        }
    }
    check_keys(&json, &seen);
    check_search(&known, &seen);
}

/// The largest image has the focus first, then its largest part.
fn check_keys(json: &Value, seen: &Value) {
    let image = largest(list(json, "images"), "/disk/bytes");
    let part = largest(list(image, "parts"), "/size/disk/bytes");
    for (shown, name, size) in [
        (&seen["first"], &image["profile"], &image["disk"]["bytes"]),
        (
            &seen["below"],
            &part["name"],
            &part["size"]["disk"]["bytes"],
        ),
    ] {
        let shown = text(shown);
        assert!(
            shown.contains(text(name)) && shown.contains(&human(size)),
            "{shown}"
        );
    }
    assert_eq!(seen["back"], true);
}

/// What is searched for is found, and in the table with its sizes.
fn check_search(known: &[&Value], seen: &Value) {
    let is_meant = |package: &&&Value| text(&package["name"]).contains("pydantic");
    let meant: Vec<&&Value> = known.iter().filter(is_meant).collect();
    assert_eq!(seen["dim"], known.len() - meant.len());
    let words = format!("{} found", meant.len());
    assert!(text(&seen["found"]).contains(&words), "{}", seen["found"]);
    let rows = list(seen, "rows");
    for package in meant {
        let size = &package["size"];
        let (disk, pull) = (human(&size["disk"]["bytes"]), human(&size["pull"]["bytes"]));
        let is_it = |row: &Value| row[2] == package["name"] && row[3] == disk && row[4] == pull;
        assert!(rows.iter().any(is_it), "{package} in {rows:#?}");
    }
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/two-images")
}

#[test]
fn it_draws_the_numbers_of_the_json_wide_and_narrow() {
    check(&example(), 1280);
    check(&example(), 390);
}

#[test]
fn four_hundred_packages_are_drawn() {
    let folder = TempDir::new().expect("a folder");
    let names: Vec<String> = (0..400).map(|number| format!("package-{number}")).collect();
    let mut lock = "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        let _ = write!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [\n    {{ url = \"https://files.pythonhosted.org/{name}-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = {} }},\n]\n",
            (number + 1) * 7919
        );
    }
    let wanted =
        |form: &dyn Fn(&String) -> String| names.iter().map(form).collect::<Vec<_>>().join(", ");
    let _ = write!(
        lock,
        "\n[[package]]\nname = \"many\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{}]\n\n[package.metadata]\nrequires-dist = [{}]\n",
        wanted(&|name| format!("{{ name = \"{name}\" }}")),
        wanted(&|name| format!("{{ name = \"{name}\" }}"))
    );
    let manifest = format!(
        "[project]\nname = \"many\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [{}]\n",
        wanted(&|name| format!("\"{name}\""))
    );
    std::fs::write(folder.path().join("uv.lock"), lock).expect("a file");
    std::fs::write(folder.path().join("pyproject.toml"), manifest).expect("a file");
    check(folder.path(), 1280);
}

/// An archive as older engines write it: one layer of the system, one of a distribution.
fn archive(folder: &Path) -> PathBuf {
    let tar = |files: &[(&str, Vec<u8>)]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            let added = builder.append_data(&mut header, path, &content[..]);
            added.expect("memory");
        }
        builder.into_inner().expect("memory")
    };
    let hex = |bytes: &[u8]| {
        let digest = Sha256::digest(bytes);
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let site = "opt/venv/lib/python3.13/site-packages";
    let record = b"pydantic/main.py,,\npydantic-2.11.0.dist-info/RECORD,,\n".to_vec();
    let layers = [
        tar(&[("usr/lib/libc.so.6", vec![1; 2_000_000])]),
        tar(&[
            (&format!("{site}/pydantic/main.py"), vec![2; 700_000]),
            (&format!("{site}/pydantic-2.11.0.dist-info/RECORD"), record),
        ]),
    ];
    let diffs: Vec<String> = layers
        .iter()
        .map(|layer| format!("sha256:{}", hex(layer)))
        .collect();
    let config = serde_json::json!({
        "os": "linux", "architecture": "amd64",
        "rootfs": { "type": "layers", "diff_ids": diffs },
        "history": [{ "created_by": "FROM <b>base</b>" }, { "created_by": "RUN uv sync </script>" }],
    });
    let manifest = serde_json::json!([{ "Config": "c.json", "RepoTags": ["shop:1"], "Layers": ["0.tar", "1.tar"] }]);
    let [first, second] = layers;
    let whole = tar(&[
        ("c.json", config.to_string().into_bytes()),
        ("manifest.json", manifest.to_string().into_bytes()),
        ("0.tar", first),
        ("1.tar", second),
    ]);
    let file = folder.join("shop.tar");
    std::fs::write(&file, whole).expect("a file");
    file
}

#[test]
fn a_built_image_is_drawn_by_layer_and_by_owner() {
    let folder = TempDir::new().expect("a folder");
    let file = archive(folder.path());
    let json: Value =
        serde_json::from_str(&printed(&["layers", "--format", "json"], &file)).expect("JSON");
    let seen = seen(&printed(&["layers", "--format", "html"], &file), 1280);
    let image = &json["image"];
    let owners = list(image, "layers")
        .iter()
        .flat_map(|layer| list(layer, "owners"));
    assert_eq!(
        seen["drawn"],
        owners.filter(|owner| owner["bytes"] != 0).count()
    );
    assert_eq!(
        (&seen["outside"], &seen["wide"]),
        (&Value::from(0), &Value::from(true))
    );
    let told = format!("shop:1 on linux/amd64 {}", human(&image["bytes"]));
    assert!(text(&seen["told"]).contains(&told), "{}", seen["told"]);
    assert_eq!(
        seen["measure"], "none",
        "an archive without compression says nothing about what is pulled"
    );
    assert!(
        text(&seen["below"]).contains("1 FROM <b>base</b>"),
        "{}",
        seen["below"]
    );
    let kinds: Vec<&str> = list(&seen, "owners").iter().map(text).collect();
    assert_eq!(kinds, ["system, 2.0 MB", "distribution, 700 kB"]);
    assert!(
        text(&seen["found"]).contains("1 found: 700 kB"),
        "{}",
        seen["found"]
    );
}
