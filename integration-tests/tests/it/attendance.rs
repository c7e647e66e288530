//! Attendance: who is at work, since when, and where.

use chrono::TimeDelta;
use kassa_client::{
    Code, Error, Kassa, Reason, new_id,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::Shop;
use kassa_server::clock::Clock as _;
use prost_types::{Duration, Timestamp};

/// A shop with amal, a cashier, and salma, a supervisor, who are both signed in at R1 of B1.
struct Staffed {
    shop: Shop,
    amal: Kassa,
    salma: Kassa,
}

impl Staffed {
    async fn found() -> Self {
        let shop = Shop::found().await;
        shop.user("amal", Role::Cashier).await;
        shop.user("salma", Role::Supervisor).await;
        let [amal, salma] = [shop.signed_in("amal", "R1").await, shop.signed_in("salma", "R1").await];
        Self { shop, amal, salma }
    }

    fn hours_pass(&self, hours: i64) {
        self.shop.clock.advance(TimeDelta::hours(hours));
    }

    /// So many hours ago.
    fn ago(&self, hours: i64) -> Timestamp {
        Timestamp { seconds: self.shop.clock.now().timestamp() - hours * 3_600, nanos: 0 }
    }
}

fn of(user: &str) -> pb::ClockInRequest {
    pb::ClockInRequest { user_id: user.to_owned(), ..Default::default() }
}

fn out(user: &str) -> pb::ClockOutRequest {
    pb::ClockOutRequest { user_id: user.to_owned(), ..Default::default() }
}

/// Somebody who left earlier, and forgot to say so.
fn forgot(user: &str, time: Timestamp) -> pb::ClockOutRequest {
    pb::ClockOutRequest { clock_out_time: Some(time), reason: "forgot it".to_owned(), ..out(user) }
}

async fn clock_in(who: &Kassa, request: pb::ClockInRequest) -> Result<pb::Attendance, Error> {
    Ok(who.shifts().clock_in(request).await?.into_inner().attendance.unwrap())
}

async fn clock_out(who: &Kassa, request: pb::ClockOutRequest) -> Result<pb::Attendance, Error> {
    Ok(who.shifts().clock_out(request).await?.into_inner().attendance.unwrap())
}

async fn list(who: &Kassa, request: pb::ListAttendanceRequest) -> Result<Vec<pb::Attendance>, Error> {
    Ok(who.shifts().list_attendance(request).await?.into_inner().attendance)
}

/// Whose attendance a list has.
async fn listed(who: &Kassa, request: pb::ListAttendanceRequest) -> Vec<String> {
    list(who, request).await.unwrap().into_iter().map(|it| it.user_name).collect()
}

/// Why something was refused, and the field that it names.
fn why<T: std::fmt::Debug>(refused: Result<T, Error>) -> (Reason, String) {
    let error = refused.unwrap_err();
    let field = error.field_violations().first().map(|it| it.path.clone());
    (error.reason().unwrap(), field.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_comes_in_the_morning_and_leaves_in_the_evening() {
    let staffed = Staffed::found().await;
    let Staffed { amal, .. } = &staffed;
    let note = "early, for the delivery".to_owned();
    let came = clock_in(amal, pb::ClockInRequest { note, ..of("") }).await.unwrap();
    assert_eq!((came.user_name.as_str(), came.branch_code.as_str()), ("amal", "B1"));
    assert_eq!((came.clock_in_time, came.clock_out_time), (Some(staffed.ago(0)), None));
    assert_eq!((came.worked, came.out_by_user_id.as_str()), (None, ""));
    staffed.hours_pass(8);
    let left = clock_out(amal, out("amal")).await.unwrap();
    assert_eq!(left.attendance_id, came.attendance_id);
    assert_eq!((left.clock_in_time, left.clock_out_time), (Some(staffed.ago(8)), Some(staffed.ago(0))));
    assert_eq!(left.worked, Some(Duration { seconds: 8 * 3_600, nanos: 0 }));
    assert_eq!((&left.out_by_user_id, left.corrected), (&left.user_id, false));
    assert_eq!(left.note, "early, for the delivery");
    assert_eq!(list(amal, Default::default()).await.unwrap(), [left]);
    // Another day is another attendance.
    assert_ne!(clock_in(amal, of("")).await.unwrap().attendance_id, came.attendance_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_twice_and_nobody_leaves_who_is_not_in() {
    let staffed = Staffed::found().await;
    let Staffed { shop, amal, .. } = &staffed;
    let nowhere = clock_out(amal, out("")).await.unwrap_err();
    assert_eq!((nowhere.reason(), nowhere.code()), (Some(Reason::NotClockedIn), Code::FailedPrecondition));
    let came = clock_in(amal, of("")).await.unwrap();
    staffed.hours_pass(2);
    let twice = clock_in(amal, of("")).await.unwrap_err();
    assert_eq!((twice.reason(), twice.code()), (Some(Reason::AlreadyClockedIn), Code::FailedPrecondition));
    assert!(twice.message().contains("amal is in at B1 since 2026-11-20 12:00"), "{}", twice.message());
    assert_eq!(twice.metadata("attendance_id"), Some(came.attendance_id.as_str()));
    assert_eq!(twice.metadata("branch_code"), Some("B1"));
    assert_eq!(twice.metadata("clock_in_time"), Some("2026-11-20T12:00:00.000000Z"));
    clock_out(amal, out("")).await.unwrap();
    assert_eq!(why(clock_out(amal, out("")).await).0, Reason::NotClockedIn);
    // The id of an attendance is used once.
    let again = pb::ClockInRequest { attendance_id: came.attendance_id, ..of("") };
    let again = amal.shifts().clock_in(again).key("another").await;
    assert_eq!(why(again), (Reason::AttendanceExists, "attendance_id".to_owned()));
    // Whatever a rule says, the database has nobody in twice.
    clock_in(amal, of("")).await.unwrap();
    let database = rusqlite::Connection::open(shop.database()).unwrap();
    let twice = "UPDATE attendance SET clock_out_time = NULL, out_terminal_id = NULL, out_by_user_id = NULL";
    let refused = database.execute(twice, []).unwrap_err().to_string();
    assert!(refused.contains("UNIQUE"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_clock_somebody_in_once() {
    let staffed = Staffed::found().await;
    let calls = (0..10).map(|_| clock_in(&staffed.amal, of("")));
    let answers = futures_util::future::join_all(calls).await;
    let (came, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((came.len(), refused.len()), (1, 9));
    for refused in refused {
        assert_eq!(why(refused).0, Reason::AlreadyClockedIn);
    }
    assert_eq!(list(&staffed.amal, Default::default()).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_one_coming_and_one_leaving_and_a_day_later_too() {
    let mut staffed = Staffed::found().await;
    let Staffed { shop, .. } = &mut staffed;
    let came = pb::ClockInRequest { attendance_id: new_id(), ..of("amal") };
    let left = pb::ClockOutRequest { reason: "the dentist".to_owned(), ..out("amal") };
    let began = shop.kassa.shifts().clock_in(came.clone()).key("came").await.unwrap();
    shop.clock.advance(TimeDelta::hours(1));
    let ended = shop.kassa.shifts().clock_out(left.clone()).key("left").await.unwrap();
    assert!(!began.replayed() && !ended.replayed());
    for _ in 0..2 {
        let again = shop.kassa.shifts().clock_in(came.clone()).key("came").await.unwrap();
        assert!(again.replayed());
        assert_eq!(*again, *began, "as they came, though they have left since");
        let again = shop.kassa.shifts().clock_out(left.clone()).key("left").await.unwrap();
        assert!(again.replayed());
        assert_eq!(*again, *ended);
        // A start clears what has expired.
        shop.clock.advance(TimeDelta::hours(25));
        shop.restart().await;
    }
    let request = pb::LookUpIdempotencyKeyRequest { method: "ClockOut".to_owned(), key: "left".to_owned() };
    let made = shop.kassa.admin().look_up_idempotency_key(request).await.unwrap().into_inner();
    assert_eq!(made.document_kind(), pb::DocumentKind::Attendance);
    assert_eq!(made.document_id, came.attendance_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_clocks_others_in_and_out_and_a_cashier_does_not() {
    let staffed = Staffed::found().await;
    let Staffed { shop, amal, salma } = &staffed;
    shop.user("badr", Role::Cashier).await;
    let role = |refused| assert_eq!(refused, (Reason::RoleRequired, "user_id".to_owned()));
    role(why(clock_in(amal, of("badr")).await));
    let came = clock_in(salma, of("Badr")).await.unwrap();
    assert_eq!(came.user_name, "badr");
    assert_ne!(came.in_by_user_id, came.user_id);
    role(why(clock_out(amal, out("badr")).await));
    let left = clock_out(salma, out(&came.user_id)).await.unwrap();
    assert_eq!((&left.out_by_user_id, left.corrected), (&left.in_by_user_id, false));
    assert_eq!(why(clock_in(salma, of("nobody")).await), (Reason::UserNotFound, "user_id".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_the_shop_does_not_come_but_is_still_clocked_out() {
    let staffed = Staffed::found().await;
    let Staffed { shop, amal, salma } = &staffed;
    clock_in(amal, of("")).await.unwrap();
    let gone = pb::User { name: "amal".to_owned(), role: Role::Cashier.into(), ..Default::default() };
    let gone = pb::User { active: Some(false), ..gone };
    shop.kassa.admin().put_users(pb::PutUsersRequest { users: vec![gone] }).await.unwrap();
    clock_out(salma, out("amal")).await.unwrap();
    assert_eq!(why(clock_in(salma, of("amal")).await), (Reason::UserNotFound, "user_id".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_clock_out_is_written_down_by_a_supervisor_with_its_reason() {
    let staffed = Staffed::found().await;
    let Staffed { shop, amal, salma } = &staffed;
    clock_in(amal, of("")).await.unwrap();
    staffed.hours_pass(9);
    let refused = async |request| why(clock_out(salma, request).await);
    let field = |name: &str| (Reason::InvalidField, name.to_owned());
    let unexplained = pb::ClockOutRequest { reason: " ".to_owned(), ..forgot("amal", staffed.ago(1)) };
    assert_eq!(refused(unexplained).await, field("reason"));
    for time in [staffed.ago(-1), staffed.ago(9), staffed.ago(10)] {
        assert_eq!(refused(forgot("amal", time)).await, field("clock_out_time"), "{time:?}");
    }
    let never = Timestamp { seconds: i64::MAX, nanos: 0 };
    assert_eq!(refused(forgot("amal", never)).await, field("clock_out_time"));
    let left = clock_out(salma, forgot("amal", staffed.ago(1))).await.unwrap();
    assert_eq!((left.clock_out_time, left.corrected), (Some(staffed.ago(1)), true));
    assert_eq!(left.worked, Some(Duration { seconds: 8 * 3_600, nanos: 0 }));
    assert_eq!(left.reason, "forgot it");

    // The audit log has who came, and who said that they had left.
    let log = shop.kassa.admin().list_audit_log(Default::default()).await.unwrap().into_inner().entries;
    let words: Vec<_> = log.iter().map(|entry| (entry.user_name.as_str(), entry.words.as_str())).collect();
    let left = ("salma", "amal clocked out after 8:00 hours, written down afterwards: forgot it");
    assert_eq!(words[..2], [left, ("amal", "amal clocked in")]);
    assert_eq!((log[0].kind(), log[1].kind()), (pb::EventKind::ClockedOut, pb::EventKind::ClockedIn));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_afterwards_when_they_left_themselves() {
    let staffed = Staffed::found().await;
    let Staffed { shop, amal, salma } = &staffed;
    for (who, name) in [(amal, "amal"), (salma, "salma"), (&shop.kassa, "owner")] {
        clock_in(who, of("")).await.unwrap();
        staffed.hours_pass(2);
        for named in ["", name] {
            let refused = clock_out(who, forgot(named, staffed.ago(1))).await.unwrap_err();
            assert_eq!(
                (refused.reason(), refused.code()),
                (Some(Reason::OwnClockOut), Code::PermissionDenied)
            );
        }
    }
    clock_out(&shop.kassa, forgot("salma", staffed.ago(1))).await.unwrap();
    clock_out(salma, forgot("owner", staffed.ago(1))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clocking_out_ends_no_shift() {
    let staffed = Staffed::found().await;
    let Staffed { amal, .. } = &staffed;
    clock_in(amal, of("")).await.unwrap();
    let shift = amal.shifts().open_shift(Default::default()).await.unwrap().into_inner().shift.unwrap();
    clock_out(amal, out("")).await.unwrap();
    let open = amal.shifts().get_current_shift(Default::default()).await.unwrap().into_inner().shift;
    assert_eq!(open.unwrap().shift_id, shift.shift_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_branchs_people_are_out_of_reach() {
    let staffed = Staffed::found().await;
    let Staffed { shop, amal, salma } = &staffed;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("hana", Role::Supervisor).await;
    let hana = shop.signed_in("hana", "R2").await;
    clock_in(amal, of("")).await.unwrap();
    // In at B1, amal neither comes to B2 nor leaves there.
    let elsewhere = clock_in(&hana, of("amal")).await.unwrap_err();
    assert_eq!(elsewhere.reason(), Some(Reason::AlreadyClockedIn));
    assert_eq!(elsewhere.metadata("branch_code"), Some("B1"));
    let elsewhere = clock_out(&hana, out("amal")).await.unwrap_err();
    assert_eq!((elsewhere.reason(), elsewhere.code()), (Some(Reason::WrongBranch), Code::PermissionDenied));
    assert!(elsewhere.message().contains("B1"), "{}", elsewhere.message());
    // Who works in one branch alone is clocked in there.
    let nadia = pb::User { name: "nadia".to_owned(), role: Role::Cashier.into(), ..Default::default() };
    let users = vec![pb::User { branch_id: "B2".to_owned(), ..nadia }];
    shop.kassa.admin().put_users(pb::PutUsersRequest { users }).await.unwrap();
    assert_eq!(why(clock_in(salma, of("nadia")).await), (Reason::WrongBranch, "user_id".to_owned()));
    clock_in(&hana, of("nadia")).await.unwrap();

    // Each branch has its own list; an admin may name any.
    let in_branch =
        |code: &str| pb::ListAttendanceRequest { branch_id: code.to_owned(), ..Default::default() };
    assert_eq!(listed(&hana, in_branch("")).await, ["nadia"]);
    assert_eq!(listed(salma, in_branch("B1")).await, ["amal"]);
    assert_eq!(why(list(salma, in_branch("B2")).await), (Reason::WrongBranch, "branch_id".to_owned()));
    assert_eq!(listed(&shop.kassa, in_branch("B2")).await, ["nadia"]);
    assert_eq!(why(list(&shop.kassa, in_branch("B9")).await).0, Reason::BranchNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_sees_themselves_alone_and_a_supervisor_the_branch() {
    let staffed = Staffed::found().await;
    let Staffed { amal, salma, .. } = &staffed;
    clock_in(amal, of("")).await.unwrap();
    staffed.hours_pass(1);
    clock_in(salma, of("")).await.unwrap();
    let of_user = |user: &str| pb::ListAttendanceRequest { user_id: user.to_owned(), ..Default::default() };
    assert_eq!(listed(amal, of_user("")).await, ["amal"]);
    assert_eq!(listed(amal, of_user("Amal")).await, ["amal"]);
    assert_eq!(why(list(amal, of_user("salma")).await), (Reason::RoleRequired, "user_id".to_owned()));
    assert_eq!(listed(salma, of_user("")).await, ["salma", "amal"]);
    assert_eq!(listed(salma, of_user("amal")).await, ["amal"]);
    assert_eq!(why(list(salma, of_user("nobody")).await), (Reason::UserNotFound, "user_id".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_chosen_by_time_and_by_who_is_in_and_comes_in_pages() {
    let staffed = Staffed::found().await;
    let Staffed { shop, salma, .. } = &staffed;
    // Three come in the same microsecond, then two of them leave, and one comes again.
    let names = ["amal", "salma", "owner"];
    for name in names {
        clock_in(&shop.kassa, of(name)).await.unwrap();
    }
    staffed.hours_pass(2);
    clock_out(salma, out("")).await.unwrap();
    clock_out(salma, out("amal")).await.unwrap();
    staffed.hours_pass(1);
    clock_in(salma, of("")).await.unwrap();

    let all = pb::ListAttendanceRequest::default;
    let whole = list(salma, all()).await.unwrap();
    assert_eq!(whole.len(), 4);
    assert_eq!(whole[0].user_name, "salma");
    let mut open = listed(salma, pb::ListAttendanceRequest { open_only: true, ..all() }).await;
    open.sort();
    assert_eq!(open, ["owner", "salma"]);
    let late = pb::ListAttendanceRequest { start_time: Some(staffed.ago(1)), ..all() };
    assert_eq!(listed(salma, late).await, ["salma"]);
    let early = pb::ListAttendanceRequest { end_time: Some(staffed.ago(0)), ..all() };
    assert_eq!(list(salma, early).await.unwrap(), whole[1..]);
    let never = Some(Timestamp { seconds: i64::MAX, nanos: 0 });
    let refused = list(salma, pb::ListAttendanceRequest { end_time: never, ..all() }).await;
    assert_eq!(why(refused), (Reason::InvalidField, "end_time".to_owned()));

    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListAttendanceRequest { page_size: 1, page_token, ..all() };
        let page = salma.shifts().list_attendance(request).await.unwrap().into_inner();
        assert_eq!(page.attendance.len(), 1);
        paged.extend(page.attendance);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_keeps_nobody_in() {
    let staffed = Staffed::found().await;
    let Staffed { amal, .. } = &staffed;
    let came = clock_in(amal, of("")).await.unwrap();
    staffed.hours_pass(-1);
    let left = clock_out(amal, out("")).await.unwrap();
    assert_eq!(left.clock_out_time, came.clock_in_time);
    assert_eq!(left.worked, Some(Duration::default()));
}
