//! What is in stock: the quantities from which it is low, and what is told of it.

pub mod put_levels;
pub mod queries;
