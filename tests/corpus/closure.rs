//! Every selection of the corpus, on every Python and platform that uv was asked about: same
//! packages, versions and sources; same refusals; same builds; same gaps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dfgen::closure::{Choice, Closure, DefaultGroupsUse, Include, Members, ProjectUse, Selection};
use dfgen::lock::{Distribution, Package, PackageId, Source, Tags};
use dfgen::project::Project;
use dfgen::target::{Libc, Platform, Target};

use crate::oracle::{Answer, Case, Cases, Sync, projects};

#[derive(Default)]
struct Score {
    equal: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Score {
    fn check<T: PartialEq + std::fmt::Debug>(
        &mut self,
        kind: &str,
        place: &str,
        ours: &T,
        theirs: &T,
    ) {
        if ours == theirs {
            *self.equal.entry(kind.to_owned()).or_default() += 1;
        } else {
            self.wrong.push(format!(
                "{kind}: {place}\n  dfgen {ours:?}\n  uv    {theirs:?}"
            ));
        }
    }
}

#[test]
fn the_closure_is_what_uv_would_install() {
    let mut score = Score::default();
    for folder in projects() {
        let project = Project::load(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        let cases = Cases::load(&folder);
        for case in &cases.cases {
            check_case(&mut score, &folder, &project, &cases, case);
        }
    }
    println!("equal, by kind: {:?}", score.equal);
    let shown: Vec<_> = score.wrong.iter().take(40).cloned().collect();
    assert!(
        score.wrong.is_empty(),
        "{} wrong:\n{}",
        score.wrong.len(),
        shown.join("\n")
    );
}

fn check_case(score: &mut Score, folder: &Path, project: &Project, cases: &Cases, case: &Case) {
    let place = format!("{} {}", folder.display(), case.name);
    let selection = selection(&case.args);
    if case.refused || case.accepted_by_uv {
        let target = target("3.12.13", "linux-x86_64");
        let refused = Closure::select(project, &selection, &target).is_err();
        score.check(&format!("{} refused", case.kind), &place, &refused, &true);
        return;
    }
    for (python, platforms) in &case.eval {
        for (platform, answer) in platforms {
            let place = format!("{place} {python} {platform}");
            let target = target(&cases.python_full_versions[python], platform);
            match Closure::select(project, &selection, &target) {
                Ok(closure) => {
                    let current = current(project, &selection);
                    check_sync(score, &place, &closure, &answer.sync);
                    let selected = Selected { closure, current };
                    check_answer(score, folder, &place, &selected, answer);
                }
                Err(error) => score.wrong.push(format!("{place}: refused\n{error}")),
            }
        }
    }
}

/// uv's own word on whether the closure can be installed. It is silent where a Git submodule is
/// missing from the corpus: nothing to compare there.
fn check_sync(score: &mut Score, place: &str, closure: &Closure<'_>, sync: &Sync) {
    let ours = closure.check();
    match sync {
        Sync::Refused { error } if error.contains("Distribution not found at") => {}
        Sync::Refused { .. } => score.check("sync refused", place, &ours.is_err(), &true),
        Sync::Word(word) => {
            assert_eq!(word, "agrees", "{place}");
            score.check("sync accepted", place, &ours, &Ok(()));
        }
    }
}

/// A closure, and the project that uv leaves out of its export (`--no-emit-project`).
struct Selected<'p> {
    closure: Closure<'p>,
    current: Option<PackageId>,
}

fn current(project: &Project, selection: &Selection) -> Option<PackageId> {
    match &selection.members {
        Members::Named(names) => project.lock.named(names.first()?).first().copied(),
        Members::Root | Members::All => project.lock.root(),
    }
}

fn check_answer(
    score: &mut Score,
    folder: &Path,
    place: &str,
    selected: &Selected<'_>,
    answer: &Answer,
) {
    let closure = &selected.closure;
    let emitted = closure
        .installed()
        .filter(|(id, _, _)| Some(*id) != selected.current);
    let ours: BTreeSet<String> = emitted.map(|(_, package, _)| line(package)).collect();
    let theirs: BTreeSet<String> = answer.lines(folder).into_iter().collect();
    let more: Vec<&String> = ours.difference(&theirs).collect();
    let missing: Vec<&String> = theirs.difference(&ours).collect();
    score.check("closure", place, &(more, missing), &(vec![], vec![]));
    let labels = |label: fn(&Package, &Tags) -> Option<String>| {
        let tags = Tags::new(closure.target());
        let packages = closure.packages().map(|(_, package, _)| package);
        let mut labels: Vec<String> = packages
            .filter_map(|package| label(package, &tags))
            .collect();
        labels.sort();
        labels
    };
    score.check(
        "build_from_sdist",
        place,
        &labels(built),
        &sorted(&answer.build_from_sdist),
    );
    score.check(
        "no_dist",
        place,
        &labels(missing_distribution),
        &sorted(&answer.no_dist),
    );
}

fn sorted(labels: &[String]) -> Vec<String> {
    let mut labels = labels.to_vec();
    labels.sort();
    labels
}

fn built(package: &Package, tags: &Tags) -> Option<String> {
    match (package.distribution(tags), &package.source) {
        (Distribution::Sdist(_), Source::Registry(_)) => Some(package.label()),
        (Distribution::Sdist(_), Source::Url(_)) | (Distribution::Source, Source::Git(_)) => {
            Some(format!("{} (git/url source)", package.label()))
        }
        _ => None,
    }
}

fn missing_distribution(package: &Package, tags: &Tags) -> Option<String> {
    let missing = matches!(package.distribution(tags), Distribution::Missing);
    missing.then(|| package.label())
}

/// A package as `uv export` writes it.
fn line(package: &Package) -> String {
    let local = |path: &str| {
        let dots = if path.starts_with("..") || path == "." {
            ""
        } else {
            "./"
        };
        format!("{} @ {dots}{path}", package.name)
    };
    match &package.source {
        Source::Registry(_) => package.label(),
        Source::Git(url) => format!("{}  # git+{}", package.label(), git(url.as_written())),
        Source::Url(url) => format!("{}  # {url}", package.label()),
        Source::Path(path) | Source::Directory(path) => local(path),
        Source::Editable(path) => format!("{}  # editable", local(path)),
        Source::Virtual(_) => panic!("{} is not installed", package.name),
    }
}

/// `url?query#commit` of the lock as pip has it: `url@commit#subdirectory=folder`.
fn git(url: &str) -> String {
    let (url, commit) = url.split_once('#').expect("a locked commit");
    let (url, query) = url.split_once('?').unwrap_or((url, ""));
    let folder = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("subdirectory="));
    let folder = folder.map_or(String::new(), |folder| {
        format!("#subdirectory={}", folder.replace("%2F", "/"))
    });
    format!("{url}@{commit}{folder}")
}

