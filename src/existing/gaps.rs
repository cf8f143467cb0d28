//! What the Dockerfile parser does not read yet, made readable for it.
//!
//! parse-dockerfile 0.1 knows a heredoc only right behind `RUN`, and refuses `ENTRYPOINT []`. Docker reads
//! both. Here the lines of other heredocs are blanked, and empty lists become a word that stands for them;
//! every offset stays what it was.

use std::ops::Range;

/// A Dockerfile's text as the parser can read it.
pub(super) struct Readable {
    pub(super) text: String,
    /// Bodies of heredocs that were blanked, each with the offset at which its instruction begins.
    pub(super) bodies: Vec<(usize, Range<usize>)>,
}

/// Makes a text readable.
pub(super) fn readable(text: &str, escape: char) -> Readable {
    // Docker forgives a byte order mark; blanks keep the offsets.
    let text = text.replace('\u{feff}', "   ");
    let mut bytes = text.clone().into_bytes();
    let mut bodies = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = logical_end(&text, at, escape);
        let instruction = &text[at..end];
        let start = at + (instruction.len() - instruction.trim_start().len());
        mark_empty_list(instruction, &mut bytes[at..end]);
        let delimiters = delimiters(instruction);
        if delimiters.len() > 1 && begins_with_heredoc(instruction) {
            hide_markers(instruction, &mut bytes[at..end]);
        }
        at = end;
        for delimiter in &delimiters {
            let body = body_end(&text, at, delimiter);
            if !is_known(instruction, delimiters.len()) {
                blank(&mut bytes[at..body]);
                bodies.push((start, at..last_line(&text, at, body)));
            }
            at = body;
        }
    }
    let text = String::from_utf8(bytes).expect("whole lines were replaced by ASCII");
    Readable { text, bodies }
}

/// Whether a list is the word that stands for an empty one.
pub(super) fn is_empty_list(shell: &str) -> bool {
    shell
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(';'))
        .is_some_and(|inner| inner.trim().is_empty())
}

/// The end of the instruction that begins at an offset: its line, and those that continue it.
fn logical_end(text: &str, start: usize, escape: char) -> usize {
    let mut end = start;
    for line in text[start..].split_inclusive('\n') {
        let first = end == start;
        end += line.len();
        let plain = line.trim();
        let is_comment = plain.starts_with('#');
        if is_comment && first
            || !is_comment && !plain.ends_with(escape) && (first || !plain.is_empty())
        {
            break;
        }
    }
    end
}

fn keyword(instruction: &str) -> String {
    instruction
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_uppercase()
}

fn mark_empty_list(instruction: &str, bytes: &mut [u8]) {
    let is_list = matches!(keyword(instruction).as_str(), "CMD" | "ENTRYPOINT");
    let (Some(open), Some(close)) = (instruction.find('['), instruction.rfind(']')) else {
        return;
    };
    let before = instruction[..open].split_whitespace().count() == 1;
    if is_list && before && open < close && instruction[open + 1..close].trim().is_empty() {
        bytes[open] = b':';
        bytes[close] = b';';
    }
}

/// The words after `<<` of a `RUN`, `COPY` or `ADD`.
fn delimiters(instruction: &str) -> Vec<String> {
    if !matches!(keyword(instruction).as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let found = instruction.match_indices("<<").filter_map(|(at, _)| {
        let before = instruction[..at].chars().next_back();
        let rest = &instruction[at + 2..];
        let rest = rest
            .strip_prefix('-')
            .unwrap_or(rest)
            .trim_start_matches(['\'', '"']);
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let is_word = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        (before != Some('<') && is_word).then(|| rest[..end].to_owned())
    });
    found.collect()
}

/// Whether the parser reads these heredocs itself: behind `RUN`, its flags and continued lines.
fn is_known(instruction: &str, count: usize) -> bool {
    keyword(instruction) != "RUN" || begins_with_heredoc(instruction) && count == 1
}

/// Whether a heredoc is the first that a `RUN` says.
fn begins_with_heredoc(instruction: &str) -> bool {
    let words = instruction.split_whitespace().skip(1);
    let mut words = words.skip_while(|word| word.starts_with("--") || word.chars().count() == 1);
    let first = words.next().is_some_and(|word| word.starts_with("<<"));
    first && keyword(instruction) == "RUN"
}

/// Writes a shell in place of the markers of several heredocs, of which the parser knows one alone.
fn hide_markers(instruction: &str, bytes: &mut [u8]) {
    for (at, _) in instruction.match_indices("<<") {
        let rest = &instruction[at..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        blank(&mut bytes[at..at + end]);
        bytes[at..at + 2].copy_from_slice(b"sh");
    }
}

fn body_end(text: &str, start: usize, delimiter: &str) -> usize {
    let mut end = start;
    for line in text[start..].split_inclusive('\n') {
        end += line.len();
        if line.trim() == delimiter {
            break;
        }
    }
    end
}

/// Where the line with the delimiter begins.
fn last_line(text: &str, start: usize, end: usize) -> usize {
    let body = text[start..end].trim_end_matches('\n');
    start + body.rfind('\n').map_or(0, |at| at + 1)
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes
        .iter_mut()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
    {
        *byte = b' ';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_heredocs_of_one_run_are_read() {
        let text = "FROM a\nRUN <<'S' <<T\na\nS\nb\nT\n";
        let read = readable(text, '\\');
        assert!(parse_dockerfile::parse(&read.text).is_ok());
        assert_eq!(read.bodies.len(), 2);
    }

    #[test]
    fn a_heredoc_inside_a_line_is_blanked_and_kept_beside() {
        let text = "FROM a\nRUN mkdir x && \\\n  cat > y <<'EOF'\nset é\nEOF\nCMD []\n";
        let readable = readable(text, '\\');
        assert_eq!(readable.text.len(), text.len());
        assert!(
            readable
                .text
                .contains("cat > y <<'EOF'\n      \n   \nCMD :;\n")
        );
        let (start, body) = &readable.bodies[0];
        assert_eq!((*start, &text[body.clone()]), (7, "set é\n"));
    }

    #[test]
    fn what_the_parser_reads_is_left_alone() {
        for text in [
            "FROM a\nRUN <<EOF\na\nEOF\nCOPY <<EOF /f\nCMD []\nEOF\n",
            "FROM a\nRUN --mount=type=cache,target=/x \\\n  --network=none <<\"EOF\" bash -eu\na\nEOF\n",
            "FROM a\n# cat <<EOF\nRUN a <<< b\nENV A=1<<2\nCMD [\"a\"]\n",
        ] {
            assert_eq!(readable(text, '\\').text, text);
        }
    }

    #[test]
    fn no_end_is_no_panic() {
        for text in [
            "RUN a <<EOF",
            "RUN a <<EOF\n",
            "RUN \\",
            "CMD ]  [",
            "RUN <<",
            "RUN a <<'é",
            "",
        ] {
            readable(text, '\\');
        }
    }
}
