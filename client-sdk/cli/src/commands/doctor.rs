//! `kassa doctor`: is everything as it should be? What is not, and what to do about it.

use std::{
    iter::repeat,
    time::{SystemTime, UNIX_EPOCH},
};

use kassa_client::proto::v1::{
    CollectDiagnosticsRequest, CollectDiagnosticsResponse, DiskState, GetStatusRequest, GetStatusResponse,
    IntegrityState, OldRow, SecondFolderState, VerifyJournalRequest,
};
use serde_json::json;

use super::{backups::WHY_NO_COPY, drawer::verify::prove};
use crate::{
    count::{self, bytes},
    failure::Failure,
    output::Output,
    shop::Shop,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A write-ahead log is emptied every few megabytes, unless something holds it up.
const LARGE_WAL: i64 = 64 << 20;
/// Clocks that are set by the network differ by less than this.
const CLOCK_WARN_SECONDS: i64 = 60;
/// Business dates and shifts go wrong.
const CLOCK_FAIL_SECONDS: i64 = 3_600;

/// How good or bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// It goes on for now.
    Warn,
    /// It must be looked at today.
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// What was looked at, and what to do where it is not good.
#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    name: &'static str,
    says: String,
    advice: String,
}

impl Finding {
    fn ok(name: &'static str, says: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, name, says: says.into(), advice: String::new() }
    }

    fn of(verdict: Verdict, name: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict, name, says: says.into(), advice: advice.into() }
    }

    /// Something of which there should be none.
    fn none_of(name: &'static str, number: i64, says: String, advice: &'static str) -> Self {
        if number == 0 { Self::ok(name, "none") } else { Self::of(Verdict::Warn, name, says, advice) }
    }
}

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    if status.maintenance {
        return closed(&status, output);
    }
    let ahead = clock_ahead(&status);
    let request = CollectDiagnosticsRequest::default();
    let collected = shop.call(shop.kassa.admin().collect_diagnostics(request)).await?;
    let chains = prove(shop, VerifyJournalRequest::default()).await?;
    let broken = chains.iter().filter(|chain| !chain.ok).count();
    let records = chains.iter().map(|chain| chain.record_count).sum();

    let mut findings = of_status(&status);
    findings.extend(of_backups(&status));
    findings.push(of_clock(ahead));
    findings.push(of_journal(broken, records));
    findings.extend(of_diagnostics(&collected));
    findings.push(of_old_rows(&collected));
    tell(&findings, output)
}

/// Of a server whose books are closed nothing else can be said.
fn closed(status: &GetStatusResponse, output: Output) -> Result<(), Failure> {
    let says = status.maintenance_reason.clone();
    let advice = match (status.damaged, status.last_backup_name.as_str()) {
        (true, "") if status.looking_for_backup => {
            "keep the data folder as it is; the newest good backup is being looked for: ask again in a minute"
                .to_owned()
        }
        (true, "") => "keep the data folder as it is and call support".to_owned(),
        (true, name) => {
            format!(
                "keep the data folder as it is; restore the newest good backup: `kassa backups restore {name}`"
            )
        }
        (false, _) => "open them with `kassa maintenance off`, when the work is done".to_owned(),
    };
    let name = if status.damaged { "database" } else { "books" };
    tell(&[Finding::of(Verdict::Fail, name, says, advice), of_disk(status)], output)
}

