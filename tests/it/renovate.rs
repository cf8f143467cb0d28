//! Renovate and Dependabot find every image that a generated file names, by the patterns that they have by default.
//!
//! Renovate's are those of its managers `dockerfile` and `docker-compose`
//! (<https://docs.renovatebot.com/modules/manager/dockerfile/>, `lib/modules/manager/dockerfile/extract.ts` and `index.ts`,
//! `lib/modules/manager/docker-compose/extract.ts` and `index.ts` of <https://github.com/renovatebot/renovate>, 2026-11-30). A
//! comment or `\` at the end of a line goes on with the next one there, too.

use std::collections::BTreeSet;

use regex::Regex;

use crate::harness::{Project, dfgen};

const DOCKERFILES: &str = r"(^|/|\.)([Dd]ocker|[Cc]ontainer)file$";
const COMPOSES: &str = r"(^|/)(?:docker-)?compose[^/]*\.ya?ml$";
const SYNTAX: &str = r"(?im)^#[ \t]*syntax[ \t]*=[ \t]*(?<image>\S+)";
const FROM: &str = r"(?im)^[ \t]*FROM(?:\\[ \t]*\r?\n| |\t|#.*?\r?\n|--platform=\S+)+(?<image>\S+)(?:(?:\\[ \t]*\r?\n| |\t|#.*?\r?\n)+as[ \t]+(?<name>\S+))?";
const COPY: &str = r"(?im)^[ \t]*COPY(?:\\[ \t]*\r?\n| |\t|#.*?\r?\n|--[a-z]+(?:=[a-zA-Z0-9_.:-]+?)?)+--from=(?<image>\S+)";
const MOUNT: &str = r"(?im)^[ \t]*RUN(?:\\[ \t]*\r?\n| |\t|#.*?\r?\n|--[a-z]+(?:=[a-zA-Z0-9_.:-]+?)?)+--mount=(?:\S*=\S*,)*from=(?<image>[^, ]+)";

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// The instructions of a Dockerfile, each with the lines that it goes on with.
fn instructions(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match all.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None => all.push(line.to_owned()),
        }
        goes_on = line.trim_end().ends_with('\\') && !line.starts_with('#');
    }
    all
}

/// What Renovate's manager `dockerfile` takes for images.
fn of_dockerfile(text: &str) -> BTreeSet<String> {
    let [syntax, from, copy, mount] = [SYNTAX, FROM, COPY, MOUNT].map(pattern);
    let mut stages: Vec<String> = Vec::new();
    let mut images = BTreeSet::new();
    for (index, instruction) in instructions(text).iter().enumerate() {
        let found = [
            (index == 0).then(|| syntax.captures(instruction)).flatten(),
            from.captures(instruction),
            copy.captures(instruction),
            mount.captures(instruction),
        ];
        for captures in found.into_iter().flatten() {
            let image = &captures["image"];
            let is_stage = stages.iter().any(|stage| stage == image);
            if !is_stage && image != "scratch" {
                images.insert(image.to_owned());
            }
            stages.extend(captures.name("name").map(|name| name.as_str().to_owned()));
        }
    }
    images
}

/// What its manager `docker-compose` does: services that are not built.
fn of_compose(text: &str) -> BTreeSet<String> {
    let value: serde_json::Value = serde_saphyr::from_str(text).expect("YAML");
    let services = value["services"].as_object().expect("services").values();
    let images = services.filter(|service| service.get("build").is_none());
    images
        .filter_map(|service| service["image"].as_str().map(str::to_owned))
        .collect()
}

/// What dfgen says that it wrote.
fn planned(plan: &serde_json::Value) -> BTreeSet<String> {
    let mut images = BTreeSet::new();
    let mut add = |value: &serde_json::Value| images.extend(value.as_str().map(str::to_owned));
    for image in plan["images"].as_array().expect("images") {
        for decision in [
            &image["uv"],
            &image["base"],
            &image["frontend"],
            &image["build"]["rust"],
        ] {
            add(&decision["value"]);
        }
    }
    for stages in plan["stages"].as_object().expect("stages").values() {
        for stage in stages.as_array().expect("a list") {
            add(&stage["from"]["image"]);
        }
    }
    for service in plan["compose"]["backing"].as_array().expect("services") {
        add(&service["image"]["value"]);
    }
    images
}

#[test]
fn every_image_of_the_examples_is_found_by_the_bots_own_patterns() {
    let (dockerfiles, composes) = (pattern(DOCKERFILES), pattern(COMPOSES));
    for example in ["django-site", "rust-extension", "two-images", "workspace"] {
        let project = Project::example(example);
        let plan = dfgen(&["plan", "--format", "json"])
            .in_project(&project)
            .json();
        let own = plan["images"].as_array().expect("images").iter();
        let own: BTreeSet<String> = own
            .filter_map(|image| image["tag"].as_str().map(str::to_owned))
            .collect();
        let mut found = BTreeSet::new();
        for file in project.files() {
            if dockerfiles.is_match(&file) {
                found.extend(of_dockerfile(&project.read(&file)));
            } else if composes.is_match(&file) {
                found.extend(of_compose(&project.read(&file)));
            }
        }
        // A service beside the one that builds an image names it, too: no registry has it, and Renovate says so.
        let found: BTreeSet<String> = found.difference(&own).cloned().collect();
        let planned = planned(&plan);
        assert!(planned.len() >= 3, "{example}: {planned:?}");
        assert_eq!(found, planned, "{example}");
    }
}
