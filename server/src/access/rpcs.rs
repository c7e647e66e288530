//! The one table of what may be called: by whom, for which branches, with a key or without, while which
//! module is on, how large.
//! A method that is not in it does not exist; a test compares it with the contract.

use kassa_proto::v1::Role;

use super::modules::Module;
use crate::store::Class;

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
    /// Which branches its requests may name.
    pub branches: Branches,
    /// Whether it needs an `idempotency-key`: every change does, but those that are versioned, secret or
    /// a stream.
    pub keyed: bool,
    /// The module it belongs to: while that is switched off, nobody may call it.
    pub module: Option<Module>,
    /// Whether it is refused while the disk is nearly full: what people stand at the till for can't wait.
    pub can_wait: bool,
    /// The largest request in bytes.
    pub most_bytes: usize,
    /// Whether it is there while the books are closed.
    pub in_maintenance: bool,
    /// Whether it changes the shop as a whole without being a posting, so that nobody calls it who works in
    /// one branch alone. What postings change is judged by their rows: `access::belongs`.
    pub of_whole_shop: bool,
    /// In which line what it reads waits for its turn.
    pub class: Class,
}

/// Who may call a method. The access layer enforces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a token.
    Open,
    /// A paired terminal, whether somebody is signed in or not.
    Terminal,
    /// A signed-in user of this role or a higher one.
    From(Role),
}

/// Which branches a request may name. `access::scope` enforces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branches {
    /// It names none.
    None,
    /// The terminal's own.
    Own,
    /// Admins and the owner may name any branch of the business, unless they work in one alone; others
    /// the terminal's own.
    Any,
}

impl Rpc {
    /// The same for other branches too, where the caller may name them.
    const fn in_any_branch(self) -> Self {
        Self { branches: Branches::Any, ..self }
    }

    /// The same as a part of a module, which a shop may switch off.
    const fn of(self, module: Module) -> Self {
        Self { module: Some(module), ..self }
    }

