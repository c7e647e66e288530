//! Turns: who reads next, so that one busy terminal keeps nobody else waiting.
//!
//! Each [`Class`] has places of its own, so that no number of reports takes one of a look-up's, and in each class a
//! terminal has a share of them. Who waits stands in two lines: first in the terminal's own, for its share, then in
//! that of all, in which a terminal never stands with more than its share. So whoever comes is served before another
//! terminal has had its share once more, and within a terminal it goes by who came first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kassa_proto::v1::ErrorReason as Reason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::{caller::Class, error::Error};

/// Requests of a terminal that may wait in a class: as many as a connection may have under way.
const MOST_WAITING: usize = 64;
/// When to ask again who was one too many.
const AGAIN: Duration = Duration::from_secs(1);

/// The places of a server, and who waits for them.
pub struct Turns {
    look_ups: Line,
    reports: Line,
    proofs: Line,
    #[cfg(feature = "fault-injection")]
    faults: Arc<crate::store::fault::Faults>,
}

struct Line {
    share: u32,
    places: Arc<Semaphore>,
    /// As many as the shop has terminals.
    terminals: Mutex<HashMap<Uuid, Arc<Terminal>>>,
}

struct Terminal {
    share: Arc<Semaphore>,
    waiting: Semaphore,
}

/// A place, until it is dropped. It goes with the work: what goes on without its caller keeps it.
#[derive(Debug)]
pub struct Turn {
    _place: OwnedSemaphorePermit,
    _share: Option<OwnedSemaphorePermit>,
}

impl Default for Turns {
    fn default() -> Self {
        let line = |class: Class| {
            let (places, share) = class.places();
            Line { share, places: semaphore(places), terminals: Mutex::default() }
        };
        Self {
            look_ups: line(Class::LookUp),
            reports: line(Class::Report),
            proofs: line(Class::Proof),
            #[cfg(feature = "fault-injection")]
            faults: Arc::default(),
        }
    }
}

impl Turns {
    /// The same that a test may hold up.
    #[cfg(feature = "fault-injection")]
    pub fn with(faults: Arc<crate::store::fault::Faults>) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Waits for a turn of a terminal; of the server itself, if it is none: what it reads by itself is little, and has
    /// no share to keep to. Whoever goes away meanwhile leaves nothing behind.
    ///
    /// # Errors
    /// `OVERLOADED` if too much of the terminal's waits already, `STOPPING`.
    pub async fn take(&self, terminal: Option<Uuid>, class: Class) -> Result<Turn, Error> {
        let line = self.line(class);
        let share = match terminal {
            None => None,
            Some(terminal) => Some(line.share_of(terminal).await?),
        };
        let place = Arc::clone(&line.places).acquire_owned().await.map_err(|_| stopping())?;
        let turn = Turn { _place: place, _share: share };
        #[cfg(feature = "fault-injection")]
        self.faults.stand(class).await;
        Ok(turn)
    }

    /// Nobody waits any more for what takes long; who stands at the till is served to the end.
    pub fn stop(&self) {
        self.reports.stop();
        self.proofs.stop();
    }

    fn line(&self, class: Class) -> &Line {
        match class {
            Class::LookUp => &self.look_ups,
            Class::Report => &self.reports,
            Class::Proof => &self.proofs,
        }
    }
}

impl Line {
    fn stop(&self) {
        self.places.close();
        let terminals = self.terminals.lock().unwrap_or_else(PoisonError::into_inner);
        terminals.values().for_each(|terminal| terminal.share.close());
    }

    async fn share_of(&self, id: Uuid) -> Result<OwnedSemaphorePermit, Error> {
        let terminal = {
            let mut terminals = self.terminals.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Terminal { share: semaphore(self.share), waiting: Semaphore::new(MOST_WAITING) };
            Arc::clone(terminals.entry(id).or_insert_with(|| Arc::new(new())))
        };
        let _waiting = terminal.waiting.try_acquire().map_err(|_| too_many())?;
        Arc::clone(&terminal.share).acquire_owned().await.map_err(|_| stopping())
    }
}

