//! Twenty real projects on many machines: files, findings and exit code are the same on all of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use crate::oracle::{copy_of, projects};
use crate::states::differences;

/// How many projects are looked at, spread over all of them.
const PROJECTS: usize = 20;

/// How many are looked at at once.
const THREADS: usize = 2;

/// The corpus has no source: with a program to start, more of the projects have an image.
const PROGRAM: &str = "import os\n\ndef main():\n    print(os.environ['HOME'])\n\nif __name__ == '__main__':\n    main()\n";

#[test]
fn same_answer_on_every_machine() {
    let all = projects();
    let taken = all.iter().step_by(all.len() / PROJECTS).take(PROJECTS);
    let taken: Vec<&PathBuf> = taken.collect();
    assert_eq!(taken.len(), PROJECTS);
    let found: Vec<String> = std::thread::scope(|scope| {
        let halves = taken.chunks(PROJECTS / THREADS);
        let threads =
            halves.map(|half| scope.spawn(|| half.iter().flat_map(|one| told(one)).collect()));
        let threads: Vec<ScopedJoinHandle<'_, Vec<String>>> = threads.collect();
        let told = threads.into_iter();
        told.flat_map(|one| one.join().expect("it can be told"))
            .collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn told(project: &Path) -> Vec<String> {
    let copy = copy_of(project);
    let program = copy.root().join("main.py");
    if !program.exists() {
        fs::write(program, PROGRAM).expect("a file can be written");
    }
    let below = copy.root().strip_prefix(copy.top());
    let below = below.expect("it lies there").to_str();
    let found = differences(copy.top(), below.expect("plain names"));
    let found = found.into_iter();
    found
        .map(|one| format!("{}: {one}", project.display()))
        .collect()
}
