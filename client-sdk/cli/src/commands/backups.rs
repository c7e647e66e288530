//! `kassa backup`, `kassa backups`

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use kassa_client::{
    Error,
    proto::v1::{
        Backup, BackupPhase, BackupState, CreateBackupRequest, CreateBackupResponse, GetStatusRequest,
        ListBackupsRequest, ListBackupsResponse, RestoreBackupRequest, RestoreBackupResponse, RestorePhase,
        SecondFolderState, VerifyBackupRequest, VerifyBackupResponse,
    },
};

use crate::{
    count,
    failure::Failure,
    message,
    output::Output,
    progress,
    shop::{Clock, Shop},
    table::table,
};

/// What to look at when the copy to the second folder failed.
pub const WHY_NO_COPY: &str = "is the folder the user kassa's (sudo chown kassa: FOLDER), the drive full or worn out? The \
                               server's log says why";

#[derive(Debug, Args)]
pub struct Backups {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the backups in the server's folder, newest first (what happens without a command)
    List,
    /// Read a backup whole and prove it
    Verify(Verify),
    /// Make a backup the shop's books; what was sold after it is not in them
    Restore(Restore),
}

#[derive(Debug, Args)]
struct Verify {
    /// The backup's name, as `kassa backups` shows it
    name: String,
}

#[derive(Debug, Args)]
struct Restore {
    /// The backup's name, as `kassa backups` shows it
    name: String,
    /// Prove it and say what would be restored, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(shop: &Shop, backups: Backups, yes: bool, output: Output) -> Result<(), Failure> {
    match backups.command {
        Some(Command::Restore(restore)) => self::restore(shop, restore, yes, output).await,
        None | Some(Command::List) => list(shop, output).await,
        Some(Command::Verify(verify)) => self::verify(shop, verify, output).await,
    }
}

/// Makes a backup.
pub async fn create(shop: &Shop, output: Output) -> Result<(), Failure> {
    let call = shop.kassa.backups().create_backup(CreateBackupRequest {});
    let method = call.method();
    let made = async {
        let bar = progress::of_bytes(output);
        let mut parts = call.await?;
        let mut last = CreateBackupResponse::default();
        while let Some(part) = parts.next().await? {
            show_progress(&bar, phase(&part), (part.done_bytes, part.total_bytes));
            last = part;
        }
        bar.finish_and_clear();
        Ok::<_, Error>(last)
    };
    let made = made.await.map_err(|error| shop.failure(method, error))?;
    output.json(|| message::to_json("CreateBackupResponse", &made))?;
    let backup = made.backup.clone().unwrap_or_default();
    output.text(format!(
        "{}\n{}, verified: {}, {}",
        backup.name,
        count::bytes(backup.size_bytes),
        count::show(backup.order_count, "order"),
        count::show(backup.journal_record_count, "journal record"),
    ))?;
    match made.second_folder_state() {
        SecondFolderState::Ready => output.text("copied to the second folder")?,
        SecondFolderState::Absent => {
            output.remark("warning: the second folder is not there: plug the drive in");
        }
        SecondFolderState::Failed => {
            output.remark(format!("warning: the copy to the second folder failed: {WHY_NO_COPY}"));
        }
        SecondFolderState::NotConfigured | SecondFolderState::Unspecified => {}
    }
    Ok(())
}

fn phase(part: &CreateBackupResponse) -> &'static str {
    match part.phase() {
        BackupPhase::Verifying => "verifying",
        BackupPhase::CopyingToSecond => "second folder",
        BackupPhase::Copying | BackupPhase::Unspecified => "copying",
    }
}

fn show_progress(bar: &ProgressBar, words: &'static str, (done, total): (i64, i64)) {
    bar.set_message(words);
    bar.set_length(u64::try_from(total).unwrap_or_default());
    bar.set_position(u64::try_from(done).unwrap_or_default());
}

