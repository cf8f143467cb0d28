//! Containers of the image under trial: each has nothing but what the plan promises it, and is gone whatever happens.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::engine::{self, Ended};
use super::{Trial, Variable};
use crate::diagnostic::{Diagnostic, Result};
use crate::rules;

/// A user that the image does not know, of the group that platforms with users of their own take.
const USER: &str = "54321:0";

/// What the engine itself is given for an answer.
const ANSWER: Duration = Duration::from_mins(1);

/// A container, there until this is dropped.
pub(super) struct Container<'t> {
    trial: &'t Trial<'t>,
    pub(super) name: String,
}

/// How a container is at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) is_running: bool,
    pub(super) exit_code: String,
}

impl<'t> Container<'t> {
    pub(super) fn new(trial: &'t Trial<'t>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dfgen-verify-{}-{count}", std::process::id());
        Self { trial, name }
    }

    /// The engine's `run`, with all that narrows a container and all that it is given.
    fn run(&self, network: &str, env: &[Variable], folders: &[String]) -> Command {
        let mut command = Command::new(self.trial.program);
        command.args(["run", "--name", &self.name, "--label", "dfgen.verify=trial"]);
        command.args(["--pull", "never", "--network", network, "--user", USER]);
        command.args(["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"]);
        command.args(["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]);
        if let Some(platform) = self.trial.platform {
            command.args(["--platform", &platform.to_string()]);
        }
        for folder in folders {
            command.args(["--tmpfs", &format!("{folder}:mode=1777")]);
        }
        // A value in the arguments could be read by everybody on this machine.
        for (name, value) in env {
            command.args(["--env", name]).env(name, value);
        }
        command
    }

    /// Starts the image's own command, and goes on.
    pub(super) fn start(&self, env: &[Variable], folders: &[String]) -> Result<Ended> {
        let mut command = self.run(self.trial.network, env, folders);
        command.args(["--detach", self.trial.image]);
        self.wait(&mut command, "", ANSWER)
    }

    /// Runs a program of the image's Python in a container that ends with it.
    pub(super) fn python(&self, program: &[&str], input: &str, most: Duration) -> Result<Ended> {
        let mut command = self.run("none", &self.trial.env, &[]);
        command.args([
            "--interactive",
            "--no-healthcheck",
            "--entrypoint",
            "python",
        ]);
        command.arg(self.trial.image).args(program);
        self.wait(&mut command, input, most)
    }

    /// Runs a command in the started container.
    pub(super) fn exec(&self, words: &[String], most: Duration) -> Result<Ended> {
        let mut command = Command::new(self.trial.program);
        command.args(["exec", &self.name]).args(words);
        self.wait(&mut command, "", most)
    }

    pub(super) fn state(&self) -> Result<State> {
        let ended = self.ask(
            &[
                "inspect",
                "--format",
                "{{.State.Running}} {{.State.ExitCode}}",
                &self.name,
            ],
            ANSWER,
        )?;
        let (running, code) = ended.output.trim().split_once(' ').unwrap_or_default();
        Ok(State {
            is_running: running == "true",
            exit_code: code.to_owned(),
        })
    }

    /// What it printed last, without secrets.
    pub(super) fn log(&self) -> Result<Vec<String>> {
        let ended = self.ask(&["logs", "--tail", "40", &self.name], ANSWER)?;
        let lines = ended.output.lines().chain(ended.errors.lines());
        let lines = lines.map(str::trim_end).filter(|line| !line.is_empty());
        Ok(lines.map(|line| self.trial.without_secrets(line)).collect())
    }

    /// Sends the image's own signal, and kills it after some seconds.
    pub(super) fn stop(&self, seconds: u64) -> Result<Ended> {
        let most = Duration::from_secs(seconds) + ANSWER;
        self.ask(&["stop", "--time", &seconds.to_string(), &self.name], most)
    }

    fn ask(&self, arguments: &[&str], most: Duration) -> Result<Ended> {
        let mut command = Command::new(self.trial.program);
        self.wait(command.args(arguments), "", most)
    }

    fn wait(&self, command: &mut Command, input: &str, most: Duration) -> Result<Ended> {
        let program = self.trial.program;
        engine::run(command, input, most, self.trial.stopped).map_err(|error| {
            let message = format!("`{program}` cannot be started: {error}");
            Diagnostic::new(rules::NO_ENGINE, message)
                .with_help("`--run` needs the engine that has the image; without it, nothing of the image is run")
                .into()
        })
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let mut command = Command::new(self.trial.program);
        command.args(["rm", "--force", "--volumes", &self.name]);
        // Whoever stops dfgen waits for this: nothing is left behind.
        let _ = engine::run(&mut command, "", ANSWER, &AtomicBool::new(false));
    }
}
