//! Small loops over the same operations that everybody uses.

pub mod expire_answers;