async fn list(shop: &Shop, output: Output) -> Result<(), Failure> {
    let mut all = ListBackupsResponse::default();
    loop {
        let request = ListBackupsRequest { page_size: 500, page_token: all.next_page_token };
        let page = shop.call(shop.kassa.backups().list_backups(request)).await?.into_inner();
        all.backups.extend(page.backups);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    if output.is_json() {
        return output.json(|| message::to_json("ListBackupsResponse", &all));
    }
    if all.backups.is_empty() {
        return output.text("no backup yet: make one with `kassa backup`");
    }
    let (clock, made) = clock(shop).await?;
    let mut table = table(&["name", made, ">size", ">orders", "why", "second", "state"]);
    for backup in &all.backups {
        table.add_row([
            backup.name.clone(),
            clock.show(backup.create_time.as_ref()),
            count::bytes(backup.size_bytes),
            backup.order_count.to_string(),
            message::word(backup.reason().as_str_name(), "BACKUP_REASON_"),
            if backup.in_second_folder { "yes" } else { "" }.to_owned(),
            state(backup),
        ]);
    }
    output.text(table.trim_fmt())
}

/// The clock for the list, and the title of its times. While the books are closed nobody knows the shop's time zone, and
/// that is when a backup is looked for.
async fn clock(shop: &Shop) -> Result<(Clock, &'static str), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    if status.maintenance { Ok((Clock::utc(), "made (UTC)")) } else { Ok((shop.clock().await?, "made")) }
}

fn state(backup: &Backup) -> String {
    match backup.state() {
        BackupState::Damaged => "DAMAGED".to_owned(),
        state => message::word(state.as_str_name(), "BACKUP_STATE_"),
    }
}

async fn verify(shop: &Shop, verify: Verify, output: Output) -> Result<(), Failure> {
    let call = shop.kassa.backups().verify_backup(VerifyBackupRequest { name: verify.name });
    let method = call.method();
    let found = async {
        let bar = progress::of_bytes(output);
        let mut parts = call.await?;
        let mut last = VerifyBackupResponse::default();
        while let Some(part) = parts.next().await? {
            show_progress(&bar, "verifying", (part.done_bytes, part.total_bytes));
            last = part;
        }
        bar.finish_and_clear();
        Ok::<_, Error>(last)
    };
    let found = found.await.map_err(|error| shop.failure(method, error))?;
    output.json(|| message::to_json("VerifyBackupResponse", &found))?;
    let name = found.backup.clone().unwrap_or_default().name;
    if found.faults.is_empty() {
        return output.text(format!("{name} is sound"));
    }
    output.text(found.faults.join("\n"))?;
    Err(Failure::Refused(format!(
        "{name} is damaged, and will not be restored: take the one before, see them with `kassa backups`"
    )))
}

async fn restore(shop: &Shop, restore: Restore, yes: bool, output: Output) -> Result<(), Failure> {
    let question =
        format!("Make {} the shop's books? What was sold after it will not be in them.", restore.name);
    if !restore.dry_run && !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was restored".to_owned()));
    }
    let dry_run = restore.dry_run;
    let call = shop.kassa.backups().restore_backup(RestoreBackupRequest { name: restore.name, dry_run });
    let method = call.method();
    let restored = async {
        let mut parts = call.await?;
        let mut last = RestoreBackupResponse::default();
        while let Some(part) = parts.next().await? {
            // A phase that lasts is told again and again.
            if let Some(words) = restoring(&part).filter(|_| part.phase != last.phase) {
                output.remark(words);
            }
            last = part;
        }
        Ok::<_, Error>(last)
    };
    let restored = restored.await.map_err(|error| shop.failure(method, error))?;
    output.json(|| message::to_json("RestoreBackupResponse", &restored))?;
    let backup = restored.backup.clone().unwrap_or_default();
    let counts = format!(
        "{}, {}, {}",
        count::show(backup.order_count, "order"),
        count::show(backup.shift_count, "shift"),
        count::show(backup.product_count, "product"),
    );
    if dry_run {
        output.text(format!("{} is sound, and would be restored: {counts}", backup.name))?;
    } else {
        output.text(format!("restored {}: {counts}; epoch {}", backup.name, restored.epoch))?;
    }
    for gap in &restored.gaps {
        output.text(format!("numbers that may be on paper are left out: {gap}"))?;
    }
    if restored.pins_void {
        output.remark(
            "warning: these books are another machine's, as far as anybody knows: its PINs are void here. Set each anew \
             with `kassa users pin NAME`, and pair each terminal anew with `kassa terminals pair-code NAME`",
        );
    }
    Ok(())
}

fn restoring(part: &RestoreBackupResponse) -> Option<&'static str> {
    match part.phase() {
        RestorePhase::Verifying => Some("verifying the backup ..."),
        RestorePhase::BackingUp => Some("closing the books, and keeping them as a backup ..."),
        RestorePhase::Restoring => Some("restoring ..."),
        RestorePhase::Opening => Some("opening the books ..."),
        RestorePhase::Unspecified => None,
    }
}
