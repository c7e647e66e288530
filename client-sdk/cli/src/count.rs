//! Counts as people read them.

use std::fmt::Display;

/// `1 product`, `2 products`.
pub fn show<N: Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {one}{ending}")
}

#[cfg(test)]
mod tests {
    use super::show;

    #[test]
    fn one_is_one_and_none_are_many() {
        assert_eq!([0, 1, 2].map(|count| show(count, "line")), ["0 lines", "1 line", "2 lines"]);
    }
}
