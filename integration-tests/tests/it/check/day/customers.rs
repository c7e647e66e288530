//! Customers.

use chrono::TimeDelta;
use kassa_client::proto::v1::{self as pb, CompleteSaleRequest};
use kassa_integration_tests::Shop;

/// Two people with something in every field, of whom one changes, buys and stays, and one is forgotten.
pub async fn sell_to_customers(shop: &Shop) {
    let person = |name: &str, code: &str| pb::Customer {
        code: code.to_owned(),
        name: name.to_owned(),
        name_ar: "أمل".to_owned(),
        phone: "+966 50 123 4567".to_owned(),
        email: "amal@example.com".to_owned(),
        tax_number: "310122393500003".to_owned(),
        address: "12 Palm Street".to_owned(),
        note: "likes the crust".to_owned(),
        ..Default::default()
    };
    let put = async |customers| {
        shop.clock.advance(TimeDelta::seconds(7));
        let request = pb::PutCustomersRequest { customers };
        shop.kassa.customers().put_customers(request).await.unwrap().into_inner().customers
    };
    let made = put(vec![person("Amal Haddad", "K-17"), person("Ziad", "K-18")]).await;
    let [amal, ziad] = [0, 1].map(|place| made[place].customer_id.clone());
    put(vec![pb::Customer { customer_id: amal.clone(), ..person("Amal H.", "K-19") }]).await;
    for customer_id in [amal, ziad.clone()] {
        let sale = CompleteSaleRequest { customer_id, ..shop.sale("1 x bread, cash 5.00").await };
        shop.kassa.orders().complete_sale(sale).await.unwrap();
    }
    shop.clock.advance(TimeDelta::seconds(7));
    let forget = pb::AnonymizeCustomerRequest { customer_id: ziad, version: 0 };
    shop.kassa.customers().anonymize_customer(forget).await.unwrap();
}
