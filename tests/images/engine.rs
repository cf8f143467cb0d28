//! The docker command line: images, containers and volumes that are gone when the test ends.

use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Runs docker and returns what it prints to standard output.
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = attempt(arguments);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "`docker {}` failed:\n{stdout}{stderr}",
        arguments.join(" ")
    );
    stdout
}

/// Runs docker, whatever comes of it.
pub(crate) fn attempt(arguments: &[&str]) -> Output {
    static ANSWERS: OnceLock<bool> = OnceLock::new();
    let answers = ANSWERS.get_or_init(|| run(&["version"]).status.success());
    assert!(
        answers,
        "no container engine answers `docker version`; `.ci/engine` starts one"
    );
    run(arguments)
}

fn run(arguments: &[&str]) -> Output {
    let output = Command::new("docker").args(arguments).output();
    output.expect("the program `docker` is installed")
}

/// What a program printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A name that nothing else on this machine has.
pub(crate) fn unique() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!(
        "dfgen-test-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// A built image.
pub(crate) struct Image {
    tag: String,
}

impl Image {
    /// The image that was built under this tag; the tag goes with it.
    pub(crate) fn tagged(tag: String) -> Self {
        Self { tag }
    }

    /// Its tag.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// The digests of its layers, lowest first.
    pub(crate) fn layers(&self) -> Vec<String> {
        let layers = self.inspect("{{json .RootFS.Layers}}");
        layers
            .as_array()
            .expect("an image has layers")
            .iter()
            .map(Value::to_string)
            .collect()
    }

    /// What runs in it, as which user, with which environment, labels and health check.
    pub(crate) fn config(&self) -> Value {
        self.inspect("{{json .Config}}")
    }

    /// The command that it runs.
    pub(crate) fn command(&self) -> Vec<String> {
        serde_json::from_value(self.config()["Cmd"].take()).expect("the image has a command")
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        let config = self.config();
        let ports = config["ExposedPorts"]
            .as_object()
            .expect("the image exposes a port");
        let port = ports.keys().next().expect("the image exposes a port");
        port.trim_end_matches("/tcp")
            .parse()
            .expect("a port is a number")
    }

    fn inspect(&self, format: &str) -> Value {
        let json = docker(&["image", "inspect", "--format", format, &self.tag]);
        serde_json::from_str(&json).expect("docker prints JSON")
    }

    /// A container of it that is not started yet, with no network, no rights and nothing but `/tmp` to write to.
    pub(crate) fn container(&self) -> Run<'_> {
        let options = "--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges";
        Run {
            image: self,
            options: options.split(' ').map(ToOwned::to_owned).collect(),
            network: "none".to_owned(),
            command: Vec::new(),
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        run(&["image", "rm", "--force", &self.tag]);
    }
}

/// How a container is to run.
pub(crate) struct Run<'i> {
    image: &'i Image,
    options: Vec<String>,
    network: String,
    command: Vec<String>,
}

impl Run<'_> {
    /// Sets an environment variable.
    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        self.option(&["--env", &format!("{name}={value}")])
    }

    /// Runs as another user than the image's own.
    pub(crate) fn user(self, user: &str) -> Self {
        self.option(&["--user", user])
    }

    /// Gives it a volume.
    pub(crate) fn volume(self, volume: &Volume, path: &str) -> Self {
        self.option(&["--volume", &format!("{}:{path}", volume.name)])
    }

    /// Shares the loopback of another container.
    pub(crate) fn beside(mut self, other: &Container) -> Self {
        self.network = format!("container:{}", other.id);
        self
    }

    /// Runs this instead of the image's own command.
    /// As in development: compose has no `read_only` there.
    pub(crate) fn writable(self) -> Self {
        self.option(&["--read-only=false"])
    }

    pub(crate) fn command(mut self, command: &[impl ToString]) -> Self {
        self.command = command.iter().map(ToString::to_string).collect();
        self
    }

    fn option(mut self, words: &[&str]) -> Self {
        self.options.extend(words.iter().map(ToString::to_string));
        self
    }

    /// Runs it to its end and returns what it prints. It has to succeed.
    pub(crate) fn finish(self) -> String {
        self.docker(&["--rm"])
    }

    /// Starts it. Health is asked for often, so that tests wait little.
    pub(crate) fn start(self) -> Container {
        let mut how = vec!["--detach"];
        if !self.image.config()["Healthcheck"].is_null() {
            how.extend(["--health-interval=1s", "--health-start-interval=500ms"]);
        }
        let id = self.docker(&how).trim().to_owned();
        Container { id }
    }

    fn docker(&self, how: &[&str]) -> String {
        let mut arguments = vec!["run", "--network", &self.network];
        arguments.extend(how);
        arguments.extend(self.options.iter().map(String::as_str));
        arguments.push(&self.image.tag);
        arguments.extend(self.command.iter().map(String::as_str));
        docker(&arguments)
    }
}

