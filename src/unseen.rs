//! Characters that a reader does not see and that change what the others mean: of values in files that people review, of texts
//! that a terminal shows.

/// Whether a character controls a terminal, ends a line for some reader of a file, or changes the order of those around it.
///
/// Source: <https://www.unicode.org/reports/tr14/#BK>, <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
pub(crate) fn is_unseen(c: char) -> bool {
    let ends_a_line = matches!(c, '\u{2028}' | '\u{2029}');
    let orders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || ends_a_line || orders || c == '\u{feff}'
}

/// A text in which each of them stands as its escape, `\u{202e}`.
pub(crate) fn escaped(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            // `\n` and `\t` by name, what has none by number.
            seen.extend(c.escape_debug());
        } else {
            seen.push(c);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_any_language_is_seen() {
        for text in [
            "naïve café",
            "שלום",
            "مرحبا",
            "日本語",
            "😀",
            "a b\u{a0}c",
            "e\u{301}",
        ] {
            assert!(!text.chars().any(is_unseen), "{text}");
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn every_line_break_of_unicode_is_unseen() {
        for c in [
            '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
        ] {
            assert!(is_unseen(c), "{c:?}");
        }
        assert_eq!(escaped("a\u{1b}]0;x\u{202e}\n"), r"a\u{1b}]0;x\u{202e}\n");
    }
}
