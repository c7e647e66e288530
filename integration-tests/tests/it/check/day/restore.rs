//! The books become those of a backup, and their series leave numbers out.

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;

pub async fn restore(shop: &Shop) {
    let backups = shop.kassa.backups();
    let made = backups.create_backup(pb::CreateBackupRequest {}).await.unwrap().last().await.unwrap();
    let request = pb::RestoreBackupRequest { name: made.backup.unwrap().name, dry_run: false };
    let restored = backups.restore_backup(request).await.unwrap().last().await.unwrap();
    assert!(!restored.gaps.is_empty(), "numbers were given out before");
}
