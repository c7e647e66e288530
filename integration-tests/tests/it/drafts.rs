//! Drafts: a cart that is being rung up survives everything, and is sold or discarded once.

use kassa_client::{
    Code, Error, Kassa, Reason,
    proto::v1::{self as pb, CompleteSaleRequest, Draft, OrderState, SaveDraftRequest},
};
use kassa_integration_tests::{Program, Shop, usd};
use kassa_server::check::check_folder;

/// A cart of these pieces of bread, at a version.
fn cart(draft_id: &str, version: i64, pieces: &str) -> SaveDraftRequest {
    SaveDraftRequest {
        draft_id: draft_id.to_owned(),
        version,
        label: "table 4".to_owned(),
        lines: vec![kassa_client::line("6220000000000", pieces)],
        note: "no sugar".to_owned(),
        ..Default::default()
    }
}

async fn save(kassa: &Kassa, request: SaveDraftRequest) -> Result<Draft, Error> {
    Ok(kassa.orders().save_draft(request).await?.into_inner().draft.unwrap())
}

async fn read(kassa: &Kassa, draft: &Draft) -> Draft {
    let request = pb::GetDraftRequest { draft_id: draft.draft_id.clone() };
    kassa.orders().get_draft(request).await.unwrap().into_inner().draft.unwrap()
}

async fn list(kassa: &Kassa, state: OrderState) -> Vec<Draft> {
    let request = pb::ListDraftsRequest { state: state.into(), ..Default::default() };
    kassa.orders().list_drafts(request).await.unwrap().into_inner().drafts
}

async fn discard(kassa: &Kassa, draft: &Draft, version: i64) -> Result<Draft, Error> {
    let request = pb::DiscardDraftRequest {
        draft_id: draft.draft_id.clone(),
        version,
        reason: "the customer went away".to_owned(),
    };
    Ok(kassa.orders().discard_draft(request).await?.into_inner().draft.unwrap())
}

/// The sale of a draft for 2.00 a piece.
fn sale(draft: &Draft, total: &str) -> CompleteSaleRequest {
    CompleteSaleRequest {
        draft_id: draft.draft_id.clone(),
        draft_version: draft.version,
        lines: draft.lines.clone(),
        note: draft.note.clone(),
        tenders: vec![kassa_client::cash(usd(total))],
        expected_total: Some(usd(total)),
        ..Default::default()
    }
}

