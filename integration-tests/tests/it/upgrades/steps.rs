//! Every step fails once on every database of the library that lacks it.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use kassa_integration_tests::TestClock;
use kassa_server::{
    clock::SharedClock,
    config::Config,
    lifecycle::upgrade::{Upgrade, up_to_date},
    store::{DataFolder, StartError, known_steps},
};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::library::{Old, apply, schema};

/// What a step finds.
#[derive(Clone)]
struct Step {
    finds: BTreeMap<String, Option<String>>,
    /// The step before.
    before: String,
}

async fn steps_by_name() -> BTreeMap<String, Step> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("fresh.db");
    let (mut steps, mut finds, mut before) = (BTreeMap::new(), BTreeMap::new(), String::new());
    for (count, step) in (1..).zip(known_steps()) {
        apply(&file, count).await;
        steps.insert(step.clone(), Step { finds, before });
        (finds, before) = (schema(&file), step);
    }
    steps
}

/// Lets a step do all that it does, and then not be noted as done.
fn in_the_way_of(step: &str) -> String {
    format!(
        "CREATE TRIGGER in_the_way BEFORE INSERT ON seaql_migrations WHEN NEW.version = '{step}'
         BEGIN SELECT RAISE(ABORT, 'something is in the way'); END"
    )
}

async fn upgrade(data: &Path) -> Result<Upgrade, StartError> {
    let config = Config { data_dir: data.to_owned(), ..Config::default() };
    let clock: SharedClock = Arc::new(TestClock::default());
    up_to_date(DataFolder::open(data)?, &config, &clock).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_step_fails_the_old_database_stays_the_live_one() {
    let steps = steps_by_name().await;
    let mut striking = JoinSet::new();
    for old in Old::all() {
        let steps = steps.clone();
        striking.spawn(async move {
            for step in old.lacks() {
                strike(&old, &step, &steps[&step]).await;
            }
        });
    }
    striking.join_all().await;
}

/// Has a step fail when it has done everything.
async fn strike(old: &Old, step: &str, Step { finds, before: last }: &Step) {
    let case = format!("{step} fails on a database of {}", old.step);
    let (folder, database) = old.unpack();
    let data = folder.path().join("data");
    Connection::open(&database).unwrap().execute_batch(&in_the_way_of(step)).unwrap();
    let before = fs::read(&database).unwrap();

    let refused = upgrade(&data).await.unwrap_err();
    assert!(matches!(refused, StartError::Upgrade(_)), "{case}: {refused}");
    assert!(refused.to_string().contains("something is in the way"), "{case}: {refused}");
    assert_eq!(fs::read_to_string(data.join("CURRENT")).unwrap(), "gen-000001", "{case}");
    assert!(!data.join("gen-000002").exists(), "{case}");
    assert!(fs::read(&database).unwrap() == before, "{case}: it was touched");

    let unfinished = data.join("gen-unfinished/kassa.db");
    let mut left = schema(&unfinished);
    left.remove("trigger in_the_way");
    assert!(left == *finds, "{case}: half of it is there");
    let applied = "SELECT max(version) FROM seaql_migrations";
    let applied = Connection::open(unfinished).unwrap().query_row(applied, [], |row| row.get::<_, String>(0));
    assert_eq!(applied.unwrap(), *last, "{case}: the ones before were made");
}

#[tokio::test(flavor = "multi_thread")]
async fn once_nothing_is_in_its_way_the_next_start_upgrades_what_an_upgrade_left() {
    let old = Old::all().remove(0);
    let (folder, database) = old.unpack();
    let data = folder.path().join("data");
    let last = known_steps().pop().unwrap();
    let sql = |text: &str| Connection::open(&database).unwrap().execute_batch(text).unwrap();
    sql(&in_the_way_of(&last));
    for _ in 0..2 {
        upgrade(&data).await.unwrap_err();
    }
    sql("DROP TRIGGER in_the_way");
    let upgraded = upgrade(&data).await.unwrap();
    assert_eq!((upgraded.folder.generation(), upgraded.steps), ("gen-000002", old.lacks()));
    assert!(!data.join("gen-unfinished").exists());
}
