//! A wheel at a server, of which parts are fetched as they are asked for.

use std::cell::RefCell;
use std::io;
use std::ops::Range;

use rawzip::ReaderAt;
use url::Url;

use super::Trouble;
use super::client::{Client, Wish};
use super::directory::{BLOCK, Source};

/// The end of a wheel that is asked for first: its list of files is there. Long lists are in large wheels.
const END: Range<u64> = (8 << 10)..(128 << 10);

/// One part in so many of a wheel is its list of files, seldom more.
const LIST_SHARE: u64 = 32;

/// A compressed file is read in whole up to this size; of larger ones it is worked out from their beginnings.
const LARGEST_READ: u64 = 1 << 20;

/// A part that is longer is not fetched.
const LARGEST_PART: u64 = 64 << 20;

/// So many parts are remembered.
const PARTS: usize = 3;

/// A wheel at a server.
pub(super) struct Remote<'c> {
    client: &'c Client,
    url: RefCell<Url>,
    length: u64,
    /// Parts that were fetched: where each starts, and its bytes. The end of the wheel is the first.
    parts: RefCell<Vec<(u64, Vec<u8>)>>,
    trouble: RefCell<Option<Trouble>>,
}

impl<'c> Remote<'c> {
    /// Fetches the end of a wheel, of `size` bytes where the lock tells.
    pub(super) fn open(client: &'c Client, url: &Url, size: Option<u64>) -> Result<Self, Trouble> {
        let wish = match size {
            Some(size) => {
                let end = (size / LIST_SHARE).clamp(END.start, END.end).min(size);
                Wish::Range(size - end..size)
            }
            None => Wish::Last(END.end / 2),
        };
        let part = client
            .part(url, &wish)
            .map_err(|trouble| match (trouble, size) {
                (Trouble::OtherSize { found, .. }, Some(locked)) => {
                    Trouble::OtherSize { locked, found }
                }
                // Not every server counts from the end.
                (Trouble::OtherSize { .. } | Trouble::Status(416), None) => Trouble::NoRanges,
                (trouble, _) => trouble,
            })?;
        if let Some(locked) = size.filter(|size| *size != part.whole) {
            let found = part.whole;
            return Err(Trouble::OtherSize { locked, found });
        }
        Ok(Self {
            client,
            url: RefCell::new(part.url),
            length: part.whole,
            parts: RefCell::new(vec![(part.start, part.bytes)]),
            trouble: RefCell::new(None),
        })
    }

    /// What there is of a part from an offset on, in what was fetched.
    fn known(&self, offset: u64, buffer: &mut [u8]) -> Option<usize> {
        let parts = self.parts.borrow();
        let found = parts.iter().find_map(|(start, bytes)| {
            let at = usize::try_from(offset.checked_sub(*start)?).ok()?;
            bytes.get(at..).filter(|rest| !rest.is_empty())
        })?;
        let count = found.len().min(buffer.len());
        buffer[..count].copy_from_slice(&found[..count]);
        Some(count)
    }

    fn get(&self, part: Range<u64>) -> Result<(), Trouble> {
        if part.end.saturating_sub(part.start) > LARGEST_PART {
            return Err(Trouble::NoWheel(
                "a part of it is larger than any".to_owned(),
            ));
        }
        let url = self.url.borrow().clone();
        let fetched = self.client.part(&url, &Wish::Range(part))?;
        if fetched.whole != self.length {
            let (locked, found) = (self.length, fetched.whole);
            return Err(Trouble::OtherSize { locked, found });
        }
        let mut parts = self.parts.borrow_mut();
        if parts.len() == PARTS {
            parts.remove(1);
        }
        parts.push((fetched.start, fetched.bytes));
        Ok(())
    }
}

impl ReaderAt for Remote<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if buffer.is_empty() || offset >= self.length {
            return Ok(0);
        }
        if let Some(count) = self.known(offset, buffer) {
            return Ok(count);
        }
        let end = offset.saturating_add(BLOCK as u64).min(self.length);
        self.get(offset..end).map_err(|trouble| {
            let error = io::Error::other(trouble.to_string());
            *self.trouble.borrow_mut() = Some(trouble);
            error
        })?;
        Ok(self.known(offset, buffer).unwrap_or(0))
    }
}

impl Source for Remote<'_> {
    fn length(&self) -> u64 {
        self.length
    }

    fn may_read(&self, compressed: u64) -> bool {
        compressed <= LARGEST_READ
    }

    fn fetch(&self, part: Range<u64>) -> Result<(), Trouble> {
        let mut missing = part;
        // The end of it may be there already, or all of it.
        for (start, bytes) in self.parts.borrow().iter() {
            let end = start.saturating_add(bytes.len() as u64);
            if *start <= missing.start && missing.end <= end {
                return Ok(());
            }
            if *start < missing.end && missing.end <= end {
                missing.end = *start;
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            self.get(missing)
        }
    }

    fn trouble(&self) -> Option<Trouble> {
        self.trouble.borrow().clone()
    }
}
