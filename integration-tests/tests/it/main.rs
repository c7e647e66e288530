//! Kassa's tests: the real server through the real client, a module per noun.

mod keys;
mod orders;
mod shifts;
