//! Bars for what takes a while.

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// A bar of bytes, where somebody sees it.
pub fn of_bytes(output: Output) -> ProgressBar {
    if !output.is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:<13} {wide_bar} {bytes:>10} of {total_bytes}") {
        bar.set_style(style);
    }
    bar
}

/// A bar of so many products, where somebody sees it.
pub fn of_products(total: u64, output: Output) -> ProgressBar {
    if !output.is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    // As wide as the terminal: a bar that is wider leaves its beginnings behind.
    let template = "{msg:<9} {wide_bar} {human_pos:>9} of {human_len} products, {eta:>3} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// A bar of so many seconds, where somebody sees it.
pub fn of_seconds(total: u64, output: Output) -> ProgressBar {
    if !output.is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("selling   {wide_bar} {pos:>4} of {len} s") {
        bar.set_style(style);
    }
    bar
}
