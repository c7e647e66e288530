//! The power goes under load.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::{
    chance::Chance,
    disk::Place,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// The file system under the data folder is shut down without writing anything more, its journal neither.
pub enum PowerCut {
    /// With the settings that a shop has.
    Honest,
    /// With `synchronous = "normal"`, which does lose sales: a harness that does not see it sees nothing.
    Control,
}

impl Fault for PowerCut {
    fn name(&self) -> String {
        match self {
            Self::Honest => "power cut".to_owned(),
            Self::Control => "control: power cut, synchronous=NORMAL".to_owned(),
        }
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        let place = Place::ext4(work, 64)?;
        // Shown once on the new disk: without it a round would be a kill and no more.
        Cutter::at(place.root())?.cut()?;
        place.remount();
        Ok(place)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        if matches!(self, Self::Control) {
            let weak = "[sqlite]\nsynchronous = \"normal\"\n";
            fs::write(shop.data().join("kassa.toml"), weak).expect("the configuration is written");
        }
        let program = shop.start();
        let cutter = Cutter::at(shop.place.root()).expect("it was there before");
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let sold = selling.sold(20).await;
        tokio::time::sleep(Duration::from_micros(chance.below(20_000))).await;
        selling.deafen();
        let cut = cutter.cut();
        program.kill();
        selling.ended().await;
        shop.place.remount();
        let mut strike = Strike::hit(usize::from(cut.is_ok()));
        strike.demand(sold, "too few sales were acknowledged");
        strike
    }
}

/// A program that waits with its finger on the switch: its start takes longer than many a sale.
struct Cutter {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Cutter {
    fn at(disk: &Path) -> Result<Self, String> {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("power_cut.py")]).arg(disk).stderr(Stdio::null());
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("python3: {error}"))?;
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut cutter = Self { child, input, output };
        cutter.hear("ready")?;
        Ok(cutter)
    }

    fn cut(mut self) -> Result<(), String> {
        self.input.write_all(b"\n").map_err(|error| error.to_string())?;
        let cut = self.hear("cut");
        let _ = self.child.wait();
        cut
    }

    fn hear(&mut self, word: &str) -> Result<(), String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| error.to_string())?;
        if line.trim() == word { Ok(()) } else { Err("EXT4_IOC_SHUTDOWN does not work here".to_owned()) }
    }
}
