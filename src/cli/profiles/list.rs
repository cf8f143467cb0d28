//! The profiles, one a line.

use dfgen::diagnostic::Result;
use dfgen::plan::Taken;
use dfgen::profile::{Config, Profile};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::rows::Rows;

#[derive(Serialize, JsonSchema)]
pub(super) struct ListView {
    profiles: Vec<LineView>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct LineView {
    name: String,
    aliases: Vec<String>,
    purpose: String,
    kind: Kind,
    rendered: bool,
    /// Empty for one that is not rendered.
    because: String,
}

/// Whose profile it is.
#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Own,
    /// Of the settings that several projects share.
    Shared,
    Member,
    BuiltIn,
}

impl ListView {
    /// Every profile that can be named: the user's, those of workspace members that would be
    /// rendered, the built-in ones. Errors: a profile of the user's that is not valid.
    pub(super) fn new(config: &Config, taken: &[Taken]) -> Result<Self> {
        let names = config.names();
        let own: Vec<&str> = config.own_names().map(AsRef::as_ref).collect();
        let members = taken.iter().filter(|taken| {
            !names
                .iter()
                .any(|name| *name == taken.profile.name.as_ref())
        });
        let mut lines: Vec<LineView> = members
            .map(|member| LineView::new(&member.profile, Kind::Member, &[], taken))
            .collect();
        for name in &names {
            let kind = if own.contains(&name.as_str()) {
                Kind::Own
            } else if config.is_shared(name) {
                Kind::Shared
            } else {
                Kind::BuiltIn
            };
            let profile = config.profile(name)?;
            lines.push(LineView::new(&profile, kind, config.aliases(name), taken));
        }
        lines.sort_by_key(|line| line.kind == Kind::BuiltIn);
        Ok(Self { profiles: lines })
    }

    pub(super) fn text(&self) -> String {
        let mut rows = Rows::default();
        for line in &self.profiles {
            rows.push(line.name.as_str(), line.purpose.as_str(), line.words());
        }
        format!(
            "{}\n`dfgen profiles NAME` shows every value of one; `dfgen plan` what it comes to\n",
            rows.text(0)
        )
    }
}

impl LineView {
    fn new(profile: &Profile, kind: Kind, aliases: &[&str], taken: &[Taken]) -> Self {
        let taken = taken
            .iter()
            .find(|taken| taken.profile.name == profile.name);
        Self {
            name: profile.name.to_string(),
            aliases: aliases.iter().map(ToString::to_string).collect(),
            purpose: profile.purpose.value.as_ref().to_owned(),
            kind,
            rendered: taken.is_some(),
            because: taken.map_or_else(String::new, |taken| taken.because.clone()),
        }
    }

    fn words(&self) -> String {
        let kind = match self.kind {
            Kind::Own => "your own",
            Kind::Shared => "of the shared settings",
            Kind::Member => "member of the workspace",
            Kind::BuiltIn => "built in",
        };
        let mut words = vec![kind.to_owned()];
        words.extend(self.aliases.iter().map(|alias| format!("also `{alias}`")));
        words.extend(self.rendered.then(|| format!("rendered: {}", self.because)));
        words.join("; ")
    }
}
