//! `dockerfiles.toml`: what Dockerfiles and compose files say that people wrote by hand.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::lists::{Lists, Names};
use super::table::{Rows, embedded};

/// A Debian package under the name that it has now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    to: String,
}

/// Debian packages that an image does without.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unneeded {
    names: BTreeSet<String>,
    why: String,
    /// Whether a running application may call it all the same.
    #[serde(default)]
    called: bool,
    /// Its programs, where they are called otherwise.
    #[serde(default)]
    programs: BTreeSet<String>,
}

/// What becomes of something that container files say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fate {
    /// The new image does it.
    Kept,
    /// It does not, for a reason.
    Dropped,
    /// A person should look at it.
    Left,
}

/// What becomes of some of the things that container files say, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    names: BTreeSet<String>,
    /// What becomes of them.
    pub(crate) outcome: Fate,
    /// Why.
    pub(crate) why: String,
}

/// The rows of `dockerfiles.toml`.
#[derive(Debug)]
pub(crate) struct Dockerfiles {
    alpine: Rows<String, Renamed>,
    audited: Lists,
    composed: Rows<String, Judged>,
    debian: Lists,
    files: Lists,
    managed: Rows<String, Judged>,
    neighbour: Lists,
    options: Lists,
    python: Lists,
    ran: Rows<String, Judged>,
    renamed: Rows<String, Renamed>,
    tags: Lists,
    texts: Lists,
    unneeded: Rows<String, Unneeded>,
    variables: Lists,
}

static EMBEDDED: LazyLock<Dockerfiles> = LazyLock::new(Dockerfiles::parse);

