//! Profiles and settings as written, in `dfgen.toml`, `[tool.dfgen]` or `profiles/*.toml`.

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

/// `dfgen.toml`, or the table `[tool.dfgen]`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct ConfigWire {
    /// The profiles that `render` takes when none is named.
    pub(super) profiles: Option<Spanned<Vec<Spanned<String>>>>,
    /// The folder of generated files.
    pub(super) output: Option<Spanned<String>>,
    /// Whether Dockerfiles begin with a `# syntax=` line.
    pub(super) syntax: Option<Spanned<bool>>,
    /// Whether steps that download trust the build secret `ca-certificates`.
    pub(super) ca_certificates: Option<Spanned<bool>>,
    /// Names whose values look like secrets and are none.
    pub(super) not_secret: Option<Spanned<Vec<Spanned<String>>>>,
    /// Profiles by name.
    pub(super) profile: IndexMap<Spanned<String>, ProfileWire>,
    /// Rows that go before those of the catalog.
    pub(super) catalog: Option<toml::Table>,
}

/// One profile. Every key may be absent: then the profile that it extends decides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct ProfileWire {
    pub(super) extends: Option<Spanned<String>>,
    /// Built-in profiles only: other names of it.
    pub(super) aliases: Vec<String>,
    pub(super) purpose: Option<Spanned<String>>,
    pub(super) serves: Option<Spanned<String>>,
    pub(super) member: Option<Spanned<String>>,
    pub(super) extras: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) groups: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) exclude: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) forbid: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) python: Option<Spanned<String>>,
    pub(super) base: Option<Spanned<String>>,
    pub(super) platforms: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) compile: Option<Spanned<CompileWire>>,
    pub(super) apt: AptWire,
    pub(super) copy: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) env: IndexMap<Spanned<String>, Spanned<String>>,
    pub(super) entry: Option<Spanned<String>>,
    pub(super) command: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) migrate: Option<Spanned<MigrateWire>>,
    pub(super) port: Option<Spanned<i64>>,
    pub(super) health: Option<Spanned<HealthWire>>,
    pub(super) stop_signal: Option<Spanned<String>>,
    pub(super) user: Option<Spanned<i64>>,
    pub(super) gpu: Option<Spanned<bool>>,
    pub(super) shm_size: Option<Spanned<String>>,
    pub(super) model_cache: Option<Spanned<String>>,
    pub(super) services: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) layers: Option<Spanned<IndexMap<Spanned<String>, Vec<Spanned<String>>>>>,
    pub(super) bytecode: Option<Spanned<bool>>,
    pub(super) keep: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) trim: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) scan: Option<Spanned<ScanWire>>,
    pub(super) silence: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) development: Option<Spanned<bool>>,
    pub(super) instructions: InstructionsWire,
}

/// `compile = true`, `false` or the names of packages.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a list of packages")]
pub(super) enum CompileWire {
    All(bool),
    Some(Vec<String>),
}

/// `migrate = true`, `false` or a command.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a command as a list")]
pub(super) enum MigrateWire {
    Switch(bool),
    Command(Vec<String>),
}

/// `[profile.NAME.apt]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct AptWire {
    pub(super) build: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) runtime: Option<Spanned<Vec<Spanned<String>>>>,
}

/// `health = "/path"`, `false`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a path such as \"/health\", false, or a table of `path`, `command`, `interval`, `timeout`, `start-period`, `retries`"
)]
pub(super) enum HealthWire {
    Path(String),
    Switch(bool),
    Table(HealthTableWire),
}

/// `health = { .. }`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct HealthTableWire {
    pub(super) path: Option<String>,
    pub(super) command: Option<Vec<String>>,
    pub(super) interval: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) start_period: Option<String>,
    pub(super) retries: Option<u32>,
}

/// `scan = true`, `false`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected true, false, or a table such as { ignore = [\"libfoo.so.1\"] }"
)]
pub(super) enum ScanWire {
    Switch(bool),
    Table(ScanTableWire),
}

/// `scan = { .. }`: on, with exceptions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScanTableWire {
    pub(super) ignore: Vec<String>,
}

/// `[profile.NAME.instructions]`: lines of the user's own, by the stage that they end.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct InstructionsWire {
    pub(super) base: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) build: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) app: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) runtime: Option<Spanned<Vec<Spanned<String>>>>,
}
