//! `development.toml`: tools that a production image has no use for.
//!
//! A name is never a reason to leave something out of an image: only the lock says what is reachable.
//! It is a reason to ask why a test runner stands among the dependencies of an application.

use std::collections::BTreeSet;
use std::fmt;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::PatternRows;
use super::table::{Row, embedded};

/// What a development tool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DevelopmentKind {
    /// Builds packages.
    BuildTool,
    /// Stops programs and looks into them.
    Debugger,
    /// Builds documentation.
    Documentation,
    /// Rewrites source.
    Formatter,
    /// Judges source.
    Linter,
    /// Notebooks and their kernels.
    Notebook,
    /// Measures time or memory.
    Profiler,
    /// Types for libraries that have none.
    Stubs,
    /// Stands in for something while testing.
    TestHelper,
    /// Extends a test runner.
    TestPlugin,
    /// Runs tests.
    TestRunner,
    /// Checks types.
    TypeChecker,
    /// Commit hooks, task runners, project templates.
    Workflow,
}

impl fmt::Display for DevelopmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuildTool => "build tool",
            Self::Debugger => "debugger",
            Self::Documentation => "documentation builder",
            Self::Formatter => "formatter",
            Self::Linter => "linter",
            Self::Notebook => "notebook tool",
            Self::Profiler => "profiler",
            Self::Stubs => "type stubs",
            Self::TestHelper => "test helper",
            Self::TestPlugin => "test plugin",
            Self::TestRunner => "test runner",
            Self::TypeChecker => "type checker",
            Self::Workflow => "workflow tool",
        })
    }
}

/// How surely a tool is out of place in production.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Certainty {
    /// Some programs use it when they run.
    Likely,
    /// Nothing in production uses it.
    #[default]
    Certain,
}

/// A development tool, or a family of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct DevelopmentTool {
    kind: DevelopmentKind,
    #[serde(default)]
    certainty: Certainty,
    #[serde(default)]
    needed_by: BTreeSet<PackageName>,
}

impl DevelopmentTool {
    /// What it is for.
    pub(crate) fn kind(&self) -> DevelopmentKind {
        self.kind
    }

    /// How surely it is out of place in production.
    pub(crate) fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Distributions that need it when they run.
    pub(crate) fn needed_by(&self) -> &BTreeSet<PackageName> {
        &self.needed_by
    }
}

/// The rows of `development.toml`.
#[derive(Debug)]
pub(crate) struct DevelopmentTools(pub(super) PatternRows<DevelopmentTool>);

impl DevelopmentTools {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("development");
        let read = Self(PatternRows::new(file.rows("development")));
        file.finish();
        read
    }

    /// The row of a distribution, if it is a development tool.
    pub(crate) fn get(&self, name: &PackageName) -> Option<&Row<DevelopmentTool>> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Option<(DevelopmentKind, Certainty)> {
        let name = PackageName::new(name.to_owned()).unwrap();
        let tools = DevelopmentTools::embedded();
        tools.get(&name).map(|row| (row.kind(), row.certainty()))
    }

    #[test]
    fn tools_are_known_by_name_and_by_pattern() {
        let certain = |kind| Some((kind, Certainty::Certain));
        assert_eq!(tool("pytest"), certain(DevelopmentKind::TestRunner));
        assert_eq!(
            tool("pytest-anything"),
            certain(DevelopmentKind::TestPlugin)
        );
        assert_eq!(tool("types-requests"), certain(DevelopmentKind::Stubs));
        assert_eq!(tool("pandas-stubs"), certain(DevelopmentKind::Stubs));
        assert_eq!(tool("mypy"), certain(DevelopmentKind::TypeChecker));
    }

    #[test]
    fn what_programs_use_when_they_run_is_said() {
        let (_, certainty) = tool("setuptools").unwrap();
        assert_eq!(certainty, Certainty::Likely);
        let pytest = PackageName::new("pytest".to_owned()).unwrap();
        let locust = PackageName::new("locust".to_owned()).unwrap();
        let tools = DevelopmentTools::embedded();
        assert!(tools.get(&pytest).unwrap().needed_by().contains(&locust));
        for name in [
            "watchfiles",
            "watchdog",
            "packaging",
            "typing-extensions",
            "nbclient",
        ] {
            assert_eq!(tool(name), None, "{name}");
        }
    }
}
