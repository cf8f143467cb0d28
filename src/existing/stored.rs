//! Folders that variables of a container name, where its application keeps what it writes.

use super::image::{Image, Variable};
use super::mounts::{Mounts, OF_TOOLS, has_ending, is_of_system};
use crate::catalog::Dockerfiles;
use crate::project::source_tree::join;

/// Programs that only make a folder and say whose it is.
const MAKERS: [&str; 4] = ["chmod", "chown", "install", "mkdir"];

impl Mounts<'_> {
    /// The folder that a variable names and that the application writes, as `volumes` says it: an image is read-only, and
    /// nobody could write there. None where the source or the build fills it, and elsewhere where nothing makes it.
    pub(crate) fn stored(&self, variable: &Variable) -> Option<String> {
        let Variable { name, value } = variable;
        let known = Dockerfiles::embedded();
        let is_plumbing = known.plumbing().contains(name) || known.plumbing_prefixes().begin(name);
        let is_path = value.starts_with('/') && !value.contains([':', ' ', '$', ',']);
        if is_plumbing || !is_path || !known.says_storage(name) {
            return None;
        }
        let target = value.trim_end_matches('/');
        if target.is_empty() || is_of_system(target) || has_ending(target) {
            return None;
        }
        let made = self.image.map_or(Made::Not, |image| made(image, variable));
        let folder = match self.inside(target) {
            Some(inside) => {
                let path = join(self.folder, &inside);
                let is_free = !inside.is_empty() && self.tree.lies_there(&path).is_none();
                (is_free && made != Made::Filled).then_some(inside)?
            }
            None => (made == Made::Empty).then(|| target.to_owned())?,
        };
        let is_of_tools = folder.split('/').any(|part| OF_TOOLS.contains(&part));
        (!is_of_tools).then_some(folder)
    }
}

/// What a Dockerfile does with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Nothing.
    Not,
    /// It makes it.
    Empty,
    /// It puts something there.
    Filled,
}

fn made(image: &Image, variable: &Variable) -> Made {
    let Variable { name, value } = variable;
    let value = value.trim_end_matches('/');
    let names = [format!("${name}"), format!("${{{name}}}")];
    let is_named = |word: &String| {
        word.trim_end_matches('/') == value || names.iter().any(|name| word.contains(name.as_str()))
    };
    let is_filled = image.copied.iter().any(|copied| {
        let target = copied.value.target.trim_end_matches('/');
        target == value
    });
    let mut made = if is_filled { Made::Filled } else { Made::Not };
    for command in &image.commands {
        let words = &command.value.words;
        if !words.iter().any(is_named) {
            continue;
        }
        let program = words.first().map(String::as_str);
        let is_maker = program.is_some_and(|program| MAKERS.contains(&program));
        if !is_maker {
            return Made::Filled;
        }
        if made == Made::Not {
            made = Made::Empty;
        }
    }
    made
}
