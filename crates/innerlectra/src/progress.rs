//! Progress of long work: on stderr, and only when that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

fn styled(total: u64, template: &str, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style.progress_chars("=> ")).with_message(what)
}

/// A bar over `total` bytes of input; wrap the reader with it.
pub fn bytes(total: u64, what: &'static str) -> ProgressBar {
    styled(total, "{msg:<10} [{bar:30}] {bytes} of {total_bytes}", what)
}

/// A bar over `total` steps.
pub fn steps(total: u64, what: &'static str) -> ProgressBar {
    styled(total, "{msg:<10} [{bar:30}] {pos} of {len}", what)
}
