//! Everybody at the shelves at once: eight terminals sell, one receives purchases, one adjusts, one sends
//! goods to another branch, whose terminal receives them.

use std::collections::BTreeMap;

use kassa_client::{
    Kassa, Reason, cash, product_line,
    proto::v1::{self as pb},
};
use kassa_integration_tests::{Shop, usd};

const PRODUCTS: usize = 10;
const OPENING: i64 = 40;
const SALES_OF_EACH: usize = 500;
const PURCHASES: usize = 250;
const ADJUSTMENTS: usize = 250;
const TRANSFERS: usize = 125;

/// What somebody was told that he moved: pieces by branch and product.
type Moved = BTreeMap<(&'static str, usize), i64>;

/// What somebody did.
#[derive(Default)]
struct Done {
    moved: Moved,
    operations: usize,
    refused: usize,
}

impl Done {
    fn add(&mut self, branch: &'static str, product: usize, pieces: i64) {
        *self.moved.entry((branch, product)).or_default() += pieces;
    }

    /// Counts an operation: it is done, or there was not enough of something.
    fn is_done<T>(&mut self, answer: Result<T, kassa_client::Error>) -> Option<T> {
        self.operations += 1;
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                assert_eq!(error.reason(), Some(Reason::InsufficientStock), "{error}");
                self.refused += 1;
                None
            }
        }
    }
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    /// Two products that differ.
    fn two(&mut self) -> [usize; 2] {
        let one = self.roll(PRODUCTS);
        [one, (one + 1 + self.roll(PRODUCTS - 1)) % PRODUCTS]
    }
}

fn sku(product: usize) -> String {
    format!("p-{product}")
}

/// Products of an even number may not fall below zero.
fn is_blocked(product: usize) -> bool {
    product.is_multiple_of(2)
}

fn pieces(pieces: i64) -> Option<pb::Decimal> {
    Some(pb::Decimal { value: pieces.to_string() })
}

async fn sell(terminal: Kassa, ids: Vec<String>, seed: u64) -> Done {
    let (mut done, mut dice) = (Done::default(), Dice(seed));
    for _ in 0..SALES_OF_EACH {
        let goods = dice.two().map(|product| (product, 1 + dice.roll(3)));
        let total: usize = goods.iter().map(|(_, count)| count).sum();
        let total = usd(&total.to_string());
        let request = pb::CompleteSaleRequest {
            lines: goods
                .iter()
                .map(|(it, count)| product_line(ids[*it].clone(), count.to_string()))
                .collect(),
            tenders: vec![cash(total.clone())],
            expected_total: Some(total),
            ..Default::default()
        };
        if done.is_done(terminal.orders().complete_sale(request).await).is_some() {
            goods
                .iter()
                .for_each(|(product, count)| done.add("B1", *product, -i64::try_from(*count).unwrap()));
        }
    }
    done
}

async fn buy(terminal: Kassa) -> Done {
    let (mut done, mut dice) = (Done::default(), Dice(17));
    for number in 0..PURCHASES {
        let goods = dice.two().map(|product| (product, 4 + i64::try_from(dice.roll(9)).unwrap()));
        let lines = goods.iter().map(|(product, count)| pb::PurchaseLine {
            product_id: sku(*product),
            quantity: pieces(*count),
            cost: Some(usd("3.10")),
            ..Default::default()
        });
        let put = pb::PutPurchaseRequest {
            supplier: "Nile Foods".to_owned(),
            document_number: format!("F-{number}"),
            lines: lines.collect(),
            ..Default::default()
        };
        let purchase = done.is_done(terminal.purchases().put_purchase(put).await).unwrap();
        let purchase = purchase.into_inner().purchase.unwrap();
        let approve = pb::ApprovePurchaseRequest {
            purchase_id: purchase.purchase_id,
            version: purchase.version,
            ..Default::default()
        };
        done.is_done(terminal.purchases().approve_purchase(approve).await).unwrap();
        goods.iter().for_each(|(product, count)| done.add("B1", *product, *count));
    }
    done
}

async fn adjust(terminal: Kassa) -> Done {
    let (mut done, mut dice) = (Done::default(), Dice(23));
    for _ in 0..ADJUSTMENTS {
        let product = dice.roll(PRODUCTS);
        let by = i64::try_from(dice.roll(4)).unwrap() - 2;
        let by = if by == 0 { 2 } else { by };
        let reason =
            if by < 0 { pb::StockAdjustmentReason::Damaged } else { pb::StockAdjustmentReason::Found };
        let line = pb::AdjustStockLine {
            product_id: sku(product),
            quantity: pieces(by),
            reason: reason.into(),
            ..Default::default()
        };
        let request = pb::AdjustStockRequest { lines: vec![line], ..Default::default() };
        if done.is_done(terminal.stock().adjust_stock(request).await).is_some() {
            done.add("B1", product, by);
        }
    }
    done
}

