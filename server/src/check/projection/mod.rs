//! The books as the journal makes them, while it is read.

mod orders;
mod shifts;
mod stock;

use kassa_proto::v1::{DocumentKind, journal_record::Entry};
use uuid::Uuid;

use crate::{
    check::{
        Failure, Inspection, Lines,
        approvals::{Approvals, Deed},
        attendance::Attendances,
        cash::{self, Cash},
        catalogue::Catalogue,
        clock,
        copies::Copies,
        customers::Customers,
        drafts::Drafts,
        drawer::Drawers,
        events::Events,
        journal::Record,
        keys::{self, Recorded},
        numbers::Numbers,
        orders::Orders,
        people::People,
        purchases::Purchases,
        record::{self, Unreadable},
        returns::{self, Returns},
        shifts::Shifts,
        shop::Shop,
        stock::StockLedgers,
        stock_adjustments::StockAdjustments,
        stock_counts::StockCounts,
        stock_transfers::{Place, StockTransfers},
    },
    encoding::{counter::Counter, order::OrderRows},
    store::entity::{cash_movement, event, stock_change},
};

/// The books as the journal makes them, noun by noun.
#[derive(Default)]
pub struct Projection {
    pub shop: Shop,
    pub approvals: Approvals,
    pub attendance: Attendances,
    pub people: People,
    pub events: Events,
    pub catalogue: Catalogue,
    pub stock_ledgers: StockLedgers,
    pub customers: Customers,
    pub purchases: Purchases,
    pub stock_transfers: StockTransfers,
    pub stock_adjustments: StockAdjustments,
    pub stock_counts: StockCounts,
    pub shifts: Shifts,
    pub drafts: Drafts,
    pub copies: Copies,
    pub orders: Orders,
    pub returns: Returns,
    pub drawers: Drawers,
    pub cash: Cash,
    pub numbers: Numbers,
}

/// The rows of a chunk of records: they are compared at once, and not kept.
#[derive(Default)]
pub struct ChunkRows {
    pub orders: Vec<OrderRows>,
    pub movements: Vec<cash_movement::Model>,
    pub keys: Vec<Recorded>,
    pub events: Vec<event::Model>,
    pub stock_changes: Vec<stock_change::Model>,
}

impl ChunkRows {
    /// An order, as the document that a key may have made.
    pub fn order(&mut self, rows: OrderRows) -> (DocumentKind, Uuid) {
        let id = rows.order.id;
        self.orders.push(rows);
        (DocumentKind::Order, id)
    }
}

impl Projection {
    /// Reads records, and compares the rows that no later record changes.
    pub fn replay(
        &mut self,
        database: &Inspection,
        lines: &mut Lines,
        records: &[Record],
    ) -> Result<(), Failure> {
        let mut rows_of_chunk = ChunkRows::default();
        for record in records {
            if let Err(why) = self.apply(lines, record, &mut rows_of_chunk) {
                record.unreadable(&mut lines.journal, &why);
            }
        }
        self.events.compare(database, &mut lines.events, rows_of_chunk.events)?;
        self.drawers.compare(database, &mut lines.drawer, rows_of_chunk.movements)?;
        self.stock_ledgers.compare(database, &mut lines.stock, rows_of_chunk.stock_changes)?;
        self.orders.compare(database, &mut lines.orders, rows_of_chunk.orders)?;
        keys::compare(database, &mut lines.keys, &rows_of_chunk.keys)
    }

