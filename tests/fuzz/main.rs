//! Projects that nobody would write: files of real ones, cut, doubled, mixed and filled with odd texts, given to every command.
//!
//! Asked for by name: `cargo test --test fuzz`. Nothing may crash, hang, take more memory than a build machine has, or
//! write files that their own readers refuse. A finding is a number: the same number makes the same project again.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `DFGEN_FUZZ_SECONDS` | how long | 20 |
//! | `DFGEN_FUZZ_FIRST` | the first number | 0 |
//! | `DFGEN_FUZZ_SEEDS` | a folder of more projects to begin with | none |

mod mutate;
mod project;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mutate::Tree;
use tempfile::TempDir;

/// Each is given to each project.
const COMMANDS: [&[&str]; 6] = [
    &["render"],
    &["init", "--yes", "--stdout"],
    &["plan", "--format", "json"],
    &["size", "--format", "markdown"],
    &["audit", "--format", "json"],
    &["render", "--check"],
];

/// A command that takes longer hangs: the slowest real project takes a tenth, in a debug build on a machine with other work.
const HANGS: Duration = Duration::from_mins(2);

/// Address space of a command, in KiB: 3 GiB.
const MEMORY: u32 = 3 << 20;

fn variable(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// How a command ended.
struct Ended {
    code: Option<i32>,
    stderr: String,
    took: Duration,
}

fn run(arguments: &[&str], folder: &Path) -> Ended {
    let said = folder.with_extension("stderr");
    let limit = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command
        .args(["-c", &limit, env!("CARGO_BIN_EXE_dfgen")])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&said).expect("a file"))
        .process_group(0);
    let started = Instant::now();
    let mut child = command.spawn().expect("bash is there");
    let code = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break status.code(),
            None if started.elapsed() > HANGS => {
                child.kill().expect("a child");
                child.wait().expect("a child");
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let stderr = fs::read(&said).expect("a file");
    Ended {
        code,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        took: started.elapsed(),
    }
}

/// What is wrong with how a command ended.
fn wrong(arguments: &[&str], ended: &Ended) -> Option<String> {
    let command = arguments.join(" ");
    let told = || ended.stderr.lines().take(12).collect::<Vec<_>>().join("\n");
    let is_error = ended.stderr.lines().any(|line| line.starts_with("error"));
    match ended.code {
        _ if ended.stderr.contains("error[bug]") || ended.stderr.contains("panicked at") => {
            Some(format!("{command}: a panic\n{}", told()))
        }
        None => Some(format!(
            "{command}: a signal or no end after {:?}\n{}",
            ended.took,
            told()
        )),
        Some(2) if !is_error => Some(format!("{command}: exit 2 and no error\n{}", told())),
        Some(0..=2) => None,
        Some(code) => Some(format!("{command}: exit {code}\n{}", told())),
    }
}

/// What is wrong with the files that were written.
fn unreadable(folder: &Path, written: &str) -> Option<String> {
    let files = written
        .lines()
        .filter_map(|line| line.strip_prefix("wrote "));
    let mut files = files.filter_map(|line| line.split(" (").next().or(Some(line)));
    files.find_map(|name| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        let problem = if name.ends_with("Dockerfile") {
            dfgen::existing::Dockerfile::parse(dfgen::diagnostic::SourceFile::new(
                name,
                text.clone(),
            ))
            .err()
            .map(|error| format!("{error:?}"))
            .or_else(|| not_there(folder, &text))
        } else if name.ends_with("compose.yaml") {
            serde_saphyr::from_str::<serde_json::Value>(&text)
                .err()
                .map(|error| error.to_string())
        } else {
            None
        };
        problem.map(|problem| format!("{name}: {problem}"))
    })
}

/// A file that is copied and is not there.
fn not_there(folder: &Path, dockerfile: &str) -> Option<String> {
    let copies = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "));
    let own = copies.filter(|line| !line.contains("--from=") && !line.contains('['));
    let mut sources = own.flat_map(|line| {
        let words = line
            .split_whitespace()
            .filter(|word| !word.starts_with("--"));
        let words: Vec<&str> = words.collect();
        words[..words.len().saturating_sub(1)].to_vec()
    });
    let missing = sources.find(|source| !source.contains('*') && !folder.join(source).exists());
    missing.map(|source| format!("`{source}` is copied and is not there"))
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The projects to begin with.
fn seeds() -> Vec<Tree> {
    let more = std::env::var_os("DFGEN_FUZZ_SEEDS").map(PathBuf::from);
    let folders = [
        repository().join("examples"),
        repository().join("tests/it/fixtures"),
    ];
    let folders = folders.into_iter().chain(more);
    let projects = folders.flat_map(|folder| {
        let entries =
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut projects: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        projects.sort();
        projects
    });
    let seeds: Vec<Tree> = projects
        .filter(|path| path.join("pyproject.toml").is_file())
        .map(|path| Tree::read(&path))
        .collect();
    assert!(seeds.len() >= 5, "{} projects", seeds.len());
    seeds
}

#[test]
fn every_command_ends_well_on_every_project() {
    let seeds = seeds();
    let pool = mutate::Pool::of(&seeds);
    let seconds = Duration::from_secs(variable("DFGEN_FUZZ_SECONDS", 20));
    let first = variable("DFGEN_FUZZ_FIRST", 0);
    let started = Instant::now();
    let mut codes: BTreeMap<(&str, Option<i32>), u32> = BTreeMap::new();
    let (mut found, mut slowest) = (Vec::new(), (Duration::ZERO, String::new()));
    let mut number = first;
    // One project is tried whatever the clock says.
    while number == first || started.elapsed() < seconds {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path().join("project");
        project::write(&project::project(&pool, &seeds, number), &root);
        for arguments in COMMANDS {
            let ended = run(arguments, &root);
            *codes.entry((arguments[0], ended.code)).or_default() += 1;
            let is_written = arguments == ["render"] && ended.code == Some(0);
            let problem = wrong(arguments, &ended)
                .or_else(|| unreadable(&root, &ended.stderr).filter(|_| is_written));
            found.extend(problem.map(|problem| format!("number {number}: {problem}")));
            if ended.took > slowest.0 {
                slowest = (
                    ended.took,
                    format!("number {number}, {}", arguments.join(" ")),
                );
            }
        }
        number += 1;
    }
    println!(
        "{} projects from {first} on; exit codes {codes:?}; slowest {:?}: {}",
        number - first,
        slowest.0,
        slowest.1
    );
    assert!(
        codes.len() > 5,
        "some commands never got to their end: {codes:?}"
    );
    assert!(
        found.is_empty(),
        "{} findings; DFGEN_FUZZ_FIRST=NUMBER makes one again\n\n{}",
        found.len(),
        found.join("\n\n")
    );
}

/// To look at one: `DFGEN_FUZZ_FIRST=7 DFGEN_FUZZ_FOLDER=/tmp/seven cargo test --test fuzz -- --ignored`.
#[test]
#[ignore = "writes a project to look at"]
fn write_one() {
    let seeds = seeds();
    let number = variable("DFGEN_FUZZ_FIRST", 0);
    let folder = std::env::var("DFGEN_FUZZ_FOLDER").expect("where to");
    let pool = mutate::Pool::of(&seeds);
    project::write(&project::project(&pool, &seeds, number), Path::new(&folder));
}
