//! Text for a receipt printer: lines of a fixed width, counted in the cells that they take: Chinese takes two,
//! combining marks none.

use kassa_proto::v1::TenderType;
use unicode_width::UnicodeWidthStr as _;

use crate::input::writing::on_one_line;

const NARROWEST: usize = 32;
const WIDEST: usize = 80;
/// What an 80 mm printer holds in its usual font.
const USUAL: usize = 42;
/// Amounts in a row of a table.
const AMOUNTS: usize = 3;

/// The width that is asked for: 42 where it is 0; `None` outside 32 to 80.
pub fn width(asked: i32) -> Option<usize> {
    match usize::try_from(asked) {
        Ok(0) => Some(USUAL),
        Ok(width) if (NARROWEST..=WIDEST).contains(&width) => Some(width),
        Ok(_) | Err(_) => None,
    }
}

/// What a tender type is called on paper.
pub fn tender_name(kind: i32) -> &'static str {
    match TenderType::try_from(kind) {
        Ok(TenderType::Cash) => "Cash",
        Ok(TenderType::Card) => "Card",
        Ok(TenderType::Voucher) => "Voucher",
        Ok(TenderType::Wallet) => "Wallet",
        Ok(TenderType::BankTransfer) => "Bank transfer",
        Ok(TenderType::Exchange) => "Goods returned",
        Ok(TenderType::Unspecified) | Err(_) => "Other",
    }
}

/// Lines of a fixed width.
pub struct Paper {
    width: usize,
    text: String,
}

/// What a table has on a line: what it is of, and its amounts.
pub type Row = (String, [String; AMOUNTS]);

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

    /// Text of one line, broken between words: what was stored with line breaks in it can't begin a line.
    pub fn paragraph(&mut self, text: &str) {
        for line in wrapped(&on_one_line(text), self.width) {
            self.push(&line);
        }
    }

    /// What somebody wrote, under its name and further in: it can't be taken for the paper's own words and sums.
    pub fn quote(&mut self, name: &str, text: &str) {
        const MARGIN: &str = "  ";
        self.push(&format!("{name}:"));
        for line in text.lines() {
            for line in wrapped(&on_one_line(line), self.width.saturating_sub(MARGIN.len())) {
                self.push(&format!("{MARGIN}{line}"));
            }
        }
    }

    /// Text of one line in the middle.
    pub fn centred(&mut self, text: &str) {
        for line in wrapped(&on_one_line(text), self.width) {
            let margin = self.width.saturating_sub(line.width()) / 2;
            let line = format!("{}{line}", " ".repeat(margin));
            self.push(&line);
        }
    }

    /// Text of several lines in the middle.
    pub fn centred_lines(&mut self, text: &str) {
        for line in text.lines() {
            self.centred(line);
        }
    }

    /// Left and right of one line. Where there is no space left between them, they stand on lines of their own.
    pub fn pair(&mut self, left: &str, right: &str) {
        let (left, right) = (on_one_line(left), on_one_line(right));
        if left.width() + 1 + right.width() <= self.width {
            let line = format!("{left}{}", to_the_right(&right, self.width.saturating_sub(left.width())));
            self.push(&line);
            return;
        }
        self.paragraph(&left);
        for line in wrapped(&right, self.width) {
            let line = to_the_right(&line, self.width);
            self.push(&line);
        }
    }

    /// A table of amounts, right-aligned under their headings; the first heading is that of the rows. Where it
    /// would be wider than the paper, each amount stands on a line of its own, behind its heading. A heading
    /// of nothing has no amounts.
    pub fn table(&mut self, (heading, headings): (&str, [&str; AMOUNTS]), rows: &[Row]) {
        let head: Row = (heading.to_owned(), headings.map(str::to_owned));
        // A quarter of the paper each, so that tables look alike; less where that makes them fit.
        let columns = [self.width / (AMOUNTS + 1), 0].into_iter().find_map(|least| {
            let columns = columns(&head, rows, least);
            let used: usize = columns.iter().sum();
            let labels = [&head].into_iter().chain(rows).map(|(label, _)| label.width()).max();
            (used + labels.unwrap_or_default() <= self.width).then_some(columns)
        });
        match columns {
            Some(columns) => [&head].into_iter().chain(rows).for_each(|row| self.row(row, columns)),
            None => rows.iter().for_each(|row| self.unrolled(&head, row)),
        }
    }

    fn row(&mut self, (label, amounts): &Row, columns: [usize; AMOUNTS]) {
        let room = self.width.saturating_sub(columns.iter().sum());
        let label = on_one_line(label);
        let mut line = format!("{label}{}", " ".repeat(room.saturating_sub(label.width())));
        for (amount, column) in amounts.iter().zip(columns) {
            line.push_str(&to_the_right(amount, column));
        }
        self.push(&line);
    }

    /// A row that is too wide for one line.
    fn unrolled(&mut self, (heading, headings): &Row, (label, amounts): &Row) {
        self.paragraph(&format!("{heading} {label}"));
        for (heading, amount) in headings.iter().zip(amounts).filter(|(heading, _)| !heading.is_empty()) {
            self.pair(&format!("  {heading}"), amount);
        }
    }
}

