//! Text for a receipt printer: lines of a fixed width.

const NARROWEST: usize = 32;
const WIDEST: usize = 80;
/// What an 80 mm printer holds in its usual font.
const USUAL: usize = 42;

/// The width that is asked for: 42 where it is 0; `None` outside 32 to 80.
pub fn width(asked: i32) -> Option<usize> {
    match usize::try_from(asked) {
        Ok(0) => Some(USUAL),
        Ok(width) if (NARROWEST..=WIDEST).contains(&width) => Some(width),
        Ok(_) | Err(_) => None,
    }
}

/// Lines of a fixed width.
pub struct Paper {
    width: usize,
    text: String,
}

impl Paper {
    /// An empty page.
    pub fn new(width: usize) -> Self {
        Self { width, text: String::new() }
    }

    /// What was written.
    pub fn into_text(self) -> String {
        self.text
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A line across.
    pub fn rule(&mut self) {
        let rule = "-".repeat(self.width);
        self.push(&rule);
    }

    /// Text, broken between words.
    pub fn paragraph(&mut self, text: &str) {
        for line in text.lines() {
            for line in wrapped(line, self.width) {
                self.push(&line);
            }
        }
    }

    /// Text in the middle.
    pub fn centred(&mut self, text: &str) {
        for line in text.lines() {
            for line in wrapped(line, self.width) {
                let margin = self.width.saturating_sub(line.chars().count()) / 2;
                let line = format!("{}{line}", " ".repeat(margin));
                self.push(&line);
            }
        }
    }

    /// Left and right of one line; what does not fit beside the right goes on lines of its own.
    pub fn pair(&mut self, left: &str, right: &str) {
        let room = self.width.saturating_sub(right.chars().count() + 1);
        if left.chars().count() > room {
            self.paragraph(left);
            let line = format!("{right:>width$}", width = self.width);
            self.push(&line);
        } else {
            let line = format!("{left:<room$} {right}");
            self.push(&line);
        }
    }

    /// A name and three amounts, right-aligned.
    pub fn columns(&mut self, [name, one, two, three]: [String; 4]) {
        let room = self.width / 4;
        let first = self.width - 3 * room;
        let line = format!("{name:<first$}{one:>room$}{two:>room$}{three:>room$}");
        self.push(&line);
    }
}

/// Breaks a text between words, and words that are longer than a line inside.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_never_wider_than_the_paper() {
        assert_eq!(wrapped("white bread with sesame", 12), ["white bread", "with sesame"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("  ", 3), Vec::<String>::new());
    }

    #[test]
    fn a_pair_that_does_not_fit_keeps_the_amount_at_the_right() {
        let mut page = Paper::new(12);
        page.pair("Bread", "1.00");
        page.pair("White bread", "1.00");
        assert_eq!(page.into_text(), "Bread   1.00\nWhite bread\n        1.00\n");
    }
}
