//! `dfgen explain`: the list of all names, and the page of one.

use crate::harness::{Project, dfgen};

#[test]
fn what_an_error_means() {
    insta::assert_snapshot!(dfgen(&["explain", "no-lock"]).in_project(&Project::empty()), @r"
    exit code: 0
    ----- stdout -----
    no-lock: There is no uv.lock

    dfgen decides everything from the lock: which packages an image gets, in which versions, from which files. Without it,
    two builds of the same source could give two different images.

    what to do      write it with `uv lock`, and commit it
    not yet uv's    where [project] of pyproject.toml names no dependencies, `uv lock` writes a lock without any: the message says
                    the way from what is there
    from Poetry     `uvx migrate-to-uv`
    from pip        `uv add -r requirements.txt`
    ");
}

#[test]
fn a_fault_that_init_names_has_a_page() {
    insta::assert_snapshot!(dfgen(&["explain", "root-user"]).in_project(&Project::empty()), @"
    exit code: 0
    ----- stdout -----
    root-user: The program runs as root

    Without `USER` a container runs as root. Whoever makes the program do something then owns all that is in the container,
    and with one more flaw or a mounted folder the machine. Kubernetes' `runAsNonRoot` refuses such an image.

    dfgen           `USER 10001:10001`: a number, so that Kubernetes can see that it is not root, and without a home or a
                    right to anything
    another number  `user = 1000` in [profile.NAME] of dfgen.toml
    low ports       listen on 8000 and map it: `docker run -p 80:8000 IMAGE`
    ");
}

#[test]
fn all_names_are_listed_by_kind_and_each_has_a_page() {
    let list = dfgen(&["explain"]).in_project(&Project::empty()).stdout;
    let (names, headings): (Vec<&str>, Vec<&str>) = list
        .lines()
        .filter(|line| !line.is_empty())
        .partition(|line| line.starts_with("  "));
    insta::assert_snapshot!(headings.join("\n"), @"
    Errors: dfgen cannot do its work
    Findings: worth a look before an image is built; `silence = [..]` in a profile, or at the top
    Faults of Dockerfiles: `dfgen audit` tells them, `dfgen init` does not carry them over; `silence = [..]` at the top
    Left out of every image; `keep = [..]` in a profile
    Left out of an image that asks for it; `trim = [..]` in a profile
    Made for every image; a switch in a profile
    How an image runs
    Topics
    ");
    assert!(names.len() > 100, "{}", names.len());
    for line in names {
        let name = line.split_whitespace().next().unwrap();
        let page = dfgen(&["explain", name])
            .in_project(&Project::empty())
            .stdout;
        assert!(page.starts_with(&format!("{name}: ")), "{page}");
        assert!(page.lines().count() > 3, "{page}");
    }
}

#[test]
fn a_name_that_no_rule_has() {
    insta::assert_snapshot!(dfgen(&["explain", "no-comand"]).in_project(&Project::empty()), @"
    exit code: 2
    ----- stderr -----
    error[unknown-rule]: there is no page about `no-comand`
     |
     = help: did you mean `no-command`?
     = help: `dfgen explain` lists all
    ");
}
