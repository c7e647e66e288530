//! The model test: random shops and sequences of operations over the pure rules, without a disk. After every
//! operation all that must always hold is compared with a simple model.
//!
//! - [`shop`], [`requests`], [`request`], [`random`]: what is played, good and bad requests alike.
//! - [`play`]: the sequence, batch by batch, over `books::memory`.
//! - [`predict`]: what the rules must answer.
//! - [`goods`]: all of that for goods between branches.
//! - [`ledger`], [`counting`], [`change_set`]: the documents, what they add up to, and the comparison with the books.
//! - [`schema`], [`condition`]: the schema's CHECKs, unique indexes and parents, held to rows in memory.
//!
//! A failure prints the number of its sequence; `KASSA_MODEL_SEQUENCE=N` plays that one again, and
//! `KASSA_MODEL_SEQUENCES=N` plays so many.

mod change_set;
mod condition;
mod counting;
mod goods;
mod ledger;
mod play;
mod predict;
mod random;
mod request;
mod requests;
mod schema;
mod shop;

use std::{
    panic::catch_unwind,
    sync::Mutex,
    time::{Duration, Instant},
};

use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngSeed, TestRunner},
};

pub use self::random::Random;
use self::{
    play::{Counts, Play, Step},
    requests::Kind,
};
use crate::{encoding::order::OrderRows, store::entity::shift};

/// Operations of a sequence.
const OPERATIONS: usize = 200;
/// Sequences of a run in a debug build, unless the environment says otherwise.
const SEQUENCES: u64 = 100;
/// How long a sequence that fails is made simpler.
const LONGEST_SIMPLIFYING: Duration = Duration::from_secs(60);

/// How often each kind comes. The simplest first: what fails is shrunk towards waiting.
const KINDS: &[(u32, Kind)] = &[
    (3, Kind::Wait),
    (42, Kind::Sell),
    (14, Kind::OpenShift),
    (14, Kind::Refund),
    (5, Kind::Void),
    (5, Kind::Exchange),
    (2, Kind::End),
    (5, Kind::Close),
    (1, Kind::ForceClose),
    (3, Kind::HandOver),
    (2, Kind::Activity),
    (2, Kind::EndIdle),
    (2, Kind::PutProducts),
    (2, Kind::PutSettings),
    (3, Kind::PutLevels),
    (3, Kind::Adjust),
    (2, Kind::StartCount),
    (4, Kind::EnterCount),
    (2, Kind::FinishCount),
    (1, Kind::CancelCount),
    (6, Kind::Again),
    (14, Kind::Grant),
    (4, Kind::SaveDraft),
    (2, Kind::TakeOver),
    (2, Kind::Discard),
    (3, Kind::Print),
    (6, Kind::Move),
    (2, Kind::OpenDrawer),
    (3, Kind::Send),
    (3, Kind::Receive),
    (2, Kind::Reconcile),
    (4, Kind::PutCustomers),
    (1, Kind::Forget),
    (5, Kind::PutPurchase),
    (4, Kind::Approve),
    (2, Kind::Cancel),
    (5, Kind::SendStock),
    (5, Kind::ReceiveStock),
];

fn kind(place: u32) -> Kind {
    let mut left = place;
    for (weight, kind) in KINDS.iter().copied() {
        if left < weight {
            return kind;
        }
        left -= weight;
    }
    Kind::Wait
}

fn step() -> impl Strategy<Value = Step> {
    let all = KINDS.iter().map(|(weight, _)| weight).sum::<u32>();
    (0..all, any::<u64>(), 0..5_u8).prop_map(|(place, random, joins)| Step {
        kind: kind(place),
        random,
        joins: joins > 2,
    })
}

/// The shop and the steps of a number: the same number is the same sequence.
fn sequence(number: u64) -> (u64, Vec<Step>) {
    let config = Config { rng_seed: RngSeed::Fixed(number), failure_persistence: None, ..Config::default() };
    let tree = (any::<u64>(), vec(step(), OPERATIONS)).new_tree(&mut TestRunner::new(config));
    tree.expect("sequences are made without conditions").current()
}

