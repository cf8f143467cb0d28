//! `dfgen size --exact`: what it finds in wheels, whom it asks, and what it says where it finds nothing.

use std::fs;

use serde_json::Value;

use crate::harness::{Project, Ran, Run, dfgen};
use crate::index::{Answer, Index, needing, packed, wheel};

const WHEEL: &str = "a-1.0-py3-none-any.whl";

/// Files of which rules take some.
const FILES: [(&str, usize); 6] = [
    ("a/__init__.py", 4000),
    ("a/x.pyi", 300),
    ("a/lib.a", 50_000),
    ("a/data.bin", 7000),
    ("a-1.0.dist-info/METADATA", 100),
    ("a-1.0.dist-info/RECORD", 10),
];

fn exact(project: &Project, more: &[&str]) -> Run {
    let arguments = [&["size", "--profile", "core-api", "--exact"], more].concat();
    dfgen(&arguments).with_env("XDG_CACHE_HOME", &cache(project))
}

/// Where this user's caches are.
fn cache(project: &Project) -> String {
    project.path().join("cache").display().to_string()
}

/// A project whose one wheel a server has.
fn at(index: &Index, size: Option<usize>) -> Project {
    needing(&format!("url = \"{}\"", index.url(WHEEL)), size)
}

fn package(ran: &Ran) -> Value {
    let json = ran.json();
    let parts = json["images"][0]["parts"]
        .as_array()
        .expect("parts")
        .clone();
    let mut packages = parts
        .iter()
        .flat_map(|part| part["packages"].as_array().expect("packages"));
    packages
        .find(|one| one["name"] == "a")
        .expect("it is there")
        .clone()
}

/// What is kept of the files above: RECORD has a row for each.
fn kept() -> u64 {
    let rows = ["a/__init__.py", "a/data.bin", "a-1.0.dist-info/METADATA"];
    let rows = rows
        .iter()
        .zip([4000, 7000, 100])
        .map(|(path, size): (_, u32)| {
            path.len() + ",sha256=,\n".len() + 43 + size.to_string().len()
        });
    let record = rows.sum::<usize>() + "a-1.0.dist-info/RECORD,,\n".len();
    4000 + 7000 + 100 + record as u64
}

fn assert_read(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran}");
    let package = package(ran);
    let bytecode = package["bytecode"]["bytes"].as_u64().expect("a number");
    assert_eq!(package["basis"], "files", "{ran}");
    assert_eq!(package["size"]["disk"]["bytes"], kept() + bytecode, "{ran}");
    assert!(bytecode > 3000, "{ran}");
}

#[test]
fn files_are_counted_to_the_byte_after_the_rules_and_once_for_ever() {
    let bytes = wheel(&FILES);
    let index = Index::new(&[(WHEEL, Answer::Parts(bytes.clone()))]);
    let project = at(&index, Some(bytes.len()));
    let ran = exact(&project, &["--format", "json"]).in_project(&project);
    assert_read(&ran);
    assert_eq!(ran.stderr, "", "how far it is, is for terminals");
    let image = &ran.json()["images"][0];
    let trimmed = image["trimmed"].as_array().expect("rules");
    let of = |rule: &str| {
        trimmed
            .iter()
            .find(|one| one["rule"] == rule)
            .expect("a rule")["bytes"]
            .clone()
    };
    assert_eq!(
        (of("static-libraries"), of("type-stubs")),
        (50_000.into(), 300.into())
    );
    let kinds: Vec<&str> = image["kinds"]
        .as_array()
        .expect("kinds")
        .iter()
        .map(|one| one["kind"].as_str().expect("a text"))
        .collect();
    assert_eq!(kinds, ["other", "bytecode", "python"]);
    assert_eq!(index.heads().len(), 1);

    // Nobody is asked again; a file of the cache that is broken is read anew.
    assert_read(&exact(&project, &["--format", "json"]).in_project(&project));
    assert_eq!(index.heads().len(), 1);
    let folder = project.path().join("cache/dfgen/wheels-1");
    let file = fs::read_dir(folder)
        .expect("a cache")
        .next()
        .expect("a file")
        .expect("it");
    fs::write(file.path(), "broken").expect("it can be written");
    assert_read(&exact(&project, &["--format", "json"]).in_project(&project));
    assert_eq!(index.heads().len(), 2);
}

