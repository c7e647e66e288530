//! A sequence of operations, played: each is asked of the books and of the model, and both are compared.

use std::{cell::RefCell, collections::BTreeMap};

use kassa_proto::v1::{self as pb, ErrorReason as Reason, MovementType, Role};
use prost::Message as _;
use uuid::Uuid;

use super::{
    change_set::{ChangeSet, Listener},
    ledger::{CLOSED, Checked, Document, ENDED, Ledger, OPEN, ensure, same},
    predict::{Verdict, Wanted, person_alone, verdict},
    random::Random,
    request::Request,
    requests::{Kind, Maker, brief},
    schema::Constraints,
    shop::{self, PRODUCTS, Shop},
};
use crate::{
    books::{
        memory::{Answered, Decided, Memory},
        testing::NOON,
    },
    caller::Caller,
    encoding::{customer::person_of, order::OrderRows},
    error::Error,
    rpcs::{Access, rpcs},
    store::entity::{grant, idempotency_key, shift},
};

/// One operation of a sequence.
#[derive(Clone, Debug)]
pub struct Step {
    /// What.
    pub kind: Kind,
    /// Who, where, and everything else.
    pub random: u64,
    /// Whether it is decided in one batch with the one before.
    pub joins: bool,
}

/// What was sent, to be sent again.
#[derive(Clone)]
struct Sent {
    request: Request,
    caller: Caller,
    key: Option<String>,
    /// The answer, if it was carried out.
    answer: Option<Vec<u8>>,
    time: i64,
}

/// How often each kind was carried out, and refused.
pub type Counts = BTreeMap<&'static str, [u64; 2]>;

/// A shop in which operations are played.
pub struct Play {
    books: Memory<Listener>,
    ledger: Ledger,
    constraints: Constraints,
    shop: Shop,
    sent: Vec<Sent>,
    /// What was refused because somebody has to allow it, and what has to be allowed.
    refused: Vec<(Sent, Wanted)>,
    keys: u64,
    /// Whether the keys of a method name what it made.
    naming: RefCell<BTreeMap<String, bool>>,
    /// What was played.
    pub counts: Counts,
}

impl Play {
    /// A shop with its products.
    ///
    /// # Errors
    /// What does not hold.
    pub fn of(seed: u64) -> Checked<Self> {
        let mut random = Random::of(seed);
        let (mut books, mut ledger) = (Memory::at(NOON), Ledger::default());
        let mut constraints = Constraints::default();
        let shop = shop::found(&mut random, &mut books, &mut ledger, &mut constraints);
        let counts = Counts::new();
        let (sent, refused) = (Vec::new(), Vec::new());
        let naming = RefCell::default();
        let mut play = Self { books, ledger, constraints, shop, sent, refused, keys: 0, naming, counts };
        let products = (0..PRODUCTS).map(|number| shop::product(&mut random, number)).collect();
        let request = Request::PutProducts(pb::PutProductsRequest { products, ..Default::default() });
        let caller = play.caller(0, 3);
        let sent = play.new_sent(request, caller);
        play.batch(vec![sent])?;
        Ok(play)
    }

    fn caller(&self, shop: usize, user: usize) -> Caller {
        let (user_id, role) = self.shop.people[user];
        let role = Role::try_from(role).unwrap_or_default();
        Caller { user_id, role, ..self.shop.desks[shop].clone() }
    }

    fn new_sent(&mut self, request: Request, caller: Caller) -> Sent {
        self.keys += 1;
        let key = request.is_keyed().then(|| format!("k{}", self.keys));
        Sent { request, caller, key, answer: None, time: 0 }
    }

    /// The shifts as they are, and the orders in the order in which they were made.
    pub fn documents(self) -> (Vec<shift::Model>, Vec<OrderRows>) {
        let Ledger { shifts, orders, mut documents, .. } = self.ledger;
        let orders = orders.iter().filter_map(|id| documents.remove(id)).map(|document| {
            let Document { order, lines, discounts, tenders, .. } = document;
            OrderRows { order, lines, discounts, tenders }
        });
        (shifts.into_values().map(|shift| shift.row).collect(), orders.collect())
    }

    /// Plays a sequence in its batches.
    ///
    /// # Errors
    /// What does not hold, and after which step.
    pub fn all(&mut self, steps: &[Step]) -> Checked {
        let mut place = 0;
        while place < steps.len() {
            let joining = steps[place + 1..].iter().take_while(|step| step.joins).count();
            let batch = &steps[place..=place + joining];
            let mut asked = Vec::new();
            for step in batch {
                asked.extend(self.ask(step));
            }
            self.batch(asked).map_err(|wrong| format!("steps {place}..={}: {wrong}", place + joining))?;
            place += joining + 1;
        }
        Ok(())
    }

