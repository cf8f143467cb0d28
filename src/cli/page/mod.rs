//! Sizes of images, planned or built, as a page: one file that needs no network, which draws the JSON that it holds.

/// The page of what `size` and `layers` print with `--format json`.
pub(super) fn page(json: &str) -> String {
    // In a script nothing but `<` can end it, and JSON has it in strings alone.
    include_str!("page.html").replacen("__DATA__", &json.replace('<', "\\u003c"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_json_holds_stays_data() {
        let page = page(r#"{"name":"</script><script>alert(1)</script><!--"}"#);
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains(r#"{"name":"\u003c/script>\u003cscript>alert(1)"#));
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "it asks nobody"
        );
    }
}
