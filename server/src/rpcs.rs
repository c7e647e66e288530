//! What may be called: by whom, for which branches, with a key or without, while which module is on, how large.
//!
//! What the contract's methods are stands in the contract, in the option of each (`kassa/v1/options.proto`), and is
//! read from its descriptors. Health and reflection are of other contracts: they stand here. A method that is not in
//! the table does not exist.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use kassa_proto::{
    FILE_DESCRIPTOR_SET,
    v1::{
        self as pb, Role,
        rpc::{Caller, Kind, Line, Module as ModuleOption},
    },
};
use prost_reflect::DescriptorPool;

use crate::{caller::Class, modules::Module, store::StartError};

/// Requests are small; what is larger says so.
const SMALL: usize = 256 * 1_024;

/// The methods that are not of the contract: open, and there in every phase.
const FOREIGN: [&str; 5] = [
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/Watch",
    "grpc.health.v1.Health/List",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(Table::of_the_contract);

/// A method and its rules.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// Such as `/kassa.v1.Orders/CompleteSale`.
    pub path: String,
    /// The name under which keys, the journal and statistics know it, such as `kassa.v1.Orders/CompleteSale`: the
    /// one that it had when it was new, whatever service it is in now.
    pub stored_name: String,
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
    /// one branch alone. What postings change is judged by their rows: `books::belongs`.
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
    /// A method of the contract by what its option says.
    fn of(name: &str, facts: &pb::Rpc) -> Result<Self, String> {
        let access = match facts.from() {
            Caller::Unspecified => return Err(format!("{name} does not say who may call it")),
            Caller::Anybody => Access::Open,
            Caller::Terminal => Access::Terminal,
            Caller::Cashier => Access::From(Role::Cashier),
            Caller::Supervisor => Access::From(Role::Supervisor),
            Caller::Admin => Access::From(Role::Admin),
            Caller::Owner => Access::From(Role::Owner),
        };
        let keyed = match facts.kind() {
            Kind::Unspecified => return Err(format!("{name} does not say what it does")),
            Kind::Change => true,
            Kind::Read | Kind::Save | Kind::Once => false,
        };
        let branches = match access {
            Access::Open => Branches::None,
            Access::Terminal | Access::From(_) if facts.any_branch => Branches::Any,
            Access::Terminal | Access::From(_) => Branches::Own,
        };
        let module = match facts.module() {
            ModuleOption::Unspecified => None,
            ModuleOption::Customers => Some(Module::Customers),
            ModuleOption::Purchasing => Some(Module::Purchasing),
            ModuleOption::StockTransfers => Some(Module::StockTransfers),
            ModuleOption::Attendance => Some(Module::Attendance),
        };
        let class = match facts.line() {
            Line::Unspecified => Class::LookUp,
            Line::Report => Class::Report,
            Line::Proof => Class::Proof,
        };
        let most_bytes = match usize::try_from(facts.most_bytes) {
            Ok(0) => SMALL,
            Ok(most) => most,
            Err(_) => return Err(format!("{name} has a negative `most_bytes`")),
        };
        let stored_name = if facts.stored_name.is_empty() { name } else { &facts.stored_name };
        Ok(Self {
            path: format!("/{name}"),
            stored_name: stored_name.to_owned(),
            access,
            branches,
            keyed,
            module,
            can_wait: facts.can_wait,
            most_bytes,
            in_maintenance: facts.in_maintenance,
            of_whole_shop: facts.whole_shop,
            class,
        })
    }

    fn foreign(name: &str) -> Self {
        Self {
            path: format!("/{name}"),
            stored_name: name.to_owned(),
            access: Access::Open,
            branches: Branches::None,
            keyed: false,
            module: None,
            can_wait: false,
            most_bytes: SMALL,
            in_maintenance: true,
            of_whole_shop: false,
            class: Class::LookUp,
        }
    }

    /// Its name in the contract, such as `kassa.v1.Orders/CompleteSale`.
    fn name(&self) -> &str {
        self.path.trim_start_matches('/')
    }

    /// Whether a person may mean it by this: its name or the one it is stored by, whole or without the service.
    fn is_called(&self, name: &str) -> bool {
        [self.name(), &self.stored_name]
            .iter()
            .any(|own| *own == name || own.rsplit('/').next() == Some(name))
    }
}

