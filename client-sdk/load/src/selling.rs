//! Terminals at work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use kassa_client::{Kassa, proto::v1 as pb};
use tokio::task::JoinHandle;

use crate::{
    LoadError, LoadShop, Server,
    error::incomplete,
    latencies::{self, Latencies},
    shop::{call, in_the_drawer},
};

/// A terminal: its connection, and the till it stands at.
#[derive(Clone)]
pub struct Terminal {
    kassa: Kassa,
    /// The place of its till in the shop.
    till: usize,
}

/// When the terminals stop by themselves.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// When they are told.
    Told,
    /// After so many sales of them all.
    Sales(usize),
    /// After that time: what was asked for by then is answered.
    Time(Duration),
}

/// A sale that was acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// When it was asked for.
    pub asked: Instant,
    /// How long the answer took.
    pub took: Duration,
}

/// Terminals that sell, one sale after the other.
pub struct Selling {
    stop: Arc<AtomicBool>,
    began: Instant,
    terminals: Vec<JoinHandle<Result<SoldByOne, LoadError>>>,
}

/// What was acknowledged.
#[derive(Debug)]
pub struct Sold {
    /// When the terminals began.
    pub began: Instant,
    /// When the last of them had its last answer.
    pub ended: Instant,
    /// Every sale, a terminal's after another's.
    pub sales: Vec<Sale>,
    /// What each till of the shop took, in minor units.
    cash: Vec<i64>,
}

struct SoldByOne {
    till: usize,
    sales: Vec<Sale>,
    cash: i64,
}

impl LoadShop {
    /// So many terminals on a server that has this shop, each with a connection of its own: at a till of its own, as long
    /// as there is one; `one_register` puts all of them at the first till.
    ///
    /// # Errors
    /// [`LoadError::Build`] if there can be no client.
    pub fn terminals(
        &self,
        server: &Server,
        terminals: usize,
        one_register: bool,
    ) -> Result<Vec<Terminal>, LoadError> {
        let tills = if one_register { 1 } else { self.tills.len().max(1) };
        (0..terminals).map(|terminal| self.terminal(server, terminal % tills)).collect()
    }

    /// A terminal at a till, by its place.
    ///
    /// # Errors
    /// [`LoadError::Build`] if there can be no client, as where there is no such till.
    pub fn terminal(&self, server: &Server, till: usize) -> Result<Terminal, LoadError> {
        let token = self.tills.get(till).map_or("", |till| &till.token);
        Ok(Terminal { kassa: server.client(token)?, till })
    }
}

impl Terminal {
    /// Its client.
    #[must_use]
    pub fn kassa(&self) -> &Kassa {
        &self.kassa
    }
}

impl Selling {
    /// Lets every terminal sell.
    #[must_use]
    pub fn begin(shop: &Arc<LoadShop>, terminals: &[Terminal], until: Until) -> Self {
        let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(1)));
        let began = Instant::now();
        let terminals = terminals.iter().cloned().map(|terminal| {
            let (shop, stop, next) = (Arc::clone(shop), Arc::clone(&stop), Arc::clone(&next));
            tokio::spawn(async move {
                let goes_on = |number: usize| {
                    !stop.load(Relaxed)
                        && match until {
                            Until::Told => true,
                            Until::Sales(sales) => number <= sales,
                            Until::Time(time) => began.elapsed() < time,
                        }
                };
                let sold = terminal.sell(&shop, &next, goes_on).await;
                // The others need not go on for a measurement that is none.
                stop.fetch_or(sold.is_err(), Relaxed);
                sold
            })
        });
        Self { terminals: terminals.collect(), stop, began }
    }

    /// Tells the terminals to stop after the sale that they are at, and waits for them.
    ///
    /// # Errors
    /// Why a sale was not made.
    pub async fn stop(self) -> Result<Sold, LoadError> {
        self.stop.store(true, Relaxed);
        self.ended().await
    }

    /// Waits until the terminals stop by themselves.
    ///
    /// # Errors
    /// Why a sale was not made.
    pub async fn ended(self) -> Result<Sold, LoadError> {
        let mut sold = Vec::with_capacity(self.terminals.len());
        for terminal in self.terminals {
            sold.push(terminal.await.map_err(|error| LoadError::Differs(error.to_string()))?);
        }
        let ended = Instant::now();
        let sold = sold.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut cash = vec![0; sold.iter().map(|one| one.till + 1).max().unwrap_or_default()];
        for one in &sold {
            if let Some(cash) = cash.get_mut(one.till) {
                *cash += one.cash;
            }
        }
        let sales = sold.into_iter().flat_map(|one| one.sales).collect();
        Ok(Sold { began: self.began, ended, sales, cash })
    }
}

