//! Every reader alone, on texts that nobody would write: no panic, no end without an answer.
//!
//! `cargo test` tries each for a moment. `DFGEN_FUZZ_SECONDS=60 cargo test --lib readers` tries longer, and
//! `DFGEN_FUZZ_FIRST` begins at another number: the same number makes the same text again.

#[path = "../tests/fuzz/mutate.rs"]
mod mutate;

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use mutate::{Pool, Tree};

use crate::diagnostic::SourceFile;
use crate::image::reading::testing::{ImageOf, LayerOf, stream};
use crate::{application, command, existing, image, lock, profile, project, secret};

/// A reader, and the files whose texts it is given.
struct Reader {
    name: &'static str,
    kinds: &'static [&'static str],
    read: fn(&[u8]),
}

const READERS: &[Reader] = &[
    Reader {
        name: "uv.lock",
        kinds: &["uv.lock"],
        read: |text| drop(lock::Lock::parse(file("uv.lock", text))),
    },
    Reader {
        name: "pyproject.toml",
        kinds: &["pyproject.toml"],
        read: |text| {
            drop(project::Pyproject::parse(file("pyproject.toml", text)));
            drop(application::ManifestFacts::parse(file(
                "pyproject.toml",
                text,
            )));
        },
    },
    Reader {
        name: "dfgen.toml",
        kinds: &["pyproject.toml"],
        read: |text| drop(profile::Config::parse(file("dfgen.toml", text))),
    },
    Reader {
        name: "Python",
        kinds: &["a.py"],
        read: |text| drop(application::Module::parse(&utf8(text))),
    },
    Reader {
        name: "Dockerfile",
        kinds: &["Dockerfile", "run"],
        read: |text| drop(existing::Dockerfile::parse(file("Dockerfile", text))),
    },
    Reader {
        name: "variables",
        kinds: &["Dockerfile", "compose.yaml", "run", "pyproject.toml"],
        read: |text| {
            let known = [("A".to_owned(), "a$A".to_owned())];
            drop(existing::expanded(&utf8(text), &known));
        },
    },
    Reader {
        name: "shell",
        kinds: &["run", "Dockerfile", "a.py"],
        read: |text| {
            drop(existing::of_script(&file("entrypoint.sh", text)));
            let text = utf8(text);
            let words: Vec<&str> = text.split_whitespace().take(50).collect();
            drop(command::StartCommand::read(&words));
        },
    },
    Reader {
        name: "compose",
        kinds: &["compose.yaml"],
        read: |text| drop(existing::Compose::parse(file("compose.yaml", text))),
    },
    Reader {
        name: "ignore files",
        kinds: &[".gitignore", ".dockerignore", "pyproject.toml"],
        read: ignored,
    },
    Reader {
        name: "names of wheels",
        kinds: &["uv.lock"],
        read: |text| {
            for name in utf8(text).split(['/', '"', '\n']) {
                if let Some(wheel) = lock::WheelName::parse(name) {
                    let tags = wheel.pythons().chain(wheel.abis()).chain(wheel.platforms());
                    assert!(tags.map(str::len).sum::<usize>() <= name.len());
                }
            }
        },
    },
    Reader {
        name: "markers",
        kinds: &["uv.lock"],
        read: |text| {
            for marker in utf8(text).split(['"', '\n']).filter(|text| text.len() > 3) {
                black_box(lock::parse_marker(marker));
            }
        },
    },
    Reader {
        name: "secrets",
        kinds: &["a.py", "compose.yaml", "pyproject.toml", "a.md", "run"],
        read: |text| {
            let text = utf8(text);
            drop(secret::mask(&text));
            drop(secret::told_in_file(Path::new("a.py"), &text));
            drop(secret::told_in_file(Path::new("a.yaml"), &text));
        },
    },
    Reader {
        name: "RECORD",
        kinds: &["uv.lock", "a.py"],
        read: |text| {
            let layer = LayerOf::new()
                .file(&format!("{PACKAGES}/a-1.dist-info/METADATA"), text)
                .file(&format!("{PACKAGES}/a-1.dist-info/RECORD"), text)
                .file("var/lib/dpkg/status", text)
                .file("lib/apk/db/installed", text)
                .file("etc/passwd", text)
                .file("etc/os-release", text);
            let read = stream(&ImageOf::new().layer("COPY a b", layer).archive());
            drop(image::report::ImageReport::of(&read.expect("it is whole")));
        },
    },
    Reader {
        name: "tar",
        kinds: &["a.py"],
        read: |text| {
            let mut layer = LayerOf::new().file("app/a.py", text).file("b", "b").end();
            // Where the text has a byte, the header gets it too.
            for (at, byte) in text.iter().enumerate().step_by(37).take(6) {
                let place = (usize::from(*byte) * 7 + at) % layer.len();
                layer[place] = *byte;
            }
            let archive = ImageOf::new().layer_bytes("COPY a b", layer).archive();
            drop(stream(&archive));
            let mut cut = archive;
            let place = text.len() * 31 % cut.len();
            cut[place] ^= 1;
            drop(stream(&cut[..place.max(600).min(cut.len())]));
            drop(stream(&cut));
        },
    },
];