/// How wide the columns of a table are, with a space before each.
fn columns(head: &Row, rows: &[Row], least: usize) -> [usize; AMOUNTS] {
    let mut columns = [least; AMOUNTS];
    for (_, amounts) in [head].into_iter().chain(rows) {
        for (column, amount) in columns.iter_mut().zip(amounts) {
            *column = (*column).max(amount.width() + 1);
        }
    }
    columns
}

fn to_the_right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// Breaks a text between words, and words that are longer than a line inside.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for char in word.chars() {
            line.push(char);
            // Together, for what some letters take depends on the ones before.
            if line.width() > width {
                line.pop();
                lines.push(std::mem::replace(&mut line, char.to_string()));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
pub mod tests {
    use kassa_proto::money::Currency;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_broken_between_words_and_never_wider_than_the_paper() {
        assert_eq!(wrapped("white bread with sesame", 12), ["white bread", "with sesame"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("  ", 3), Vec::<String>::new());
    }

    #[test]
    fn what_is_one_line_stays_one_whatever_was_stored() {
        let mut page = Paper::new(32);
        page.paragraph("Bread\nTOTAL 9.00");
        page.centred("Corner\u{2028}TOTAL 9.00");
        page.pair("Promo\r\nTOTAL 9.00", "1.00");
        let text = page.into_text();
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().all(|line| !line.trim().starts_with("TOTAL")), "{text}");
    }

    #[test]
    fn what_somebody_wrote_is_no_line_of_the_papers_own() {
        let mut page = Paper::new(16);
        page.quote("Note", "two lines\nTOTAL       9.00 and more");
        assert_eq!(page.into_text(), "Note:\n  two lines\n  TOTAL 9.00 and\n  more\n");
    }

    #[test]
    fn a_pair_that_does_not_fit_keeps_the_amount_at_the_right() {
        let mut page = Paper::new(12);
        page.pair("Bread", "1.00");
        page.pair("White bread", "1.00");
        assert_eq!(page.into_text(), "Bread   1.00\nWhite bread\n        1.00\n");
    }

    #[test]
    fn widths_are_the_cells_of_a_printer() {
        let mut page = Paper::new(12);
        page.pair("面包", "1.00");
        page.pair("全麦面包", "1.00");
        page.pair("cafe\u{301}", "1.00");
        page.centred("面包");
        page.paragraph("芝麻全麦面包卷");
        let expected = "面包    1.00\n\
                        全麦面包\n        1.00\n\
                        cafe\u{301}    1.00\n    面包\n芝麻全麦面包\n卷\n";
        assert_eq!(page.into_text(), expected);
        assert_eq!(wrapped("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    fn table(width: usize, amounts: [&str; 3]) -> String {
        let mut page = Paper::new(width);
        page.table(("Tax", ["Net", "Tax", "Gross"]), &[("14%".to_owned(), amounts.map(str::to_owned))]);
        page.into_text()
    }

    #[test]
    fn a_table_is_a_quarter_each_then_as_wide_as_it_must_be_then_unrolled() {
        let usual = "Tax          Net     Tax   Gross\n14%         3.50    0.49    3.99\n";
        assert_eq!(table(32, ["3.50", "0.49", "3.99"]), usual);
        let narrow = "Tax         Net     Tax    Gross\n14%    10964.91 1535.09 12500.00\n";
        assert_eq!(table(32, ["10964.91", "1535.09", "12500.00"]), narrow);
        let unrolled = "Tax 14%\n  \
                          Net                  877192.98\n  \
                          Tax                  122807.02\n  \
                          Gross               1000000.00\n";
        assert_eq!(table(32, ["877192.98", "122807.02", "1000000.00"]), unrolled);
    }

    /// Names as people give them: wide, combining, from right to left, and far too long.
    pub fn names() -> impl Strategy<Value = String> {
        const LETTERS: &[&str] =
            &["a", "b ", " ", "面", "包", "e\u{301}", "\u{301}", "خ", "بِ", "لا", "👩‍👧", "❤\u{fe0f}", "-9"];
        proptest::collection::vec(proptest::sample::select(LETTERS), 0..120)
            .prop_map(|letters| letters.concat())
    }

    /// What holds for every paper: no line is wider than it, and each amount stands whole, between spaces.
    pub fn holds(text: &str, width: usize, amounts: &[String]) -> Result<(), TestCaseError> {
        for line in text.lines() {
            prop_assert!(line.width() <= width, "{} of {width}: {line:?}\n{text}", line.width());
        }
        for amount in amounts {
            let stands = text.split_whitespace().any(|word| word == amount);
            prop_assert!(stands, "{amount} is cut, or runs into another:\n{text}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_every_amount_stands_whole(
            width in NARROWEST..=WIDEST,
            names in proptest::collection::vec(names(), 4),
            amounts in proptest::collection::vec(any::<i64>(), 4),
        ) {
            let currency = Currency::from_code("USD").unwrap();
            let amounts: Vec<String> = amounts.into_iter().map(|minor| currency.format(minor)).collect();
            let [one, two, three, four] = &amounts[..] else { unreachable!() };
            let mut page = Paper::new(width);
            page.paragraph(&names[0]);
            page.centred(&names[1]);
            page.pair(&names[2], one);
            page.pair(one, &names[3]);
            let row = (names[0].clone(), [two, three, four].map(Clone::clone));
            page.table(("Tax", ["Net", "Tax", "Gross"]), &[row]);
            holds(&page.into_text(), width, &amounts)?;
        }
    }
}
