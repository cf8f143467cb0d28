//! What a command starts in the end: through start scripts, Makefiles, the scripts of a `package.json` and supervisors.
//!
//! An image of dfgen starts its program itself, so each of these is read for what it runs. A file that the project does
//! not have ends the way: then the command stays as it is written.

use super::branches::chosen;
use super::dockerfile::Kind;
use super::image::Image;
use super::platforms::of_supervisor;
use super::shell::Command;
use super::start::{Start, default_of_script, is_shell, of_shell, start_of_script};
use crate::catalog::Purpose;
use crate::command::StartCommand;
use crate::diagnostic::SourceFile;
use crate::project::source_tree::{SourceTree, has_extension, join, parent};

/// How many files are followed, one after the other.
const DEPTH: usize = 4;

/// A command, and what it starts in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed {
    /// What is started.
    pub(crate) start: Start,
    /// The files that say so, the first one first.
    pub(crate) through: Vec<Through>,
}

/// A file on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Through {
    /// The file.
    pub(crate) file: SourceFile,
    /// How the command names it.
    pub(crate) named: String,
    /// What it starts, and what it runs before; both with their places in the file.
    pub(crate) start: Start,
}

/// Follows a command through the files of the project.
pub(crate) fn followed(tree: &SourceTree, image: Option<&Image>, start: &Start) -> Followed {
    let mut start = start.clone();
    let mut through: Vec<Through> = Vec::new();
    while through.len() < DEPTH {
        let Some(next) = next(tree, image, &start, !through.is_empty()) else {
            break;
        };
        if through
            .iter()
            .any(|known| known.file == next.file && known.named == next.named)
        {
            break;
        }
        let own = &next.start;
        let mut words = own.words.clone();
        let mut script = own.script.clone();
        if words.is_empty() && script.is_none() {
            // `exec "$@"`: what the script is given, else what it starts by itself.
            words.clone_from(&start.words);
            script = None;
            if words.is_empty() {
                words = default_of_script(own);
            }
        }
        start = Start {
            words,
            script,
            before: [start.before, own.before.clone()].concat(),
            shell: start.shell,
            runner: start.runner.or(own.runner.clone()),
        };
        through.push(next);
    }
    Followed { start, through }
}

/// The next file; `is_given` says that a script is given the words.
fn next(
    tree: &SourceTree,
    image: Option<&Image>,
    start: &Start,
    is_given: bool,
) -> Option<Through> {
    let mut words: Vec<&str> = start.words.iter().map(String::as_str).collect();
    // `sh start.sh prd` starts what `./start.sh prd` does.
    let by_shell = matches!(words.as_slice(), [shell, script, ..] if is_shell(shell) && has_extension(script, "sh"));
    if by_shell {
        words.remove(0);
    }
    let of = |file: SourceFile, named: String, start: Start| Some(Through { file, named, start });
    if let Some(script) = &start.script {
        let file = script_of(tree, image, script)?;
        let start = start_of_script(&chosen(file.text(), &start.words));
        return of(file, script.clone(), start);
    }
    let program = words.first()?.rsplit('/').next()?;
    let named = words.join(" ");
    match (program, words.as_slice()) {
        ("make" | "gmake", [_, .., target]) => {
            let mut file = ["Makefile", "makefile", "GNUmakefile"].iter();
            let file = file.find_map(|name| tree.lying_text(name))?;
            let start = of_recipe(&recipe(file.text(), target)?);
            of(file, named, start)
        }
        ("just", [_, target, ..]) => {
            let mut file = ["justfile", "Justfile", ".justfile"].iter();
            let file = file.find_map(|name| tree.lying_text(name))?;
            let start = of_recipe(&recipe(file.text(), target)?);
            of(file, named, start)
        }
        ("npm" | "pnpm" | "yarn", [_, "run", target, ..] | [_, target, ..]) => {
            let file = tree.lying_text("package.json")?;
            let read: serde_json::Value = serde_json::from_str(file.text()).ok()?;
            let line = read.get("scripts")?.get(*target)?.as_str()?.to_owned();
            of(file, named, of_shell(&line))
        }
        ("supervisord", _) => supervised(tree, image, &start.words, named),
        (_, [first, arguments @ ..]) => {
            let found = match lying(tree, image, first) {
                None if (is_given || by_shell) && has_extension(first, "sh") => {
                    script_of(tree, image, first)
                }
                found => found,
            };
            let file = found.filter(|file| by_shell || is_shell_script(file))?;
            let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
            let mut start = start_of_script(&chosen(file.text(), &arguments));
            if start.words.is_empty() && start.script.is_none() {
                start.words = arguments;
            }
            of(file, (*first).to_owned(), start)
        }
        _ => None,
    }
}

