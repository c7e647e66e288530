//! How the books write what they know: values as columns hold them, and as records and answers say them. It decides
//! nothing, so that whoever posts and whoever checks may share it.

pub mod counter;
pub mod customer;
pub mod lines;
pub mod order;
pub mod search;
pub mod time;
