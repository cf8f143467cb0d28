//! Freshness.
use crate::oracle::projects;
use dfgen::freshness;
use dfgen::project::Project;

#[test]
fn no_false_alarm() {
    for folder in projects() {
        let project = Project::load(&folder).unwrap();
        if let Err(problems) = freshness::check(&project) {
            println!("##### {}\n{problems}", folder.display());
        }
    }
}
