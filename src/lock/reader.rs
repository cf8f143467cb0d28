//! Reads TOML of the plain kind that uv writes, several times as fast as a full TOML parser.
//!
//! [`parse`] knows headers, bare keys, strings without escapes, integers, booleans, arrays, inline
//! tables and comments at a line's end. On anything else it gives up with `None`, and the caller turns to the `toml`
//! crate, which knows all of TOML and words the errors. So this file can be fast, never wrong:
//! what it accepts means the same in TOML, and what it does not accept costs time only.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// The document as a `T`, or `None` when it needs the full parser (for its grammar or its errors).
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let document = reader.document()?;
    T::deserialize(Value::Table(document)).ok()
}

type Table<'a> = Vec<(&'a str, Value<'a>)>;

#[derive(Debug, PartialEq)]
enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Boolean(bool),
    Array(Vec<Value<'a>>),
    /// `{ .. }`: complete where it stands, no header may add to it.
    Inline(Table<'a>),
    /// Made by a header `[name]`.
    Table(Table<'a>),
    /// Made by headers `[[name]]`.
    Tables(Vec<Table<'a>>),
}

/// Values deeper than this are left to the full parser, which has a limit of its own and says so.
const DEEPEST: usize = 64;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How many values are open.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Option<Table<'a>> {
        let mut root = Table::new();
        let mut current: Vec<(&'a str, Kind)> = Vec::new();
        let mut seen: Vec<Vec<&'a str>> = Vec::new();
        loop {
            self.skip_blank();
            let Some(byte) = self.peek() else {
                return Some(root);
            };
            if byte == b'[' {
                current = self.header()?;
                open(&mut root, &current, &mut seen)?;
            } else {
                let (key, value) = self.pair()?;
                self.end_of_line()?;
                insert(table_at(&mut root, &current)?, key, value)?;
            }
        }
    }

    fn header(&mut self) -> Option<Vec<(&'a str, Kind)>> {
        self.at += 1;
        let repeated = self.eat(b'[');
        let mut path = vec![(self.key()?, Kind::Table)];
        while self.eat(b'.') {
            path.push((self.key()?, Kind::Table));
            (path.len() <= DEEPEST).then_some(())?;
        }
        if let Some(last) = path.last_mut().filter(|_| repeated) {
            last.1 = Kind::Array;
        }
        let closed = self.eat(b']') && (!repeated || self.eat(b']'));
        closed.then_some(())?;
        self.end_of_line()?;
        Some(path)
    }

    fn pair(&mut self) -> Option<(&'a str, Value<'a>)> {
        let key = self.key()?;
        self.skip_spaces();
        self.eat(b'=').then_some(())?;
        self.skip_spaces();
        Some((key, self.value()?))
    }

    fn key(&mut self) -> Option<&'a str> {
        let bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().take_while(|byte| bare(byte)).count();
        let key = &self.text[self.at..self.at + length];
        self.at += length;
        (length > 0).then_some(key)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())?;
        let value = match self.peek()? {
            b'"' => self.string().map(Value::Text),
            b'[' => self.array().map(Value::Array),
            b'{' => self.inline_table().map(Value::Inline),
            _ => self.scalar(),
        };
        self.depth -= 1;
        value
    }

    fn string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let rest = &self.text.as_bytes()[start..];
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\') || byte.is_ascii_control())?;
        let plain = rest[length] == b'"' && !(length == 0 && rest.get(1) == Some(&b'"'));
        self.at = start + length + 1;
        plain.then(|| &self.text[start..start + length])
    }

    fn array(&mut self) -> Option<Vec<Value<'a>>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blank();
            if self.eat(b']') {
                return Some(items);
            }
            items.push(self.value()?);
            self.skip_blank();
            if !self.eat(b',') {
                return self.eat(b']').then_some(items);
            }
        }
    }

    fn inline_table(&mut self) -> Option<Table<'a>> {
        self.at += 1;
        let mut table = Table::new();
        loop {
            self.skip_spaces();
            let (key, value) = self.pair()?;
            insert(&mut table, key, value)?;
            self.skip_spaces();
            if !self.eat(b',') {
                return self.eat(b'}').then_some(table);
            }
        }
    }

    fn scalar(&mut self) -> Option<Value<'a>> {
        let word = self.key()?;
        match word {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            digits if digits == "0" || !digits.starts_with('0') => {
                let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
                all_digits.then(|| digits.parse().ok().map(Value::Integer))?
            }
            _ => None,
        }
    }

    /// The end of a line, with a comment before it or not.
    fn end_of_line(&mut self) -> Option<()> {
        self.skip_spaces();
        if self.peek() == Some(b'#') {
            let rest = &self.text.as_bytes()[self.at..];
            self.at += rest
                .iter()
                .take_while(|byte| !byte.is_ascii_control())
                .count();
        }
        (self.peek().is_none() || self.eat(b'\n')).then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_spaces(&mut self) {
        while self.eat(b' ') {}
    }

    fn skip_blank(&mut self) {
        while self.eat(b' ') || self.eat(b'\n') {}
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Table,
    Array,
}

/// Makes the table that a header names. A table that was opened before is a TOML error.
fn open<'a>(
    root: &mut Table<'a>,
    path: &[(&'a str, Kind)],
    seen: &mut Vec<Vec<&'a str>>,
) -> Option<()> {
    let (&(name, kind), parents) = path.split_last()?;
    let parent = table_at(root, parents)?;
    let slot = parent.iter_mut().find(|(key, _)| *key == name);
    match (kind, slot) {
        (Kind::Array, Some((_, Value::Tables(tables)))) => {
            tables.push(Table::new());
            seen.clear();
            Some(())
        }
        (Kind::Array, None) => {
            parent.push((name, Value::Tables(vec![Table::new()])));
            Some(())
        }
        (Kind::Table, None) => {
            parent.push((name, Value::Table(Table::new())));
            seen.push(path.iter().map(|(key, _)| *key).collect());
            Some(())
        }
        // `[a.b]` before `[a]`: allowed once, and only when `a` was made by that deeper header.
        (Kind::Table, Some((_, Value::Table(_)))) => {
            let keys: Vec<&str> = path.iter().map(|(key, _)| *key).collect();
            let fresh = !seen.contains(&keys);
            seen.push(keys);
            fresh.then_some(())
        }
        _ => None,
    }
}

/// The table that a path leads to: the last element wherever the path meets an array.
fn table_at<'t, 'a>(
    root: &'t mut Table<'a>,
    path: &[(&'a str, Kind)],
) -> Option<&'t mut Table<'a>> {
    let mut table = root;
    for (name, _) in path {
        let known = table.iter().rposition(|(key, _)| key == name);
        let index = known.unwrap_or(table.len());
        if known.is_none() {
            table.push((name, Value::Table(Table::new())));
        }
        table = match &mut table[index].1 {
            Value::Table(inner) => inner,
            Value::Tables(tables) => tables.last_mut()?,
            _ => return None,
        };
    }
    Some(table)
}

fn insert<'a>(table: &mut Table<'a>, key: &'a str, value: Value<'a>) -> Option<()> {
    let new = table.iter().all(|(known, _)| *known != key);
    table.push((key, value));
    new.then_some(())
}

fn map(
    table: Table<'_>,
) -> MapDeserializer<'_, impl Iterator<Item = (Key<'_>, Value<'_>)>, Failed> {
    MapDeserializer::new(table.into_iter().map(|(key, value)| (Key(key), value)))
}

/// serde's own error for values: its text is never shown, the full parser words errors.
type Failed = serde::de::value::Error;

impl<'de> IntoDeserializer<'de, Failed> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Failed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self {
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::Integer(number) => visitor.visit_i64(number),
            Self::Boolean(truth) => visitor.visit_bool(truth),
            Self::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Inline(table) | Self::Table(table) => visitor.visit_map(map(table)),
            Self::Tables(tables) => {
                visitor.visit_seq(SeqDeserializer::new(tables.into_iter().map(Value::Table)))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        match self {
            Self::Inline(table) | Self::Table(table) => {
                MapAccessDeserializer::new(map(table)).deserialize_enum(name, variants, visitor)
            }
            other => other.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A key, handed out borrowed.
struct Key<'a>(&'a str);

impl<'de> IntoDeserializer<'de, Failed> for Key<'de> {
    type Deserializer = serde::de::value::BorrowedStrDeserializer<'de, Failed>;

    fn into_deserializer(self) -> Self::Deserializer {
        serde::de::value::BorrowedStrDeserializer::new(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both parsers make of a text: `None` where this reader gives up.
    fn agree(text: &str) -> bool {
        let ours: Option<toml::Value> = parse(text);
        match (ours, toml::from_str::<toml::Value>(text)) {
            (Some(ours), Ok(theirs)) => ours == theirs,
            (Some(_), Err(_)) => false,
            (None, _) => true,
        }
    }

    #[test]
    fn what_uv_writes_is_read_here() {
        let text = "version = 1 # as ever\n\n[[package]]\nname = \"a\"\nwheels = [\n    { url = \"u\", size = 3 },\n]\n\n\
                    [package.metadata]\nrequires-dist = [{ name = \"b\" }]\n\n[[package]]\nname = \"c\"\n";
        assert!(parse::<toml::Value>(text).is_some());
        assert!(agree(text));
    }

    #[test]
    fn what_toml_refuses_is_never_accepted() {
        for text in [
            "a = 1\na = 2\n",
            "[a]\n[a]\n",
            "[[a]]\n[a]\n",
            "a = { b = 1, b = 2 }\n",
            "a = { b = 1, }\n",
            "a = 01\n",
            "a = \"x\n\"\n",
            "a = [1 2]\n",
            "a = 1 b = 2\n",
            "<<<<<<< HEAD\n",
            "[a.b]\nc = 1\n[a]\nb = 2\n",
            "a = {}\n[a.b]\n",
            "a = { b = 1 }\n[a.c]\n",
            "a = 1 # bell \u{7}\n",
            "a = [1]\n[[a]]\n",
            "a = [{ b = 1 }]\n[[a]]\n",
        ] {
            assert!(agree(text), "{text}");
        }
    }

    #[test]
    fn the_rest_of_toml_is_left_to_the_full_parser() {
        for text in [
            "a = 'x'\n",
            "a = \"\\u0041\"\n",
            "a = \"\"\"x\"\"\"\n",
            "# comment\n",
            "a.b = 1\n",
            "\"a b\" = 1\n",
            "a = 1.5\n",
            "a = 2026-11-21\n",
            "a = 1\r\n",
        ] {
            assert!(parse::<toml::Value>(text).is_none(), "{text}");
        }
    }
}