fn reason<T: std::fmt::Debug>(refused: Result<T, Error>) -> Option<Reason> {
    refused.unwrap_err().reason()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_survives_a_restart_and_becomes_a_sale() {
    let mut shop = Shop::open().await;
    let id = kassa_client::new_id();
    let first = save(&shop.kassa, cart(&id, 0, "1")).await.unwrap();
    assert_eq!((first.version, first.state(), first.order_id.as_str()), (1, OrderState::Draft, ""));
    let saved = save(&shop.kassa, cart(&id, 1, "3")).await.unwrap();
    shop.restart().await;
    assert_eq!(list(&shop.kassa, OrderState::Unspecified).await, std::slice::from_ref(&saved));
    assert_eq!(saved.lines, [kassa_client::line("6220000000000", "3")]);

    let sold = shop.kassa.orders().complete_sale(sale(&saved, "6.00")).await.unwrap().into_inner();
    let order = sold.order.unwrap();
    assert_eq!((order.receipt_number.as_str(), order.note.as_str()), ("INV-202611-R1-000001", "no sugar"));
    let ended = read(&shop.kassa, &saved).await;
    assert_eq!((ended.state(), ended.order_id, ended.version), (OrderState::Completed, order.order_id, 3));
    assert_eq!(list(&shop.kassa, OrderState::Draft).await, []);
    assert_eq!(list(&shop.kassa, OrderState::Completed).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_belongs_to_no_shift_and_is_sold_in_the_next_one() {
    let shop = Shop::found().await;
    // Even before the first shift.
    let early = save(&shop.kassa, cart("", 0, "1")).await.unwrap();
    let shift = shop.open_shift("100.00").await.shift.unwrap();
    let draft = save(&shop.kassa, cart("", 0, "2")).await.unwrap();
    let close = pb::CloseShiftRequest {
        shift_id: shift.shift_id,
        counts: vec![pb::TenderCount {
            r#type: pb::TenderType::Cash.into(),
            amount: Some(usd("100.00")),
            ..Default::default()
        }],
        left_in_drawer: Some(usd("100.00")),
        ..Default::default()
    };
    shop.kassa.shifts().close_shift(close).await.unwrap();
    assert_eq!(list(&shop.kassa, OrderState::Draft).await, [draft.clone(), early.clone()]);
    let refused = shop.kassa.orders().complete_sale(sale(&draft, "4.00")).await;
    assert_eq!(reason(refused), Some(Reason::NoOpenShift));
    shop.open_shift("100.00").await;
    shop.kassa.orders().complete_sale(sale(&draft, "4.00")).await.unwrap();
    shop.kassa.orders().complete_sale(sale(&early, "2.00")).await.unwrap();
}

/// Names had no rules once. A cart of that time is given out on one line, and sold as it was given out.
#[tokio::test(flavor = "multi_thread")]
async fn a_cart_whose_discount_was_stored_on_two_lines_is_given_out_on_one_and_sold() {
    let mut shop = Shop::open().await.with_unsound_books();
    let off = |name: &str| pb::Discount {
        name: name.to_owned(),
        value: Some(pb::discount::Value::Amount(usd("1.00"))),
    };
    let request = SaveDraftRequest { discounts: vec![off("Promo TOTAL 9.00")], ..cart("", 0, "2") };
    let saved = save(&shop.kassa, request).await.unwrap();
    shop.stop().await.unwrap();
    let broken = "UPDATE drafts SET label = 'table' || char(10) || '4',
                  content = unhex(replace(hex(content), hex('Promo TOTAL'), hex('Promo' || char(10) || 'TOTAL')))";
    assert_eq!(rusqlite::Connection::open(shop.database()).unwrap().execute(broken, []).unwrap(), 1);
    shop.start().await;

    let draft = read(&shop.kassa, &saved).await;
    assert_eq!(
        (draft.label.as_str(), draft.discounts.as_slice()),
        ("table 4", &[off("Promo TOTAL 9.00")][..])
    );
    let request = CompleteSaleRequest { discounts: draft.discounts.clone(), ..sale(&draft, "3.00") };
    let sold = shop.kassa.orders().complete_sale(request).await.unwrap().into_inner().order.unwrap();
    assert_eq!(sold.discounts[0].discount.as_ref().unwrap().name, "Promo TOTAL 9.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_loses_no_cart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut program = Program::start(&data);
    let mut draft = save(&program.client(&data), cart("", 0, "1")).await.unwrap();
    for pieces in ["2", "3", "4"] {
        program.kill();
        program = Program::start(&data);
        let kassa = program.client(&data);
        assert_eq!(list(&kassa, OrderState::Draft).await, [draft.clone()]);
        draft = save(&kassa, cart(&draft.draft_id, draft.version, pieces)).await.unwrap();
    }
    program.kill();
    let report = check_folder(&data).await.unwrap();
    assert!(report.is_sound(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_terminals_cannot_both_complete_a_draft() {
    let shop = Shop::open().await;
    let draft = save(&shop.kassa, cart("", 0, "1")).await.unwrap();
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) = tokio::join!(
        one.orders().complete_sale(sale(&draft, "2.00")),
        other.orders().complete_sale(sale(&draft, "2.00"))
    );
    let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    let [refused] = refused.as_slice() else { panic!("one is refused: {refused:?}") };
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::DraftEnded), Code::FailedPrecondition));
    assert_eq!(shop.orders().await.len(), 1);
    assert_eq!(shop.in_the_drawer().await, 102_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_sold_or_discarded_and_never_both() {
    let shop = Shop::open().await;
    for round in 0..5 {
        let draft = save(&shop.kassa, cart("", 0, "1")).await.unwrap();
        let other = shop.second_terminal();
        let (sold, discarded) =
            tokio::join!(shop.kassa.orders().complete_sale(sale(&draft, "2.00")), discard(&other, &draft, 1));
        let refused: Vec<_> = [sold.err(), discarded.err()].into_iter().flatten().collect();
        let [refused] = refused.as_slice() else { panic!("round {round}: {refused:?}") };
        assert_eq!(refused.reason(), Some(Reason::DraftEnded));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_goes_on_at_another_terminal_that_has_taken_it_over() {
    let shop = Shop::open().await;
    shop.user("amal", pb::Role::Cashier).await;
    let yard = shop.signed_in("amal", "R1").await;
    let draft = save(&shop.kassa, cart("", 0, "1")).await.unwrap();
    let id = draft.draft_id.clone();
    assert_eq!(list(&yard, OrderState::Draft).await, std::slice::from_ref(&draft));
    let refused = save(&yard, cart(&id, 1, "2")).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::DraftHeld), Code::FailedPrecondition));
    assert_eq!(refused.metadata("terminal_id"), Some(draft.terminal_id.as_str()));

    let request = pb::TakeOverDraftRequest { draft_id: id.clone(), version: 1 };
    let taken = yard.orders().take_over_draft(request).await.unwrap().into_inner().draft.unwrap();
    assert_ne!((&taken.terminal_id, &taken.user_id), (&draft.terminal_id, &draft.user_id));
    let grown = save(&yard, cart(&id, 2, "2")).await.unwrap();
    // The terminal by the door still has what it had.
    assert_eq!(reason(save(&shop.kassa, cart(&id, 1, "3")).await), Some(Reason::VersionMismatch));
    assert_eq!(reason(save(&shop.kassa, cart(&id, 3, "3")).await), Some(Reason::DraftHeld));
    yard.orders().complete_sale(sale(&grown, "4.00")).await.unwrap();
    assert_eq!(read(&shop.kassa, &draft).await.state(), OrderState::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_is_aborted_and_a_lost_answer_is_given_again() {
    let shop = Shop::open().await;
    let id = kassa_client::new_id();
    let first = save(&shop.kassa, cart(&id, 0, "1")).await.unwrap();
    assert_eq!(save(&shop.kassa, cart(&id, 0, "1")).await.unwrap(), first);
    let second = save(&shop.kassa, cart(&id, 1, "2")).await.unwrap();
    let refused = save(&shop.kassa, cart(&id, 1, "5")).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::VersionMismatch), Code::Aborted));
    assert_eq!(refused.metadata("current_version"), Some("2"));
    assert_eq!(reason(discard(&shop.kassa, &second, 1).await), Some(Reason::VersionMismatch));
    let stale = shop.kassa.orders().complete_sale(sale(&first, "2.00")).await;
    assert_eq!(reason(stale), Some(Reason::VersionMismatch));
    let request = pb::TakeOverDraftRequest { draft_id: id.clone(), version: 1 };
    let stale = shop.kassa.orders().take_over_draft(request.clone()).await;
    assert_eq!(reason(stale), Some(Reason::VersionMismatch));
    let request = pb::TakeOverDraftRequest { version: 2, ..request };
    let taken = shop.kassa.orders().take_over_draft(request).await.unwrap().into_inner().draft.unwrap();
    assert_eq!((taken.version, &taken.lines), (3, &second.lines));
    assert_eq!(shop.orders().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_draft_is_over_and_a_repeated_discard_gets_its_answer() {
    let shop = Shop::open().await;
    let draft = save(&shop.kassa, cart("", 0, "1")).await.unwrap();
    let request = pb::DiscardDraftRequest {
        draft_id: draft.draft_id.clone(),
        version: 1,
        reason: "the customer went away".to_owned(),
    };
    let first = shop.kassa.orders().discard_draft(request.clone()).key("discard").await.unwrap();
    shop.clock.advance(chrono::TimeDelta::hours(25));
    let again = shop.kassa.orders().discard_draft(request).key("discard").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first.clone().into_inner());
    let ended = first.into_inner().draft.unwrap();
    assert_eq!((ended.state(), ended.reason.as_str()), (OrderState::Cancelled, "the customer went away"));
    assert_eq!(list(&shop.kassa, OrderState::Draft).await, []);
    assert_eq!(list(&shop.kassa, OrderState::Cancelled).await, std::slice::from_ref(&ended));

    for refused in [
        reason(save(&shop.kassa, cart(&draft.draft_id, 2, "2")).await),
        reason(discard(&shop.kassa, &draft, 2).await),
        reason(shop.kassa.orders().complete_sale(sale(&ended, "2.00")).await),
    ] {
        assert_eq!(refused, Some(Reason::DraftEnded));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_wrong_is_refused() {
    let shop = Shop::open().await;
    let with = |change: fn(&mut SaveDraftRequest)| {
        let mut request = cart("", 0, "1");
        change(&mut request);
        save(&shop.kassa, request)
    };
    let cases = [
        (with(|draft| draft.version = -1).await, Reason::InvalidField),
        (with(|draft| draft.version = 1).await, Reason::DraftNotFound),
        (with(|draft| draft.draft_id = "table 4".to_owned()).await, Reason::InvalidField),
        (with(|draft| draft.label = "x".repeat(101)).await, Reason::InvalidField),
        (with(|draft| draft.label = "4111 1111 1111 1111".to_owned()).await, Reason::CardNumberRefused),
        (with(|draft| draft.lines[0].quantity = None).await, Reason::InvalidField),
    ];
    for (number, (refused, expected)) in cases.into_iter().enumerate() {
        assert_eq!(reason(refused), Some(expected), "case {number}");
    }
    // A cart may be empty, and hold what the catalogue does not have: it is not sold yet.
    let empty = with(|draft| draft.lines.clear()).await.unwrap();
    let request = CompleteSaleRequest { draft_version: 0, ..sale(&empty, "2.00") };
    assert_eq!(reason(shop.kassa.orders().complete_sale(request).await), Some(Reason::InvalidField));
    let unknown = pb::GetDraftRequest { draft_id: kassa_client::new_id() };
    assert_eq!(reason(shop.kassa.orders().get_draft(unknown).await), Some(Reason::DraftNotFound));
    let request = pb::DiscardDraftRequest { draft_id: empty.draft_id, version: 1, reason: " ".to_owned() };
    assert_eq!(reason(shop.kassa.orders().discard_draft(request).await), Some(Reason::InvalidField));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_has_two_hundred_open_drafts_in_pages_newest_first() {
    let shop = Shop::open().await;
    for _ in 0..200 {
        save(&shop.kassa, cart("", 0, "1")).await.unwrap();
    }
    assert_eq!(reason(save(&shop.kassa, cart("", 0, "1")).await), Some(Reason::TooManyDrafts));
    let (mut sequences, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListDraftsRequest { page_size: 70, page_token, ..Default::default() };
        let page = shop.kassa.orders().list_drafts(request).await.unwrap().into_inner();
        sequences.extend(page.drafts.into_iter().map(|draft| draft.sequence));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(sequences, (1..=200).rev().collect::<Vec<_>>());
}
