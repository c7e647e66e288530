//! All that is printed. Answers go to standard output, as text or as one JSON document; what is said
//! beside them goes to standard error. A reader that went away (`kassa orders | head`) is no error.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use serde_json::{Value, json};

use crate::failure::{Failure, USAGE};

#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints text for people; nothing with `--json`.
    pub fn text(self, text: impl AsRef<str>) -> Result<(), Failure> {
        if self.json { Ok(()) } else { line(text.as_ref()) }
    }

    /// Prints the document that `--json` asks for; nothing without.
    pub fn json(self, document: impl FnOnce() -> Result<Value, Failure>) -> Result<(), Failure> {
        if self.json { line(&format!("{:#}", document()?)) } else { Ok(()) }
    }

    /// Says something beside the answer: warnings, progress.
    pub fn remark(self, text: impl AsRef<str>) {
        if !self.json {
            aside(text.as_ref());
        }
    }

    /// Whether the answer is one document.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Whether a progress bar would be seen by somebody.
    pub fn is_watched(self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// Asks before something that can't be taken back. Where nobody can be asked, `--yes` has to say it: a
    /// pipe for the output must not be taken for an answer.
    pub fn confirm(self, question: &str, yes: bool) -> Result<bool, Failure> {
        if yes {
            return Ok(true);
        }
        if !self.is_watched() || !io::stdin().is_terminal() {
            let what = format!("nobody can be asked here: add --yes if the answer is yes: {question}");
            return Err(Failure::Usage(what));
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Tells why the program failed, and gives its exit code.
    pub fn failure(self, failure: &Failure) -> ExitCode {
        if matches!(failure, Failure::Told) {
            return ExitCode::from(failure.exit_code());
        }
        if self.json {
            // The document is all a script reads; where even that can't be written, the code remains.
            line(&format!("{:#}", failure.document())).ok();
        } else if !failure.is_closed_pipe() {
            aside(&failure.explanation());
        }
        ExitCode::from(failure.exit_code())
    }

    /// Tells of wrong usage that was found before there was a command.
    pub fn usage(self, message: &str) -> ExitCode {
        let error = json!({ "exit_code": USAGE, "message": message.trim().trim_start_matches("error: ") });
        line(&format!("{:#}", json!({ "error": error }))).ok();
        ExitCode::from(USAGE)
    }
}

fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()?;
    Ok(())
}

fn aside(text: &str) {
    // Without standard error there is nobody to tell.
    writeln!(io::stderr().lock(), "{text}").ok();
}
