//! The shop that sells: its goods, and a till for each terminal.

use kassa_client::{
    Answer, Call, Error, Kassa, cash, line, money, product_line,
    proto::v1::{self as pb, CompleteSaleRequest},
};

use crate::{LoadError, Server, error::incomplete};

/// So many that sales at the same moment rarely share a product.
pub const PRODUCTS: usize = 1_000;
const PIN: &str = "480213";
/// In a new drawer, in minor units.
const FLOAT: i64 = 100_00;
/// What a call may put of users and registers.
const PUT: usize = 100;

/// A founded shop.
#[derive(Debug)]
pub struct LoadShop {
    products: Vec<Goods>,
    lines: usize,
    /// A register each, with a shift of its own that has sold once.
    pub tills: Vec<Till>,
}

#[derive(Debug)]
struct Goods {
    product_id: String,
    barcode: String,
    /// In minor units, with the tax: what a line costs needs no rounding.
    price: i64,
}

/// A register, and the cashier who is signed in on the terminal there.
#[derive(Debug, Clone)]
pub struct Till {
    /// The register's code.
    pub register: String,
    /// The token of the cashier's session.
    pub token: String,
    /// The cash in the drawer, in minor units.
    pub cash: i64,
}

/// A sale to make.
pub struct Basket {
    /// The request.
    pub request: CompleteSaleRequest,
    /// Its total, in minor units.
    pub total: i64,
}

impl LoadShop {
    /// Founds it on a server whose books are new, or opens the one that was founded there: so many tills, sales of so many
    /// lines. Each till makes a first sale, so that every sale after it changes the same rows.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn found(server: &Server, tills: usize, lines: usize) -> Result<Self, LoadError> {
        let local = server.local()?;
        let goods: Vec<_> = (0..PRODUCTS).map(goods).collect();
        let put = pb::PutProductsRequest { products: goods.clone(), ..Default::default() };
        let put = call(local.catalog().put_products(put)).await?.into_inner();
        let products = put.product_ids.into_iter().zip(goods);
        let products = products.filter_map(|(id, goods)| Goods::of(id, goods)).collect();
        let mut shop = Self { products, lines, tills: Vec::with_capacity(tills) };
        put_people_and_registers(&local, tills).await?;
        for number in 1..=tills {
            let till = shop.open_till(server, &local, number).await?;
            shop.tills.push(till);
        }
        Ok(shop)
    }

    async fn open_till(&self, server: &Server, local: &Kassa, number: usize) -> Result<Till, LoadError> {
        let (register, name) = (code(number), cashier(number));
        let pin = pb::SetPinRequest { user_id: name.clone(), new_pin: PIN.to_owned(), ..Default::default() };
        call(local.access().set_pin(pin)).await?;
        let wanted = pb::CreatePairingCodeRequest {
            register_id: register.clone(),
            terminal_name: format!("Till {number}"),
        };
        let code = call(local.admin().create_pairing_code(wanted)).await?.into_inner().code;
        let paired = call(local.access().pair_terminal(pb::PairTerminalRequest { code })).await?;
        let terminal = server.client(&paired.token)?;
        let sign_in = pb::SignInRequest { user_id: name, pin: PIN.to_owned() };
        let token = call(terminal.access().sign_in(sign_in)).await?.into_inner().token;
        let cashier = server.client(&token)?;
        // In a shop that sold before, what is there stays there.
        let float = Some(in_the_drawer(local, &register).await?).filter(|cash| *cash > 0);
        let opening_float = Some(money(float.unwrap_or(FLOAT)));
        let shift = pb::OpenShiftRequest { opening_float, ..Default::default() };
        call(cashier.shifts().open_shift(shift)).await?;
        call(cashier.orders().complete_sale(self.sale(number).request)).await?;
        let cash = in_the_drawer(local, &register).await?;
        Ok(Till { register, token, cash })
    }

    /// Sale `number`: different products, half of them named by barcode and half by id, paid in cash with change.
    #[must_use]
    pub fn sale(&self, number: usize) -> Basket {
        let (mut lines, mut total) = (Vec::with_capacity(self.lines), 0);
        for place in 0..self.lines {
            // Primes: the goods come round in an order of their own, and no sale has the same twice.
            let Some(goods) = self.products.get((number * 919 + place * 211) % PRODUCTS) else { continue };
            let quantity = [1, 2, 1, 3, 1].get(place % 5).copied().unwrap_or(1);
            total += goods.price * quantity;
            let quantity = quantity.to_string();
            lines.push(if (number + place).is_multiple_of(2) {
                line(goods.barcode.as_str(), quantity)
            } else {
                product_line(goods.product_id.as_str(), quantity)
            });
        }
        // The client makes a new order id where none is given.
        let request = CompleteSaleRequest {
            lines,
            tenders: vec![cash(money((total / 1_000 + 1) * 1_000))],
            expected_total: Some(money(total)),
            ..Default::default()
        };
        Basket { request, total }
    }

    /// The barcode of a product; the products come round again.
    #[must_use]
    pub fn barcode(&self, place: usize) -> &str {
        self.products.get(place % PRODUCTS).map_or("", |goods| &goods.barcode)
    }
}

