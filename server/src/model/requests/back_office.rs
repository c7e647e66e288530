//! What an office puts: products, customers, settings.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::Maker;
use crate::model::shop::{self, PRODUCTS};

/// How many customers come and go.
const CUSTOMERS: u64 = 12;

impl Maker<'_> {
    pub(super) fn products(&mut self) -> pb::PutProductsRequest {
        let count = self.random.from(1, 3);
        let numbers: Vec<u64> = (0..count).map(|_| self.random.below(PRODUCTS)).collect();
        let mut products: Vec<_> = numbers.iter().map(|number| shop::product(self.random, *number)).collect();
        if self.random.one_in(12)
            && let Some(product) = products.first_mut().and_then(|it| it.product.as_mut())
        {
            product.version = 1_000;
        }
        pb::PutProductsRequest { branch_id: String::new(), products, validate_only: self.random.one_in(8) }
    }

    pub(super) fn customer_id(&mut self) -> String {
        Uuid::from_u128(u128::from(5_000 + self.random.below(CUSTOMERS))).to_string()
    }

    pub(super) fn customers(&mut self) -> pb::PutCustomersRequest {
        let count = self.random.from(1, 3);
        let mut one = || {
            let customer_id = if self.random.one_in(6) { String::new() } else { self.customer_id() };
            let known = Uuid::try_parse(&customer_id).ok().and_then(|id| self.ledger.customers.get(&id));
            pb::Customer {
                customer_id,
                name: self.random.pick(&["Amal", "Ziad", "نور"]).unwrap_or_default().to_owned(),
                code: self.random.pick(&["", "", "C1", "C2", "C3"]).unwrap_or_default().to_owned(),
                phone: "+966 50 123".to_owned(),
                version: match self.random.below(8) {
                    0 => 1_000,
                    1 => known.map_or(0, |row| row.version),
                    _ => 0,
                },
                ..pb::Customer::default()
            }
        };
        pb::PutCustomersRequest { customers: (0..count).map(|_| one()).collect() }
    }

    pub(super) fn settings(&mut self) -> pb::PutSettingsRequest {
        let path = self.random.pick(&[
            "prices_include_tax",
            "tax_rounding",
            "rounding_mode",
            "cash_rounding",
            "blind_close",
            "currency_code",
            "time_zone",
        ]);
        let settings = pb::Settings {
            prices_include_tax: self.random.one_in(2),
            tax_rounding: 1 + i32::from(self.random.one_in(2)),
            rounding_mode: 1 + i32::from(self.random.one_in(2)),
            cash_rounding: Some(pb::CashRounding {
                unit_minor: self.random.pick(&shop::COINS).unwrap_or_default(),
                total: shop::mode(self.random),
                change: shop::mode(self.random),
                refund: shop::mode(self.random),
                small_coins: self.random.one_in(4),
            }),
            blind_close: self.random.one_in(2),
            currency_code: "USD".to_owned(),
            time_zone: self
                .random
                .pick(&["Etc/UTC", "Africa/Cairo", "Mars/Base"])
                .unwrap_or_default()
                .to_owned(),
            version: if self.random.one_in(8) { 1 } else { 0 },
            ..pb::Settings::default()
        };
        let paths = path.map(|it| vec![it.to_owned()]).unwrap_or_default();
        pb::PutSettingsRequest {
            settings: Some(settings),
            update_mask: Some(prost_types::FieldMask { paths }),
        }
    }
}
