//! Reading customers.

use kassa_proto::v1::{self as pb, CustomerMatch};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{customer_to_pb, not_found, version_text};
use crate::{
    caller::Caller,
    encoding::customer::{digits, folded},
    error::Error,
    input,
    page::{Page, changed_since, id_parts},
    readings::Reading,
    search::{contains, ends_with, ranked},
    settings::queries::business,
    store::entity::customer::{self, Column},
};

const QUERY: usize = 200;
/// So many digits are a phone number, whatever stands before them.
const NUMBER: usize = 7;
/// So many are the end of one.
const NUMBER_END: usize = 3;

/// Reads one customer, by id or code.
///
/// # Errors
/// `INVALID_FIELD`, `CUSTOMER_NOT_FOUND`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetCustomerRequest,
) -> Result<pb::GetCustomerResponse, Error> {
    let find = customer::of_business(caller.business_id);
    let (find, missing) = match input::id(&request.customer_id, || "customer_id".to_owned())? {
        Some(id) => (find.filter(Column::Id.eq(id)), not_found("customer_id", &id.to_string())),
        None if request.code.is_empty() => {
            return Err(Error::invalid("customer_id", "give a customer_id or a code"));
        }
        None => (find.filter(Column::Code.eq(&request.code)), not_found("code", "with this code")),
    };
    let found = find.one(database).await?.ok_or(missing)?;
    Ok(pb::GetCustomerResponse { customer: Some(customer_to_pb(&found)) })
}

/// Finds customers by code, phone number, e-mail address, words: the best first, each once.
///
/// # Errors
/// `INVALID_FIELD`.
pub async fn find(
    database: &Reading,
    caller: &Caller,
    request: pb::FindCustomersRequest,
    epoch: i64,
) -> Result<pb::FindCustomersResponse, Error> {
    let page =
        Page::parse("customers found", (request.page_size, ""), &pb::FindCustomersRequest::default(), epoch)?;
    let query = input::sought(request.query.trim().to_owned(), QUERY, || "query".to_owned())?;
    if query.is_empty() {
        return Err(Error::invalid("query", "must not be empty"));
    }
    let searches = searches(caller.business_id, &query);
    let (found, truncated) = ranked(database, &page, searches, |row: &customer::Model| row.id).await?;
    let customers = found.iter().map(|(kind, row)| pb::FoundCustomer {
        customer: Some(customer_to_pb(row)),
        r#match: (*kind).into(),
    });
    Ok(pb::FindCustomersResponse { customers: customers.collect(), truncated })
}

fn searches(business_id: Uuid, query: &str) -> Vec<(CustomerMatch, Select<customer::Entity>)> {
    let find = |condition: Condition| {
        let known = customer::of_business(business_id).filter(Column::AnonymizeTime.is_null());
        known.filter(condition).order_by_asc(Column::Name).order_by_asc(Column::Id)
    };
    let holds = |text: &str| contains(Column::SearchText, text);
    let small = folded(&query.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut searches = vec![(CustomerMatch::Code, find(Column::Code.eq(query).into()))];
    let number = phone_number(query);
    if let Some(number) = &number {
        searches.push((CustomerMatch::Phone, find(same_number(number))));
    }
    if query.contains('@') {
        let address = holds(&format!("\t{small}\n"));
        searches.push((CustomerMatch::Email, find(Condition::all().add(address))));
    }
    if let Some(number) = &number {
        let end = ends_with(Column::PhoneDigits, number);
        searches.push((CustomerMatch::PhoneEnd, find(Condition::all().add(end))));
    }
    let beginning = Condition::all().add(holds(&format!("\n{small}")));
    let words = small.split_whitespace().fold(Condition::all(), |all, word| all.add(holds(word)));
    searches.extend([(CustomerMatch::NamePrefix, find(beginning)), (CustomerMatch::Text, find(words))]);
    searches
}

/// The digits of what may be a phone number or its end.
fn phone_number(query: &str) -> Option<String> {
    let number = digits(query);
    let may_stand = |letter: char| letter.is_numeric() || " +-()./".contains(letter);
    (number.len() >= NUMBER_END && query.chars().all(may_stand)).then_some(number)
}

/// One is the other, but for the country's code before it.
fn same_number(number: &str) -> Condition {
    let shorter = (0..=number.len().saturating_sub(NUMBER)).filter_map(|start| number.get(start..));
    let same = Condition::any().add(Column::PhoneDigits.is_in(shorter));
    if number.len() < NUMBER { same } else { same.add(ends_with(Column::PhoneDigits, number)) }
}

/// A page of the customers that changed after a version, in the order of their last change. Who was
/// forgotten is only told to a copy that may have them: one to be brought up to date, or one that is being
/// made and has got them on an earlier page.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListCustomersRequest,
) -> Result<pb::ListCustomersResponse, Error> {
    // Read before the customers: what changes in between comes once more with the next version.
    let business = business(database, caller).await?;
    let since = changed_since(&request.changed_since, business.epoch)?;
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("customers", (size, &token), &request, business.epoch)?;
    let begun_at = page.after.as_deref().and_then(|after| after.get(3).copied());
    let begun_at = begun_at.unwrap_or(business.customer_version);
    let mut find = customer::of_business(business.id).filter(Column::Version.gt(since));
    if since == 0 {
        let known = Condition::any().add(Column::AnonymizeTime.is_null());
        find = find.filter(known.add(Column::Version.gt(begun_at)));
    }
    let rows = page.by_version(find, Column::Version, Column::Id).all(database).await?;
    let (rows, next_page_token) = page.cut(rows, |last| {
        let [high, low] = id_parts(last.id);
        vec![last.version, high, low, begun_at]
    });
    Ok(pb::ListCustomersResponse {
        customers: rows.iter().map(customer_to_pb).collect(),
        next_page_token,
        customer_version: version_text(&business),
    })
}
