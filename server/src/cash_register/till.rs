//! Which drawer a request means, and the open shift that its movements go into.

use kassa_proto::{
    money::Currency,
    pricing::CashRounding,
    v1::{self as pb, JournalKind, MovementType, journal_record::Entry},
};
use uuid::Uuid;

use crate::{
    access::{blind_count::withheld_from, scope::Named},
    books::{Context, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    drawer::convert::{drawer_after, drawer_to_pb, movement_to_pb},
    error::Error,
    input::{self, Amount},
    movement_kinds::sign,
    settings::{currency, no_coins, pricing_rules, shop, shop_of_branch},
    shifts::selling::{self, selling_shift},
    store::entity::{
        business,
        cash_movement::{self, CashMovementIndex},
        register, shift,
    },
};

/// The longest reason.
pub const REASON: usize = 200;
/// The longest reference.
pub const REFERENCE: usize = 100;

/// A till as a request names it.
#[derive(Debug)]
pub struct TillName {
    register: Named,
    shift_id: Option<Uuid>,
}

/// A register with its open shift.
pub struct Till {
    /// The shop's currency.
    pub currency: Currency,
    /// The coins that there are.
    pub coins: CashRounding,
    /// The register, as it was before the posting.
    pub register: register::Model,
    /// Its open shift.
    pub shift: shift::Model,
    /// Whether the caller counts blind: what is in the drawer is not told.
    pub is_blind: bool,
}

impl TillName {
    /// Reads `register_id` and `shift_id`.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(register_id: &str, shift_id: &str) -> Result<Self, Error> {
        Ok(Self {
            register: Named::parse(register_id),
            shift_id: input::id(shift_id, || "shift_id".to_owned())?,
        })
    }

    /// Names what [`TillName::open`] and [`Till::journal`] need.
    pub fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.register.register_read_set(caller, read_set);
        if let Some(register) = self.register.known_register(known, caller) {
            selling::read_set(known, register.id, self.shift_id, read_set);
            journal::read_set(read_set, register.id, JournalKind::Drawer);
        }
    }

    /// The till, if a shift is open there.
    ///
    /// # Errors
    /// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `NO_OPEN_SHIFT`, `SHIFT_NOT_FOUND`, `SHIFT_ENDED`;
    /// `INVALID_FIELD` if the shift is another register's.
    pub fn open(&self, books: &WorkingSet, caller: &Caller) -> Result<Till, Stop> {
        let business = shop(books, caller)?;
        let register = self.register.register(books, caller)?.clone();
        let shift = selling_shift(books, caller, &register, self.shift_id)?.clone();
        let is_blind = withheld_from(caller, business, &shift);
        let coins = pricing_rules(business).cash;
        Ok(Till { currency: currency(business)?, coins, register, shift, is_blind })
    }
}

impl Till {
    /// An amount of the shop's currency.
    ///
    /// # Errors
    /// `CURRENCY_MISMATCH`.
    pub fn minor(&self, amount: &Amount, path: &str) -> Result<i64, Error> {
        amount.in_currency(self.currency.code(), || path.to_owned())
    }

    /// A movement and the drawer since, as an answer tells them.
    pub fn moved(&self, row: &cash_movement::Model) -> (Option<pb::CashMovement>, Option<pb::Drawer>) {
        tell(row, &self.register, self.currency, self.is_blind)
    }

    /// The drawer as it was and is.
    pub fn drawer(&self) -> pb::Drawer {
        let mut drawer = drawer_to_pb(&self.register, Some(self.shift.id), self.currency);
        drawer.balance = drawer.balance.filter(|_| !self.is_blind);
        drawer
    }

    /// Notes that somebody is at work where nothing is moved.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if the shift is not loaded.
    pub fn note_activity(&self, books: &mut WorkingSet, context: &Context) -> Result<(), Stop> {
        books.update::<shift::Model, _>(&self.shift.id, |shift| {
            shift.last_activity_time = shift.last_activity_time.max(to_micros(context.now));
            Ok(())
        })
    }

    /// Refuses an amount that coins can't make: the drawer can't pay it, and nobody brings it. What stands in the
    /// drawer beside its coins, from before there was a smallest or from a count, may be taken out with them.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn in_coins(&self, kind: MovementType, amount: i64) -> Result<(), Error> {
        let goes_out = sign(kind)? < 0;
        let rest_goes = goes_out && self.coins.makes(self.register.drawer_balance.saturating_sub(amount));
        if self.coins.small_coins || self.coins.makes(amount) || rest_goes {
            return Ok(());
        }
        Err(Error::invalid("amount", no_coins(self.currency, &self.coins)))
    }

    /// Writes down what happened to the drawer.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if the head of the chain is not loaded.
    pub fn journal(&self, books: &mut WorkingSet, context: &Context, entry: Entry) -> Result<(), Stop> {
        journal::append(books, context, self.register.id, entry)
    }
}

/// An amount that moves something: more than zero.
///
/// # Errors
/// `INVALID_FIELD`, `AMOUNT_OVERFLOW`.
pub fn positive(money: Option<pb::Money>, path: &str) -> Result<Amount, Error> {
    let amount = input::required_sum(money, || path.to_owned())?;
    if amount.minor == 0 { Err(Error::invalid(path, "must be more than zero")) } else { Ok(amount) }
}

fn tell(
    row: &cash_movement::Model,
    register: &register::Model,
    currency: Currency,
    is_blind: bool,
) -> (Option<pb::CashMovement>, Option<pb::Drawer>) {
    let mut movement = movement_to_pb(row, currency);
    let mut drawer = drawer_after(row, register, currency);
    if is_blind {
        (movement.balance, drawer.balance) = (None, None);
    }
    (Some(movement), Some(drawer))
}

/// A movement that was made, for giving an answer again.
pub struct PostedMovement<'a> {
    /// The movement.
    pub row: &'a cash_movement::Model,
    /// The shop's currency.
    pub currency: Currency,
    /// Whether the shop counts blind. Who asks is not known here, so that nobody is told.
    pub is_blind: bool,
    /// The movement as the answer told it.
    pub movement: Option<pb::CashMovement>,
    /// The drawer as the answer told it.
    pub drawer: Option<pb::Drawer>,
}

impl<'a> PostedMovement<'a> {
    /// Finds a movement.
    ///
    /// # Errors
    /// INTERNAL if it is gone; [`Stop::MissingRows`] if the rows are not loaded.
    pub fn find(books: &'a WorkingSet, movement_id: Uuid) -> Result<Self, Stop> {
        let missing = || Error::internal(format_args!("the movement {movement_id} or its register is gone"));
        let row = books.find_one::<cash_movement::Model>(&CashMovementIndex::Id(movement_id))?;
        let row = row.ok_or_else(missing)?;
        let register = books.require::<register::Model>(&row.register_id, missing)?;
        let business = shop_of_branch(books, row.branch_id)?;
        let (currency, is_blind) = (currency(business)?, business.blind_close);
        let (movement, drawer) = tell(row, register, currency, is_blind);
        Ok(Self { row, currency, is_blind, movement, drawer })
    }
}