/// A started container.
pub(crate) struct Container {
    id: String,
}

/// How a container ended.
pub(crate) struct Stopped {
    pub(crate) after: Duration,
    pub(crate) exit_code: String,
    pub(crate) log: String,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// What request.py prints.
    pub(crate) fn read(printed: &str) -> Self {
        let (status, body) = printed
            .split_once('\n')
            .expect("request.py prints a status and a body");
        Self {
            status: status.parse().expect("a status is a number"),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }
}

impl Container {
    /// Starts a program on the machine's own network, where builds can reach it.
    pub(crate) fn for_builds(image: &str, command: &[&str]) -> Self {
        let how = ["run", "--detach", "--network=host", image];
        let id = docker(&[&how, command].concat());
        Self {
            id: id.trim().to_owned(),
        }
    }

    /// The first line of its log.
    pub(crate) fn first_line(&self) -> String {
        self.wait_until("saying anything", |this| this.log().contains('\n'));
        let log = self.log();
        log.lines().next().unwrap_or_default().to_owned()
    }

    /// Waits until its health check says that it is healthy.
    pub(crate) fn becomes_healthy(&self) {
        self.wait_until("healthy", |this| {
            this.inspect("{{.State.Health.Status}}") == "healthy"
        });
    }

    /// Waits until it has written this to its log.
    pub(crate) fn says(&self, words: &str) {
        self.wait_until(&format!("saying `{words}`"), |this| {
            this.log().contains(words)
        });
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            let runs = self.inspect("{{.State.Running}}") == "true";
            let in_time = started.elapsed() < Duration::from_mins(1);
            assert!(
                runs && in_time,
                "the container is not {what}; {}",
                self.story()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs a command in it and returns what it prints.
    pub(crate) fn exec(&self, command: &[&str]) -> String {
        docker(&[&["exec", &self.id], command].concat())
    }

    /// Sends a GET request from inside.
    pub(crate) fn get(&self, port: u16, path: &str) -> Answer {
        self.request(&["GET", &port.to_string(), path])
    }

    /// Sends a POST request with JSON from inside.
    pub(crate) fn post(&self, port: u16, path: &str, body: &Value) -> Answer {
        self.request(&["POST", &port.to_string(), path, &body.to_string()])
    }

    fn request(&self, words: &[&str]) -> Answer {
        let answer = self.exec(&[&["python", "-c", include_str!("request.py")], words].concat());
        Answer::read(&answer)
    }

    /// Sends SIGTERM, as Docker and Kubernetes do, and waits.
    pub(crate) fn stop(&self) -> Stopped {
        let started = Instant::now();
        docker(&["stop", "--time", "20", &self.id]);
        Stopped {
            after: started.elapsed(),
            exit_code: self.inspect("{{.State.ExitCode}}"),
            log: self.log(),
        }
    }

    fn log(&self) -> String {
        let output = attempt(&["logs", &self.id]);
        text(&output.stdout) + &text(&output.stderr)
    }

    fn story(&self) -> String {
        let state = self.inspect("{{json .State}}");
        format!("its state is {state} and its log:\n{}", self.log())
    }

    fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, &self.id])
            .trim()
            .to_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        run(&["rm", "--force", "--volumes", &self.id]);
    }
}

/// A named volume that everybody may write to.
pub(crate) struct Volume {
    name: String,
}

impl Volume {
    /// A new one, made with the programs of an image.
    pub(crate) fn new(image: &Image) -> Self {
        let volume = Self { name: unique() };
        image
            .container()
            .user("0")
            .volume(&volume, "/volume")
            .command(&["chmod", "777", "/volume"])
            .finish();
        volume
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        run(&["volume", "rm", "--force", &self.name]);
    }
}