    fn apply(
        &mut self,
        lines: &mut Lines,
        record: &Record,
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(), Unreadable> {
        let document = match &record.entry {
            Entry::BooksOpened(entry) => {
                self.shop.opened(record, entry)?;
                self.people.opened(record, entry).map(|()| None)
            }
            Entry::BooksRestored(entry) => {
                self.shop.restored(record, entry)?;
                self.numbers.left_out(entry).map(|()| None)
            }
            Entry::BranchesPut(entry) => self.shop.branches_put(entry).map(|()| None),
            Entry::RegistersPut(entry) => self.shop.registers_put(entry).map(|()| None),
            Entry::UsersPut(entry) => {
                self.people.ended(record, &entry.ended_session_ids)?;
                self.people.users_put(entry).map(|()| None)
            }
            Entry::PinSet(entry) => {
                self.people.ended(record, &entry.ended_session_ids)?;
                self.people.pin(entry.pin.as_ref()).map(|()| None)
            }
            Entry::PinFailed(entry) => self.people.pin(entry.pin.as_ref()).map(|()| None),
            Entry::UserUnlocked(entry) => self.people.pin(entry.pin.as_ref()).map(|()| None),
            Entry::SignedIn(entry) => self.people.signed_in(record, entry).map(|()| None),
            Entry::SignedOut(entry) => self.people.ended(record, &entry.ended_session_ids).map(|()| None),
            Entry::PairingCodeCreated(entry) => self.people.code_created(record, entry).map(|()| None),
            Entry::TerminalPaired(entry) => self.people.paired(record, entry).map(|()| None),
            Entry::TerminalRevoked(entry) => self.people.revoked(record, entry).map(|()| None),
            Entry::SettingsPut(entry) => self.shop.settings_put(record, entry).map(|()| None),
            Entry::LocalTokenRenewed(entry) => self.people.token_renewed(entry).map(|()| None),
            Entry::ProductsPut(entry) => {
                self.shop.catalogue_put(record, entry.catalog_version)?;
                entry.opening_stock.iter().try_for_each(|opening| self.stock_ledgers.opened(opening))?;
                self.catalogue.put(entry).map(|()| None)
            }
            Entry::ClockChanged(entry) => clock::changed(record, entry).map(|()| None),
            Entry::LowStock(entry) => self.stock_ledgers.told(entry).map(|()| None),
            Entry::StockLevelsPut(entry) => self.stock_ledgers.levels_put(entry).map(|()| None),
            Entry::StockSent(entry) => self.stock_sent(lines, (record, entry), rows_of_chunk).map(Some),
            Entry::StockReceived(entry) => {
                let (place, line) = (self.place(record)?, &mut lines.stock);
                let (row, changes) =
                    self.stock_transfers.received(line, place, entry, &mut self.stock_ledgers)?;
                rows_of_chunk.stock_changes.extend(changes);
                Ok(Some((DocumentKind::StockTransfer, row.id)))
            }
            Entry::CustomersPut(entry) => {
                let versions = entry.customers.iter().map(|customer| customer.version);
                self.shop.customer_put(record, versions.max().unwrap_or_default())?;
                self.customers.put(record, entry).map(|()| None)
            }
            Entry::CustomerAnonymized(entry) => {
                self.shop.customer_put(record, entry.version)?;
                let id = self.customers.anonymized(record, entry)?;
                Ok(Some((DocumentKind::Customer, id)))
            }
            Entry::BranchPricesPut(entry) => {
                self.shop.catalogue_put(record, entry.catalog_version)?;
                self.catalogue.prices_put(entry).map(|()| None)
            }
            Entry::PurchasePut(_) | Entry::PurchaseApproved(_) | Entry::PurchaseCancelled(_) => {
                self.purchased(lines, record, rows_of_chunk)
            }
            Entry::StockAdjusted(entry) => {
                self.stock_adjusted(lines, (record, entry), rows_of_chunk).map(Some)
            }
            Entry::StockCountStarted(_)
            | Entry::StockCountEntered(_)
            | Entry::StockCountFinished(_)
            | Entry::StockCountCancelled(_) => {
                let of = (record, self.shop.branch_of_register(record.register_id));
                let (id, changes) = self.stock_counts.apply(&mut lines.stock, of, &mut self.stock_ledgers)?;
                rows_of_chunk.stock_changes.extend(changes);
                Ok(Some((DocumentKind::StockCount, id)))
            }
            Entry::ShiftOpened(entry) => self.shift_opened(lines, entry, rows_of_chunk).map(Some),
            Entry::GrantGiven(entry) => {
                let branch_id = self.branch_of(record)?;
                entry.pin.iter().try_for_each(|pin| self.people.pin(Some(pin)))?;
                self.approvals.given(&mut lines.approvals, record, branch_id, entry).map(|()| None)
            }
            Entry::ShiftActivity(entry) => self.shifts.active(entry).map(|()| None),
            Entry::ShiftHandedOver(entry) => {
                let count = entry.count.as_ref();
                self.shift_changed(lines, entry.shift.as_ref(), count, &entry.movements, rows_of_chunk)
                    .map(Some)
            }
            Entry::ShiftEnded(entry) => self
                .shift_changed(lines, entry.shift.as_ref(), None, &entry.movements, rows_of_chunk)
                .map(Some),
            Entry::ShiftCounted(entry) => self
                .shift_changed(lines, entry.shift.as_ref(), entry.count.as_ref(), &[], rows_of_chunk)
                .map(|_| None),
            Entry::ShiftClosed(entry) => {
                let (kind, shift_id) = self.shift_closed(lines, entry, rows_of_chunk)?;
                let deed = Deed::Close { shift_id };
                self.approvals.used(&mut lines.approvals, record, &deed, &entry.approvals)?;
                Ok(Some((kind, shift_id)))
            }
            Entry::Sale(entry) => {
                let rows = self.sold(lines, entry, rows_of_chunk)?;
                returns::prove_exchange(&mut lines.returns, None, Some(&rows));
                self.approvals.used(&mut lines.approvals, record, &Deed::Sale(&rows), &entry.approvals)?;
                Ok(Some(rows_of_chunk.order(rows)))
            }
            Entry::Return(entry) => {
                let rows = self.returned(lines, entry, rows_of_chunk)?;
                returns::prove_exchange(&mut lines.returns, Some(&rows), None);
                self.approvals.used(&mut lines.approvals, record, &Deed::Return(&rows), &entry.approvals)?;
                Ok(Some(rows_of_chunk.order(rows)))
            }
            Entry::Exchange(entry) => self.exchanged(lines, (record, entry), rows_of_chunk).map(Some),
            Entry::ReceiptPrinted(entry) => {
                self.copies.printed(&mut lines.copies, entry)?;
                if let Some(shift_id) = record::optional_id(&entry.shift_id, "shift_id")? {
                    let total = entry.total.as_ref().map_or(0, |total| total.amount_minor);
                    self.shifts.count(shift_id, Counter::Copies, total);
                }
                Ok(None)
            }
            Entry::DraftDiscarded(entry) => {
                let id = self.drafts.discarded(&mut lines.drafts, entry)?;
                if let Some(shift_id) = record::optional_id(&entry.shift_id, "shift_id")? {
                    self.shifts.count(shift_id, Counter::Corrections, 0);
                }
                Ok(Some((DocumentKind::Draft, id)))
            }
            Entry::ClockedIn(entry) => {
                let branch_id = self.branch_of(record)?;
                let id = self.attendance.clocked_in(&mut lines.attendance, record, branch_id, entry)?;
                Ok(Some((DocumentKind::Attendance, id)))
            }
            Entry::ClockedOut(entry) => {
                let branch_id = self.branch_of(record)?;
                let id = self.attendance.clocked_out(&mut lines.attendance, record, branch_id, entry)?;
                Ok(Some((DocumentKind::Attendance, id)))
            }
            Entry::CashMoved(_)
            | Entry::DrawerOpened(_)
            | Entry::CashSent(_)
            | Entry::CashReceived(_)
            | Entry::DrawerReconciled(_) => {
                let (document, movement) = self.cash.apply(&mut lines.drawer, record, &mut self.shifts)?;
                if let Some((deed, approvals)) = cash::approved(record, movement.as_ref())? {
                    self.approvals.used(&mut lines.approvals, record, &deed, approvals)?;
                }
                self.moved(movement.into_iter().collect(), rows_of_chunk);
                Ok(document)
            }
        }?;
        if let Some(branch_id) = self.shop.branch_of_register(record.register_id) {
            rows_of_chunk.events.extend(self.events.of(&mut lines.events, record, branch_id));
        }
        let header = &record.header;
        // The key of a request that was rejected is not kept: it may be sent again.
        let rejected = matches!(record.entry, Entry::ShiftCounted(_));
        // Told beside what made it so, whose record has the key's document.
        let beside = matches!(record.entry, Entry::LowStock(_));
        if !header.idempotency_key.is_empty() && !rejected && !beside {
            rows_of_chunk.keys.push(Recorded {
                key: (
                    record::id(&header.terminal_id, "terminal_id")?,
                    header.method.clone(),
                    header.idempotency_key.clone(),
                ),
                document,
                create_time: record.time()?,
            });
        }
        Ok(())
    }
}

impl Projection {
    /// The branch of the register that has a record.
    pub fn branch_of(&self, record: &Record) -> Result<Uuid, Unreadable> {
        let branch_id = self.shop.branch_of_register(record.register_id);
        branch_id.ok_or_else(|| Unreadable::new("register", "is not in the journal"))
    }

