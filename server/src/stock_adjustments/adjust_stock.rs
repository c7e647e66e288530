//! Adjusting the stock: all lines or none, each with its reason.

use kassa_proto::{
    decimal::Quantity,
    money::{Currency, MAX_AMOUNT_MINOR},
    v1::{
        self as pb, ApprovalAction, ErrorReason as Reason, JournalKind, StockAdjustmentReason, StockCause,
        journal_record::Entry,
    },
};
use uuid::Uuid;

use super::convert::{adjustment_to_pb, reason_text, value};
use crate::{
    access::approvals::{self, Wanted},
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    catalog::{named_product::NamedProduct, price_at},
    clock::to_micros,
    encoding::{lines::adjustment_lines, time::business_date},
    error::Error,
    input,
    settings::{currency, shop, shop_of_branch, time_zone},
    stock_ledger::{self, Goods, StockLedger},
    store::entity::{branch_price, business, product, stock_adjustment},
};

const MOST_LINES: usize = 500;
const NOTE: usize = 1_000;
/// It becomes the reason of a change of the stock.
const LINE_NOTE: usize = 200;

/// An adjustment to be made.
#[derive(Debug)]
pub struct AdjustStock {
    adjustment_id: Option<Uuid>,
    lines: Vec<Line>,
    note: String,
    grant_ids: Vec<Uuid>,
}

#[derive(Debug)]
struct Line {
    product: NamedProduct,
    quantity: Quantity,
    reason: StockAdjustmentReason,
    note: String,
}

impl AdjustStock {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::AdjustStockRequest) -> Result<Self, Error> {
        if request.lines.is_empty() {
            return Err(Error::invalid("lines", "has no line"));
        }
        input::at_most(&request.lines, MOST_LINES, "lines")?;
        let lines = request.lines.into_iter().enumerate().map(|(number, line)| Line::parse(number, line));
        Ok(Self {
            adjustment_id: input::id(&request.adjustment_id, || "adjustment_id".to_owned())?,
            lines: lines.collect::<Result<_, _>>()?,
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }

    fn free_id(&self, books: &WorkingSet, context: &Context) -> Result<Uuid, Stop> {
        let Some(id) = self.adjustment_id else { return Ok(context.new_id()) };
        if books.get::<stock_adjustment::Model>(&id)?.is_none() {
            return Ok(id);
        }
        let message = format!("the adjustment {id} is in the books already");
        Err(Error::of_field(Reason::StockAdjustmentExists, "adjustment_id", message).into())
    }

    /// Who adjusts more than their role may alone needs a grant for this adjustment.
    fn approve(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        row: &stock_adjustment::Model,
    ) -> Result<Option<pb::Approval>, Stop> {
        let wanted = Wanted {
            action: ApprovalAction::StockAdjustment,
            order_id: Some(row.id),
            amount: row.value,
            document_id: row.id,
            ..Wanted::default()
        };
        approvals::require(books, context, &self.grant_ids, &wanted)
    }
}

fn path(number: usize, field: &str) -> String {
    format!("lines[{number}].{field}")
}

impl Line {
    fn parse(number: usize, line: pb::AdjustStockLine) -> Result<Self, Error> {
        let path = |field: &'static str| move || path(number, field);
        let reason = match StockAdjustmentReason::try_from(line.reason) {
            Ok(StockAdjustmentReason::Unspecified) | Err(_) => {
                return Err(Error::invalid(path("reason")(), "is required"));
            }
            Ok(reason) => reason,
        };
        let quantity = input::quantity(line.quantity.as_ref(), path("quantity"))?;
        if let Some(wrong) = wrong_sign(reason, quantity) {
            return Err(Error::invalid(path("quantity")(), wrong));
        }
        Ok(Self {
            product: NamedProduct::parse(&line.product_id, path("product_id"))?,
            quantity,
            reason,
            note: input::free_lines(line.note, LINE_NOTE, path("note"))?,
        })
    }

