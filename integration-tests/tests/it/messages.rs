//! Messages to people, in their language: what is wrong, and what to do.

use kassa_client::{Code, Error, Kassa, Reason, proto::v1 as pb};
use kassa_integration_tests::{Shop, usd};
use kassa_server::store::fault::{BatchFault, CommitFault};

/// A terminal that asks for a language and does not try again.
fn speaking(shop: &Shop, language: &str) -> Kassa {
    Kassa::builder(format!("http://{}", shop.address))
        .token_file(shop.data().join("keys/local.token"))
        .language(language)
        .attempts(1)
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .unwrap()
}

async fn refused(shop: &Shop, language: &str) -> Error {
    let sale = shop.sale("1 x bread, cash 2.00").await;
    speaking(shop, language).orders().complete_sale(sale).await.unwrap_err()
}

/// Without the marks around variables.
fn words(error: &Error) -> String {
    error
        .localized_message()
        .unwrap_or_else(|| panic!("no words for people: {error}"))
        .replace(['\u{2068}', '\u{2069}'], "")
}

#[track_caller]
fn assert_told(error: &Error, (reason, code): (Reason, Code), [begins, says]: [&str; 2]) {
    assert_eq!((error.reason(), error.code()), (Some(reason), code), "{error}");
    let words = words(error);
    assert!(words.starts_with(begins) && words.contains(says), "{words}");
    // The message for a log stays as it is, whatever language people speak.
    assert!(error.message().is_ascii(), "{}", error.message());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_in_the_database_is_told_in_arabic_and_english_with_what_to_do() {
    let shop = Shop::open().await;
    for (fault, told, english, arabic) in [
        (
            BatchFault::Busy,
            (Reason::DatabaseBusy, Code::Unavailable),
            ["The server is busy.", "try again"],
            ["الخادم مشغول.", "أعد المحاولة"],
        ),
        (
            BatchFault::Corrupt,
            (Reason::DatabaseCorrupt, Code::DataLoss),
            ["The shop's data is damaged.", "Stop selling and call support"],
            ["بيانات المتجر تالفة.", "توقف عن البيع واتصل بالدعم"],
        ),
        (
            BatchFault::Io,
            (Reason::DiskIo, Code::Internal),
            ["The disk of the shop's server can't be read or written", "Check its cable and call support"],
            ["تعذّرت القراءة من قرص خادم المتجر", "تفقّد توصيله واتصل بالدعم"],
        ),
    ] {
        for (language, expected) in [("en", english), ("ar", arabic)] {
            let before = shop.config().faults.failed_batches();
            shop.config().faults.fail_batch(fault);
            assert_told(&refused(&shop, language).await, told, expected);
            assert_eq!(shop.config().faults.failed_batches(), before + 1, "the fault was really injected");
        }
    }
    for (fault, told, english, arabic) in [
        (
            CommitFault::Full,
            (Reason::DiskFull, Code::ResourceExhausted),
            [
                "The disk of the shop's server is full",
                "Stop selling, free space on the server, and call support",
            ],
            ["قرص خادم المتجر ممتلئ", "توقف عن البيع، وأفرغ مساحة على الخادم، واتصل بالدعم"],
        ),
        (
            CommitFault::StoredUnseen,
            (Reason::OutcomeUnknown, Code::Unavailable),
            ["It is not known whether this was saved.", "Repeat it on this terminal"],
            ["لا يُعرف هل حُفظ هذا أم لا.", "أعد المحاولة على هذا الجهاز"],
        ),
    ] {
        for (language, expected) in [("en", english), ("ar-EG", arabic)] {
            shop.config().faults.fail_commit(fault);
            assert_told(&refused(&shop, language).await, told, expected);
        }
    }
    // Those of which it was not known: once in each language.
    assert_eq!(shop.orders().await.len(), 2);
    shop.sell("1 x bread, cash 2.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_locks_is_busy_and_selling_resumes() {
    let shop = Shop::open().await;
    let other = rusqlite::Connection::open(shop.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = refused(&shop, "ar").await;
    assert_told(&error, (Reason::DatabaseBusy, Code::Unavailable), ["الخادم مشغول.", "انتظر لحظة"]);
    assert!(error.retry_after().is_some() && error.is_retryable(), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    shop.sell("1 x bread, cash 2.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_in_messages_are_money_and_the_language_is_english_where_none_is_known() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.expected_total = Some(usd("1.00"));
    for (language, expected) in [
        ("ar", "تغيّر أحد الأسعار: الإجمالي 2.00 USD وليس 1.00 USD. راجع الإجمالي وأكّده من جديد."),
        ("fr, ar;q=0.5", "تغيّر أحد الأسعار: الإجمالي 2.00 USD وليس 1.00 USD. راجع الإجمالي وأكّده من جديد."),
        (
            "en",
            "A price has changed: the total is 2.00 USD, not 1.00 USD. Look at the total and confirm it again.",
        ),
        (
            "fr",
            "A price has changed: the total is 2.00 USD, not 1.00 USD. Look at the total and confirm it again.",
        ),
    ] {
        let refused = speaking(&shop, language).orders().complete_sale(sale.clone()).await.unwrap_err();
        assert_eq!(words(&refused), expected, "{language}");
    }
    let refused = shop.kassa.orders().complete_sale(sale).await.unwrap_err();
    assert!(words(&refused).starts_with("A price has changed"), "no language was asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_layers_and_the_gateway_refuse_is_told_to_people_too() {
    let shop = Shop::open().await;
    // The access layer.
    let stranger = Kassa::builder(format!("http://{}", shop.address)).language("ar").build().unwrap();
    let refused = stranger.orders().quote_order(pb::QuoteOrderRequest::default()).await.unwrap_err();
    assert_told(&refused, (Reason::TokenInvalid, Code::Unauthenticated), ["لا أحد", "سجّل الدخول"]);
    // The size limit.
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.note = "n".repeat(300_000);
    let refused = speaking(&shop, "ar").orders().complete_sale(sale).await.unwrap_err();
    assert_told(&refused, (Reason::RequestTooLarge, Code::ResourceExhausted), ["هذا أكبر", "اختصره"]);
    // A rule, with the register's code.
    let request = pb::GetDrawerRequest { register_id: "R9".to_owned() };
    let refused = speaking(&shop, "ar").cash_register().get_drawer(request).await.unwrap_err();
    assert_told(&refused, (Reason::RegisterNotFound, Code::NotFound), ["لا يوجد هذا الصندوق", "القائمة"]);
}
