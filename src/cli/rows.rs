//! Rows of text: what it is about, its value, and why. The one table that people see.

use std::fmt::Write;

/// Values up to this width share a column with their reasons behind it; below a longer value its
/// reason has a line of its own.
const COLUMN: usize = 34;

/// Aligned rows.
#[derive(Default)]
pub(super) struct Rows(Vec<Row>);

struct Row {
    label: String,
    value: String,
    because: String,
}

impl Rows {
    /// Adds a row.
    pub(super) fn push(
        &mut self,
        label: impl Into<String>,
        value: impl Into<String>,
        because: impl Into<String>,
    ) {
        self.0.push(Row {
            label: label.into(),
            value: value.into(),
            because: because.into(),
        });
    }

    /// Adds a line below the last row's value.
    pub(super) fn below(&mut self, text: impl Into<String>) {
        self.push("", "", text);
    }

    /// The rows, each line behind `indent` spaces.
    pub(super) fn text(&self, indent: usize) -> String {
        let labels = self.0.iter().map(|row| row.label.chars().count());
        let label = labels.max().unwrap_or(0);
        let values = self.0.iter().map(|row| row.value.chars().count());
        let value = values.filter(|width| *width <= COLUMN).max().unwrap_or(0);
        let lines = self.0.iter().map(|row| row.text(indent, label, value));
        lines.collect()
    }
}

impl Row {
    fn text(&self, indent: usize, label: usize, value: usize) -> String {
        let mut text = format!("{:indent$}{:label$}  ", "", self.label);
        let column = indent + label + 2;
        if self.because.is_empty() {
            text.push_str(&self.value);
        } else if self.label.is_empty() && self.value.is_empty() {
            text.push_str(&self.because);
        } else if self.value.chars().count() > COLUMN {
            let _ = write!(text, "{}\n{:column$}  {}", self.value, "", self.because);
        } else {
            let _ = write!(text, "{:value$}  {}", self.value, self.because);
        }
        format!("{}\n", text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn columns_line_up_and_long_values_stand_alone() {
        let mut rows = Rows::default();
        rows.push("python", "3.13.9", "dfgen.toml:2");
        rows.push(
            "command",
            "uvicorn shop.main:app --port 8000",
            "FastAPI in main.py:1",
        );
        rows.push("user", "10001", "default");
        rows.below("more of the last one");
        rows.push("gpu", "no", "");
        insta::assert_snapshot!(rows.text(2), @"
        python   3.13.9                             dfgen.toml:2
        command  uvicorn shop.main:app --port 8000  FastAPI in main.py:1
        user     10001                              default
                 more of the last one
        gpu      no
        ");
    }
}