fn semaphore(places: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(usize::MAX)))
}

fn too_many() -> Error {
    let message = format!("{MOST_WAITING} requests of this terminal are waiting already; try again");
    Error::new(Reason::Overloaded, message).retry_after(AGAIN)
}

/// What is refused because the server is stopping.
pub fn stopping() -> Error {
    Error::new(Reason::Stopping, "the server is stopping").retry_after(AGAIN)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, pin::Pin, task::Context};

    use futures_util::FutureExt as _;
    use proptest::prelude::*;

    use super::*;

    const CLASSES: [Class; 3] = [Class::LookUp, Class::Report, Class::Proof];

    fn terminal(number: u128) -> Option<Uuid> {
        Some(Uuid::from_u128(number))
    }

    fn now(turns: &Turns, terminal: Option<Uuid>, class: Class) -> Option<Result<Turn, Reason>> {
        turns.take(terminal, class).now_or_never().map(|taken| taken.map_err(|error| error.reason()))
    }

    type Asking<'a> = Pin<Box<dyn Future<Output = Result<Turn, Error>> + 'a>>;

    /// Whoever waits, and how many turns each terminal had had when they came.
    struct Waiting<'a> {
        terminal: u128,
        asking: Asking<'a>,
        /// None for whoever stands behind others of their own terminal.
        had: Option<BTreeMap<u128, u32>>,
    }

    /// Terminals that ask, go away, and end what they read.
    struct Crowd<'a> {
        turns: &'a Turns,
        class: Class,
        waiting: Vec<Waiting<'a>>,
        reading: Vec<(u128, Turn)>,
        had: BTreeMap<u128, u32>,
    }

    impl Crowd<'_> {
        fn of(&self, terminal: u128) -> u32 {
            u32::try_from(self.reading.iter().filter(|(whose, _)| *whose == terminal).count()).unwrap()
        }

        fn ask(&mut self, terminal: u128) {
            let (_, share) = self.class.places();
            let first = self.waiting.iter().all(|waiting| waiting.terminal != terminal);
            let had = (first && self.of(terminal) < share).then(|| self.had.clone());
            let asking = Box::pin(self.turns.take(Some(Uuid::from_u128(terminal)), self.class));
            self.waiting.push(Waiting { terminal, asking, had });
        }

        /// Serves whom it can, and sees that nobody has more than is theirs.
        fn serve(&mut self) {
            let (places, share) = self.class.places();
            let mut context = Context::from_waker(std::task::Waker::noop());
            while let Some((index, turn)) =
                self.waiting.iter_mut().enumerate().find_map(|(index, waiting)| {
                    match waiting.asking.as_mut().poll(&mut context) {
                        std::task::Poll::Ready(turn) => Some((index, turn.unwrap())),
                        std::task::Poll::Pending => None,
                    }
                })
            {
                let Waiting { terminal, had: before, .. } = self.waiting.remove(index);
                for (other, had) in self.had.iter().filter(|(other, _)| **other != terminal) {
                    let before = before.as_ref().map(|before| before.get(other).copied().unwrap_or_default());
                    assert!(
                        before.is_none_or(|before| had - before <= share),
                        "{other} was served again and again"
                    );
                }
                *self.had.entry(terminal).or_default() += 1;
                self.reading.push((terminal, turn));
            }
            assert!(self.reading.len() <= usize::try_from(places).unwrap(), "more than there are places");
            for (terminal, _) in &self.reading {
                assert!(self.of(*terminal) <= share, "more than the share of {terminal}");
            }
            let free = self.reading.len() < usize::try_from(places).unwrap();
            let could = self.waiting.iter().any(|waiting| self.of(waiting.terminal) < share);
            assert!(!(free && could), "somebody waits for a place that is free");
        }
    }

    proptest! {
        #[test]
        fn nobody_has_more_than_their_share_and_nobody_waits_while_another_is_served_again_and_again(
            class in prop::sample::select(&CLASSES[..]),
            deeds in prop::collection::vec((0..5, 0..4_u128, any::<prop::sample::Index>()), 1..200),
        ) {
            let turns = Turns::default();
            let (waiting, reading, had) = (Vec::new(), Vec::new(), BTreeMap::new());
            let mut crowd = Crowd { turns: &turns, class, waiting, reading, had };
            for (deed, terminal, index) in deeds {
                match deed {
                    // A busy terminal asks more often than the others.
                    0 => crowd.ask(0),
                    1 => crowd.ask(terminal),
                    2 if !crowd.waiting.is_empty() => {
                        let leaving = index.index(crowd.waiting.len());
                        drop(crowd.waiting.remove(leaving));
                    }
                    3 | 4 if !crowd.reading.is_empty() => {
                        let ended = index.index(crowd.reading.len());
                        drop(crowd.reading.remove(ended));
                    }
                    _ => {}
                }
                crowd.serve();
            }
            // Everybody is served in the end, and all places are free then.
            while !crowd.reading.is_empty() {
                crowd.reading.remove(0);
                crowd.serve();
            }
            prop_assert!(crowd.waiting.is_empty());
            prop_assert_eq!(turns.line(class).places.available_permits(), usize::try_from(class.places().0).unwrap());
        }
    }

    #[test]
    fn what_waits_in_one_class_keeps_nobody_of_another_waiting() {
        let turns = Turns::default();
        for class in CLASSES {
            let all: Vec<_> = (0..).map_while(|number| now(&turns, terminal(number), class)).collect();
            assert_eq!(all.len(), usize::try_from(class.places().0).unwrap(), "{class:?}");
            for other in CLASSES.into_iter().filter(|other| *other != class) {
                assert!(now(&turns, terminal(1), other).is_some_and(|taken| taken.is_ok()));
            }
        }
    }

    #[test]
    fn a_terminal_whose_line_is_too_long_is_told_at_once_and_no_other_is() {
        let turns = Turns::default();
        let _reading = now(&turns, terminal(1), Class::Report).unwrap().unwrap();
        let mut waiting: Vec<_> =
            (0..MOST_WAITING).map(|_| Box::pin(turns.take(terminal(1), Class::Report))).collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        assert_eq!(now(&turns, terminal(1), Class::Report).unwrap().unwrap_err(), Reason::Overloaded);
        assert!(now(&turns, terminal(2), Class::Report).unwrap().is_ok());
        waiting.pop();
        assert!(now(&turns, terminal(1), Class::Report).is_none(), "whoever went away made room in the line");
    }

    #[test]
    fn the_server_itself_keeps_to_no_share_and_is_never_one_too_many() {
        let turns = Turns::default();
        let all: Vec<_> = std::iter::from_fn(|| now(&turns, None, Class::LookUp)).collect();
        assert_eq!(all.len(), usize::try_from(Class::LookUp.places().0).unwrap());
        let mut waiting: Vec<_> =
            (0..=MOST_WAITING).map(|_| Box::pin(turns.take(None, Class::LookUp))).collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
    }

    #[test]
    fn a_server_that_stops_has_nobody_wait_for_what_takes_long() {
        let turns = Turns::default();
        let proof = now(&turns, terminal(1), Class::Proof).unwrap().unwrap();
        let look_up = now(&turns, terminal(1), Class::LookUp).unwrap().unwrap();
        let mut waiting: Vec<_> = [terminal(1), terminal(2), None]
            .into_iter()
            .map(|who| Box::pin(turns.take(who, Class::Proof)))
            .collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        turns.stop();
        for waiting in waiting {
            assert_eq!(waiting.now_or_never().unwrap().unwrap_err().reason(), Reason::Stopping);
        }
        assert_eq!(now(&turns, terminal(3), Class::Report).unwrap().unwrap_err(), Reason::Stopping);
        assert!(now(&turns, terminal(2), Class::LookUp).unwrap().is_ok());
        drop((proof, look_up));
    }
}
