//! How far the reading of an image or of wheels is, on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Loudness, Terminal};

/// A bar on standard error where that is a terminal; nothing elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    counted: Counted,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Bytes,
    Wheels,
}

impl Counted {
    fn template(self) -> &'static str {
        match self {
            Self::Bytes => "{msg} {bar:30} {bytes} of {total_bytes}",
            Self::Wheels => "{msg} {bar:30} {pos} of {len} wheels",
        }
    }
}

impl Progress {
    pub(super) fn new(terminal: &Terminal, counted: Counted) -> Self {
        let is_shown = std::io::stderr().is_terminal() && terminal.loudness != Loudness::Quiet;
        let target = if is_shown {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::default_spinner());
        bar.set_message("reading");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, counted }
    }

    /// So many more are read, of so many where that is known.
    pub(super) fn tell(&self, more: u64, of: Option<u64>) {
        if let Some(of) = of.filter(|_| self.bar.length().is_none()) {
            let style = ProgressStyle::with_template(self.counted.template());
            self.bar.set_length(of);
            self.bar
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        self.bar.inc(more);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
