use super::fixture::{SHOP, configured, project, target};
use super::*;
use crate::lock::Distribution;

fn with_extras(names: &[&str]) -> Selection {
    let names = names.iter().map(|name| name.parse().unwrap());
    Selection {
        extras: Choice {
            include: Include::Some(names.collect()),
            exclude: Vec::new(),
        },
        ..Selection::production()
    }
}

fn names(project: &Project, selection: &Selection) -> Vec<String> {
    let closure = Closure::select(project, selection, &target()).unwrap();
    let installed = closure.installed();
    installed
        .map(|(_, package, _)| package.name.to_string())
        .collect()
}

/// uv refuses as well: the lock says so of them.
#[test]
fn extras_of_one_conflict_set_are_taken_one_at_a_time() {
    let conflicts = "[\n[{ package = \"shop-api\", extra = \"cpu\" }, { package = \"shop-api\", extra = \"gpu\" }],\n]";
    let lock = format!(
        "version = 1\nrequires-python = \">=3.12\"\nconflicts = {conflicts}\n\n\
         [[package]]\nname = \"shop-api\"\nversion = \"1.0.0\"\nsource = {{ editable = \".\" }}\n\n\
         [package.optional-dependencies]\ncpu = []\ngpu = []\nweb = []\n\n\
         [package.metadata]\nprovides-extras = [\"cpu\", \"gpu\", \"web\"]\n"
    );
    let project = project(&lock);
    let refused = |extras: &[&str]| {
        let closure = Closure::select(&project, &with_extras(extras), &target());
        let problems = closure.err().into_iter().flatten();
        problems.map(|one| one.rule().name()).collect::<Vec<_>>()
    };
    assert_eq!(refused(&[]), [""; 0]);
    assert_eq!(refused(&["cpu"]), [""; 0]);
    assert_eq!(refused(&["cpu", "web"]), [""; 0]);
    assert_eq!(refused(&["cpu", "gpu"]), ["conflicting-selection"]);
    assert_eq!(refused(&["gpus"]), ["unknown-extra"]);
    let both = Closure::select(&project, &with_extras(&["cpu", "gpu"]), &target());
    insta::assert_snapshot!(both.unwrap_err().draw(crate::diagnostic::Style::PLAIN), @"
    error[conflicting-selection]: extra `cpu` and extra `gpu` cannot be installed together
     |
     = note: declared in `tool.uv.conflicts`: {`shop-api[cpu]`, `shop-api[gpu]`}
     = help: take one of them, and make a profile for each that you need
    ");
}

#[test]
fn what_only_stands_for_its_requirements_is_not_installed() {
    let all = names(&project(SHOP), &Selection::production());
    assert!(all.contains(&"shop-api".to_owned()));
    let lock = SHOP.replace("{ editable = \".\" }", "{ virtual = \".\" }");
    let mut others = all;
    others.retain(|name| name != "shop-api");
    assert_eq!(names(&project(&lock), &Selection::production()), others);
}

#[test]
fn no_binary_takes_the_source_where_there_is_one() {
    let wheels = "wheels = [{ url = \"https://files/click-8.3.0-py3-none-any.whl\"";
    let sdist =
        "sdist = { url = \"https://files/click-8.3.0.tar.gz\", hash = \"sha256:00\", size = 1 }\n";
    let both = SHOP.replace(wheels, &format!("{sdist}{wheels}"));
    assert_ne!(both, SHOP);
    let no_binary = "[tool.uv]\nno-binary-package = [\"click\"]\n";
    for (lock, settings, expected) in [
        (&*both, "", false),
        (&both, no_binary, true),
        (SHOP, no_binary, false),
    ] {
        let project = configured(lock, settings);
        let closure = Closure::select(&project, &Selection::production(), &target()).unwrap();
        let mut packages = closure.packages();
        let found = packages.find(|(_, package, _)| package.name.as_ref() == "click");
        let (click, _, _) = found.unwrap();
        let from_source = matches!(closure.distribution(click), Distribution::Sdist(_));
        assert_eq!((from_source, closure.builds(click)), (expected, expected));
    }
}

/// An extra brings its package along, and a group brings nothing.
#[test]
fn an_extra_implies_its_package() {
    let project = project(SHOP);
    let root = project.lock.root();
    let step = |via: Via| Step { package: root, via };
    let extra = step(Via::Extra("ml".parse().unwrap()));
    let group = step(Via::Group("dev".parse().unwrap()));
    let plain = step(Via::Project);
    let other = Step {
        package: None,
        via: Via::Project,
    };
    for (one, two, expected) in [
        (&extra, &plain, true),
        (&plain, &plain, true),
        (&plain, &extra, false),
        (&group, &plain, false),
        (&group, &group, true),
        (&extra, &other, false),
        (&extra, &group, false),
    ] {
        assert_eq!(one.implies(two), expected, "{one:?} {two:?}");
    }
}
