//! The books as the journal makes them, while it is read.

use kassa_proto::v1::{self as pb, DocumentKind, journal_record::Entry};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    Lines,
    approvals::{Approvals, Deed},
    attendance::Attendances,
    cash::{self, Cash},
    catalogue::Catalogue,
    clock,
    copies::Copies,
    customers::Customers,
    drafts::Drafts,
    drawer::{self, Drawers},
    events::Events,
    journal::Record,
    keys::{self, Recorded},
    numbers::{BranchNumbered, Numbered, Numbers, of_branch, of_register},
    orders::Orders,
    people::People,
    purchases::Purchases,
    record::{self, Unreadable},
    returns::{self, Returns},
    shifts::Shifts,
    shop::Shop,
    stock::{self, Moving, Shelves},
    stock_adjustments::StockAdjustments,
    stock_counts::StockCounts,
    stock_transfers::{Place, StockTransfers},
    totals,
};
use crate::{
    encoding::{counter::Counter, order::OrderRows},
    store::entity::{cash_movement, event, stock_change},
};

/// The books as the journal makes them.
pub struct Projection {
    shop: Shop,
    approvals: Approvals,
    attendance: Attendances,
    people: People,
    events: Events,
    catalogue: Catalogue,
    shelves: Shelves,
    customers: Customers,
    purchases: Purchases,
    stock_transfers: StockTransfers,
    stock_adjustments: StockAdjustments,
    stock_counts: StockCounts,
    shifts: Shifts,
    drafts: Drafts,
    copies: Copies,
    orders: Orders,
    returns: Returns,
    drawers: Drawers,
    cash: Cash,
    numbers: Numbers,
}

/// What a chunk of records made; its rows are compared at once, and not kept.
#[derive(Default)]
struct Made {
    orders: Vec<OrderRows>,
    movements: Vec<cash_movement::Model>,
    keys: Vec<Recorded>,
    events: Vec<event::Model>,
    stock_changes: Vec<stock_change::Model>,
}

impl Made {
    /// An order, as the document that a key may have made.
    fn order(&mut self, rows: OrderRows) -> (DocumentKind, Uuid) {
        let id = rows.order.id;
        self.orders.push(rows);
        (DocumentKind::Order, id)
    }
}

impl Projection {
    /// Before the first record.
    pub fn new() -> Self {
        Self {
            shop: Shop::default(),
            approvals: Approvals::default(),
            attendance: Attendances::default(),
            people: People::default(),
            events: Events::new(),
            catalogue: Catalogue::default(),
            shelves: Shelves::default(),
            customers: Customers::default(),
            purchases: Purchases::default(),
            stock_transfers: StockTransfers::default(),
            stock_adjustments: StockAdjustments::default(),
            stock_counts: StockCounts::default(),
            shifts: Shifts::default(),
            drafts: Drafts::default(),
            copies: Copies::default(),
            orders: Orders::new(),
            returns: Returns::default(),
            drawers: Drawers::new(),
            cash: Cash::default(),
            numbers: Numbers::default(),
        }
    }

    /// Reads records, and compares the rows that no later record changes.
    pub async fn replay(
        &mut self,
        database: &impl ConnectionTrait,
        lines: &mut Lines,
        records: &[Record],
    ) -> Result<(), DbErr> {
        let mut made = Made::default();
        for record in records {
            if let Err(why) = self.apply(lines, record, &mut made) {
                record.unreadable(&mut lines.journal, &why);
            }
        }
        self.events.compare(database, &mut lines.events, made.events).await?;
        self.drawers.compare(database, &mut lines.drawer, made.movements).await?;
        self.shelves.compare(database, &mut lines.stock, made.stock_changes).await?;
        self.orders.compare(database, &mut lines.orders, made.orders).await?;
        keys::compare(database, &mut lines.keys, &made.keys).await
    }

