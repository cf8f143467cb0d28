//! Debian packages that a build installs.

use super::shell::Command;
use crate::catalog::Dockerfiles;

/// A Debian package that a command installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AptUse {
    /// The package's name.
    pub(crate) package: String,
}

/// What a command installs with `apt-get` or `apt`; a variable without a known value as it is written.
pub(super) fn installed(command: &Command) -> Vec<AptUse> {
    let of_alpine = added(command).into_iter();
    let of_alpine: Vec<AptUse> = of_alpine
        .filter_map(|name| Dockerfiles::embedded().of_alpine(&name).map(str::to_owned))
        .map(|package| AptUse { package })
        .collect();
    if !of_alpine.is_empty() {
        return of_alpine;
    }
    let is_apt = matches!(command.program(), "apt-get" | "apt" | "aptitude");
    let Some(at) = command
        .words
        .iter()
        .position(|word| word == "install")
        .filter(|_| is_apt)
    else {
        return Vec::new();
    };
    let mut packages = Vec::new();
    let mut words = command.words[at + 1..].iter();
    while let Some(word) = words.next() {
        if Dockerfiles::embedded().apt_options().contains(word) {
            words.next();
        } else if !word.starts_with(['-', '.', '/']) {
            let is_open = word.contains(['$', '`']);
            let package = word.split(['=', '/', ':']).next().unwrap_or(word);
            let package = if is_open { word } else { package };
            if !package.contains('*') {
                packages.push(AptUse {
                    package: package.to_owned(),
                });
            }
        }
    }
    packages
}

/// The names of Alpine that `apk add` installs.
pub(crate) fn added(command: &Command) -> Vec<String> {
    if command.program() != "apk" || !command.has("add") {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut words = command.words.iter().skip(1);
    while let Some(word) = words.next() {
        let takes_next = ["-t", "--virtual", "-X", "--repository"].contains(&word.as_str());
        if takes_next {
            words.next();
        } else if !word.starts_with('-') && word != "add" {
            let name = word.split(['=', '<', '>', '~', '@']).next().unwrap_or(word);
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether a command leaves the package lists behind, when nothing later in its `RUN` removes them.
pub(super) fn updates_lists(command: &Command) -> bool {
    matches!(command.program(), "apt-get" | "apt") && command.has("update")
}

/// Whether a command removes the package lists.
pub(super) fn removes_lists(command: &Command) -> bool {
    command.program() == "rm"
        && command
            .words
            .iter()
            .any(|word| word.starts_with("/var/lib/apt"))
}

/// Whether a Debian package is for building: a compiler, headers, or a tool that fetches what is built.
pub(crate) fn is_build_tool(package: &str) -> bool {
    let versioned = |name: &str| {
        package.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with('-')
                    && rest[1..]
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    };
    let known = Dockerfiles::embedded();
    known.build_packages().contains(package)
        || package.ends_with("-dev")
        || known.compilers().iter().any(versioned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::existing::shell::split;

    #[test]
    fn packages_without_options_and_versions() {
        let text = "apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 -t trixie libpq5=17.* gettext/trixie $EXTRA ./x.deb";
        let found = installed(&split(text, 0, '\\')[0]);
        let names: Vec<&str> = found.iter().map(|one| one.package.as_str()).collect();
        assert_eq!(names, ["libpq5", "gettext", "$EXTRA"]);
        let alpine = installed(&split("apk add --no-cache -t x gcc libpq ffmpeg~=6", 0, '\\')[0]);
        let names: Vec<&str> = alpine.iter().map(|one| one.package.as_str()).collect();
        assert_eq!(names, ["libpq5", "ffmpeg"]);
    }

    #[test]
    fn compilers_and_headers_are_for_building() {
        for package in [
            "gcc",
            "g++-14",
            "libpq-dev",
            "build-essential",
            "python3-dev",
            "clang-19",
        ] {
            assert!(is_build_tool(package), "{package}");
        }
        for package in ["libpq5", "gcc-14-base", "libllvm19", "ffmpeg", "git"] {
            assert!(!is_build_tool(package), "{package}");
        }
    }
}
