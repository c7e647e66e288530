//! `kassa check`: proves the books while the shop sells.

use kassa_client::proto::v1::{CheckIntegrityRequest, IntegrityLine};

use crate::{count, failure::Failure, message, output::Output, shop::Shop};

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let found = shop.call(shop.kassa.admin().check_integrity(CheckIntegrityRequest {})).await?;
    output.json(|| message::to_json("CheckIntegrityResponse", &*found))?;
    let width = found.lines.iter().map(|line| line.name.len()).max().unwrap_or_default();
    for line in &found.lines {
        output.text(text(line, width))?;
    }
    if found.sound {
        return Ok(());
    }
    if output.is_json() {
        return Err(Failure::Told);
    }
    Err(Failure::Refused("the books do not hold: keep the data folder as it is, and call support".to_owned()))
}

fn text(line: &IntegrityLine, width: usize) -> String {
    let examined = line.examined_count;
    if line.fault_count == 0 {
        return format!("ok     {:<width$}  {examined}", line.name);
    }
    let faults = count::show(line.fault_count, "fault");
    let told = line.faults.iter().map(|fault| format!("\n       {fault}")).collect::<String>();
    format!("FAULT  {:<width$}  {examined}, {faults}{told}", line.name)
}