/// All methods, and where they are by name.
struct Table {
    rpcs: Vec<Rpc>,
    by_name: HashMap<String, usize>,
    by_stored_name: HashMap<String, usize>,
}

impl Table {
    fn of_the_contract() -> Result<Self, String> {
        let contract = DescriptorPool::decode(FILE_DESCRIPTOR_SET).map_err(|error| error.to_string())?;
        let option = contract.get_extension_by_name("kassa.v1.rpc").ok_or("it has no option for its RPCs")?;
        let mut rpcs = Vec::new();
        for service in contract.services() {
            for method in service.methods() {
                let name = format!("{}/{}", service.full_name(), method.name());
                let options = method.options();
                // Of a method without the option this is one that says nothing, which is refused.
                let facts = options.get_extension(&option);
                let facts = facts.as_message().map(prost_reflect::DynamicMessage::transcode_to::<pb::Rpc>);
                let facts = facts.and_then(Result::ok).unwrap_or_default();
                rpcs.push(Rpc::of(&name, &facts)?);
            }
        }
        rpcs.extend(FOREIGN.map(Rpc::foreign));
        Ok(Self::of(rpcs))
    }

    fn of(rpcs: Vec<Rpc>) -> Self {
        let all = || rpcs.iter().enumerate();
        let by_name = all().map(|(place, rpc)| (rpc.name().to_owned(), place)).collect();
        let by_stored_name = all().map(|(place, rpc)| (rpc.stored_name.clone(), place)).collect();
        Self { rpcs, by_name, by_stored_name }
    }

    fn named(&self, name: &str) -> Option<&Rpc> {
        self.by_name.get(name).and_then(|place| self.rpcs.get(*place))
    }

    fn stored_as(&self, stored_name: &str) -> Option<&Rpc> {
        self.by_stored_name.get(stored_name).and_then(|place| self.rpcs.get(*place))
    }

    fn stored_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.named(name).map_or(name, |rpc| &rpc.stored_name)
    }

    fn keyed(&self, name: &str) -> Option<&Rpc> {
        self.rpcs.iter().find(|rpc| rpc.keyed && rpc.is_called(name))
    }
}

/// The table; none where the contract can't be read, in which case no server starts.
fn table() -> Option<&'static Table> {
    TABLE.as_ref().ok()
}

/// Reads the contract, before anything is asked by it.
///
/// # Errors
/// [`StartError::Contract`] if it can't be read, or leaves open who may call a method.
pub fn read() -> Result<(), StartError> {
    TABLE.as_ref().map(|_| ()).map_err(|wrong| StartError::Contract(wrong.clone()))
}

/// All methods of the server.
pub fn rpcs() -> &'static [Rpc] {
    table().map_or(&[], |table| table.rpcs.as_slice())
}

/// The services of the contract, and whether any of their methods is there while the books are closed.
pub fn services() -> BTreeMap<&'static str, bool> {
    let mut services = BTreeMap::new();
    for rpc in rpcs().iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
        if let Some((service, _)) = rpc.path.trim_start_matches('/').split_once('/') {
            *services.entry(service).or_default() |= rpc.in_maintenance;
        }
    }
    services
}

/// The rules of a method by its path, if there is such a method.
pub fn rpc(path: &str) -> Option<&'static Rpc> {
    table()?.named(path.strip_prefix('/')?)
}

/// The name under which a method's keys, records and counts are stored, by its name in the contract, such as
/// `kassa.v1.Orders/CompleteSale`. Whatever stores or compares a method's name asks here: an RPC that moved to another
/// service keeps the name that is in the books. What the server does by itself is no RPC, and is stored as it is called.
pub fn stored_name(method: &'static str) -> &'static str {
    table().map_or(method, |table| table.stored_name(method))
}

/// The method with keys that a person means: by its name in the contract or the one that it is stored by, whole
/// (`kassa.v1.Orders/CompleteSale`) or without the service (`CompleteSale`).
pub fn keyed(name: &str) -> Option<&'static Rpc> {
    table()?.keyed(name)
}

