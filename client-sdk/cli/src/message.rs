//! The contract's messages as JSON: protobuf's own mapping with the names of the `.proto` files, every
//! field present, and 64-bit integers as numbers (no amount of the contract is beyond 2^53).

use std::sync::LazyLock;

use kassa_client::{
    Answer,
    proto::{
        FILE_DESCRIPTOR_SET,
        v1::{Rpc, rpc::Kind},
    },
};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::{Value, value::Serializer};

use crate::failure::Failure;

static CONTRACT: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap_or_default());

/// Whether an RPC, named without its service, is a change that has an idempotency key.
pub fn takes_key(rpc: &str) -> bool {
    let Some(option) = CONTRACT.get_extension_by_name("kassa.v1.rpc") else { return false };
    let methods = CONTRACT.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.into_iter().filter(|method| method.name() == rpc).any(|method| {
        let options = method.options();
        let facts = options.get_extension(&option);
        let facts = facts.as_message().map(DynamicMessage::transcode_to::<Rpc>);
        facts.is_some_and(|facts| facts.is_ok_and(|facts| facts.kind() == Kind::Change))
    })
}

/// Writes a message of the contract, named as in `kassa.v1`.
pub fn to_json(name: &str, message: &impl Message) -> Result<Value, Failure> {
    let options = SerializeOptions::new()
        .stringify_64_bit_integers(false)
        .use_proto_field_name(true)
        .skip_default_fields(false);
    let known = CONTRACT.get_message_by_name(&format!("kassa.v1.{name}"));
    let read = known.map(|known| DynamicMessage::decode(known, message.encode_to_vec().as_slice()));
    match read.map(|read| read.map(|read| read.serialize_with_options(Serializer, &options))) {
        Some(Ok(Ok(document))) => Ok(document),
        _ => Err(Failure::Refused(format!("{name} can't be written as JSON"))),
    }
}

/// Writes a change's answer, with what stands beside it.
pub fn answer_to_json(name: &str, answer: &Answer<impl Message>) -> Result<Value, Failure> {
    let mut document = to_json(name, &**answer)?;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("replayed".to_owned(), answer.replayed().into());
        fields.insert("key".to_owned(), answer.key().into());
    }
    Ok(document)
}

/// An enum's value as a word: `SHIFT_STATE_OPEN` is `open`.
pub fn word(value: &str, prefix: &str) -> String {
    value.trim_start_matches(prefix).to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use kassa_client::{money, proto::v1};
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_the_contracts_and_amounts_are_numbers() {
        let request = v1::OpenShiftRequest { opening_float: Some(money(10_000)), ..Default::default() };
        let expected = json!({
            "shift_id": "",
            "register_id": "",
            "opening_float": { "currency_code": "", "amount_minor": 10_000 },
        });
        assert_eq!(to_json("OpenShiftRequest", &request).unwrap(), expected);
    }

    #[test]
    fn enums_are_names_and_times_are_rfc_3339() {
        let shift = v1::Shift {
            state: v1::ShiftState::Open.into(),
            open_time: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
            ..Default::default()
        };
        let document = to_json("Shift", &shift).unwrap();
        assert_eq!(document["state"], "SHIFT_STATE_OPEN");
        assert_eq!(document["open_time"], "1970-01-01T00:00:00Z");
    }
}
