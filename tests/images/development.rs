//! The image for development: it runs the source, and has what production images leave out.

use crate::build::build;
use crate::context::Context;

#[test]
fn the_project_tests_itself_in_its_development_image() {
    let context = Context::of("two-images");
    context.edit(
        "dfgen.toml",
        "syntax = false",
        "syntax = false\nprofiles = [\"dev\"]",
    );
    context.render();
    let image = build(&context, "dev").image;
    assert_eq!(image.config()["Labels"]["dfgen.development"], "true");
    // As `docker compose run dev pytest` does; pytest writes beside the source.
    let run = ["pytest", "tests/test_api.py"];
    let said = image.container().writable().command(&run).finish();
    assert!(
        said.contains(" passed") && !said.contains("skipped") && !said.contains("warning"),
        "{said}"
    );
    // An edit that compose syncs takes effect: nothing but the source is imported.
    let place = [
        "python",
        "-c",
        "import shop_api; print(shop_api.__file__, shop_api.__cached__)",
    ];
    let place = image.container().command(&place).finish();
    assert!(
        place.starts_with("/app/src/shop_api/__init__.py"),
        "{place}"
    );
}