impl Goods {
    fn of(product_id: String, goods: pb::PutProduct) -> Option<Self> {
        let product = goods.product?;
        let price = product.price?.amount_minor;
        Some(Self { product_id, barcode: product.barcodes.into_iter().next()?, price })
    }
}

/// Makes a call, and names it where it fails.
pub(crate) async fn call<Q, A>(call: Call<Q, A>) -> Result<Answer<A>, LoadError>
where
    Call<Q, A>: IntoFuture<Output = Result<Answer<A>, Error>>,
{
    let method = call.method();
    call.await.map_err(|error| LoadError::Call { method, error })
}

/// The cash in a register's drawer, as the server has it.
pub(crate) async fn in_the_drawer(kassa: &Kassa, register: &str) -> Result<i64, LoadError> {
    let drawer = pb::GetDrawerRequest { register_id: register.to_owned() };
    let drawer = call(kassa.cash_register().get_drawer(drawer)).await?.into_inner();
    let balance = drawer.drawer.and_then(|drawer| drawer.balance);
    balance.map(|balance| balance.amount_minor).ok_or_else(|| incomplete("the drawer's balance"))
}

async fn put_people_and_registers(local: &Kassa, tills: usize) -> Result<(), LoadError> {
    let numbers: Vec<usize> = (1..=tills).collect();
    for numbers in numbers.chunks(PUT) {
        let registers = numbers.iter().map(|number| pb::Register {
            code: code(*number),
            name: format!("Register {number}"),
            ..Default::default()
        });
        let registers = pb::PutRegistersRequest { registers: registers.collect() };
        call(local.admin().put_registers(registers)).await?;
        let users = numbers.iter().map(|number| pb::User {
            name: cashier(*number),
            role: pb::Role::Cashier.into(),
            ..Default::default()
        });
        call(local.admin().put_users(pb::PutUsersRequest { users: users.collect() })).await?;
    }
    Ok(())
}

/// A new shop has the register R1 already; it becomes the first till's.
fn code(number: usize) -> String {
    format!("R{number}")
}

fn cashier(number: usize) -> String {
    format!("cashier-{number:03}")
}

fn goods(place: usize) -> pb::PutProduct {
    let rate = ["0", "5", "14"].get(place % 3).copied().unwrap_or("0");
    pb::PutProduct {
        product: Some(pb::Product {
            sku: format!("SKU-{place:04}"),
            name: format!("Product number {place}"),
            barcodes: vec![format!("622{place:010}")],
            price: Some(money(99 + i64::try_from(place * 7 % 900).unwrap_or_default())),
            tax_rate: Some(pb::Decimal { value: rate.to_owned() }),
            unit: "pc".to_owned(),
            category: "Groceries".to_owned(),
            stock_policy: pb::StockPolicy::Allow.into(),
            ..pb::Product::default()
        }),
        opening_stock: Some(pb::Decimal { value: "100000".to_owned() }),
    }
}