/// The program of a supervisor that answers requests; the first one where none is seen to.
fn supervised(
    tree: &SourceTree,
    image: Option<&Image>,
    words: &[String],
    named: String,
) -> Option<Through> {
    let said = words
        .iter()
        .skip_while(|word| !matches!(word.as_str(), "-c" | "--configuration"));
    let said = said.skip(1).find_map(|path| lying(tree, image, path));
    let usual = || {
        let mut all = tree
            .lying()
            .filter(|path| path.ends_with("supervisord.conf"));
        tree.lying_text(all.next()?)
    };
    let file = said.or_else(usual)?;
    let programs = of_supervisor(&file);
    let serves = |start: &&Start| {
        let purpose = StartCommand::read(&start.words).purpose;
        matches!(purpose, Some(Purpose::Serve | Purpose::Develop))
    };
    let starts: Vec<&Start> = programs.iter().map(|one| &one.start).collect();
    let start = starts
        .iter()
        .copied()
        .find(serves)
        .or(starts.first().copied())?;
    let start = start.clone();
    Some(Through { file, named, start })
}

/// The commands below a target, as a shell runs them.
fn recipe(text: &str, target: &str) -> Option<String> {
    let is_head = |line: &&str| {
        let rest = line.strip_prefix(target);
        let rest = rest.map(str::trim_start);
        rest.is_some_and(|rest| {
            let names = rest.split(':').next().unwrap_or_default();
            rest.contains(':') && !rest.starts_with(":=") && !names.contains('=')
        })
    };
    let lines = text.lines().skip_while(|line| !is_head(line)).skip(1);
    let lines = lines.take_while(|line| line.starts_with([' ', '\t']) || line.trim().is_empty());
    let lines: Vec<&str> = lines
        .map(|line| line.trim().trim_start_matches(['@', '-']))
        .collect();
    let text = lines.join("\n");
    (!text.trim().is_empty()).then_some(text)
}

/// What the lines of a recipe start: places in it would be none of the file's.
fn of_recipe(text: &str) -> Start {
    start_of_script(text)
}

/// The script that a command names, where the project has it: by what is copied there, by its path, else by its name.
pub(crate) fn script_of(
    tree: &SourceTree,
    image: Option<&Image>,
    script: &str,
) -> Option<SourceFile> {
    let name = script.rsplit('/').next().unwrap_or(script);
    // A compose file may mount what lies beside the Dockerfile.
    let beside = || {
        let file = image?.file.path().to_string_lossy().into_owned();
        tree.lying_text(&join(parent(&file), name))
    };
    lying(tree, image, script).or_else(beside).or_else(|| {
        let mut paths = tree
            .lying()
            .filter(|path| path.rsplit('/').next() == Some(name));
        match (paths.next(), paths.next()) {
            (Some(only), None) => tree.lying_text(only),
            _ => None,
        }
    })
}

/// The file of the project that lies at a path of the container.
fn lying(tree: &SourceTree, image: Option<&Image>, path: &str) -> Option<SourceFile> {
    let copied = image.into_iter().flat_map(|image| &image.copied);
    let sources = copied.filter_map(|copied| {
        let (source, target) = (&copied.value.source, copied.value.target.as_str());
        let name = source.rsplit('/').next().unwrap_or(source);
        let is_file = path == target || path == join(target.trim_end_matches('/'), name);
        if is_file && source != "." {
            return Some(source.clone());
        }
        let rest = path.strip_prefix(target.trim_end_matches('/'))?;
        let rest = rest.strip_prefix('/')?;
        Some(join(source.trim_matches('.'), rest))
    });
    let own = path.strip_prefix("./").unwrap_or(path);
    let own = (!own.starts_with('/') && own.contains(['/', '.'])).then(|| own.to_owned());
    let mut paths = sources.chain(own);
    paths.find_map(|path| tree.lying_text(path.trim_start_matches('/')))
}