    /// Where a record was written.
    pub fn place<'a>(&self, record: &'a Record) -> Result<Place<'a>, Unreadable> {
        Ok(Place { record, branch_id: self.branch_of(record)? })
    }

    /// Whether the journal has a document.
    fn has_document(&self, kind: DocumentKind, id: Uuid) -> bool {
        match kind {
            DocumentKind::Order => self.orders.contains(id),
            DocumentKind::Shift => self.shifts.contains(id),
            DocumentKind::CashMovement => self.cash.has_moved(id),
            DocumentKind::CashTransfer => self.cash.has_sent(id),
            DocumentKind::Draft => self.drafts.contains(id),
            DocumentKind::Attendance => self.attendance.contains(id),
            DocumentKind::Customer => self.customers.contains(id),
            DocumentKind::Purchase => self.purchases.contains(id),
            DocumentKind::StockTransfer => self.stock_transfers.contains(id),
            DocumentKind::StockAdjustment => self.stock_adjustments.contains(id),
            DocumentKind::StockCount => self.stock_counts.contains(id),
            DocumentKind::Unspecified => false,
        }
    }

    /// Whether the journal has told of a register.
    pub fn knows(&self, register_id: Uuid) -> bool {
        self.shop.register_code(register_id).is_some()
    }

    /// Compares what only the whole journal tells, once all of it was read.
    pub fn compare(mut self, database: &Inspection, lines: &mut Lines) -> Result<(), Failure> {
        for (branch_id, last) in self.events.last(&mut lines.events) {
            self.shop.events_counted(branch_id, last);
        }
        self.events.others(database, &mut lines.events)?;
        self.orders.others(database, &mut lines.orders)?;
        self.drawers.add_up(database, &mut lines.drawer, &self.shop.register_ids())?;
        let branches = self.shop.branch_ids();
        for counted in self.drafts.prove(database, &mut lines.drafts, &branches)? {
            self.shop.drafts_counted(&counted);
        }
        let is_known = |kind, id| self.has_document(kind, id);
        for (branch_id, last) in keys::prove(database, &mut lines.keys, &branches, is_known)? {
            self.shop.keys_counted(branch_id, last);
        }
        self.approvals.compare(database, &mut lines.approvals)?;
        self.attendance.compare(database, &mut lines.attendance)?;
        self.cash.compare(database, &mut lines.drawer)?;
        self.copies.compare(database, &mut lines.copies, &self.orders)?;
        self.returns.compare(database, &mut lines.returns)?;
        self.numbers.compare(database, &mut lines.numbers)?;
        for register in self.shifts.compare(database, &mut lines.shifts)? {
            self.shop.reported(&register);
        }
        self.stock_transfers.compare(database, &mut lines.stock)?;
        self.stock_adjustments.compare(database, &mut lines.stock)?;
        self.stock_counts.compare(database, &mut lines.stock)?;
        let created = |product| self.catalogue.created(product);
        self.stock_ledgers.add_up(database, &mut lines.stock, created)?;
        self.purchases.compare(database, &mut lines.purchases)?;
        self.catalogue.compare(database, lines)?;
        self.customers.compare(database, &mut lines.customers)?;
        self.people.compare(database, lines)?;
        self.shop.compare(database, lines)
    }

    pub fn moved(&mut self, movements: Vec<cash_movement::Model>, rows_of_chunk: &mut ChunkRows) {
        for movement in &movements {
            self.shop.moved(movement);
            self.shifts.moved(movement);
        }
        rows_of_chunk.movements.extend(movements);
    }
}
