//! One identity for goods: a code that another product has, or that people take for another's, is refused.
//! What products have already stays theirs: twins of before are read, sold and written as they are.

use kassa_proto::goods::{barcode_forms, sku_key};
use uuid::Uuid;

use super::convert::ProductDraft;
use crate::{
    books::{ReadSet, Stop, WorkingSet},
    error::Error,
    store::entity::{
        product::{self, ProductIndex},
        product_barcode::{self, ProductBarcodeIndex},
    },
};

/// The products that have a barcode now, however it is written: those that have it as it is asked for or,
/// where none has, those that have the same number.
///
/// # Errors
/// [`Stop::MissingRows`] if they are not loaded.
pub fn with_barcode<'a>(
    books: &'a WorkingSet,
    barcode: &str,
) -> Result<Vec<&'a product_barcode::Model>, Stop> {
    let mut found = Vec::new();
    for form in barcode_forms(barcode) {
        let rows = books.find::<product_barcode::Model>(&ProductBarcodeIndex::Barcode(form.clone()))?;
        if form == barcode && !rows.is_empty() {
            return Ok(rows);
        }
        found.extend(rows);
    }
    found.sort_by_key(|row| row.product_id);
    found.dedup_by_key(|row| row.product_id);
    Ok(found)
}

/// The same, as far as they are known: for naming further needs.
pub fn known_with_barcode<'a>(known: &'a WorkingSet, barcode: &str) -> Vec<&'a product_barcode::Model> {
    let of = |form| known.known_all::<product_barcode::Model>(&ProductBarcodeIndex::Barcode(form));
    barcode_forms(barcode).into_iter().map(of).find(|rows| !rows.is_empty()).unwrap_or_default()
}

/// Names what [`with_barcode`] needs.
pub fn barcode_read_set(barcode: &str, read_set: &mut ReadSet) {
    for form in barcode_forms(barcode) {
        read_set.all::<product_barcode::Model>(ProductBarcodeIndex::Barcode(form));
    }
}

/// Names what [`refuse`] needs.
pub fn read_set(known: &WorkingSet, draft: &ProductDraft, read_set: &mut ReadSet) {
    // Each look by keys reads the whole catalogue: only an SKU that nothing has yet is looked for.
    let by_sku = ProductIndex::Sku(draft.sku.clone());
    if known.find::<product::Model>(&by_sku).is_ok_and(|found| found.is_empty()) {
        read_set.all::<product::Model>(ProductIndex::SkuKey(sku_key(&draft.sku)));
    }
    for barcode in &draft.barcodes {
        barcode_read_set(barcode, read_set);
        for form in barcode_forms(barcode) {
            let index = ProductBarcodeIndex::Barcode(form);
            for other in known.known_all::<product_barcode::Model>(&index) {
                read_set.row::<product::Model>(other.product_id);
            }
        }
    }
}

/// What the other products of the call are to have: a barcode may go from one to another in it.
pub type Wanted<'a> = std::collections::BTreeMap<Uuid, &'a ProductDraft>;

/// Refuses new codes of a draft that are another product's.
///
/// # Errors
/// `INVALID_FIELD` with the other product's SKU.
pub fn refuse(
    books: &WorkingSet,
    (draft, number): (&ProductDraft, usize),
    existing: Option<&product::Model>,
    wanted: &Wanted<'_>,
) -> Result<(), Stop> {
    let path = |field: &str| format!("products[{number}].product.{field}");
    let id = existing.map(|product| product.id);
    if existing.is_none_or(|product| product.sku != draft.sku) {
        let alike = books.find::<product::Model>(&ProductIndex::SkuKey(sku_key(&draft.sku)))?;
        let other = alike.into_iter().find(|other| Some(other.id) != id && other.sku != draft.sku);
        if let Some(other) = other {
            let description =
                format!("differs from {}, which another product has, by capital letters only", other.sku);
            return Err(Error::invalid(path("sku"), description).into());
        }
    }
    for barcode in &draft.barcodes {
        if let Some(other) = owner(books, barcode, id, wanted)? {
            let description =
                format!("{barcode} is a barcode of {other} already, and a barcode is one product's");
            return Err(Error::invalid(path("barcodes"), description).into());
        }
    }
    Ok(())
}

/// The SKU of another product that has a barcode and keeps it, unless the product had it before too.
fn owner(
    books: &WorkingSet,
    barcode: &str,
    id: Option<Uuid>,
    wanted: &Wanted<'_>,
) -> Result<Option<String>, Stop> {
    let forms = barcode_forms(barcode);
    let mut others = Vec::new();
    for form in &forms {
        for row in books.find::<product_barcode::Model>(&ProductBarcodeIndex::Barcode(form.clone()))? {
            if Some(row.product_id) == id {
                return Ok(None);
            }
            others.push(row.product_id);
        }
    }
    let keeps = |other: &Uuid| {
        wanted.get(other).is_none_or(|draft| draft.barcodes.iter().any(|wanted| forms.contains(wanted)))
    };
    match others.into_iter().find(keeps) {
        None => Ok(None),
        Some(other) => {
            let missing = || Error::internal("a barcode's product is gone");
            Ok(Some(books.require::<product::Model>(&other, missing)?.sku.clone()))
        }
    }
}
