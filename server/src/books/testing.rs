//! Deciding without a disk, for the tests beside the rules: the rows that a test puts are all there are.

use chrono::{DateTime, Utc};
use kassa_proto::v1::{ApprovalAction, JournalKind, Role, StockPolicy, journal_record::Entry};
use prost::Message as _;
use sha2::Digest as _;
use uuid::Uuid;

use super::{
    Member, Posting, ReadSet, UsedCodes, WorkingSet,
    deciding::{Answered, Ask, Asked, READ_ROUNDS, Terms},
};
use crate::{
    access::limits,
    caller::Caller,
    clock::{Clock, SystemClock, from_micros},
    error::Error,
    lifecycle::first_start::first_business,
    store::{
        engine::Scope,
        entity::{
            branch, grant, journal_chain, journal_record, product, product_barcode, register, shift, stock,
            terminal, user, user_pin,
        },
    },
};

/// Users of [`TestShop::seat_cashier`].
pub const CASHIER: Uuid = Uuid::from_u128(7);
/// The same.
pub const SUPERVISOR: Uuid = Uuid::from_u128(8);
/// Noon UTC of 20 November 2026.
pub const NOON: i64 = 1_795_176_000_000_000;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        from_micros(NOON)
    }

    fn random(&self, bytes: &mut [u8]) {
        SystemClock.random(bytes);
    }
}

/// A shop in memory: branch `B1`, register `R1`, an owner.
pub struct TestShop {
    /// The rows.
    pub books: WorkingSet,
    /// The owner at `R1`.
    pub caller: Caller,
    /// How often a decision had to ask for more than its posting had named.
    pub stops: usize,
}

impl TestShop {
    /// A shop without shift and goods.
    pub fn founded() -> Self {
        let [business_id, branch_id, register_id, user_id, terminal_id] =
            [1, 2, 3, 4, 5].map(Uuid::from_u128);
        let caller = Caller { terminal_id, register_id, branch_id, business_id, user_id, ..Caller::server() };
        let mut shop = Self { books: WorkingSet::default(), caller, stops: 0 };
        shop.put(first_business(business_id, NOON));
        limits::first(business_id).into_iter().for_each(|limits| shop.put(limits));
        shop.put(branch::Model {
            id: branch_id,
            business_id,
            code: "B1".to_owned(),
            name: "Main branch".to_owned(),
            ..branch::Model::unused()
        });
        shop.put_register(register_id, "R1", branch_id);
        shop.put_user(user_id, "owner", Role::Owner);
        shop
    }

    /// The same with an open shift and 100.00 in the drawer.
    pub fn with_shift() -> Self {
        let mut shop = Self::founded();
        let float = 100_00;
        shop.put(shift::Model {
            id: Uuid::from_u128(6),
            number: "SHF-202611-R1-000001".to_owned(),
            branch_id: shop.caller.branch_id,
            register_id: shop.caller.register_id,
            user_id: shop.caller.user_id,
            terminal_id: shop.caller.terminal_id,
            open_time: NOON,
            business_date: 20_261_120,
            opening_float: float,
            opened_by_user_id: Some(shop.caller.user_id),
            last_activity_time: NOON,
            expected_cash: float,
            ..shift::Model::unused()
        });
        let register = shop.caller.register_id;
        shop.change::<register::Model>(&register, |register| {
            (register.drawer_balance, register.last_movement_sequence) = (float, 1);
        });
        shop
    }

    /// Has a cashier at the register from now on, and a supervisor in the shop.
    pub fn seat_cashier(&mut self) {
        for (id, role) in [(CASHIER, Role::Cashier), (SUPERVISOR, Role::Supervisor)] {
            let (business_id, name) = (self.caller.business_id, format!("{role:?}"));
            self.put(user::Model {
                id,
                business_id,
                display_name: name.clone(),
                name,
                role: role.into(),
                active: true,
                branch_id: None,
                version: 1,
            });
        }
        (self.caller.user_id, self.caller.role) = (CASHIER, Role::Cashier);
    }

    /// The supervisor lets the cashier do something to an order; a test may change what it likes.
    pub fn grant(
        &mut self,
        action: ApprovalAction,
        order_id: &str,
        amount: i64,
        change: impl FnOnce(&mut grant::Model),
    ) -> String {
        let id = (&Noon as &dyn Clock).new_id();
        let mut grant = grant::Model {
            id,
            branch_id: self.caller.branch_id,
            action: action.into(),
            order_id: Uuid::try_parse(order_id).ok(),
            line_id: None,
            movement: None,
            amount,
            requester_user_id: CASHIER,
            approver_user_id: SUPERVISOR,
            register_id: self.caller.register_id,
            terminal_id: self.caller.terminal_id,
            create_time: NOON,
            expire_time: NOON + 1,
            used_time: None,
            used_by_id: None,
        };
        change(&mut grant);
        self.put(grant);
        id.to_string()
    }