    /// The request of a step.
    fn ask(&mut self, step: &Step) -> Option<Sent> {
        let mut random = Random::of(step.random);
        if step.kind == Kind::Wait {
            let most = if random.one_in(4) { 900 } else { 20 };
            self.books.wait(random.from(0, most) * 60_000_000);
            return None;
        }
        // Whoever was just allowed something does it soon.
        let most = if self.fresh_grant().is_some() { 10 } else { 90 };
        self.books.wait(random.from(0, most) * 1_000_000);
        if step.kind == Kind::Grant {
            let sent = self.grant(&mut random)?;
            return self.at_the_door(sent);
        }
        if step.kind == Kind::Again {
            let mut again = random.pick(&self.sent)?;
            if random.one_in(4) {
                // Another request under the key, by the same method.
                let others = self.sent.iter().filter(|it| it.request.name() == again.request.name());
                again.request = random.pick(&others.cloned().collect::<Vec<_>>())?.request;
            }
            if random.one_in(3) {
                // The cashier changed in between.
                let (user_id, role) = random.pick(&self.shop.people)?;
                again.caller = Caller { user_id, role: Role::try_from(role).ok()?, ..again.caller };
            }
            return self.at_the_door(again);
        }
        let desks: Vec<usize> = (0..self.shop.desks.len()).collect();
        // Most of what people do, they do where a shift is open; they open one where none is.
        let is_open = |shop: &usize| self.ledger.shift_on(self.shop.desks[*shop].register_id, OPEN).is_some();
        let wanted = step.kind != Kind::OpenShift;
        let fitting: Vec<usize> = desks.iter().copied().filter(|shop| is_open(shop) == wanted).collect();
        let shop = if random.one_in(6) {
            random.pick(&desks)
        } else {
            random.pick(&fitting).or_else(|| random.pick(&desks))
        }?;
        let user = random.pick(&(0..self.shop.people.len()).collect::<Vec<_>>())?;
        let mut caller = self.caller(shop, user);
        // Whose shift it is, is there most of the time; some things are a supervisor's.
        let own = self
            .ledger
            .shift_on(caller.register_id, OPEN)
            .or_else(|| self.ledger.shift_on(caller.register_id, ENDED));
        if let Some(own) = own.filter(|_| !random.one_in(3)) {
            let user = self.shop.people.iter().position(|(user, _)| *user == own.row.user_id);
            caller = self.caller(shop, user.unwrap_or_default());
        }
        let of_supervisors = [
            Kind::Void,
            Kind::ForceClose,
            Kind::PutPurchase,
            Kind::Approve,
            Kind::Cancel,
            Kind::SendStock,
            Kind::ReceiveStock,
            Kind::StartCount,
            Kind::FinishCount,
            Kind::CancelCount,
        ];
        if of_supervisors.contains(&step.kind) && !random.one_in(8) {
            caller = self.caller(shop, 2);
        }
        if matches!(step.kind, Kind::PutProducts | Kind::PutSettings | Kind::Forget) && !random.one_in(8) {
            caller = self.caller(shop, 3);
        }
        if step.kind == Kind::EndIdle {
            let server = Caller::server();
            caller = Caller {
                terminal_id: server.terminal_id,
                user_id: server.user_id,
                role: server.role,
                ..caller
            };
        }
        let mut maker = Maker {
            random: &mut random,
            ledger: &self.ledger,
            shop: &self.shop,
            caller: &caller,
            now: self.books.now(),
        };
        let request = maker.make(step.kind)?;
        if let Request::EndIdle { shift_id, .. } = &request {
            let row = &self.ledger.shifts[shift_id].row;
            caller = Caller { register_id: row.register_id, branch_id: row.branch_id, ..caller };
        }
        let sent = self.new_sent(request, caller);
        self.at_the_door(sent)
    }

    /// The last grant, while it is good.
    fn fresh_grant(&self) -> Option<&grant::Model> {
        let last = self.ledger.grants.values().max_by_key(|grant| (grant.create_time, grant.id))?;
        (last.used_time.is_none() && last.expire_time > self.books.now()).then_some(last)
    }

