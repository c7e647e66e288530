//! The parts of Kassa that a shop may do without, and switches off.

use kassa_proto::v1::{self as pb, ErrorReason as Reason};

use crate::{error::Error, store::entity::business};

/// A part that a shop may switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Module {
    /// The customers, and sales to them.
    Customers,
    /// Buying goods from suppliers.
    Purchasing,
    /// Goods on their way from a branch to another.
    StockTransfers,
    /// When people come to work and leave.
    Attendance,
}

impl Module {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Customers, Self::Purchasing, Self::StockTransfers, Self::Attendance];

    /// The name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Purchasing => "purchasing",
            Self::StockTransfers => "stock_transfers",
            Self::Attendance => "attendance",
        }
    }

    /// What an update mask calls it.
    pub fn path(self) -> String {
        format!("modules.{}", self.name())
    }

    /// Whether a shop uses it.
    pub fn is_on(self, business: &business::Model) -> bool {
        match self {
            Self::Customers => business.customers_on,
            Self::Purchasing => business.purchasing_on,
            Self::StockTransfers => business.stock_transfers_on,
            Self::Attendance => business.attendance_on,
        }
    }

    /// Switches it on or off.
    pub fn switch(self, business: &mut business::Model, on: bool) {
        let place = match self {
            Self::Customers => &mut business.customers_on,
            Self::Purchasing => &mut business.purchasing_on,
            Self::StockTransfers => &mut business.stock_transfers_on,
            Self::Attendance => &mut business.attendance_on,
        };
        *place = on;
    }

    /// What the contract's message says of it, if it does.
    pub fn in_pb(self, modules: &pb::Modules) -> Option<bool> {
        match self {
            Self::Customers => modules.customers,
            Self::Purchasing => modules.purchasing,
            Self::StockTransfers => modules.stock_transfers,
            Self::Attendance => modules.attendance,
        }
    }

    /// Why what belongs to it is refused while it is off.
    pub fn disabled(self) -> Error {
        let (name, path) = (self.name(), self.path());
        let words = name.replace('_', " ");
        let message =
            format!("the shop has switched {words} off; an admin switches it on in the settings, {path}");
        Error::new(Reason::ModuleDisabled, message).with("module", name)
    }
}

/// The modules as the contract sends them.
pub fn to_pb(business: &business::Model) -> pb::Modules {
    pb::Modules {
        customers: Some(business.customers_on),
        purchasing: Some(business.purchasing_on),
        stock_transfers: Some(business.stock_transfers_on),
        attendance: Some(business.attendance_on),
    }
}
