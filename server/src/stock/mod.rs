//! What is on the shelves: every change with its cause, and what goods have cost.

pub mod put_levels;
pub mod queries;