async fn transfer(here: Kassa, there: Kassa) -> Done {
    let (mut done, mut dice) = (Done::default(), Dice(31));
    for _ in 0..TRANSFERS {
        let (product, count) = (dice.roll(PRODUCTS), 1 + i64::try_from(dice.roll(3)).unwrap());
        let line =
            pb::SendStockLine { product_id: sku(product), quantity: pieces(count), ..Default::default() };
        let to_branch_id = "B2".to_owned();
        let send = pb::SendStockRequest { to_branch_id, lines: vec![line], ..Default::default() };
        let Some(sent) = done.is_done(here.stock().send_stock(send).await) else { continue };
        let transfer_id = sent.into_inner().transfer.unwrap().transfer_id;
        let receive = pb::ReceiveStockRequest { transfer_id, ..Default::default() };
        done.is_done(there.stock().receive_stock(receive).await).unwrap();
        done.add("B1", product, -count);
        done.add("B2", product, count);
    }
    done
}

/// All changes of a product at a branch, as their quantities and balances, the newest first.
async fn changes(shop: &Shop, branch: &str, product: usize) -> Vec<[i64; 2]> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListStockChangesRequest {
            page_size: 500,
            page_token,
            product_id: sku(product),
            branch_id: branch.to_owned(),
            ..Default::default()
        };
        let page = shop.kassa.stock().list_stock_changes(request).await.unwrap().into_inner();
        let number = |decimal: &Option<pb::Decimal>| decimal.as_ref().unwrap().value.parse().unwrap();
        all.extend(page.changes.iter().map(|it| [number(&it.quantity), number(&it.balance)]));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_operations_of_eleven_terminals_leave_the_stock_that_they_were_told() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R3").await;
    shop.register("R2").await;
    shop.user("huda", pb::Role::Cashier).await;
    shop.user("salma", pb::Role::Supervisor).await;
    let products = (0..PRODUCTS).map(|product| pb::PutProduct {
        product: Some(pb::Product {
            sku: sku(product),
            name: format!("Product {product}"),
            price: Some(usd("1.00")),
            stock_policy: if is_blocked(product) { pb::StockPolicy::Block } else { pb::StockPolicy::Allow }
                .into(),
            ..Default::default()
        }),
        opening_stock: pieces(OPENING),
    });
    let put = pb::PutProductsRequest { products: products.collect(), ..Default::default() };
    let ids = shop.kassa.catalog().put_products(put).await.unwrap().into_inner().product_ids;
    let huda = shop.session("huda", "R2").await;
    let open = pb::OpenShiftRequest { opening_float: Some(usd("0")), ..Default::default() };
    shop.with_token(&huda).shifts().open_shift(open).await.unwrap();

    let mut people = Vec::new();
    for seed in 0..8 {
        let terminal = if seed < 4 { shop.second_terminal() } else { shop.with_token(&huda) };
        people.push(tokio::spawn(sell(terminal, ids.clone(), seed)));
    }
    people.push(tokio::spawn(buy(shop.second_terminal())));
    people.push(tokio::spawn(adjust(shop.second_terminal())));
    people.push(tokio::spawn(transfer(shop.second_terminal(), shop.signed_in("salma", "R3").await)));
    let mut all = Done::default();
    for person in people {
        let done = person.await.unwrap();
        done.moved.iter().for_each(|((branch, product), pieces)| all.add(branch, *product, *pieces));
        all.operations += done.operations;
        all.refused += done.refused;
    }
    assert!(all.operations >= 4_900 && all.operations <= 5_000, "{} operations", all.operations);
    assert!(all.refused > 0 && all.refused < all.operations / 2, "{} were refused", all.refused);

    for product in 0..PRODUCTS {
        for (branch, opening) in [("B1", OPENING), ("B2", 0)] {
            let told = opening + all.moved.get(&(branch, product)).copied().unwrap_or_default();
            let changes = changes(&shop, branch, product).await;
            let sum: i64 = changes.iter().map(|[quantity, _]| quantity).sum();
            let get = pb::GetStockRequest { product_id: sku(product), branch_id: branch.to_owned() };
            let stock = shop.kassa.stock().get_stock(get).await.unwrap().into_inner().stock.unwrap();
            let quantity: i64 = stock.quantity.unwrap().value.parse().unwrap();
            assert_eq!((quantity, sum), (told, told), "{} at {branch}", sku(product));
            assert_eq!(usize::try_from(stock.change_count).unwrap(), changes.len());
            let lowest = changes.iter().map(|[_, balance]| *balance).min().unwrap_or_default();
            assert!(!is_blocked(product) || lowest >= 0, "{} fell to {lowest} at {branch}", sku(product));
        }
    }
}
