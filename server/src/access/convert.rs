//! Rows of the shop's people and places as the contract sends them.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use crate::{
    encoding::time::stored_timestamp,
    store::entity::{branch, register, terminal, user},
};

/// A branch.
pub fn branch_to_pb(branch: &branch::Model) -> pb::Branch {
    pb::Branch {
        branch_id: branch.id.to_string(),
        code: branch.code.clone(),
        name: branch.name.clone(),
        version: branch.version,
    }
}

/// A register.
pub fn register_to_pb(register: &register::Model, branch_code: &str) -> pb::Register {
    pb::Register {
        register_id: register.id.to_string(),
        code: register.code.clone(),
        name: register.name.clone(),
        branch_id: register.branch_id.to_string(),
        branch_code: branch_code.to_owned(),
        version: register.version,
    }
}

/// A user.
pub fn user_to_pb(user: &user::Model) -> pb::User {
    pb::User {
        user_id: user.id.to_string(),
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        role: user.role,
        active: Some(user.active),
        branch_id: user.branch_id.as_ref().map(Uuid::to_string).unwrap_or_default(),
        version: user.version,
    }
}

/// A terminal at its register.
pub fn terminal_to_pb(terminal: &terminal::Model, register: &register::Model) -> pb::Terminal {
    pb::Terminal {
        terminal_id: terminal.id.to_string(),
        name: terminal.name.clone(),
        register_id: register.id.to_string(),
        register_code: register.code.clone(),
        branch_id: register.branch_id.to_string(),
        local: terminal.local,
        create_time: Some(stored_timestamp(terminal.create_time)),
        revoke_time: terminal.revoke_time.map(stored_timestamp),
    }
}
