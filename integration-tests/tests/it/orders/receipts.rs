//! Receipts.

use kassa_client::{
    cash,
    proto::v1::{self as pb, Order},
};
use kassa_integration_tests::{Shop, half_up, usd};

use super::pricing::{off, percent, sell};
use crate::papers::assert_adds_up;

async fn receipt(shop: &Shop, order: &Order, width: i32) -> String {
    let request = pb::GetReceiptRequest { order_id: order.order_id.clone(), width, ..Default::default() };
    shop.kassa.orders().get_receipt(request).await.unwrap().into_inner().text
}

/// A shop with a head and a foot to its receipts, and a sale with all that a receipt can show.
async fn rich_sale() -> (Shop, Order) {
    let shop = Shop::open().await;
    let settings = pb::Settings {
        name: "Nile Corner Shop".to_owned(),
        time_zone: "Africa/Cairo".to_owned(),
        receipt_header: "12 Talaat Harb Street, Downtown, Cairo, Egypt\nTax no. 123-456-789".to_owned(),
        receipt_footer: "Thank you!\nشكرا لزيارتكم".to_owned(),
        cash_rounding: Some(half_up(5)),
        ..Default::default()
    };
    let paths = ["name", "time_zone", "receipt_header", "receipt_footer", "cash_rounding"];
    shop.set(&paths, settings).await;
    let tea = pb::Product {
        sku: "tea".to_owned(),
        name: "Ceylon black tea, extra strong, 100 bags of two grams each".to_owned(),
        name_ar: "شاي سيلاني أسود".to_owned(),
        price: Some(usd("1234.50")),
        tax_rate: Some(pb::Decimal { value: "8.875".to_owned() }),
        unit: "box".to_owned(),
        barcodes: vec!["6220000000017".to_owned()],
        ..Default::default()
    };
    let put = pb::PutProduct { product: Some(tea), opening_stock: None };
    let put = pb::PutProductsRequest { products: vec![put], ..Default::default() };
    shop.kassa.catalog().put_products(put).await.unwrap();

    let mut sale = shop.sale("2 x bread, 1.235 x cheese, 1 x 6220000000017, card 1200.50").await;
    sale.lines[0].discounts = vec![off("", "0.50")];
    sale.lines[1].discounts = vec![percent("Cheese week", "10")];
    sale.discounts = vec![percent("Loyal customer since 2019, thank you", "2.5")];
    sale.tenders[0].tip = Some(usd("0.50"));
    let card = ["visa", "4242", "A1B2C3"].map(str::to_owned);
    let [brand, last_four, authorization_code] = card;
    sale.tenders[0].card = Some(pb::Card { brand, last_four, authorization_code });
    sale.tenders.push(cash(usd("50.00")));
    sale.note = "Delivered to the second floor; the bell is broken.".to_owned();
    let order = sell(&shop, sale).await;
    (shop, order)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_shows_all_there_is_to_show() {
    let (shop, order) = rich_sale().await;
    insta::assert_snapshot!(receipt(&shop, &order, 0).await, @r"
                 Nile Corner Shop
     12 Talaat Harb Street, Downtown, Cairo,
                      Egypt
               Tax no. 123-456-789
               INV-202611-R1-000001
    2026-11-20 14:00                  R1 owner
    ------------------------------------------
    bread
      2 pc x 2.00                         4.00
      Discount                           -0.50
    cheese
      1.235 kg x 12.40                   15.31
      Cheese week 10%                    -1.53
    Ceylon black tea, extra strong, 100 bags
    of two grams each
    شاي سيلاني أسود
      1 box x 1234.50                  1234.50
    ------------------------------------------
    Subtotal                           1251.78
    Loyal customer since 2019, thank you 2.5%
                                        -31.29
    TOTAL USD                          1220.49
    Rounding                              0.01
    Tip                                   0.50
    Card visa **4242                   1200.50
    Cash                                 50.00
    Change                               29.50
    ------------------------------------------
    Tax                Net       Tax     Gross
    0%                3.41      0.00      3.41
    8.875%         1105.52     98.12   1203.64
    14%              11.79      1.65     13.44
    ------------------------------------------
    Note:
      Delivered to the second floor; the bell
      is broken.
    ------------------------------------------
                    Thank you!
                  شكرا لزيارتكم
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_fits_the_paper_and_is_the_same_each_time() {
    let (shop, order) = rich_sale().await;
    let usual = receipt(&shop, &order, 42).await;
    for width in [32, 33, 42, 80] {
        let text = receipt(&shop, &order, width).await;
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        let width = usize::try_from(width).unwrap();
        assert_eq!(widest, width, "the rules are as wide as the paper, and nothing is wider:\n{text}");
        assert_adds_up(&text);
        for amount in ["1234.50", "-0.50", "50.00", "1200.50"] {
            assert!(text.lines().any(|line| line.ends_with(amount)), "{amount} stands at the right:\n{text}");
        }
    }
    assert_eq!(receipt(&shop, &order, 0).await, usual, "42 is the usual width");
    let by_number =
        pb::GetReceiptRequest { receipt_number: order.receipt_number.clone(), ..Default::default() };
    let by_number = shop.kassa.orders().get_receipt(by_number).await.unwrap().into_inner();
    assert_eq!((by_number.text, by_number.order_id), (usual, order.order_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_shows_taxes_that_come_on_top_and_amounts_without_decimals() {
    let shop = Shop::empty().await;
    let settings = pb::Settings {
        currency_code: "JPY".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        prices_include_tax: false,
        ..Default::default()
    };
    shop.set(&["currency_code", "time_zone", "prices_include_tax"], settings).await;
    let yen = |amount_minor| pb::Money { currency_code: "JPY".to_owned(), amount_minor };
    let open = pb::OpenShiftRequest { opening_float: Some(yen(10_000)), ..Default::default() };
    shop.kassa.shifts().open_shift(open).await.unwrap();
    let juice = pb::Product {
        sku: "juice".to_owned(),
        name: "juice".to_owned(),
        price: Some(yen(399)),
        tax_rate: Some(pb::Decimal { value: "14".to_owned() }),
        ..Default::default()
    };
    let products = vec![pb::PutProduct { product: Some(juice), opening_stock: None }];
    let put = pb::PutProductsRequest { products, ..Default::default() };
    let mut put = shop.kassa.catalog().put_products(put).await.unwrap().into_inner().product_ids;
    let lines = vec![kassa_client::product_line(put.remove(0), "3")];
    let sale = pb::CompleteSaleRequest {
        lines,
        expected_total: Some(yen(1_365)),
        tenders: vec![cash(yen(2_000))],
        ..Default::default()
    };
    let order = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    insta::assert_snapshot!(receipt(&shop, &order, 32).await, @r"
                My shop
          INV-202611-R1-000001
    2026-11-20 21:00        R1 owner
    --------------------------------
    juice
      3 pc x 399                1197
    --------------------------------
    Subtotal                    1197
    Tax                          168
    TOTAL JPY                   1365
    Cash                        2000
    Change                       635
    --------------------------------
    Tax          Net     Tax   Gross
    14%         1197     168    1365
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_s_version_stands_at_the_foot_of_a_receipt_if_the_shop_wants_it() {
    let shop = Shop::open().await;
    let footer = "Thank you! Kassa {version}".to_owned();
    shop.set(&["receipt_footer"], pb::Settings { receipt_footer: footer, ..Default::default() }).await;
    let order = shop.sell("1 x bread, cash 2.00").await;
    let request = pb::GetReceiptRequest { order_id: order.order_id, ..Default::default() };
    let receipt = shop.kassa.orders().get_receipt(request).await.unwrap().into_inner();
    let version = format!("Thank you! Kassa {}", kassa_server::VERSION);
    assert!(receipt.text.lines().any(|line| line.trim() == version), "{}", receipt.text);
}
