//! One project on many machines: what dfgen answers must be the same on all of them, to the byte.
//!
//! Used by `tests/it/same_answer.rs` for the examples and by `tests/corpus/same_answer.rs` for real projects. Needs the
//! program `git`.

mod machine;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use self::machine::Machine;

/// Commands that write nothing: what they print and how they end is compared.
const READING: [&[&str]; 4] = [
    &["render", "--check"],
    &["render", "--stdout"],
    &["plan"],
    &["plan", "--format", "json"],
];

/// Says where a machine's answer is another one than that of a plain checkout.
pub(crate) fn differences(project: &Path, below: &str) -> Vec<String> {
    let origin = Origin::of(project, below);
    let plain = origin.answers(&machine::PLAIN);
    let mut found = Vec::new();
    for machine in machine::OTHERS {
        let other = origin.answers(machine);
        for (first, second) in plain.iter().zip(&other) {
            assert_eq!(first.asked, second.asked);
            if first.told != second.told {
                let diff = similar::TextDiff::from_lines(&first.told, &second.told);
                let diff = diff.unified_diff().context_radius(1).to_string();
                found.push(format!("{}: {}\n{diff}", machine.name, first.asked));
            }
        }
    }
    found
}

/// A repository that is checked out on each machine.
struct Origin {
    folder: TempDir,
    /// The project's folder in it.
    below: String,
}

/// What one command told, or left behind.
struct Answer {
    asked: String,
    told: String,
}

impl Origin {
    /// Everything that lies in a folder, committed.
    fn of(folder: &Path, below: &str) -> Self {
        let origin = TempDir::with_prefix("dfgen-origin-").expect("a temporary folder can be made");
        copy(folder, origin.path());
        let git = |arguments: &[&str]| git(origin.path(), arguments);
        git(&["init", "--quiet", "--initial-branch=main"]);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message=all of it"]);
        git(&["commit", "--quiet", "--allow-empty", "--message=more of it"]);
        Self {
            folder: origin,
            below: below.to_owned(),
        }
    }

    fn answers(&self, machine: &Machine) -> Vec<Answer> {
        let home = TempDir::with_prefix("dfgen-state-").expect("a temporary folder can be made");
        let checkout = (machine.checkout)(self.folder.path(), home.path());
        let root = checkout.join(&self.below);
        let mut stage = Stage::new(home.path(), &root);
        (machine.prepare)(&mut stage);
        let mut answers: Vec<Answer> = READING.map(|asked| stage.ask(asked)).into();
        if stage.is_writable {
            answers.push(stage.ask(&["render", "--force"]));
            answers.push(Answer {
                asked: "the files".to_owned(),
                told: written(&root.join("docker")),
            });
        }
        stage.open();
        answers
    }
}

/// How the program is run on one machine.
pub(crate) struct Stage {
    /// A folder that holds the checkout and whatever else the machine has.
    pub(crate) home: PathBuf,
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// The folder in which the program is started.
    pub(crate) current: PathBuf,
    /// What `--project` says; empty where it is not used.
    pub(crate) project: String,
    /// The environment, all of it.
    pub(crate) environment: Vec<(String, String)>,
    /// Whether files can be written.
    pub(crate) is_writable: bool,
    program: PathBuf,
}

impl Stage {
    fn new(home: &Path, root: &Path) -> Self {
        Self {
            home: home.to_owned(),
            root: root.to_owned(),
            current: root.to_owned(),
            project: String::new(),
            environment: Vec::new(),
            is_writable: true,
            program: PathBuf::from(env!("CARGO_BIN_EXE_dfgen")),
        }
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Writes a file, with the folders that lead to it.
    pub(crate) fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.home.join(path);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    }

    fn ask(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.envs(self.environment.iter().cloned());
        if !self.project.is_empty() {
            command.args(["--project", &self.project]);
        }
        self.give_up_rights(&mut command);
        command.current_dir(&self.current);
        // A copy of the program is busy while a process that another test forks still has it open for writing.
        let output = loop {
            match command.output() {
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                output => break output.expect("dfgen can be started"),
            }
        };
        let text = |bytes: &[u8]| self.scrubbed(&String::from_utf8_lossy(bytes));
        Answer {
            asked: arguments.join(" "),
            told: format!(
                "exit code: {:?}\n---- stdout\n{}---- stderr\n{}",
                output.status.code(),
                text(&output.stdout),
                text(&output.stderr)
            ),
        }
    }

    /// Root writes everywhere, whatever the rights of a folder are.
    fn give_up_rights(&self, command: &mut Command) {
        use std::os::unix::fs::MetadataExt;
        use std::os::unix::process::CommandExt;
        const NOBODY: u32 = 65_534;
        let owner = fs::metadata(&self.home).expect("it is there").uid();
        if !self.is_writable && owner == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
    }

    /// Paths that the program names begin as they were given to it: that is no part of an answer.
    fn scrubbed(&self, text: &str) -> String {
        let project = self.project.trim_end_matches('/');
        if project.is_empty() {
            return text.to_owned();
        }
        text.replace(&format!("{project}/"), "")
    }

    /// Takes rights away from everything below the checkout's folder.
    pub(crate) fn close(&mut self) {
        // Whoever may do nothing may not look into the folder of the build either.
        let copy = self.home.join("dfgen");
        fs::copy(&self.program, &copy).expect("the program can be copied");
        self.program = copy;
        self.is_writable = false;
        self.chmod("a-w");
    }

    /// Gives them back, so that the folder can be removed.
    fn open(&self) {
        if !self.is_writable {
            self.chmod("u+w");
        }
    }

    fn chmod(&self, mode: &str) {
        let mut command = Command::new("chmod");
        command
            .args(["-R", &format!("{mode},a+rX")])
            .arg(&self.home);
        assert!(command.status().expect("chmod is there").success());
    }
}

/// Runs Git with no settings but these.
pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_CONFIG_SYSTEM", "/dev/null");
    for name in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{name}_NAME"), "somebody");
        command.env(format!("GIT_{name}_EMAIL"), "somebody@example.com");
    }
    let status = command.current_dir(folder).args(arguments).status();
    assert!(status.expect("git is there").success(), "git {arguments:?}");
}

/// The text of every file of a folder, in the order of their names.
fn written(folder: &Path) -> String {
    let Ok(entries) = fs::read_dir(folder) else {
        return "no folder\n".to_owned();
    };
    let paths = entries.map(|entry| entry.expect("an entry of a folder").path());
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    let text = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("it can be read");
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        format!("---- {name}\n{text}")
    };
    paths.into_iter().map(text).collect()
}

fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.args(["-R", "-P"]).arg(from.join(".")).arg(to);
    assert!(command.status().expect("cp is there").success());
}
