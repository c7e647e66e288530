//! Categories: what products say they are.

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;

use super::{product, put};

async fn page(shop: &Shop, page_size: i32, page_token: String) -> pb::ListCategoriesResponse {
    let request = pb::ListCategoriesRequest { page_size, page_token };
    shop.kassa.catalog().list_categories(request).await.unwrap().into_inner()
}

fn in_category(sku: &str, category: &str) -> pb::Product {
    pb::Product { category: category.to_owned(), ..product(sku, sku, "1.00") }
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_are_listed_as_they_are_written_with_their_products_counted() {
    let shop = Shop::found().await;
    let before: i64 =
        page(&shop, 0, String::new()).await.categories.iter().map(|one| one.product_count).sum();
    let names = ["Hot drinks", "hot drinks", "مشروبات ساخنة", "Tea, \"loose\"", "", "Hot drinks"];
    put(&shop, names.iter().enumerate().map(|(number, name)| in_category(&format!("c-{number}"), name)))
        .await;

    let all = page(&shop, 500, String::new()).await;
    assert_eq!(all.next_page_token, "");
    let count = |name: &str| all.categories.iter().find(|one| one.name == name).map(|one| one.product_count);
    assert_eq!((count("Hot drinks"), count("hot drinks")), (Some(2), Some(1)), "as they are written");
    assert_eq!((count("مشروبات ساخنة"), count("Tea, \"loose\"")), (Some(1), Some(1)));
    assert_eq!(
        all.categories.iter().map(|one| one.product_count).sum::<i64>(),
        before + 6,
        "each counts once"
    );
    assert!(all.categories.is_sorted_by(|one, other| one.name < other.name), "by name, each once");

    // A category is gone with its last product.
    put(&shop, [in_category("c-1", "Hot drinks")]).await;
    assert!(page(&shop, 500, String::new()).await.categories.iter().all(|one| one.name != "hot drinks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_categories_give_every_one_once() {
    let shop = Shop::found().await;
    let long = "ن".repeat(98);
    put(&shop, (10..70).map(|number| in_category(&format!("c-{number}"), &format!("{long}{number}")))).await;
    let all = page(&shop, 500, String::new()).await.categories;
    for size in [1, 7, 59] {
        let (mut categories, mut token) = (Vec::new(), String::new());
        loop {
            let page = page(&shop, size, token).await;
            assert!(page.categories.len() <= usize::try_from(size).unwrap());
            categories.extend(page.categories);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(categories, all, "in pages of {size}");
    }
    assert_eq!(page(&shop, 0, String::new()).await.categories.len(), 50);
}
