//! Receiving goods that another branch sent, or taking them back: once, and as they were counted.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Quantity,
    v1::{
        self as pb, ErrorReason as Reason, JournalKind, StockCause, StockTransferState, journal_record::Entry,
    },
};
use uuid::Uuid;

use super::{
    convert::{self, lines, whole},
    named_transfer::NamedTransfer,
    send_stock::MOST_LINES,
};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::lines::transfer_content,
    error::Error,
    input,
    stock_ledger::{self, Goods, StockLedger, cost},
    store::{engine::Scope, entity::stock_transfer},
};

const REASON: usize = 200;

/// Goods to be received.
#[derive(Debug)]
pub struct ReceiveStock {
    transfer: NamedTransfer,
    /// What was counted, by the lines' ids.
    counted: BTreeMap<Uuid, Counted>,
    reason: String,
}

/// What arrived of a line.
#[derive(Debug)]
struct Counted {
    /// Its place in the request.
    number: usize,
    received: Quantity,
    damaged: Quantity,
    reason: String,
}

fn path(number: usize, field: &str) -> String {
    format!("lines[{number}].{field}")
}

impl ReceiveStock {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ReceiveStockRequest) -> Result<Self, Error> {
        input::at_most(&request.lines, MOST_LINES, "lines")?;
        let mut counted = BTreeMap::new();
        for (number, line) in request.lines.into_iter().enumerate() {
            let id = input::required_id(&line.line_id, || path(number, "line_id"))?;
            if counted.insert(id, Counted::parse(number, line)?).is_some() {
                return Err(Error::invalid(path(number, "line_id"), "stands twice in this call"));
            }
        }
        Ok(Self {
            transfer: NamedTransfer::parse(&request.transfer_id)?,
            counted,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?,
        })
    }

    /// Writes down what arrived of a line, and says how much goes on the shelf.
    fn count(&self, line: &mut pb::StockTransferLine, counted: Option<&Counted>) -> Result<Quantity, Error> {
        let sent = sent_quantity(line)?;
        let Some(counted) = counted else {
            arrive(line, sent, Quantity::default(), Quantity::default());
            return Ok(sent);
        };
        let [received, damaged] = [counted.received, counted.damaged].map(Quantity::thousandths);
        let arrived = received.checked_add(damaged);
        let arrived = arrived.ok_or_else(|| Error::overflow(path(counted.number, "damaged_quantity")))?;
        let more = Quantity::from_thousandths(arrived.saturating_sub(sent.thousandths()));
        arrive(line, counted.received, counted.damaged, more);
        line.reason.clone_from(&counted.reason);
        let differs = damaged > 0 || more != Quantity::default();
        if differs && line.reason.trim().is_empty() {
            line.reason.clone_from(&self.reason);
        }
        if differs && line.reason.trim().is_empty() {
            let words = format!("is required: {sent} {} were sent", line.unit);
            return Err(Error::invalid(path(counted.number, "reason"), words));
        }
        Ok(counted.received)
    }

    /// Counts every line, and puts what is good on the shelf at its share of the cost.
    fn put(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        (ledger, cause): (&mut StockLedger, StockCause),
        lines: &mut [pb::StockTransferLine],
    ) -> Result<(), Stop> {
        let mut counted = self.counted.iter().collect::<BTreeMap<_, _>>();
        for line in lines {
            let counted = counted.remove(&stored_id(&line.line_id)?);
            let quantity = self.count(line, counted)?;
            if quantity == Quantity::default() {
                continue;
            }
            let product_id = stored_id(&line.product_id)?;
            let goods = Goods { product_id, cause, quantity, reason: &line.reason };
            let sent = sent_quantity(line)?;
            let cost = line.cost.as_ref().map(|cost| cost::share(cost.amount_minor, quantity, sent));
            ledger.put(books, context, &goods, cost, || {
                counted.map_or("lines".to_owned(), |it| path(it.number, "received_quantity"))
            })?;
        }
        match counted.into_values().next() {
            None => Ok(()),
            Some(other) => {
                Err(Error::invalid(path(other.number, "line_id"), "is no line of this transfer").into())
            }
        }
    }
}

impl Counted {
    fn parse(number: usize, line: pb::ReceiveStockLine) -> Result<Self, Error> {
        let at_least_zero = |quantity: Option<&pb::Decimal>, field: &str| {
            input::quantity_from_zero(quantity, || path(number, field))
        };
        let damaged = line.damaged_quantity.as_ref();
        let damaged = damaged.map(|damaged| at_least_zero(Some(damaged), "damaged_quantity"));
        Ok(Self {
            number,
            received: at_least_zero(line.received_quantity.as_ref(), "received_quantity")?,
            damaged: damaged.transpose()?.unwrap_or_default(),
            reason: input::free_line(line.reason, REASON, || path(number, "reason"))?,
        })
    }
}