    /// The line as the document has it, and its value at what the product costs at the branch.
    fn priced(
        &self,
        number: usize,
        (product, price): (&product::Model, i64),
        currency: Currency,
    ) -> Result<(i64, pb::StockAdjustmentLine), Error> {
        let value = value(price, self.quantity);
        let value = value.ok_or_else(|| Error::overflow(path(number, "quantity")))?;
        let line = pb::StockAdjustmentLine {
            product_id: product.id.to_string(),
            sku: product.sku.clone(),
            name: product.name.clone(),
            unit: product.unit.clone(),
            quantity: Some(self.quantity.into()),
            reason: self.reason.into(),
            note: self.note.clone(),
            unit_price: Some(pb::Money::new(currency, price)),
            value: Some(pb::Money::new(currency, value)),
        };
        Ok((value, line))
    }

    /// Moves the goods.
    fn carry_out(
        &self,
        number: usize,
        ledger: &mut StockLedger,
        books: &mut WorkingSet,
        context: &Context,
        product: &product::Model,
    ) -> Result<(), Stop> {
        let path = || path(number, "quantity");
        let size = self.quantity.thousandths().checked_abs().ok_or_else(|| Error::overflow(path()))?;
        let goods = Goods {
            product_id: product.id,
            cause: StockCause::Adjustment,
            quantity: Quantity::from_thousandths(size),
            reason: &reason_text(self.reason, &self.note),
        };
        if self.quantity.thousandths() < 0 {
            ledger.take(books, context, (product, &goods), path)?;
        } else {
            ledger.put(books, context, &goods, None, path)?;
        }
        Ok(())
    }
}

/// What is wrong with the sign of a quantity, for its reason.
fn wrong_sign(reason: StockAdjustmentReason, quantity: Quantity) -> Option<&'static str> {
    use StockAdjustmentReason::{Correction, Damaged, Expired, Found, Lost, OwnUse, Unspecified};
    match (reason, quantity.thousandths().signum()) {
        (_, 0) => Some("must not be zero"),
        (Damaged | Expired | Lost | OwnUse, 1) => Some("must be below zero: such goods are gone"),
        (Found, -1) => Some("must be above zero: such goods have turned up"),
        (Damaged | Expired | Lost | OwnUse | Found | Correction | Unspecified, _) => None,
    }
}