    /// Has something allowed that was refused, or does it with the grant.
    fn grant(&mut self, random: &mut Random) -> Option<Sent> {
        let all: Vec<grant::Model> = self.ledger.grants.values().cloned().collect();
        let grant = match self.fresh_grant() {
            Some(grant) => Some(grant.clone()),
            None if random.one_in(6) => random.pick(&all),
            None => None,
        };
        match grant {
            Some(grant) => self.with_grant(random, &grant),
            None => self.ask_for_grant(random),
        }
    }

    /// A grant for one of the last things that were refused; sometimes for something else, or of somebody else.
    fn ask_for_grant(&mut self, random: &mut Random) -> Option<Sent> {
        let last = self.refused.len().saturating_sub(3);
        let (Sent { caller, .. }, mut wanted) = random.pick(&self.refused[last..])?;
        match random.below(8) {
            0 => wanted.amount = (wanted.amount - 1).max(0),
            1 => wanted.amount += 1_00,
            2 => wanted.of = Some(caller.terminal_id),
            3 if wanted.movement.is_some() => {
                wanted.movement =
                    random.pick(&[MovementType::SafeDrop, MovementType::PaidIn, MovementType::Over]);
            }
            _ => {}
        }
        let approver = if random.one_in(8) { random.pick(&self.shop.people)? } else { self.shop.people[2] };
        Some(self.new_sent(Request::Grant { approver: approver.0, wanted }, caller))
    }

    /// What was refused, with a grant; sometimes with another one's, or by somebody else.
    fn with_grant(&mut self, random: &mut Random, grant: &grant::Model) -> Option<Sent> {
        let fits = |(sent, wanted): &&(Sent, Wanted)| {
            let is = (sent.caller.user_id, i32::from(wanted.action), wanted.of);
            is == (grant.requester_user_id, grant.action, grant.order_id)
        };
        let fitting = self.refused.iter().rfind(fits).cloned().filter(|_| !random.one_in(6));
        let (Sent { mut request, mut caller, .. }, _) = fitting.or_else(|| random.pick(&self.refused))?;
        *request.grant_ids()? = vec![grant.id.to_string()];
        if random.one_in(10) {
            let (user_id, role) = random.pick(&self.shop.people)?;
            caller = Caller { user_id, role: Role::try_from(role).ok()?, ..caller };
        }
        Some(self.new_sent(request, caller))
    }

    /// What the layers before the books let in: the role suffices, and the fields parse.
    fn at_the_door(&mut self, sent: Sent) -> Option<Sent> {
        let called = |name: &str| rpcs().iter().find(|rpc| rpc.path.rsplit('/').next() == Some(name));
        let role = match called(sent.request.name()).map(|rpc| rpc.access) {
            Some(Access::From(role)) => role,
            _ => Role::Unspecified,
        };
        if sent.caller.role < role || sent.request.waiting(&sent.caller, None).is_err() {
            self.counts.entry(sent.request.name()).or_default()[1] += 1;
            return None;
        }
        Some(sent)
    }

    /// Decides a batch as the writer does, and checks everything after each posting.
    fn batch(&mut self, batch: Vec<Sent>) -> Checked {
        let waiting: Result<Vec<_>, Error> =
            batch.iter().map(|sent| sent.request.waiting(&sent.caller, sent.key.as_deref())).collect();
        let waiting = waiting.map_err(|error| error.to_string())?;
        for (sent, decided) in batch.into_iter().zip(self.books.batch(waiting)?) {
            let words =
                format!("{} by {:?} at {:?}", sent.request.name(), sent.caller.role, sent.caller.register_id);
            let Decided { answered, changes: mut heard, is_stored } = decided;
            if !is_stored {
                continue;
            }
            let at = (self.shop.people.as_slice(), self.books.now());
            let (verdict, wanted) = verdict(&self.ledger, &sent.request, &sent.caller, at);
            let checked = heard.hold_to(&mut self.constraints).and_then(|()| {
                self.ledger.take(&heard.changes, self.books.now(), sent.caller.register_id)?;
                self.judge(&sent, &answered, (verdict, wanted), &heard.changes)
            });
            let text = |wrong: String| {
                format!(
                    "{wrong}\n  after {words}, key {:?}: {}\n  answered: {}",
                    sent.key,
                    brief(&sent.request),
                    shown(&answered)
                )
            };
            checked.map_err(text)?;
            self.remember(sent, answered, wanted);
        }
        Ok(())
    }

