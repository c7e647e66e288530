//! What a shop answers about its books, as text.

use std::{collections::BTreeMap, fmt::Write as _};

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{PRODUCTS, Shop};

/// What a shop's server answers about its orders, drawer, shelf, shifts and people. A line that is not indented
/// begins a section.
pub async fn answers(shop: &Shop) -> String {
    let mut text = String::new();
    orders(shop, &mut text).await.unwrap();
    writeln!(text, "drawer {}", units(shop.in_the_drawer().await)).unwrap();
    writeln!(text, "shelf").unwrap();
    for (sku, ..) in PRODUCTS {
        writeln!(text, "  {sku} {}", shop.on_the_shelf(sku).await).unwrap();
    }
    shifts(shop, &mut text).await.unwrap();
    users(shop, &mut text).await.unwrap();
    text
}

/// The sections of answers. A program of old knew fewer of them.
pub fn sections(answers: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut section = "";
    for line in answers.lines() {
        if !line.starts_with(' ') {
            section = line.split(' ').next().unwrap();
        }
        sections.entry(section).or_default().push(line);
    }
    sections
}

async fn orders(shop: &Shop, text: &mut String) -> std::fmt::Result {
    let mut orders = shop.orders().await;
    orders.reverse();
    writeln!(text, "orders {}", orders.len())?;
    for order in &orders {
        let (kind, state) = (order.kind().as_str_name(), order.state().as_str_name());
        writeln!(text, "  {} {kind} {state} {}", order.receipt_number, amount(order.total.as_ref()))?;
        for line in &order.lines {
            let quantity = &line.quantity.as_ref().unwrap().value;
            let (total, tax) = (amount(line.total.as_ref()), amount(line.tax.as_ref()));
            writeln!(text, "    {quantity} x {} {total}, tax {tax}", line.name)?;
        }
        for tender in &order.tenders {
            writeln!(text, "    {} {}", tender.r#type().as_str_name(), amount(tender.amount.as_ref()))?;
        }
    }
    Ok(())
}

/// Every shift, and the Z of those that are closed.
async fn shifts(shop: &Shop, text: &mut String) -> std::fmt::Result {
    let request = pb::ListShiftsRequest { page_size: 500, ..Default::default() };
    let mut shifts = shop.kassa.shifts().list_shifts(request).await.unwrap().into_inner().shifts;
    shifts.reverse();
    writeln!(text, "shifts {}", shifts.len())?;
    for shift in shifts {
        writeln!(text, "  {} {}", shift.number, shift.state().as_str_name())?;
        if shift.state() != pb::ShiftState::Closed {
            continue;
        }
        let request = pb::GetShiftReportRequest { shift_id: shift.shift_id, ..Default::default() };
        let report = shop.kassa.shifts().get_shift_report(request).await.unwrap().into_inner();
        for line in report.text.lines() {
            writeln!(text, "{}", format!("    {line}").trim_end())?;
        }
    }
    Ok(())
}

async fn users(shop: &Shop, text: &mut String) -> std::fmt::Result {
    let request = pb::ListUsersRequest { page_size: 500, ..Default::default() };
    let mut users = shop.kassa.admin().list_users(request).await.unwrap().into_inner().users;
    users.sort_by(|one, other| one.name.cmp(&other.name));
    writeln!(text, "users {}", users.len())?;
    for user in users {
        let active = if user.active() { "" } else { ", not active" };
        writeln!(text, "  {} {}{active}", user.name, user.role().as_str_name())?;
    }
    Ok(())
}

fn amount(money: Option<&pb::Money>) -> String {
    units(money.map_or(0, |money| money.amount_minor))
}

fn units(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
}
