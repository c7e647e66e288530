//! The shops of the model: two branches, three registers, four users, twenty products.

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    v1::{self as pb, Role},
};
use uuid::Uuid;

use super::{change_set::Listener, ledger::Ledger, random::Random, schema::Constraints};
use crate::{
    books::{memory::Memory, testing::NOON},
    caller::{Caller, Class},
    lifecycle::first_start::first_business,
    store::entity::{branch, register, role_limit, terminal, user, user_pin},
};

/// How many products a shop has.
pub const PRODUCTS: u64 = 20;
/// The users' roles.
const ROLES: [Role; 4] = [Role::Cashier, Role::Cashier, Role::Supervisor, Role::Owner];
const RATES: [&str; 5] = ["0", "5", "7.7", "15", "20"];
const ZONES: [&str; 4] = ["Etc/UTC", "Africa/Cairo", "America/St_Johns", "Asia/Kathmandu"];

/// Smallest coins.
pub const COINS: [i64; 6] = [0, 5, 10, 25, 50, 1_00];

/// A shop as it is founded: its books, its terminals and its people.
pub struct Shop {
    /// A caller for each terminal, whose user is still to be put in.
    pub desks: Vec<Caller>,
    /// Id and role.
    pub people: Vec<(Uuid, i32)>,
}

/// Founds a shop.
pub fn found(
    random: &mut Random,
    books: &mut Memory<Listener>,
    ledger: &mut Ledger,
    constraints: &mut Constraints,
) -> Shop {
    let id = |number: u64| Uuid::from_u128(u128::from(number));
    let business = crate::store::entity::business::Model {
        time_zone: random.pick(&ZONES).unwrap_or_default().to_owned(),
        prices_include_tax: random.one_in(2),
        tax_rounding: 1 + i32::from(random.one_in(2)),
        rounding_mode: 1 + i32::from(random.one_in(2)),
        cash_unit: random.pick(&COINS).unwrap_or_default(),
        cash_total_mode: mode(random),
        cash_change_mode: mode(random),
        cash_refund_mode: mode(random),
        small_coins: random.one_in(4),
        blind_close: random.one_in(2),
        ..first_business(id(1), NOON)
    };
    let branch = |number: u64, code: &str| branch::Model {
        id: id(number),
        business_id: business.id,
        code: code.to_owned(),
        name: code.to_owned(),
        ..branch::Model::unused()
    };
    let branches = [branch(11, "B1"), branch(12, "B2")];
    let register = |number: u64, branch_id: u64, code: &str| register::Model {
        id: id(number),
        branch_id: id(branch_id),
        code: code.to_owned(),
        name: code.to_owned(),
        ..register::Model::unused()
    };
    let registers = [register(21, 11, "R1"), register(22, 11, "R2"), register(23, 12, "R3")];
    let mut put = Put { books, constraints };
    put.row(business.clone());
    branches.iter().for_each(|row| put.row(row.clone()));
    registers.iter().for_each(|row| put.row(row.clone()));
    let people: Vec<(Uuid, i32)> =
        ROLES.iter().zip(31..).map(|(role, number)| (id(number), i32::from(*role))).collect();
    for (user_id, role) in &people {
        let name = format!("user-{}", user_id.as_u128());
        let display_name = name.clone();
        let (id, business_id, role) = (*user_id, business.id, *role);
        let user = user::Model {
            id,
            business_id,
            name,
            role,
            display_name,
            active: true,
            branch_id: None,
            version: 1,
        };
        put.row(user);
        put.row(pin(*user_id));
    }
    // What somebody has to allow is that money goes back another way than it came, what is moved in drawers, and the
    // close of a colleague's shift.
    for limits in crate::access::limits::first(business.id) {
        let limits = role_limit::Model {
            most_discount: 1_000_000,
            price_override: true,
            void_sale: true,
            open_drawer: true,
            refund_other_tender: limits.role >= i32::from(Role::Supervisor),
            most_paid_out: random.pick(&[3_00, 12_00, MAX_AMOUNT_MINOR]).unwrap_or_default(),
            most_variance: random.pick(&[0, 50, 2_00, MAX_AMOUNT_MINOR]).unwrap_or_default(),
            most_drop: random.pick(&[5_00, 12_00, MAX_AMOUNT_MINOR]).unwrap_or_default(),
            most_stock_adjustment: MAX_AMOUNT_MINOR,
            ..limits
        };
        ledger.limits.insert(limits.role, limits.clone());
        put.row(limits);
    }
    let mut desks = Vec::new();
    // Two terminals stand at the first register.
    for (number, register) in (41..).zip(registers.iter().chain(registers.first())) {
        put.row(terminal::Model {
            id: id(number),
            register_id: register.id,
            user_id: id(31),
            name: format!("terminal-{number}"),
            token_sha256: vec![u8::try_from(number).expect("small")],
            create_time: NOON,
            local: false,
            revoke_time: None,
        });
        desks.push(Caller {
            terminal_id: id(number),
            register_id: register.id,
            branch_id: register.branch_id,
            business_id: business.id,
            user_id: id(31),
            role: Role::Cashier,
            any_branch: false,
            works_in: None,
            session_id: None,
            class: Class::LookUp,
        });
    }
    ledger.found(&business, &branches, &registers);
    constraints.settled().expect("a shop within its schema");
    Shop { desks, people }
}

/// A PIN that nobody mistypes.
pub fn pin(user_id: Uuid) -> user_pin::Model {
    let hash = user_id.to_string();
    user_pin::Model { user_id, hash, failed_count: 0, delay_time: None, version: 1 }
}

/// A way to round cash.
pub fn mode(random: &mut Random) -> i32 {
    i32::try_from(random.below(5)).unwrap_or_default()
}

struct Put<'a> {
    books: &'a mut Memory<Listener>,
    constraints: &'a mut Constraints,
}

impl Put<'_> {
    fn row<R: crate::books::Member>(&mut self, row: R) {
        self.constraints.written(None, &row).expect("a row within its schema");
        self.books.put(row);
    }
}

/// A product of the shop as it may be put: the same number is the same product.
pub fn product(random: &mut Random, number: u64) -> pb::PutProduct {
    let sku = format!("SKU{number:02}");
    let weighed = number.is_multiple_of(4);
    let price = if random.one_in(12) { 0 } else { random.from(1, 30_00) };
    pb::PutProduct {
        product: Some(pb::Product {
            name: format!("Product {number}"),
            barcodes: vec![sku.clone()],
            price: Some(pb::Money { amount_minor: price, ..pb::Money::default() }),
            tax_rate: random.pick(&RATES).map(|value| pb::Decimal { value: value.to_owned() }),
            category: random.pick(&["", "Bakery", "Dairy", "Tools"]).unwrap_or_default().to_owned(),
            unit: if weighed { "kg" } else { "pc" }.to_owned(),
            stock_policy: 1 + i32::try_from(number % 3).unwrap_or_default(),
            sku,
            ..pb::Product::default()
        }),
        opening_stock: Some(pb::Decimal { value: random.from(0, 40).to_string() }),
    }
}