    fn remember(&mut self, mut sent: Sent, answered: Answered, wanted: Option<Wanted>) {
        let counts = self.counts.entry(sent.request.name()).or_default();
        match answered {
            Answered::Done(bytes) => {
                counts[0] += 1;
                sent.answer = Some(bytes);
                if wanted.is_some() {
                    self.counts.entry("with a grant").or_default()[0] += 1;
                }
            }
            Answered::Replayed(_) => {
                self.counts.entry("a key again").or_default()[0] += 1;
                return;
            }
            Answered::RejectedAndCommitted(_) | Answered::Rejected(_) => {
                counts[1] += 1;
                if let Some(wanted) = wanted {
                    self.refused.push((sent.clone(), wanted));
                    if sent.request.grant_ids().is_some_and(|ids| !ids.is_empty()) {
                        self.counts.entry("with a grant").or_default()[1] += 1;
                    }
                }
            }
        }
        sent.time = self.books.now();
        self.sent.push(sent);
    }

    /// Compares the answer with what the model says.
    fn judge(
        &self,
        sent: &Sent,
        answered: &Answered,
        (verdict, wanted): (Option<Verdict>, Option<Wanted>),
        changes: &ChangeSet,
    ) -> Checked {
        if let Answered::Rejected(error) = answered {
            ensure!(changes.len() == 0, "a refusal changed rows: {changes:?}");
            ensure!(error.reason() != Reason::Internal, "an internal error: {error}");
        }
        let first = self.sent.iter().find(|it| {
            it.key == sent.key
                && it.answer.is_some()
                && it.caller.terminal_id == sent.caller.terminal_id
                && it.request.name() == sent.request.name()
        });
        if let (Some(first), Some(_)) = (first, &sent.key) {
            return self.repeated(first, sent, answered, changes);
        }
        let reason = match answered {
            Answered::Replayed(_) => return Err("a new key is answered as an old one".to_owned()),
            Answered::Done(_) => None,
            Answered::RejectedAndCommitted(error) | Answered::Rejected(error) => Some(error.reason()),
        };
        let used: Vec<Uuid> =
            changes.grants.iter().filter(|(before, _)| before.is_some()).map(|(_, row)| row.id).collect();
        let right = if reason.is_none() && wanted.is_some() {
            sent.request.clone().named_grants()
        } else {
            Vec::new()
        };
        if verdict.is_some() {
            same(|| "the grants that were used".to_owned(), &used, &right)?;
        }
        match (verdict, reason) {
            (Some(Ok(())), Some(reason)) => {
                return Err(format!("is refused for {reason:?}, and should be done"));
            }
            (Some(Err(why)), None) => return Err(format!("is done, and should be refused for {why:?}")),
            (Some(Err(Some(why))), Some(reason)) => same(|| "the refusal".to_owned(), reason, why)?,
            (Some(Ok(()) | Err(_)) | None, _) => {}
        }
        match answered {
            Answered::Done(_) => self.has_happened(&sent.request, changes, sent.key.is_some()),
            Answered::RejectedAndCommitted(_) => {
                same(|| "what a rejection keeps".to_owned(), changes.counts.is_empty(), false)
            }
            _ => Ok(()),
        }
    }

    /// A key that was used: the first answer, or the refusal of another request, and nothing is changed.
    fn repeated(&self, first: &Sent, sent: &Sent, answered: &Answered, changes: &ChangeSet) -> Checked {
        ensure!(changes.len() == 0, "a repeated key changed rows: {changes:?}");
        let same_request = first.request.is(&sent.request);
        let expired = self.books.now() - first.time > 86_400_000_000;
        match answered {
            Answered::Replayed(bytes) if same_request && !expired => {
                ensure!(Some(bytes) == first.answer.as_ref(), "a repeated key is answered in another way");
                Ok(())
            }
            Answered::Replayed(_) if same_request => Ok(()),
            // Whom another request has changed since then can't be compared any more.
            Answered::Replayed(bytes) => match &sent.request {
                Request::PutCustomers(message) => self.moved_on(message, bytes),
                _ => Err("another request is answered like the first".to_owned()),
            },
            Answered::Rejected(error) if error.reason() == Reason::KeyExpired => {
                same(|| "whether the answer has expired".to_owned(), (same_request, expired), (true, true))
            }
            Answered::Rejected(error) if !same_request => {
                same(|| "the refusal of a key".to_owned(), error.reason(), Reason::IdempotencyKeyReused)
            }
            other => Err(format!("a repeated key is answered with {other:?}")),
        }
    }

