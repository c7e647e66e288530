//! `kassa shift show` and `kassa shift list`

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{
    GetCurrentShiftRequest, GetShiftRequest, ListShiftsRequest, ListShiftsResponse, Shift, ShiftCount,
    ShiftState,
};

use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::{Shop, date},
    table::{facts, table},
};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct Show {
    /// Its number or id
    #[arg(value_name = "SHIFT")]
    shift: Option<String>,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Open,
    Ended,
    Closed,
}

impl From<State> for ShiftState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Ended => Self::Ended,
            State::Closed => Self::Closed,
        }
    }
}

pub async fn run(shop: &Shop, show: &Show, output: Output) -> Result<(), Failure> {
    let Some(name) = &show.shift else {
        let request = GetCurrentShiftRequest { register_id: shop.register.clone() };
        let current = shop.call(shop.kassa.shifts().get_current_shift(request)).await?;
        output.json(|| message::to_json("GetCurrentShiftResponse", &*current))?;
        return print(shop, &current.shift.clone().unwrap_or_default(), output).await;
    };
    let request = GetShiftRequest { shift_id: name.clone() };
    let answer = shop.call(shop.kassa.shifts().get_shift(request)).await?;
    output.json(|| message::to_json("GetShiftResponse", &*answer))?;
    print(shop, &answer.shift.clone().unwrap_or_default(), output).await?;
    if answer.counts.is_empty() { Ok(()) } else { output.text(counts(&answer.counts)) }
}

/// Reads a shift by its number or id.
pub async fn find(shop: &Shop, name: &str) -> Result<Shift, Failure> {
    let request = GetShiftRequest { shift_id: name.to_owned() };
    let answer = shop.call(shop.kassa.shifts().get_shift(request)).await?;
    Ok(answer.into_inner().shift.unwrap_or_default())
}

/// Prints what a shift is.
pub async fn print(shop: &Shop, shift: &Shift, output: Output) -> Result<(), Failure> {
    let clock = shop.clock().await?;
    let mut state = message::word(shift.state().as_str_name(), "SHIFT_STATE_");
    for (is, word) in [(shift.forced, ", by force"), (shift.ended_automatically, ", by the server")] {
        state.push_str(if is { word } else { "" });
    }
    let all = [
        ("shift", shift.number.clone()),
        ("state", state),
        ("open since", clock.show(shift.open_time.as_ref())),
        ("ended", clock.show(shift.end_time.as_ref())),
        ("closed", clock.show(shift.close_time.as_ref())),
        ("business date", date(shift.business_date.as_ref())),
        ("sales", shift.sale_count.to_string()),
        ("sales total", amount::show(shift.sales_total.as_ref())),
        ("opening float", amount::show(shift.opening_float.as_ref())),
        ("cash received", amount::show(shift.cash_received.as_ref())),
        ("change given", amount::show(shift.change_given.as_ref())),
        ("cash expected", amount::show(shift.expected_cash.as_ref())),
        ("cash counted", amount::show(shift.counted_cash.as_ref())),
        ("left in drawer", amount::show(shift.left_in_drawer.as_ref())),
        ("to the safe", amount::show(shift.to_safe.as_ref())),
        ("reason", shift.close_reason.clone()),
    ];
    output.text(facts(all.into_iter().filter(|(_, value)| !value.is_empty())))
}

fn counts(counts: &[ShiftCount]) -> String {
    let mut table = table(&[">count", "purpose", "tender", ">counted", ">expected", ">variance"]);
    for count in counts {
        for tender in &count.tenders {
            table.add_row([
                count.attempt.to_string(),
                message::word(count.purpose().as_str_name(), "SHIFT_COUNT_PURPOSE_"),
                message::word(tender.r#type().as_str_name(), "TENDER_TYPE_"),
                amount::show(tender.amount.as_ref()),
                amount::show(tender.expected.as_ref()),
                amount::show(tender.variance.as_ref()),
            ]);
        }
    }
    format!("\n{}", table.trim_fmt())
}

pub async fn list(shop: &Shop, list: &List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListShiftsResponse::default();
    loop {
        let left = limit - all.shifts.len();
        let request = ListShiftsRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            register_id: shop.register.clone(),
            state: list.state.map_or(ShiftState::Unspecified, ShiftState::from).into(),
            ..Default::default()
        };
        let page = shop.call(shop.kassa.shifts().list_shifts(request)).await?.into_inner();
        all.shifts.extend(page.shifts);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.shifts.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListShiftsResponse", &all))?;
    if all.shifts.is_empty() {
        return output.text("no such shifts");
    }
    let clock = shop.clock().await?;
    let mut table =
        table(&["shift", "opened", "state", ">sales", ">sales total", ">cash expected", ">counted"]);
    for shift in &all.shifts {
        table.add_row([
            shift.number.clone(),
            clock.show(shift.open_time.as_ref()),
            message::word(shift.state().as_str_name(), "SHIFT_STATE_"),
            shift.sale_count.to_string(),
            amount::show(shift.sales_total.as_ref()),
            amount::show(shift.expected_cash.as_ref()),
            amount::show(shift.counted_cash.as_ref()),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}
