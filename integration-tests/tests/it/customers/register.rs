//! Registering, changing and finding.

use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, Customer, CustomerMatch, PutCustomersRequest, Role},
};
use kassa_integration_tests::Shop;

use super::{amal, find, get, list, named, put, reason, registered};
use crate::repeats::ten_times;

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_registers_customers_and_everybody_reads_them_again() {
    let shop = Shop::found().await;
    shop.user("hala", Role::Cashier).await;
    let till = shop.signed_in("hala", "R1").await;
    let chosen = kassa_client::new_id();
    let customers = vec![Customer { customer_id: chosen.clone(), ..amal() }, named("Ziad")];
    let reply = till.customers().put_customers(PutCustomersRequest { customers }).await.unwrap().into_inner();
    assert_eq!((reply.created_count, reply.updated_count, reply.unchanged_count), (2, 0, 0));
    assert_eq!(reply.customers[0].customer_id, chosen);

    let read = get(&shop, &chosen).await;
    assert!(read.create_time.is_some() && read.update_time == read.create_time);
    let person = Customer { customer_id: String::new(), version: 0, ..read.clone() };
    assert_eq!(Customer { create_time: None, update_time: None, ..person }, amal());
    let by_code = pb::GetCustomerRequest { code: "K-17".to_owned(), ..Default::default() };
    assert_eq!(till.customers().get_customer(by_code).await.unwrap().into_inner().customer, Some(read));

    // What is the same is not written; what differs is, whole.
    let moved =
        Customer { customer_id: chosen.clone(), address: "Riyadh".to_owned(), ..named("Amal Haddad") };
    let reply = put(&shop, vec![moved.clone()]).await.unwrap();
    assert_eq!((reply.created_count, reply.updated_count, reply.unchanged_count), (0, 1, 0));
    let again = put(&shop, vec![moved]).await.unwrap();
    assert_eq!((again.unchanged_count, &again.customers), (1, &reply.customers));
    let now = get(&shop, &chosen).await;
    assert_eq!((now.address.as_str(), now.phone.as_str(), now.version), ("Riyadh", "", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_brought_up_to_date_by_what_changed_since() {
    let shop = Shop::found().await;
    put(&shop, ["Amal", "Hala", "Ziad"].map(named).to_vec()).await.unwrap();
    let (everybody, version) = list(&shop, "", 2).await;
    assert_eq!(everybody.len(), 3, "each once, page by page");
    let ziad = everybody.iter().find(|customer| customer.name == "Ziad").unwrap();
    put(&shop, vec![Customer { phone: "050".to_owned(), ..ziad.clone() }, named("Nur")]).await.unwrap();
    let (changed, newer) = list(&shop, &version, 1).await;
    let mut names: Vec<&str> = changed.iter().map(|customer| customer.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Nur", "Ziad"]);
    assert_eq!(list(&shop, &newer, 0).await, (Vec::new(), newer));
    for (changed_since, refused) in [("7.1", Reason::EpochChanged), ("yesterday", Reason::InvalidField)] {
        let request =
            pb::ListCustomersRequest { changed_since: changed_since.to_owned(), ..Default::default() };
        assert_eq!(reason(shop.kassa.customers().list_customers(request).await), Some(refused));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_by_whatever_they_say_of_themselves() {
    let shop = Shop::found().await;
    let fatima =
        Customer {
            phone: "٠٥٠ ٩٩٩ ٨٨٧٧".to_owned(), code: "1234567".to_owned(), ..named("فاطمة الزهراء")
        };
    put(&shop, vec![amal(), fatima, named("Amalia 4567"), named("100% Amal_")]).await.unwrap();
    let only = |by: CustomerMatch, name: &str| vec![(by, name.to_owned())];
    use CustomerMatch::{Code as ByCode, Email, NamePrefix, Phone, PhoneEnd, Text};
    for query in ["+966501234567", "00966 50 123 4567", "0501234567", "501234567", "٠٥٠١٢٣٤٥٦٧"] {
        assert_eq!(find(&shop, query).await, only(Phone, "Amal Haddad"), "{query}");
    }
    // She is known without the country's code, and found with it.
    assert_eq!(find(&shop, "+966 50 999 8877").await, only(Phone, "فاطمة الزهراء"));
    assert_eq!(
        find(&shop, "4567").await,
        [(PhoneEnd, "Amal Haddad".to_owned()), (Text, "Amalia 4567".to_owned())]
    );
    // A code is the best of all.
    assert_eq!(
        find(&shop, "1234567").await,
        [(ByCode, "فاطمة الزهراء".to_owned()), (Phone, "Amal Haddad".to_owned())]
    );
    assert_eq!(find(&shop, "K-17").await, only(ByCode, "Amal Haddad"));
    assert_eq!(find(&shop, "amal.haddad@EXAMPLE.com").await, only(Email, "Amal Haddad"));
    assert_eq!(find(&shop, "haddad amal").await, only(Text, "Amal Haddad"));
    assert_eq!(find(&shop, "امل حداد").await, only(NamePrefix, "Amal Haddad"));
    assert_eq!(find(&shop, "الزهراء فاطمه").await, only(Text, "فاطمة الزهراء"));
    assert_eq!(find(&shop, "310122393500003").await, only(Text, "Amal Haddad"), "by the tax number");
    assert_eq!(
        find(&shop, "amal").await,
        [(NamePrefix, "Amal Haddad"), (NamePrefix, "Amalia 4567"), (Text, "100% Amal_")]
            .map(|(by, name)| (by, name.to_owned()))
    );
    // Wildcards mean themselves.
    assert_eq!(find(&shop, "%").await, only(Text, "100% Amal_"));
    assert_eq!(find(&shop, "nobody").await, []);
    let few = pb::FindCustomersRequest { query: "amal".to_owned(), page_size: 2 };
    let few = shop.kassa.customers().find_customers(few).await.unwrap();
    assert!(few.truncated && few.customers.len() == 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_same_customer_one_reads_again() {
    let shop = Shop::found().await;
    let id = registered(&shop, named("Amal")).await;
    let version = get(&shop, &id).await.version;
    let change = |name: &str| {
        let customer = Customer { customer_id: id.clone(), version, ..named(name) };
        let request = PutCustomersRequest { customers: vec![customer] };
        shop.kassa.customers().put_customers(request).into_future()
    };
    let (one, other) = tokio::join!(change("Amal H."), change("Amal Haddad"));
    let refused: Vec<_> = [one.err(), other.err()].into_iter().flatten().collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].reason(), refused[0].code()), (Some(Reason::VersionMismatch), Code::Aborted));
    assert_eq!(refused[0].field_violations()[0].path, "customers[0].version");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_one_customers_also_where_two_tills_hand_it_out_at_once() {
    let shop = Shop::found().await;
    let tries = (0..10).map(|number| {
        let customer = Customer { code: "K-17".to_owned(), ..named(&format!("Customer {number}")) };
        shop.second_terminal()
            .customers()
            .put_customers(PutCustomersRequest { customers: vec![customer] })
            .into_future()
    });
    let answers = futures_util::future::join_all(tries).await;
    let made: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(made.len(), 1);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(
            (refused.reason(), refused.code()),
            (Some(Reason::CustomerCodeTaken), Code::AlreadyExists)
        );
        assert_eq!(refused.metadata("customer_id"), Some(made[0].customers[0].customer_id.as_str()));
    }
    assert_eq!(list(&shop, "", 0).await.0.len(), 1);
    // Whatever a rule says, the database has one customer of a code.
    let file = rusqlite::Connection::open(shop.database()).unwrap();
    let columns = "business_id, version, name, name_ar, phone, phone_digits, email, tax_number, address, note, \
                   search_text, salt, create_time, update_time, anonymize_time";
    let twice = format!(
        "INSERT INTO customers (id, code, {columns}) SELECT randomblob(16), code, {columns} FROM customers"
    );
    assert!(file.execute(&twice, []).unwrap_err().to_string().contains("UNIQUE"));
    // A code that somebody gives up is free, and many have none.
    let holder = Customer { customer_id: made[0].customers[0].customer_id.clone(), ..named("Amal") };
    put(&shop, vec![holder, named("Hala")]).await.unwrap();
    registered(&shop, Customer { code: "K-17".to_owned(), ..named("Ziad") }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_calls_under_one_key_register_one_customer_and_another_person_needs_another_key() {
    let mut shop = Shop::found().await;
    let request = |customer: Customer| PutCustomersRequest { customers: vec![customer] };
    let register =
        |shop: &Shop| shop.second_terminal().customers().put_customers(request(amal())).key("card");
    let answer = ten_times(&mut shop, register).await;
    let send = |customer: Customer| shop.kassa.customers().put_customers(request(customer)).key("card");
    assert_eq!(list(&shop, "", 0).await.0.len(), 1);
    // The key has no word of the person, and still knows another one.
    let phone = Customer { phone: "+966 50 123-4568".to_owned(), ..amal() };
    assert_eq!(reason(send(phone).await), Some(Reason::IdempotencyKeyReused));
    let chosen = Customer { customer_id: kassa_client::new_id(), ..amal() };
    assert_eq!(reason(send(chosen).await), Some(Reason::IdempotencyKeyReused));
    // Once somebody changed her since, the answer is still the first one, and nothing is written.
    let id = answer.customers[0].customer_id.clone();
    put(&shop, vec![Customer { customer_id: id.clone(), ..named("Amal") }]).await.unwrap();
    let again = send(amal()).await.unwrap();
    assert!(again.replayed());
    assert_eq!((again.into_inner(), get(&shop, &id).await.name.as_str()), (answer, "Amal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_is_refused_by_its_field_and_nothing_of_the_call_is_written() {
    let shop = Shop::found().await;
    let id = kassa_client::new_id();
    let with_id = |name: &str| Customer { customer_id: id.clone(), ..named(name) };
    let coded = |name: &str| Customer { code: "K-1".to_owned(), ..named(name) };
    let field = |change: fn(&mut Customer)| {
        let mut customer = named("Amal");
        change(&mut customer);
        vec![named("Hala"), customer]
    };
    let cases = [
        (Vec::new(), "customers"),
        (vec![named("x"); 501], "customers"),
        (field(|it| it.name = " ".to_owned()), "customers[1].name"),
        (field(|it| it.name = "x".repeat(201)), "customers[1].name"),
        (field(|it| it.name_ar = "خ".repeat(201)), "customers[1].name_ar"),
        (field(|it| it.code = "x".repeat(65)), "customers[1].code"),
        (field(|it| it.phone = "0".repeat(41)), "customers[1].phone"),
        (field(|it| it.phone = "none".to_owned()), "customers[1].phone"),
        (field(|it| it.email = "amal".to_owned()), "customers[1].email"),
        (field(|it| it.tax_number = "1".repeat(41)), "customers[1].tax_number"),
        (field(|it| it.address = "x".repeat(501)), "customers[1].address"),
        (field(|it| it.note = "x".repeat(1_001)), "customers[1].note"),
        (field(|it| it.note = "4111 1111 1111 1111".to_owned()), "customers[1].note"),
        (field(|it| it.customer_id = "K-17".to_owned()), "customers[1].customer_id"),
        (field(|it| it.version = 7), "customers[1].version"),
        (vec![with_id("Amal"), with_id("Hala")], "customers[1].customer_id"),
        (vec![coded("Amal"), coded("Hala")], "customers[1].code"),
    ];
    for (customers, path) in cases {
        let refused = put(&shop, customers).await.unwrap_err();
        assert_eq!(refused.field_violations()[0].path, path, "{refused}");
    }
    assert_eq!(list(&shop, "", 0).await.0, []);
    let customers = shop.kassa.customers();
    let nobody = pb::GetCustomerRequest { customer_id: id.clone(), ..Default::default() };
    let refused = customers.get_customer(nobody).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::CustomerNotFound), Code::NotFound));
    let nobody = pb::GetCustomerRequest { code: "K-99".to_owned(), ..Default::default() };
    assert_eq!(reason(customers.get_customer(nobody).await), Some(Reason::CustomerNotFound));
    assert_eq!(reason(customers.get_customer(Default::default()).await), Some(Reason::InvalidField));
    for query in ["", " ", &"x".repeat(201)] {
        let request = pb::FindCustomersRequest { query: query.to_owned(), page_size: 0 };
        assert_eq!(reason(customers.find_customers(request).await), Some(Reason::InvalidField));
    }
}
