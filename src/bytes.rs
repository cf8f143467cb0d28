//! A number of bytes, and the one form in which dfgen shows it to people.
//!
//! Units are decimal, as Docker and registries print sizes: 1 kB is 1000 B. Below 10 of a unit there
//! is one decimal (`4.3 GB`), from 10 on there is none (`57 MB`), and single bytes have none
//! (`512 B`); halves are rounded up, into the next unit where they reach it (`999600` is `1.0 MB`).
//! Machines read the integer.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number of bytes. Adding stops at the largest number there is.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&human(u128::from(self.0)))
    }
}

fn human(bytes: u128) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = 1;
    for unit in UNITS {
        size *= 1000;
        let tenths = rounded(bytes * 10, size);
        let whole = rounded(bytes, size);
        if tenths < 100 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        if whole < 1000 {
            return format!("{whole} {unit}");
        }
    }
    unreachable!("64 bits hold less than 1000 EB")
}

/// `dividend / divisor`, halves up.
fn rounded(dividend: u128, divisor: u128) -> u128 {
    (dividend + divisor / 2) / divisor
}

/// `300 MB`, `1.5GB`, `200 MiB`, `1024`: units as Docker prints them, or of 1024.
impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a size such as `300 MB` or `1.5 GB`".to_owned();
        let digits = text
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim_start();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let size = size_of(unit).ok_or_else(wrong)?;
        let whole: u128 = whole.parse().map_err(|_| wrong())?;
        let count = u32::try_from(fraction.len())
            .ok()
            .filter(|count| *count <= 9)
            .ok_or_else(wrong)?;
        let fraction: u128 = fraction.parse().map_err(|_| wrong())?;
        let bytes =
            whole.checked_mul(size).ok_or_else(wrong)? + fraction * size / 10_u128.pow(count);
        u64::try_from(bytes).map(Self).map_err(|_| wrong())
    }
}

/// Bytes of a unit, in any case; `B` may be left out.
fn size_of(unit: &str) -> Option<u128> {
    let unit = unit.to_ascii_lowercase();
    let place = |letter: char| {
        " kmgtpe"
            .find(letter)
            .and_then(|place| u32::try_from(place).ok())
    };
    let mut letters = unit.trim_end_matches('b').chars();
    match (letters.next(), letters.next(), letters.next()) {
        (None, ..) => Some(1),
        (Some(letter), None, _) => Some(1000_u128.pow(place(letter).filter(|place| *place > 0)?)),
        (Some(letter), Some('i'), None) => {
            Some(1024_u128.pow(place(letter).filter(|place| *place > 0)?))
        }
        _ => None,
    }
}

impl Add for Bytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(bytes: I) -> Self {
        bytes.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_two_digits_and_a_decimal_unit() {
        let shown = |bytes| Bytes(bytes).to_string();
        let sizes = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (12_400, "12 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (56_700_000, "57 MB"),
            (4_321_000_000, "4.3 GB"),
            (u64::MAX, "18 EB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(shown(bytes), text, "{bytes} bytes");
        }
    }

    #[test]
    fn people_write_sizes_as_they_read_them() {
        let sizes = [
            ("300 MB", 300_000_000),
            ("300MB", 300_000_000),
            ("1.5 GB", 1_500_000_000),
            ("2 GiB", 2 << 30),
            ("10k", 10_000),
            ("512 B", 512),
            ("7", 7),
        ];
        for (text, bytes) in sizes {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in [
            "",
            "MB",
            "300 XB",
            "1.5.5 MB",
            "-3 MB",
            "99999999999 EB",
            "3 MMB",
            "1. MB",
        ] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(format!("{:>7}|", Bytes(1000)), " 1.0 kB|");
    }

    #[test]
    fn machines_read_an_integer() {
        assert_eq!(serde_json::to_string(&Bytes(57)).unwrap(), "57");
    }
}
