//! What quotation marks make of a file. The reader of CSV takes every file for one: a mark that nothing closes
//! swallows rows until another mark, and none of them is missed. So this looks first (RFC 4180).

/// So much of a cell is told.
const TOLD: usize = 30;

/// A quotation mark that is out of place.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line where its cell begins.
    pub line: u64,
    pub problem: String,
}

/// The first quotation mark that makes the file no CSV. What comes after it can't be read for sure.
pub fn fault(text: &str) -> Option<Fault> {
    let mut cells = Cells { rest: text, line: 1 };
    while !cells.rest.is_empty() {
        let (start, line) = (cells.rest, cells.line);
        if let Err(problem) = cells.skip_cell() {
            let cell = start.lines().next().unwrap_or_default().chars().take(TOLD).collect::<String>();
            return Some(Fault { line, problem: format!("`{cell}`: {problem}") });
        }
    }
    None
}

struct Cells<'a> {
    rest: &'a str,
    line: u64,
}

impl Cells<'_> {
    /// Goes behind the next cell and what separates it from the one after.
    fn skip_cell(&mut self) -> Result<(), &'static str> {
        let cell = self.rest.trim_start_matches([' ', '\t']);
        match cell.strip_prefix('"') {
            // An inch mark inside a cell is one.
            None => {
                self.go_behind_separator();
                Ok(())
            }
            Some(_) if cell.len() < self.rest.len() => {
                Err("a blank stands before the quotation mark; remove it")
            }
            Some(quoted) => {
                self.rest = quoted;
                self.skip_quoted()
            }
        }
    }

    fn skip_quoted(&mut self) -> Result<(), &'static str> {
        loop {
            let (inside, behind) = self.rest.split_once('"').ok_or(
                "begins with a quotation mark that nothing closes; write \"\"\" for one that belongs to the text, \
                 and \" at the end",
            )?;
            self.line += inside.matches('\n').count() as u64;
            self.rest = behind;
            if let Some(after) = behind.strip_prefix('"') {
                self.rest = after;
                continue;
            }
            let after = behind.trim_start_matches([' ', '\t']);
            return match after.chars().next() {
                None | Some(',' | '\n' | '\r') => {
                    self.go_behind_separator();
                    Ok(())
                }
                Some(_) => {
                    Err("begins with a quotation mark, and the next one is not at the end of the cell; \
                                write \"\"\" for one that belongs to the text, and \" at the end")
                }
            };
        }
    }

    fn go_behind_separator(&mut self) {
        let (cell, after) = self.rest.split_once([',', '\n', '\r']).unwrap_or((self.rest, ""));
        let ended = self.rest.get(cell.len()..).unwrap_or_default();
        self.line += u64::from(ended.starts_with('\n'));
        self.rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_at_both_ends_of_a_cell_and_inch_marks_inside_one_are_csv() {
        for good in [
            "",
            "a,b\n",
            "a,TV 32\" LED,b\n",
            "\"a,\"\"b\"\"\",c\r\n\"\"",
            "\"two\nlines\" ,x",
            "32\"\"\n",
            "\"\"\"Best\"\" bread\",1",
        ] {
            assert_eq!(fault(good), None, "{good:?}");
        }
    }

    #[test]
    fn a_mark_that_opens_a_cell_and_does_not_close_it_is_told_with_its_line() {
        for (bad, line) in [
            ("a,\"b\n", 1),
            ("a\nb,\"Bread,1\nc,\"Milk,2\n", 2),
            ("\"two\nlines\",\"x\"y,1", 2),
            ("a\r\nb\r\nc, \"d\"\r\n", 3),
            ("\"", 1),
        ] {
            assert_eq!(fault(bad).map(|fault| fault.line), Some(line), "{bad:?}");
        }
        let told = fault("a\nb,\"Bread,1\nc,\"Milk,2\n").unwrap().problem;
        assert!(told.starts_with("`\"Bread,1`: begins with a quotation mark"), "{told}");
    }
}
