//! Python packages that a build installs: with uv from the lock, or past it.

use super::shell::Command;
use crate::catalog::Dockerfiles;
use crate::project::source_tree::has_extension;

/// One command that installs Python packages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of uv, by uv's name"
)]
pub(crate) struct Install {
    /// What installs them.
    pub(crate) installer: Installer,
    /// Extras of the project.
    pub(crate) extras: Vec<String>,
    /// Whether it takes every extra.
    pub(crate) all_extras: bool,
    /// Those that it leaves out of all.
    pub(crate) no_extras: Vec<String>,
    /// Dependency groups, by name.
    pub(crate) groups: Vec<String>,
    /// Whether it takes every group.
    pub(crate) all_groups: bool,
    /// Whether it takes the groups that uv takes by default, `dev` among them.
    pub(crate) development: bool,
    /// Whether it refuses a lock that does not fit.
    pub(crate) locked: bool,
    /// The workspace member.
    pub(crate) member: Option<String>,
    /// What it installs that is no part of the project: names and files of requirements.
    pub(crate) beside: Vec<String>,
    /// Whether it installs the project itself.
    pub(crate) own: bool,
    /// Whether it leaves out what that requires.
    pub(crate) alone: bool,
}

impl Install {
    /// Whether it takes this extra of the project.
    pub(crate) fn takes_extra(&self, extra: &str) -> bool {
        let has = |names: &[String]| names.iter().any(|name| normal(name) == extra);
        has(&self.extras) || self.all_extras && !has(&self.no_extras)
    }

    /// Whether it installs nothing but tools that install.
    pub(crate) fn is_about_tools(&self) -> bool {
        let is_pip = matches!(self.installer, Installer::Pip | Installer::UvPip);
        is_pip && !self.own && self.beside.is_empty() && self.groups.is_empty()
    }

    /// Whether it asks for this group of the project.
    pub(crate) fn takes_group(&self, group: &str) -> bool {
        self.all_groups || self.groups.iter().any(|name| normal(name) == group)
    }
}

/// A name of an extra or a group as locks have it.
fn normal(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// What installs Python packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installer {
    /// `uv sync`, from the lock.
    UvSync,
    /// `uv pip`, which does not read the lock.
    UvPip,
    /// pip.
    Pip,
    /// Poetry, PDM or Pipenv.
    Other,
}

/// What a command installs; `enforced` is whether the environment already says `UV_LOCKED` or `UV_FROZEN`.
pub(super) fn install(command: &Command, enforced: bool, no_development: bool) -> Option<Install> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let program = command.program();
    let python = program.starts_with("python");
    match (program, words.get(1..).unwrap_or_default()) {
        ("uv", rest) if verb(rest) == Some("sync") => {
            Some(uv_sync(command, enforced, no_development))
        }
        ("uv", rest)
            if verb(rest) == Some("pip")
                && (rest.contains(&"install") || rest.contains(&"sync")) =>
        {
            Some(pip(command, Installer::UvPip))
        }
        ("pip" | "pip3", rest) if rest.contains(&"install") => Some(pip(command, Installer::Pip)),
        (_, ["-m", "pip", rest @ ..]) if python && rest.contains(&"install") => {
            Some(pip(command, Installer::Pip))
        }
        ("poetry" | "pdm" | "pipenv", rest) if matches!(verb(rest), Some("install" | "sync")) => {
            Some(Install {
                installer: Installer::Other,
                development: !command.has("--only")
                    && !command.has("--no-dev")
                    && !command.has("--without"),
                ..empty(Installer::Other)
            })
        }
        _ => None,
    }
}

/// The first word that is no option.
fn verb<'w>(words: &[&'w str]) -> Option<&'w str> {
    words.iter().copied().find(|word| !word.starts_with('-'))
}

fn empty(installer: Installer) -> Install {
    Install {
        installer,
        extras: Vec::new(),
        all_extras: false,
        no_extras: Vec::new(),
        groups: Vec::new(),
        all_groups: false,
        development: false,
        locked: false,
        member: None,
        beside: Vec::new(),
        own: false,
        alone: false,
    }
}

fn uv_sync(command: &Command, enforced: bool, no_development: bool) -> Install {
    let owned = |option: &'static str| {
        command
            .values(option)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let has = |options: &[&str]| options.iter().any(|option| command.has(option));
    let mut groups = owned("--group");
    let only = owned("--only-group");
    let leaves = has(&["--no-dev", "--no-default-groups"]) || !only.is_empty() || no_development;
    let without = owned("--no-group").iter().any(|group| group == "dev");
    groups.extend(only);
    Install {
        extras: owned("--extra"),
        all_extras: command.has("--all-extras"),
        no_extras: owned("--no-extra"),
        groups,
        all_groups: command.has("--all-groups"),
        development: !leaves && !without,
        locked: enforced || has(&["--locked", "--frozen"]),
        member: owned("--package").into_iter().next(),
        own: !has(&["--no-install-project", "--no-install-workspace"])
            && command.values("--only-group").next().is_none(),
        ..empty(Installer::UvSync)
    }
}

