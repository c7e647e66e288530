//! The measurement: a server, a shop, one terminal that sells, then all of them.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use kassa_client::{Kassa, proto::v1::GetStatusRequest};
use kassa_load::{
    LoadError, LoadShop, Selling, Server, Sold, Until, beside_this_program, file_system,
    latencies::Latencies, usage,
};
use tokio::{task::spawn_blocking, time::sleep};

use super::{
    Bench, disk,
    report::{Costs, Report},
};
use crate::{count, failure::Failure, output::Output, progress};

/// Not measured, before each part: connections are made then, and files grow for the first time.
const WARM_UP: Duration = Duration::from_secs(1);
/// One terminal sells alone for a fifth of the time, and so long at the most.
const MOST_ALONE: Duration = Duration::from_secs(5);
/// How much must be free on the disk to begin, and to go on. The server looks every 5 seconds, and writes less than the
/// difference in that time.
const FREE_TO_BEGIN: i64 = 1 << 30;
const FREE_TO_GO_ON: i64 = 512 << 20;

pub async fn measure(bench: &Bench, folder: &Path, output: Output) -> Result<Report, Failure> {
    let program = bench.program.clone().or_else(beside_this_program).ok_or_else(|| {
        Failure::Usage("there is no kassa-server beside this program: name it with --program".to_owned())
    })?;
    let (terminals, lines) = (usize::from(bench.terminals), usize::from(bench.lines));
    let time = Duration::from_secs(bench.seconds.into());
    let time_alone = (terminals > 1).then(|| (time / 5).min(MOST_ALONE));
    output.remark(format!(
        "measuring with {}, for {} and some more to make ready ...",
        count::show(terminals, "terminal"),
        count::show((time + time_alone.unwrap_or_default()).as_secs(), "second"),
    ));
    let synced = folder.to_owned();
    let syncs = spawn_blocking(move || disk::syncs(&synced)).await.map_err(std::io::Error::other)??;
    let server = Server::start_with(&program, &folder.join("data"), apart).await?;
    let all = time_alone.map_or_else(Duration::default, |alone| WARM_UP + alone) + WARM_UP + time;
    let watch = Watch { kassa: server.local()?, bar: progress::of_seconds(all.as_secs(), output) };
    watch.has_space(FREE_TO_BEGIN).await?;
    let shop = Arc::new(LoadShop::found(&server, terminals, lines).await?);
    let alone = match time_alone {
        Some(time) => Some(watch.over(Part::sell(&shop, &server, 1, time)).await?),
        None => None,
    };
    let together = watch.over(Part::sell(&shop, &server, terminals, time)).await?;
    watch.bar.finish_and_clear();
    let (latencies, selling) = (together.latencies(), together.sold.ended - together.from);
    let (alone, sold) = match alone {
        Some(alone) => (Some(alone.latencies()), alone.sold.and(together.sold)),
        None => (None, together.sold),
    };
    sold.prove(&shop, &server).await?;
    let costs = Costs {
        server: together.server,
        terminals: together.terminals,
        peak_memory: usage::peak_memory(server.id()),
    };
    let stopped = server.stop().await?;
    Ok(Report {
        terminals: bench.terminals,
        lines: bench.lines,
        latencies,
        alone,
        syncs,
        selling,
        log_emptied: stopped.log_emptied,
        costs,
        disk: file_system(folder),
    })
}

/// Ctrl-C is for this program alone: it ends the server itself.
fn apart(command: &mut std::process::Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Terminals that sold for a while.
struct Part {
    /// What was answered before is not measured.
    from: Instant,
    sold: Sold,
    /// The server's processor time since then, and that of this program.
    server: Option<Duration>,
    terminals: Option<Duration>,
}

impl Part {
    async fn sell(
        shop: &Arc<LoadShop>,
        server: &Server,
        terminals: usize,
        time: Duration,
    ) -> Result<Self, LoadError> {
        let at_work = shop.terminals(server, terminals, false)?;
        let selling = Selling::begin(shop, &at_work, Until::Time(WARM_UP + time));
        sleep(WARM_UP).await;
        let (from, before) = (Instant::now(), (usage::of(server.id()), usage::own()));
        let sold = selling.ended().await?;
        let after = (usage::of(server.id()), usage::own());
        let spent = |after: Option<Duration>, before: Option<Duration>| after?.checked_sub(before?);
        Ok(Self { from, sold, server: spent(after.0, before.0), terminals: spent(after.1, before.1) })
    }

    fn latencies(&self) -> Latencies {
        self.sold.within(self.from, self.sold.ended)
    }
}

/// Looks at the disk every second, and shows whoever waits how long that will be.
struct Watch {
    kassa: Kassa,
    bar: ProgressBar,
}

impl Watch {
    async fn over(&self, part: impl Future<Output = Result<Part, LoadError>>) -> Result<Part, Failure> {
        tokio::select! {
            part = part => Ok(part?),
            failure = self.until_it_fails() => Err(failure),
        }
    }

    async fn until_it_fails(&self) -> Failure {
        loop {
            sleep(Duration::from_secs(1)).await;
            self.bar.inc(1);
            if let Err(failure) = self.has_space(FREE_TO_GO_ON).await {
                return failure;
            }
        }
    }

    /// The shop's own books may be on that disk: it must not get full.
    async fn has_space(&self, least: i64) -> Result<(), Failure> {
        let status = self.kassa.admin().get_status(GetStatusRequest::default());
        let status = status.await.map_err(|error| LoadError::Call { method: "GetStatus", error })?;
        if status.disk_free_bytes >= least {
            return Ok(());
        }
        let (free, least) = (count::bytes(status.disk_free_bytes), count::bytes(least));
        Err(Failure::Refused(format!(
            "{free} are free on this disk, and {least} must be: free space, or name another disk's folder with --folder"
        )))
    }
}