impl Posting for AdjustStock {
    const METHOD: &'static str = "kassa.v1.Stock/AdjustStock";
    type Reply = pb::AdjustStockResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        journal::read_set(read_set, caller.register_id, JournalKind::Stock);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        if let Some(id) = self.adjustment_id {
            read_set.row::<stock_adjustment::Model>(id);
        }
        for line in &self.lines {
            line.product.read_set(read_set);
            if let Some(product_id) = line.product.known_id(known) {
                stock_ledger::read_set(caller.branch_id, product_id, read_set);
                read_set.row::<branch_price::Model>((caller.branch_id, product_id));
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let shop = shop(books, caller)?;
        let (currency, zone) = (currency(shop)?, time_zone(shop)?);
        let id = self.free_id(books, context)?;

        let mut ledger = StockLedger::of(caller.register_id, caller.branch_id, Some(id));
        let mut lines = Vec::with_capacity(self.lines.len());
        let mut together = 0;
        for (number, line) in self.lines.iter().enumerate() {
            let product = line.product.product(books, || path(number, "product_id"))?.clone();
            let price = price_at(books, caller.branch_id, &product)?;
            let (value, priced) = line.priced(number, (&product, price), currency)?;
            together += value;
            if together > MAX_AMOUNT_MINOR {
                return Err(Error::overflow("lines").into());
            }
            line.carry_out(number, &mut ledger, books, context, &product)?;
            lines.push(priced);
        }
        let row = stock_adjustment::Model {
            id,
            branch_id: caller.branch_id,
            user_id: caller.user_id,
            business_date: business_date(context.now, zone),
            lines: adjustment_lines(&lines),
            line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
            note: self.note.clone(),
            value: together,
            create_time: to_micros(context.now),
        };
        let approvals = self.approve(books, context, &row)?.into_iter().collect();
        let adjustment = Some(adjustment_to_pb(&row, currency)?);
        books.insert(row)?;
        let entry =
            pb::StockAdjustedEntry { adjustment: adjustment.clone(), stock: ledger.effects(), approvals };
        let entry = Entry::StockAdjusted(entry);
        journal::append(books, context, caller.register_id, entry)?;
        Ok(Decision::Done(pb::AdjustStockResponse { adjustment }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let missing = || Error::internal(format_args!("the adjustment {} is gone", document.id));
        let row = books.require::<stock_adjustment::Model>(&document.id, missing)?;
        let currency = currency(shop_of_branch(books, row.branch_id)?)?;
        Ok(pb::AdjustStockResponse { adjustment: Some(adjustment_to_pb(row, currency)?) })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::StockPolicy;

    use super::*;
    use crate::{books::testing::TestShop, store::entity::stock};

    fn line(sku: &str, quantity: &str, reason: StockAdjustmentReason) -> pb::AdjustStockLine {
        pb::AdjustStockLine {
            product_id: sku.to_owned(),
            quantity: Some(pb::Decimal { value: quantity.to_owned() }),
            reason: reason.into(),
            note: String::new(),
        }
    }

    fn adjust(
        shop: &mut TestShop,
        lines: Vec<pb::AdjustStockLine>,
    ) -> Result<pb::AdjustStockResponse, Error> {
        shop.decide(&AdjustStock::parse(pb::AdjustStockRequest { lines, ..Default::default() })?)
    }

    #[test]
    fn an_adjustment_names_all_it_needs_and_moves_the_goods_with_their_reasons() {
        let mut shop = TestShop::founded();
        let milk = shop.put_product("milk", 1_50, StockPolicy::Block, 5);
        let lines = vec![
            line("milk", "-2", StockAdjustmentReason::Damaged),
            line("milk", "0.5", StockAdjustmentReason::Found),
        ];
        let adjusted = adjust(&mut shop, lines).unwrap().adjustment.unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!(adjusted.value.unwrap().amount_minor, 3_75);
        let stock: &stock::Model = shop.row(&(shop.caller.branch_id, milk));
        assert_eq!((stock.quantity, stock.change_count), (3_500, 3));
        let Entry::StockAdjusted(entry) = shop.last_entry(JournalKind::Stock) else { panic!("no entry") };
        let reasons: Vec<_> = entry.stock.iter().map(|effect| effect.reason.as_str()).collect();
        assert_eq!(reasons, ["DAMAGED", "FOUND"]);
    }

    #[test]
    fn a_sign_that_contradicts_its_reason_is_refused_by_its_path() {
        use StockAdjustmentReason::{Correction, Damaged, Expired, Found, Lost, OwnUse};
        let parse = |quantity: &str, reason| {
            let lines = vec![line("milk", "-1", Lost), line("milk", quantity, reason)];
            AdjustStock::parse(pb::AdjustStockRequest { lines, ..Default::default() })
        };
        for reason in [Damaged, Expired, Lost, OwnUse] {
            parse("-1", reason).unwrap();
            assert_eq!(parse("1", reason).unwrap_err().fields()[0].0, "lines[1].quantity");
        }
        assert_eq!(parse("-1", Found).unwrap_err().fields()[0].0, "lines[1].quantity");
        parse("1", Correction).unwrap();
        parse("-1", Correction).unwrap();
        for reason in [Damaged, Found, Correction] {
            assert_eq!(parse("0", reason).unwrap_err().fields()[0].0, "lines[1].quantity");
        }
    }

    #[test]
    fn amounts_beyond_the_limit_are_refused() {
        let mut shop = TestShop::founded();
        shop.put_product("gold", MAX_AMOUNT_MINOR, StockPolicy::Allow, 5);
        let found = |quantity: &str| line("gold", quantity, StockAdjustmentReason::Found);
        adjust(&mut shop, vec![found("1")]).unwrap();
        let refused = adjust(&mut shop, vec![found("1.001")]).unwrap_err();
        assert_eq!(
            (refused.reason(), refused.fields()[0].0.as_str()),
            (Reason::AmountOverflow, "lines[0].quantity")
        );
        let refused = adjust(&mut shop, vec![found("1"), found("0.001")]).unwrap_err();
        assert_eq!((refused.reason(), refused.fields()[0].0.as_str()), (Reason::AmountOverflow, "lines"));
    }
}
