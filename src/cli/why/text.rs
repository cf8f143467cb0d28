//! The answer for people: a line for each profile, then the trees, with the package on top and what
//! was selected at the leaves.

use std::fmt::Write;

use dfgen::bytes::Bytes;
use dfgen::closure::{
    Above, Answer, Closure, Leaving, Need, Obstacle, Presence, Reason, Step, Verdict, Via, Way, Why,
};
use dfgen::lock::PackageId;
use termtree::Tree;

/// How many of a list are shown before the rest is counted.
const SHOWN: usize = 10;

pub(super) fn text(why: &Why<'_, '_>) -> String {
    let mut text = String::new();
    if why.answers.len() > 1 {
        text.push_str(&overview(why));
        text.push('\n');
    }
    let sections = sections(why);
    let sections: Vec<String> = sections
        .iter()
        .map(|answers| section(why, answers))
        .collect();
    text.push_str(&sections.join("\n"));
    text
}

/// One line for each profile.
fn overview(why: &Why<'_, '_>) -> String {
    let names = why.answers.iter().map(|answer| called(why, answer).len());
    let width = names.max().unwrap_or(0);
    let line = |answer: &Answer<'_, '_>| {
        let words = match &answer.verdict {
            Verdict::In(presence) => found(answer.closure, presence),
            Verdict::Out(_) => "not in it".to_owned(),
        };
        format!("  {:width$}  {words}\n", called(why, answer))
    };
    let lines: String = why.answers.iter().map(line).collect();
    format!("{}\n{lines}", why.package)
}

/// The profile; with the platform where a profile is for several.
fn called(why: &Why<'_, '_>, answer: &Answer<'_, '_>) -> String {
    let of_profile = why
        .answers
        .iter()
        .filter(|one| one.profile == answer.profile);
    match of_profile.count() {
        1 => answer.profile.to_owned(),
        _ => format!("{} on {}", answer.profile, answer.closure.target().platform),
    }
}

/// `2.9.0, 900 MB; 3.2 GB with what only it needs`
fn found(closure: &Closure<'_>, presence: &Presence) -> String {
    let package = closure.lock().package(presence.id);
    let version = package.version.iter().map(ToString::to_string);
    let words: Vec<String> = version.chain([size(presence.size)]).collect();
    let words = words.join(", ");
    if presence.leaving.is_empty() {
        words
    } else {
        format!("{words}; {} with what only it needs", presence.weight())
    }
}

/// The answers, those that are the same together.
fn sections<'w, 'c, 'p>(why: &'w Why<'c, 'p>) -> Vec<Vec<&'w Answer<'c, 'p>>> {
    let mut sections: Vec<Vec<&Answer<'_, '_>>> = Vec::new();
    for answer in &why.answers {
        let same = |section: &&mut Vec<&Answer<'_, '_>>| {
            section[0].verdict == answer.verdict
                && section[0].closure.target() == answer.closure.target()
        };
        match sections.iter_mut().find(same) {
            Some(section) => section.push(answer),
            None => sections.push(vec![answer]),
        }
    }
    sections
}

fn section(why: &Why<'_, '_>, answers: &[&Answer<'_, '_>]) -> String {
    let profiles: Vec<String> = answers.iter().map(|answer| called(why, answer)).collect();
    let profiles = profiles.join(", ");
    let closure = answers[0].closure;
    match &answers[0].verdict {
        Verdict::In(presence) => {
            let size = size(presence.size);
            let name = named(closure, presence.id);
            let tree = tree(closure, presence);
            let leaving = leaving(closure, presence);
            format!("{profiles}: {name}, {size}\n\n{tree}\n{leaving}")
        }
        Verdict::Out(ways) => {
            let ways = closed(closure, ways);
            format!("{profiles}: no {}\n\n{ways}", why.package)
        }
    }
}

/// `torch 2.9.0`
fn named(closure: &Closure<'_>, id: PackageId) -> String {
    let package = closure.lock().package(id);
    match &package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.to_string(),
    }
}

fn size(size: Option<Bytes>) -> String {
    size.map_or_else(|| "size unknown".to_owned(), |bytes| bytes.to_string())
}

fn tree(closure: &Closure<'_>, presence: &Presence) -> String {
    let mut top = named(closure, presence.id);
    if presence.chains.selected {
        top.push_str(" (selected)");
    }
    let needs = &presence.chains.needs;
    let branches = needs.iter().map(|need| branch(closure, presence.id, need));
    Tree::new(top).with_leaves(branches).to_string()
}

/// An edge, drawn as what it begins at, with what needs that below it.
fn branch(closure: &Closure<'_>, needed: PackageId, need: &Need) -> Tree<String> {
    let mut line = begin(closure, &need.reason.step());
    let words = words(closure, needed, &need.reason);
    if !words.is_empty() {
        let _ = write!(line, " ({})", words.join(", "));
    }
    let above: &[Need] = match (&need.above, need.reason.by) {
        (Above::Needs(needs), Some(_)) => needs,
        (Above::Shown, _) => {
            line.push_str(" (shown above)");
            &[]
        }
        _ => &[],
    };
    let by = need.reason.by.unwrap_or(needed);
    Tree::new(line).with_leaves(above.iter().map(|need| branch(closure, by, need)))
}

fn begin(closure: &Closure<'_>, step: &Step) -> String {
    match step.package {
        Some(id) => named(closure, id),
        None => "pyproject.toml".to_owned(),
    }
}