#[test]
fn kinds_of_files_are_told() {
    let bytes = wheel(&FILES);
    let index = Index::new(&[(WHEEL, Answer::Parts(bytes.clone()))]);
    let project = at(&index, Some(bytes.len()));
    let ran = exact(&project, &[]).in_project(&project);
    let told = ran
        .stdout
        .split("\n\n")
        .find(|chapter| chapter.contains("what the files"));
    insta::assert_snapshot!(told.unwrap_or_default(), @r"
      what the files of packages are, on disk
        7.3 kB  other files  3 files
        4.4 kB  bytecode     1 file
        4.0 kB  Python       1 file
    ");
    let ran = exact(&project, &["--format", "markdown"]).in_project(&project);
    assert!(ran.stdout.contains("| Python | 4.0 kB | 1 |"), "{ran}");
    let ran = exact(&project, &["--format", "html"]).in_project(&project);
    assert!(
        ran.stdout.contains("\"basis\":\"files\"") || ran.stdout.contains("\"basis\": \"files\"")
    );
    let verbose = exact(&project, &["--verbose"]).in_project(&project);
    insta::assert_snapshot!(verbose.stderr, @"1 wheel: 1 known before, 0 in uv's cache; 0 requests, 0 B");
}

#[test]
fn a_lock_without_sizes_is_enough() {
    let index = Index::new(&[(WHEEL, Answer::Parts(wheel(&FILES)))]);
    let project = at(&index, None);
    assert_read(&exact(&project, &["--format", "json"]).in_project(&project));
}

#[test]
fn wheels_on_this_machine_are_read_where_they_lie() {
    let bytes = wheel(&FILES);
    let assert_read = |project: &Project| {
        let ran = exact(project, &["--format", "json"]).in_project(project);
        assert_eq!(ran.code, Some(0), "{ran}");
        let size = &ran.json()["images"][0]["requirements"][0]["size"]["disk"]["bytes"];
        let size = size.as_u64().expect("a number");
        assert!(size > 10_000, "{size}: {ran}");
    };
    let project = needing(&format!("path = \"{WHEEL}\""), None);
    let lock = project.read("uv.lock");
    let lock = lock.replacen(
        "registry = \"https://pypi.org/simple\"",
        "registry = \"wheels\"",
        1,
    );
    let project = project.with("uv.lock", &lock).with("wheels/x", "");
    let file = project.path().join("wheels").join(WHEEL);
    fs::write(&file, &bytes).expect("it can be written");
    assert_read(&project);
    let url = format!("url = \"file://{}\"", file.display());
    assert_read(&needing(&url, Some(bytes.len())));
}

#[test]
#[cfg(unix)]
fn what_uv_has_unpacked_is_not_asked_for() {
    let url = format!("https://files.example/{WHEEL}");
    let project = needing(&format!("url = \"{url}\""), Some(2000));
    let archive = project.path().join("cache/uv/archive-v0/x");
    for (path, size) in FILES {
        let file = archive.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders can be made");
        fs::write(file, vec![b'#'; size]).expect("it can be written");
    }
    let place = project.path().join("cache/uv/wheels-v8/pypi/a");
    fs::create_dir_all(&place).expect("folders can be made");
    std::os::unix::fs::symlink(&archive, place.join("1.0-527811ebca4593a1")).expect("a link");
    fs::write(
        place.join("1.0-527811ebca4593a1.http"),
        format!("\0{url}\0"),
    )
    .expect("it");
    assert_read(&exact(&project, &["--format", "json"]).in_project(&project));
}

#[test]
fn a_server_that_sends_whole_files_is_told_and_gone_on_with() {
    let bytes = wheel(&FILES);
    let index = Index::new(&[(WHEEL, Answer::Whole(bytes.clone()))]);
    let project = at(&index, Some(bytes.len()));
    let ran = exact(&project, &[]).in_project(&project);
    insta::assert_snapshot!(scrubbed(&ran, &index), @r"
    exit code: 2
    ----- stderr -----
    error[unreadable-wheel]: the wheel of `a` cannot be read: the server sends whole files alone
     |
     = note: at http://127.0.0.1:PORT
     = help: fetch whole wheels from such servers: `dfgen size --exact --download`
     = help: or take the estimate, which asks nobody: `dfgen size` without `--exact`
    ");
    let ran = exact(&project, &["--download"]).in_project(&project);
    insta::assert_snapshot!(scrubbed(&ran, &index), @r"
    exit code: 2
    ----- stderr -----
    error[unreadable-wheel]: the wheel of `a` cannot be read: its hash is not the one in uv.lock
     |
     = note: at http://127.0.0.1:PORT
     = help: bring the lock up to what the index has: `uv lock --refresh`
     = help: or take the estimate, which asks nobody: `dfgen size` without `--exact`
    ");
    let lock = project
        .read("uv.lock")
        .replace(&"5e".repeat(32), &sha256(&bytes));
    let project = project.with("uv.lock", &lock);
    assert_read(&exact(&project, &["--download", "--format", "json"]).in_project(&project));
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn scrubbed(ran: &Ran, index: &Index) -> String {
    let port = index.url("");
    let port = port
        .rsplit(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    ran.to_string().replace(&format!(":{port}"), ":PORT")
}

#[test]
fn each_trouble_is_told_in_its_own_words() {
    let bytes = wheel(&FILES);
    let length = bytes.len();
    let mut lies = bytes.clone();
    // The number of files at the end of the archive.
    lies[length - 12] += 1;
    lies[length - 14] += 1;
    let mut huge = bytes.clone();
    let list = memchr::memmem::find(&huge, b"PK\x01\x02").expect("a list");
    huge[list + 24..list + 28].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let troubles = [
        ("login", Answer::Status(401, "")),
        ("gone", Answer::Status(404, "")),
        ("often", Answer::Status(429, "Retry-After: 0\r\n")),
        ("broken", Answer::Status(500, "")),
        ("silence", Answer::Silence),
        ("half", Answer::Half(bytes.clone())),
        ("lies", Answer::Parts(lies)),
        ("huge", Answer::Parts(huge)),
        ("no archive", Answer::Parts(vec![0; length])),
        ("larger", Answer::Parts([&[0; 10], &bytes[..]].concat())),
        ("smaller", Answer::Parts(bytes[..100].to_vec())),
    ];
    let told = troubles.into_iter().map(|(name, answer)| {
        let index = Index::new(&[(WHEEL, answer)]);
        let project = at(&index, Some(length));
        let ran = exact(&project, &[])
            .with_env("UV_HTTP_TIMEOUT", "1")
            .in_project(&project);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{name}: {ran}"
        );
        let lines = ran
            .stderr
            .lines()
            .filter(|line| line.contains("error") || line.contains("help"));
        let lines: Vec<&str> = lines
            .filter(|line| !line.contains("take the estimate"))
            .collect();
        format!("{name}\n{}\n", lines.join("\n"))
    });
    insta::assert_snapshot!(told.collect::<String>(), @r"
    login
    error[unreadable-wheel]: the wheel of `a` cannot be read: the server wants another login (401)
     = help: say who asks: `export UV_INDEX_<NAME>_USERNAME=... UV_INDEX_<NAME>_PASSWORD=...`, with the name of its [[tool.uv.index]]
     = help: or in ~/.netrc, by the name of the host
    gone
    error[unreadable-wheel]: the wheel of `a` cannot be read: the server does not have it (404)
     = help: bring the lock up to what the index has: `uv lock --refresh`
    often
    error[unreadable-wheel]: the wheel of `a` cannot be read: the server says that it is asked too often (429)
    broken
    error[unreadable-wheel]: the wheel of `a` cannot be read: the server answers 500
    silence
    error[unreadable-wheel]: the wheel of `a` cannot be read: nothing comes within 1 s
     = help: wait longer: `export UV_HTTP_TIMEOUT=120`, in seconds
    half
    error[unreadable-wheel]: the wheel of `a` cannot be read: less comes than the server says
    lies
    error[unreadable-wheel]: the wheel of `a` cannot be read: it is no sound wheel: it says that it has 7 files, and lists 6
    huge
    error[unreadable-wheel]: the wheel of `a` cannot be read: it is no sound wheel: its list of files says that 28 bytes become 4294967280
    no archive
    error[unreadable-wheel]: the wheel of `a` cannot be read: it is no sound wheel: Missing end of central directory
    larger
    error[unreadable-wheel]: the wheel of `a` cannot be read: it has 921 bytes, and uv.lock says 911
     = help: bring the lock up to what the index has: `uv lock --refresh`
    smaller
    error[unreadable-wheel]: the wheel of `a` cannot be read: it has 100 bytes, and uv.lock says 911
     = help: bring the lock up to what the index has: `uv lock --refresh`
    ");
}

#[test]
fn sizes_beyond_all_measure_are_refused_and_long_lists_are_read() {
    let many: Vec<(String, Vec<u8>)> = (0..70_000)
        .map(|number| (format!("a/{number}.py"), Vec::new()))
        .collect();
    let bytes = packed(&many);
    let index = Index::new(&[(WHEEL, Answer::Parts(bytes.clone()))]);
    let project = at(&index, Some(bytes.len()));
    let ran = exact(&project, &["--format", "json"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(package(&ran)["kinds"][0]["files"], 70_000);
}

/// `s3cret` is nowhere but in what the one server is sent.
#[test]
fn logins_go_to_their_own_server_and_are_never_shown() {
    let bytes = wheel(&FILES);
    let elsewhere = Index::new(&[(WHEEL, Answer::Parts(bytes.clone()))]);
    let index = Index::new(&[(WHEEL, Answer::Redirect(elsewhere.other_url(WHEEL)))]);
    let project = at(&index, Some(bytes.len()));
    let pyproject = project.read("pyproject.toml");
    let table = format!(
        "\n[[tool.uv.index]]\nname = \"own\"\nurl = \"{}\"\n",
        index.url("simple")
    );
    let project = project.with("pyproject.toml", &(pyproject + &table));
    let login = |run: Run| {
        run.with_env("UV_INDEX_OWN_USERNAME", "me")
            .with_env("UV_INDEX_OWN_PASSWORD", "s3cret")
    };
    let ran = login(exact(&project, &["--format", "json", "--verbose"])).in_project(&project);
    assert_read(&ran);
    let basic = "authorization: basic bwu6cznjcmv0";
    assert!(
        index.heads().iter().all(|head| head.contains(basic)),
        "{:?}",
        index.heads()
    );
    assert!(
        elsewhere
            .heads()
            .iter()
            .all(|head| !head.contains("authorization"))
    );
    assert!(!ran.to_string().contains("s3cret"));

    // A server that is not content.
    index.set(WHEEL, Answer::Status(403, ""));
    fs::remove_dir_all(project.path().join("cache")).expect("a cache");
    let ran = login(exact(&project, &[])).in_project(&project);
    assert!(
        ran.code == Some(2) && !ran.to_string().contains("s3cret"),
        "{ran}"
    );

    // The file of logins, and an index of the environment.
    let netrc = project.path().join("netrc").display().to_string();
    let file = project.with("netrc", "machine 127.0.0.1 login me password s3cret\n");
    let url = index.url("simple").replace("http://", "http://me:s3cret@");
    for (name, value) in [
        ("NETRC", netrc.as_str()),
        ("UV_DEFAULT_INDEX", url.as_str()),
    ] {
        let ran = exact(&file, &[]).with_env(name, value).in_project(&file);
        assert!(
            index.heads().last().expect("a request").contains(basic),
            "{name}: {ran}"
        );
        assert!(!ran.to_string().contains("s3cret"), "{ran}");
    }
}

#[test]
fn a_proxy_is_asked_where_there_is_one() {
    let proxy = Index::new(&[]);
    let project = needing(
        &format!("url = \"http://files.example/{WHEEL}\""),
        Some(100),
    );
    let address = proxy.url("").replace("http://", "http://me:s3cret@");
    let run = |more: (&str, &str)| {
        let run = exact(&project, &[]).with_env("HTTP_PROXY", &address);
        run.with_env("UV_HTTP_TIMEOUT", "1")
            .with_env(more.0, more.1)
            .in_project(&project)
    };
    let ran = run(("A", "b"));
    assert!(
        ran.code == Some(2) && !ran.to_string().contains("s3cret"),
        "{ran}"
    );
    let asked = proxy.heads().len();
    assert!(
        asked > 0 && proxy.heads()[0].contains("files.example"),
        "{:?}",
        proxy.heads()
    );
    let ran = run(("NO_PROXY", "files.example"));
    assert_eq!(proxy.heads().len(), asked, "{ran}");
    let ran = run(("HTTP_PROXY", "socks5://s3cret@127.0.0.1:1"));
    assert!(ran.stderr.contains("HTTP_PROXY is no proxy"), "{ran}");
    assert!(!ran.stderr.contains("s3cret"), "{ran}");
}

/// Whatever else dfgen does, it does without a network: all ways out lead to a server that counts.
#[test]
fn nothing_else_asks_anybody() {
    let index = Index::new(&[]);
    let project = at(&index, Some(1000));
    let commands: [&[&str]; 8] = [
        &["render"],
        &["render", "--check"],
        &["plan"],
        &["why", "a"],
        &["size"],
        &["size", "--format", "html"],
        &["closure"],
        &["profiles"],
    ];
    for command in commands {
        let proxy = index.url("");
        let run = dfgen(command)
            .with_env("HTTP_PROXY", &proxy)
            .with_env("HTTPS_PROXY", &proxy);
        run.with_env("ALL_PROXY", &proxy).in_project(&project);
    }
    assert_eq!(index.heads(), Vec::<String>::new());
}

/// And one room alone can.
#[test]
fn one_room_has_a_way_out() {
    let source = crate::harness::repository().join("src");
    let mut files = vec![source];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder").flatten();
            files.extend(entries.map(|entry| entry.path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let place = path.display().to_string();
        let has_way = ["ureq::", "TcpStream", "UdpSocket"]
            .iter()
            .any(|word| text.contains(word));
        assert!(!has_way || place.contains("/src/wheel/"), "{place}");
        let looks = text.contains("wheel::{self, Asked") || text.contains("wheel::read");
        assert!(
            !looks || place.contains("/src/size/exact/") || place.contains("/src/wheel/"),
            "{place}"
        );
    }
}

#[test]
fn two_locks_are_read_and_a_budget_holds() {
    let (small, large) = (
        wheel(&FILES),
        wheel(&[("a/data.bin", 900_000), ("a-1.0.dist-info/RECORD", 1)]),
    );
    let index = Index::new(&[
        (WHEEL, Answer::Parts(large.clone())),
        ("old.whl", Answer::Parts(small)),
    ]);
    let project = at(&index, Some(large.len()));
    let old = Index::new(&[(WHEEL, Answer::Parts(wheel(&FILES)))]);
    let before = at(&old, None)
        .read("uv.lock")
        .replace(&"5e".repeat(32), &"5f".repeat(32));
    let project = project.with("old.lock", &before);
    let run = exact(
        &project,
        &[
            "--against",
            "old.lock",
            "--max-increase",
            "10 kB",
            "--format",
            "json",
        ],
    );
    let ran = run.in_project(&project);
    assert_eq!(ran.code, Some(1), "{ran}");
    let change = &ran.json()["difference"]["images"][0]["packages"][0];
    assert!(
        change["after"]["size"]["disk"]["bytes"].as_u64() > Some(900_000),
        "{ran}"
    );
    assert!(
        change["before"]["size"]["disk"]["bytes"].as_u64() < Some(20_000),
        "{ran}"
    );
}