fn pip(command: &Command, installer: Installer) -> Install {
    let at = command
        .words
        .iter()
        .position(|word| word == "install" || word == "sync")
        .map_or(0, |at| at + 1);
    let mut install = empty(installer);
    install.extras = command.values("--extra").map(str::to_owned).collect();
    install.all_extras = command.has("--all-extras");
    install.alone = command.has("--no-deps");
    install.groups = command.values("--group").map(str::to_owned).collect();
    let is_sync = at > 0 && command.words[at - 1] == "sync";
    let mut words = command.words[at..].iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-r" | "--requirement" | "--requirements" => add_file(&mut install, words.next()),
            option if Dockerfiles::embedded().pip_options().contains(option) => {
                words.next();
            }
            _ if is_sync => add_file(
                &mut install,
                Some(word).filter(|word| !word.starts_with('-')),
            ),
            "--extra" | "--group" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            target => add_target(&mut install, target),
        }
    }
    install
}

/// `pylock.toml`, `pylock.gpu.toml`: what uv exports from its lock.
fn is_lock(name: &str) -> bool {
    name.starts_with("pylock.") && has_extension(name, "toml")
}

/// A file of requirements: what is read from the lock, or pins nothing but the tool that installs, is none.
fn add_file(install: &mut Install, file: Option<&str>) {
    let Some(file) = file else {
        return;
    };
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.trim_end_matches(".txt");
    let is_of_tool = |tool: &str| {
        stem == format!("{tool}-requirements") || stem == format!("requirements-{tool}")
    };
    let mut tools = Dockerfiles::embedded().build_tools().iter();
    if file.ends_with("pyproject.toml") {
        install.own |= !file.trim_start_matches("./").contains('/') || install.beside.is_empty();
    } else if !is_lock(name) && file != "-" && !tools.any(is_of_tool) {
        install.beside.push(file.to_owned());
    }
}

/// `.`, `.[ml]` and `./dist/x.whl` are the project's own; a name is something beside the lock.
fn add_target(install: &mut Install, target: &str) {
    let (name, extras) = target.split_once('[').unwrap_or((target, ""));
    let own = name.starts_with(['.', '/']);
    if own {
        install.own |= !has_extension(name, "whl") && !has_extension(name, "gz");
        let names = extras
            .trim_end_matches(']')
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        install.extras.extend(names.map(str::to_owned));
        return;
    }
    let end = name
        .find(['=', '<', '>', '~', '!', ';', '@', ' '])
        .unwrap_or(name.len());
    let bare = name[..end].trim();
    if !Dockerfiles::embedded().build_tools().contains(bare) && !has_extension(name, "whl") {
        install.beside.push(target.to_owned());
    }
}

/// Whether a command brings uv itself: from PyPI or with its installer.
pub(super) fn brings_uv(command: &Command) -> bool {
    let installs = matches!(
        command.program(),
        "pip" | "pip3" | "pipx" | "python" | "python3"
    ) && command.has("install");
    let is_uv = |word: &String| word.split(['=', '<', '>', '~']).next() == Some("uv");
    let fetches = command
        .words
        .iter()
        .any(|word| word.contains("astral.sh/uv"));
    (installs && command.words.iter().any(is_uv)) || fetches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::existing::shell::split;

    fn of(text: &str) -> Option<Install> {
        install(&split(text, 0, '\\')[0], false, false)
    }

    #[test]
    fn uv_sync_with_its_flags() {
        let found =
            of("uv sync --frozen --extra ml --extra=pg --group prod --no-dev --package api")
                .unwrap();
        assert_eq!(found.extras, ["ml", "pg"]);
        assert_eq!(found.groups, ["prod"]);
        assert_eq!(found.member.as_deref(), Some("api"));
        assert!(found.locked && !found.development);
        let plain = of("/root/.local/bin/uv sync").unwrap();
        assert!(!plain.locked && plain.development);
        assert!(!of("uv sync --only-group web").unwrap().development);
        let all = of("uv sync --all-extras --no-extra flash_attn").unwrap();
        assert!(all.takes_extra("pg") && !all.takes_extra("flash-attn"));
        assert!(of("uv run pytest").is_none());
    }

    #[test]
    fn pip_of_the_project_and_beside_it() {
        let found = of(
            "pip install --no-cache-dir -e '.[ml, pg]' torch==2.9 -r requirements.txt -i https://x",
        )
        .unwrap();
        assert_eq!(found.extras, ["ml", "pg"]);
        assert_eq!(found.beside, ["torch==2.9", "requirements.txt"]);
        assert_eq!(
            of("uv pip install --system -r pyproject.toml --extra ml")
                .unwrap()
                .extras,
            ["ml"]
        );
        assert!(
            of("python -m pip install --upgrade pip uv")
                .unwrap()
                .beside
                .is_empty()
        );
    }

    #[test]
    fn uv_itself() {
        let brings = |text: &str| split(text, 0, '\\').iter().any(brings_uv);
        assert!(
            brings("pip install uv==0.9")
                && brings("curl -LsSf https://astral.sh/uv/install.sh | sh")
        );
        assert!(!brings("pip install uvicorn"));
    }
}