impl Image {
    /// Lists of Debian packages that the build installs with `xargs apt-get install < FILE`: the file of the project, and
    /// the names in it.
    pub(crate) fn package_lists(&self, tree: &SourceTree) -> Vec<(String, Vec<String>)> {
        let runs = self.instructions.iter().filter(|one| {
            let Kind::Run(commands, _) = &one.kind else {
                return false;
            };
            let installs = |command: &Command| command.has("apt-get") && command.has("install");
            commands
                .iter()
                .any(|one| one.program() == "xargs" && installs(one))
        });
        let words =
            runs.flat_map(|one| one.place.text().split([' ', '<', '|', '\n', '(', ')', '"']));
        let files = words.filter(|word| word.contains(['.', '/']));
        let lists = files.filter_map(|word| {
            let file = lying(tree, Some(self), word)?;
            let lines = file
                .text()
                .lines()
                .map(|line| line.split('#').next().unwrap_or(line));
            let names = lines.flat_map(str::split_whitespace).map(str::to_owned);
            Some((file.path().display().to_string(), names.collect()))
        });
        lists.collect()
    }
}

fn is_shell_script(file: &SourceFile) -> bool {
    let first = file.text().lines().next().unwrap_or_default();
    first.starts_with("#!") && first.trim_end().ends_with("sh")
        || first.starts_with("#!") && first.contains("sh -")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::existing::dockerfile::Dockerfile;

    fn end(files: &[(&str, &str)], dockerfile: &str) -> String {
        let tree = SourceTree::from_files(files.iter().copied());
        let dockerfile = Dockerfile::parse(SourceFile::new("Dockerfile", dockerfile)).unwrap();
        let image = Image::of(&dockerfile, None).unwrap();
        let start = image.start.as_ref().unwrap().value.clone();
        followed(&tree, Some(&image), &start).start.words.join(" ")
    }

    #[test]
    fn a_command_is_followed_to_its_program() {
        let script = "#!/bin/sh\nmain() {\n  exec gunicorn shop:app\n}\nmain\n";
        for (file, text, lines) in [
            (
                "docker/start",
                script,
                "COPY docker/start /start\nCMD [\"/start\"]",
            ),
            (
                "start.sh",
                script,
                "WORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/start.sh\"]",
            ),
            ("bin/run", script, "CMD [\"./bin/run\"]"),
            (
                "Makefile",
                "all:\n\techo\nserve: all\n\t@gunicorn shop:app\n",
                "CMD [\"make\", \"serve\"]",
            ),
            (
                "justfile",
                "serve:\n    gunicorn shop:app\n",
                "CMD just serve",
            ),
            (
                "package.json",
                "{\"scripts\": {\"serve\": \"gunicorn shop:app\"}}",
                "CMD npm run serve",
            ),
            (
                "etc/supervisord.conf",
                "[program:jobs]\ncommand=celery -A a worker\n[program:web]\ncommand=gunicorn shop:app\n",
                "COPY etc/supervisord.conf /etc/s.conf\nCMD [\"supervisord\", \"-c\", \"/etc/s.conf\"]",
            ),
        ] {
            let end = end(&[(file, text)], &format!("FROM a\n{lines}\n"));
            assert_eq!(end, "gunicorn shop:app", "{file}");
        }
    }

    #[test]
    fn a_script_does_what_its_first_word_says() {
        let script = "#!/bin/sh\ncase \"$1\" in\n  web)\n    exec gunicorn shop:app\n    ;;\n  jobs)\n    exec celery -A shop worker\n    ;;\nesac\n";
        for (lines, expected) in [
            ("ENTRYPOINT [\"./e.sh\", \"web\"]", "gunicorn shop:app"),
            (
                "ENTRYPOINT [\"./e.sh\"]\nCMD [\"jobs\"]",
                "celery -A shop worker",
            ),
        ] {
            let dockerfile = format!("FROM a\nWORKDIR /app\nCOPY . .\n{lines}\n");
            assert_eq!(end(&[("e.sh", script)], &dockerfile), expected);
        }
    }

    #[test]
    fn what_a_script_is_given_is_what_it_starts() {
        let script = "#!/bin/sh\nexec \"$@\"\n";
        let lines =
            "FROM a\nCOPY e.sh /e.sh\nENTRYPOINT [\"/e.sh\"]\nCMD [\"gunicorn\", \"shop:app\"]\n";
        assert_eq!(end(&[("e.sh", script)], lines), "gunicorn shop:app");
        let tested = "if [ \"$1\" = \"prd\" ]; then\n  gunicorn shop:app\nelse\n  exit 1\nfi\n";
        let lines = "FROM a\nWORKDIR /app\nCOPY e.sh .\nCMD [\"sh\", \"e.sh\", \"prd\"]\n";
        assert_eq!(end(&[("e.sh", tested)], lines), "gunicorn shop:app");
        assert_eq!(
            end(&[], "FROM a\nCMD [\"make\", \"serve\"]\n"),
            "make serve"
        );
    }
}
