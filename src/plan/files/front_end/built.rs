//! The front end that the project's own container builds: the lines that build it with the image.

use super::{Build, FrontEnd, below, lines, list, of_script, text};
use crate::plan::inputs::Subject;
use crate::project::SourceTree;
use crate::project::source_tree::join;

/// The lines for the front end of a folder. What is made is given where the container says it, else its own files say
/// it; `None` where nothing does. `env` are assignments that its script runs with.
pub(crate) fn lines_of(
    subject: &Subject<'_>,
    folder: &str,
    made: &[String],
    env: &[String],
) -> Option<String> {
    let end = FrontEnd::read(&subject.inputs.tree, &join(folder, "package.json"))?;
    let installer = end.installer()?;
    let made = if made.is_empty() {
        outputs(&end)
    } else {
        made.to_vec()
    };
    let build = end.build();
    if made.is_empty() || matches!(build, Build::Nothing) {
        return None;
    }
    let plain = lines(subject, &end, build, &list(&made));
    if env.is_empty() {
        return Some(plain);
    }
    let with = format!("{} {}", env.join(" "), installer.build);
    Some(plain.replace(&text(&installer.build), &text(&with)))
}

/// What its script and its configuration say that it writes, and what is kept out of version control and of builds below
/// its folder; as far as it is not there.
fn outputs(end: &FrontEnd<'_>) -> Vec<String> {
    let mut said = of_script(&end.script().unwrap_or_default());
    said.extend(end.bundler().and_then(|(_, bundler)| bundler.said(end)));
    let said = said.iter().filter(|path| !path.starts_with('/'));
    let mut all: Vec<String> = said.filter_map(|path| below(&end.folder, path)).collect();
    all.extend(ignored(end));
    all.retain(|path| !end.tree.has_file(path) && !end.tree.has_folder(path));
    all.sort();
    all.dedup();
    all
}

/// Paths below its folder that both lists of what is ignored name.
fn ignored(end: &FrontEnd<'_>) -> Vec<String> {
    if end.folder.is_empty() {
        return Vec::new();
    }
    let start = format!("{}/", end.folder);
    let named = |path: &str| named(end.tree, path);
    let of_builds = named(".dockerignore");
    let mut both = named(".gitignore");
    both.retain(|path| {
        let rest = path.strip_prefix(&start).unwrap_or_default();
        let is_plain =
            !rest.is_empty() && !rest.starts_with('.') && !rest.contains(['*', '?', '[']);
        is_plain && !rest.contains(super::PACKAGES) && of_builds.contains(path)
    });
    both
}

fn named(tree: &SourceTree, path: &str) -> Vec<String> {
    let file = tree.lying_text(path);
    let text = file.as_ref().map_or("", |file| file.text());
    let lines = text.lines().map(|line| line.trim().trim_matches('/'));
    lines.map(str::to_owned).collect()
}
