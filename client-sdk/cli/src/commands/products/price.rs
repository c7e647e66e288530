//! `kassa products price` and `kassa products prices`: what branches charge for themselves.

use clap::Args;
use kassa_client::proto::v1::{
    BranchPrice, GetBranchPriceRequest, ListBranchPricesRequest, ListBranchPricesResponse, PutBranchPrice,
    PutBranchPricesRequest,
};

use super::PAGE;
use crate::{amount, failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Args)]
pub struct Price {
    /// The product's SKU
    sku: String,
    /// The branch's own price from now on, such as 2.50
    #[arg(requires = "branch", conflicts_with = "list_price")]
    price: Option<String>,
    /// Take the branch's own price away: the list price holds again
    #[arg(long, requires = "branch")]
    list_price: bool,
    /// The branch; a change has to name it [default: the terminal's]
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
}

#[derive(Debug, Args)]
pub struct Prices {
    /// The branch [default: the terminal's]
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

impl Price {
    /// Whether it changes the price.
    pub fn is_change(&self) -> bool {
        self.price.is_some() || self.list_price
    }
}

pub async fn one(shop: &Shop, price: Price, output: Output) -> Result<(), Failure> {
    let branch_id = price.branch.clone().unwrap_or_default();
    if price.is_change() {
        let own = match &price.price {
            Some(text) => Some(amount::read("PRICE", text, shop.currency().await?)?),
            None => None,
        };
        let put = PutBranchPrice { sku: price.sku.clone(), price: own, ..Default::default() };
        let request = PutBranchPricesRequest { branch_id: branch_id.clone(), prices: vec![put] };
        shop.call(shop.kassa.catalog().put_branch_prices(request)).await?;
    }
    let request = GetBranchPriceRequest { branch_id, sku: price.sku, ..Default::default() };
    let found = shop.call_as_is(shop.kassa.catalog().get_branch_price(request)).await?;
    output.json(|| message::to_json("GetBranchPriceResponse", &*found))?;
    let found = found.into_inner().branch_price.unwrap_or_default();
    let place = price.branch.map_or_else(|| "here".to_owned(), |branch| format!("at {branch}"));
    let list_price = amount::show(found.list_price.as_ref());
    output.text(match &found.price {
        Some(own) => format!("{}: {} {place}, list price {list_price}", found.sku, amount::show(Some(own))),
        None => format!("{}: {list_price} {place}, the list price", found.sku),
    })
}

pub async fn all(shop: &Shop, prices: Prices, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(prices.limit).unwrap_or(usize::MAX);
    let mut all = ListBranchPricesResponse::default();
    loop {
        let left = limit.saturating_sub(all.branch_prices.len());
        let request = ListBranchPricesRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            branch_id: prices.branch.clone().unwrap_or_default(),
        };
        let page = shop.call(shop.kassa.catalog().list_branch_prices(request)).await?.into_inner();
        all.branch_prices.extend(page.branch_prices);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.branch_prices.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListBranchPricesResponse", &all))?;
    if all.branch_prices.is_empty() {
        return output.text("no prices of its own: everything is at the list price");
    }
    output.text(show(&mut all.branch_prices))?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}

fn show(prices: &mut [BranchPrice]) -> String {
    let mut table = table(&["sku", ">price", ">list price"]);
    prices.sort_by(|one, other| one.sku.cmp(&other.sku));
    for price in prices {
        let amounts = [&price.price, &price.list_price].map(|it| amount::show(it.as_ref()));
        let [own, list] = amounts;
        table.add_row([price.sku.clone(), own, list]);
    }
    table.trim_fmt()
}
