//! Shared libraries: what is missing is told with its owner and package, what is there in any of the ways that count is not.

use serde_json::json;

use super::ImageReport;
use crate::image::reading::library;
use crate::image::reading::testing::{ImageOf, LayerOf};

const SITE: &str = "opt/venv/lib/python3.13/site-packages";

/// A distribution with one shared object that needs a library.
fn needing(need: &str, folders: &str) -> LayerOf {
    let record = "viewer/core.so,,\nviewer-1.0.dist-info/RECORD,,\n";
    LayerOf::new()
        .file(
            &format!("{SITE}/viewer/core.so"),
            library(&["libc.so.6", need], "", folders, 0),
        )
        .file(&format!("{SITE}/viewer-1.0.dist-info/RECORD"), record)
}

fn image(own: LayerOf, more: LayerOf) -> ImageOf {
    let base = LayerOf::new()
        .file("etc/os-release", "ID=debian\nVERSION_CODENAME=trixie\n")
        .file(
            "usr/lib/x86_64-linux-gnu/libc.so.6",
            library(&[], "libc.so.6", "", 0),
        );
    ImageOf::new()
        .layer("FROM", base)
        .layer("COPY own", own)
        .layer("COPY more", more)
}

fn missing(image: &ImageOf) -> Vec<String> {
    let report = ImageReport::of(&image.read());
    let missing = report.missing_libraries.iter();
    missing
        .map(|one| {
            format!(
                "{} for {} in {}: {}",
                one.library,
                one.owners.join(" "),
                one.files.join(" "),
                one.write()
            )
        })
        .collect()
}

#[test]
fn a_missing_library_is_told_with_owner_and_package() {
    let known = image(needing("libGL.so.1", ""), LayerOf::new());
    assert_eq!(
        missing(&known),
        [format!(
            "libGL.so.1 for viewer in /{SITE}/viewer/core.so: `apt = {{ runtime = [\"libgl1\"] }}` in dfgen.toml, or `apt-get install libgl1`"
        )]
    );
    let unknown = image(needing("libodd.so.7", ""), LayerOf::new());
    assert!(
        missing(&unknown)[0].contains("`apt-file search libodd.so.7`"),
        "{:?}",
        missing(&unknown)
    );
}

#[test]
fn a_library_is_there_in_each_way_that_a_loader_knows() {
    let own = || library(&[], "libown.so.1", "", 0);
    for (folders, path) in [
        // The system's folders, those of its configuration, and of a variable.
        ("", "usr/lib/x86_64-linux-gnu/libown.so.1"),
        ("", "usr/local/lib/libown.so.1"),
        // Where auditwheel puts it, and what another package has loaded before.
        (
            "$ORIGIN/../viewer.libs",
            &format!("{SITE}/viewer.libs/libown.so.1"),
        ),
        ("", &format!("{SITE}/nvidia/own/lib/libown.so.1")),
        // By what it calls itself, and by a folder outside.
        ("", &format!("{SITE}/other/libown-0a1b2c3d.so")),
        ("/srv/libraries", "srv/libraries/libown.so.1"),
    ] {
        let there = image(
            needing("libown.so.1", folders),
            LayerOf::new().file(path, own()),
        );
        assert_eq!(missing(&there), [""; 0], "{folders} {path}");
    }
    assert_eq!(
        missing(&image(needing("libown.so.1", ""), LayerOf::new())).len(),
        1
    );
}

#[test]
fn folders_of_the_loaders_configuration_and_of_a_variable_count() {
    // A package of the system's has it in a folder of its own, where nobody looks unasked.
    let lists = || {
        LayerOf::new()
            .file("var/lib/dpkg/status", "Package: libown1\nVersion: 1\n")
            .file(
                "var/lib/dpkg/info/libown1.list",
                "/usr/lib/own/libown.so.1\n",
            )
            .file("usr/lib/own/libown.so.1", "no names")
    };
    let need = || needing("libown.so.1", "");
    assert_eq!(missing(&image(need(), lists())).len(), 1);
    let configured = lists().file("etc/ld.so.conf.d/own.conf", "# own\n/usr/lib/own\n");
    assert_eq!(missing(&image(need(), configured)), [""; 0]);
    let said = image(need(), lists()).config(json!({ "Env": ["LD_LIBRARY_PATH=/x:/usr/lib/own"] }));
    assert_eq!(missing(&said), [""; 0]);
}

#[test]
fn what_comes_with_the_driver_or_is_never_loaded_is_not_missed() {
    assert_eq!(
        missing(&image(needing("libcuda.so.1", ""), LayerOf::new())),
        [""; 0]
    );
    let python = LayerOf::new().file(
        "usr/local/lib/python3.13/lib-dynload/_tkinter.so",
        library(&["libtk8.6.so"], "", "", 0),
    );
    assert_eq!(missing(&image(python, LayerOf::new())), [""; 0]);
    let deleted = LayerOf::new().whiteout(&format!("{SITE}/viewer/core.so"));
    assert_eq!(missing(&image(needing("libGL.so.1", ""), deleted)), [""; 0]);
    let part = |name: &str, path: &str| {
        let record = format!("{path},,\n{name}-1.dist-info/RECORD,,\n");
        let own = LayerOf::new()
            .file(
                &format!("{SITE}/{path}"),
                library(&["libodd.so.7"], "", "", 0),
            )
            .file(&format!("{SITE}/{name}-1.dist-info/RECORD"), record);
        missing(&image(own, LayerOf::new()))
    };
    assert_eq!(part("numba", "numba/np/ufunc/tbbpool.so"), [""; 0]);
    // A star of a row goes through folders.
    let deep = "nvidia/nvshmem/lib/nvshmem_transport_ucx.so.6";
    assert_eq!(part("nvidia_nvshmem_cu13", deep), [""; 0]);
    assert_eq!(part("numba", "numba/np/ufunc/workqueue.so").len(), 1);
}
