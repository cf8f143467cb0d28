//! Projects that nobody would write.

use std::fs;
use std::path::Path;

use fastrand::Rng;

use crate::mutate::{Pool, Tree};

/// Files that are not in each project, and that are put in from others.
const KINDS: &[&str] = &[
    "Dockerfile",
    "compose.yaml",
    "docker-compose.yml",
    "Procfile",
    "dfgen.toml",
    ".python-version",
    ".dockerignore",
    ".gitignore",
    "fly.toml",
    "render.yaml",
    "app.json",
    "entrypoint.sh",
    "manage.py",
    "main.py",
    "alembic.ini",
    "gunicorn.conf.py",
    "uv.toml",
    ".env",
    "supervisord.conf",
    "Makefile",
    "justfile",
    "package.json",
];

/// The project of a number.
pub(crate) fn project(pool: &Pool, seeds: &[Tree], number: u64) -> Tree {
    let mut rng = Rng::with_seed(number);
    let mut tree = seeds[rng.usize(..seeds.len())].clone();
    for _ in 0..rng.usize(0..3) {
        let name = KINDS[rng.usize(..KINDS.len())];
        if let Some(text) = rng.choice(pool.files(name)) {
            tree.0.insert(name.to_owned(), text.clone());
        }
    }
    let paths: Vec<String> = tree.0.keys().cloned().collect();
    for _ in 0..rng.usize(1..5) {
        let path = &paths[rng.usize(..paths.len())];
        let text = tree.0.get_mut(path).expect("it is there");
        for _ in 0..rng.usize(1..6) {
            pool.change(text, &mut rng);
        }
    }
    if rng.u8(..) < 20 {
        tree.0.remove(&paths[rng.usize(..paths.len())]);
    }
    tree
}

/// Writes a project to a folder.
pub(crate) fn write(tree: &Tree, folder: &Path) {
    for (path, text) in &tree.0 {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        // What is a file in one seed may be a folder in another.
        if !path.is_dir() {
            fs::write(path, text).expect("a file");
        }
    }
}
