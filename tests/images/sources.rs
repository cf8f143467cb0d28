//! Dependencies from everywhere: an index, a second one, Git, a URL, a folder, a file, the workspace; one of two
//! conflicting extras; one built without isolation, two with what runs, one whose version Git knows. `sources.py` writes the
//! project and serves what comes over HTTP.

use crate::build::{build, build_cold, build_with};
use crate::server::Server;

#[test]
fn dependencies_come_from_everywhere_and_give_the_same_bytes() {
    let server = Server::start("sources.py", &[]);
    let version = ["--build-arg=VERSION=1.2.3"];
    let image = build_with(&server.project(), "job", &version).image;
    insta::assert_snapshot!(image.container().finish(), @"
    by-git, built with six 1.17.0
    by-index
    by-member, built with idna 3.9
    by-path
    by-url
    by-wheel
    idna 3.9
    by-path 1.2.3
    ");
    let image = build(&server.project(), "job").image;
    let again = build_cold(server.project().checked_out_elsewhere(), "job").image;
    assert_eq!(image.layers(), again.layers());
}
