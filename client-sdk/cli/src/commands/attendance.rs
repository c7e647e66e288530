//! `kassa attendance`

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{
    Attendance, ClockInRequest, ClockOutRequest, ListAttendanceRequest, ListAttendanceResponse,
};

use super::drawer::Asking;
use crate::{
    day::{Day, Moment},
    failure::Failure,
    message,
    output::Output,
    shop::{Clock, Shop},
    table::table,
};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Clock in: you, or whom you name
    In(In),
    /// Clock out: you, or whom you name; a shift that is open stays open
    Out(Out),
    /// List who was at work, the latest to come first
    List(List),
}

#[derive(Debug, Args)]
pub struct In {
    /// Who came, if it is somebody else
    user: Option<String>,
    /// Something to remember
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

#[derive(Debug, Args)]
pub struct Out {
    /// Who left, if it is somebody else
    user: Option<String>,
    /// When somebody left who forgot to say so, by the shop's clock: "2026-11-20 17:30"
    #[arg(long, value_name = "TIME", requires = "reason")]
    at: Option<Moment>,
    /// Why; needed with --at
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only of this user
    #[arg(long, value_name = "USER", default_value = "", hide_default_value = true)]
    user: String,
    /// Of another branch, by code
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// Only who came on this day or later
    #[arg(long, value_name = "DATE")]
    from: Option<Day>,
    /// Only who came on this day or before
    #[arg(long, value_name = "DATE")]
    to: Option<Day>,
    /// Only who is in
    #[arg(long)]
    open: bool,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

impl Command {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::In(_) => Some("ClockIn"),
            Self::Out(_) => Some("ClockOut"),
            Self::List(_) => None,
        }
    }
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    let asking = Asking { shop, yes, output };
    match command {
        Command::In(came) => clock_in(&asking, came).await,
        Command::Out(left) => clock_out(&asking, left).await,
        Command::List(list) => self::list(shop, list, output).await,
    }
}

async fn clock_in(asking: &Asking<'_>, came: In) -> Result<(), Failure> {
    let shop = asking.shop;
    let request =
        ClockInRequest { user_id: came.user.unwrap_or_default(), note: came.note, ..Default::default() };
    let answer = shop.call(shop.kassa.shifts().clock_in(request)).await?;
    asking.document("ClockInResponse", &answer)?;
    asking.remark(answer.replayed());
    asking.output.text(show(shop.clock().await?, answer.attendance.as_slice()))
}

async fn clock_out(asking: &Asking<'_>, left: Out) -> Result<(), Failure> {
    let shop = asking.shop;
    let clock_out_time = match left.at {
        Some(Moment(at)) => Some(shop.clock().await?.read(at)),
        None => None,
    };
    let (user_id, reason) = (left.user.unwrap_or_default(), left.reason.unwrap_or_default());
    let request = ClockOutRequest { user_id, clock_out_time, reason };
    let answer = shop.call(shop.kassa.shifts().clock_out(request)).await?;
    asking.document("ClockOutResponse", &answer)?;
    asking.remark(answer.replayed());
    asking.output.text(show(shop.clock().await?, answer.attendance.as_slice()))
}

async fn list(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let clock = shop.clock().await?;
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let begin = |Day(day): Day| clock.read(day.into());
    let mut all = ListAttendanceResponse::default();
    loop {
        let left = limit.saturating_sub(all.attendance.len());
        let request = ListAttendanceRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            branch_id: list.branch.clone(),
            user_id: list.user.clone(),
            start_time: list.from.map(begin),
            end_time: list.to.map(|day| begin(day.next())),
            open_only: list.open,
        };
        let page = shop.call(shop.kassa.shifts().list_attendance(request)).await?.into_inner();
        all.attendance.extend(page.attendance);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.attendance.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListAttendanceResponse", &all))?;
    if all.attendance.is_empty() {
        return output.text("nobody was at work");
    }
    output.text(show(clock, &all.attendance))?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}

fn show(clock: Clock, attendance: &[Attendance]) -> String {
    let mut table = table(&["who", "branch", "came", "left", ">hours", "remarks"]);
    for at_work in attendance {
        let left = match &at_work.clock_out_time {
            Some(time) if at_work.corrected => format!("{} (corrected)", clock.show(Some(time))),
            Some(time) => clock.show(Some(time)),
            None => "is in".to_owned(),
        };
        let remarks = [at_work.note.as_str(), at_work.reason.as_str()];
        table.add_row([
            at_work.user_name.clone(),
            at_work.branch_code.clone(),
            clock.show(at_work.clock_in_time.as_ref()),
            left,
            at_work.worked.as_ref().map_or_else(String::new, hours),
            remarks.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "),
        ]);
    }
    table.trim_fmt()
}

/// `8:05`.
fn hours(worked: &prost_types::Duration) -> String {
    let minutes = worked.seconds / 60;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}
