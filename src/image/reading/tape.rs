//! A tar archive read from one end to the other, as it comes.
//!
//! Nothing is unpacked, and nothing is held but one header: a name that claims to be gigabytes long is refused, which
//! the `tar` crate would read into memory. The crate reads the fields of each header.

use std::io::{self, Read, Seek};

use tar::{EntryType, Header};

use super::limit;

/// Bytes of a block: headers are one, contents are padded to it.
const BLOCK: usize = 512;

/// How long a name or a set of extended attributes may be.
const LONGEST: u64 = 1 << 20;

/// What is in an archive: its header, in the words of all the extensions.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryType,
    /// Bytes of its content in the archive.
    pub(crate) size: u64,
    /// What a link leads to.
    pub(crate) link: Vec<u8>,
    pub(crate) modified: u64,
}

/// An archive, at one of its members. Reading gives the content of that member.
pub(crate) struct Tape<R> {
    reader: R,
    /// Bytes of the member's content that are not read yet.
    left: u64,
    padding: u64,
    /// Bytes of the archive that are behind.
    at: u64,
}

/// What extensions say about the next member, in place of its header.
#[derive(Default)]
struct Said {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Tape<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            left: 0,
            padding: 0,
            at: 0,
        }
    }

    /// Where in the archive the content of this member begins.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// The next member; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Member>> {
        let mut said = Said::default();
        loop {
            self.pass()?;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let kind = header.entry_type();
            let size = header.entry_size()?;
            let extends =
                kind.is_gnu_longname() || kind.is_gnu_longlink() || kind.is_pax_local_extensions();
            if extends {
                let text = self.extension(size)?;
                said.take(kind, text)?;
                continue;
            }
            if header.as_gnu().is_some_and(tar::GnuHeader::is_extended) && kind.is_gnu_sparse() {
                self.pass_map()?;
            }
            let member = said.member(&header, kind, size)?;
            self.expect(member.size);
            if !kind.is_pax_global_extensions() {
                return Ok(Some(member));
            }
            said = Said::default();
        }
    }

    /// Whatever is behind the end, to the last byte.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self.reader, &mut io::sink()).map(drop)
    }

    fn expect(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    /// Passes what is left of this member.
    fn pass(&mut self) -> io::Result<()> {
        let rest = self.left.saturating_add(self.padding);
        let passed = io::copy(&mut self.reader.by_ref().take(rest), &mut io::sink())?;
        // The last one need not be padded.
        if passed < self.left {
            return Err(truncated());
        }
        self.at += passed;
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    /// The next header; `None` at the end.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let Some(block) = self.block()? else {
            return Ok(None);
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(&block);
        let sum = |range: std::ops::Range<usize>| block[range].iter().map(|byte| u32::from(*byte));
        // The checksum itself counts as blanks.
        let sum: u32 = sum(0..148).chain(sum(156..BLOCK)).sum::<u32>() + 8 * 32;
        if header.cksum().ok() != Some(sum) {
            let message = format!("no tar header at byte {}", self.at - BLOCK as u64);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Some(header))
    }

    /// The next block; `None` where the archive ends before it.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.reader.read(&mut block[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(truncated()),
                read => filled += read,
            }
        }
        self.at += BLOCK as u64;
        Ok(Some(block))
    }

    /// The blocks behind the header of a sparse file that go on with its map.
    fn pass_map(&mut self) -> io::Result<()> {
        loop {
            let block = self.block()?.ok_or_else(truncated)?;
            if block[504] == 0 {
                return Ok(());
            }
        }
    }

    /// The content of a member that says something about the next one.
    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > LONGEST {
            return Err(limit(format!(
                "a name of {size} bytes at byte {}: at most {LONGEST} are read",
                self.at
            )));
        }
        self.expect(size);
        let mut text = Vec::new();
        self.read_to_end(&mut text)?;
        Ok(text)
    }
}

impl<R: Read + Seek> Tape<R> {
    /// Passes what is left of this member without reading it.
    pub(crate) fn seek_past(&mut self, length: u64) -> io::Result<()> {
        if self.left > length.saturating_sub(self.at) {
            return Err(truncated());
        }
        let rest = (self.left + self.padding).min(length - self.at);
        let step = i64::try_from(rest).map_err(|_| truncated())?;
        self.reader.seek_relative(step)?;
        self.at += rest;
        (self.left, self.padding) = (0, 0);
        Ok(())
    }
}