/// Writes down what arrived of a line: so much more than was sent, or less where it is below zero.
fn arrive(line: &mut pb::StockTransferLine, received: Quantity, damaged: Quantity, more: Quantity) {
    let more = more.thousandths();
    let part = |thousandths: i64| Some(Quantity::from_thousandths(thousandths.max(0)).into());
    line.received_quantity = Some(received.into());
    line.damaged_quantity = Some(damaged.into());
    line.short_quantity = part(more.saturating_neg());
    line.over_quantity = part(more);
}

fn sent_quantity(line: &pb::StockTransferLine) -> Result<Quantity, Error> {
    let missing = || Error::internal("a line of a transfer has no quantity");
    Quantity::try_from(line.quantity.as_ref().ok_or_else(missing)?).map_err(Error::internal)
}

fn stored_id(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(Error::internal)
}

/// How a transfer ends when its goods come to this branch, which sent it or gets it.
fn end(row: &stock_transfer::Model, branch_id: Uuid) -> Result<(StockTransferState, StockCause), Error> {
    let state = StockTransferState::try_from(row.state).unwrap_or_default();
    if state != StockTransferState::Sent {
        let how = if state == StockTransferState::TakenBack { "taken back" } else { "received" };
        let message = format!("{} was {how} already", row.number);
        let error = Error::of_field(Reason::StockTransferReceived, "transfer_id", message);
        return Err(error.with("state", state.as_str_name()).with("number", &row.number));
    }
    Ok(if row.to_branch_id == branch_id {
        (StockTransferState::Received, StockCause::TransferIn)
    } else {
        (StockTransferState::TakenBack, StockCause::TransferBack)
    })
}

