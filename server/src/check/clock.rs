//! What the journal says of the server's clock.

use kassa_proto::v1 as pb;

use super::{
    journal::Record,
    record::{Unreadable, time},
};

/// Steps back up to this, in microseconds, are smoothed and not recorded.
const SMOOTHED: i64 = 120_000_000;

/// A record of the clock says that it went back, and further than what is smoothed.
pub fn changed(record: &Record, entry: &pb::ClockChangedEntry) -> Result<(), Unreadable> {
    let (from, to) = (time(entry.from_time.as_ref(), "from_time")?, record.time()?);
    if from.saturating_sub(to) > SMOOTHED {
        return Ok(());
    }
    Err(Unreadable::new("from_time", "is no time from which the clock went back"))
}
