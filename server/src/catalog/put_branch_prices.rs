//! Giving products prices of their own at a branch, or taking them away: all of a call, or none.

use std::collections::BTreeSet;

use kassa_proto::{
    money::Currency,
    v1::{self as pb, JournalKind, journal_record::Entry},
};
use uuid::Uuid;

use super::{
    convert::{branch_price_to_pb, price_change},
    named_product::NamedProduct,
    publish, version_text,
};
use crate::{
    access::scope::Named,
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input::{self, Amount},
    settings::{currency, shop},
    store::{
        engine::Scope,
        entity::{branch, branch_price, business, product},
    },
};

const MOST_PRICES: usize = 1_000;

/// Prices of a branch to be written.
#[derive(Debug)]
pub struct PutBranchPrices {
    branch: Named,
    prices: Vec<Draft>,
}

#[derive(Debug)]
struct Draft {
    number: usize,
    product: NamedProduct,
    /// None takes the branch's own price away.
    price: Option<Amount>,
    /// The version that is changed; 0 is any.
    version: i64,
}

impl PutBranchPrices {
    /// Checks the prices.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(request: pb::PutBranchPricesRequest) -> Result<Self, Error> {
        if request.prices.is_empty() {
            return Err(Error::invalid("prices", "has no price"));
        }
        input::at_most(&request.prices, MOST_PRICES, "prices")?;
        let drafts = request.prices.into_iter().enumerate().map(|(number, put)| {
            let path = |field: &str| path(number, field);
            Ok(Draft {
                number,
                product: NamedProduct::of_fields(&put.product_id, put.sku, path)?,
                price: input::amount(put.price, || path("price"))?,
                version: put.version,
            })
        });
        let prices = drafts.collect::<Result<_, Error>>()?;
        Ok(Self { branch: Named::parse(&request.branch_id), prices })
    }
}

fn path(number: usize, field: &str) -> String {
    format!("prices[{number}].{field}")
}

impl Posting for PutBranchPrices {
    const METHOD: &'static str = "kassa.v1.Catalog/PutBranchPrices";
    type Reply = pb::PutBranchPricesResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.branch.branch_read_set(caller, read_set);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        let branch_id = self.branch.known_branch(known, caller);
        for draft in &self.prices {
            draft.product.read_set(read_set);
            if let Some(key) = branch_id.zip(draft.product.known_id(known)) {
                read_set.row::<branch_price::Model>(key);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let business = shop(books, context.caller)?.clone();
        let branch: branch::Model = self.branch.branch(books, context.caller)?.clone();
        let mut prices = Prices {
            currency: currency(&business)?,
            branch_id: branch.id,
            version: business.catalog_version.saturating_add(1),
            now: to_micros(context.now),
            written: BTreeSet::new(),
            entry: pb::BranchPricesPutEntry { branch_code: branch.code, ..Default::default() },
        };
        for draft in &self.prices {
            prices.put(books, draft)?;
        }
        let Prices { written, mut entry, version, .. } = prices;
        let changed = entry.branch_prices.len();
        let mut reply = pb::PutBranchPricesResponse {
            changed_count: count(changed),
            unchanged_count: count(written.len().saturating_sub(changed)),
            catalog_version: version_text(&business),
        };
        if changed > 0 {
            reply.catalog_version = publish(books, &business, version)?;
            entry.catalog_version = version;
            let entry = Entry::BranchPricesPut(entry);
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        Ok(Decision::Done(reply))
    }
}

/// The prices of a branch while some are written.
struct Prices {
    currency: Currency,
    branch_id: Uuid,
    version: i64,
    now: i64,
    written: BTreeSet<Uuid>,
    entry: pb::BranchPricesPutEntry,
}

impl Prices {
    fn put(&mut self, books: &mut WorkingSet, draft: &Draft) -> Result<(), Stop> {
        let path = |field: &str| path(draft.number, field);
        let product: product::Model = draft.product.product(books, || path(draft.product.field()))?.clone();
        if !self.written.insert(product.id) {
            return Err(Error::invalid(path("product_id"), "stands twice in this call").into());
        }
        let price =
            draft.price.as_ref().map(|price| price.in_currency(self.currency.code(), || path("price")));
        let price = price.transpose()?;
        let before = books.get::<branch_price::Model>(&(self.branch_id, product.id))?;
        let version = before.map_or(0, |before| before.version);
        if draft.version != 0 && draft.version != version {
            let what = format!("the branch's price of {} is", product.sku);
            return Err(Error::version_mismatch(path("version"), &what, draft.version, version).into());
        }
        let before = before.and_then(|before| before.price);
        if before == price {
            return Ok(());
        }
        let row = branch_price::Model {
            branch_id: self.branch_id,
            product_id: product.id,
            price,
            version: self.version,
            update_time: self.now,
        };
        let [before, after] = [before, price].map(|own| own.unwrap_or(product.price));
        self.entry.price_changes.push(price_change(&product, before, after, self.currency));
        self.entry.branch_prices.push(branch_price_to_pb(
            self.branch_id,
            &product,
            Some(&row),
            self.currency,
        ));
        books.put(row)
    }
}

/// Of at most [`MOST_PRICES`].
fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}
