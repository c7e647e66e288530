//! What spreadsheets make of codes that are digits: they take them for numbers, or mark that they are none.

/// Why a code is not what the shop wrote, and how the file is mended.
pub fn damage(code: &str) -> Option<&'static str> {
    if is_rounded(code) {
        Some("a spreadsheet rounded it; format the column as text")
    } else if is_decimal(code) {
        Some("a spreadsheet made a number of it; format the column as text and write the digits alone")
    } else if code.strip_prefix("=\"").is_some_and(|rest| rest.ends_with('"')) {
        Some("a spreadsheet's formula stands here; format the column as text and write what is in the marks")
    } else if code.strip_prefix('\'').is_some_and(is_digits) {
        Some("a spreadsheet's mark for text stands before it; write the digits without it")
    } else {
        None
    }
}

/// A code as a cell holds it: one that looks damaged, and is not, has a backslash before it.
pub fn write(code: &str) -> String {
    if damage(code.trim_start_matches('\\')).is_some() { format!("\\{code}") } else { code.to_owned() }
}

/// The code that a cell holds.
pub fn read(cell: &str) -> Result<&str, String> {
    if let Some(damage) = damage(cell) {
        return Err(format!("`{cell}`: {damage} (if it is right, put \\ before it)"));
    }
    let bare = cell.trim_start_matches('\\');
    Ok(match cell.strip_prefix('\\') {
        Some(code) if damage(bare).is_some() => code,
        Some(_) | None => cell,
    })
}

/// `6.22E+12`: the digits are lost.
fn is_rounded(code: &str) -> bool {
    let number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    };
    code.split_once(['E', 'e'])
        .is_some_and(|(digits, exponent)| number(digits) && exponent.strip_prefix('+').is_some_and(number))
}

/// `6224074096064.0`, in some countries with a comma.
fn is_decimal(code: &str) -> bool {
    let is_nothing = |places: &str| !places.is_empty() && places.bytes().all(|byte| byte == b'0');
    code.split_once(['.', ',']).is_some_and(|(digits, places)| is_digits(digits) && is_nothing(places))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_broke_is_refused_with_the_way_to_mend_it() {
        for (code, advice) in [
            ("6.22407E+12", "rounded"),
            ("6,22e+12", "rounded"),
            ("6224074096064.0", "made a number"),
            ("6224074096064,00", "made a number"),
            ("=\"0012345\"", "formula"),
            ("'0012345", "mark for text"),
        ] {
            assert!(read(code).unwrap_err().contains(advice), "{code}");
            assert_eq!(read(&write(code)), Ok(code));
        }
    }

    #[test]
    fn codes_that_only_look_a_little_like_it_are_left_alone() {
        for code in
            ["", "B-1", "1.5", "12.05", "1E5", "E+5", "'best'", "=1+1", "\\", "\\a", "\\\\6.22E+12", "v1.0"]
        {
            assert_eq!(read(&write(code)), Ok(code), "{code}");
        }
        assert_eq!((write("\\a").as_str(), read("\\a")), ("\\a", Ok("\\a")));
    }
}
