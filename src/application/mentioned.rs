//! Which files hold which words: each image asks for the same.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use memchr::memmem;

use crate::diagnostic::SourceFile;

/// What is known of files and words.
#[derive(Debug, Default)]
pub(super) struct Mentioned {
    words: RefCell<HashMap<String, usize>>,
    /// Of each file what is known, by the number of the word.
    files: RefCell<HashMap<String, Vec<Option<bool>>>>,
}

impl Mentioned {
    /// Whether a file holds one of these words; `read` gives its text, where that has to be looked at.
    pub(super) fn any(
        &self,
        path: &str,
        words: &[impl AsRef<str>],
        read: impl Fn() -> Option<SourceFile>,
    ) -> bool {
        let text: OnceCell<Option<SourceFile>> = OnceCell::new();
        let mut words = words.iter().map(AsRef::as_ref);
        words.any(|word: &str| {
            self.get(path, word, || {
                let text = text.get_or_init(&read).as_ref();
                let text = text.map(|file| file.text().as_bytes());
                text.is_some_and(|text| memmem::find(text, word.as_bytes()).is_some())
            })
        })
    }

    fn get(&self, path: &str, word: &str, look: impl FnOnce() -> bool) -> bool {
        let number = self.number(word);
        let known = |files: &HashMap<String, Vec<Option<bool>>>| *files.get(path)?.get(number)?;
        if let Some(known) = known(&self.files.borrow()) {
            return known;
        }
        let found = look();
        let mut files = self.files.borrow_mut();
        if !files.contains_key(path) {
            files.insert(path.to_owned(), Vec::new());
        }
        let of_file = files.get_mut(path).expect("it is there");
        if of_file.len() <= number {
            of_file.resize(number + 1, None);
        }
        of_file[number] = Some(found);
        found
    }

    fn number(&self, word: &str) -> usize {
        if let Some(number) = self.words.borrow().get(word) {
            return *number;
        }
        let mut words = self.words.borrow_mut();
        let number = words.len();
        words.insert(word.to_owned(), number);
        number
    }
}
