//! What a command names of the project: modules and files, and the folders from which it takes them.

use crate::application::settings_package;
use crate::catalog::Purpose;
use crate::command::{StartCommand, without_call, without_runner};
use crate::existing::shell;
use crate::profile::Line;
use crate::project::source_tree::has_extension;

/// What one command names.
#[derive(Debug, Default)]
pub(in crate::plan) struct Names {
    /// Modules, by their dotted names.
    pub(in crate::plan) modules: Vec<String>,
    pub(in crate::plan) files: Vec<File>,
    /// The folder that it runs in, below that of the project.
    pub(in crate::plan) folder: String,
    /// Folders that it looks for modules in as well.
    pub(in crate::plan) roots: Vec<String>,
}

/// A file that a command names.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::plan) struct File {
    pub(in crate::plan) path: String,
    /// Whether the program runs or reads it at its start, and is not told where to write.
    pub(in crate::plan) is_run: bool,
}

/// How a function of a package is called, where the package is not installed.
const CALL: &str = "import sys; from ";

impl Names {
    /// Those of a command that runs in this folder of the image. What a shell has to work out is not known.
    pub(in crate::plan) fn of_command(words: &[Line], folder: &str) -> Self {
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_owned()).collect();
        let mut names = Self {
            folder: below_app(folder).unwrap_or_default().to_owned(),
            ..Self::default()
        };
        match words.as_slice() {
            [shell, option, script, ..] if is_shell(shell) && option.ends_with('c') => {
                for command in shell::split(script, 0, '\\') {
                    let words = without_runner(&command.words).0;
                    let words = words.strip_prefix(&["exec".to_owned()]).unwrap_or(&words);
                    names.read(words);
                }
            }
            words => names.read(words),
        }
        names
    }

    /// The module that a variable of the environment names.
    pub(in crate::plan) fn of_variable(name: &str, value: &Line) -> Option<Self> {
        let module = value.as_ref().to_owned();
        (name == settings_package::VARIABLE && is_dotted(&module)).then(|| Self {
            modules: vec![module],
            ..Self::default()
        })
    }

    fn read(&mut self, words: &[String]) {
        if let [cd, folder] = words
            && cd == "cd"
        {
            self.roots.push(folder.clone());
            return;
        }
        let read = StartCommand::read(words);
        let roots = read.folders().flat_map(|folders| folders.split(','));
        self.roots.extend(roots.map(str::to_owned));
        let named = read.application.iter().chain(&read.module);
        let mut named: Vec<&str> = named.map(String::as_str).collect();
        named.extend(read.options_with_application());
        named.extend(option(words, "--settings"));
        if read.purpose == Some(Purpose::Work) {
            let dotted = words.iter().skip(1).map(String::as_str);
            named.extend(dotted.filter(|word| word.contains('.') && !has_extension(word, "py")));
        }
        named.extend(words.iter().filter_map(|word| call(word)));
        named.extend(
            read.named_settings()
                .and_then(|path| path.strip_prefix("python:")),
        );
        let modules = named.into_iter().map(without_call);
        let modules = modules.map(|name| name.split(':').next().unwrap_or(name));
        let modules = modules.filter(|name| is_dotted(name));
        self.modules.extend(modules.map(str::to_owned));
        self.files.extend(files(words, &read));
        self.modules.dedup();
    }
}

/// The rest of a path of the image that lies below the project's folder there.
pub(in crate::plan) fn below_app(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/app")?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash"))
}

/// The module of a call that stands in the place of a command of the package.
fn call(word: &str) -> Option<&str> {
    word.strip_prefix(CALL)?.split(' ').next()
}

fn option<'w>(words: &'w [String], name: &str) -> Option<&'w str> {
    let next = words.iter().skip(1).map(String::as_str);
    let mut pairs = words.iter().map(String::as_str).zip(next.chain([""]));
    pairs.find_map(|(word, next)| match word.split_once('=') {
        Some((option, value)) => (option == name).then_some(value),
        None => (word == name).then_some(next),
    })
}

fn is_dotted(name: &str) -> bool {
    let is_part = |part: &str| {
        let plain = |c: char| c.is_alphanumeric() || "_-".contains(c);
        !part.is_empty() && !part.starts_with('-') && part.chars().all(plain)
    };
    name.split('.').all(is_part) && !has_extension(name, "py")
}

/// The files among the words. The first script behind Python is run, and so is what a known program is given; any other
/// word is a file where the project has one of that name.
fn files(words: &[String], read: &StartCommand) -> Vec<File> {
    let is_python = words.first().is_some_and(|first| {
        let name = first.rsplit('/').next().unwrap_or(first);
        name.starts_with("python")
    });
    let mut operands = words.iter().skip(1);
    let script = operands.find(|word| !word.starts_with('-') || *word == "-c" || *word == "-m");
    let script = script.filter(|_| is_python);
    let settings = read.named_settings();
    let mut all = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let value = match word.split_once('=').filter(|_| word.starts_with('-')) {
            Some((_, value)) => value,
            None if word.starts_with('-') => continue,
            None => word,
        };
        let value = value.trim_start_matches("file:").trim_start_matches("./");
        let is_path = !value.is_empty() && !value.contains(['$', '`', '*', ' ', ':', ';']);
        if !is_path || at == 0 && (!word.contains('/') || word.starts_with('/')) {
            continue;
        }
        let is_script = has_extension(value, "py");
        let is_run = at == 0
            || script == Some(word) && is_script
            || read.program.is_some() && is_script && !is_python
            || settings == Some(value);
        all.push(File {
            path: value.to_owned(),
            is_run,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> String {
        let words: Vec<Line> = line.split('|').map(|word| word.parse().unwrap()).collect();
        let names = Names::of_command(&words, "");
        let files = names.files.iter().filter(|file| file.is_run);
        let files: Vec<&str> = files.map(|file| file.path.as_str()).collect();
        let parts = [
            names.modules.join(" "),
            files.join(" "),
            names.roots.join(" "),
        ];
        parts.join(" / ").trim_end().to_owned()
    }

    #[test]
    fn what_a_command_names_of_the_project() {
        for (line, expected) in [
            (
                "gunicorn|shop.web:make()|--chdir|deploy/web",
                "shop.web /  / deploy/web",
            ),
            (
                "gunicorn|-c|conf/gunicorn.py|shop.wsgi",
                "shop.wsgi / conf/gunicorn.py /",
            ),
            (
                "gunicorn|-c|python:shop.conf|shop:app",
                "shop shop.conf /  /",
            ),
            ("uvicorn|main:app|--app-dir|backend", "main /  / backend"),
            ("celery|-A|shop.jobs|worker", "shop.jobs /  /"),
            ("arq|shop.jobs.Settings", "shop.jobs.Settings /  /"),
            ("python|-m|shop|run.py", "shop /  /"),
            ("python|-u|jobs/run.py|build.py", "/ jobs/run.py /"),
            (
                "python|manage.py|migrate|--settings=shop.prod",
                "shop.prod / manage.py /",
            ),
            ("streamlit|run|web/app.py", "/ web/app.py /"),
            (
                "python|-c|import sys; from shop.cli import run; sys.exit(run())",
                "shop.cli /  /",
            ),
            (
                "sh|-c|cd web && exec uvicorn main:app --port $PORT",
                "main /  / web",
            ),
            ("shop-serve|--config|shop.yaml", "/  /"),
        ] {
            let line_of = named(line);
            assert_eq!(line_of.trim(), expected.trim(), "{line}");
        }
    }
}