    /// Adds a register.
    pub fn put_register(&mut self, id: Uuid, code: &str, branch_id: Uuid) {
        let (code, name) = (code.to_owned(), code.to_owned());
        self.put(register::Model { id, branch_id, code, name, ..register::Model::unused() });
    }

    /// Adds a user.
    pub fn put_user(&mut self, id: Uuid, name: &str, role: Role) {
        let business_id = self.caller.business_id;
        let (name, display_name, role) = (name.to_owned(), name.to_owned(), role.into());
        let (active, branch_id, version) = (true, None, 1);
        self.put(user::Model { id, business_id, name, role, display_name, active, branch_id, version });
    }

    /// Gives a user a PIN.
    pub fn put_pin(&mut self, user_id: Uuid) -> user_pin::Model {
        let hash = "$argon2id$".to_owned();
        let pin = user_pin::Model { user_id, hash, failed_count: 0, delay_time: None, version: 1 };
        self.put(pin.clone());
        pin
    }

    /// Adds the terminal on the server's own machine: the caller's.
    pub fn put_local_terminal(&mut self) {
        let Caller { terminal_id: id, register_id, user_id, .. } = self.caller;
        self.put(terminal::Model {
            id,
            register_id,
            user_id,
            name: "local".to_owned(),
            token_sha256: vec![7; 32],
            create_time: NOON,
            local: true,
            revoke_time: None,
        });
    }

    /// Adds a product whose barcode is its SKU, with its stock in pieces.
    pub fn put_product(&mut self, sku: &str, price: i64, policy: StockPolicy, pieces: i64) -> Uuid {
        let id = Uuid::from_bytes(sha2::Sha256::digest(sku)[..16].try_into().expect("16 bytes"));
        self.put(product::Model {
            id,
            sku: sku.to_owned(),
            name: sku.to_owned(),
            name_ar: String::new(),
            price,
            tax_rate: 0,
            category: String::new(),
            unit: "pc".to_owned(),
            stock_policy: policy.into(),
            version: 1,
            search_text: format!("\n{sku}\n\n{sku}"),
            create_time: NOON,
            update_time: NOON,
        });
        let barcode = sku.to_owned();
        self.put(product_barcode::Model { product_id: id, barcode, position: 0, active: true });
        let quantity = pieces * 1_000;
        let branch_id = self.caller.branch_id;
        let nothing = stock::Model::nothing(branch_id, id);
        self.put(stock::Model { quantity, change_count: 1, ..nothing });
        id
    }

    /// Puts a row as the database would have it.
    pub fn put<R: Member>(&mut self, row: R) {
        R::table_mut(&mut self.books).absorb(vec![row], Vec::new(), Vec::new());
    }

    /// Changes a row as an earlier posting would have.
    pub fn change<R: Member>(&mut self, key: &R::Key, change: impl FnOnce(&mut R)) {
        let changed = R::table_mut(&mut self.books).update(key, |row| {
            change(row);
            Ok(())
        });
        changed.expect("the row is there");
        self.books.keep();
    }

    /// The row of a key.
    pub fn row<R: Member>(&self, key: &R::Key) -> &R {
        self.books.known(key).expect("the row is there")
    }

    /// Decides like the books do: what is refused leaves nothing behind.
    pub fn decide<P: Posting>(&mut self, posting: &P) -> Result<P::Reply, Error> {
        let caller = self.caller.clone();
        let asked = Asked { posting, caller: &caller, key: None, request_id: "", scope: &Scope::Shop };
        for _ in 0..READ_ROUNDS {
            let mut read_set = ReadSet::default();
            asked.read_set(&self.books, &mut read_set);
            self.books.assume_loaded(read_set);
        }
        let terms = Terms {
            now: from_micros(NOON),
            clock: &Noon,
            answers_since: NOON,
            used_codes: &UsedCodes::default(),
            admit: &|_| Ok(()),
        };
        loop {
            match asked.decide(&mut self.books, &terms, |_, _| ()) {
                Ok(Answered::Done(reply) | Answered::Replayed(reply)) => {
                    return Ok(P::Reply::decode(reply.as_slice()).expect("a reply"));
                }
                Ok(Answered::RejectedAndCommitted(error) | Answered::Rejected(error)) => return Err(error),
                Err(Ask::Scope(scope)) => panic!("asks for {scope:?}, and has the shop"),
                Err(Ask::Rows(read_set)) => {
                    self.books.assume_loaded(*read_set);
                    self.stops += 1;
                }
            }
        }
    }

    /// The newest entry of a chain of `R1`.
    pub fn last_entry(&self, kind: JournalKind) -> Entry {
        let (register, kind) = (self.caller.register_id, i32::from(kind));
        let head: &journal_chain::Model = self.row(&(register, kind));
        let record: &journal_record::Model = self.row(&(register, kind, head.last_sequence));
        let record: kassa_proto::v1::JournalRecord =
            prost::Message::decode(record.bytes().expect("its bytes").as_ref()).expect("a record");
        record.entry.expect("an entry")
    }
}
