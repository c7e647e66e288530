//! What the real books stand on: the disk that they lie on.

use std::sync::Arc;

use super::{NumberReservations, UsedCodes, WorkingSet, writer::Ground};
use crate::{disk::Disk, error::Error, store::Failure};

/// The disk of a data folder, and the numbers that are reserved on it.
pub struct DiskGround {
    disk: Arc<Disk>,
    reservations: NumberReservations,
}

impl DiskGround {
    /// Of a disk and its reservations.
    pub fn new(disk: Arc<Disk>, reservations: NumberReservations) -> Self {
        Self { disk, reservations }
    }
}

impl Ground for DiskGround {
    fn admit(&self, method: &'static str) -> Result<(), Error> {
        self.disk.admit(method)
    }

    fn used_codes(&self) -> &UsedCodes {
        self.reservations.codes()
    }

    fn reserve_numbers(&mut self, set: &WorkingSet) -> Result<(), Failure> {
        // Once in a thousand numbers, and then the commit waits for the disk as well.
        self.reservations.cover_batch(set).map_err(Failure::from)
    }

    fn make_room(&self) -> bool {
        self.disk.make_room()
    }
}
