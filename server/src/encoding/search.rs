//! What products are searched by.

/// What products are searched by. Each text begins a line, so that a search can ask for a beginning.
pub fn product_text(name: &str, name_ar: &str, sku: &str) -> String {
    format!("\n{name}\n{name_ar}\n{sku}").to_lowercase()
}
