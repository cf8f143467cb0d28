//! How far the reading of an image is, on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::{Loudness, Terminal};

/// A bar on standard error where that is a terminal; nothing elsewhere.
pub(in crate::cli) struct Progress(ProgressBar);

impl Progress {
    pub(in crate::cli) fn new(terminal: &Terminal) -> Self {
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
        Self(bar)
    }

    /// So many bytes more are read, of so many where that is known.
    pub(in crate::cli) fn tell(&self, bytes: u64, of: Option<u64>) {
        if let Some(of) = of.filter(|_| self.0.length().is_none()) {
            let style = ProgressStyle::with_template("{msg} {bar:30} {bytes} of {total_bytes}");
            self.0.set_length(of);
            self.0
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        self.0.inc(bytes);
    }

    pub(in crate::cli) fn end(&self) {
        self.0.finish_and_clear();
    }
}
