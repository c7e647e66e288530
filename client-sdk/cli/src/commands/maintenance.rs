//! `kassa maintenance`: closes the shop's books and opens them again.

use clap::Subcommand;
use kassa_client::proto::v1::SetMaintenanceRequest;

use crate::{failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Maintenance {
    /// Close the books: nothing is sold until they are opened again
    On {
        /// Why the shop has to wait; every terminal is told
        reason: String,
    },
    /// Open the books again
    Off,
}

pub async fn run(shop: &Shop, command: Maintenance, output: Output) -> Result<(), Failure> {
    let (request, done) = match command {
        Maintenance::On { reason } => (
            SetMaintenanceRequest { maintenance: true, reason },
            "the books are closed; open them with: kassa maintenance off",
        ),
        Maintenance::Off => (SetMaintenanceRequest::default(), "the books are open"),
    };
    let answer = shop.call(shop.kassa.admin().set_maintenance(request)).await?;
    output.json(|| message::to_json("SetMaintenanceResponse", &*answer))?;
    output.text(done)
}
