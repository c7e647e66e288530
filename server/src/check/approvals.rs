//! Grants: given once, used once at most, and for just what they were given for.

use std::collections::BTreeMap;

use kassa_proto::v1 as pb;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    CheckLine,
    compare::Table,
    journal::Record,
    record::{Unreadable, grant, id, time},
};
use crate::store::entity::grant;

/// The grants that the journal has.
#[derive(Default)]
pub struct Approvals {
    grants: BTreeMap<Uuid, grant::Model>,
}

impl Approvals {
    /// A grant was given.
    pub fn given(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        branch_id: Uuid,
        entry: &pb::GrantGivenEntry,
    ) -> Result<(), Unreadable> {
        line.examine(1);
        let approval = entry.approval.as_ref().ok_or_else(|| Unreadable::new("approval", "is missing"))?;
        let grant = grant::Model {
            branch_id,
            register_id: record.register_id,
            terminal_id: id(&record.header.terminal_id, "terminal_id")?,
            create_time: time(record.header.create_time.as_ref(), "create_time")?,
            expire_time: time(entry.expire_time.as_ref(), "expire_time")?,
            ..grant(approval)?
        };
        if let Some(twice) = self.grants.insert(grant.id, grant) {
            line.fault("grants", twice.id.to_string(), "stands twice in the journal");
        }
        Ok(())
    }

    /// A document was made with what somebody approved.
    pub fn used(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        document_id: Uuid,
        approvals: &[pb::Approval],
    ) -> Result<(), Unreadable> {
        let now = time(record.header.create_time.as_ref(), "create_time")?;
        for approval in approvals {
            let approved = grant(approval)?;
            let name = approved.id.to_string();
            let Some(given) = self.grants.get_mut(&approved.id) else {
                line.fault("grants", name, "was used, and never given");
                continue;
            };
            if given.used_time.is_some() {
                line.fault("grants", name.clone(), "was used twice");
            }
            if given.expire_time <= now {
                line.fault("grants", name.clone(), "was used after it had expired");
            }
            let as_given = grant::Model {
                branch_id: given.branch_id,
                register_id: given.register_id,
                terminal_id: given.terminal_id,
                create_time: given.create_time,
                expire_time: given.expire_time,
                used_time: given.used_time,
                used_by_id: given.used_by_id,
                ..approved
            };
            if as_given != *given || record.header.user_id != approval.requester_user_id {
                line.fault("grants", name, "was used for something else than it was given for");
            }
            (given.used_time, given.used_by_id) = (Some(now), Some(document_id));
        }
        Ok(())
    }

    /// Compares the grants with their rows.
    pub async fn compare(self, database: &impl ConnectionTrait, line: &mut CheckLine) -> Result<(), DbErr> {
        Table::compare_all(database, line, self.grants.into_values()).await
    }
}
