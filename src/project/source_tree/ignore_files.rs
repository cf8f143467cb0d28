//! The project's own ignore files: `.gitignore` of every folder, of those around the project too, and `.dockerignore`.
//!
//! What one user ignores everywhere (`core.excludesFile`) is not read. What one checkout alone ignores
//! (`.git/info/exclude`) is left out, and never written to a generated file: no other checkout has either. All kinds
//! of files become the same rules, anchored at the project's folder.
//!
//! Sources: <https://git-scm.com/docs/gitignore>, <https://docs.docker.com/build/concepts/context/#dockerignore-files>.

use super::join;
use crate::ignore_pattern::{IgnoreLines, IgnorePattern, IgnoreSet};

/// One file of patterns.
#[derive(Debug, Clone)]
pub(crate) struct IgnoreFile {
    /// Its path, relative to the project's folder.
    pub(crate) path: String,
    /// Its lines, in order.
    pub(crate) rules: Vec<IgnoreRule>,
    /// Whether a checkout by somebody else has it, too.
    pub(crate) is_shared: bool,
    /// Whose language it is in.
    pub(crate) of: IgnoreFileOf,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IgnoreFileOf {
    /// `.gitignore`, or what Git reads like one.
    Git,
    /// `.dockerignore`.
    Docker,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IgnoreRule {
    /// What it is about.
    pub(crate) pattern: IgnorePattern,
    /// Whether it takes back what an earlier one ignores.
    pub(crate) takes_back: bool,
    /// Whether it is about folders alone.
    pub(crate) folders_only: bool,
}

impl IgnoreFile {
    /// A `.gitignore` in this folder.
    pub(super) fn of_git(folder: &str, text: &str, is_shared: bool) -> Self {
        Self {
            path: join(folder, ".gitignore"),
            rules: lines(text)
                .flat_map(|line| git_rules("", folder, line))
                .collect(),
            is_shared,
            of: IgnoreFileOf::Git,
        }
    }

    /// What this checkout alone ignores: `.git/info/exclude`. `project` is the project's folder in the repository.
    pub(super) fn of_checkout(project: &str, text: &str) -> Self {
        Self {
            path: ".git/info/exclude".to_owned(),
            rules: lines(text)
                .flat_map(|line| git_rules(project, "", line))
                .collect(),
            is_shared: false,
            of: IgnoreFileOf::Git,
        }
    }

    /// A `.gitignore` around the project: `project` is the project's folder, seen from it.
    pub(super) fn around(project: &str, text: &str) -> Self {
        let up: String = project.split('/').map(|_| "../").collect();
        Self {
            path: format!("{up}.gitignore"),
            rules: lines(text)
                .flat_map(|line| git_rules(project, "", line))
                .collect(),
            is_shared: true,
            of: IgnoreFileOf::Git,
        }
    }

    /// A `.dockerignore` in this folder. One that no other checkout has is not gone by: it would change what is built.
    pub(super) fn of_docker(folder: &str, text: &str, is_shared: bool) -> Self {
        let rules = lines(text).filter_map(|line| docker_rule(folder, line));
        Self {
            path: join(folder, ".dockerignore"),
            rules: if is_shared {
                rules.collect()
            } else {
                Vec::new()
            },
            is_shared,
            of: IgnoreFileOf::Docker,
        }
    }

    /// Whether it takes back what it leaves out: then the order of its lines matters.
    pub(crate) fn has_order(&self) -> bool {
        self.of == IgnoreFileOf::Docker && self.rules.iter().any(|rule| rule.takes_back)
    }

    /// Its lines in the language of Docker.
    pub(crate) fn docker_lines(&self) -> IgnoreLines {
        let lines = self.rules.iter();
        lines.map(|rule| (rule.takes_back, &rule.pattern)).collect()
    }

    /// What is left of its lines for somebody who looks at one path, a folder or a file: in the order of the lines,
    /// each with whether it takes back. Nothing is left of a line that a later one about all of the path undoes.
    pub(crate) fn seen_at(&self, path: &str) -> Vec<(bool, IgnorePattern)> {
        let whole = self.docker_lines().matched(path).by;
        let mut seen = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if whole.binary_search(&at).is_ok() {
                seen.clear();
                seen.extend((!rule.takes_back).then(|| (false, IgnorePattern::exact(path))));
                continue;
            }
            let inside = rule.pattern.seen_from(path).into_iter();
            seen.extend(inside.map(|rest| (rule.takes_back, rest.below(path))));
        }
        seen
    }
}

/// The lines of a text. Git and Docker pass over a byte order mark, as editors on Windows write it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.strip_prefix('\u{feff}').unwrap_or(text).lines()
}

