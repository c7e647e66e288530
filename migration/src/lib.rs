//! The schema of Kassa's books, one file per step.
//!
//! Storage, the same on every engine: ids are UUIDs (16-byte blobs on SQLite), money is a count of
//! minor units, quantities count thousandths, tax rates ten-thousandths of a percent, times
//! microseconds since 1970 UTC, dates the number YYYYMMDD, enums the numbers of `kassa.v1`.

use sea_orm_migration::prelude::*;

mod m20261120_000001_first_sale;
mod m20261120_000002_returns;
mod m20261121_000001_events;
mod m20261121_000002_shift_lifecycle;
mod m20261121_000003_people;
mod m20261121_000004_limits_and_grants;
mod m20261121_000005_drafts;
mod m20261121_000006_drawer;
mod m20261121_000007_stock_journal;
mod m20261121_000008_attendance_and_modules;
mod m20261121_000009_customers;
mod m20261121_000010_branch_prices;
mod m20261121_000011_purchases;
mod m20261121_000012_stock_transfers;
mod m20261121_000013_adjustments_and_counts;
mod m20261121_000015_number_gaps;
mod m20261130_000001_parts_of_refunds;
mod m20261130_000002_small_coins;
mod m20261130_000003_drawers;
mod m20261130_000004_paid_back_in_cash;
mod m20261201_000001_batches;
mod schema;

/// Applies the schema steps.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_first_sale::Migration),
            Box::new(m20261120_000002_returns::Migration),
            Box::new(m20261121_000001_events::Migration),
            Box::new(m20261121_000002_shift_lifecycle::Migration),
            Box::new(m20261121_000003_people::Migration),
            Box::new(m20261121_000004_limits_and_grants::Migration),
            Box::new(m20261121_000005_drafts::Migration),
            Box::new(m20261121_000006_drawer::Migration),
            Box::new(m20261121_000007_stock_journal::Migration),
            Box::new(m20261121_000008_attendance_and_modules::Migration),
            Box::new(m20261121_000009_customers::Migration),
            Box::new(m20261121_000010_branch_prices::Migration),
            Box::new(m20261121_000011_purchases::Migration),
            Box::new(m20261121_000012_stock_transfers::Migration),
            Box::new(m20261121_000013_adjustments_and_counts::Migration),
            Box::new(m20261121_000015_number_gaps::Migration),
            Box::new(m20261130_000001_parts_of_refunds::Migration),
            Box::new(m20261130_000002_small_coins::Migration),
            Box::new(m20261130_000003_drawers::Migration),
            Box::new(m20261130_000004_paid_back_in_cash::Migration),
            Box::new(m20261201_000001_batches::Migration),
        ]
    }
}
