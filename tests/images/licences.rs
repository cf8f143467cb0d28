//! Files whose licence lets nobody change them are in an image as their wheel has them, wherever they lie, or not at all.
//! `vendors.py` makes the wheels, and takes one of NVIDIA's from PyPI.

use std::collections::BTreeMap;

use crate::build::build;
use crate::engine::Image;
use crate::server::Server;

/// Hashes of files by path.
type Hashes = BTreeMap<String, String>;

const HASHES: &str = "import hashlib, json, pathlib; print(json.dumps({str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in pathlib.Path('/opt/venv').rglob('*') if path.is_file()}))";

fn hashes(image: &Image) -> Hashes {
    let json = image
        .container()
        .command(&["python", "-c", HASHES])
        .finish();
    serde_json::from_str(&json).expect("the program prints JSON")
}

/// The files of a wheel that an image has and that are others there, and those that it does not have.
fn differ<'w>(wheel: &'w Hashes, image: &Hashes) -> (Vec<&'w str>, Vec<&'w str>) {
    let (mut changed, mut left_out) = (Vec::new(), Vec::new());
    for (path, hash) in wheel {
        match image.get(path) {
            Some(found) if found == hash => {}
            Some(_) => changed.push(path.as_str()),
            None => left_out.push(path.as_str()),
        }
    }
    (changed, left_out)
}

/// The same, by the last parts of their paths.
fn names(wheel: &Hashes, image: &Hashes) -> (Vec<String>, Vec<String>) {
    let (changed, left_out) = differ(wheel, image);
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let names = |paths: Vec<&str>| paths.into_iter().map(last).collect();
    (names(changed), names(left_out))
}

#[test]
fn files_that_nobody_may_change_are_whole_or_not_there() {
    let server = Server::start("vendors.py", &[]);
    let context = server.project();
    let wheels: BTreeMap<String, Hashes> =
        serde_json::from_str(&context.read("expected.json")).expect("vendors.py writes JSON");
    let image = build(&context, "job").image;
    assert_eq!(image.container().finish(), "well\n");
    let found = hashes(&image);
    let names = |wheel: &str| names(&wheels[wheel], &found);
    // What may be changed is: or the rest would prove nothing.
    assert_eq!(names("anybodys_made_up").0, ["libmade.so.1"]);
    // What lies in the project is in the layer of the application, of which nothing is left out.
    let nothing = (Vec::<String>::new(), Vec::<String>::new());
    assert_eq!(names("nvidia_made_up"), nothing);
    let (changed, left_out) = names("nvidia_cuda_runtime_cu12");
    assert_eq!(changed, Vec::<String>::new());
    let is_for_compilers = |name: &String| {
        [".h", ".hpp", ".a", ".cuh"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    assert!(left_out.iter().all(is_for_compilers), "{left_out:?}");
    for library in [
        "nvidia/cuda_runtime/lib/libcudart.so.12",
        "nvidia/made/lib/libmade.so.1",
    ] {
        assert!(
            found.keys().any(|path| path.ends_with(library)),
            "{library}"
        );
    }
    let label = &image.config()["Labels"]["dfgen.stripped"];
    assert_eq!(label, "debug symbols of all packages but nvidia-*");

    // One line for the whole project.
    let settings = context.read("dfgen.toml");
    std::fs::write(
        context.path().join("dfgen.toml"),
        format!("keep = [\"debug-symbols\"]\n{settings}"),
    )
    .expect("a file can be written");
    context.render();
    let whole = build(&context, "job").image;
    let found = hashes(&whole);
    assert!(
        wheels
            .values()
            .all(|wheel| differ(wheel, &found).0.is_empty())
    );
    assert!(whole.config()["Labels"]["dfgen.stripped"].is_null());
}
