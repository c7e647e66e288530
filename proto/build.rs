//! Compiles the contract without protoc: protox reads the files, tonic-prost-build writes the code.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const FILES: [&str; 10] = [
    "kassa/v1/access.proto",
    "kassa/v1/admin.proto",
    "kassa/v1/cash_register.proto",
    "kassa/v1/catalog.proto",
    "kassa/v1/common.proto",
    "kassa/v1/error_reason.proto",
    "kassa/v1/events.proto",
    "kassa/v1/journal.proto",
    "kassa/v1/orders.proto",
    "kassa/v1/shifts.proto",
];

/// Not imported by the contract, but part of what a client decodes: errors carry these.
const ERROR_DETAILS: [&str; 2] = ["google/rpc/error_details.proto", "google/rpc/status.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=kassa");
    println!("cargo:rerun-if-changed=google");

    let contract = protox::compile(FILES, ["."])?;
    let everything = protox::compile(FILES.iter().chain(&ERROR_DETAILS), ["."])?;
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(descriptors, everything.encode_to_vec())?;

    tonic_prost_build::configure().compile_fds(contract)?;
    Ok(())
}