impl Dockerfiles {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("dockerfiles");
        let read = Self {
            alpine: file.rows("alpine"),
            audited: Lists::new(file.rows("audited")),
            composed: file.rows("composed"),
            debian: Lists::new(file.rows("debian")),
            files: Lists::new(file.rows("file")),
            managed: file.rows("managed"),
            neighbour: Lists::new(file.rows("neighbour")),
            options: Lists::new(file.rows("options")),
            python: Lists::new(file.rows("python")),
            ran: file.rows("ran"),
            renamed: file.rows("renamed"),
            tags: Lists::new(file.rows("tag")),
            texts: Lists::new(file.rows("text")),
            unneeded: file.rows("unneeded"),
            variables: Lists::new(file.rows("variable")),
        };
        file.finish();
        read
    }

    /// Programs that give a container's start to another user.
    pub(crate) fn user_changers(&self) -> &Names {
        self.audited.of("all-users")
    }

    /// Images that bring CUDA's libraries.
    pub(crate) fn cuda_images(&self) -> &Names {
        self.audited.of("cuda-images")
    }

    /// Groups and extras that only developers need.
    pub(crate) fn developer_groups(&self) -> &Names {
        self.audited.of("developer-groups")
    }

    /// Programs of a build whose failure leaves something undone.
    pub(crate) fn doing(&self) -> &Names {
        self.audited.of("doing")
    }

    /// Words in the names of Dockerfiles and stages whose images are not shipped.
    pub(crate) fn for_developers(&self) -> &Names {
        self.audited.of("for-developers")
    }

    /// What of the build packages compiles nothing.
    pub(crate) fn no_compilers(&self) -> &Names {
        self.audited.of("no-compilers")
    }

    /// Compilers of other systems than Debian.
    pub(crate) fn other_compilers(&self) -> &Names {
        self.audited.of("other-compilers")
    }

    /// Images that run as root where nothing else is said.
    pub(crate) fn root_images(&self) -> &Names {
        self.audited.of("root-images")
    }

    /// Folders of which a program needs only a part.
    pub(crate) fn system_folders(&self) -> &Names {
        self.audited.of("system-folders")
    }

    /// What becomes of a key of a compose service.
    pub(crate) fn composed(&self, key: &str) -> Option<&Judged> {
        let mut rows = self.composed.values();
        rows.find(|row| row.names.contains(key)).map(|row| &**row)
    }

    /// The keys of compose that a service beside the images has as they are written.
    pub(crate) fn neighbour_keys(&self) -> &Names {
        self.neighbour.of("held")
    }

    /// Those that it does without.
    pub(crate) fn neighbour_idle(&self) -> &Names {
        self.neighbour.of("idle")
    }

    /// What becomes of what a program does in a build or a start script.
    pub(crate) fn ran(&self, program: &str) -> Option<&Judged> {
        let mut rows = self.ran.values();
        rows.find(|row| row.names.contains(program))
            .map(|row| &**row)
    }

    /// What becomes of what a verb of `manage.py` does in a start script.
    pub(crate) fn managed(&self, verb: &str) -> Option<&Judged> {
        let mut rows = self.managed.values();
        rows.find(|row| row.names.contains(verb)).map(|row| &**row)
    }

    /// Debian's compilers, without their versions.
    pub(crate) fn compilers(&self) -> &Names {
        self.debian.of("compilers")
    }

    /// Debian packages that only builds need.
    pub(crate) fn build_packages(&self) -> &Names {
        self.debian.of("tools")
    }

    /// The name that Debian has for a package of Alpine, where it has one.
    pub(crate) fn of_alpine(&self, package: &str) -> Option<&str> {
        self.alpine.get(package).map(|row| row.to.as_str())
    }

    /// The name that Debian has for a package today.
    pub(crate) fn renamed<'n>(&'n self, package: &'n str) -> &'n str {
        self.renamed.get(package).map_or(package, |row| &row.to)
    }

    /// Why an image does without a Debian package, where it does.
    pub(crate) fn unneeded(&self, package: &str) -> Option<&str> {
        let mut rows = self.unneeded.values();
        let row = rows.find(|row| row.names.contains(package));
        row.map(|row| row.why.as_str())
    }

    /// The programs of such a package that a running application may call all the same.
    pub(crate) fn called(&self, package: &str) -> Option<Vec<&str>> {
        let mut rows = self.unneeded.values();
        let row = rows.find(|row| row.called && row.names.contains(package))?;
        let programs = row.programs.iter().map(String::as_str);
        Some(
            programs
                .chain(row.names.iter().map(String::as_str))
                .collect(),
        )
    }

    /// Words by which a command of a build is known to be the build's own.
    pub(crate) fn of_build(&self) -> &Names {
        self.texts.of("of-build")
    }

    /// Words that say nothing of what a command is about.
    pub(crate) fn common(&self) -> &Names {
        self.texts.of("common")
    }

    /// Programs that a command of a build calls and a slim image has not, by their packages.
    pub(crate) fn fetchers(&self) -> &Names {
        self.texts.of("fetchers")
    }

    /// Programs that a slim image of Debian's has.
    pub(crate) fn slim(&self) -> &Names {
        self.texts.of("slim")
    }

    /// Options of servers that change nothing of what they serve.
    pub(crate) fn idle_options(&self) -> &Names {
        self.options.of("idle")
    }

    /// Keys of a service that give it more of its host than others have.
    pub(crate) fn access(&self) -> &Names {
        self.texts.of("access")
    }

    /// How compose files are called.
    pub(crate) fn composes(&self) -> &Names {
        self.files.of("compose")
    }

    /// Files that a build reads, or that only explain the project.
    pub(crate) fn no_data(&self) -> &Names {
        self.files.of("no-data")
    }

    /// How the names of others begin.
    pub(crate) fn no_data_prefixes(&self) -> &Names {
        self.files.of("no-data-prefixes")
    }

    /// Options of `apt-get` that take the next word.
    pub(crate) fn apt_options(&self) -> &Names {
        self.options.of("apt")
    }

    /// Options of pip that do.
    pub(crate) fn pip_options(&self) -> &Names {
        self.options.of("pip")
    }

    /// Distributions that a build installs for itself.
    pub(crate) fn build_tools(&self) -> &Names {
        self.python.of("build-tools")
    }

    /// Tags that mean another image from one build to the next.
    pub(crate) fn moving_tags(&self) -> &Names {
        self.tags.of("moving")
    }

    /// Variables that switch debugging on.
    pub(crate) fn debug_variables(&self) -> &Names {
        self.variables.of("debug")
    }

    /// Variables and values that say that no GPU is used.
    pub(crate) fn of_cpu(&self) -> &Names {
        self.variables.of("cpu")
    }

    /// The values that do, in lower case.
    pub(crate) fn debug_values(&self) -> &Names {
        self.variables.of("debug-values")
    }

    /// Variables of the tools that build, and of Python where dfgen decides.
    pub(crate) fn plumbing(&self) -> &Names {
        self.variables.of("plumbing")
    }

    /// How the names of others begin.
    pub(crate) fn plumbing_prefixes(&self) -> &Names {
        self.variables.of("plumbing-prefixes")
    }

    /// Whether a variable of this name says where an application keeps what it writes.
    pub(crate) fn says_storage(&self, name: &str) -> bool {
        let mut others = self.variables.of("unstored").iter();
        self.variables.of("stored").end(name) && !others.any(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_holds_what_it_is_about() {
        let known = Dockerfiles::embedded();
        assert!(known.compilers().contains("gcc") && known.build_packages().contains("cmake"));
        assert!(known.unneeded("gosu").is_some() && known.unneeded("ffmpeg").is_none());
        assert_eq!(known.renamed("libgl1-mesa-glx"), "libgl1");
        assert!(known.composes().contains("compose.yaml") && known.no_data().contains("uv.lock"));
        assert!(known.no_data_prefixes().begin("requirements-dev.txt"));
        assert!(known.apt_options().contains("-o") && known.pip_options().contains("--index-url"));
        assert!(known.build_tools().contains("wheel") && known.moving_tags().contains("latest"));
        assert!(
            known.debug_variables().contains("FLASK_ENV") && known.debug_values().contains("dev")
        );
        assert!(known.says_storage("SHOP_CACHE_DIR") && !known.says_storage("STATIC_ROOT"));
        assert!(
            known.plumbing().contains("PATH") && known.plumbing_prefixes().begin("UV_CACHE_DIR")
        );
    }
}