    /// Whether everybody whom this request would write in another way was changed since the answer.
    fn moved_on(&self, message: &pb::PutCustomersRequest, answer: &[u8]) -> Checked {
        let answer = pb::PutCustomersResponse::decode(answer).map_err(|error| error.to_string())?;
        for (put, written) in message.customers.iter().zip(&answer.customers) {
            let row =
                Uuid::try_parse(&written.customer_id).ok().and_then(|id| self.ledger.customers.get(&id));
            let as_written = row.filter(|row| row.version == written.version && row.anonymize_time.is_none());
            let another = as_written.is_some_and(|row| person_of(row) != person_alone(put));
            ensure!(!another, "a key with another person is answered like the first");
        }
        Ok(())
    }

    /// What was done shows in the documents.
    fn has_happened(&self, request: &Request, changes: &ChangeSet, keyed: bool) -> Checked {
        same(|| "the keys that were written".to_owned(), changes.keys.len(), usize::from(keyed))?;
        changes.keys.iter().try_for_each(|(_, key)| self.names_alike(key))?;
        let orders = match request {
            Request::Sell(_) | Request::Refund(_) | Request::Void(_) => 1,
            Request::Exchange(_) => 2,
            _ => 0,
        };
        same(|| "the orders that were made".to_owned(), changes.orders.len(), orders)?;
        let new_shifts = changes.shifts.iter().filter(|(before, _)| before.is_none()).count();
        let closed = changes.shifts.iter().filter(|(_, row)| row.state == CLOSED).count();
        let ended = changes.shifts.iter().filter(|(before, row)| {
            row.state == ENDED && before.as_ref().is_some_and(|before| before.state == OPEN)
        });
        let [may_open, may_close, may_end] = match request {
            Request::OpenShift(_) => [1, 0, 0],
            Request::Close(_) | Request::ForceClose(_) => [0, 1, 0],
            Request::End(_) | Request::EndIdle { .. } => [0, 0, 1],
            _ => [0, 0, 0],
        };
        ensure!(
            new_shifts <= may_open && closed <= may_close && ended.count() <= may_end,
            "shifts change by themselves: {:?}",
            changes.shifts
        );
        self.shift_has_changed(request, changes)
    }

    /// A key names what its request made or found made, whichever of both it was: its answer is made anew of that.
    fn names_alike(&self, key: &idempotency_key::Model) -> Checked {
        let may_differ = [
            // Whoever joins a colleague's shift has made none.
            "kassa.v1.Shifts/OpenShift",
            // A count that differs by nothing moves nothing.
            "kassa.v1.CashRegister/Reconcile",
        ];
        if may_differ.contains(&key.method.as_str()) {
            return Ok(());
        }
        let names = key.document_id.is_some();
        let first = *self.naming.borrow_mut().entry(key.method.clone()).or_insert(names);
        same(|| format!("whether a key of {} names a document", key.method), names, first)
    }

    fn shift_has_changed(&self, request: &Request, changes: &ChangeSet) -> Checked {
        let (id, state) = match request {
            Request::End(message) => (&message.shift_id, ENDED),
            Request::Close(message) => (&message.shift_id, CLOSED),
            Request::ForceClose(message) => (&message.shift_id, CLOSED),
            Request::HandOver(message) => {
                let owner = changes.shifts.first().map(|(_, row)| row.user_id.to_string());
                return same(|| "the new owner".to_owned(), owner.as_ref(), Some(&message.to_user_id));
            }
            Request::EndIdle { shift_id, idle_before } => {
                let row = &self.ledger.shifts[shift_id].row;
                let idle = row.state == OPEN && row.last_activity_time < *idle_before;
                ensure!(!idle, "an idle shift stays open");
                // The marker of the end counts as activity; so look at what it was before.
                let before = changes.shifts.first().and_then(|(before, _)| before.as_ref());
                ensure!(
                    before.is_none_or(|before| before.last_activity_time < *idle_before),
                    "a shift that was used is ended"
                );
                return Ok(());
            }
            _ => return Ok(()),
        };
        if let Some(shift) = Uuid::try_parse(id).ok().and_then(|id| self.ledger.shifts.get(&id)) {
            same(|| "the state of the shift".to_owned(), shift.row.state, state)?;
        }
        for (_, row) in &changes.shifts {
            same(|| "the state of the shift".to_owned(), row.state, state)?;
        }
        Ok(())
    }

    /// How often rows were asked for that no posting had named at once.
    pub fn loads(&mut self) -> usize {
        self.books.loads()
    }
}

fn shown(answered: &Answered) -> String {
    match answered {
        Answered::Done(_) => "done".to_owned(),
        Answered::Replayed(_) => "replayed".to_owned(),
        Answered::RejectedAndCommitted(error) => format!("rejected and committed: {error}"),
        Answered::Rejected(error) => format!("rejected: {error}"),
    }
}
