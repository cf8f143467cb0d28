//! How Git and Docker read the text of a pattern.

use super::Token;

/// Classes of letters that have a name (POSIX), in ASCII.
const NAMED: [(&str, &[(char, char)]); 10] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("digit", &[('0', '9')]),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// Git: `**` stands for folders only where it is a whole name, and `[!a]` is what `[^a]` is.
pub(super) fn of_git(text: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut names = text.split('/').filter(|name| !name.is_empty()).peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        match name {
            "**" if tokens.last() == Some(&Token::Folders) && !is_last => {}
            "**" if is_last => {
                if tokens.last() == Some(&Token::Folders) {
                    tokens.pop();
                }
                tokens.push(Token::Everything);
            }
            "**" => tokens.push(Token::Folders),
            "." | ".." => return None,
            name => {
                name_of_git(name, &mut tokens)?;
                tokens.extend((!is_last).then_some(Token::Slash));
            }
        }
    }
    (!tokens.is_empty()).then_some(tokens)
}

fn name_of_git(name: &str, tokens: &mut Vec<Token>) -> Option<()> {
    let mut letters = name.chars();
    while let Some(c) = letters.next() {
        match c {
            '*' if tokens.last() == Some(&Token::Any) => {}
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '\\' => tokens.push(Token::Letter(letters.next()?)),
            '[' => {
                let (class, used) = class(letters.as_str(), &['!', '^'])?;
                tokens.push(class);
                letters = letters.as_str()[used..].chars();
            }
            c => tokens.push(Token::Letter(c)),
        }
    }
    Some(())
}

/// Docker: the line is cleaned as a path, and becomes a regular expression, letter by letter
/// (`compile` in <https://github.com/moby/patternmatcher/blob/main/patternmatcher.go>).
pub(super) fn of_docker(line: &str) -> Option<Vec<Token>> {
    let path = clean(line)?;
    let mut tokens = Vec::new();
    let mut letters = path.chars();
    // Without a wildcard, the rest of what begins with `**` is what a path ends in.
    let mut is_plain = true;
    let mut has_anchor = false;
    while let Some(c) = letters.next() {
        match c {
            '*' if letters.as_str().starts_with('*') => {
                letters.next();
                let has_slash = letters.as_str().starts_with('/');
                if has_slash {
                    letters.next();
                }
                match (letters.as_str().is_empty(), tokens.is_empty()) {
                    (true, _) => tokens.push(Token::Everything),
                    (false, true) if !has_slash && is_text(letters.as_str()) => {
                        tokens.extend([Token::Folders, Token::Any]);
                    }
                    (false, _) => {
                        is_plain &= tokens.is_empty();
                        tokens.push(Token::Folders);
                    }
                }
                continue;
            }
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '\\' => tokens.push(Token::Letter(letters.next()?)),
            '[' => {
                let (class, used) = class(letters.as_str(), &['^'])?;
                tokens.push(class);
                letters = letters.as_str()[used..].chars();
            }
            c => {
                has_anchor |= c == '^';
                tokens.push(if c == '/' {
                    Token::Slash
                } else {
                    Token::Letter(c)
                });
                continue;
            }
        }
        is_plain = false;
    }
    // The beginning of a text is nowhere within it.
    (!has_anchor || is_plain).then_some(tokens)
}

/// Whether Docker compares it as it stands.
fn is_text(rest: &str) -> bool {
    !rest.contains(['*', '?', '[', ']', '\\'])
}

/// Go's `filepath.Clean`; `None` for a path that is the folder itself, or lies outside it.
fn clean(path: &str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for name in path.trim().split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            ".." if path.starts_with('/') => {}
            name => names.push(name),
        }
    }
    let is_inside = names.first().is_some_and(|first| *first != "..");
    is_inside.then(|| names.join("/"))
}