const PACKAGES: &str = "app/.venv/lib/python3.13/site-packages";

/// Longer texts are windows of a file: many of them find more than few long ones.
const LONGEST: usize = 4096;

/// So many are tried whatever the clock says.
const AT_LEAST: u64 = 200;

/// One text takes less than this, in a debug build on a machine with other work.
const HANGS: Duration = Duration::from_mins(1);

fn utf8(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

fn file(name: &str, text: &[u8]) -> SourceFile {
    SourceFile::new(name, utf8(text))
}

fn ignored(text: &[u8]) {
    use crate::ignore_pattern::{IgnoreLines, IgnorePattern};
    let text = utf8(text);
    let read = |line: &str| {
        let git = IgnorePattern::parse(line);
        let docker = IgnorePattern::parse_docker(line);
        [git, docker].into_iter().flatten().collect::<Vec<_>>()
    };
    let patterns: Vec<IgnorePattern> = text.lines().take(40).flat_map(read).collect();
    let taking_back = patterns.iter().enumerate();
    let lines: IgnoreLines = taking_back
        .map(|(number, pattern)| (number % 3 == 1, pattern))
        .collect();
    for path in ["a", "src/a/b.py", "a/*/[b]/c", "tests/..", "é/😀"] {
        let hit = lines.hit(path).map(str::len);
        assert!(hit.is_none_or(|length| length <= path.len()), "{path}");
    }
}

fn variable(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

/// The texts of the examples and fixtures, of the repository's own scripts, and of a folder that is named.
fn pool() -> Pool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = ["examples", "tests/it/fixtures", ".ci", ".github"].map(|folder| root.join(folder));
    let named = std::env::var_os("DFGEN_FUZZ_SEEDS").map(PathBuf::from);
    let trees: Vec<Tree> = own
        .iter()
        .chain(&named)
        .map(|folder| Tree::read(folder))
        .collect();
    Pool::of(&trees)
}

/// A window of a file of these kinds, changed.
fn text(pool: &Pool, kinds: &[&str], rng: &mut Rng) -> Vec<u8> {
    let files: Vec<&Vec<u8>> = kinds.iter().flat_map(|name| pool.files(name)).collect();
    let whole = files[rng.usize(..files.len())];
    let start = rng.usize(..=whole.len().saturating_sub(LONGEST));
    let mut text = whole[start..whole.len().min(start + LONGEST)].to_vec();
    for _ in 0..rng.usize(1..6) {
        pool.change(&mut text, rng);
    }
    text
}

/// Tries texts until the time is over; the number of those that ended in a panic.
fn try_texts(seconds: Duration, first: u64, at: &AtomicU64) -> Vec<String> {
    let pool = pool();
    let started = Instant::now();
    let (mut found, mut slowest) = (Vec::new(), (Duration::ZERO, String::new()));
    let mut number = first;
    while number < first + AT_LEAST || started.elapsed() < seconds {
        at.store(number, Ordering::Relaxed);
        let mut rng = Rng::with_seed(number);
        let reader = rng.choice(READERS).expect("there are some");
        let text = text(&pool, reader.kinds, &mut rng);
        let begun = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| (reader.read)(&text))).is_err() {
            found.push(format!("number {number}, {}", reader.name));
        }
        if begun.elapsed() > slowest.0 {
            slowest = (begun.elapsed(), format!("number {number}, {}", reader.name));
        }
        number += 1;
    }
    let tried = number - first;
    println!(
        "{tried} texts from {first} on; slowest {:?}: {}",
        slowest.0, slowest.1
    );
    found
}

#[test]
fn every_reader_ends_well_on_every_text() {
    let seconds = Duration::from_secs(variable("DFGEN_FUZZ_SECONDS", 1));
    let first = variable("DFGEN_FUZZ_FIRST", 0);
    let at = AtomicU64::new(first);
    let found = std::thread::scope(|scope| {
        let trying = scope.spawn(|| try_texts(seconds, first, &at));
        let (mut last, mut since) = (first, Instant::now());
        while !trying.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
            let now = at.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > HANGS {
                // The thread cannot be ended: the process is.
                eprintln!("number {now} hangs");
                std::process::exit(101);
            }
        }
        trying.join().expect("panics are caught")
    });
    assert!(
        found.is_empty(),
        "{} findings; DFGEN_FUZZ_FIRST=NUMBER makes one again\n{}",
        found.len(),
        found.join("\n")
    );
}
