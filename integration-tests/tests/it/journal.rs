//! Verifying the journal while the shop sells.

use kassa_client::{
    Reason,
    proto::v1::{self as pb, ChainKind, VerifyJournalRequest},
};
use kassa_integration_tests::Shop;

async fn verify(shop: &Shop, request: VerifyJournalRequest) -> pb::VerifyJournalResponse {
    shop.kassa.cash_register().verify_journal(request).await.unwrap().into_inner()
}

/// Register, kind, records, and what is wrong.
fn told(chains: &[pb::VerifiedChain]) -> Vec<(String, ChainKind, i64, (i64, String))> {
    let told = chains.iter().map(|it| {
        assert_eq!(it.ok, it.problem.is_empty());
        (it.register_code.clone(), it.kind(), it.record_count, (it.broken_sequence, it.problem.clone()))
    });
    told.collect()
}

/// A shop with four sales, one opening of the drawer and one shift.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    for _ in 0..4 {
        shop.sell("1 x bread, cash 2.00").await;
    }
    let request = pb::OpenDrawerRequest { reason: "change for the meter".to_owned(), ..Default::default() };
    shop.kassa.cash_register().open_drawer(request).await.unwrap();
    shop
}

fn damage(shop: &Shop, sql: &str) {
    assert_eq!(rusqlite::Connection::open(shop.database()).unwrap().execute(sql, []).unwrap(), 1, "{sql}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_chains_are_proved_in_one_go_or_in_many_small_ones() {
    let shop = shop().await;
    let whole = verify(&shop, VerifyJournalRequest::default()).await;
    assert_eq!(whole.next_page_token, "");
    let fine = (0, String::new());
    let chain = |kind, records| ("R1".to_owned(), kind, records, fine.clone());
    // What opened the books, and the goods, is in the audit chain.
    let expected = [
        chain(ChainKind::Sales, 4),
        chain(ChainKind::Shifts, 1),
        chain(ChainKind::Drawer, 1),
        chain(ChainKind::Audit, 2),
    ];
    assert_eq!(told(&whole.chains), expected);
    assert_eq!((whole.chains[0].first_sequence, whole.chains[0].last_sequence), (1, 4));

    let (mut parts, mut page_token) = (Vec::new(), String::new());
    loop {
        let page =
            verify(&shop, VerifyJournalRequest { page_size: 3, page_token, ..Default::default() }).await;
        parts.extend(page.chains);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let records: i64 = parts.iter().map(|chain| chain.record_count).sum();
    assert_eq!(records, 8);
    assert!(parts.iter().all(|chain| chain.ok && chain.record_count <= 3), "{parts:?}");
    let heads = |chains: &[pb::VerifiedChain], kind: ChainKind| {
        chains.iter().rfind(|chain| chain.kind() == kind).map(|chain| chain.last_hash.clone())
    };
    for kind in [ChainKind::Sales, ChainKind::Shifts, ChainKind::Drawer, ChainKind::Audit] {
        assert_eq!(heads(&parts, kind), heads(&whole.chains, kind), "{kind:?}");
    }
    let middle = VerifyJournalRequest {
        kind: ChainKind::Sales.into(),
        first_sequence: 2,
        last_sequence: 3,
        ..Default::default()
    };
    let middle = verify(&shop, middle).await;
    assert_eq!((middle.chains.len(), middle.chains[0].record_count, middle.chains[0].ok), (1, 2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_broken_record_of_a_chain_is_named() {
    let sales = VerifyJournalRequest { kind: ChainKind::Sales.into(), ..Default::default() };
    for (what, sql, broken, problem) in [
        (
            "a byte more than was packed",
            "UPDATE journal_records SET record = CAST(record || x'00' AS BLOB) WHERE kind = 1 AND sequence = 3",
            3,
            "which is no record",
        ),
        (
            "another record",
            "UPDATE journal_records SET record = (SELECT record FROM journal_records WHERE kind = 1 AND sequence = 1) \
             WHERE kind = 1 AND sequence = 3",
            3,
            "hash is",
        ),
        ("a hash", "UPDATE journal_records SET hash = x'00' WHERE kind = 1 AND sequence = 2", 2, "hash is"),
        (
            "a previous hash",
            "UPDATE journal_records SET previous_hash = x'00' WHERE kind = 1 AND sequence = 2",
            2,
            "previous_hash is",
        ),
        (
            "a record in the middle",
            "DELETE FROM journal_records WHERE kind = 1 AND sequence = 2",
            2,
            "is missing",
        ),
        ("the last record", "DELETE FROM journal_records WHERE kind = 1 AND sequence = 4", 4, "is missing"),
        ("the head", "UPDATE journal_chains SET last_hash = x'00' WHERE kind = 1", 5, "the head"),
    ] {
        let shop = shop().await.with_unsound_books();
        damage(&shop, sql);
        let whole = verify(&shop, sales.clone()).await.chains.remove(0);
        assert!(!whole.ok && whole.problem.contains(problem), "{what}: {whole:?}");
        assert_eq!(whole.broken_sequence, broken, "{what}");
        assert!(whole.problem.chars().count() < 250, "{what} is told in words: {}", whole.problem);
        // The same in parts of two records: the end of one part is the beginning of the next.
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = VerifyJournalRequest { page_size: 2, page_token, ..sales.clone() };
            let page = verify(&shop, request).await;
            found
                .extend(page.chains.into_iter().filter(|chain| !chain.ok).map(|chain| chain.broken_sequence));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(found, [broken], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_asked_is_refused() {
    let shop = shop().await;
    let till = shop.kassa.cash_register();
    for (request, reason) in [
        (VerifyJournalRequest { page_size: -1, ..Default::default() }, Reason::InvalidField),
        (VerifyJournalRequest { page_token: "x".to_owned(), ..Default::default() }, Reason::InvalidField),
        (VerifyJournalRequest { kind: 99, ..Default::default() }, Reason::InvalidField),
        (VerifyJournalRequest { first_sequence: -1, ..Default::default() }, Reason::InvalidField),
        (
            VerifyJournalRequest { first_sequence: 3, last_sequence: 2, ..Default::default() },
            Reason::InvalidField,
        ),
        (
            VerifyJournalRequest { register_id: "R9".to_owned(), ..Default::default() },
            Reason::RegisterNotFound,
        ),
    ] {
        let refused = till.verify_journal(request.clone()).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason), "{request:?}");
    }
    let behind = VerifyJournalRequest { first_sequence: 1_000, ..Default::default() };
    assert_eq!(verify(&shop, behind).await.chains, [], "there is nothing");
}
