//! A day of a shop that leaves something in every column of every table.

mod approvals;
mod catalog;
mod customers;
mod drafts;
mod drawer;
mod orders;
mod people;
mod purchases;
mod restore;
mod returns;
mod settings;
mod shifts;
mod stock;

use chrono::TimeDelta;
use kassa_client::proto::v1::{self as pb, Discount, Money, discount::Value};
use kassa_integration_tests::{Shop, usd};

use self::{
    approvals::approve,
    catalog::{price_at_the_branch, put_products},
    customers::sell_to_customers,
    drafts::keep_carts,
    drawer::{move_to_the_door, use_the_drawer},
    orders::{sell_for_card_with_discounts, sell_for_cash, sell_with_taxes_on_top, train_and_print},
    people::{come_to_work, employ},
    purchases::buy,
    restore::restore,
    returns::{exchange, give_back},
    settings::put_settings,
    shifts::close,
    stock::{count_the_shelves, put_levels, send_goods},
};

/// A shop after its day. Its server is stopped, so that its database is one file.
pub async fn day() -> Shop {
    let mut shop = Shop::found().await;
    put_settings(
        &shop,
        &[
            "name",
            "receipt_header",
            "receipt_footer",
            "cash_rounding",
            "time_zone",
            "blind_close",
            "idle_limit",
            "role_limits",
            "modules",
        ],
    )
    .await;
    put_products(&shop).await;
    put_levels(&shop).await;
    price_at_the_branch(&shop).await;
    employ(&shop).await;
    shop.clock.advance(TimeDelta::minutes(7));
    shop.open_shift("100.00").await;
    let joined = shop.open_shift("0").await;
    assert!(joined.joined, "a key that has no record");

    sell_for_cash(&shop).await;
    sell_for_card_with_discounts(&shop).await;
    put_settings(&shop, &["prices_include_tax", "tax_rounding", "rounding_mode"]).await;
    sell_with_taxes_on_top(&shop).await;

    shop.stop().await.unwrap();
    std::fs::remove_file(shop.data().join("keys/local.token")).unwrap();
    shop.start().await;
    shop.clock.advance(TimeDelta::hours(1));
    shop.sell("1 x milk, 1 x honey, card 12.51").await;
    give_back(&shop).await;
    sell_to_customers(&shop).await;
    keep_carts(&shop).await;
    exchange(&shop).await;
    buy(&shop).await;
    train_and_print(&shop).await;
    use_the_drawer(&shop).await;
    send_goods(&shop).await;
    approve(&shop).await;
    come_to_work(&shop).await;
    count_the_shelves(&shop).await;
    close(&shop).await;
    move_to_the_door(&shop).await;
    restore(&shop).await;
    shop.stop().await.unwrap();
    shop
}

fn minor(amount_minor: i64) -> Money {
    Money { amount_minor, ..usd("0") }
}

fn amount(name: &str, text: &str) -> Discount {
    Discount { name: name.to_owned(), value: Some(Value::Amount(usd(text))) }
}

fn percent(name: &str, text: &str) -> Discount {
    Discount { name: name.to_owned(), value: Some(Value::Percent(pb::Decimal { value: text.to_owned() })) }
}