/// A line of Git's, as seen from the folder `from`; `folder` is where its file lies.
fn git_rules(from: &str, folder: &str, line: &str) -> Vec<IgnoreRule> {
    let line = without_trailing_spaces(line.trim_end_matches('\r'));
    let (takes_back, line) = match line.strip_prefix('!') {
        Some(line) => (true, line),
        None => (false, line),
    };
    if line.is_empty() || line.starts_with('#') && !takes_back {
        return Vec::new();
    }
    let (folders_only, inner) = match line.strip_suffix('/') {
        Some(inner) => (true, inner),
        None => (false, line),
    };
    // Git compares an empty name as it stands, and there is none.
    let is_path = !inner.strip_prefix('/').unwrap_or(inner).contains("//");
    let is_path = is_path && !inner.starts_with("//") && !inner.ends_with('/');
    let Some(pattern) = IgnorePattern::parse(inner).filter(|_| is_path) else {
        return Vec::new();
    };
    let pattern = if inner.contains('/') {
        pattern
    } else {
        pattern.anywhere()
    };
    let seen = if from.is_empty() {
        vec![pattern.below(folder)]
    } else {
        pattern.seen_from(from)
    };
    let rule = |pattern| IgnoreRule {
        pattern,
        takes_back,
        folders_only,
    };
    seen.into_iter().map(rule).collect()
}

/// Git keeps a space at the end of a line that has a backslash before it.
fn without_trailing_spaces(line: &str) -> &str {
    let cut = line.trim_end_matches([' ', '\t']);
    if cut.ends_with('\\') && cut.len() < line.len() {
        &line[..=cut.len()]
    } else {
        cut
    }
}

fn docker_rule(folder: &str, line: &str) -> Option<IgnoreRule> {
    if line.starts_with('#') {
        return None;
    }
    let line = line.trim();
    let (takes_back, line) = match line.strip_prefix('!') {
        Some(line) => (true, line.trim()),
        None => (false, line),
    };
    Some(IgnoreRule {
        pattern: IgnorePattern::parse_docker(line)?.below(folder),
        takes_back,
        folders_only: false,
    })
}

/// The rules of several files, in order: of those that match, the last decides.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<IgnoreRule>,
    patterns: IgnoreSet,
}

impl Rules {
    pub(super) fn new(files: &[IgnoreFile]) -> Self {
        let rules: Vec<IgnoreRule> = files.iter().flat_map(|file| file.rules.clone()).collect();
        Self {
            patterns: rules.iter().map(|rule| &rule.pattern).collect(),
            rules,
        }
    }

    /// Whether Git ignores this very path; `None` when no rule is about it.
    pub(super) fn git_verdict(&self, path: &str, is_folder: bool) -> Option<bool> {
        let matching = self.patterns.matching(path).into_iter().rev();
        let mut rules = matching.map(|at| &self.rules[at]);
        let rule = rules.find(|rule| is_folder || !rule.folders_only)?;
        Some(!rule.takes_back)
    }
}

/// The lines of every `.dockerignore`: each is gone by for itself.
#[derive(Debug, Default)]
pub(super) struct DockerRules {
    files: Vec<(IgnoreLines, Vec<IgnorePattern>)>,
}

