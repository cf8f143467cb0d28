//! What an image says about itself: what made it, what it runs, and how.

use std::collections::BTreeMap;

use super::digest::Digest;
use super::wire::{ConfigurationWire, HistoryWire};
use crate::secret::mask_line;

/// The configuration of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `linux/amd64`.
    pub(crate) platform: String,
    /// Who it runs as; empty for root.
    pub(crate) user: String,
    /// Where it starts.
    pub(crate) folder: String,
    /// What it starts, before its command.
    pub(crate) entrypoint: Vec<String>,
    /// What it starts.
    pub(crate) command: Vec<String>,
    /// Its environment variables.
    pub(crate) env: Vec<(String, String)>,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Its ports, as `8000/tcp`.
    pub(crate) ports: Vec<String>,
    /// Its volumes.
    pub(crate) volumes: Vec<String>,
    /// The signal that stops it; empty for SIGTERM.
    pub(crate) stop_signal: String,
    /// How it is asked whether it is well; empty where it is not.
    pub(crate) health: Vec<String>,
    /// All that made it, also what left no layer, as it was written.
    pub(crate) history: Vec<String>,
    /// Which of them left a layer.
    pub(super) made: Vec<bool>,
    /// What made each layer.
    pub(super) instructions: Vec<Instruction>,
    /// The digest of each layer.
    pub(super) layers: Vec<Digest>,
}

/// What made a layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instruction {
    /// As people write it, in one line, without secrets.
    pub(crate) text: String,
}

impl Configuration {
    pub(super) fn new(wire: ConfigurationWire) -> Result<Self, String> {
        let digests = wire.rootfs.diff_ids.iter().map(|text| text.parse());
        let layers: Vec<Digest> = digests.collect::<Result<_, _>>()?;
        let run = wire.config;
        let split = |entry: String| match entry.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (entry, String::new()),
        };
        Ok(Self {
            platform: format!("{}/{}", wire.os, wire.architecture),
            user: run.user,
            folder: run.working_dir,
            entrypoint: run.entrypoint,
            command: run.cmd,
            env: run.env.into_iter().map(split).collect(),
            labels: run.labels,
            ports: run.exposed_ports.into_keys().collect(),
            volumes: run.volumes.into_keys().collect(),
            stop_signal: run.stop_signal,
            health: run.healthcheck.test,
            instructions: instructions(&wire.history, layers.len()),
            made: wire.history.iter().map(|line| !line.empty_layer).collect(),
            history: wire
                .history
                .into_iter()
                .map(|line| line.created_by)
                .collect(),
            layers,
        })
    }
}

impl Configuration {
    /// How many layers were made before a line of its history.
    pub(crate) fn layers_before(&self, line: usize) -> usize {
        let fits = self.made.iter().filter(|made| **made).count() == self.layers.len();
        let before = self.made.iter().take(line).filter(|made| **made);
        if fits { before.count() } else { 0 }
    }
}

/// The instruction of each layer. An image whose history does not fit its layers tells nothing about them.
fn instructions(history: &[HistoryWire], layers: usize) -> Vec<Instruction> {
    let made: Vec<&HistoryWire> = history.iter().filter(|line| !line.empty_layer).collect();
    let fits = made.len() == layers;
    let text = |index: usize| match made.get(index).filter(|_| fits) {
        Some(line) if !line.created_by.is_empty() => written(&line.created_by),
        _ => "unknown: the image does not say what made it".to_owned(),
    };
    (0..layers)
        .map(|index| Instruction { text: text(index) })
        .collect()
}

/// An instruction as it stood in the Dockerfile: engines put their own words around it.
fn written(line: &str) -> String {
    let line = line.trim().trim_end_matches("# buildkit").trim();
    let (is_run, line) = match line.strip_prefix("RUN ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let line = without_arguments(line);
    let text = match line.strip_prefix("/bin/sh -c ") {
        Some(rest) => match rest.trim_start().strip_prefix("#(nop) ") {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {rest}"),
        },
        None if is_run => format!("RUN {line}"),
        None => line.to_owned(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    mask_line(&words.join(" "))
}

/// `|2 A=1 B=2 /bin/sh -c …` of a RUN with build arguments, without them.
fn without_arguments(line: &str) -> &str {
    let is_marked = line
        .strip_prefix('|')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let shell = line.find("/bin/sh -c ").filter(|_| is_marked);
    shell.map_or(line, |at| &line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_as_people_write_them() {
        for (line, expected) in [
            (
                "/bin/sh -c #(nop) COPY file:1 in /app ",
                "COPY file:1 in /app",
            ),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            (
                "RUN /bin/sh -c pip install x # buildkit",
                "RUN pip install x",
            ),
            (
                "RUN |1 A=b /bin/sh -c make   all # buildkit",
                "RUN make all",
            ),
            ("COPY . . # buildkit", "COPY . ."),
            (
                "RUN curl -u me:s3cr3t1! https://h # buildkit",
                "RUN curl -u me:**** https://h",
            ),
        ] {
            assert_eq!(written(line), expected);
        }
    }

    #[test]
    fn a_history_that_does_not_fit_says_nothing() {
        let line = HistoryWire {
            created_by: "COPY a b".to_owned(),
            empty_layer: false,
        };
        let text = |layers| {
            instructions(std::slice::from_ref(&line), layers)[0]
                .text
                .clone()
        };
        assert_eq!(text(1), "COPY a b");
        assert!(text(2).starts_with("unknown"));
    }
}
