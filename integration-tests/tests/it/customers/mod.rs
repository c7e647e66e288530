//! Customers: registered at the till, found again, sold to, forgotten.

mod forget;
mod register;
mod sales;

use kassa_client::{
    Reason,
    proto::v1::{self as pb, Customer, PutCustomersRequest, PutCustomersResponse},
};
use kassa_integration_tests::Shop;

fn reason<T: std::fmt::Debug>(refused: Result<T, kassa_client::Error>) -> Option<Reason> {
    refused.unwrap_err().reason()
}

fn named(name: &str) -> Customer {
    Customer { name: name.to_owned(), ..Default::default() }
}

/// Somebody with something in every field.
fn amal() -> Customer {
    Customer {
        code: "K-17".to_owned(),
        name: "Amal Haddad".to_owned(),
        name_ar: "أمل حدّاد".to_owned(),
        phone: "+966 50 123-4567".to_owned(),
        email: "Amal.Haddad@example.com".to_owned(),
        tax_number: "310122393500003".to_owned(),
        address: "12 Palm Street, Jeddah".to_owned(),
        note: "likes the crust".to_owned(),
        ..Default::default()
    }
}

async fn put(shop: &Shop, customers: Vec<Customer>) -> Result<PutCustomersResponse, kassa_client::Error> {
    let put = shop.kassa.customers().put_customers(PutCustomersRequest { customers }).await;
    put.map(kassa_client::Answer::into_inner)
}

/// Registers somebody, and gives their id.
async fn registered(shop: &Shop, customer: Customer) -> String {
    put(shop, vec![customer]).await.unwrap().customers.remove(0).customer_id
}

async fn get(shop: &Shop, customer_id: &str) -> Customer {
    let request = pb::GetCustomerRequest { customer_id: customer_id.to_owned(), ..Default::default() };
    shop.kassa.customers().get_customer(request).await.unwrap().into_inner().customer.unwrap()
}

async fn forget(shop: &Shop, customer_id: &str) -> Customer {
    let request = pb::AnonymizeCustomerRequest { customer_id: customer_id.to_owned(), version: 0 };
    shop.kassa.customers().anonymize_customer(request).await.unwrap().into_inner().customer.unwrap()
}

/// All customers of a list, page by page, and the version of the copy.
async fn list(shop: &Shop, changed_since: &str, page_size: i32) -> (Vec<Customer>, String) {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let changed_since = changed_since.to_owned();
        let request = pb::ListCustomersRequest { page_size, page_token, changed_since };
        let page = shop.kassa.customers().list_customers(request).await.unwrap().into_inner();
        all.extend(page.customers);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return (all, page.customer_version);
        }
    }
}

async fn find(shop: &Shop, query: &str) -> Vec<(pb::CustomerMatch, String)> {
    let request = pb::FindCustomersRequest { query: query.to_owned(), page_size: 0 };
    let found = shop.kassa.customers().find_customers(request).await.unwrap().into_inner().customers;
    found.into_iter().map(|found| (found.r#match(), found.customer.unwrap().name)).collect()
}

async fn sell_to(shop: &Shop, customer_id: &str, words: &str) -> Result<pb::Order, kassa_client::Error> {
    let sale = pb::CompleteSaleRequest { customer_id: customer_id.to_owned(), ..shop.sale(words).await };
    shop.kassa.orders().complete_sale(sale).await.map(|sold| sold.into_inner().order.unwrap())
}

async fn receipt(shop: &Shop, order: &pb::Order) -> String {
    let request = pb::GetReceiptRequest { order_id: order.order_id.clone(), ..Default::default() };
    shop.kassa.orders().get_receipt(request).await.unwrap().into_inner().text
}
