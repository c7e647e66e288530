//! The one table of what may be called: by whom, with a key or without, how large.
//! A method that is not in it does not exist; a test compares it with the contract.

use kassa_proto::v1::Role;

/// Requests are small; what is larger says so.
const SMALL: usize = 256 * 1_024;
const IMPORT: usize = 2 * 1_024 * 1_024;

/// A method and its rules.
#[derive(Clone, Copy, Debug)]
pub struct Rpc {
    /// Such as `/kassa.v1.Orders/CompleteSale`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it needs an `idempotency-key`: every mutation does.
    pub keyed: bool,
    /// The largest request in bytes.
    pub most_bytes: usize,
}

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a token.
    Open,
    /// A signed-in user of this role or a higher one.
    From(Role),
}

const fn read(path: &'static str) -> Rpc {
    Rpc { path, access: Access::From(Role::Cashier), keyed: false, most_bytes: SMALL }
}

const fn change(path: &'static str, role: Role) -> Rpc {
    Rpc { path, access: Access::From(role), keyed: true, most_bytes: SMALL }
}

const fn open(path: &'static str) -> Rpc {
    Rpc { path, access: Access::Open, keyed: false, most_bytes: SMALL }
}

/// All methods of the server.
pub const RPCS: &[Rpc] = &[
    read("/kassa.v1.Orders/QuoteOrder"),
    change("/kassa.v1.Orders/CompleteSale", Role::Cashier),
    change("/kassa.v1.Orders/RefundSale", Role::Cashier),
    change("/kassa.v1.Orders/VoidSale", Role::Cashier),
    read("/kassa.v1.Orders/GetOrder"),
    read("/kassa.v1.Orders/GetOrderByNumber"),
    read("/kassa.v1.Orders/ListOrders"),
    read("/kassa.v1.Orders/GetReceipt"),
    change("/kassa.v1.Shifts/OpenShift", Role::Cashier),
    read("/kassa.v1.Shifts/GetCurrentShift"),
    read("/kassa.v1.Shifts/RecordActivity"),
    change("/kassa.v1.Shifts/HandOverShift", Role::Cashier),
    change("/kassa.v1.Shifts/EndShift", Role::Cashier),
    change("/kassa.v1.Shifts/CloseShift", Role::Cashier),
    change("/kassa.v1.Shifts/ForceCloseShift", Role::Supervisor),
    read("/kassa.v1.Shifts/GetShift"),
    read("/kassa.v1.Shifts/ListShifts"),
    read("/kassa.v1.Shifts/GetShiftReport"),
    read("/kassa.v1.CashRegister/GetDrawer"),
    read("/kassa.v1.CashRegister/ListMovements"),
    Rpc { most_bytes: IMPORT, ..change("/kassa.v1.Catalog/PutProducts", Role::Admin) },
    read("/kassa.v1.Catalog/GetProduct"),
    read("/kassa.v1.Catalog/FindProducts"),
    read("/kassa.v1.Catalog/ListProducts"),
    read("/kassa.v1.Access/WhoAmI"),
    read("/kassa.v1.Admin/GetStatus"),
    read("/kassa.v1.Admin/LookUpIdempotencyKey"),
    read("/kassa.v1.Admin/GetSettings"),
    change("/kassa.v1.Admin/PutSettings", Role::Admin),
    open("/grpc.health.v1.Health/Check"),
    open("/grpc.health.v1.Health/Watch"),
    open("/grpc.health.v1.Health/List"),
    open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    open("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
];

/// The rules of a method, if there is such a method.
pub fn rpc(path: &str) -> Option<&'static Rpc> {
    RPCS.iter().find(|rpc| rpc.path == path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kassa_proto::FILE_DESCRIPTOR_SET;
    use prost::Message as _;

    use super::*;

    #[test]
    fn the_table_has_every_method_of_the_contract_and_no_other() {
        let set = prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let declared: BTreeSet<String> = set
            .file
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
            .flat_map(|(package, service)| {
                service
                    .method
                    .iter()
                    .map(move |method| format!("/{package}.{}/{}", service.name(), method.name()))
            })
            .collect();
        let paths = RPCS.iter().map(|rpc| rpc.path.to_owned());
        let ours: BTreeSet<String> = paths.filter(|path| path.starts_with("/kassa.")).collect();
        assert_eq!(ours, declared);
    }

    #[test]
    fn every_method_that_changes_something_needs_a_key() {
        for rpc in RPCS.iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
            let name = rpc.path.rsplit('/').next().unwrap();
            let reads = ["Get", "List", "Find", "Quote", "LookUp", "WhoAmI", "RecordActivity"];
            assert_eq!(rpc.keyed, !reads.iter().any(|read| name.starts_with(read)), "{name}");
        }
    }
}
