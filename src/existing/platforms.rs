//! What platforms other than a container engine start: lines of the files that they read.
//!
//! Sources: <https://fly.io/docs/reference/configuration/>, <https://render.com/docs/blueprint-spec>,
//! <https://docs.railway.com/reference/config-as-code>, <https://nixpacks.com/docs/configuration/file>,
//! <https://devcenter.heroku.com/articles/build-docker-images-heroku-yml>

use indexmap::IndexMap;
use serde::Deserialize;

use super::procfile::{Process, processes};
use super::start;
use crate::diagnostic::SourceFile;
use crate::project::SourceTree;
use crate::project::source_tree::{has_extension, join, parent};

/// The process of a platform that names none: it answers requests.
const WEB: &str = "web";

/// What a platform runs before each release, as Heroku's Procfile calls it.
const RELEASE: &str = "release";

/// What a file of a platform starts: the name of each process, and its line.
type Lines = Vec<(String, String)>;

/// The files that say it, and how each is read. Those that go before others come first.
const FILES: [(&str, fn(&str) -> Lines); 6] = [
    ("fly.toml", fly),
    ("render.yaml", render),
    ("railway.json", railway_json),
    ("railway.toml", railway_toml),
    ("heroku.yml", heroku),
    ("nixpacks.toml", nixpacks),
];

/// The files that start several processes in one container, or on the machine of a developer: a supervisor's, and
/// the Procfiles of other environments.
///
/// Sources: <https://supervisord.org/configuration.html#program-x-section-settings>,
/// <https://honcho.readthedocs.io/en/latest/using_procfiles.html>
pub(crate) fn of_supervisors(tree: &SourceTree, folder: &str) -> Vec<Process> {
    let mut found = Vec::new();
    for path in tree.lying().filter(|path| is_below(path, folder)) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_procfile = parent(path) == folder && name.starts_with("Procfile.");
        let is_ours = !path
            .split('/')
            .any(|part| part.contains("test") || part.contains("example"));
        let is_supervisor = name.starts_with("supervisor") && has_any_extension(name) && is_ours;
        let Some(file) = tree
            .lying_text(path)
            .filter(|_| is_procfile || is_supervisor)
        else {
            continue;
        };
        if is_procfile {
            found.extend(processes(&file));
        } else {
            found.extend(of_supervisor(&file));
        }
    }
    found
}

/// What the configuration of one supervisor starts.
pub(crate) fn of_supervisor(file: &SourceFile) -> Vec<Process> {
    let lines = supervised(file.text()).into_iter();
    let processes = lines.map(|(name, line)| process(file, name, &line));
    processes.collect()
}

fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
}

fn has_any_extension(name: &str) -> bool {
    has_extension(name, "conf") || has_extension(name, "ini")
}

/// The programs of a supervisor: `command` of each section `[program:NAME]`.
fn supervised(text: &str) -> Lines {
    let mut section = None;
    let mut found = Lines::new();
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let name = header.strip_prefix("program:");
            section = name.and_then(|name| name.split(']').next());
        } else if let (Some(name), Some((key, value))) = (section, line.split_once('='))
            && key.trim() == "command"
        {
            // A comment begins behind a blank.
            let value = value.split(" ;").next().unwrap_or(value);
            found.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    found
}

/// What the Procfile of a folder starts, and the files of other platforms there. A file that cannot be read says
/// nothing: its platform tells its owner.
pub(crate) fn of_platforms(tree: &SourceTree, folder: &str) -> Vec<Process> {
    let procfile = tree.lying_text(&join(folder, "Procfile"));
    let mut found = procfile.map_or_else(Vec::new, |file| processes(&file));
    for (name, read) in FILES {
        let Some(file) = tree.lying_text(&join(folder, name)) else {
            continue;
        };
        let lines = read(file.text()).into_iter();
        found.extend(lines.map(|(name, line)| process(&file, name, &line)));
    }
    found
}

