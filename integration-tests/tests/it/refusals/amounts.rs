//! Amounts beyond the limit, and amounts in another currency.

use kassa_client::{
    Code, Reason,
    proto::{money::MAX_AMOUNT_MINOR, v1 as pb},
};
use kassa_integration_tests::Shop;

use super::{Refusing, Spoilt, decimal, euros, minor, off};

/// A place where a sale takes an amount: its path, and how one is put there.
type Place = (&'static str, fn(&mut pb::CompleteSaleRequest, Option<pb::Money>));

const AMOUNTS: [Place; 6] = [
    ("lines[0].unit_price_override", |sale, amount| sale.lines[0].unit_price_override = amount),
    ("lines[1].discounts[0].amount", |sale, amount| sale.lines[1].discounts.push(off(amount))),
    ("discounts[0].amount", |sale, amount| sale.discounts.push(off(amount))),
    ("tenders[0].amount", |sale, amount| sale.tenders[0].amount = amount),
    ("tenders[0].tip", |sale, amount| sale.tenders[0].tip = amount),
    ("expected_total", |sale, amount| sale.expected_total = amount),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_beyond_the_limit_is_refused_wherever_it_stands() {
    let refusing = Refusing::open().await;
    let good = refusing.sale().await;
    for (path, put) in AMOUNTS {
        for amount in [i64::MAX, i64::MIN, MAX_AMOUNT_MINOR + 1, -MAX_AMOUNT_MINOR - 1] {
            let mut sale = good.clone();
            put(&mut sale, minor(amount));
            let refusal = refusing.refuse(path, "Orders/CompleteSale", &sale).await;
            assert_eq!(refusal.place(), (Reason::AmountOverflow, path), "{amount}");
            assert_eq!(refusal.code, Code::InvalidArgument);
        }
    }
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_in_another_currency_is_refused_wherever_it_stands() {
    let refusing = Refusing::open().await;
    let good = refusing.sale().await;
    for (path, put) in AMOUNTS {
        let mut sale = good.clone();
        put(&mut sale, euros(1));
        let refusal = refusing.refuse(path, "Orders/CompleteSale", &sale).await;
        assert_eq!(refusal.place(), (Reason::CurrencyMismatch, path));
        assert_eq!((refusal.variable("shop"), refusal.variable("given")), (Some("USD"), Some("EUR")));
    }
    let mut sale = good;
    sale.expected_total.as_mut().unwrap().currency_code = "usd".to_owned();
    let refusal = refusing.refuse("small letters", "Orders/CompleteSale", &sale).await;
    assert_eq!(refusal.place(), (Reason::CurrencyMismatch, "expected_total"));
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_and_products_beyond_the_limit_are_refused() {
    use Reason::AmountOverflow;
    let refusing = Refusing::open().await;
    refusing
        .refuse_carts(&[
            Spoilt(
                "all of a dear thing that 64 bits hold",
                |sale| sale.lines[1].quantity = decimal("9223372036854775.807"),
                AmountOverflow,
                "lines[1]",
            ),
            Spoilt(
                "one more than 64 bits hold",
                |sale| sale.lines[1].quantity = decimal("9223372036854775.808"),
                AmountOverflow,
                "lines[1].quantity",
            ),
            Spoilt(
                "a quantity of a hundred digits",
                |sale| sale.lines[1].quantity = decimal(&"9".repeat(100)),
                AmountOverflow,
                "lines[1].quantity",
            ),
            Spoilt(
                "500 lines at the limit",
                |sale| {
                    sale.lines[0].quantity = decimal("1");
                    sale.lines[0].unit_price_override = minor(MAX_AMOUNT_MINOR);
                    sale.lines = vec![sale.lines[0].clone(); 500];
                },
                AmountOverflow,
                "lines",
            ),
            Spoilt(
                "tenders that are beyond it together",
                |sale| {
                    sale.tenders[0].amount = minor(MAX_AMOUNT_MINOR);
                    sale.tenders.push(sale.tenders[0].clone());
                },
                AmountOverflow,
                "tenders[1]",
            ),
        ])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_off_the_shelf_can_not_pass_what_64_bits_hold() {
    let refusing = Refusing::open().await;
    let all_there_is = "9223372036854775.807";
    let mut sale = refusing.sale().await;
    sale.lines.truncate(1);
    sale.lines[0].quantity = decimal(all_there_is);
    sale.lines[0].unit_price_override = minor(0);
    (sale.expected_total, sale.tenders) = (minor(0), Vec::new());
    refusing.shop.kassa.orders().complete_sale(sale.clone()).await.unwrap();
    let refusal = refusing.refuse("twice all there is", "Orders/CompleteSale", &sale).await;
    assert_eq!(refusal.place(), (Reason::AmountOverflow, "lines[0].quantity"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_float_that_can_not_be_counted_opens_no_shift() {
    use Reason::{AmountOverflow, CurrencyMismatch, InvalidField};
    let refusing = Refusing::new(Shop::found().await);
    let floats = [
        (euros(100_00), CurrencyMismatch),
        (minor(-1), InvalidField),
        (minor(i64::MAX), AmountOverflow),
        (minor(i64::MIN), AmountOverflow),
    ];
    for (opening_float, reason) in floats {
        let request = pb::OpenShiftRequest { opening_float, ..Default::default() };
        let refusal = refusing.refuse("a float", "Shifts/OpenShift", &request).await;
        assert_eq!(refusal.place(), (reason, "opening_float"));
    }
    let others = [
        (pb::OpenShiftRequest { shift_id: "x".to_owned(), ..Default::default() }, InvalidField, "shift_id"),
        (
            pb::OpenShiftRequest { register_id: "R9".to_owned(), ..Default::default() },
            Reason::RegisterNotFound,
            "register_id",
        ),
    ];
    for (request, reason, path) in others {
        let refusal = refusing.refuse(path, "Shifts/OpenShift", &request).await;
        assert_eq!(refusal.place(), (reason, path));
    }
    let shift = refusing.shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default());
    assert_eq!(shift.await.unwrap_err().reason(), Some(Reason::NoOpenShift));
}