fn target(python: &str, platform: &str) -> Target {
    Target {
        platform: match platform {
            "linux-x86_64" => Platform::LinuxAmd64,
            "linux-aarch64" => Platform::LinuxArm64,
            other => panic!("unknown platform {other}"),
        },
        libc: Libc::Glibc(2, 36),
        python: python.parse().expect("the corpus has valid versions"),
    }
}

/// uv's flags, as a selection.
fn selection(args: &[String]) -> Selection {
    let mut selection = Selection::default();
    let mut args = args.iter();
    while let Some(flag) = args.next() {
        let mut value = || args.next().expect("the flag has a value");
        match flag.as_str() {
            "--extra" => include(&mut selection.extras, value()),
            "--group" => include(&mut selection.groups, value()),
            "--only-group" => {
                include(&mut selection.groups, value());
                selection.project = ProjectUse::Leave;
                selection.default_groups = DefaultGroupsUse::Leave;
            }
            "--only-dev" => {
                include(&mut selection.groups, "dev");
                selection.project = ProjectUse::Leave;
                selection.default_groups = DefaultGroupsUse::Leave;
            }
            "--no-extra" => selection.extras.exclude.push(value().parse().unwrap()),
            "--no-group" => selection.groups.exclude.push(value().parse().unwrap()),
            "--no-dev" => selection.groups.exclude.push("dev".parse().unwrap()),
            "--all-extras" => selection.extras.include = Include::All,
            "--all-groups" => selection.groups.include = Include::All,
            "--no-default-groups" => selection.default_groups = DefaultGroupsUse::Leave,
            "--all-packages" => selection.members = Members::All,
            "--package" => match &mut selection.members {
                Members::Named(names) => names.push(value().parse().unwrap()),
                members => *members = Members::Named(vec![value().parse().unwrap()]),
            },
            other => panic!("unknown flag {other}"),
        }
    }
    selection
}

fn include<T: std::str::FromStr<Err: std::fmt::Debug>>(choice: &mut Choice<T>, name: &str) {
    if let Include::Some(names) = &mut choice.include {
        names.push(name.parse().unwrap());
    }
}
