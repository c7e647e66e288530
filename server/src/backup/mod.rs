//! Backups: copies of the whole database that are made while the shop sells, and proved before they count.
//!
//! All but [`Backups`], `stream` and `queries` are functions over paths, for whoever makes a backup: the
//! server, an upgrade, a restore, `kassa-server backup`.
//!
//! - [`Place`]: what is copied, and where to; [`Claim`]: one at a time, whoever makes it.
//! - `snapshot`: the copy, at one moment; [`verify`](verify::verify): its proof; [`Manifest`]: what is known of it.
//!   [`ProofCopy`]: one that is proved in the place of the live books, and is no backup.
//! - `create`: from the copy to a file under its final name, whatever happens in between.
//! - [`list`]: what there is, and which one to go back to; `retain`: what stays; [`second`]: the copy on another drive.
//! - [`schedule`]: when the next daily one is due.
//! - [`Backups`]: those of a running server; `stream`, `queries`: what its RPCs tell.
//!
//! # What a power cut leaves
//!
//! The copy is written and proved under another name. Then its manifest gets its name, the folder is synced,
//! and last the copy gets its own: a file `kassa-backup-...db` is always whole, and was sound when its
//! manifest says so. A manifest without its database, one that is half written, and `unfinished.db` with what SQLite
//! puts beside it, is rubbish, which the next [`Claim`] removes.

mod claim;
mod create;
mod error;
mod files;
mod keeper;
pub mod list;
mod manifest;
mod names;
mod place;
mod proof_copy;
pub mod queries;
mod retain;
pub mod schedule;
pub mod second;
mod snapshot;
pub mod stream;
pub mod verify;
mod watch;

pub use self::{
    claim::Claim,
    create::{CreatedBackup, create, create_in},
    error::BackupError,
    keeper::{Backups, Running},
    list::{Backup, State},
    manifest::Manifest,
    names::{Name, Reason},
    place::Place,
    proof_copy::ProofCopy,
    second::SecondFolder,
    watch::{Phase, Step, Watch},
};
