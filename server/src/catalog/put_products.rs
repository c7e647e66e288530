//! Creating and changing products: all of a call, or none.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    goods::{barcode_key, sku_key},
    money::Currency,
    v1::{self as pb, JournalKind, journal_record::Entry},
};
use uuid::Uuid;

use super::{
    convert::{ProductDraft, price_change, product_to_pb},
    publish, same_code, version_text,
};
use crate::{
    access::scope::Named,
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input,
    settings::{currency, shop},
    stock_ledger,
    store::{
        engine::Scope,
        entity::{
            branch, business,
            product::{self, ProductIndex},
            product_barcode::{self, ProductBarcodeIndex},
        },
    },
};

const MOST_PRODUCTS: usize = 1_000;

/// Products to be written.
#[derive(Debug)]
pub struct PutProducts {
    branch: Named,
    products: Vec<ProductDraft>,
    validate_only: bool,
}

/// What became of a product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Created,
    Updated,
    Unchanged,
}

impl PutProducts {
    /// Checks the products.
    ///
    /// # Errors
    /// `INVALID_FIELD` and the like, for all bad products of the call as far as they fit.
    pub fn parse(request: pb::PutProductsRequest) -> Result<Self, Error> {
        if request.products.is_empty() {
            return Err(Error::invalid("products", "has no product"));
        }
        input::at_most(&request.products, MOST_PRODUCTS, "products")?;
        let mut products = Vec::with_capacity(request.products.len());
        let mut skus = BTreeSet::new();
        let mut ids = BTreeSet::new();
        let mut barcodes = BTreeSet::new();
        let mut refused: Option<Error> = None;
        for (number, put) in request.products.into_iter().enumerate() {
            let checked = ProductDraft::parse(put, number).and_then(|draft| {
                let twice = |field: &str| {
                    Error::invalid(format!("products[{number}].product.{field}"), "stands twice in this call")
                };
                let barcode = draft.barcodes.iter().find(|barcode| !barcodes.insert(barcode_key(barcode)));
                match draft.id {
                    _ if !skus.insert(sku_key(&draft.sku)) => Err(twice("sku")),
                    _ if barcode.is_some() => Err(twice("barcodes")),
                    Some(id) if !ids.insert(id) => Err(twice("product_id")),
                    _ => Ok(draft),
                }
            });
            match (checked, refused.take()) {
                (Ok(draft), before) => {
                    products.push(draft);
                    refused = before;
                }
                (Err(first), None) => refused = Some(first),
                (Err(next), Some(before)) => {
                    let fields = next.fields().iter().cloned();
                    refused = Some(fields.fold(before, |error, (path, what)| error.field(path, what)));
                }
            }
        }
        match refused {
            Some(error) => Err(error),
            None => Ok(Self {
                branch: Named::parse(&request.branch_id),
                products,
                validate_only: request.validate_only,
            }),
        }
    }
}

impl PutProducts {
    /// Before anything is written: what one product of the call gives up another may have.
    fn refuse_others_codes(&self, books: &WorkingSet) -> Result<(), Stop> {
        let mut wanted = same_code::Wanted::new();
        let mut found = Vec::with_capacity(self.products.len());
        for (number, draft) in self.products.iter().enumerate() {
            let existing = find(books, draft, number)?;
            wanted.extend(existing.map(|product| (product.id, draft)));
            found.push(existing);
        }
        for ((number, draft), existing) in self.products.iter().enumerate().zip(found) {
            same_code::refuse(books, (draft, number), existing, &wanted)?;
        }
        Ok(())
    }
}