/// What the edge says: `extra ml`, `as uvicorn[standard]`, `if sys_platform == 'linux'`.
fn words(closure: &Closure<'_>, needed: PackageId, reason: &Reason) -> Vec<String> {
    let via = match &reason.via {
        Via::Project => None,
        Via::Extra(extra) => Some(format!("extra {extra}")),
        Via::Group(group) => Some(format!("group {group}")),
    };
    let extras: Vec<&str> = reason.extras.iter().map(AsRef::as_ref).collect();
    let name = &closure.lock().package(needed).name;
    let asked = (!extras.is_empty()).then(|| format!("as {name}[{}]", extras.join(",")));
    let marker = reason.marker.as_ref();
    let condition = marker.and_then(|marker| closure.condition(marker));
    let condition = condition.map(|condition| format!("if {condition}"));
    via.into_iter().chain(asked).chain(condition).collect()
}

fn leaving(closure: &Closure<'_>, presence: &Presence) -> String {
    let name = &closure.lock().package(presence.id).name;
    let count = presence.leaving.len();
    let ids = presence
        .leaving
        .iter()
        .map(|one| one.id)
        .chain([presence.id]);
    let takes = match dfgen::size::of_packages(closure, ids) {
        (size, 0) if size.disk.bytes() > Bytes(0) => {
            format!("in an image: about {}\n", crate::cli::size::both(&size))
        }
        _ => String::new(),
    };
    if count == 0 {
        return format!("without {name}, nothing else leaves\n{takes}");
    }
    let packages = plural(count, "more package leaves", "more packages leave");
    let weight = presence.weight();
    let (shown, rest) = presence.leaving.split_at(count.min(SHOWN));
    let line = |one: &Leaving| {
        let size = one
            .size
            .map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
        format!("  {size:>7}  {}\n", named(closure, one.id))
    };
    let mut lines: String = shown.iter().map(line).collect();
    if !rest.is_empty() {
        let weight = closure.weight(rest.iter().map(|one| one.id));
        let _ = writeln!(lines, "  {:>7}  and {} more", weight.bytes, rest.len());
    }
    format!("without {name}, {packages}: {weight} in all\n{lines}{takes}")
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The ways that would lead to the package, each below what stands in it.
fn closed(closure: &Closure<'_>, ways: &[Way<'_>]) -> String {
    if ways.is_empty() {
        return "nothing in uv.lock needs it\n".to_owned();
    }
    let (shown, rest) = ways.split_at(ways.len().min(SHOWN));
    let way = |way: &Way<'_>| {
        let obstacles = way.obstacles.iter().map(|one| obstacle(closure, one));
        let obstacles: Vec<String> = obstacles.collect();
        format!("{}:\n  {}\n", obstacles.join(", and "), way.chain)
    };
    let mut lines: String = shown.iter().map(way).collect();
    if !rest.is_empty() {
        let _ = writeln!(lines, "and {}", plural(rest.len(), "more way", "more ways"));
    }
    lines
}

fn obstacle(closure: &Closure<'_>, obstacle: &Obstacle) -> String {
    let lock = closure.lock();
    match obstacle {
        Obstacle::NotSelected(step) => {
            let name = step.package.map(|id| &lock.package(id).name);
            let of = name.map_or_else(String::new, |name| format!(" of `{name}`"));
            match (&step.via, name) {
                (Via::Extra(extra), _) => format!("extra `{extra}`{of} is not selected"),
                (Via::Group(group), _) => format!("group `{group}`{of} is not selected"),
                (Via::Project, Some(name)) => format!("the member `{name}` is not selected"),
                (Via::Project, None) => unreachable!("a root without a name has groups only"),
            }
        }
        Obstacle::Excluded(name) => format!("`{name}` is excluded"),
        Obstacle::MarkerFails(marker) => {
            let condition = closure
                .condition(marker)
                .unwrap_or_else(|| marker.to_string());
            format!("`{condition}` does not hold on {}", closure.target())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use dfgen::closure::{Choice, Closure, Selection, Why};
    use dfgen::project::Project;
    use dfgen::target::{Libc, Platform, Target};

    #[test]
    fn profiles_stand_side_by_side() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
        let project = Project::load(&fixtures.join("models_in_an_extra")).unwrap();
        let target = Target {
            platform: Platform::LinuxAmd64,
            libc: Libc::Glibc(2, 41),
            python: "3.13.9".parse().unwrap(),
        };
        let ml = Selection {
            extras: Choice::some(vec!["ml".parse().unwrap()]),
            ..Selection::production()
        };
        let [api, ml] = [Selection::production(), ml]
            .map(|selection| Closure::select(&project, &selection, &target).unwrap());
        let closures = [("core-api", &api), ("ml-inference", &ml), ("worker", &api)];
        let why = Why::new(&closures, &"torch".parse().unwrap()).unwrap();
        insta::assert_snapshot!(super::text(&why), @"
        torch
          core-api      not in it
          ml-inference  2.9.0, 900 MB; 1.1 GB with what only it needs
          worker        not in it

        core-api, worker: no torch

        extra `ml` of `shop-api` is not selected:
          shop-api[ml] -> torch

        ml-inference: torch 2.9.0, 900 MB

        torch 2.9.0
        ├── shop-api 1.0.0 (extra ml, if platform_machine == 'x86_64')
        └── sentence-transformers 5.1.1
            └── shop-api 1.0.0 (extra ml)

        without torch, 1 more package leaves: 1.1 GB in all
           170 MB  triton 3.5.0
        in an image: about 2.0 GB on disk, 1.0 GB to pull
        ");
    }
}
