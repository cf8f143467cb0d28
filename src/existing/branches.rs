//! A start script that does what its first argument says: `case "$1" in web) .. ;; worker) .. ;; esac`, or
//! `if [ "$1" = "web" ]; then .. elif [ "$1" = "worker" ]; then .. fi`.
//!
//! Every service of such an image starts the same script with another word, so each is read with its own branch alone. Offsets
//! stay what they were: other branches are blanked.

/// The text of a script as it runs with these arguments, what it has from a variable that holds all of them written out.
pub(super) fn chosen(text: &str, arguments: &[String]) -> String {
    let text = branch(&all_of_them(text), arguments);
    arguments
        .first()
        .map_or_else(|| text.clone(), |argument| tested(&text, argument))
}

/// The text with the arm that tests for the argument alone, where every test of the choice is one for that.
fn tested(text: &str, argument: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let opens = |line: &str| {
        line.trim()
            .strip_prefix("if ")
            .and_then(test_of_first)
            .is_some()
    };
    let Some(open) = lines.iter().position(|line| opens(line)) else {
        return text.to_owned();
    };
    let Some(arms) = arms(&lines, open) else {
        return text.to_owned();
    };
    let is_meant = |arm: &&Arm<'_>| arm.test.is_none_or(|test| test == argument);
    let own = arms.iter().find(is_meant);
    let last = arms.last().map_or(open, |arm| arm.last);
    let lines = lines.iter().enumerate().map(|(index, line)| {
        let is_own = own.is_some_and(|arm| (arm.first + 1..arm.last).contains(&index));
        if (open..=last).contains(&index) && !is_own {
            blank(line)
        } else {
            (*line).to_owned()
        }
    });
    lines.collect()
}

/// One arm of `if .. elif .. else .. fi`.
struct Arm<'t> {
    /// What the first argument has to be; `None` for `else`.
    test: Option<&'t str>,
    first: usize,
    /// The line that ends it.
    last: usize,
}

/// The arms of the choice that a line opens; `None` where one tests for something else, or nothing closes it.
fn arms<'t>(lines: &[&'t str], open: usize) -> Option<Vec<Arm<'t>>> {
    let mut found: Vec<Arm<'t>> = Vec::new();
    let mut depth = 0;
    for (index, line) in lines.iter().enumerate().skip(open) {
        let line = line.trim();
        let is_arm = depth == 1 && (line.starts_with("elif ") || line == "else");
        depth += i32::from(line.starts_with("if "));
        let is_end = line == "fi" || line.starts_with("fi ") || line.starts_with("fi;");
        depth -= i32::from(is_end);
        if index > open && !is_arm && !(depth == 0 && is_end) {
            continue;
        }
        if let Some(before) = found.last_mut() {
            before.last = index;
        }
        if depth == 0 {
            return Some(found);
        }
        let condition = line.strip_prefix("if ").or(line.strip_prefix("elif "));
        let test = match condition {
            Some(condition) => Some(test_of_first(condition)?),
            None => None,
        };
        found.push(Arm {
            test,
            first: index,
            last: index,
        });
    }
    None
}

/// What `[ "$1" = "web" ]; then` tests the first argument for.
fn test_of_first(condition: &str) -> Option<&str> {
    let plain = condition
        .trim()
        .trim_end_matches("then")
        .trim()
        .trim_end_matches(';')
        .trim();
    let double = plain
        .strip_prefix("[[")
        .and_then(|rest| rest.strip_suffix("]]"));
    let inside = match double {
        Some(inside) => inside,
        None => plain.strip_prefix('[')?.strip_suffix(']')?,
    };
    let (argument, value) = inside.split_once("==").or_else(|| inside.split_once('='))?;
    let argument = argument.trim().trim_matches('"');
    let value = value.trim().trim_matches(['"', '\'']);
    let is_first = matches!(argument, "$1" | "${1}");
    (is_first && !value.contains(['$', ' '])).then_some(value)
}

/// `$cmd` as `$@`, where the script says `cmd="$@"`.
fn all_of_them(text: &str) -> String {
    let names = text.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_all = matches!(value.trim_matches('"'), "$@" | "$*");
        (is_all && !name.is_empty() && name.chars().all(plain)).then_some(name)
    });
    names.fold(text.to_owned(), |text, name| {
        let forms = [
            format!("\"${name}\""),
            format!("${{{name}}}"),
            format!("${name}"),
        ];
        forms.iter().fold(text, |text, form| {
            let all = format!("$@{}", " ".repeat(form.len() - 2));
            text.replace(form.as_str(), &all)
        })
    })
}

