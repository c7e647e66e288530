//! Compiles the contract without protoc: protox reads the files, tonic-prost-build writes the code.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const FILES: &[&str] = &[
    "kassa/v1/access.proto",
    "kassa/v1/admin.proto",
    "kassa/v1/backups.proto",
    "kassa/v1/cash_register.proto",
    "kassa/v1/catalog.proto",
    "kassa/v1/common.proto",
    "kassa/v1/customers.proto",
    "kassa/v1/error_reason.proto",
    "kassa/v1/events.proto",
    "kassa/v1/journal.proto",
    "kassa/v1/orders.proto",
    "kassa/v1/purchases.proto",
    "kassa/v1/shifts.proto",
    "kassa/v1/stock.proto",
    "kassa/v1/stock_transfers.proto",
    "kassa/v1/stock_adjustments.proto",
    "kassa/v1/stock_counts.proto",
];

/// Not imported by the contract, but part of what a client decodes: errors carry these.
const ERROR_DETAILS: [&str; 2] = ["google/rpc/error_details.proto", "google/rpc/status.proto"];

/// Messages that carry a secret, or tell of a person: their `Debug`, in `src/secrets.rs`, does not show it.
const SECRETS: [&str; 9] = [
    "CreatePairingCodeResponse",
    "Customer",
    "FindCustomersRequest",
    "GetCustomerRequest",
    "PairTerminalRequest",
    "PairTerminalResponse",
    "SetPinRequest",
    "SignInRequest",
    "SignInResponse",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=kassa");
    println!("cargo:rerun-if-changed=google");

    let contract = protox::compile(FILES, ["."])?;
    let everything = protox::compile(FILES.iter().chain(&ERROR_DETAILS), ["."])?;
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(descriptors, everything.encode_to_vec())?;

    let secrets = SECRETS.map(|message| format!("kassa.v1.{message}"));
    tonic_prost_build::configure().skip_debug(secrets).compile_fds(contract)?;
    Ok(())
}
