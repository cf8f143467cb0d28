//! Whether an image starts, turns healthy, can be reached and ends when it is told to.

use std::thread;
use std::time::{Duration, Instant};

use super::container::{Container, State};
use super::planned::Health;
use super::{Planned, Trial, Variable};
use crate::diagnostic::Result;
use crate::image::verify::{About, Check, Ran};
use crate::plan::Lasting;

/// What Docker gives a container to end by itself. Nothing is under way that could take longer.
const STOPS_WITHIN: u64 = 10;

/// How long an image without a health check has to stay.
const STAYS: Duration = Duration::from_secs(3);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(250);

/// Lines of what it printed that are told.
const LOG: usize = 6;

/// Of a signal that nobody has to catch: 128 and its number.
const BY_SIGNAL: [&str; 4] = ["0", "130", "131", "143"];

/// Asks from within for another address of the loopback than the health check does: what listens on `127.0.0.1` alone
/// cannot be reached from outside, and does not answer there either.
const REACH: &str = "import socket, sys
try: socket.create_connection(('127.0.0.2', int(sys.argv[1])), 5)
except OSError as error: sys.exit(str(error))";

pub(super) fn checks(trial: &Trial<'_>, planned: &Planned, ran: &mut Ran) -> Result<Vec<Check>> {
    let container = Container::new(trial);
    let begun = Instant::now();
    let started = container.start(&variables(trial, planned), &planned.folders)?;
    let mut attempt = Attempt {
        trial,
        planned,
        container,
        begun,
    };
    let mut found = Vec::new();
    let mut tell =
        |about: About, differences: Vec<String>| found.push(Check { about, differences });
    if !started.is_well() {
        let said = trial.without_secrets(started.complaint());
        tell(About::Start, vec![format!("it cannot be started: {said}")]);
        return Ok(found);
    }
    let stays = attempt.health(ran)?;
    let is_up = stays.is_empty() && attempt.container.state()?.is_running;
    tell(About::Start, stays);
    if is_up {
        tell(About::Reach, attempt.reach()?);
        tell(About::Stop, attempt.stop(ran)?);
    }
    Ok(found)
}

/// What compose would set, and over it what was said.
fn variables(trial: &Trial<'_>, planned: &Planned) -> Vec<Variable> {
    let is_said = |name: &String| trial.env.iter().any(|(said, _)| said == name);
    let own = planned.env.iter().filter(|(name, _)| !is_said(name));
    own.chain(&trial.env).cloned().collect()
}

/// A container that has been started.
struct Attempt<'t> {
    trial: &'t Trial<'t>,
    planned: &'t Planned,
    container: Container<'t>,
    begun: Instant,
}

impl Attempt<'_> {
    /// Waits until it is healthy, or has been there for a while.
    fn health(&mut self, ran: &mut Ran) -> Result<Vec<String>> {
        let most = self.planned.health.map_or(STAYS, |health| health.most);
        let mut said = String::new();
        loop {
            let state = self.container.state()?;
            if !state.is_running {
                return self.ended(&state);
            }
            if let Some(health) = self.planned.health {
                match self.asked(health)? {
                    None => {
                        ran.healthy_after = Some(milliseconds(self.begun));
                        return Ok(Vec::new());
                    }
                    Some(complaint) => said = complaint,
                }
            }
            if self.begun.elapsed() >= most || self.trial.is_stopped() {
                break;
            }
            thread::sleep(PAUSE);
        }
        if self.planned.health.is_none() {
            return Ok(Vec::new());
        }
        let line = format!("not healthy after {} s: {said}", most.as_secs());
        self.with_log(line)
    }

    /// Asks what the health check asks; gives what it says where it fails.
    fn asked(&self, health: Health) -> Result<Option<String>> {
        let words = match self.planned.health_words.split_first() {
            Some((kind, rest)) if kind == "CMD" => rest.to_vec(),
            Some((_, rest)) => [&["/bin/sh".to_owned(), "-c".to_owned()], rest].concat(),
            None => return Ok(None),
        };
        let ended = self.container.exec(&words, health.timeout + PAUSE)?;
        Ok(match ended.code {
            Some(0) => None,
            Some(_) => Some(self.trial.without_secrets(ended.complaint())),
            None => Some(format!("no answer within {} s", health.timeout.as_secs())),
        })
    }

    /// It has ended before it was told to.
    fn ended(&self, state: &State) -> Result<Vec<String>> {
        let is_job = self.planned.lasts != Lasting::Always;
        if is_job && state.exit_code == "0" {
            return Ok(Vec::new());
        }
        let code = &state.exit_code;
        self.with_log(format!(
            "it ended with exit code {code} before it was told to"
        ))
    }

    /// What went wrong, what it printed last, and what it may lack.
    fn with_log(&self, first: String) -> Result<Vec<String>> {
        let mut lines = vec![first];
        let log = self.container.log()?;
        let last = log.iter().skip(log.len().saturating_sub(LOG));
        lines.extend(last.map(|line| format!("  it said: {line}")));
        let planned = self.planned;
        lines.extend(
            planned
                .required
                .iter()
                .map(|names| format!("  it needs variables, `--env NAME=value` sets one: {names}")),
        );
        if !planned.services.is_empty() && self.trial.network == "none" {
            let names = planned.services.join(" ");
            lines.push(format!(
                "  it needs {names}: `docker compose --file {} up --detach --wait {names}`, then `--network {}` here",
                planned.compose, planned.network
            ));
        }
        Ok(vec![lines.join("\n")])
    }

    /// Whether others than itself can reach its port.
    fn reach(&self) -> Result<Vec<String>> {
        let Some(port) = self.planned.port.filter(|_| self.planned.health.is_some()) else {
            return Ok(Vec::new());
        };
        let words = ["python", "-IS", "-c", REACH, &port.to_string()];
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let ended = self.container.exec(&words, Duration::from_secs(10))?;
        let problem = format!(
            "port {port} cannot be reached from outside of the container: it listens on 127.0.0.1 alone"
        );
        Ok(if ended.is_well() {
            Vec::new()
        } else {
            vec![problem]
        })
    }

    /// Whether it ends when it gets its signal.
    fn stop(&self, ran: &mut Ran) -> Result<Vec<String>> {
        let begun = Instant::now();
        self.container.stop(STOPS_WITHIN)?;
        let took = milliseconds(begun);
        let code = self.container.state()?.exit_code;
        if self.trial.is_stopped() {
            return Ok(Vec::new());
        }
        ran.stopped_after = Some(took);
        if code == "137" {
            return self.with_log(format!(
                "it did not end within {STOPS_WITHIN} s of its signal, and was killed"
            ));
        }
        if BY_SIGNAL.contains(&&*code) {
            return Ok(Vec::new());
        }
        self.with_log(format!(
            "it ended with exit code {code} when it was told to stop"
        ))
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
