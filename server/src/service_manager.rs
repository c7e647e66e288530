//! What the machine's service manager (systemd) is told: that requests are taken, what the shop can do now, that the
//! server lives, that it stops. Without `NOTIFY_SOCKET` in the environment nobody is told anything.

use std::{future::Future, sync::Arc, time::Duration};

use sd_notify::NotifyState;
use tokio::{
    net::TcpListener,
    time::{Interval, MissedTickBehavior, interval},
};

use crate::{
    lifecycle::{Cause, Lifecycle, Phase},
    server::{Opened, RunError},
};

/// Serves until `stop` is there, and tells the service manager of it, if there is one.
///
/// # Errors
/// As [`Opened::serve`].
pub async fn serve(
    opened: Opened,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    let lifecycle = Arc::clone(&opened.lifecycle);
    tell(&[NotifyState::Ready, NotifyState::Status(&words(&lifecycle.phase()))]);
    let telling = tokio::spawn(keep_telling(lifecycle, sd_notify::watchdog_enabled()));
    let stop = async {
        stop.await;
        tell(&[NotifyState::Stopping]);
    };
    let served = opened.serve(listener, stop).await;
    telling.abort();
    served
}

/// Tells each change of phase and, at least twice as often as the service manager wants to hear it, that the
/// server lives: from a task beside all others, so that a server in which none gets its turn is silent. A disk that takes
/// its time silences nobody.
async fn keep_telling(lifecycle: Arc<Lifecycle>, patience: Option<Duration>) {
    let mut phases = lifecycle.phases();
    let mut watchdog = patience.filter(|patience| !patience.is_zero()).map(|patience| {
        let mut interval = interval(patience / 2);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    });
    loop {
        tokio::select! {
            changed = phases.changed() => {
                let Ok(()) = changed else { return };
                let words = words(&phases.borrow_and_update());
                tell(&[NotifyState::Status(&words)]);
            }
            () = due(watchdog.as_mut()) => {
                if is_healthy(&lifecycle.phase()) {
                    tell(&[NotifyState::Watchdog]);
                }
            }
        }
    }
}

async fn due(watchdog: Option<&mut Interval>) {
    match watchdog {
        Some(interval) => _ = interval.tick().await,
        None => std::future::pending().await,
    }
}

/// Whether open books still take postings. A server whose writer is gone has to be started anew. One whose writer waits
/// for the disk has not: it goes on when the disk does, and another one would wait for the same disk.
fn is_healthy(phase: &Phase) -> bool {
    match phase {
        Phase::Open(open) => open.app.books.take_postings(),
        Phase::Maintenance(_) => true,
    }
}

/// What `systemctl status` shows.
fn words(phase: &Phase) -> String {
    let Phase::Maintenance(maintenance) = phase else { return "selling".to_owned() };
    let words = match maintenance.cause {
        Cause::Starting | Cause::Stopping => maintenance.reason.clone(),
        Cause::Damaged => format!("THE DATABASE IS DAMAGED, nothing is sold: {}", maintenance.reason),
        Cause::Asked | Cause::Restoring | Cause::Failed => format!("in maintenance: {}", maintenance.reason),
    };
    // A line of its own would be another message: the reason is what somebody typed.
    words.replace(char::is_control, " ")
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager can't be told");
    }
}
