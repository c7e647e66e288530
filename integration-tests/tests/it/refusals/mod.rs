//! Bad input: whatever is refused leaves every table of the database as it was, and says why in the
//! contract's words. The requests go over the [wire](crate::wire), for what must hold of each refusal
//! (one `ErrorInfo`, its size, the trailers) lies below what the client library shows.

mod access;
mod amounts;
mod bytes;
mod catalog;
mod deadlines;
mod lists;
mod payments;
mod sales;
mod settings;
mod sizes;

use kassa_client::{
    Reason,
    proto::v1::{self as pb, CompleteSaleRequest},
};
use kassa_integration_tests::Shop;
use prost::Message;

use crate::wire::{Refusal, Tables, Wire, difference};

/// A shop that refuses.
struct Refusing {
    shop: Shop,
    wire: Wire,
    tables: Tables,
}

impl Refusing {
    /// With an open shift and 100.00 in the drawer.
    async fn open() -> Self {
        Self::new(Shop::open().await)
    }

    fn new(shop: Shop) -> Self {
        Self { wire: Wire::to(&shop), tables: Tables::of(&shop), shop }
    }

    /// A call that must be refused and change nothing.
    async fn refuse(&self, what: &str, method: &str, message: &impl Message) -> Refusal {
        let before = self.tables.rows();
        let refusal = self.wire.call(method).send(message).await.refusal();
        let changed = difference(&before, &self.tables.rows());
        assert_eq!(changed, None, "{what}: it was refused, but this table changed");
        refusal
    }

    /// A sale of 7.99 that would be made as it is.
    async fn sale(&self) -> CompleteSaleRequest {
        self.shop.sale("2 x bread, 1 x juice, cash 20.00").await
    }

    /// Spoils a good sale in each of these ways: each is refused for this reason, at this field, and
    /// the next good sale goes on as if nothing had been.
    async fn refuse_sales(&self, cases: &[Spoilt]) {
        let good = self.sale().await;
        for Spoilt(what, spoil, reason, path) in cases {
            let mut sale = good.clone();
            spoil(&mut sale);
            let refusal = self.refuse(what, "Orders/CompleteSale", &sale).await;
            assert_eq!(refusal.place(), (*reason, *path), "{what}: {}", refusal.message);
        }
        self.assert_untouched().await;
    }

    /// The same, and a quote of such a cart is refused alike.
    async fn refuse_carts(&self, cases: &[Spoilt]) {
        self.refuse_sales(cases).await;
        let good = self.sale().await;
        for Spoilt(what, spoil, reason, path) in cases {
            let mut sale = good.clone();
            spoil(&mut sale);
            let CompleteSaleRequest { lines, discounts, tenders, .. } = sale;
            let quote = pb::QuoteOrderRequest { lines, discounts, tenders, ..Default::default() };
            let refusal = self.refuse(what, "Orders/QuoteOrder", &quote).await;
            assert_eq!(refusal.place(), (*reason, *path), "a quote with {what}: {}", refusal.message);
        }
    }

    /// Orders, drawer and stock as they were, through the client; and the next sale is the first.
    async fn assert_untouched(&self) {
        let shop = &self.shop;
        assert_eq!(shop.orders().await, []);
        assert_eq!(shop.in_the_drawer().await, 100_00);
        assert_eq!(shop.on_the_shelf("bread").await, "100000");
        assert_eq!(shop.on_the_shelf("juice").await, "1000");
    }
}

/// A good sale, spoilt: what it is called, how, and the reason and path of its refusal.
struct Spoilt(&'static str, fn(&mut CompleteSaleRequest), Reason, &'static str);

fn decimal(text: &str) -> Option<pb::Decimal> {
    Some(pb::Decimal { value: text.to_owned() })
}

fn minor(amount_minor: i64) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "USD".to_owned(), amount_minor })
}

fn euros(amount_minor: i64) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "EUR".to_owned(), amount_minor })
}

fn off(amount: Option<pb::Money>) -> pb::Discount {
    pb::Discount { name: String::new(), value: amount.map(pb::discount::Value::Amount) }
}

fn percent(text: &str) -> pb::Discount {
    pb::Discount { name: String::new(), value: decimal(text).map(pb::discount::Value::Percent) }
}
