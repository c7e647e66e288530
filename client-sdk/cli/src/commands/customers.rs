//! `kassa customers`

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{
    AnonymizeCustomerRequest, Customer, CustomerMatch, FindCustomersRequest, GetCustomerRequest,
    ListCustomersRequest, ListCustomersResponse, PutCustomersRequest,
};

use crate::{
    failure::Failure,
    message::{self, word},
    output::Output,
    shop::Shop,
    table::{facts, table},
};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the customers
    List(List),
    /// Find customers by code, phone number, e-mail address, or words of their names
    Find(Find),
    /// Show one customer
    Show(One),
    /// Register a customer, or change what is given: `kassa customers put --name "Amal" --phone "050 123 4567"`
    Put(Put),
    /// Forget a person for good; what they bought stays in the books, without them
    Forget(One),
}

#[derive(Debug, Args)]
pub struct List {
    /// How many at most
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

#[derive(Debug, Args)]
pub struct Find {
    /// A code, a phone number or its end, an e-mail address, or words of a name
    #[arg(required = true)]
    query: Vec<String>,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

#[derive(Debug, Args)]
pub struct One {
    /// The customer's id or code
    customer: String,
}

#[derive(Debug, Args)]
pub struct Put {
    /// The customer to change; without one somebody is registered
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The name; needed for a new one
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The name in Arabic
    #[arg(long, value_name = "TEXT")]
    name_ar: Option<String>,
    /// The shop's own code, such as the number on a loyalty card
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The phone number
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The tax number, for receipts
    #[arg(long, value_name = "NUMBER")]
    tax_number: Option<String>,
    /// The address
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    /// A note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::List(list) => self::list(shop, &list, output).await,
        Command::Find(find) => self::find(shop, &find, output).await,
        Command::Show(one) => show(shop, &read(shop, &one.customer).await?, output).await,
        Command::Put(put) => self::put(shop, put, output).await,
        Command::Forget(one) => forget(shop, &one.customer, yes, output).await,
    }
}

/// Reads a customer by id or code.
async fn read(shop: &Shop, named: &str) -> Result<Customer, Failure> {
    let request = if is_id(named) {
        GetCustomerRequest { customer_id: named.to_owned(), ..Default::default() }
    } else {
        GetCustomerRequest { code: named.to_owned(), ..Default::default() }
    };
    let found = shop.call(shop.kassa.customers().get_customer(request)).await?;
    Ok(found.into_inner().customer.unwrap_or_default())
}

/// The id of a customer who is named by id or code; nobody's is empty.
pub async fn id(shop: &Shop, named: Option<&str>) -> Result<String, Failure> {
    match named {
        None => Ok(String::new()),
        Some(id) if is_id(id) => Ok(id.to_owned()),
        Some(code) => Ok(read(shop, code).await?.customer_id),
    }
}

/// A UUID, as no loyalty card has one.
fn is_id(text: &str) -> bool {
    let is_part = |(place, letter): (usize, char)| match place {
        8 | 13 | 18 | 23 => letter == '-',
        _ => letter.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.chars().enumerate().all(is_part)
}

async fn list(shop: &Shop, list: &List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListCustomersResponse::default();
    loop {
        let left = limit - all.customers.len();
        let request = ListCustomersRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            ..Default::default()
        };
        let page = shop.call(shop.kassa.customers().list_customers(request)).await?.into_inner();
        all.customers.extend(page.customers);
        all.next_page_token = page.next_page_token;
        all.customer_version = page.customer_version;
        if all.next_page_token.is_empty() || all.customers.len() >= limit {
            break;
        }
    }
    // Who was forgotten while this was read is nobody any more.
    all.customers.retain(|customer| customer.anonymize_time.is_none());
    output.json(|| message::to_json("ListCustomersResponse", &all))?;
    if all.customers.is_empty() {
        return output.text("no customers yet: `kassa customers put --name TEXT`");
    }
    // The server's order is that of changes; people look for a name.
    all.customers.sort_by(|one, other| one.name.cmp(&other.name));
    let mut table = table(&COLUMNS);
    for customer in &all.customers {
        table.add_row(cells(customer));
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}

async fn find(shop: &Shop, find: &Find, output: Output) -> Result<(), Failure> {
    let query = find.query.join(" ");
    let request = FindCustomersRequest { query: query.clone(), page_size: find.limit };
    let found = shop.call(shop.kassa.customers().find_customers(request)).await?;
    output.json(|| message::to_json("FindCustomersResponse", &*found))?;
    if found.customers.is_empty() {
        return output.text(format!("nobody is like `{query}`"));
    }
    let mut table = table(&[&["found by"], COLUMNS.as_slice()].concat());
    for found in &found.customers {
        let by = match found.r#match() {
            CustomerMatch::NamePrefix => "name".to_owned(),
            by => word(by.as_str_name(), "CUSTOMER_MATCH_"),
        };
        let customer = found.customer.clone().unwrap_or_default();
        table.add_row([by].into_iter().chain(cells(&customer)));
    }
    output.text(table.trim_fmt())?;
    if found.truncated {
        output.remark("there are more: give more words, or --limit");
    }
    Ok(())
}

async fn put(shop: &Shop, put: Put, output: Output) -> Result<(), Failure> {
    let mut customer = match &put.id {
        Some(id) => read(shop, id).await?,
        None => Customer::default(),
    };
    for (field, given) in [
        (&mut customer.name, put.name),
        (&mut customer.name_ar, put.name_ar),
        (&mut customer.code, put.code),
        (&mut customer.phone, put.phone),
        (&mut customer.email, put.email),
        (&mut customer.tax_number, put.tax_number),
        (&mut customer.address, put.address),
        (&mut customer.note, put.note),
    ] {
        if let Some(given) = given {
            *field = given;
        }
    }
    // The same command must make the same request, so that `--key` can repeat it.
    customer.version = 0;
    let customers = vec![customer];
    let answer = shop.call(shop.kassa.customers().put_customers(PutCustomersRequest { customers })).await?;
    output.json(|| message::to_json("PutCustomersResponse", &*answer))?;
    let written = answer.customers.first().cloned().unwrap_or_default();
    let what = match (answer.created_count, answer.updated_count) {
        (0, 0) => "was the same already",
        (0, _) => "is changed",
        _ => "is registered",
    };
    output.text(format!("customer {} {what}", written.customer_id))
}

async fn forget(shop: &Shop, named: &str, yes: bool, output: Output) -> Result<(), Failure> {
    let customer_id = id(shop, Some(named)).await?;
    let question = format!("Shop {}: forget customer {named} for good?", shop.settings().await?.name);
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request = AnonymizeCustomerRequest { customer_id: customer_id.clone(), version: 0 };
    let answer = shop.call(shop.kassa.customers().anonymize_customer(request)).await?;
    output.json(|| message::to_json("AnonymizeCustomerResponse", &*answer))?;
    output.text(format!(
        "customer {customer_id} is forgotten; backups that were made before still know who it was"
    ))
}

async fn show(shop: &Shop, customer: &Customer, output: Output) -> Result<(), Failure> {
    output.json(|| message::to_json("Customer", customer))?;
    let clock = shop.clock().await?;
    let mut rows = vec![
        ("name", customer.name.clone()),
        ("arabic name", customer.name_ar.clone()),
        ("code", customer.code.clone()),
        ("phone", customer.phone.clone()),
        ("e-mail", customer.email.clone()),
        ("tax number", customer.tax_number.clone()),
        ("address", customer.address.clone()),
        ("note", customer.note.clone()),
        ("customer id", customer.customer_id.clone()),
        ("version", customer.version.to_string()),
        ("registered", clock.show(customer.create_time.as_ref())),
        ("changed", clock.show(customer.update_time.as_ref())),
        ("forgotten", clock.show(customer.anonymize_time.as_ref())),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    output.text(facts(rows))
}

/// The names of the columns that all lists of customers have. Names may be Arabic: they come last.
const COLUMNS: [&str; 6] = ["code", "phone", "e-mail", "customer id", "name", "arabic name"];

fn cells(customer: &Customer) -> [String; 6] {
    let Customer { code, phone, email, customer_id, name, name_ar, .. } = customer;
    [code, phone, email, customer_id, name, name_ar].map(Clone::clone)
}
