//! Kassa's tests: the real server through the real client, a module per noun.

mod books;
mod keys;
mod kill;
mod orders;
mod shifts;
