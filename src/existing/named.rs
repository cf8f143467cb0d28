//! Dockerfiles that lie where nobody looks for them, and that the files of a platform or of continuous integration build.
//!
//! Sources: <https://docs.railway.com/reference/config-as-code#dockerfile-path>,
//! <https://fly.io/docs/reference/configuration/#specify-a-dockerfile>,
//! <https://render.com/docs/blueprint-spec#docker>, <https://devcenter.heroku.com/articles/build-docker-images-heroku-yml>,
//! <https://github.com/docker/build-push-action#inputs>

use crate::project::SourceTree;
use crate::project::source_tree::{has_extension, parent};

/// The files of platforms that name one.
const PLATFORMS: [&str; 5] = [
    "fly.toml",
    "heroku.yml",
    "railway.json",
    "railway.toml",
    "render.yaml",
];

/// The folder of GitHub's workflows: what they publish is what runs.
const WORKFLOWS: &str = ".github/workflows";

/// The paths of Dockerfiles that such files name, as `is_dockerfile` knows them; each is there.
pub(super) fn named(tree: &SourceTree, is_dockerfile: impl Fn(&str) -> bool) -> Vec<String> {
    let is_naming = |path: &&str| {
        let is_workflow = parent(path) == WORKFLOWS
            && (has_extension(path, "yml") || has_extension(path, "yaml"));
        PLATFORMS.contains(path) || is_workflow
    };
    let files = tree.lying().filter(is_naming);
    let texts = files.filter_map(|path| tree.lying_text(path));
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        let lines = text.text().lines();
        let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
        for word in lines.flat_map(|line| line.split([' ', '"', '\'', '=', ',', ':'])) {
            let path = word.trim().trim_start_matches("./");
            let is_there = || tree.lying_text(path).is_some();
            if is_dockerfile(path) && is_there() && !found.iter().any(|known| known == path) {
                found.push(path.to_owned());
            }
        }
    }
    found
}
