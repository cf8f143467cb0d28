//! Imports of parts that a program can do without.

use super::missing;

/// A function that says what to install is an optional part; at start the same words end the program.
#[test]
fn what_is_asked_for_where_it_is_used_is_an_optional_part() {
    let explained = "try:\n        import torch\n    except ImportError as error:\n        raise RuntimeError('install it') from error\n";
    let when = |code: &str| {
        let found = missing("fastapi", &[("shop/main.py", code)]);
        let words = found
            .iter()
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned());
        words.collect::<Vec<_>>()
    };
    assert_eq!(when(&format!("def use():\n    {explained}")), ["Explained"]);
    assert_eq!(
        when(&format!("def use():\n    {explained}use()\n")),
        ["AtStart"]
    );
    assert_eq!(
        when("try:\n    import torch\nexcept ImportError:\n    raise RuntimeError('install it')\n"),
        ["AtStart"]
    );
    // Any error, where nothing but the import can fail.
    let any = explained.replace("ImportError as error", "Exception as error");
    assert_eq!(when(&format!("def use():\n    {any}")), ["Explained"]);
    let more = any.replace("import torch\n", "import torch\n        torch.load()\n");
    assert_eq!(when(&format!("def use():\n    {more}")), ["AtCall"]);
    let bare = explained.replace("raise RuntimeError('install it') from error", "raise");
    assert_eq!(when(&format!("def use():\n    {bare}")), ["AtCall"]);
    // The file asks first whether it is there.
    let asked = "def has():\n    try:\n        import torch\n        return True\n    except ImportError:\n        return False\ndef use():\n    import torch\n";
    assert_eq!(when(asked), ["Explained"]);
    assert_eq!(when("def use():\n    import torch\n"), ["AtCall"]);
}
