//! Small loops over the same operations that everybody uses.

pub mod daily_backup;
pub mod end_idle_shifts;
pub mod expire_answers;
pub mod prove_books;
pub mod watch_writer;