fn tell(findings: &[Finding], output: Output) -> Result<(), Failure> {
    output.json(|| {
        let findings = findings.iter().map(|finding| {
            json!({
                "verdict": finding.verdict.word(),
                "name": finding.name,
                "says": finding.says,
                "advice": finding.advice,
            })
        });
        Ok(json!({ "findings": findings.collect::<Vec<_>>() }))
    })?;
    output.text(text(findings))?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        _ if output.is_json() => Err(Failure::Told),
        failed => Err(Failure::Refused(format!("failed: {}", count::show(failed, "check")))),
    }
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    let lines = findings.iter().map(|finding| {
        let line = format!("{:<4}  {:<width$}  {}", finding.verdict.word(), finding.name, finding.says);
        if finding.advice.is_empty() {
            line
        } else {
            let marks = ["->"].into_iter().chain(repeat("  "));
            let advice = finding.advice.lines().zip(marks);
            advice.fold(line, |text, (advice, mark)| format!("{text}\n{:width$}        {mark} {advice}", ""))
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn of_status(status: &GetStatusResponse) -> Vec<Finding> {
    let version = if status.version == VERSION {
        Finding::ok("version", format!("{VERSION}, as the server"))
    } else {
        let says = format!("{VERSION} here, {} at the server", status.version);
        Finding::of(Verdict::Warn, "version", says, "use the kassa program that came with the server")
    };
    let wal = bytes(status.wal_bytes);
    let wal = if status.wal_bytes < LARGE_WAL {
        Finding::ok("write-ahead log", wal)
    } else {
        let advice =
            "something has been reading for long; if it stays so, restart the server in a quiet minute";
        Finding::of(Verdict::Warn, "write-ahead log", wal, advice)
    };
    // A server starts with the schema of its own program only.
    vec![version, Finding::ok("schema", status.schema.clone()), of_disk(status), wal, of_books(status)]
}

fn of_books(status: &GetStatusResponse) -> Finding {
    let faults = count::show(status.integrity_fault_count, "fault");
    match status.integrity_state() {
        IntegrityState::Sound => Finding::ok("books", "proved whole, and hold"),
        IntegrityState::Faults => {
            let advice = "keep the data folder as it is, see them with `kassa check`, call support";
            Finding::of(Verdict::Fail, "books", faults, advice)
        }
        IntegrityState::Unproved | IntegrityState::Unspecified => {
            Finding::ok("books", "not proved whole since the start: `kassa check` does it now")
        }
    }
}

fn of_disk(status: &GetStatusResponse) -> Finding {
    let free = format!("{} free", bytes(status.disk_free_bytes));
    match status.disk_state() {
        DiskState::Unspecified | DiskState::Ok => Finding::ok("disk", free),
        DiskState::Warn => {
            let advice = "free space: delete what is not the shop's, or move it to another disk";
            Finding::of(Verdict::Warn, "disk", free, advice)
        }
        DiskState::SalesOnly => {
            let says = format!("{free}: only sales and what a till needs are taken");
            Finding::of(Verdict::Fail, "disk", says, "free space today; everything is taken again by itself")
        }
        DiskState::Full => {
            Finding::of(Verdict::Fail, "disk", free, "free space now: sales are about to be refused")
        }
    }
}

fn of_backups(status: &GetStatusResponse) -> Vec<Finding> {
    let last = match (&status.last_backup_time, &status.current_time) {
        (Some(made), Some(now)) => count::ago(now.seconds.saturating_sub(made.seconds)),
        _ => "none yet".to_owned(),
    };
    let backup = if !status.last_backup_failure.is_empty() {
        let says = format!("the last one failed: {}", status.last_backup_failure);
        Finding::of(Verdict::Fail, "backup", says, "see to it, then make one: `kassa backup`")
    } else if status.backup_overdue {
        let advice = "make one now: `kassa backup`; is the server on at the time of the daily one?";
        Finding::of(Verdict::Fail, "backup", last, advice)
    } else {
        Finding::ok("backup", last)
    };
    let second = match status.second_folder_state() {
        SecondFolderState::Ready => Finding::ok("backups' second folder", "there"),
        SecondFolderState::NotConfigured | SecondFolderState::Unspecified => Finding::of(
            Verdict::Warn,
            "backups' second folder",
            "none is set",
            "set backup.second_dir to a USB drive: what burns with this PC is in no backup on it",
        ),
        SecondFolderState::Absent => {
            Finding::of(Verdict::Warn, "backups' second folder", "is not there", "plug the drive in")
        }
        SecondFolderState::Failed => {
            Finding::of(Verdict::Warn, "backups' second folder", "the last copy failed", WHY_NO_COPY)
        }
    };
    vec![backup, second]
}

/// By how many seconds the server's clock is ahead of this machine's.
#[expect(clippy::disallowed_methods, reason = "this machine's clock is what is looked at")]
fn clock_ahead(status: &GetStatusResponse) -> i64 {
    let here = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let server = status.current_time.map_or(0, |time| time.seconds);
    server.saturating_sub_unsigned(here)
}

fn of_clock(ahead: i64) -> Finding {
    let seconds = ahead.abs();
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let says = format!("the server's is {} {direction} this machine's", count::show(seconds, "second"));
    let advice = "have both machines set their clocks by the network (NTP); the server's dates the sales";
    match seconds {
        0..=CLOCK_WARN_SECONDS => Finding::ok("clock", "the server's and this machine's agree"),
        ..CLOCK_FAIL_SECONDS => Finding::of(Verdict::Warn, "clock", says, advice),
        _ => Finding::of(Verdict::Fail, "clock", says, advice),
    }
}

fn of_journal(broken: usize, records: i64) -> Finding {
    if broken == 0 {
        return Finding::ok("journal", format!("{} proved", count::show(records, "record")));
    }
    let advice = "keep the data folder as it is, run `kassa-server check` on the server, call support";
    Finding::of(Verdict::Fail, "journal", format!("{} broken", count::show(broken, "chain")), advice)
}

fn of_diagnostics(collected: &CollectDiagnosticsResponse) -> [Finding; 3] {
    let (shifts, drafts) = (collected.old_shift_count, collected.old_draft_count);
    let (errors, warnings) = (collected.log_error_count, collected.log_warning_count);
    let in_log = [(errors, "error"), (warnings, "warning")];
    let in_log = in_log.iter().filter(|(number, _)| *number > 0);
    let in_log = in_log.map(|(number, what)| count::show(*number, what)).collect::<Vec<_>>().join(", ");
    [
        Finding::none_of(
            "shifts open for over a day",
            shifts,
            shifts.to_string(),
            "close them: see `kassa shift list`, then `kassa shift force-close`",
        ),
        Finding::none_of(
            "carts left for over a day",
            drafts,
            drafts.to_string(),
            "sell or discard them: see `kassa drafts list`",
        ),
        Finding::none_of(
            "log of the last day",
            errors.saturating_add(warnings),
            in_log,
            "read them with `kassa diagnostics`; support can help with its output",
        ),
    ]
}

/// What was stored before there were rules that it breaks. A shop sells on with it.
fn of_old_rows(collected: &CollectDiagnosticsResponse) -> Finding {
    let list = collected.old_rows.iter().map(|old| {
        let OldRow { row, column, fault } = old;
        format!("{row}: {column} {fault}")
    });
    let listed = i64::try_from(collected.old_rows.len()).unwrap_or(i64::MAX);
    let more = collected.old_row_count.saturating_sub(listed);
    let more = (more > 0).then(|| format!("and {more} more"));
    let list = list.chain(more).collect::<Vec<_>>().join("\n");
    let says = format!(
        "{} of before a rule, sold and printed as before",
        count::show(collected.old_row_count, "value")
    );
    if collected.old_row_count == 0 {
        Finding::ok("values of older rules", "none")
    } else {
        let advice = format!("change them when there is time:\n{list}");
        Finding::of(Verdict::Warn, "values of older rules", says, advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> GetStatusResponse {
        GetStatusResponse {
            version: VERSION.to_owned(),
            schema: "m20261121_000013_adjustments_and_counts".to_owned(),
            wal_bytes: 4 << 20,
            disk_state: DiskState::Ok.into(),
            disk_free_bytes: 9 << 30,
            ..Default::default()
        }
    }

    fn verdicts(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.verdict.word()).collect()
    }

    #[test]
    fn a_good_server_has_short_lines_and_no_advice() {
        let mut findings = of_status(&status());
        findings.push(of_clock(2));
        findings.extend(of_diagnostics(&CollectDiagnosticsResponse::default()));
        let lines = text(&findings);
        assert_eq!(lines.lines().count(), findings.len(), "{lines}");
        assert!(lines.lines().all(|line| line.starts_with("OK    ")), "{lines}");
    }

    #[test]
    fn backups_that_are_missing_or_fail_are_told() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let mut status = GetStatusResponse {
            last_backup_time: at(0),
            current_time: at(7_200),
            second_folder_state: SecondFolderState::Ready.into(),
            ..status()
        };
        assert_eq!(verdicts(&of_backups(&status)), ["OK", "OK"]);
        assert_eq!(of_backups(&status)[0].says, "2 hours ago");
        status.backup_overdue = true;
        status.set_second_folder_state(SecondFolderState::Absent);
        assert_eq!(verdicts(&of_backups(&status)), ["FAIL", "WARN"]);
        status.last_backup_failure = "the disk is full".to_owned();
        assert!(of_backups(&status)[0].says.contains("the disk is full"));
        status.set_second_folder_state(SecondFolderState::Failed);
        assert!(of_backups(&status)[1].advice.contains("sudo chown kassa: FOLDER"));
    }

    #[test]
    fn what_is_not_good_says_what_to_do() {
        let mut bad = GetStatusResponse { version: "9.9.9".to_owned(), wal_bytes: LARGE_WAL, ..status() };
        bad.set_disk_state(DiskState::Warn);
        assert_eq!(verdicts(&of_status(&bad)), ["WARN", "OK", "WARN", "WARN", "OK"]);
        for (state, verdict) in [(DiskState::SalesOnly, Verdict::Fail), (DiskState::Full, Verdict::Fail)] {
            bad.set_disk_state(state);
            assert_eq!(of_disk(&bad).verdict, verdict);
        }
        for (ahead, verdict) in [(-61, Verdict::Warn), (3_599, Verdict::Warn), (-86_400, Verdict::Fail)] {
            assert_eq!(of_clock(ahead).verdict, verdict, "{ahead}");
        }
        assert!(of_clock(-61).says.contains("61 seconds behind"));
        assert_eq!(of_journal(1, 5).verdict, Verdict::Fail);
        let collected =
            CollectDiagnosticsResponse { log_error_count: 1, old_shift_count: 2, ..Default::default() };
        let findings = of_diagnostics(&collected);
        assert_eq!(verdicts(&findings), ["WARN", "OK", "WARN"]);
        let lines = text(&findings);
        assert!(lines.contains("1 error\n") && lines.contains("-> close them"), "{lines}");
    }
}