fn released(line: Option<String>) -> impl Iterator<Item = (String, String)> {
    line.into_iter().map(|line| (RELEASE.to_owned(), line))
}

fn process(file: &SourceFile, name: String, line: &str) -> Process {
    Process {
        name,
        start: start::of_shell(line.trim()),
        place: file.place_of(line, "the process"),
    }
}

#[derive(Deserialize)]
struct Fly {
    #[serde(default)]
    processes: IndexMap<String, String>,
    deploy: Option<FlyDeploy>,
}

#[derive(Deserialize)]
struct FlyDeploy {
    release_command: Option<String>,
}

fn fly(text: &str) -> Lines {
    let Ok(fly) = toml::from_str::<Fly>(text) else {
        return Lines::new();
    };
    // The one process of an application without names is called so.
    let named = |name: String| if name == "app" { WEB.to_owned() } else { name };
    let lines = fly.processes.into_iter();
    let lines = lines.map(|(name, line)| (named(name), line));
    let release = fly.deploy.and_then(|deploy| deploy.release_command);
    lines.chain(released(release)).collect()
}

#[derive(Deserialize)]
struct Render {
    #[serde(default)]
    services: Vec<RenderService>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenderService {
    #[serde(rename = "type")]
    kind: Option<String>,
    start_command: Option<String>,
    docker_command: Option<String>,
    pre_deploy_command: Option<String>,
}

fn render(text: &str) -> Lines {
    let render: Option<Render> = serde_saphyr::from_str(text).ok();
    let services = render.into_iter().flat_map(|render| render.services);
    let lines = services.flat_map(|service| {
        let line = service.start_command.or(service.docker_command);
        let name = service.kind.unwrap_or_else(|| WEB.to_owned());
        let started = line.map(|line| (name, line));
        started
            .into_iter()
            .chain(released(service.pre_deploy_command))
    });
    lines.collect()
}

#[derive(Deserialize)]
struct Railway {
    deploy: Option<RailwayDeploy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RailwayDeploy {
    start_command: Option<String>,
    pre_deploy_command: Option<RailwayLines>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RailwayLines {
    Line(String),
    Lines(Vec<String>),
}

fn railway(read: Option<Railway>) -> Lines {
    let Some(deploy) = read.and_then(|railway| railway.deploy) else {
        return Lines::new();
    };
    let before = deploy.pre_deploy_command.map(|said| match said {
        RailwayLines::Line(line) => line,
        RailwayLines::Lines(lines) => lines.join(" && "),
    });
    let started = deploy.start_command.map(|line| (WEB.to_owned(), line));
    started.into_iter().chain(released(before)).collect()
}

fn railway_json(text: &str) -> Lines {
    railway(serde_json::from_str(text).ok())
}

fn railway_toml(text: &str) -> Lines {
    railway(toml::from_str(text).ok())
}

#[derive(Deserialize)]
struct Heroku {
    #[serde(default)]
    run: IndexMap<String, HerokuRun>,
    release: Option<HerokuRun>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HerokuRun {
    Line(String),
    Table { command: Vec<String> },
}

fn heroku(text: &str) -> Lines {
    let Ok(heroku) = serde_saphyr::from_str::<Heroku>(text) else {
        return Lines::new();
    };
    let release = heroku.release.map(|release| (RELEASE.to_owned(), release));
    let lines = heroku.run.into_iter().chain(release);
    let line = |run| match run {
        HerokuRun::Line(line) => Some(line),
        HerokuRun::Table { command } => command.into_iter().next(),
    };
    lines
        .filter_map(|(name, run)| Some((name, line(run)?)))
        .collect()
}

#[derive(Deserialize)]
struct Nixpacks {
    start: Option<NixpacksStart>,
}

#[derive(Deserialize)]
struct NixpacksStart {
    cmd: Option<String>,
}

fn nixpacks(text: &str) -> Lines {
    let read: Option<Nixpacks> = toml::from_str(text).ok();
    let line = read.and_then(|nixpacks| nixpacks.start?.cmd);
    line.into_iter()
        .map(|line| (WEB.to_owned(), line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let tree = SourceTree::from_files(files.iter().copied());
        of_platforms(&tree, "").iter().map(line).collect()
    }

    fn line(one: &Process) -> String {
        let words = one.start.words.join(" ");
        format!("{} {} {words}", one.place.location(), one.name)
    }

    #[test]
    fn programs_of_a_supervisor_and_other_procfiles() {
        let tree = SourceTree::from_files([
            (
                "deploy/supervisord.conf",
                "[supervisord]\nnodaemon=true\n[program:jobs]\ncommand = celery -A a worker ; ours\nautostart=true\n",
            ),
            ("Procfile.dev", "web: flask run --debug\n"),
            ("docs/Procfile.dev", "web: mkdocs serve\n"),
        ]);
        let told: Vec<String> = of_supervisors(&tree, "").iter().map(line).collect();
        assert_eq!(
            told,
            [
                "Procfile.dev:1 web flask run --debug",
                "deploy/supervisord.conf:4 jobs celery -A a worker"
            ]
        );
    }

    #[test]
    fn what_runs_before_a_release() {
        let files = [
            ("Procfile", "release: flask db upgrade\n"),
            (
                "fly.toml",
                "[deploy]\nrelease_command = 'alembic upgrade head'\n",
            ),
            (
                "render.yaml",
                "services:\n  - type: web\n    preDeployCommand: python manage.py migrate\n",
            ),
            (
                "railway.json",
                "{\"deploy\": {\"preDeployCommand\": [\"aerich upgrade\"]}}",
            ),
            (
                "railway.toml",
                "[deploy]\npreDeployCommand = 'shop migrate'\n",
            ),
            (
                "heroku.yml",
                "release:\n  image: web\n  command:\n    - python manage.py migrate\n",
            ),
        ];
        assert_eq!(
            told(&files),
            [
                "Procfile:1 release flask db upgrade",
                "fly.toml:2 release alembic upgrade head",
                "render.yaml:3 release python manage.py migrate",
                "railway.json:1 release aerich upgrade",
                "railway.toml:2 release shop migrate",
                "heroku.yml:4 release python manage.py migrate",
            ]
        );
    }

    #[test]
    fn each_platform_says_it_in_its_own_file() {
        let files = [
            ("Procfile", "web: gunicorn a:app\n"),
            (
                "fly.toml",
                "app = 'shop'\n[processes]\napp = 'uvicorn b:app'\njobs = 'celery -A b worker'\n",
            ),
            (
                "render.yaml",
                "services:\n  - type: web\n    name: shop\n    startCommand: uvicorn c:app --port $PORT\n  - type: worker\n",
            ),
            (
                "railway.json",
                "{\"deploy\": {\"startCommand\": \"uvicorn d:app\"}}",
            ),
            ("railway.toml", "[deploy]\nstartCommand = 'uvicorn e:app'\n"),
            (
                "heroku.yml",
                "run:\n  web: uvicorn f:app\n  worker:\n    command: [celery -A f worker]\n",
            ),
            ("nixpacks.toml", "[start]\ncmd = 'uvicorn g:app'\n"),
        ];
        assert_eq!(
            told(&files),
            [
                "Procfile:1 web gunicorn a:app",
                "fly.toml:3 web uvicorn b:app",
                "fly.toml:4 jobs celery -A b worker",
                "render.yaml:4 web uvicorn c:app --port $PORT",
                "railway.json:1 web uvicorn d:app",
                "railway.toml:2 web uvicorn e:app",
                "heroku.yml:2 web uvicorn f:app",
                "heroku.yml:4 worker celery -A f worker",
                "nixpacks.toml:2 web uvicorn g:app",
            ]
        );
        assert!(told(&[("fly.toml", "["), ("render.yaml", "services: 3\n")]).is_empty());
    }
}
