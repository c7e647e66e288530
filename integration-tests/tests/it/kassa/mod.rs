//! The `kassa` program at the counter, against the real server program. (Its own tests play the server.)

mod backups;
mod bench;
mod customers;
mod doctor;
mod documents;
mod drawer;
mod exit_codes;
mod export;
mod import;
mod people;
mod prices;
mod refunds;
mod shift;
mod stock;
mod stock_transfers;
mod walk;

use std::process::Command;

use kassa_integration_tests::{Program, Run, command, template};
use serde_json::Value;

use crate::program::Place;

/// Somebody who types into a shell beside the data folder.
struct Till {
    place: Place,
    address: String,
    /// None while the server is down.
    program: Option<Program>,
}

impl Till {
    /// A new shop.
    fn open() -> Self {
        let place = Place::new();
        template::put(&place.data());
        let program = Program::start(&place.data());
        Self { place, address: program.address.clone(), program: Some(program) }
    }

    fn program(&self) -> &Program {
        self.program.as_ref().unwrap()
    }

    /// Cuts the server's power.
    fn kill(&mut self) {
        self.program.take().unwrap().kill();
    }

    /// Starts the server again where it was.
    fn start(&mut self) {
        let mut server = command("kassa-server");
        server.args(["--listen", &self.address, "--data-dir"]).arg(self.place.data());
        self.program = Some(Program::start_with(server));
    }

    /// A new shop with the sample groceries, five sales and an open shift.
    fn with_samples() -> Self {
        let till = Self::open();
        till.done(&["demo"]);
        till
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut kassa = command("kassa");
        kassa.current_dir(self.place.around()).env("KASSA_SERVER", format!("http://{}", self.address));
        kassa.args(arguments);
        kassa
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// The same, where everything is answered with yes: nobody sits there to be asked.
    fn run_with_yes(&self, arguments: &[&str]) -> Run {
        self.run(&[&["--yes"], arguments].concat())
    }

    /// What a command prints that is carried out with something to read.
    fn told(&self, arguments: &[&str], input: &str) -> String {
        let run = Run::with_input(&mut self.command(arguments), input);
        assert_eq!((run.status, run.complaints.as_str()), (0, ""), "{arguments:?}: {}", run.output);
        run.output
    }

    /// What a command prints that is carried out, with nothing to say beside it.
    fn done(&self, arguments: &[&str]) -> String {
        let run = self.run_with_yes(arguments);
        assert_eq!((run.status, run.complaints.as_str()), (0, ""), "{arguments:?}: {}", run.output);
        run.output
    }

    /// The document of a command that is carried out.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.done(&[&["--json"], arguments].concat());
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output}"))
    }

    /// The document of a command that is refused, which is the program's whole answer.
    fn refused(&self, arguments: &[&str]) -> Value {
        let run = self.run_with_yes(&[&["--json"], arguments].concat());
        assert_eq!((run.status, run.complaints.as_str()), (1, ""), "{arguments:?}: {}", run.output);
        serde_json::from_str::<Value>(&run.output).unwrap()["error"].clone()
    }
}

/// Minor units of an amount.
fn minor(amount: &Value) -> i64 {
    amount["amount_minor"].as_i64().unwrap_or_else(|| panic!("{amount} is no amount"))
}
