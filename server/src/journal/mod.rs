//! What the journal records, and what each record is: one table for all who read it.

pub mod entries;
mod words;