impl Posting for PutProducts {
    const METHOD: &'static str = "kassa.v1.Catalog/PutProducts";
    type Reply = pb::PutProductsResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.branch.branch_read_set(caller, read_set);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        for draft in &self.products {
            let by_sku = ProductIndex::Sku(draft.sku.clone());
            let found = known.known_all::<product::Model>(&by_sku).first().map(|product| product.id);
            read_set.all::<product::Model>(by_sku);
            if let Some(id) = draft.id {
                read_set.row::<product::Model>(id);
            }
            if let Some(id) = draft.id.or(found) {
                read_set.all::<product_barcode::Model>(ProductBarcodeIndex::Product(id));
            }
            same_code::read_set(known, draft, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let business = shop(books, context.caller)?.clone();
        let branch: branch::Model = self.branch.branch(books, context.caller)?.clone();
        let mut catalogue = Catalogue {
            currency: currency(&business)?,
            branch_id: branch.id,
            version: business.catalog_version.saturating_add(1),
            now: to_micros(context.now),
            validate_only: self.validate_only,
            entry: pb::ProductsPutEntry::default(),
            reply: pb::PutProductsResponse::default(),
        };
        self.refuse_others_codes(books)?;
        for (number, draft) in self.products.iter().enumerate() {
            catalogue.put(books, context, draft, number)?;
        }
        let Catalogue { mut reply, mut entry, version, .. } = catalogue;
        let changed = !entry.products.is_empty();
        reply.catalog_version = version_text(&business);
        if changed && !self.validate_only {
            reply.catalog_version = publish(books, &business, version)?;
            entry.catalog_version = version;
            let entry = Entry::ProductsPut(entry);
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        Ok(Decision::Done(reply))
    }
}

/// A catalogue while products are put into it.
struct Catalogue {
    currency: Currency,
    branch_id: Uuid,
    version: i64,
    now: i64,
    validate_only: bool,
    entry: pb::ProductsPutEntry,
    reply: pb::PutProductsResponse,
}

impl Catalogue {
    fn put(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        draft: &ProductDraft,
        number: usize,
    ) -> Result<(), Stop> {
        let price =
            draft.price.in_currency(self.currency.code(), || format!("products[{number}].product.price"))?;
        let existing = find(books, draft, number)?.cloned();
        let row = self.row(context, draft, existing.as_ref(), price);
        let written = match &existing {
            None => Written::Created,
            Some(before) if same(before, &row) && active_barcodes(books, before.id)? == draft.barcodes => {
                Written::Unchanged
            }
            Some(_) => Written::Updated,
        };
        self.reply.product_ids.push(row.id.to_string());
        match written {
            Written::Created => self.reply.created_count += 1,
            Written::Updated => self.reply.updated_count += 1,
            Written::Unchanged => self.reply.unchanged_count += 1,
        }
        if written == Written::Unchanged || self.validate_only {
            return Ok(());
        }
        if let Some(before) = existing.filter(|before| before.price != price) {
            self.entry.price_changes.push(price_change(&row, before.price, price, self.currency));
        }
        self.entry.products.push(product_to_pb(&row, draft.barcodes.clone(), self.currency));
        let (id, created) = (row.id, written == Written::Created);
        if created {
            books.insert(row)?;
            self.open_stock(books, context, id, draft.opening_stock)?;
        } else {
            books.update::<product::Model, _>(&id, |product| {
                *product = row;
                Ok(())
            })?;
        }
        write_barcodes(books, id, &draft.barcodes, created)
    }

    fn row(
        &self,
        context: &Context,
        draft: &ProductDraft,
        existing: Option<&product::Model>,
        price: i64,
    ) -> product::Model {
        product::Model {
            id: existing.map(|product| product.id).or(draft.id).unwrap_or_else(|| context.new_id()),
            sku: draft.sku.clone(),
            name: draft.name.clone(),
            name_ar: draft.name_ar.clone(),
            price,
            tax_rate: draft.tax_rate.ten_thousandths(),
            category: draft.category.clone(),
            unit: draft.unit.clone(),
            stock_policy: draft.stock_policy.into(),
            version: self.version,
            search_text: draft.search_text(),
            create_time: existing.map_or(self.now, |product| product.create_time),
            update_time: self.now,
        }
    }

    /// What is on the shelf counts once: when the product is created.
    fn open_stock(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        product_id: Uuid,
        quantity: Quantity,
    ) -> Result<(), Stop> {
        self.entry.opening_stock.push(pb::OpeningStock {
            branch_id: self.branch_id.to_string(),
            product_id: product_id.to_string(),
            quantity: Some(quantity.into()),
        });
        stock_ledger::open(books, context, (self.branch_id, product_id), quantity)
    }
}

/// The product that a draft changes, if there is one: the one it names, or the one with its SKU.
fn find<'a>(
    books: &'a WorkingSet,
    draft: &ProductDraft,
    number: usize,
) -> Result<Option<&'a product::Model>, Stop> {
    let path = |field: &str| format!("products[{number}].product.{field}");
    let by_sku = books.find_one::<product::Model>(&ProductIndex::Sku(draft.sku.clone()))?;
    let existing = match draft.id {
        None => by_sku,
        Some(id) => {
            if by_sku.is_some_and(|other| other.id != id) {
                return Err(Error::invalid(path("sku"), "belongs to another product").into());
            }
            books.get::<product::Model>(&id)?
        }
    };
    let version = existing.map_or(0, |product| product.version);
    if draft.version != 0 && draft.version != version {
        let what = format!("{} is", draft.sku);
        return Err(Error::version_mismatch(path("version"), &what, draft.version, version).into());
    }
    Ok(existing)
}