    /// The same for another caller.
    const fn by(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The same, there while the books are closed too.
    const fn and_in_maintenance(self) -> Self {
        Self { in_maintenance: true, ..self }
    }

    /// The same for those alone who work in all branches.
    const fn of_the_whole_shop(self) -> Self {
        Self { of_whole_shop: true, ..self }
    }

    /// The same although the disk is nearly full: it happens now, at the till, and can't be made up for.
    const fn at_the_till(self) -> Self {
        Self { can_wait: false, ..self }
    }

    /// The same without a key.
    const fn without_key(self) -> Self {
        Self { keyed: false, ..self }
    }
}

/// It reads, and somebody stands at the till for it.
const fn look_up(path: &'static str) -> Rpc {
    let access = Access::From(Role::Cashier);
    Rpc {
        path,
        access,
        branches: Branches::Own,
        keyed: false,
        module: None,
        can_wait: false,
        most_bytes: SMALL,
        in_maintenance: false,
        of_whole_shop: false,
        class: Class::LookUp,
    }
}

/// It reads a page, or more than that.
const fn report(path: &'static str) -> Rpc {
    Rpc { class: Class::Report, ..look_up(path) }
}

/// It has the books proved, or a backup.
const fn proof(path: &'static str) -> Rpc {
    Rpc { class: Class::Proof, ..look_up(path) }
}

const fn change(path: &'static str, role: Role) -> Rpc {
    Rpc { keyed: true, can_wait: true, ..look_up(path).by(Access::From(role)) }
}

const fn open(path: &'static str) -> Rpc {
    Rpc { access: Access::Open, branches: Branches::None, ..look_up(path) }
}

/// Open, and there in every phase.
const fn always(path: &'static str) -> Rpc {
    open(path).and_in_maintenance()
}

/// All methods of the server.
pub const RPCS: &[Rpc] = &[
    look_up("/kassa.v1.Orders/QuoteOrder"),
    change("/kassa.v1.Orders/CompleteSale", Role::Cashier).at_the_till(),
    change("/kassa.v1.Orders/RefundSale", Role::Cashier).at_the_till(),
    change("/kassa.v1.Orders/ExchangeSale", Role::Cashier).at_the_till(),
    change("/kassa.v1.Orders/VoidSale", Role::Cashier).at_the_till(),
    change("/kassa.v1.Orders/SaveDraft", Role::Cashier).at_the_till().without_key(),
    look_up("/kassa.v1.Orders/GetDraft"),
    look_up("/kassa.v1.Orders/ListDrafts").in_any_branch(),
    change("/kassa.v1.Orders/TakeOverDraft", Role::Cashier).at_the_till(),
    change("/kassa.v1.Orders/DiscardDraft", Role::Cashier).at_the_till(),
    look_up("/kassa.v1.Orders/GetOrder"),
    look_up("/kassa.v1.Orders/GetOrderByNumber"),
    report("/kassa.v1.Orders/ListOrders").in_any_branch(),
    look_up("/kassa.v1.Orders/GetReceipt"),
    change("/kassa.v1.Orders/PrintReceipt", Role::Cashier).at_the_till(),
    change("/kassa.v1.Shifts/OpenShift", Role::Cashier).at_the_till(),
    look_up("/kassa.v1.Shifts/GetCurrentShift").in_any_branch(),
    look_up("/kassa.v1.Shifts/RecordActivity"),
    change("/kassa.v1.Shifts/HandOverShift", Role::Cashier).at_the_till(),
    change("/kassa.v1.Shifts/EndShift", Role::Cashier).at_the_till(),
    change("/kassa.v1.Shifts/CloseShift", Role::Cashier).at_the_till(),
    change("/kassa.v1.Shifts/ForceCloseShift", Role::Supervisor).at_the_till(),
    look_up("/kassa.v1.Shifts/GetShift"),
    report("/kassa.v1.Shifts/ListShifts").in_any_branch(),
    look_up("/kassa.v1.Shifts/GetShiftReport").in_any_branch(),
    change("/kassa.v1.Shifts/ClockIn", Role::Cashier).at_the_till().of(Module::Attendance),
    change("/kassa.v1.Shifts/ClockOut", Role::Cashier).at_the_till().of(Module::Attendance),
    report("/kassa.v1.Shifts/ListAttendance").in_any_branch().of(Module::Attendance),
    look_up("/kassa.v1.CashRegister/GetDrawer").in_any_branch(),
    report("/kassa.v1.CashRegister/ListMovements").in_any_branch(),
    change("/kassa.v1.CashRegister/RecordMovement", Role::Cashier).at_the_till(),
    change("/kassa.v1.CashRegister/OpenDrawer", Role::Cashier).at_the_till(),
    change("/kassa.v1.CashRegister/TransferCash", Role::Cashier).at_the_till(),
    change("/kassa.v1.CashRegister/ReceiveCash", Role::Cashier).at_the_till(),
    report("/kassa.v1.CashRegister/ListTransfers").in_any_branch(),
    change("/kassa.v1.CashRegister/Reconcile", Role::Cashier).at_the_till(),
    report("/kassa.v1.CashRegister/VerifyJournal").by(Access::From(Role::Supervisor)).in_any_branch(),
    Rpc { most_bytes: IMPORT, ..change("/kassa.v1.Catalog/PutProducts", Role::Admin) }.in_any_branch(),
    look_up("/kassa.v1.Catalog/GetProduct"),
    look_up("/kassa.v1.Catalog/FindProducts"),
    report("/kassa.v1.Catalog/ListProducts").in_any_branch(),
    report("/kassa.v1.Catalog/ListCategories"),
    change("/kassa.v1.Catalog/PutBranchPrices", Role::Admin).in_any_branch(),
    look_up("/kassa.v1.Catalog/GetBranchPrice").in_any_branch(),
    report("/kassa.v1.Catalog/ListBranchPrices").in_any_branch(),
    change("/kassa.v1.Catalog/PutStockLevels", Role::Supervisor),
    look_up("/kassa.v1.Catalog/GetStock").in_any_branch(),
    report("/kassa.v1.Catalog/ListStock").in_any_branch(),
    report("/kassa.v1.Catalog/ListStockChanges").in_any_branch(),
    change("/kassa.v1.Catalog/PutCustomers", Role::Cashier).of(Module::Customers),
    look_up("/kassa.v1.Catalog/GetCustomer").of(Module::Customers),
    look_up("/kassa.v1.Catalog/FindCustomers").of(Module::Customers),
    report("/kassa.v1.Catalog/ListCustomers").of(Module::Customers),
    change("/kassa.v1.Catalog/AnonymizeCustomer", Role::Admin).of(Module::Customers),
    change("/kassa.v1.Catalog/PutPurchase", Role::Supervisor).of(Module::Purchasing),
    change("/kassa.v1.Catalog/ApprovePurchase", Role::Supervisor).of(Module::Purchasing),
    change("/kassa.v1.Catalog/CancelPurchase", Role::Supervisor).of(Module::Purchasing),
    look_up("/kassa.v1.Catalog/GetPurchase")
        .by(Access::From(Role::Supervisor))
        .in_any_branch()
        .of(Module::Purchasing),
    report("/kassa.v1.Catalog/ListPurchases")
        .by(Access::From(Role::Supervisor))
        .in_any_branch()
        .of(Module::Purchasing),
    change("/kassa.v1.Catalog/SendStock", Role::Supervisor).of(Module::StockTransfers),
    change("/kassa.v1.Catalog/ReceiveStock", Role::Supervisor).of(Module::StockTransfers),
    look_up("/kassa.v1.Catalog/GetStockTransfer").in_any_branch().of(Module::StockTransfers),
    report("/kassa.v1.Catalog/ListStockTransfers").in_any_branch().of(Module::StockTransfers),
    change("/kassa.v1.Catalog/AdjustStock", Role::Cashier),
    look_up("/kassa.v1.Catalog/GetStockAdjustment").in_any_branch(),
    report("/kassa.v1.Catalog/ListStockAdjustments").in_any_branch(),
    change("/kassa.v1.Catalog/StartStockCount", Role::Supervisor),
    change("/kassa.v1.Catalog/EnterStockCount", Role::Cashier),
    change("/kassa.v1.Catalog/FinishStockCount", Role::Supervisor),
    change("/kassa.v1.Catalog/CancelStockCount", Role::Supervisor),
    look_up("/kassa.v1.Catalog/GetStockCount").in_any_branch(),
    report("/kassa.v1.Catalog/ListStockCounts").in_any_branch(),
    look_up("/kassa.v1.Access/WhoAmI").by(Access::Terminal),
    open("/kassa.v1.Access/PairTerminal"),
    change("/kassa.v1.Access/SignIn", Role::Cashier).at_the_till().without_key().by(Access::Terminal),
    change("/kassa.v1.Access/SignOut", Role::Cashier).at_the_till().without_key().by(Access::Terminal),
    change("/kassa.v1.Access/SetPin", Role::Cashier).at_the_till().without_key(),
    change("/kassa.v1.Access/UnlockUser", Role::Supervisor).at_the_till(),
    change("/kassa.v1.Access/GrantApproval", Role::Cashier).at_the_till().without_key(),
    look_up("/kassa.v1.Admin/GetStatus").and_in_maintenance(),
    look_up("/kassa.v1.Admin/SetMaintenance")
        .by(Access::From(Role::Admin))
        .and_in_maintenance()
        .of_the_whole_shop(),
    look_up("/kassa.v1.Admin/LookUpIdempotencyKey"),
    look_up("/kassa.v1.Admin/GetSettings"),
    change("/kassa.v1.Admin/PutSettings", Role::Admin),
    report("/kassa.v1.Admin/ListAuditLog").by(Access::From(Role::Supervisor)),
    change("/kassa.v1.Admin/PutBranches", Role::Admin).in_any_branch(),
    report("/kassa.v1.Admin/ListBranches").by(Access::From(Role::Admin)),
    look_up("/kassa.v1.Admin/GetBranch").in_any_branch(),
    change("/kassa.v1.Admin/PutRegisters", Role::Admin).in_any_branch(),
    report("/kassa.v1.Admin/ListRegisters").in_any_branch(),
    look_up("/kassa.v1.Admin/GetRegister").in_any_branch(),
    change("/kassa.v1.Admin/PutUsers", Role::Admin).in_any_branch(),
    report("/kassa.v1.Admin/ListUsers").by(Access::From(Role::Supervisor)),
    look_up("/kassa.v1.Admin/GetUser").by(Access::From(Role::Supervisor)),
    change("/kassa.v1.Admin/CreatePairingCode", Role::Admin).without_key().in_any_branch(),
    report("/kassa.v1.Admin/ListTerminals").by(Access::From(Role::Supervisor)).in_any_branch(),
    change("/kassa.v1.Admin/RevokeTerminal", Role::Admin).at_the_till().in_any_branch(),
    report("/kassa.v1.Admin/GetSalesReport").by(Access::From(Role::Supervisor)).in_any_branch(),
    proof("/kassa.v1.Admin/CreateBackup")
        .by(Access::From(Role::Admin))
        .and_in_maintenance()
        .of_the_whole_shop(),
    report("/kassa.v1.Admin/ListBackups").by(Access::From(Role::Admin)).and_in_maintenance(),
    proof("/kassa.v1.Admin/VerifyBackup").by(Access::From(Role::Admin)).and_in_maintenance(),
    proof("/kassa.v1.Admin/RestoreBackup")
        .by(Access::From(Role::Owner))
        .and_in_maintenance()
        .of_the_whole_shop(),
    look_up("/kassa.v1.Admin/GetIdempotencyStats").by(Access::From(Role::Supervisor)),
    proof("/kassa.v1.Admin/CheckIntegrity").by(Access::From(Role::Admin)),
    report("/kassa.v1.Admin/CollectDiagnostics").by(Access::From(Role::Admin)),
    always("/grpc.health.v1.Health/Check"),
    always("/grpc.health.v1.Health/Watch"),
    always("/grpc.health.v1.Health/List"),
    always("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    always("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
];

/// The rules of a method, if there is such a method.
pub fn rpc(path: &str) -> Option<&'static Rpc> {
    RPCS.iter().find(|rpc| rpc.path == path)
}

/// Whether a posting may be refused for want of space, by its method without the first `/`. What the server
/// does by itself is no RPC, and knows by itself what can wait.
pub fn can_wait(method: &str) -> bool {
    RPCS.iter().any(|rpc| rpc.can_wait && rpc.path.strip_prefix('/') == Some(method))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use kassa_proto::FILE_DESCRIPTOR_SET;
    use prost::Message as _;
    use prost_types::{DescriptorProto, FileDescriptorSet};

    use super::*;

    /// The path of each method of the contract and the name of its request.
    fn declared(set: &FileDescriptorSet) -> BTreeMap<String, String> {
        let services = set
            .file
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)));
        let methods = services.flat_map(|(package, service)| {
            service.method.iter().map(move |method| {
                let path = format!("/{package}.{}/{}", service.name(), method.name());
                (path, method.input_type().to_owned())
            })
        });
        methods.collect()
    }

    fn contract() -> FileDescriptorSet {
        FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap()
    }

    /// Whether a message, or a message in it, has a field by which a branch can be named.
    fn names_a_branch(messages: &BTreeMap<String, &DescriptorProto>, name: &str) -> bool {
        messages.get(name).is_some_and(|message| {
            message.field.iter().any(|field| {
                let named = ["branch_id", "register_id"].contains(&field.name());
                named || names_a_branch(messages, field.type_name())
            })
        })
    }

    #[test]
    fn the_table_has_every_method_of_the_contract_and_no_other() {
        let paths = RPCS.iter().map(|rpc| rpc.path.to_owned());
        let ours: BTreeSet<String> = paths.filter(|path| path.starts_with("/kassa.")).collect();
        assert_eq!(ours, declared(&contract()).into_keys().collect());
        assert_eq!(RPCS.iter().map(|rpc| rpc.path).collect::<BTreeSet<_>>().len(), RPCS.len());
    }

    #[test]
    fn every_method_that_changes_something_needs_a_key_but_those_with_a_secret_or_a_version() {
        let secret = ["PairTerminal", "CreatePairingCode", "SignIn", "SignOut", "SetPin", "GrantApproval"];
        // Closing what is closed changes nothing, and the books can't keep a key while they are closed.
        let versioned = ["SaveDraft", "SetMaintenance"];
        let streams = ["CreateBackup", "RestoreBackup"];
        for rpc in RPCS.iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
            let name = rpc.path.rsplit('/').next().unwrap();
            let reads = [
                "Get",
                "List",
                "Find",
                "Quote",
                "LookUp",
                "Verify",
                "Check",
                "Collect",
                "WhoAmI",
                "RecordActivity",
            ];
            let reads = reads.iter().any(|read| name.starts_with(read));
            let unkeyed =
                reads || secret.contains(&name) || versioned.contains(&name) || streams.contains(&name);
            assert_eq!(rpc.keyed, !unkeyed, "{name}");
        }
    }

    #[test]
    fn a_list_does_not_wait_where_look_ups_do_but_for_the_parked_carts() {
        for rpc in RPCS.iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
            let name = rpc.path.rsplit('/').next().unwrap();
            assert_eq!(
                rpc.class == Class::LookUp && name.starts_with("List"),
                name == "ListDrafts",
                "{name}: {:?}",
                rpc.class
            );
        }
    }

    #[test]
    fn what_people_stand_at_the_till_for_does_not_wait_for_space_and_everything_else_does() {
        let changes = RPCS.iter().filter(|rpc| rpc.keyed);
        let name = |rpc: &Rpc| rpc.path.rsplit('/').next().unwrap().to_owned();
        let waiting: Vec<String> = changes.filter(|rpc| rpc.can_wait).map(name).collect();
        let put = "PutProducts PutBranchPrices PutStockLevels PutCustomers AnonymizeCustomer PutPurchase \
                   ApprovePurchase CancelPurchase SendStock ReceiveStock AdjustStock StartStockCount EnterStockCount \
                   FinishStockCount CancelStockCount PutSettings PutBranches PutRegisters PutUsers";
        assert_eq!(waiting, put.split_whitespace().collect::<Vec<_>>());
        let unkeyed: Vec<String> = RPCS.iter().filter(|rpc| !rpc.keyed && rpc.can_wait).map(name).collect();
        assert_eq!(unkeyed, ["CreatePairingCode"]);
        assert!(can_wait("kassa.v1.Catalog/PutProducts"));
        assert!(!can_wait("kassa.server/EndIdleShift"));
    }

    #[test]
    fn a_method_whose_requests_name_a_branch_has_a_rule_for_it() {
        let contract = contract();
        let messages = contract.file.iter().flat_map(|file| {
            let package = file.package();
            file.message_type.iter().map(move |message| (format!(".{package}.{}", message.name()), message))
        });
        let messages: BTreeMap<String, &DescriptorProto> = messages.collect();
        for (path, request) in declared(&contract) {
            let named = names_a_branch(&messages, &request);
            let branches = rpc(&path).unwrap().branches;
            assert!(!named || branches != Branches::None, "{path} names a branch");
            let by_itself = ["PutBranches", "RevokeTerminal"].iter().any(|name| path.ends_with(name));
            assert!(named || by_itself || branches != Branches::Any, "{path} names no branch");
        }
    }
}
