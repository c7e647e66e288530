//! Stopping: nothing of the server outlives it.

use std::time::{Duration, Instant};

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;
use tokio::runtime::Handle;

/// How long what was told to end may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Nothing runs any more but what a client without a connection keeps: its own queue. Connections end with the client
/// that had them, a moment later.
async fn nothing_but_a_client(shop: &mut Shop) {
    shop.kassa = shop.without_token();
    let began = Instant::now();
    while tasks() > 1 {
        assert!(began.elapsed() < PATIENCE, "{} tasks live on", tasks());
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_server_has_stopped_none_of_its_jobs_and_timers_is_left() {
    let mut shop = Shop::found_with(|config| {
        // Every job has something to do, again and again.
        config.limits.idle_check_ms = 1;
        config.limits.backup_check_ms = 1;
        config.limits.expire_check_ms = 1;
        config.limits.prove_after_ms = 0;
    })
    .await;
    shop.open_shift("100.00").await;
    for _ in 0..3 {
        shop.sell("1 x bread, cash 2.00").await;
        assert!(tasks() > 5, "the jobs are counted");
        shop.stop().await.unwrap();
        nothing_but_a_client(&mut shop).await;
        shop.start().await;
    }
    shop.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_and_a_proof_under_way_do_not_hold_the_stop_up_and_leave_nothing() {
    let mut shop = Shop::open().await;
    for _ in 0..5 {
        let mut backup = shop.kassa.backups().create_backup(pb::CreateBackupRequest {}).await.unwrap();
        backup.next().await.unwrap().expect("it has begun");
        let proof = tokio::spawn({
            let kassa = shop.impatient();
            async move { kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await.map(drop) }
        });
        shop.stop().await.unwrap();
        drop(backup);
        // Whether it was taken before the stop or after it is chance.
        let _ = proof.await.unwrap();
        nothing_but_a_client(&mut shop).await;
        let entries = std::fs::read_dir(shop.data().join("backups")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let unfinished: Vec<String> = names.filter(|name| name.contains("unfinished")).collect();
        assert_eq!(unfinished, Vec::<String>::new());
        shop.start().await;
    }
}
