//! What debug symbols take in a shared library: what the program of the build cuts out of it (`strip` in `dfgen.py`), worked
//! out from its headers.
//!
//! A few parts of the file are looked at, never all of it, and nothing that they say is believed without a check: a
//! library that lies about itself has nothing to cut, as in the build.

use std::ops::Range;

/// Bytes that can be cut out of a file: between these two, the same where it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The least.
    pub(crate) low: u64,
    /// The most.
    pub(crate) high: u64,
}

impl Cut {
    /// What is expected.
    pub(crate) fn expected(self) -> u64 {
        self.low + (self.high - self.low) / 2
    }

    /// Of what is not loaded.
    fn about(unloaded: &Unloaded) -> Self {
        let stays = STAYS.saturating_add(unloaded.page.saturating_mul(CUT_IN_PAGES));
        Self {
            low: unloaded.bytes.saturating_sub(stays),
            high: unloaded.bytes,
        }
    }

    fn known(bytes: u64) -> Self {
        Self {
            low: bytes,
            high: bytes,
        }
    }
}

/// Parts of a file: so many bytes from an offset on, or fewer where it ends. `None` where that costs too much.
pub(super) trait Parts {
    type Error;

    fn part(&mut self, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// What is looked at first: the header, and those of segments.
pub(super) const HEAD: usize = 4096;

/// A library without symbols has no more than this behind what is loaded: names of sections, and of compilers.
const WITHOUT_SYMBOLS: u64 = 1024;

/// Where whole pages are cut, of each section up to a page stays: there are two of symbols, and six of what debuggers read.
const CUT_IN_PAGES: u64 = 8;

/// And in one with symbols, this much of what is not loaded stays: of 340 libraries on PyPI, 400 to 900 bytes.
const STAYS: u64 = 2048;

/// More sections, or longer names of them, has no library.
const LARGEST_TABLE: u64 = 4 << 20;

/// A row of the table of segments that takes room in the file.
struct Segment {
    file: Range<u64>,
    align: u64,
}

/// Bytes of a file that no segment has.
#[derive(Default)]
struct Unloaded {
    bytes: u64,
    /// The size of pages, where segments follow: what is cut there is whole ones.
    page: u64,
}

struct Head {
    segments: Vec<Segment>,
    segment_table: Range<u64>,
    section_table: Range<u64>,
    section_rows: usize,
    names: usize,
}

/// What is cut out of a file of this size that is called like a library.
pub(super) fn cut<P: Parts>(parts: &mut P, length: u64) -> Result<Cut, P::Error> {
    let Some(head) = parts.part(0, HEAD)?.and_then(|bytes| Head::parse(&bytes)) else {
        return Ok(Cut::default());
    };
    let behind = head.unloaded(length);
    if behind.bytes == 0 {
        return Ok(Cut::default());
    }
    let table = &head.section_table;
    let rows = usize::try_from(table.end - table.start).unwrap_or(usize::MAX);
    let Some(rows) = parts.part(table.start, rows)? else {
        return Ok(Cut::about(&behind));
    };
    let sections: Vec<Section> = rows
        .chunks_exact(head.section_rows)
        .map(Section::parse)
        .collect();
    let Some(names) = sections.get(head.names) else {
        return Ok(Cut::default());
    };
    let names_length = names.size.min(LARGEST_TABLE);
    let names_length = usize::try_from(names_length).unwrap_or(0);
    let Some(names) = parts.part(names.offset, names_length)? else {
        return Ok(Cut::about(&behind));
    };
    Ok(Cut::known(head.cut(&sections, &names, length)))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn range(start: u64, length: u64) -> Range<u64> {
    start..start.saturating_add(length)
}

impl Head {
    /// Of a shared library for x86-64 or arm64. `None` for anything else.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let is_library = bytes.starts_with(b"\x7fELF\x02\x01")
            && [&b"\x03\0\x3e\0"[..], &b"\x03\0\xb7\0"[..]].contains(&bytes.get(16..20)?);
        if !is_library {
            return None;
        }
        let table = |at: usize, size: usize| {
            let (row, rows) = (u16_at(bytes, size)?, u16_at(bytes, size + 2)?);
            Some((
                range(u64_at(bytes, at)?, u64::from(row) * u64::from(rows)),
                usize::from(row),
            ))
        };
        let (segment_table, segment_row) = table(32, 54)?;
        let (section_table, section_rows) = table(40, 58)?;
        let sections = section_table.end - section_table.start;
        if segment_row < 56 || section_rows < 64 || sections > LARGEST_TABLE {
            return None;
        }
        let start = usize::try_from(segment_table.start).ok()?;
        let end = usize::try_from(segment_table.end).ok()?;
        let segments = bytes.get(start..end)?.chunks_exact(segment_row).map(|row| {
            Some(Segment {
                file: range(u64_at(row, 8)?, u64_at(row, 32)?),
                align: u64_at(row, 48)?,
            })
        });
        Some(Self {
            segments: segments.collect::<Option<_>>()?,
            segment_table,
            section_table,
            section_rows,
            names: usize::from(u16_at(bytes, 62)?),
        })
    }

    /// Bytes that no segment has, where there may be something to cut.
    fn unloaded(&self, length: u64) -> Unloaded {
        let mut taken: Vec<Range<u64>> = self.segments.iter().map(|one| one.file.clone()).collect();
        taken.extend([
            range(0, 64),
            self.segment_table.clone(),
            self.section_table.clone(),
        ]);
        taken.sort_by_key(|one| (one.start, one.end));
        let loaded = self.segments.iter().filter(|one| !one.file.is_empty());
        let last = loaded.map(|one| one.file.end).max().unwrap_or(0);
        // Between segments whole pages are cut, so that those behind keep their places in them.
        let page = self.segments.iter().map(|one| one.align).max().unwrap_or(0);
        let (mut at, mut open) = (0, Unloaded::default());
        for part in taken.into_iter().chain([range(length, 0)]) {
            let gap = part.start.min(length).saturating_sub(at);
            let is_between = at < last;
            let least = if is_between { page } else { WITHOUT_SYMBOLS };
            if gap >= least.max(1) {
                open.bytes = open.bytes.saturating_add(gap);
                open.page = if is_between { page } else { open.page };
            }
            at = at.max(part.end);
        }
        open
    }

    /// As the program of the build works it out.
    fn cut(&self, sections: &[Section], names: &[u8], length: u64) -> u64 {
        let mut kept = vec![
            range(0, 64),
            self.segment_table.clone(),
            self.section_table.clone(),
        ];
        kept.extend(self.segments.iter().map(|one| one.file.clone()));
        let mut cut: Vec<Range<u64>> = Vec::new();
        for (index, section) in sections.iter().enumerate() {
            let file = range(section.offset, section.size);
            let is_loaded = section.flags & 2 != 0;
            if section.is_debug(names) && !is_loaded && index != self.names {
                let behind = self
                    .segments
                    .iter()
                    .filter(|one| one.file.start >= file.end);
                let page = behind.map(|one| one.align).fold(64, u64::max);
                cut.push(range(file.start, section.size / page * page));
            } else if section.kind != 8 {
                kept.push(file);
            }
        }
        let overlaps = |one: &Range<u64>| {
            kept.iter()
                .any(|other| one.start < other.end && other.start < one.end)
        };
        let is_sound = cut.iter().all(|one| one.end <= length && !overlaps(one));
        if is_sound {
            cut.iter()
                .fold(0_u64, |all, one| all.saturating_add(one.end - one.start))
                .min(length)
        } else {
            0
        }
    }
}

struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    offset: u64,
    size: u64,
}

impl Section {
    fn parse(row: &[u8]) -> Self {
        let long = |at| u64_at(row, at).unwrap_or(0);
        Self {
            name: u32_at(row, 0).unwrap_or(u32::MAX),
            kind: u32_at(row, 4).unwrap_or(0),
            flags: long(8),
            offset: long(24),
            size: long(32),
        }
    }