/// The shifts of a sequence's shop as it leaves them, and its orders as they were made.
pub fn played(number: u64) -> (Vec<shift::Model>, Vec<OrderRows>) {
    let (shop, steps) = sequence(number);
    let mut play = Play::of(shop).expect("a shop that adds up");
    play.all(&steps).expect("a shop that adds up");
    play.documents()
}

/// Plays steps in a shop; a panic of a rule is a failure like any other.
fn play(shop: u64, steps: &[Step]) -> Result<Counts, String> {
    let play = || {
        let mut play = Play::of(shop)?;
        play.all(steps)?;
        let mut counts = std::mem::take(&mut play.counts);
        counts.insert("rows asked for late", [play.loads() as u64, 0]);
        Ok(counts)
    };
    catch_unwind(play).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// Leaves out what a failure does not need: what comes after it, then halves, quarters and so on.
fn simplest(shop: u64, steps: &[Step], why: String) -> (Vec<Step>, String) {
    let (mut left, mut why) = (steps.to_vec(), why);
    let begun = Instant::now();
    let mut chunk = left.len() / 2;
    while chunk > 0 {
        let mut end = left.len();
        while end > 0 && begun.elapsed() < LONGEST_SIMPLIFYING {
            let start = end.saturating_sub(chunk);
            let fewer = [&left[..start], &left[end..]].concat();
            if let Err(still) = play(shop, &fewer) {
                (left, why) = (fewer, still);
            }
            end = start;
        }
        chunk /= 2;
    }
    (left, why)
}

/// Plays the sequence of a number, and says in words what fails in it.
fn play_number(number: u64) -> Result<Counts, String> {
    let (shop, steps) = sequence(number);
    play(shop, &steps).map_err(|first| {
        let (left, why) = simplest(shop, &steps, first.clone());
        format!(
            "sequence {number} fails (KASSA_MODEL_SEQUENCE={number} plays it again): {first}\n\n\
             of the shop {shop} these {} steps are enough: {left:#?}\n{why}",
            left.len()
        )
    })
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn whatever_people_do_the_books_add_up() {
    let numbers: Vec<u64> = match from_environment("KASSA_MODEL_SEQUENCE") {
        Some(number) => vec![number],
        None => (0..from_environment("KASSA_MODEL_SEQUENCES").unwrap_or(SEQUENCES)).collect(),
    };
    let (counts, failed) = (Mutex::new(Counts::new()), Mutex::new(None));
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (counts, failed, numbers) = (&counts, &failed, &numbers);
            scope.spawn(move || {
                for number in numbers.iter().skip(thread).step_by(threads) {
                    if failed.lock().expect("nobody panicked").is_some() {
                        return;
                    }
                    match play_number(*number) {
                        Ok(played) => {
                            let mut counts = counts.lock().expect("nobody panicked");
                            for (name, [done, refused]) in played {
                                let sum = counts.entry(name).or_default();
                                *sum = [sum[0] + done, sum[1] + refused];
                            }
                        }
                        Err(why) => {
                            failed.lock().expect("nobody panicked").get_or_insert(why);
                        }
                    }
                }
            });
        }
    });
    if let Some(why) = failed.into_inner().expect("nobody panicked") {
        panic!("{why}");
    }
    let counts = counts.into_inner().expect("nobody panicked");
    eprintln!("{} sequences in {:?} on {threads} threads: {counts:#?}", numbers.len(), begun.elapsed());
    if numbers.len() > 100 {
        for (name, [done, refused]) in counts {
            let late = name == "rows asked for late" || name == "a key again" || name == "EndIdleShift";
            assert!(done > 0 && (refused > 0 || late), "{name}: {done} done, {refused} refused");
        }
    }
}
