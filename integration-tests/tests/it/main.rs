//! Kassa's tests: the real server through the real client, a module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::inconsistent_digit_grouping,
    reason = "this is test code: what does not hold must fail loudly, and cents stand apart: 12_50"
)]

mod access;
mod approvals;
mod attendance;
mod audit;
mod backups;
mod bad_days;
mod books;
mod catalog;
mod chaos;
mod check;
mod clock;
mod contract;
mod customers;
mod damage;
mod disk;
mod drafts;
mod drawer;
mod drawer_grants;
mod exchanges;
mod journal;
mod kassa;
mod keys;
mod kill;
mod layers;
mod maintenance;
mod messages;
mod modules;
mod neighbours;
mod offers;
mod one_moment;
mod orders;
mod papers;
mod people;
mod permissions;
mod program;
mod purchases;
mod reasons;
mod refusals;
mod repeats;
mod replays;
mod restored_numbers;
mod restores;
mod returns;
mod runbooks;
mod sales_report;
mod shifts;
mod slow_links;
mod stock;
mod stock_adjustments;
mod stock_counts;
mod stock_crowd;
mod stock_transfers;
mod stopping;
mod training;
mod upgrades;
mod wire;
mod working_day;
