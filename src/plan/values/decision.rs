//! A decision with its reason.

use schemars::JsonSchema;
use serde::Serialize;

use crate::profile::Setting;

/// A decision, and why it fell so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Decision<T> {
    /// What was decided.
    pub value: T,
    /// Why, in a few words.
    pub because: String,
}

impl<T: Clone> From<&Setting<T>> for Decision<T> {
    /// What a profile says is decided.
    fn from(said: &Setting<T>) -> Self {
        Self::new(said.value.clone(), said.origin.to_string())
    }
}

impl<T> Decision<T> {
    /// A decision with its reason.
    pub(crate) fn new(value: T, because: impl Into<String>) -> Self {
        Self {
            value,
            because: because.into(),
        }
    }
}
