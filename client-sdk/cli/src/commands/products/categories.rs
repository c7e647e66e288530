//! `kassa products categories`

use kassa_client::proto::v1::{ListCategoriesRequest, ListCategoriesResponse};

use super::PAGE;
use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let mut all = ListCategoriesResponse::default();
    loop {
        let request = ListCategoriesRequest { page_size: PAGE, page_token: all.next_page_token };
        let page = shop.call(shop.kassa.catalog().list_categories(request)).await?.into_inner();
        all.categories.extend(page.categories);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    output.json(|| message::to_json("ListCategoriesResponse", &all))?;
    if all.categories.is_empty() {
        return output.text("no products yet: `kassa products import FILE.csv`, or `kassa demo`");
    }
    let mut table = table(&[">products", "category"]);
    for category in &all.categories {
        let name = if category.name.is_empty() { "(none)" } else { &category.name };
        table.add_row([category.product_count.to_string(), name.to_owned()]);
    }
    output.text(table.trim_fmt())
}