impl Posting for ReceiveStock {
    const METHOD: &'static str = "kassa.v1.Stock/ReceiveStock";
    type Reply = pb::ReceiveStockResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Stock);
        self.transfer.read_set(read_set);
        let Some(row) = self.transfer.known(known) else { return };
        convert::read_set(row, read_set);
        // What can't be read or found, `decide` refuses.
        for line in lines(row).unwrap_or_default() {
            if let Ok(product_id) = stored_id(&line.product_id) {
                stock_ledger::read_set(caller.branch_id, product_id, read_set);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let mut row = self.transfer.transfer(books, caller.branch_id)?.clone();
        let (state, cause) = end(&row, caller.branch_id)?;
        let mut lines = lines(&row)?;
        let mut ledger = StockLedger::of(caller.register_id, caller.branch_id, Some(row.id));
        self.put(books, context, (&mut ledger, cause), &mut lines)?;

        row.state = state.into();
        row.content = transfer_content(lines);
        row.reason.clone_from(&self.reason);
        row.receiver_user_id = Some(caller.user_id);
        row.receive_time = Some(to_micros(context.now));
        let transfer = Some(whole(books, &row)?);
        books.put(row)?;
        let entry = pb::StockReceivedEntry { transfer: transfer.clone(), stock: ledger.effects() };
        let entry = Entry::StockReceived(entry);
        journal::append(books, context, caller.register_id, entry)?;
        Ok(Decision::Done(pb::ReceiveStockResponse { transfer }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let not_found = || NamedTransfer::Id(document.id).not_found();
        let row = books.require::<stock_transfer::Model>(&document.id, not_found)?;
        Ok(pb::ReceiveStockResponse { transfer: Some(whole(books, row)?) })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::StockPolicy;

    use super::*;
    use crate::{
        books::testing::TestShop,
        stock_transfers::send_stock::SendStock,
        store::entity::{branch, stock},
    };

    const B2: Uuid = Uuid::from_u128(40);

    /// B1 and B2, and ten bags of rice at B1 that had cost 2.50 each.
    fn two_branches() -> (TestShop, Uuid) {
        let mut shop = TestShop::founded();
        let first = shop.row::<branch::Model>(&shop.caller.branch_id).clone();
        shop.put(branch::Model { id: B2, code: "B2".to_owned(), ..first });
        shop.put_register(Uuid::from_u128(41), "R2", B2);
        let rice = shop.put_product("rice", 4_00, StockPolicy::Allow, 10);
        let here = shop.caller.branch_id;
        shop.change::<stock::Model>(&(here, rice), |stock| stock.average_cost = Some(250_000));
        (shop, rice)
    }

    /// From now on at B2.
    fn go_to_b2(shop: &mut TestShop) {
        (shop.caller.branch_id, shop.caller.register_id) = (B2, Uuid::from_u128(41));
    }

    fn pieces(count: i64) -> Option<pb::Decimal> {
        Some(Quantity::from_thousandths(count * 1_000).into())
    }

    fn send(shop: &mut TestShop, count: i64) -> pb::StockTransfer {
        let product_id = "rice".to_owned();
        let request = pb::SendStockRequest {
            to_branch_id: "B2".to_owned(),
            lines: vec![pb::SendStockLine { product_id, quantity: pieces(count), ..Default::default() }],
            ..Default::default()
        };
        shop.decide(&SendStock::parse(request).unwrap()).unwrap().transfer.unwrap()
    }

    /// Receives a transfer of one line; nothing counted is all as it was sent.
    fn receive(
        shop: &mut TestShop,
        sent: &pb::StockTransfer,
        counted: Option<(i64, i64, &str)>,
    ) -> Result<pb::StockTransfer, Error> {
        let line = |(received, damaged, reason): (i64, i64, &str)| pb::ReceiveStockLine {
            line_id: sent.lines[0].line_id.clone(),
            received_quantity: pieces(received),
            damaged_quantity: pieces(damaged),
            reason: reason.to_owned(),
        };
        let transfer_id = sent.number.clone();
        let lines = counted.map(line).into_iter().collect();
        let request = pb::ReceiveStockRequest { transfer_id, lines, ..Default::default() };
        Ok(shop.decide(&ReceiveStock::parse(request)?)?.transfer.unwrap())
    }

    fn stock(shop: &TestShop, branch_id: Uuid, product: Uuid) -> (i64, Option<i64>) {
        let row: &stock::Model = shop.row(&(branch_id, product));
        (row.quantity, row.average_cost)
    }

    #[test]
    fn the_cost_of_goods_travels_with_them() {
        let (mut shop, rice) = two_branches();
        let sent = send(&mut shop, 4);
        assert_eq!(sent.lines[0].cost.as_ref().unwrap().amount_minor, 10_00);
        assert_eq!(stock(&shop, shop.caller.branch_id, rice), (6_000, Some(250_000)));

        go_to_b2(&mut shop);
        // Six bags that had cost 1.00 each are there already: 6.00 and 10.00 for ten are 1.60 each.
        let there = stock::Model { quantity: 6_000, change_count: 1, ..stock::Model::nothing(B2, rice) };
        shop.put(stock::Model { average_cost: Some(100_000), ..there });
        let received = receive(&mut shop, &sent, None).unwrap();
        assert_eq!(received.state(), StockTransferState::Received);
        assert_eq!(stock(&shop, B2, rice), (10_000, Some(160_000)));
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }

    #[test]
    fn what_does_not_arrive_takes_its_cost_with_it() {
        let (mut shop, rice) = two_branches();
        let sent = send(&mut shop, 4);
        go_to_b2(&mut shop);
        let received = receive(&mut shop, &sent, Some((2, 1, "a torn bag, and one is missing"))).unwrap();
        let line = &received.lines[0];
        let parts =
            [&line.received_quantity, &line.damaged_quantity, &line.short_quantity, &line.over_quantity];
        assert_eq!(parts.map(Clone::clone), [pieces(2), pieces(1), pieces(1), pieces(0)]);
        assert!(received.differs);
        assert_eq!(stock(&shop, B2, rice), (2_000, Some(250_000)));
    }

    #[test]
    fn one_more_than_was_sent_costs_as_much_as_the_others() {
        let (mut shop, rice) = two_branches();
        let sent = send(&mut shop, 4);
        go_to_b2(&mut shop);
        let received = receive(&mut shop, &sent, Some((5, 0, "one more"))).unwrap();
        assert_eq!(received.lines[0].over_quantity, pieces(1));
        assert_eq!(stock(&shop, B2, rice), (5_000, Some(250_000)));
    }

    #[test]
    fn what_differs_has_a_reason_and_what_is_received_is_received_once() {
        let (mut shop, rice) = two_branches();
        let sent = send(&mut shop, 4);
        let here = shop.caller.branch_id;
        for counted in [(3, 0, ""), (5, 0, " "), (3, 1, "")] {
            let refused = receive(&mut shop, &sent, Some(counted)).unwrap_err();
            assert_eq!(refused.fields()[0].0, "lines[0].reason", "{counted:?}");
        }
        let back = receive(&mut shop, &sent, Some((3, 0, "one was sold on the way"))).unwrap();
        assert_eq!(back.state(), StockTransferState::TakenBack);
        assert_eq!(stock(&shop, here, rice), (9_000, Some(250_000)));
        go_to_b2(&mut shop);
        assert_eq!(receive(&mut shop, &sent, None).unwrap_err().reason(), Reason::StockTransferReceived);
        shop.caller.branch_id = Uuid::from_u128(99);
        let third = receive(&mut shop, &sent, None).unwrap_err();
        assert_eq!(third.reason(), Reason::StockTransferNotFound);
    }

    #[test]
    fn quantities_at_the_edge_are_an_overflow_and_not_a_wrong_stock() {
        let (mut shop, _) = two_branches();
        let sent = send(&mut shop, 4);
        let most = i64::MAX / 1_000;
        let refused = receive(&mut shop, &sent, Some((most, most, "a wonder"))).unwrap_err();
        assert_eq!(refused.reason(), Reason::AmountOverflow);
        let refused = receive(&mut shop, &sent, Some((most, 0, "a wonder"))).unwrap_err();
        assert_eq!(
            (refused.reason(), refused.fields()[0].0.as_str()),
            (Reason::AmountOverflow, "lines[0].received_quantity")
        );
    }
}