    fn is_debug(&self, names: &[u8]) -> bool {
        let name = usize::try_from(self.name)
            .ok()
            .and_then(|at| names.get(at..));
        let name = name.unwrap_or_default();
        [&b".debug_"[..], b".symtab\0", b".strtab\0"]
            .iter()
            .any(|debug| name.starts_with(debug))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Library(Vec<u8>);

    impl Parts for Library {
        type Error = std::convert::Infallible;

        fn part(&mut self, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Self::Error> {
            let at = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(self.0.len());
            let end = at.saturating_add(length).min(self.0.len());
            Ok(Some(self.0[at..end].to_vec()))
        }
    }

    /// The beginning of a library alone.
    struct Beginning(Library);

    impl Parts for Beginning {
        type Error = std::convert::Infallible;

        fn part(&mut self, offset: u64, length: usize) -> Result<Option<Vec<u8>>, Self::Error> {
            if offset > 0 {
                Ok(None)
            } else {
                self.0.part(offset, length)
            }
        }
    }

    /// A library with one loaded segment of 512 bytes, symbols of 2,400 and 1,000 bytes, and names of sections.
    fn library() -> Vec<u8> {
        let names = b"\0.text\0.symtab\0.strtab\0.shstrtab\0";
        let (symbols, texts) = (512_u64, 512 + 2400);
        let at = texts + 1000;
        let table = at + names.len() as u64;
        let mut bytes = vec![0; usize::try_from(at).unwrap()];
        bytes.extend(names);
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[16..20].copy_from_slice(b"\x03\0\x3e\0");
        bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
        bytes[40..48].copy_from_slice(&table.to_le_bytes());
        for (place, value) in [(54, 56_u16), (56, 1), (58, 64), (60, 5), (62, 4)] {
            bytes[place..place + 2].copy_from_slice(&value.to_le_bytes());
        }
        bytes[64..68].copy_from_slice(&1_u32.to_le_bytes());
        bytes[96..104].copy_from_slice(&512_u64.to_le_bytes());
        bytes[112..120].copy_from_slice(&4096_u64.to_le_bytes());
        let rows = [
            (0_u32, 0_u32, 0_u64, 0_u64, 0_u64),
            (1, 1, 2, 120, 300),
            (7, 2, 0, symbols, 2400),
            (15, 3, 0, texts, 1000),
            (23, 3, 0, at, names.len() as u64),
        ];
        for (name, kind, flags, offset, size) in rows {
            let mut row = [0; 64];
            row[..4].copy_from_slice(&name.to_le_bytes());
            row[4..8].copy_from_slice(&kind.to_le_bytes());
            for (place, value) in [(8, flags), (24, offset), (32, size)] {
                row[place..place + 8].copy_from_slice(&value.to_le_bytes());
            }
            bytes.extend(row);
        }
        bytes
    }

    fn cut_of(bytes: Vec<u8>) -> Cut {
        let length = bytes.len() as u64;
        let Ok(cut) = cut(&mut Library(bytes), length);
        cut
    }

    #[test]
    fn symbols_are_cut_in_pieces_of_64_bytes() {
        assert_eq!(
            cut_of(library()),
            Cut::known(2400 / 64 * 64 + 1000 / 64 * 64)
        );
    }

    #[test]
    fn where_the_beginning_alone_is_seen_it_is_between() {
        let bytes = library();
        let length = bytes.len() as u64;
        let Ok(cut) = cut(&mut Beginning(Library(bytes)), length);
        assert!(
            cut.low < 3328 && 3328 < cut.high && cut.high < length,
            "{cut:?}"
        );
    }

    #[test]
    fn what_is_no_library_or_lies_has_nothing_to_cut() {
        assert_eq!(cut_of(Vec::new()), Cut::default());
        assert_eq!(cut_of(b"\x7fELF".to_vec()), Cut::default());
        for place in [32, 40, 54, 58, 60, 62, 72, 96] {
            let mut bytes = library();
            let end = (place + 8).min(64.max(place + 2));
            bytes[place..end].fill(0xff);
            assert!(cut_of(bytes).high <= library().len() as u64, "{place}");
        }
        let mut overlapping = library();
        let at = overlapping.len() - 64 * 3;
        overlapping[at + 24..at + 32].copy_from_slice(&100_u64.to_le_bytes());
        assert_eq!(cut_of(overlapping), Cut::default());
    }
}