    fn apply(&mut self, lines: &mut Lines, record: &Record, made: &mut Made) -> Result<(), Unreadable> {
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
                entry.opening_stock.iter().try_for_each(|opening| self.shelves.opened(opening))?;
                self.catalogue.put(entry).map(|()| None)
            }
            Entry::ClockChanged(entry) => clock::changed(record, entry).map(|()| None),
            Entry::LowStock(entry) => self.shelves.told(entry).map(|()| None),
            Entry::StockLevelsPut(entry) => self.shelves.levels_put(entry).map(|()| None),
            Entry::StockSent(entry) => self.stock_sent(lines, (record, entry), made).map(Some),
            Entry::StockReceived(entry) => {
                let (place, line) = (self.place(record)?, &mut lines.stock);
                let (row, changes) = self.stock_transfers.received(line, place, entry, &mut self.shelves)?;
                made.stock_changes.extend(changes);
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
                self.purchased(lines, record, made)
            }
            Entry::StockAdjusted(entry) => self.stock_adjusted(lines, (record, entry), made).map(Some),
            Entry::StockCountStarted(_)
            | Entry::StockCountEntered(_)
            | Entry::StockCountFinished(_)
            | Entry::StockCountCancelled(_) => {
                let of = (record, self.shop.branch_of_register(record.register_id));
                let (id, changes) = self.stock_counts.apply(&mut lines.stock, of, &mut self.shelves)?;
                made.stock_changes.extend(changes);
                Ok(Some((DocumentKind::StockCount, id)))
            }
            Entry::ShiftOpened(entry) => self.shift_opened(lines, entry, made).map(Some),
            Entry::GrantGiven(entry) => {
                let branch_id = self.branch_of(record)?;
                entry.pin.iter().try_for_each(|pin| self.people.pin(Some(pin)))?;
                self.approvals.given(&mut lines.approvals, record, branch_id, entry).map(|()| None)
            }
            Entry::ShiftActivity(entry) => self.shifts.active(entry).map(|()| None),
            Entry::ShiftHandedOver(entry) => {
                let count = entry.count.as_ref();
                self.shift_changed(lines, entry.shift.as_ref(), count, &entry.movements, made).map(Some)
            }
            Entry::ShiftEnded(entry) => {
                self.shift_changed(lines, entry.shift.as_ref(), None, &entry.movements, made).map(Some)
            }
            Entry::ShiftCounted(entry) => {
                self.shift_changed(lines, entry.shift.as_ref(), entry.count.as_ref(), &[], made).map(|_| None)
            }
            Entry::ShiftClosed(entry) => {
                let (kind, shift_id) = self.shift_closed(lines, entry, made)?;
                let deed = Deed::Close { shift_id };
                self.approvals.used(&mut lines.approvals, record, &deed, &entry.approvals)?;
                Ok(Some((kind, shift_id)))
            }
            Entry::Sale(entry) => {
                let rows = self.sold(lines, entry, made)?;
                returns::prove_exchange(&mut lines.returns, None, Some(&rows));
                self.approvals.used(&mut lines.approvals, record, &Deed::Sale(&rows), &entry.approvals)?;
                Ok(Some(made.order(rows)))
            }
            Entry::Return(entry) => {
                let rows = self.returned(lines, entry, made)?;
                returns::prove_exchange(&mut lines.returns, Some(&rows), None);
                self.approvals.used(&mut lines.approvals, record, &Deed::Return(&rows), &entry.approvals)?;
                Ok(Some(made.order(rows)))
            }
            Entry::Exchange(entry) => self.exchanged(lines, (record, entry), made).map(Some),
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
                self.moved(movement.into_iter().collect(), made);
                Ok(document)
            }
        }?;
        if let Some(branch_id) = self.shop.branch_of_register(record.register_id) {
            made.events.extend(self.events.of(&mut lines.events, record, branch_id));
        }
        let header = &record.header;
        // The key of a request that was denied is not kept: it may be sent again.
        let denied = matches!(record.entry, Entry::ShiftCounted(_));
        // Told beside what made it so, whose record has the key's document.
        let beside = matches!(record.entry, Entry::LowStock(_));
        if !header.idempotency_key.is_empty() && !denied && !beside {
            made.keys.push(Recorded {
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
    fn branch_of(&self, record: &Record) -> Result<Uuid, Unreadable> {
        let branch_id = self.shop.branch_of_register(record.register_id);
        branch_id.ok_or_else(|| Unreadable::new("register", "is not in the journal"))
    }

    fn shift_opened(
        &mut self,
        lines: &mut Lines,
        entry: &pb::ShiftOpenedEntry,
        made: &mut Made,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let shift = entry.shift.as_ref().ok_or_else(|| Unreadable::new("shift", "is missing"))?;
        let shift = record::shift(shift)?;
        let movements = movements(&entry.movements)?;
        match &entry.counted_shift {
            None => drawer::prove_opening(&mut lines.drawer, &shift, &movements),
            Some(counted) => {
                let counted = record::shift(counted)?;
                drawer::prove_of_shift(&mut lines.drawer, &counted, &movements);
                self.shifts.changed(&mut lines.shifts, counted, entry.count.as_ref())?;
            }
        }
        let number = Numbered {
            table: "shifts",
            id: shift.id,
            prefix: of_register::SHIFTS,
            register_id: shift.register_id,
            register_code: self.shop.register_code(shift.register_id).unwrap_or_default(),
            business_date: shift.business_date,
            number: &shift.number,
        };
        self.numbers.issued(&mut lines.numbers, &number);
        let id = shift.id;
        self.shifts.opened(&mut lines.shifts, shift);
        self.moved(movements, made);
        Ok((DocumentKind::Shift, id))
    }

    fn stock_adjusted(
        &mut self,
        lines: &mut Lines,
        (record, entry): (&Record, &pb::StockAdjustedEntry),
        made: &mut Made,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let of = (record, self.shop.branch_of_register(record.register_id));
        let shelves = &mut self.shelves;
        let (row, changes) = self.stock_adjustments.adjusted(&mut lines.stock, of, entry, shelves)?;
        let deed = Deed::Adjustment(&row);
        self.approvals.used(&mut lines.approvals, record, &deed, &entry.approvals)?;
        made.stock_changes.extend(changes);
        Ok((DocumentKind::StockAdjustment, row.id))
    }

    /// A shift was handed over, has ended, or was counted.
    fn shift_changed(
        &mut self,
        lines: &mut Lines,
        shift: Option<&pb::Shift>,
        count: Option<&pb::ShiftCount>,
        moved: &[pb::CashMovement],
        made: &mut Made,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let shift = record::shift(shift.ok_or_else(|| Unreadable::new("shift", "is missing"))?)?;
        let movements = movements(moved)?;
        drawer::prove_of_shift(&mut lines.drawer, &shift, &movements);
        let id = shift.id;
        self.shifts.changed(&mut lines.shifts, shift, count)?;
        self.moved(movements, made);
        Ok((DocumentKind::Shift, id))
    }

    fn shift_closed(
        &mut self,
        lines: &mut Lines,
        entry: &pb::ShiftClosedEntry,
        made: &mut Made,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let (shift, count) = (entry.shift.as_ref(), entry.count.as_ref());
        let closed = self.shift_changed(lines, shift, count, &entry.movements, made)?;
        for movement in &entry.movements {
            self.shifts.dropped_at_close(movement);
        }
        self.shifts.reported(&mut lines.shifts, closed.1, entry)?;
        Ok(closed)
    }

    fn sold(
        &mut self,
        lines: &mut Lines,
        entry: &pb::SaleEntry,
        made: &mut Made,
    ) -> Result<OrderRows, Unreadable> {
        let training = entry.order.as_ref().is_some_and(|order| order.training);
        let prefix = if training { of_register::TRAINING } else { of_register::SALES };
        let mut rows = self.ordered(lines, entry.order.as_ref(), prefix)?;
        stock::costs(&mut rows, &entry.costs)?;
        let movements = movements(&entry.movements)?;
        self.shifts.sold(&mut lines.shifts, &rows);
        if training {
            drawer::prove_movements(&mut lines.drawer, &rows, &movements, &[]);
        } else {
            drawer::prove_sale(&mut lines.drawer, &rows, &movements);
            made.stock_changes.extend(self.shelves.sold(&mut lines.stock, &rows, &entry.stock)?);
        }
        self.moved(movements, made);
        self.drafts.sold(&mut lines.drafts, entry, rows.order.id)?;
        Ok(rows)
    }

    fn returned(
        &mut self,
        lines: &mut Lines,
        entry: &pb::ReturnEntry,
        made: &mut Made,
    ) -> Result<OrderRows, Unreadable> {
        let mut rows = self.ordered(lines, entry.order.as_ref(), of_register::RETURNS)?;
        stock::costs(&mut rows, &entry.costs)?;
        let movements = movements(&entry.movements)?;
        returns::prove_movements(&mut lines.drawer, &rows, &movements);
        self.returns.returned(&mut lines.returns, &rows);
        self.shifts.returned(&mut lines.shifts, &rows);
        made.stock_changes.extend(self.shelves.returned(&mut lines.stock, &rows, &entry.stock)?);
        self.moved(movements, made);
        Ok(rows)
    }

    /// A purchase was put, approved or cancelled.
    fn purchased(
        &mut self,
        lines: &mut Lines,
        record: &Record,
        made: &mut Made,
    ) -> Result<Option<(DocumentKind, Uuid)>, Unreadable> {
        let Some(recorded) = self.purchases.changed(&mut lines.purchases, record)? else { return Ok(None) };
        let row = &recorded.row;
        if matches!(record.entry, Entry::PurchaseApproved(_)) {
            let document = BranchNumbered {
                table: "purchases",
                id: row.id,
                prefix: of_branch::PURCHASES,
                branch_id: row.branch_id,
                branch_code: self.shop.branch_code(row.branch_id).unwrap_or_default(),
                business_date: row.business_date.unwrap_or_default(),
                number: row.number.as_deref().unwrap_or_default(),
            };
            self.numbers.issued_in_branch(&mut lines.numbers, &document);
        }
        self.shop.bought(row.branch_id);
        let moving = Moving { branch_id: row.branch_id, document_id: row.id, create_time: row.update_time };
        let changes = self.shelves.moved(&mut lines.stock, &moving, &recorded.moved, recorded.effects)?;
        made.stock_changes.extend(changes);
        Ok(Some((DocumentKind::Purchase, row.id)))
    }

    /// Goods were sent to another branch, under a number of their own branch.
    fn stock_sent(
        &mut self,
        lines: &mut Lines,
        (record, entry): (&Record, &pb::StockSentEntry),
        made: &mut Made,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let (place, line) = (self.place(record)?, &mut lines.stock);
        let (row, changes) = self.stock_transfers.sent(line, place, entry, &mut self.shelves)?;
        made.stock_changes.extend(changes);
        let number = BranchNumbered {
            table: "stock_transfers",
            id: row.id,
            prefix: of_branch::TRANSFERS,
            branch_id: row.from_branch_id,
            branch_code: self.shop.branch_code(row.from_branch_id).unwrap_or_default(),
            business_date: row.business_date,
            number: &row.number,
        };
        self.numbers.issued_in_branch(&mut lines.numbers, &number);
        Ok((DocumentKind::StockTransfer, row.id))
    }

    /// Where a record was written.
    fn place<'a>(&self, record: &'a Record) -> Result<Place<'a>, Unreadable> {
        Ok(Place { record, branch_id: self.branch_of(record)? })
    }

    /// Two orders of one record; its key made the sale.
    fn exchanged(
        &mut self,
        lines: &mut Lines,
        (record, entry): (&Record, &pb::ExchangeEntry),
        made: &mut Made,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let missing = || Unreadable::new("exchange", "lacks one of its orders");
        let (of_return, of_sale) =
            (entry.returned.as_ref().ok_or_else(missing)?, entry.sold.as_ref().ok_or_else(missing)?);
        let returned = self.returned(lines, of_return, made)?;
        let sold = self.sold(lines, of_sale, made)?;
        let approved =
            [(Deed::Return(&returned), &of_return.approvals), (Deed::Sale(&sold), &of_sale.approvals)];
        for (deed, approvals) in approved {
            self.approvals.used(&mut lines.approvals, record, &deed, approvals)?;
        }
        returns::prove_exchange(&mut lines.returns, Some(&returned), Some(&sold));
        made.order(returned);
        Ok(made.order(sold))
    }

    /// What is the same for every order: its sums, its number, its place in the branch.
    fn ordered(
        &mut self,
        lines: &mut Lines,
        order: Option<&pb::Order>,
        prefix: &'static str,
    ) -> Result<OrderRows, Unreadable> {
        let order = order.ok_or_else(|| Unreadable::new("order", "is missing"))?;
        let rows = record::order(order)?;
        totals::prove(&mut lines.totals, order, &rows, self.shop.currency(rows.order.branch_id));
        let number = Numbered {
            table: "orders",
            id: rows.order.id,
            prefix,
            register_id: rows.order.register_id,
            register_code: self.shop.register_code(rows.order.register_id).unwrap_or_default(),
            business_date: rows.order.business_date,
            number: &rows.order.receipt_number,
        };
        self.numbers.issued(&mut lines.numbers, &number);
        self.numbers.sold(&rows.order);
        self.shop.sold(&rows.order);
        Ok(rows)
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

    fn moved(&mut self, movements: Vec<cash_movement::Model>, made: &mut Made) {
        for movement in &movements {
            self.shop.moved(movement);
            self.shifts.moved(movement);
        }
        made.movements.extend(movements);
    }

    /// Whether the journal has told of a register.
    pub fn knows(&self, register_id: Uuid) -> bool {
        self.shop.register_code(register_id).is_some()
    }

    /// Compares what only the whole journal tells, once all of it was read.
    pub async fn compare(mut self, database: &impl ConnectionTrait, lines: &mut Lines) -> Result<(), DbErr> {
        for (branch_id, last) in self.events.last(&mut lines.events) {
            self.shop.events_counted(branch_id, last);
        }
        self.events.others(database, &mut lines.events).await?;
        self.orders.others(database, &mut lines.orders).await?;
        self.drawers.add_up(database, &mut lines.drawer, &self.shop.register_ids()).await?;
        let branches = self.shop.branch_ids();
        for counted in self.drafts.prove(database, &mut lines.drafts, &branches).await? {
            self.shop.drafts_counted(&counted);
        }
        let is_known = |kind, id| self.has_document(kind, id);
        for (branch_id, last) in keys::prove(database, &mut lines.keys, &branches, is_known).await? {
            self.shop.keys_counted(branch_id, last);
        }
        self.approvals.compare(database, &mut lines.approvals).await?;
        self.attendance.compare(database, &mut lines.attendance).await?;
        self.cash.compare(database, &mut lines.drawer).await?;
        self.copies.compare(database, &mut lines.copies, &self.orders).await?;
        self.returns.compare(database, &mut lines.returns).await?;
        self.numbers.compare(database, &mut lines.numbers).await?;
        for register in self.shifts.compare(database, &mut lines.shifts).await? {
            self.shop.reported(&register);
        }
        self.stock_transfers.compare(database, &mut lines.stock).await?;
        self.stock_adjustments.compare(database, &mut lines.stock).await?;
        self.stock_counts.compare(database, &mut lines.stock).await?;
        let created = |product| self.catalogue.created(product);
        self.shelves.add_up(database, &mut lines.stock, created).await?;
        self.purchases.compare(database, &mut lines.purchases).await?;
        self.catalogue.compare(database, lines).await?;
        self.customers.compare(database, &mut lines.customers).await?;
        self.people.compare(database, lines).await?;
        self.shop.compare(database, lines).await
    }
}

fn movements(movements: &[pb::CashMovement]) -> Result<Vec<cash_movement::Model>, Unreadable> {
    movements.iter().map(record::movement).collect()
}
