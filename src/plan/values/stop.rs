//! What is decided about how a program ends.

use schemars::JsonSchema;
use serde::Serialize;

use crate::profile::StopSignal;

/// How long a program takes to end, once it has its signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopLimit {
    /// No more than so many seconds.
    Within(u32),
    /// Until what is under way is done.
    UntilDone,
    /// Nobody knows.
    Unknown,
}

/// How a service ends that its image was not made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StopPlan {
    /// The signal that stops it.
    pub signal: StopSignal,
    /// How long what is under way may take then.
    pub limit: StopLimit,
}
