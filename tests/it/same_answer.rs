//! Every example on many machines: files, findings and exit code are the same on all of them.

use std::fs;

use crate::harness::repository;
use crate::states::differences;

#[test]
fn an_example_gets_the_same_answer_on_every_machine() {
    let examples = fs::read_dir(repository().join("examples")).expect("there are examples");
    let folders = examples.map(|example| example.expect("an entry of a folder").path());
    let threads = folders.map(|folder| {
        std::thread::spawn(move || {
            let found = differences(&folder, "").into_iter();
            let found = found.map(|one| format!("{}: {one}", folder.display()));
            found.collect::<Vec<_>>()
        })
    });
    let threads: Vec<_> = threads.collect();
    let found = threads
        .into_iter()
        .flat_map(|one| one.join().expect("it can be told"));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
