//! What people find in place of a lock.

use insta::assert_snapshot;

use super::refused;

#[test]
fn a_git_lfs_pointer_is_told_apart() {
    assert_snapshot!(refused(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    ), @"
    error[lfs-pointer]: uv.lock is a Git LFS pointer, not the lock itself
     --> uv.lock:1:1
      |
    1 | version https://git-lfs.github.com/spec/v1
      | ^^^^^^^ the content was never fetched
      |
      = help: run `git lfs pull`
    ");
}

#[test]
fn conflict_markers_of_a_merge_are_told_apart() {
    assert_snapshot!(refused(
        "version = 1\n<<<<<<< HEAD\nrevision = 2\n=======\nrevision = 3\n>>>>>>> main\n"
    ), @"
    error[merge-conflict]: uv.lock has unresolved conflicts of a merge
     --> uv.lock:2:1
      |
    2 | <<<<<<< HEAD
      | ^^^^^^^ the conflict begins here
      |
      = help: take either side (`git checkout --ours uv.lock`), then run `uv lock`
    ");
}

#[test]
fn a_lock_that_was_cut_off_is_shown_where_it_ends() {
    assert_snapshot!(refused(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nvers"
    ), @"
    error[invalid-lock]: uv.lock cannot be read
     --> uv.lock:6:5
      |
    6 | vers
      |     ^ key with no value, expected `=`
      |
      = help: restore it from version control, or write it again with `uv lock`
    ");
}

#[test]
fn another_schema_is_named() {
    assert_snapshot!(refused("version = 2\nrevision = 0\n\n[[pkg]]\n"), @"
    error[unsupported-lock]: uv.lock has schema version 2, dfgen reads version 1
     --> uv.lock:1:1
      |
    1 | version = 2
      | ^^^^^^^ written by another generation of uv
      |
      = help: write it with a uv whose schema is 1, or look for a newer dfgen
    ");
    assert_snapshot!(refused("version = 0\nrequires-python = \">=3.11\"\n"), @"
    error[unsupported-lock]: uv.lock has schema version 0, dfgen reads version 1
     --> uv.lock:1:1
      |
    1 | version = 0
      | ^^^^^^^ written by another generation of uv
      |
      = help: write it with a uv whose schema is 1, or look for a newer dfgen
    ");
}

#[test]
fn values_of_the_wrong_kind_are_shown() {
    assert_snapshot!(refused("version = 1\nrequires-python = \"three\"\n"), @r#"
    error[invalid-lock]: uv.lock says `three` where a version range belongs
     --> uv.lock:2:19
      |
    2 | requires-python = "three"
      |                   ^^^^^^^ not a version range
      |
      = help: write the lock again with `uv lock`
    "#);
    assert_snapshot!(refused(
        "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
         source = { virtual = \".\" }\ndefault-groups = \"most\"\n"
    ), @r#"
    error[invalid-lock]: uv.lock says `most` where a list of groups or `all` belongs
     --> uv.lock:8:18
      |
    8 | default-groups = "most"
      |                  ^^^^^^ not a list of groups or `all`
      |
      = help: write the lock again with `uv lock`
    "#);
    assert_snapshot!(refused("version = 1\nrequires-python = [\">=3.11\"]\n"), @r#"
    error[invalid-lock]: uv.lock cannot be read
     --> uv.lock:2:19
      |
    2 | requires-python = [">=3.11"]
      |                   ^^^^^^^^^^ invalid type: sequence, expected a string
      |
      = help: restore it from version control, or write it again with `uv lock`
    "#);
}

#[test]
fn an_empty_file_is_no_lock() {
    assert_snapshot!(refused(""), @"
    error[invalid-lock]: uv.lock is empty
     --> uv.lock:1:1
      |
    1 |
      | ^ no lock
      |
      = help: restore it from version control, or write it again with `uv lock`
    ");
}
