//! The first schema: a shop, its catalogue, shifts, sales, drawers, journal and keys.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::schema::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // On SQLite SeaORM would use no transaction by itself: a power cut would leave half a schema.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            shop_tables().into_iter().chain(catalogue_tables()).chain(trade_tables()).chain(proof_tables());
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The builder has no partial indexes for all engines; this text is plain SQL on each of them.
        // They are the database's own word that a register, and a user, has one open shift at most.
        for (name, column) in [("shifts_open_on_register", "register_id"), ("shifts_open_by_user", "user_id")]
        {
            let sql = format!("CREATE UNIQUE INDEX {name} ON shifts ({column}) WHERE state = 1");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

fn shop_tables() -> Vec<TableCreateStatement> {
    let businesses = build(
        "businesses",
        vec![
            id("id"),
            text("name"),
            text("currency_code"),
            text("time_zone"),
            flag("prices_include_tax"),
            small("tax_rounding"),
            small("rounding_mode"),
            count("cash_unit"),
            small("cash_total_mode"),
            small("cash_change_mode"),
            small("cash_refund_mode"),
            text("receipt_header"),
            text("receipt_footer"),
            count("version"),
            number("update_time"),
            flag("has_orders"),
            count("catalog_version"),
            count("epoch"),
        ],
        &["id"],
        &[],
    );
    let branches = build(
        "branches",
        vec![
            id("id"),
            id("business_id"),
            text("code"),
            text("name"),
            count("last_order_sequence"),
            count("last_key_sequence"),
        ],
        &["id"],
        &[("business_id", "businesses")],
    );
    let registers = build(
        "registers",
        vec![
            id("id"),
            id("branch_id"),
            text("code"),
            text("name"),
            number("drawer_balance"),
            count("last_movement_sequence"),
        ],
        &["id"],
        &[("branch_id", "branches")],
    );
    let users = build(
        "users",
        vec![id("id"), id("business_id"), text("name"), small("role")],
        &["id"],
        &[("business_id", "businesses")],
    );
    let terminals = build(
        "terminals",
        vec![
            id("id"),
            id("register_id"),
            id("user_id"),
            text("name"),
            bytes("token_sha256"),
            number("create_time"),
        ],
        &["id"],
        &[("register_id", "registers"), ("user_id", "users")],
    );
    let number_series = build(
        "number_series",
        vec![id("register_id"), text("prefix"), count("last_number")],
        &["register_id", "prefix"],
        &[("register_id", "registers")],
    );
    vec![businesses, branches, registers, users, terminals, number_series]
}

fn catalogue_tables() -> Vec<TableCreateStatement> {
    let products = build(
        "products",
        vec![
            id("id"),
            text("sku"),
            text("name"),
            text("name_ar"),
            count("price"),
            count("tax_rate"),
            text("category"),
            text("unit"),
            small("stock_policy"),
            count("version"),
            text("search_text"),
            number("create_time"),
            number("update_time"),
        ],
        &["id"],
        &[],
    );
    let product_barcodes = build(
        "product_barcodes",
        vec![id("product_id"), text("barcode"), small("position"), flag("active")],
        &["product_id", "barcode"],
        &[("product_id", "products")],
    );
    let stock = build(
        "stock",
        vec![id("branch_id"), id("product_id"), number("opening_quantity"), number("quantity")],
        &["branch_id", "product_id"],
        &[("branch_id", "branches"), ("product_id", "products")],
    );
    vec![products, product_barcodes, stock]
}

fn trade_tables() -> Vec<TableCreateStatement> {
    let shifts = build(
        "shifts",
        vec![
            id("id"),
            text("number"),
            id("branch_id"),
            id("register_id"),
            id("user_id"),
            id("terminal_id"),
            small("state"),
            count("version"),
            number("open_time"),
            small("business_date"),
            count("opening_float"),
            count("sale_count"),
            count("sales_total"),
            count("cash_received"),
            count("change_given"),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("register_id", "registers"),
            ("user_id", "users"),
            ("terminal_id", "terminals"),
        ],
    );
    let mut orders = build(
        "orders",
        vec![
            id("id"),
            small("kind"),
            small("state"),
            text("receipt_number"),
            id("branch_id"),
            count("sequence"),
            id("register_id"),
            id("shift_id"),
            id("user_id"),
            id("terminal_id"),
            count("subtotal"),
            count("discount_total"),
            count("total"),
            number("rounding_adjustment"),
            count("tip_total"),
            count("change"),
            text("note"),
            flag("prices_include_tax"),
            small("tax_rounding"),
            small("rounding_mode"),
            small("business_date"),
            number("create_time"),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("register_id", "registers"),
            ("shift_id", "shifts"),
            ("user_id", "users"),
            ("terminal_id", "terminals"),
        ],
    );
    orders.check(Expr::col(Alias::new("discount_total")).lte(Expr::col(Alias::new("subtotal"))));
    let mut order_lines = build(
        "order_lines",
        vec![
            id("order_id"),
            id("line_id"),
            small("position"),
            id("product_id"),
            text("sku"),
            text("name"),
            text("name_ar"),
            text("category"),
            text("barcode"),
            text("unit"),
            number("quantity"),
            count("list_price"),
            count("unit_price"),
            count("subtotal"),
            count("discount_total"),
            count("order_discount_share"),
            count("tax_rate"),
            count("net"),
            count("tax"),
            count("total"),
        ],
        &["order_id", "line_id"],
        &[("order_id", "orders"), ("product_id", "products")],
    );
    order_lines.check(Expr::col(Alias::new("quantity")).gt(0)).check(
        Expr::col(Alias::new("total")).eq(Expr::col(Alias::new("net")).add(Expr::col(Alias::new("tax")))),
    );
    let order_discounts = build(
        "order_discounts",
        vec![
            id("order_id"),
            small("position"),
            optional(id("line_id")),
            text("name"),
            optional(count("fixed_amount")),
            optional(count("percent")),
            count("amount"),
        ],
        &["order_id", "position"],
        &[("order_id", "orders")],
    );
    let mut order_tenders = build(
        "order_tenders",
        vec![
            id("order_id"),
            small("position"),
            small("kind"),
            count("amount"),
            count("tip"),
            text("card_brand"),
            text("card_last_four"),
            text("card_authorization_code"),
        ],
        &["order_id", "position"],
        &[("order_id", "orders")],
    );
    order_tenders.check(Expr::col(Alias::new("tip")).lte(Expr::col(Alias::new("amount"))));
    let cash_movements = build(
        "cash_movements",
        vec![
            id("register_id"),
            count("sequence"),
            id("id"),
            id("branch_id"),
            small("kind"),
            count("amount"),
            number("balance"),
            id("shift_id"),
            optional(id("order_id")),
            id("user_id"),
            small("business_date"),
            flag("at_opening"),
            number("create_time"),
        ],
        &["register_id", "sequence"],
        &[
            ("register_id", "registers"),
            ("branch_id", "branches"),
            ("shift_id", "shifts"),
            ("order_id", "orders"),
            ("user_id", "users"),
        ],
    );
    vec![shifts, orders, order_lines, order_discounts, order_tenders, cash_movements]
}

fn proof_tables() -> Vec<TableCreateStatement> {
    let journal_chains = build(
        "journal_chains",
        vec![id("register_id"), small("kind"), count("last_sequence"), bytes("last_hash")],
        &["register_id", "kind"],
        &[("register_id", "registers")],
    );
    let journal_records = build(
        "journal_records",
        vec![
            id("register_id"),
            small("kind"),
            count("sequence"),
            bytes("record"),
            bytes("previous_hash"),
            bytes("hash"),
        ],
        &["register_id", "kind", "sequence"],
        &[("register_id", "registers")],
    );
    let idempotency_keys = build(
        "idempotency_keys",
        vec![
            id("terminal_id"),
            text("method"),
            text("key"),
            id("branch_id"),
            count("sequence"),
            bytes("fingerprint"),
            small("document_kind"),
            optional(id("document_id")),
            optional(bytes("answer")),
            bytes("answer_sha256"),
            bytes("seal"),
            number("create_time"),
        ],
        &["terminal_id", "method", "key"],
        &[("terminal_id", "terminals"), ("branch_id", "branches")],
    );
    vec![journal_chains, journal_records, idempotency_keys]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("branches_code", "branches", &["code"]),
        unique("registers_code", "registers", &["code"]),
        unique("users_name", "users", &["name"]),
        unique("terminals_token", "terminals", &["token_sha256"]),
        unique("products_sku", "products", &["sku"]),
        // Not unique: PutProducts gives all the products of one call the same version.
        index("products_version", "products", &["version", "id"]),
        index("product_barcodes_barcode", "product_barcodes", &["barcode"]),
        unique("shifts_number", "shifts", &["number"]),
        unique("orders_receipt_number", "orders", &["receipt_number"]),
        unique("orders_sequence", "orders", &["branch_id", "sequence"]),
        index("orders_shift", "orders", &["shift_id", "sequence"]),
        unique("cash_movements_id", "cash_movements", &["id"]),
        unique("idempotency_keys_sequence", "idempotency_keys", &["branch_id", "sequence"]),
        index("idempotency_keys_create_time", "idempotency_keys", &["create_time"]),
    ]
}