impl DockerRules {
    pub(super) fn new(files: &[IgnoreFile]) -> Self {
        let taken_back = |file: &IgnoreFile| {
            let rules = file.rules.iter().filter(|rule| rule.takes_back);
            rules.map(|rule| rule.pattern.clone()).collect()
        };
        let files = files
            .iter()
            .map(|file| (file.docker_lines(), taken_back(file)));
        Self {
            files: files.collect(),
        }
    }

    /// The outermost path that Docker leaves out whole, and this path with it.
    pub(super) fn hit<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.files.iter().find_map(|(lines, taken_back)| {
            let hit = lines.hit(path)?;
            // What a list leaves out of a folder of which it takes something, it leaves out one by one.
            let is_whole = !taken_back.iter().any(|pattern| pattern.reaches(hit));
            Some(if is_whole { hit } else { path })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(text: &str, path: &str, is_folder: bool) -> bool {
        let rules = Rules::new(&[IgnoreFile::of_git("", text, true)]);
        rules.git_verdict(path, is_folder) == Some(true)
    }

    #[test]
    fn lines_are_read_as_git_reads_them() {
        assert!(ignored("*.log\r\n", "a/b.log", false));
        assert!(ignored("dist/\n", "a/dist", true) && !ignored("dist/\n", "a/dist", false));
        assert!(ignored("/dist\n", "dist", true) && !ignored("/dist\n", "a/dist", true));
        assert!(ignored("a/b\n", "a/b", false) && !ignored("a/b\n", "x/a/b", false));
        assert!(!ignored("*.log\n!a.log\n", "a.log", false));
        assert!(ignored("\\#x\n\\!y\n", "#x", false) && ignored("\\!y\n", "!y", false));
        assert!(!ignored("# x\n", "# x", false));
        assert!(!ignored("*b//**\n", "lib/a", false) && !ignored("//x\n", "x", false));
        assert!(ignored("x\\ \n", "x ", false) && ignored("y  \n", "y", false));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        assert!(ignored("\u{feff}secret.txt\n", "a/secret.txt", false));
        let file = IgnoreFile::of_docker("", "\u{feff}app/x\r\n # c\n", true);
        assert_eq!(file.rules[0].pattern.to_string(), "app/x");
    }

    #[test]
    fn a_list_of_what_is_sent_means_what_docker_makes_of_it() {
        let hit = |text: &str, path: &str| {
            let rules = DockerRules::new(&[IgnoreFile::of_docker("", text, true)]);
            rules.hit(path).map(str::to_owned)
        };
        assert_eq!(hit("*\n!app\n**/*.key\n", "app/a.py"), None);
        assert_eq!(hit("*\n!app/*.py\n", "app/a.py"), None);
        assert_eq!(
            hit("*\n!app/*.py\n", "app/a.txt").as_deref(),
            Some("app/a.txt")
        );
        assert_eq!(
            hit("docs\nold\n!old/x\n", "docs/a.md").as_deref(),
            Some("docs")
        );
        assert_eq!(hit("docs\n!docs/README.md\n", "docs/README.md"), None);
    }

    #[test]
    fn lines_are_narrowed_to_what_is_copied() {
        let seen = |text: &str, path: &str| {
            let seen = IgnoreFile::of_docker("", text, true)
                .seen_at(path)
                .into_iter();
            let words = seen.map(|(back, one)| format!("{}{one}", if back { "!" } else { "" }));
            words.collect::<Vec<String>>().join(" ")
        };
        assert_eq!(
            seen("*\n!app\napp/*\n!app/*.py\n", "app"),
            "app/* !app/*.py"
        );
        assert_eq!(seen("*\n!app/*.py\n", "app"), "app !app/*.py");
        assert_eq!(seen("*\n!app/*.py\n!uv.lock\n", "uv.lock"), "");
        assert_eq!(seen("**\n!**/*.py\n", "src/a"), "src/a !src/a/**/*.py");
        assert_eq!(seen("app/x.log\n!app\n", "app"), "app/x.log");
    }
}
