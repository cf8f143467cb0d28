//! A program that is waited for no longer than it may take, and that ends with whoever stops dfgen.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How much of what a program prints is held.
const HELD: u64 = 4 << 20;

/// How often is looked whether a program has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// What became of a program.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; `None` where it was not waited for any longer.
    pub(super) code: Option<i32>,
    pub(super) output: String,
    pub(super) errors: String,
}

impl Ended {
    pub(super) fn is_well(&self) -> bool {
        self.code == Some(0)
    }

    /// The line that says what went wrong: the first that has the word for it, else the last.
    pub(super) fn complaint(&self) -> &str {
        let said = || lines(&self.errors);
        let is_error = |line: &&str| line.starts_with("docker: Error") || line.starts_with("Error");
        let found = said().find(is_error).or_else(|| said().next_back());
        let found = found.or_else(|| lines(&self.output).next_back());
        found.unwrap_or("it says nothing")
    }
}

/// The lines of a text that say something.
fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Runs a program to its end, or to the end of its time.
pub(super) fn run(
    command: &mut Command,
    input: &str,
    most: Duration,
    stopped: &AtomicBool,
) -> io::Result<Ended> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    on_its_own(command);
    let mut child = command.spawn()?;
    let output = reader(child.stdout.take());
    let errors = reader(child.stderr.take());
    let mut to = child.stdin.take();
    let input = input.to_owned();
    let writer = thread::spawn(move || to.as_mut().map(|to| to.write_all(input.as_bytes())));
    let code = ended(&mut child, most, stopped)?;
    let _ = writer.join();
    Ok(Ended {
        code,
        output: output.join().unwrap_or_default(),
        errors: errors.join().unwrap_or_default(),
    })
}

/// Ctrl-C on a terminal goes to all programs of a group: these are told by dfgen, which still needs them to clean up.
fn on_its_own(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

fn reader(from: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut from) = from {
            let _ = from.by_ref().take(HELD).read_to_end(&mut text);
            let _ = io::copy(&mut from, &mut io::sink());
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

fn ended(child: &mut Child, most: Duration, stopped: &AtomicBool) -> io::Result<Option<i32>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.code().unwrap_or(-1)));
        }
        if begun.elapsed() > most || stopped.load(Ordering::Relaxed) {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, most: u64, stopped: bool) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let stopped = AtomicBool::new(stopped);
        run(&mut command, "in", Duration::from_millis(most), &stopped).expect("it is there")
    }

    #[test]
    fn a_program_is_read_to_its_end() {
        let ended = shell("cat; echo wrong >&2; exit 3", 5000, false);
        assert_eq!((ended.code, &*ended.output), (Some(3), "in"));
        assert_eq!(ended.complaint(), "wrong");
        assert_eq!(
            shell("echo first >&2; echo last >&2; echo id", 5000, false).complaint(),
            "last"
        );
    }

    #[test]
    fn nobody_waits_for_ever() {
        let begun = Instant::now();
        assert_eq!(shell("exec sleep 60", 200, false).code, None);
        assert_eq!(shell("exec sleep 60", 60_000, true).code, None);
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