/// A class after its `[`, and how many bytes it is long. It is negated by one of these letters at its start.
fn class(text: &str, negations: &[char]) -> Option<(Token, usize)> {
    let negated = text.starts_with(negations);
    let start = usize::from(negated);
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut letters = text[start..].char_indices();
    while let Some((at, c)) = letters.next() {
        match c {
            ']' if at > 0 => return Some((Token::Class { negated, ranges }, start + at + 1)),
            '[' if text[start + at..].starts_with("[:") => {
                let (name, _) = text[start + at + 2..].split_once(":]")?;
                let (_, named) = NAMED.iter().find(|(known, _)| *known == name)?;
                ranges.extend(*named);
                letters.nth(name.len() + 2);
                continue;
            }
            _ => {}
        }
        let from = if c == '\\' { letters.next()?.1 } else { c };
        let mut ahead = letters.clone();
        let is_range = ahead.next().is_some_and(|(_, c)| c == '-')
            && ahead.next().is_some_and(|(_, c)| c != ']');
        let to = if is_range {
            letters.next();
            match letters.next()?.1 {
                '\\' => letters.next()?.1,
                c => c,
            }
        } else {
            from
        };
        ranges.push((from, to));
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::ignore_pattern::IgnorePattern;

    /// What Docker's own documentation and its matcher's tests say
    /// (<https://docs.docker.com/build/concepts/context/#dockerignore-files>,
    /// <https://github.com/moby/patternmatcher/blob/main/patternmatcher_test.go>).
    #[test]
    fn docker_s_patterns_match_what_docker_says() {
        for (pattern, path, is_matched) in [
            ("*/temp*", "somedir/temporary.txt", true),
            ("*/temp*", "temp.txt", false),
            ("*/*/temp*", "a/b/temporary.txt", true),
            ("temp?", "tempa", true),
            ("temp?", "temp", false),
            ("**/*.go", "a.go", true),
            ("**/*.go", "a/b/c.go", true),
            ("**", "file", true),
            ("**", "dir/file", true),
            ("**/", "dir/file", true),
            ("**/**", "dir/file", true),
            ("dir/**", "dir/file", true),
            ("dir/**", "dir", false),
            ("dir/**", "dir/dir2/file", true),
            ("**/dir", "dir", true),
            ("**/dir", "dir/file", false),
            ("**/dir2/*", "dir/dir2/file", true),
            ("**/dir2/*", "dir2/file", true),
            ("**/dir2/**", "dir/dir2/dir2/file", true),
            ("**file", "file", true),
            ("**file", "dir/file", true),
            ("**/file", "dir/dir/file", true),
            ("**/file*", "dir/file.txt", true),
            ("**/file*txt", "dir/dir/file.txt", true),
            ("**/file*.txt*", "dir/dir/file.txt", true),
            ("**/**/*.txt", "dir/dir/file.txt", true),
            ("**/**/*.txt2", "dir/dir/file.txt", false),
            ("**/*.txt", "file.txt", true),
            ("**/**/*.txt", "file.txt", true),
            ("a**/*.txt", "a/file.txt", true),
            ("a**/*.txt", "a/dir/file.txt", true),
            ("a**/*.txt", "a/dir/dir/file.txt", true),
            ("a/*.txt", "a/dir/file.txt", false),
            ("a/*.txt", "a/file.txt", true),
            ("a/*.txt**", "a/file.txt", true),
            ("a[b-d]e", "ae", false),
            ("a[b-d]e", "ace", true),
            ("a[b-d]e", "aae", false),
            ("a[^b-d]e", "aze", true),
            (".*", ".foo", true),
            (".*", "foo", false),
            ("abc.def", "abcdef", false),
            ("abc.def", "abc.def", true),
            ("abc.def", "abcZdef", false),
            ("a\\\\", "a\\", true),
            ("a\\b", "ab", true),
            ("**/foo/bar", "foo/bar", true),
            ("**/foo/bar", "dir/foo/bar", true),
            ("abc/**", "abc", false),
            ("abc/**", "abc/def/ghi", true),
            ("**/.foo", ".foo", true),
            ("**/.foo", "bar.foo", false),
            ("a(b)c/def", "a(b)c/def", true),
            ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
            (
                "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
                "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
                true,
            ),
            (
                "dist/*.whl",
                "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
                true,
            ),
            // Cleaned, as Go cleans paths.
            ("/a//b/", "a/b", true),
            ("./a/../b", "b", true),
            ("a/./b", "a/b", true),
            ("/../a", "a", true),
            // What begins with `**` and has no wildcard behind it is what a path ends in.
            ("**.log", "a/b.log", true),
            ("**.log", "b.log", true),
            ("**a", "x/ba", true),
            ("**a*", "x/ba", false),
            ("**a*", "x/ab", true),
            // Everywhere else it stands for whole folders, or for anything at the end.
            ("app/**.txt", "app/c.txt", false),
            ("app/**.txt", "app/x/.txt", true),
            ("a**", "abc/d", true),
            ("a**b", "ab", true),
            ("a**b", "axb", false),
            ("a**b", "a/x/b", true),
            ("a**b", "ax/b", true),
            // Go's classes: `!` is a letter.
            ("[!a]", "b", false),
            ("[!a]", "!", true),
            ("[[:digit:]]", "7", true),
            ("a^b", "a^b", true),
        ] {
            let parsed = IgnorePattern::parse_docker(pattern).unwrap();
            assert_eq!(parsed.matches(path), is_matched, "{pattern} {path}");
            // What is written is read as what it was.
            let again = IgnorePattern::parse_docker(&parsed.to_string()).unwrap();
            assert_eq!(again.matches(path), is_matched, "{pattern} as {parsed}");
            let below = IgnorePattern::parse_docker(&parsed.below("x/y").to_string()).unwrap();
            assert_eq!(below.matches(&format!("x/y/{path}")), is_matched, "{below}");
            let seen = below.seen_from("x/y");
            assert_eq!(
                seen.iter().any(|one| one.matches(path)),
                is_matched,
                "{below}"
            );
        }
        for nothing in ["a^b*", "", ".", "/", "..", "../a", "a/..", "a/[b", "a\\"] {
            assert_eq!(IgnorePattern::parse_docker(nothing), None, "{nothing}");
        }
    }
}