impl Terminal {
    /// Sells, one sale after the other, as long as `goes_on` says so of its number.
    async fn sell(
        self,
        shop: &LoadShop,
        next: &AtomicUsize,
        goes_on: impl Fn(usize) -> bool,
    ) -> Result<SoldByOne, LoadError> {
        let mut sold = SoldByOne { till: self.till, sales: Vec::new(), cash: 0 };
        loop {
            let number = next.fetch_add(1, Relaxed);
            if !goes_on(number) {
                return Ok(sold);
            }
            let basket = shop.sale(number);
            let asked = Instant::now();
            let answer = call(self.kassa.orders().complete_sale(basket.request)).await?;
            sold.sales.push(Sale { asked, took: asked.elapsed() });
            if answer.replayed() {
                return Err(LoadError::Differs("a new sale was answered as an old one".to_owned()));
            }
            sold.cash += basket.total;
        }
    }
}

impl Sold {
    /// With what was sold after it.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.ended = later.ended;
        self.sales.extend(later.sales);
        self.cash.resize(self.cash.len().max(later.cash.len()), 0);
        for (cash, taken) in self.cash.iter_mut().zip(later.cash) {
            *cash += taken;
        }
        self
    }

    /// Sales that were answered in a span of time, and how long that took.
    #[must_use]
    pub fn within(&self, from: Instant, to: Instant) -> Latencies {
        self.those(|sale| (from..=to).contains(&(sale.asked + sale.took)))
    }

    /// Sales that were asked for before the end of a span of time and answered after its beginning, and how long that took.
    #[must_use]
    pub fn overlapping(&self, from: Instant, to: Instant) -> Latencies {
        self.those(|sale| sale.asked < to && sale.asked + sale.took > from)
    }

    fn those(&self, which: impl Fn(&Sale) -> bool) -> Latencies {
        let mut those = latencies::none();
        for sale in self.sales.iter().filter(|sale| which(sale)) {
            latencies::count(&mut those, sale.took);
        }
        those
    }

    /// Proves that what was acknowledged is in the books: not a sale more, not a cent less. The shop has sold nothing since
    /// it was founded but this.
    ///
    /// # Errors
    /// [`LoadError::Differs`] says what is wrong.
    pub async fn prove(&self, shop: &LoadShop, server: &Server) -> Result<(), LoadError> {
        let newest = pb::ListOrdersRequest { page_size: 1, ..Default::default() };
        let newest = call(server.local()?.orders().list_orders(newest)).await?.into_inner();
        let newest = newest.orders.first().ok_or_else(|| incomplete("the newest order"))?.sequence;
        // Each till made its first sale when the shop was founded.
        let wanted = i64::try_from(shop.tills.len() + self.sales.len()).unwrap_or(i64::MAX);
        if newest != wanted {
            return Err(LoadError::Differs(format!("{newest} orders are there, and {wanted} were made")));
        }
        let local = server.local()?;
        for (till, taken) in shop.tills.iter().zip(&self.cash) {
            let (is, wanted) = (in_the_drawer(&local, &till.register).await?, till.cash + taken);
            if is != wanted {
                let register = &till.register;
                return Err(LoadError::Differs(format!("{register} holds {is}, and should hold {wanted}")));
            }
        }
        Ok(())
    }
}
