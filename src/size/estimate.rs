//! Bytes that are not known to the last one: what is expected, and between what it lies.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::bytes::Bytes;

/// Bytes, and how far off that may be. Where several are added, what is off in one is not off in the same way in the
/// next: the squares add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    bytes: Bytes,
    square: u128,
}

/// As machines read it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Estimate")]
struct EstimateView {
    /// What is expected.
    bytes: Bytes,
    /// The lower end of what it may be; the same as `bytes` where nothing is estimated.
    low: Bytes,
    /// The upper end.
    high: Bytes,
}

impl Estimate {
    /// What is known.
    pub(crate) fn known(bytes: Bytes) -> Self {
        Self { bytes, square: 0 }
    }

    /// What may be off by so many percent.
    pub(crate) fn about(bytes: Bytes, percent: u64) -> Self {
        let off = u128::from(bytes.0) * u128::from(percent) / 100;
        Self {
            bytes,
            square: off.saturating_mul(off),
        }
    }

    /// What may be off by so many bytes.
    pub(crate) fn between(bytes: Bytes, off: Bytes) -> Self {
        Self {
            bytes,
            square: u128::from(off.0).saturating_mul(u128::from(off.0)),
        }
    }

    /// What is expected.
    pub fn bytes(self) -> Bytes {
        self.bytes
    }

    /// The least that it may be.
    pub fn low(self) -> Bytes {
        Bytes(self.bytes.0.saturating_sub(self.off()))
    }

    /// The most that it may be.
    pub fn high(self) -> Bytes {
        Bytes(self.bytes.0.saturating_add(self.off()))
    }

    /// Whether nothing in it is estimated.
    pub fn is_known(self) -> bool {
        self.square == 0
    }

    /// The same with so many bytes less; as far off.
    pub(crate) fn less(self, bytes: Bytes) -> Self {
        Self {
            bytes: Bytes(self.bytes.0.saturating_sub(bytes.0)),
            ..self
        }
    }

    fn off(self) -> u64 {
        u64::try_from(self.square.isqrt()).unwrap_or(u64::MAX)
    }
}

impl Add for Estimate {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            square: self.square.saturating_add(other.square),
        }
    }
}

impl AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Estimate {
    fn sum<I: Iterator<Item = Self>>(estimates: I) -> Self {
        estimates.fold(Self::default(), Add::add)
    }
}

/// `173 MB`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.fmt(f)
    }
}

impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = EstimateView {
            bytes: self.bytes,
            low: self.low(),
            high: self.high(),
        };
        view.serialize(serializer)
    }
}

impl JsonSchema for Estimate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        EstimateView::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        EstimateView::json_schema(generator)
    }
}

/// What something takes: on disk, and to pull.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Size {
    /// The sum of file bytes in the layers.
    pub disk: Estimate,
    /// The sum of the layers compressed with gzip, as a registry holds them.
    pub pull: Estimate,
}

impl Size {
    /// What is known of both.
    pub(crate) fn known(disk: Bytes, pull: Bytes) -> Self {
        Self {
            disk: Estimate::known(disk),
            pull: Estimate::known(pull),
        }
    }

    /// What may be off by so many percent.
    pub(crate) fn about(disk: Bytes, pull: Bytes, percent: u64) -> Self {
        Self {
            disk: Estimate::about(disk, percent),
            pull: Estimate::about(pull, percent),
        }
    }
}

impl Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            disk: self.disk + other.disk,
            pull: self.pull + other.pull,
        }
    }
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Size {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::Estimate;
    use crate::bytes::Bytes;

    #[test]
    fn what_is_off_in_several_evens_out() {
        let one = Estimate::about(Bytes(1000), 20);
        assert_eq!((one.low(), one.high()), (Bytes(800), Bytes(1200)));
        let four: Estimate = [one; 4].into_iter().sum();
        assert_eq!((four.low(), four.high()), (Bytes(3600), Bytes(4400)));
        let known = Estimate::known(Bytes(10));
        assert!(known.is_known() && !(known + one).is_known());
    }

    #[test]
    fn machines_read_the_range() {
        let text = serde_json::to_string(&Estimate::about(Bytes(1000), 10)).unwrap();
        assert_eq!(text, r#"{"bytes":1000,"low":900,"high":1100}"#);
    }
}
