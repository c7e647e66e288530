//! What was stored before there was a rule that it breaks. It is read, sold and printed as before, and no upgrade
//! fails for it; `kassa doctor` lists it, so that people can change it when they have the time.

use std::collections::BTreeMap;

use kassa_proto::{
    goods::{barcode_key, sku_key},
    v1 as pb,
};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IdenStatic as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::ColumnType,
};
use uuid::Uuid;

use crate::{
    admin::put_users::look_of,
    catalog::convert::without_invisible,
    error::Error,
    input::{self, writing::on_one_line},
    readings::Reading,
    store::entity::{
        branch, business, customer, product, product_barcode, purchase, register, terminal, user,
    },
};

/// As many are listed; all are counted.
const MOST: usize = 100;
/// A text may be as long as it is: how long one may be has not changed.
const ANY_LENGTH: usize = usize::MAX;

type Rule = fn(String) -> Result<String, Error>;

fn line(text: String) -> Result<String, Error> {
    input::line(text, ANY_LENGTH, String::new)
}

fn lines(text: String) -> Result<String, Error> {
    input::lines(text, ANY_LENGTH, String::new)
}

fn free_lines(text: String) -> Result<String, Error> {
    input::free_lines(text, ANY_LENGTH, String::new)
}

fn sku(text: String) -> Result<String, Error> {
    without_invisible(line(text)?, String::new)
}

/// What was found, the first of it by name.
#[derive(Default)]
pub struct OldRows {
    /// How many there are.
    pub count: i64,
    /// The first of them.
    pub listed: Vec<pb::OldRow>,
}

impl OldRows {
    /// Reads all texts that there are rules for.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(reading: &Reading) -> Result<Self, DbErr> {
        let mut found = Self::default();
        let goods = |column| (product::Column::Sku, column);
        found.texts::<product::Entity>(reading, goods(product::Column::Sku), sku).await?;
        for column in
            [product::Column::Name, product::Column::NameAr, product::Column::Category, product::Column::Unit]
        {
            found.texts::<product::Entity>(reading, goods(column), line).await?;
        }
        let users = (user::Column::Name, user::Column::DisplayName);
        found.texts::<user::Entity>(reading, users, line).await?;
        found.texts::<branch::Entity>(reading, (branch::Column::Code, branch::Column::Name), line).await?;
        let registers = (register::Column::Code, register::Column::Name);
        found.texts::<register::Entity>(reading, registers, line).await?;
        let terminals = (terminal::Column::Id, terminal::Column::Name);
        found.texts::<terminal::Entity>(reading, terminals, line).await?;
        for (column, rule) in [
            (business::Column::Name, line as Rule),
            (business::Column::ReceiptHeader, lines),
            (business::Column::ReceiptFooter, lines),
        ] {
            found.texts::<business::Entity>(reading, (business::Column::CurrencyCode, column), rule).await?;
        }
        // By their ids: what is listed goes into tickets, and who a customer is does not.
        for (column, rule) in [
            (customer::Column::Name, line as Rule),
            (customer::Column::NameAr, line),
            (customer::Column::Address, free_lines),
            (customer::Column::Note, free_lines),
        ] {
            found.texts::<customer::Entity>(reading, (customer::Column::Id, column), rule).await?;
        }
        for (column, rule) in [
            (purchase::Column::Supplier, line as Rule),
            (purchase::Column::DocumentNumber, line),
            (purchase::Column::Note, free_lines),
        ] {
            found.texts::<purchase::Entity>(reading, (purchase::Column::Id, column), rule).await?;
        }
        found.same_codes(reading).await?;
        found.same_looks(reading).await?;
        Ok(found)
    }

    /// The texts of a column, whose rows another column names.
    async fn texts<E: EntityTrait>(
        &mut self,
        reading: &Reading,
        (named_by, column): (E::Column, E::Column),
        rule: Rule,
    ) -> Result<(), DbErr> {
        let is_id = named_by.def().get_column_type() == &ColumnType::Uuid;
        let texts = E::find()
            .select_only()
            .column(named_by)
            .column(column)
            .filter(column.ne(""))
            .order_by_asc(named_by);
        let texts: Vec<(String, String)> = if is_id {
            let texts: Vec<(Uuid, String)> = texts.into_tuple().all(reading).await?;
            texts.into_iter().map(|(id, text)| (id.to_string(), text)).collect()
        } else {
            texts.into_tuple().all(reading).await?
        };
        for (name, text) in texts {
            if let Err(fault) = rule(text) {
                let fault = fault.fields().first().map_or_else(String::new, |(_, fault)| fault.clone());
                let row = format!("{} {}", E::default().table_name(), on_one_line(&name));
                self.add(row, column.as_str().to_owned(), fault);
            }
        }
        Ok(())
    }

    /// Codes of goods that people or scanners take for the same.
    async fn same_codes(&mut self, reading: &Reading) -> Result<(), DbErr> {
        let skus: Vec<(Uuid, String)> = product::Entity::find()
            .select_only()
            .column(product::Column::Id)
            .column(product::Column::Sku)
            .into_tuple()
            .all(reading)
            .await?;
        let sku_of: BTreeMap<Uuid, String> = skus.iter().cloned().collect();
        self.twins(skus.into_iter().map(|(_, sku)| (sku_key(&sku), sku)), "products", "sku");
        let barcodes: Vec<(Uuid, String)> = product_barcode::Entity::find()
            .select_only()
            .column(product_barcode::Column::ProductId)
            .column(product_barcode::Column::Barcode)
            .filter(product_barcode::Column::Active.eq(true))
            .into_tuple()
            .all(reading)
            .await?;
        let of_products = barcodes.into_iter().map(|(id, barcode)| {
            (barcode_key(&barcode), sku_of.get(&id).cloned().unwrap_or_else(|| id.to_string()))
        });
        self.twins(of_products, "products", "barcodes");
        Ok(())
    }

    /// Names of users that look alike.
    async fn same_looks(&mut self, reading: &Reading) -> Result<(), DbErr> {
        let names: Vec<String> =
            user::Entity::find().select_only().column(user::Column::Name).into_tuple().all(reading).await?;
        self.twins(names.into_iter().map(|name| (look_of(&name), name)), "users", "name");
        Ok(())
    }

    fn twins(&mut self, keyed: impl Iterator<Item = (String, String)>, table: &str, column: &str) {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, name) in keyed {
            groups.entry(key).or_default().push(name);
        }
        for mut names in groups.into_values().filter(|names| names.len() > 1) {
            names.sort();
            let first = names.remove(0);
            for other in names {
                let fault = format!("is taken for that of {}", on_one_line(&first));
                self.add(format!("{table} {}", on_one_line(&other)), column.to_owned(), fault);
            }
        }
    }

    fn add(&mut self, row: String, column: String, fault: String) {
        self.count = self.count.saturating_add(1);
        if self.listed.len() < MOST {
            self.listed.push(pb::OldRow { row, column, fault });
        }
    }
}
