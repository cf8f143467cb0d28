//! What it is to be over a budget, and how a limit is said.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::estimate::{Estimate, Size};
use crate::bytes::Bytes;
use crate::rules::Effort;

/// A budget that an image is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Over {
    /// What is too much.
    pub of: Measure,
    /// What it may be.
    pub budget: Bytes,
    /// What it is expected to be.
    pub is: Estimate,
    /// The cheapest ways down.
    pub ways: Vec<Way>,
}

/// What of an image is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The sum of file bytes in its layers.
    Disk,
    /// The sum of its compressed layers.
    Pull,
}

impl Measure {
    pub(super) fn of(self, size: Size) -> Estimate {
        match self {
            Self::Disk => size.disk,
            Self::Pull => size.pull,
        }
    }
}

/// `on disk`, `to pull`.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk => "on disk",
            Self::Pull => "to pull",
        })
    }
}

/// A way to make an image smaller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Way {
    /// What would go.
    pub what: String,
    /// What that saves.
    #[serde(flatten)]
    pub saves: Size,
    /// What it takes.
    pub effort: Effort,
    /// What to write.
    pub write: String,
    /// Why it is there: the chain of a requirement, or what is lost.
    pub because: String,
}

/// A size, or a share of another one: `5 MB`, `5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So many bytes.
    Bytes(Bytes),
    /// So many thousandths.
    Share(u64),
}

impl Limit {
    /// What it is of a size.
    pub fn of(self, size: Bytes) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Share(share) => {
                let bytes = u128::from(size.0) * u128::from(share) / 1000;
                Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
            }
        }
    }
}

impl std::str::FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(number) = text.trim().strip_suffix('%') else {
            let bytes = text.parse().map(Self::Bytes);
            return bytes
                .map_err(|expected: String| format!("{expected}, or a share such as `5%`"));
        };
        let wrong = || "a share such as `5%` or `0.5%`".to_owned();
        let (whole, tenths) = number
            .trim()
            .split_once('.')
            .unwrap_or((number.trim(), "0"));
        let is_digit = tenths.len() == 1;
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let tenths: u64 = tenths.parse().ok().filter(|_| is_digit).ok_or_else(wrong)?;
        let share = whole
            .checked_mul(10)
            .and_then(|share| share.checked_add(tenths));
        share.map(Self::Share).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::Limit;
    use crate::bytes::Bytes;

    #[test]
    fn a_limit_is_bytes_or_a_share() {
        let of = |text: &str| text.parse::<Limit>().map(|limit| limit.of(Bytes(1000)).0);
        assert_eq!(of("5%"), Ok(50));
        assert_eq!(of("0.5 %"), Ok(5));
        assert_eq!(of("2 kB"), Ok(2000));
        assert!(of("many").is_err() && of("5.25%").is_err() && of("-5%").is_err());
    }
}