/// Whether a posting may be refused for want of space, by its method's stored name. What the server does by itself is
/// no RPC, and knows by itself what can wait.
pub fn can_wait(stored_name: &str) -> bool {
    table().and_then(|table| table.stored_as(stored_name)).is_some_and(|rpc| rpc.can_wait)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

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
        let paths = rpcs().iter().map(|rpc| rpc.path.clone());
        let ours: BTreeSet<String> = paths.filter(|path| path.starts_with("/kassa.")).collect();
        assert_eq!(ours, declared(&contract()).into_keys().collect());
        assert_eq!(rpcs().iter().map(|rpc| &rpc.path).collect::<BTreeSet<_>>().len(), rpcs().len());
    }

    fn facts(stored_name: &str) -> pb::Rpc {
        let stored_name = stored_name.to_owned();
        pb::Rpc {
            from: Caller::Cashier.into(),
            kind: Kind::Change.into(),
            can_wait: true,
            stored_name,
            ..pb::Rpc::default()
        }
    }

    #[test]
    fn a_method_that_moved_to_another_service_keeps_the_name_in_the_books() {
        let (now, then) = ("kassa.v1.Purchases/PutPurchase", "kassa.v1.Catalog/PutPurchase");
        let moved = Rpc::of(now, &facts(then)).unwrap();
        let table = Table::of(vec![Rpc::of("kassa.v1.Orders/VoidSale", &facts("")).unwrap(), moved]);
        assert_eq!(table.stored_name(now), then);
        assert_eq!(table.stored_name("kassa.v1.Orders/VoidSale"), "kassa.v1.Orders/VoidSale");
        assert_eq!(table.stored_name("kassa.server/EndIdleShift"), "kassa.server/EndIdleShift");
        assert!(table.named(then).is_none(), "nobody calls it there any more");
        assert!(table.stored_as(then).is_some_and(|rpc| rpc.can_wait));
        // Whoever looks a key up may know either name.
        for name in [now, then, "PutPurchase"] {
            assert_eq!(table.keyed(name).map(|rpc| rpc.stored_name.as_str()), Some(then), "{name}");
        }
        assert!(table.keyed("Purchases/PutPurchase").is_none());
    }

    #[test]
    fn two_methods_are_never_stored_under_one_name() {
        assert_eq!(rpcs().iter().map(|rpc| &rpc.stored_name).collect::<BTreeSet<_>>().len(), rpcs().len());
    }

    #[test]
    fn what_does_not_say_who_may_call_it_or_what_it_does_is_no_method() {
        let name = "kassa.v1.Orders/GiveAway";
        let of = |facts: pb::Rpc| Rpc::of(name, &facts).map(|rpc| rpc.access);
        assert!(of(pb::Rpc::default()).unwrap_err().contains("who may call it"));
        let anybody = pb::Rpc { from: Caller::Anybody.into(), ..pb::Rpc::default() };
        assert!(of(anybody.clone()).unwrap_err().contains("what it does"));
        // As an option would come that a newer contract wrote.
        assert!(of(pb::Rpc { from: 99, ..anybody.clone() }).unwrap_err().contains("who may call it"));
        assert_eq!(of(pb::Rpc { kind: Kind::Read.into(), ..anybody }), Ok(Access::Open));
    }

    #[test]
    fn every_method_that_changes_something_needs_a_key_but_those_with_a_secret_or_a_version() {
        let secret = ["PairTerminal", "CreatePairingCode", "SignIn", "SignOut", "SetPin", "GrantApproval"];
        // Closing what is closed changes nothing, and the books can't keep a key while they are closed.
        let versioned = ["SaveDraft", "SetMaintenance"];
        let streams = ["CreateBackup", "RestoreBackup"];
        for rpc in rpcs().iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
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
        for rpc in rpcs().iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
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
        let changes = rpcs().iter().filter(|rpc| rpc.keyed);
        let name = |rpc: &Rpc| rpc.path.rsplit('/').next().unwrap().to_owned();
        let waiting: BTreeSet<String> = changes.filter(|rpc| rpc.can_wait).map(name).collect();
        let put = "PutProducts PutBranchPrices PutStockLevels PutCustomers AnonymizeCustomer PutPurchase \
                   ApprovePurchase CancelPurchase SendStock ReceiveStock AdjustStock StartStockCount EnterStockCount \
                   FinishStockCount CancelStockCount PutSettings PutBranches PutRegisters PutUsers";
        assert_eq!(waiting, put.split_whitespace().map(str::to_owned).collect());
        let unkeyed: Vec<String> = rpcs().iter().filter(|rpc| !rpc.keyed && rpc.can_wait).map(name).collect();
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
