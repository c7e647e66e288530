//! What the journal says of the server's clock.

use kassa_proto::v1 as pb;

use super::{
    journal::Record,
    record::{Unreadable, time},
};
use crate::clock::{from_micros, is_step_back};

/// A record of the clock says that it went back, and further than what is smoothed.
pub fn changed(record: &Record, entry: &pb::ClockChangedEntry) -> Result<(), Unreadable> {
    let (from, to) = (time(entry.from_time.as_ref(), "from_time")?, record.time()?);
    if is_step_back(from_micros(from), from_micros(to)) {
        return Ok(());
    }
    Err(Unreadable::new("from_time", "is no time from which the clock went back"))
}
