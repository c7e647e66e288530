//! Compiles the contract without protoc: protox reads the files, tonic-prost-build writes the code. What an RPC says
//! of itself in its option is checked here, so that a contract that leaves something open does not build.

use std::{collections::HashMap, env, error::Error, fs, path::PathBuf};

use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MethodDescriptor, ReflectMessage as _, Value};

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
    "kassa/v1/options.proto",
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
    println!("cargo::rerun-if-changed=kassa");
    println!("cargo::rerun-if-changed=google");

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    let contract = compiler.file_descriptor_set();
    check_options(&compiler.descriptor_pool())?;

    // Encoded by the compiler: prost's own types would drop the options.
    let everything = compiler.open_files(ERROR_DETAILS)?.encode_file_descriptor_set();
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(&descriptors, everything)?;
    // What generates code from the contract finds it by this: the client library's methods are made of it.
    println!("cargo::metadata=descriptors={}", descriptors.display());

    let secrets = SECRETS.map(|message| format!("kassa.v1.{message}"));
    tonic_prost_build::configure().skip_debug(secrets).compile_fds(contract)?;
    Ok(())
}

/// Holds the option of every RPC against what options.proto says of it.
fn check_options(contract: &DescriptorPool) -> Result<(), String> {
    let option = contract.get_extension_by_name("kassa.v1.rpc").ok_or("options.proto has no option `rpc`")?;
    let mut stored = HashMap::new();
    for method in contract.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let name = format!("{}/{}", method.parent_service().full_name(), method.name());
        let options = method.options();
        if !options.has_extension(&option) {
            return Err(format!("{name}: `option (kassa.v1.rpc)` says who may call it and what it does"));
        }
        let option = options.get_extension(&option);
        let rpc = option.as_message().ok_or_else(|| format!("{name}: its option is no message"))?;
        check(&method, rpc).map_err(|wrong| format!("{name}: {wrong}"))?;

        let stored_name = text(rpc, "stored_name");
        let stored_name = if stored_name.is_empty() { name.clone() } else { stored_name };
        if let Some(other) = stored.insert(stored_name, name.clone()) {
            return Err(format!(
                "{name}: its keys would be those of {other}, which has the same stored name"
            ));
        }
    }
    Ok(())
}

fn check(method: &MethodDescriptor, rpc: &DynamicMessage) -> Result<(), String> {
    let caller = word(rpc, "from")?;
    let kind = word(rpc, "kind")?;
    if caller == "CALLER_UNSPECIFIED" {
        return Err("`from` says who may call it".to_owned());
    }
    if caller == "CALLER_ANYBODY" && (is(rpc, "any_branch") || is(rpc, "whole_shop")) {
        return Err("who comes without a token works in no branch".to_owned());
    }
    if kind == "KIND_UNSPECIFIED" {
        return Err("`kind` says what it does".to_owned());
    }
    if method.is_client_streaming() {
        return Err("it takes a stream of requests, which no layer of the server reads".to_owned());
    }
    if method.is_server_streaming() && ["KIND_CHANGE", "KIND_SAVE"].contains(&kind.as_str()) {
        return Err(format!("it is {kind}, and answers in parts, which are neither kept nor sent again"));
    }
    if number(rpc, "most_bytes") < 0 {
        return Err("`most_bytes` is negative".to_owned());
    }
    check_id(method, &kind, &text(rpc, "id"))
}

/// Whether `id` names a field that a client can fill, where there is something to fill.
fn check_id(method: &MethodDescriptor, kind: &str, id: &str) -> Result<(), String> {
    if id.is_empty() {
        let saves = kind == "KIND_SAVE";
        return if saves {
            Err("`id` names the field with the id of what it saves".to_owned())
        } else {
            Ok(())
        };
    }
    if !["KIND_CHANGE", "KIND_SAVE"].contains(&kind) {
        return Err(format!("it is {kind}, and `id` is of what makes or saves a document"));
    }
    match method.input().get_field_by_name(id) {
        Some(field) if field.kind() == Kind::String && !field.is_list() => Ok(()),
        _ => Err(format!("`id` is {id:?}, and {} has no such text", method.input().name())),
    }
}

/// The name of an enum's value.
fn word(rpc: &DynamicMessage, field: &str) -> Result<String, String> {
    let kind = rpc.descriptor().get_field_by_name(field).map(|field| field.kind());
    let Some(Kind::Enum(values)) = kind else { return Err(format!("`{field}` is no enum of options.proto")) };
    let value =
        values.get_value(number(rpc, field)).ok_or_else(|| format!("`{field}` has an unknown value"))?;
    Ok(value.name().to_owned())
}

fn number(rpc: &DynamicMessage, field: &str) -> i32 {
    match rpc.get_field_by_name(field).as_deref() {
        Some(Value::EnumNumber(number) | Value::I32(number)) => *number,
        _ => 0,
    }
}

fn is(rpc: &DynamicMessage, field: &str) -> bool {
    rpc.get_field_by_name(field).and_then(|value| value.as_bool()).unwrap_or_default()
}

fn text(rpc: &DynamicMessage, field: &str) -> String {
    rpc.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