impl<R: Read> Read for Tape<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = self.reader.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(truncated());
        }
        self.left -= read as u64;
        self.at += read as u64;
        Ok(read)
    }
}

impl Said {
    fn take(&mut self, kind: EntryType, mut text: Vec<u8>) -> io::Result<()> {
        if kind.is_pax_local_extensions() {
            return self.take_attributes(&text);
        }
        while text.last() == Some(&0) {
            text.pop();
        }
        if kind.is_gnu_longname() {
            self.path = Some(text);
        } else {
            self.link = Some(text);
        }
        Ok(())
    }

    /// PAX: lines of `length key=value`.
    fn take_attributes(&mut self, text: &[u8]) -> io::Result<()> {
        for extension in tar::PaxExtensions::new(text) {
            let extension = extension?;
            let value = extension.value_bytes();
            let number = || str::from_utf8(value).ok()?.parse().ok();
            match extension.key_bytes() {
                b"path" => self.path = Some(value.to_vec()),
                b"GNU.sparse.name" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = number(),
                _ => {}
            }
        }
        Ok(())
    }

    fn member(&mut self, header: &Header, kind: EntryType, size: u64) -> io::Result<Member> {
        let said = std::mem::take(self);
        let link = header.link_name_bytes().map(|link| link.into_owned());
        // What links and folders claim to hold is not there.
        let holds = kind.is_file()
            || kind.is_contiguous()
            || kind.is_gnu_sparse()
            || kind.is_pax_global_extensions()
            || !kind.is_hard_link()
                && !kind.is_symlink()
                && !kind.is_dir()
                && !kind.is_character_special()
                && !kind.is_block_special()
                && !kind.is_fifo();
        Ok(Member {
            path: said
                .path
                .unwrap_or_else(|| header.path_bytes().into_owned()),
            kind,
            size: if holds { said.size.unwrap_or(size) } else { 0 },
            link: said.link.or(link).unwrap_or_default(),
            modified: header.mtime().unwrap_or(0),
        })
    }
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it ends in the middle")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(archive: &[u8]) -> io::Result<Vec<(String, u64)>> {
        let mut tape = Tape::new(archive);
        let mut names = Vec::new();
        while let Some(member) = tape.next()? {
            let name = String::from_utf8_lossy(&member.path).into_owned();
            names.push((name, member.size));
        }
        Ok(names)
    }

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn long_names_of_gnu_and_pax_are_read() {
        let long = format!("{}/end", "a/bc".repeat(80));
        let mut bytes = archive(&[("x", b"1"), (&long, b"22")]);
        bytes.truncate(bytes.len() - 1024);
        let mut pax = tar::Builder::new(bytes);
        pax.append_pax_extensions([("path", b"named by pax".as_slice())])
            .unwrap();
        let mut header = Header::new_ustar();
        header.set_size(3);
        pax.append_data(&mut header, "short", &b"333"[..]).unwrap();
        let read = names(&pax.into_inner().unwrap()).unwrap();
        assert_eq!(
            read,
            [
                ("x".to_owned(), 1),
                (long, 2),
                ("named by pax".to_owned(), 3)
            ]
        );
    }

    #[test]
    fn a_truncated_archive_is_told_wherever_it_ends() {
        let whole = archive(&[("x", &[7; 2000]), ("y", b"1")]);
        for end in [100, 600, 2000, 2511, 2600] {
            assert!(names(&whole[..end]).is_err(), "{end}");
        }
        assert_eq!(names(&whole).unwrap().len(), 2);
    }

    #[test]
    fn a_size_that_nothing_has_is_no_reason_to_wait_or_to_allocate() {
        let mut header = Header::new_gnu();
        header.set_path("huge").unwrap();
        header.set_size(10_000_000_000_000);
        header.set_cksum();
        assert!(names(header.as_bytes()).is_err());
        header.set_entry_type(EntryType::GNULongName);
        header.set_cksum();
        let refused = names(header.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains("at most"), "{refused}");
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let refused = names(&[b'x'; 1024]).unwrap_err().to_string();
        assert_eq!(refused, "no tar header at byte 0");
    }
}