fn branch(text: &str, arguments: &[String]) -> String {
    let Some(argument) = arguments.first() else {
        return text.to_owned();
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(open) = lines.iter().position(|line| is_case_of_first(text, line)) else {
        return text.to_owned();
    };
    let Some(close) = end(&lines, open) else {
        return text.to_owned();
    };
    let branches = branches(&lines, open + 1, close);
    let is_meant = |patterns: &str| {
        let mut patterns = patterns.split('|');
        patterns.any(|one| one.trim().trim_matches(['"', '\'']) == argument)
    };
    let Some(own) = branches.iter().find(|branch| is_meant(branch.patterns)) else {
        return text.to_owned();
    };
    let mut kept = String::with_capacity(text.len());
    for (index, line) in lines.iter().enumerate() {
        let is_inside = (open..=close).contains(&index);
        let is_own = (own.first..own.last).contains(&index);
        if !is_inside || is_own && index > own.first {
            kept.push_str(line);
        } else if is_own {
            let (head, body) = line.split_at(own.body.min(line.len()));
            kept.push_str(&blank(head));
            kept.push_str(body);
        } else {
            kept.push_str(&blank(line));
        }
    }
    kept
}

/// Whether a line opens a choice by the first argument, or by a variable that holds it.
fn is_case_of_first(text: &str, line: &str) -> bool {
    let inside = line.trim().strip_prefix("case ");
    let Some(word) = inside.and_then(|rest| rest.strip_suffix(" in")) else {
        return false;
    };
    let word = word.trim().trim_matches('"');
    let plain = word.trim_start_matches('$').trim_matches(['{', '}']);
    let name = plain.split(':').next().unwrap_or(plain);
    let holds = |value: &str| text.contains(&format!("{name}={value}"));
    word.starts_with('$')
        && (name == "1"
            || ["$1", "\"$1\"", "\"${1", "${1"]
                .iter()
                .any(|value| holds(value)))
}

/// The line that closes it.
fn end(lines: &[&str], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (index, line) in lines.iter().enumerate().skip(open) {
        let line = line.trim();
        if line.starts_with("case ") && line.ends_with(" in") {
            depth += 1;
        } else if line == "esac" || line.starts_with("esac ") || line.starts_with("esac;") {
            depth -= 1;
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

struct Branch<'t> {
    /// `web|serve`.
    patterns: &'t str,
    /// Where its body begins in its first line.
    body: usize,
    first: usize,
    /// The line that ends it.
    last: usize,
}

fn branches<'t>(lines: &[&'t str], from: usize, to: usize) -> Vec<Branch<'t>> {
    let mut found: Vec<Branch<'t>> = Vec::new();
    let mut depth = 0;
    let mut is_open = false;
    for (index, line) in lines.iter().enumerate().take(to).skip(from) {
        let plain = line.trim();
        depth += i32::from(plain.starts_with("case "));
        depth -= i32::from(plain.starts_with("esac"));
        if depth == 0
            && !is_open
            && let Some(end) = line.find(')').filter(|_| !plain.starts_with('#'))
        {
            let patterns = line[..end].trim().trim_start_matches('(');
            found.push(Branch {
                patterns,
                body: end + 1,
                first: index,
                last: to,
            });
            is_open = true;
        }
        if depth == 0 && is_open && plain.ends_with(";;") {
            is_open = false;
            if let Some(last) = found.last_mut() {
                last.last = if index == last.first {
                    index + 1
                } else {
                    index
                };
            }
        }
    }
    found
}

fn blank(text: &str) -> String {
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    // A character of several bytes leaves as many blanks.
    text.chars()
        .flat_map(|c| std::iter::repeat_n(blank(c), c.len_utf8()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "set -e\ncase \"$1\" in\n  web|serve)\n    shop migrate\n    exec gunicorn shop:app\n    ;;\n  worker) exec celery -A shop worker ;;\n  *)\n    exec \"$@\"\n    ;;\nesac\necho end\n";

    fn lines(argument: &str) -> Vec<String> {
        let arguments = [argument.to_owned()];
        let text = chosen(SCRIPT, &arguments);
        assert_eq!(text.len(), SCRIPT.len());
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn the_branch_of_the_argument_is_what_runs() {
        assert_eq!(
            lines("serve"),
            [
                "set -e",
                "shop migrate",
                "exec gunicorn shop:app",
                "echo end"
            ]
        );
        assert_eq!(
            lines("worker"),
            ["set -e", "exec celery -A shop worker ;;", "echo end"]
        );
    }

    #[test]
    fn the_arm_that_tests_for_the_argument_is_what_runs() {
        let script = "if [ \"$1\" = \"prd\" ]; then\n  if [ -z \"$X\" ]; then\n    export X=1\n  fi\n  gunicorn a:b\nelif [[ $1 == 'dev' ]]; then\n  uvicorn a:b --reload\nelse\n  exit 1\nfi\n";
        let of = |argument: &str| {
            let text = chosen(script, &[argument.to_owned()]);
            assert_eq!(text.len(), script.len());
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            of("prd"),
            "if [ -z \"$X\" ]; then; export X=1; fi; gunicorn a:b"
        );
        assert_eq!(of("dev"), "uvicorn a:b --reload");
        assert_eq!(of("other"), "exit 1");
        let unlike = script.replace("$1 ==", "$2 ==");
        assert_eq!(chosen(&unlike, &["prd".to_owned()]), unlike);
    }

    #[test]
    fn a_variable_that_holds_all_arguments_is_all_of_them() {
        let text = "cmd=\"$@\"\nexec uv run $cmd\n";
        assert_eq!(chosen(text, &[]), "cmd=\"$@\"\nexec uv run $@  \n");
    }

    #[test]
    fn another_argument_leaves_all_of_it() {
        assert_eq!(chosen(SCRIPT, &["other".to_owned()]), SCRIPT);
        assert_eq!(chosen(SCRIPT, &[]), SCRIPT);
        assert_eq!(
            chosen("case \"$1\" in\n", &["web".to_owned()]),
            "case \"$1\" in\n"
        );
    }
}