/// Whether two rows say the same of a product.
fn same(before: &product::Model, after: &product::Model) -> bool {
    let after = product::Model { version: before.version, update_time: before.update_time, ..after.clone() };
    *before == after
}

fn active_barcodes(books: &WorkingSet, product_id: Uuid) -> Result<Vec<String>, Stop> {
    let rows = books.find::<product_barcode::Model>(&ProductBarcodeIndex::Product(product_id))?;
    let mut active: Vec<_> = rows.into_iter().filter(|row| row.active).collect();
    active.sort_by_key(|row| row.position);
    Ok(active.into_iter().map(|row| row.barcode.clone()).collect())
}

/// Rows of barcodes are never deleted: one that a product no longer has is not active.
fn write_barcodes(
    books: &mut WorkingSet,
    product_id: Uuid,
    barcodes: &[String],
    created: bool,
) -> Result<(), Stop> {
    let mut known = BTreeSet::new();
    if !created {
        let rows = books.find::<product_barcode::Model>(&ProductBarcodeIndex::Product(product_id))?;
        known = rows.into_iter().map(|row| row.barcode.clone()).collect();
    }
    for (barcode, position) in barcodes.iter().zip(0..) {
        let key = (product_id, barcode.clone());
        if known.remove(barcode) {
            books.update::<product_barcode::Model, _>(&key, |row| {
                (row.position, row.active) = (position, true);
                Ok(())
            })?;
        } else {
            let barcode = barcode.clone();
            books.insert(product_barcode::Model { product_id, barcode, position, active: true })?;
        }
    }
    for barcode in known {
        books.update::<product_barcode::Model, _>(&(product_id, barcode), |row| {
            row.active = false;
            Ok(())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::ErrorReason as Reason;

    use super::*;
    use crate::{books::testing::TestShop, store::entity::stock};

    fn product(sku: &str, price: i64, barcodes: &[&str]) -> pb::PutProduct {
        let product = pb::Product {
            sku: sku.to_owned(),
            name: sku.to_owned(),
            price: Some(pb::Money { amount_minor: price, ..Default::default() }),
            barcodes: barcodes.iter().map(|barcode| (*barcode).to_owned()).collect(),
            ..Default::default()
        };
        pb::PutProduct { product: Some(product), opening_stock: Some(pb::Decimal { value: "5".to_owned() }) }
    }

    fn put(shop: &mut TestShop, products: Vec<pb::PutProduct>) -> Result<pb::PutProductsResponse, Error> {
        let posting = PutProducts::parse(pb::PutProductsRequest { products, ..Default::default() })?;
        shop.decide(&posting)
    }

    fn counts(reply: &pb::PutProductsResponse) -> [i32; 3] {
        [reply.created_count, reply.updated_count, reply.unchanged_count]
    }

    #[test]
    fn products_are_matched_by_sku_and_opening_stock_counts_once() {
        let mut shop = TestShop::founded();
        let first = put(&mut shop, vec![product("bread", 2_00, &["1"]), product("milk", 1_00, &[])]).unwrap();
        assert_eq!(shop.stops, 0);
        let second =
            put(&mut shop, vec![product("milk", 1_00, &[]), product("bread", 3_00, &["1"])]).unwrap();
        assert_eq!((counts(&first), counts(&second)), ([2, 0, 0], [0, 1, 1]));
        assert_eq!((first.catalog_version.as_str(), second.catalog_version.as_str()), ("1.1", "1.2"));
        assert_eq!(first.product_ids[0], second.product_ids[1]);
        let bread = Uuid::try_parse(&first.product_ids[0]).unwrap();
        assert_eq!(shop.row::<product::Model>(&bread).price, 3_00);
        assert_eq!(shop.row::<stock::Model>(&(shop.caller.branch_id, bread)).quantity, 5_000);
        let Entry::ProductsPut(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!((recorded.products.len(), recorded.opening_stock.len()), (1, 0));
    }

    #[test]
    fn a_barcode_that_is_taken_away_finds_nothing_and_may_come_back() {
        let mut shop = TestShop::founded();
        let id = put(&mut shop, vec![product("bread", 2_00, &["1", "2"])]).unwrap().product_ids.remove(0);
        let id = Uuid::try_parse(&id).unwrap();
        let active = |shop: &TestShop, barcode: &str| {
            shop.row::<product_barcode::Model>(&(id, barcode.to_owned())).active
        };
        put(&mut shop, vec![product("bread", 2_00, &["2"])]).unwrap();
        assert!(!active(&shop, "1") && active(&shop, "2"));
        let back = put(&mut shop, vec![product("bread", 2_00, &["2", "1"])]).unwrap();
        assert!(active(&shop, "1"));
        assert_eq!(counts(&back), [0, 1, 0]);
        assert_eq!(counts(&put(&mut shop, vec![product("bread", 2_00, &["2", "1"])]).unwrap()), [0, 0, 1]);
    }

    #[test]
    fn a_barcode_that_another_product_has_is_refused_in_every_form_and_may_go_over_in_one_call() {
        let mut shop = TestShop::founded();
        put(&mut shop, vec![product("cola", 1_00, &["049000006346"]), product("milk", 1_00, &[])]).unwrap();
        for validate_only in [true, false] {
            for form in ["049000006346", "0049000006346", "00049000006346"] {
                let products = vec![product("water", 1_00, &[form])];
                let request = pb::PutProductsRequest { products, validate_only, ..Default::default() };
                let refused = shop.decide(&PutProducts::parse(request).unwrap()).unwrap_err();
                let (path, description) = &refused.fields()[0];
                assert_eq!(path, "products[0].product.barcodes");
                assert!(description.contains("a barcode of cola already"), "{description}");
            }
        }
        let swapped = vec![product("milk", 1_00, &["0049000006346"]), product("cola", 1_00, &[])];
        assert_eq!(counts(&put(&mut shop, swapped).unwrap()), [0, 2, 0]);
        let twice = put(&mut shop, vec![product("a", 1, &["7"]), product("b", 1, &["7"])]).unwrap_err();
        assert_eq!(twice.fields()[0].0, "products[1].product.barcodes");
        let both = put(&mut shop, vec![product("a", 1, &["049000006346", "0049000006346"])]).unwrap_err();
        assert_eq!(both.fields()[0].0, "products[0].product.barcodes");
    }

    #[test]
    fn products_that_shared_a_barcode_before_may_go_on() {
        let mut shop = TestShop::founded();
        let reply =
            put(&mut shop, vec![product("sweet", 1_00, &["7"]), product("salty", 1_00, &[])]).unwrap();
        let product_id = Uuid::try_parse(&reply.product_ids[1]).unwrap();
        shop.put(product_barcode::Model { product_id, barcode: "7".to_owned(), position: 0, active: true });
        assert_eq!(counts(&put(&mut shop, vec![product("salty", 2_00, &["7"])]).unwrap()), [0, 1, 0]);
        assert_eq!(counts(&put(&mut shop, vec![product("sweet", 1_00, &["7"])]).unwrap()), [0, 0, 1]);
    }

    #[test]
    fn skus_that_people_take_for_the_same_are_refused() {
        let mut shop = TestShop::founded();
        put(&mut shop, vec![product("Bread-É", 1_00, &[])]).unwrap();
        let refused = put(&mut shop, vec![product("bread-é", 1_00, &[])]).unwrap_err();
        assert!(refused.fields()[0].1.contains("differs from Bread-É"), "{:?}", refused.fields());
        for sign in ["\u{200f}", "\u{200b}", "\u{feff}"] {
            let refused = put(&mut shop, vec![product(&format!("mi{sign}lk"), 1_00, &[])]).unwrap_err();
            assert_eq!(refused.fields()[0].0, "products[0].product.sku", "{sign:?}");
        }
        let twins = put(&mut shop, vec![product("tea", 1_00, &[]), product("TEA", 1_00, &[])]).unwrap_err();
        assert_eq!(twins.fields()[0].0, "products[1].product.sku");
        assert_eq!(counts(&put(&mut shop, vec![product("Bread-É", 2_00, &[])]).unwrap()), [0, 1, 0]);
    }

    #[test]
    fn one_bad_product_refuses_the_whole_call_and_all_bad_ones_are_named() {
        let mut shop = TestShop::founded();
        let bad = vec![
            product("", 1, &[]),
            product("ok", 1, &[]),
            product("dear", 1, &["a b"]),
            product("ok", 2, &[]),
        ];
        let refused = put(&mut shop, bad).unwrap_err();
        let paths: Vec<_> = refused.fields().iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            ["products[0].product.sku", "products[2].product.barcodes", "products[3].product.sku"]
        );
        assert_eq!(shop.books.dirty(), 0);
    }

    #[test]
    fn a_version_that_is_old_and_an_sku_of_another_are_refused() {
        let mut shop = TestShop::founded();
        let ids = put(&mut shop, vec![product("bread", 2_00, &[]), product("milk", 1_00, &[])])
            .unwrap()
            .product_ids;
        let mut stale = product("bread", 9_00, &[]);
        stale.product.as_mut().unwrap().version = 7;
        assert_eq!(put(&mut shop, vec![stale]).unwrap_err().reason(), Reason::VersionMismatch);
        let mut thief = product("milk", 9_00, &[]);
        thief.product.as_mut().unwrap().product_id.clone_from(&ids[0]);
        assert_eq!(put(&mut shop, vec![thief]).unwrap_err().fields()[0].0, "products[0].product.sku");
    }

    #[test]
    fn validating_counts_and_changes_nothing() {
        let mut shop = TestShop::founded();
        let request = pb::PutProductsRequest {
            products: vec![product("bread", 2_00, &["1"])],
            validate_only: true,
            ..Default::default()
        };
        let reply = shop.decide(&PutProducts::parse(request).unwrap()).unwrap();
        assert_eq!((counts(&reply), shop.books.dirty()), ([1, 0, 0], 0));
        assert_eq!(reply.catalog_version, "1.0");
    }
}
