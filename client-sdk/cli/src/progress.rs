//! Bars for what takes a while.

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// A bar of so many products, where somebody sees it.
pub fn of_products(total: u64, output: Output) -> ProgressBar {
    if !output.is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{msg:<9} {bar:40} {pos}/{len} products") {
        bar.set_style(style);
    }
    bar
}
