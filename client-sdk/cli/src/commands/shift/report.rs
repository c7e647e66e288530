//! `kassa shift report`

use clap::Args;
use kassa_client::proto::v1::GetShiftReportRequest;
use serde_json::json;

use super::chart;
use crate::{failure::Failure, message, output::Output, shop::Shop};

/// What the server takes where nothing is asked.
const USUAL: i32 = 42;

#[derive(Debug, Args)]
pub struct Report {
    /// Its number or id [default: the open one]
    #[arg(value_name = "SHIFT")]
    shift: Option<String>,
    /// Characters a line, 32 to 80
    #[arg(long, default_value_t = USUAL)]
    width: i32,
}

pub async fn run(shop: &Shop, report: &Report, output: Output) -> Result<(), Failure> {
    let shift_id = report.shift.clone().unwrap_or_default();
    let request = GetShiftReportRequest { shift_id, register_id: shop.register.clone(), width: report.width };
    let answer = shop.call(shop.kassa.shifts().get_shift_report(request)).await?;
    output.json(|| {
        let report = message::to_json("ShiftReport", &answer.report.clone().unwrap_or_default())?;
        Ok(json!({ "report": report, "text": answer.text }))
    })?;
    output.text(answer.text.trim_end())?;
    let hours = answer.report.clone().unwrap_or_default().hours;
    let chart = chart::of_hours(&hours, usize::try_from(report.width).unwrap_or_default());
    if chart.is_empty() { Ok(()) } else { output.text(format!("\n{}", chart.trim_end())) }
}

/// Prints a shift's report as text; what `--json` asks for was printed before.
pub async fn print(shop: &Shop, shift_id: String, width: i32, output: Output) -> Result<(), Failure> {
    let request = GetShiftReportRequest { shift_id, register_id: String::new(), width };
    let answer = shop.call(shop.kassa.shifts().get_shift_report(request)).await?;
    output.text(answer.text.trim_end())
}
