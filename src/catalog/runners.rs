//! `runners.toml`: programs that run the program named after them.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Row, Rows, embedded};

/// A program that runs another.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Runner {
    pub(crate) words: Vec<String>,
    pub(crate) installs: Vec<String>,
    pub(crate) operands: usize,
    pub(crate) until: Option<String>,
    pub(crate) prefix: bool,
    pub(crate) plain: bool,
    pub(crate) with_value: Vec<String>,
}

impl Default for Runner {
    fn default() -> Self {
        Self {
            words: vec![String::new()],
            installs: Vec::new(),
            operands: 0,
            until: None,
            prefix: false,
            plain: false,
            with_value: Vec::new(),
        }
    }
}

/// The rows of `runners.toml`.
#[derive(Debug)]
pub(crate) struct Runners {
    runners: Rows<String, Runner>,
    wrappers: Rows<String, Runner>,
}

static EMBEDDED: LazyLock<Runners> = LazyLock::new(Runners::parse);

impl Runners {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("runners");
        let read = Self {
            runners: file.rows("runner"),
            wrappers: file.rows("wrapper"),
        };
        file.finish();
        read
    }

    /// A program that only gets another one started.
    pub(crate) fn runner(&self, program: &str) -> Option<&Row<Runner>> {
        let by_prefix = || {
            let mut rows = self.runners.iter();
            rows.find(|(name, row)| row.prefix && program.starts_with(name.as_str()))
                .map(|(_, row)| row)
        };
        self.runners.get(program).or_else(by_prefix)
    }

    /// A program that looks at the other one meanwhile.
    pub(crate) fn wrapper(&self, program: &str) -> Option<&Row<Runner>> {
        self.wrappers.get(program)
    }
}
