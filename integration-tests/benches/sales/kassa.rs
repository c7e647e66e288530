//! Kassa over gRPC: the real program in its own process, and terminals that each have a connection of their own and sell
//! as fast as they are answered.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use kassa_load::{LoadShop, Selling, Server, Until, usage};

use crate::{
    folders::{copy_folder, database},
    report::{Costs, Measured, Span, per_sale},
    slow_disk,
};

/// How many terminals make the sales that the floor replays.
const SELLERS: usize = 64;

/// A shop to sell in: its program, and the folder that every measurement starts from.
pub struct Founded {
    /// The server's program.
    pub program: PathBuf,
    data: PathBuf,
    /// The shop.
    pub shop: Arc<LoadShop>,
}

/// Who sells.
#[derive(Clone, Copy)]
pub struct Who {
    /// How many terminals.
    pub terminals: usize,
    /// All of them at one register, and not each at one of its own.
    pub one_register: bool,
}

impl Who {
    /// As a row of the table names them.
    pub fn name(self) -> String {
        match (self.terminals, self.one_register) {
            (1, _) => "1 terminal".to_owned(),
            (terminals, true) => format!("{terminals} terminals, one register"),
            (terminals, false) => format!("{terminals} terminals, a register each"),
        }
    }
}

impl Founded {
    /// Founds the shop through the real server.
    pub async fn found(program: PathBuf, folder: &Path, tills: usize) -> Self {
        let data = folder.join("founded");
        let server = Server::start(&program, &data).await.expect("the server starts");
        let shop = LoadShop::found(&server, tills, 5).await.expect("the shop is founded");
        server.stop().await.expect("the server stops");
        Self { program, data, shop: Arc::new(shop) }
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        database(&self.data)
    }

    /// A copy to measure on: the server that wrote it has stopped.
    pub fn copy(&self, to: &Path) -> PathBuf {
        copy_folder(&self.data, to);
        to.to_owned()
    }

    /// Starts the server on a copy.
    pub async fn start(&self, data: &Path) -> Server {
        Server::start(&self.program, data).await.expect("the server starts")
    }

    /// Has so many sales made, for the sake of their rows.
    pub async fn sell(&self, data: &Path, sales: usize) {
        let server = self.start(data).await;
        let terminals = self.shop.terminals(&server, SELLERS, false).expect("terminals");
        let selling = Selling::begin(&self.shop, &terminals, Until::Sales(sales));
        let sold = selling.ended().await.expect("every sale is made");
        drop(terminals);
        sold.prove(&self.shop, &server).await.expect("what was acknowledged is there");
        server.stop().await.expect("the server stops");
    }

    /// Measures terminals on a folder of their own.
    pub async fn measure(&self, data: &Path, who: Who, span: Span) -> Measured {
        let server = self.start(data).await;
        let id = server.id();
        let terminals = self.shop.terminals(&server, who.terminals, who.one_register).expect("terminals");
        let selling = Selling::begin(&self.shop, &terminals, Until::Time(span.end()));
        tokio::time::sleep(span.warm_up).await;
        let (from, before) = (Instant::now(), Spent::by(id));
        let sold = selling.ended().await.expect("every sale is made");
        let after = Spent::by(id);
        drop(terminals);
        sold.prove(&self.shop, &server).await.expect("what was acknowledged is there");
        let memory = usage::peak_memory(id);
        let idle = Spent::by(id);
        let stopped = server.stop().await.expect("the server stops");
        let latencies = sold.within(from, sold.ended);
        let sales = latencies.len();
        // What it spent while it was asked what it holds is no cost of a sale.
        let server = spent(before.server, after.server).zip(spent(idle.server, stopped.cpu));
        let syncs = counted(before.syncs, after.syncs).zip(counted(idle.syncs, slow_disk::syncs_of(id)));
        let costs = Costs {
            server: per_sale(server.map(|(selling, closing)| selling + closing), sales),
            terminals: per_sale(spent(before.own, after.own), sales),
            syncs: syncs.map(|(selling, closing)| (selling + closing) as f64 / sales as f64),
            memory,
        };
        Measured::new(&latencies, sold.ended - from, stopped.log_emptied, costs)
    }
}

fn spent(before: Option<Duration>, after: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}

fn counted(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(after? - before?)
}

/// What was spent up to a moment, where that can be told.
struct Spent {
    server: Option<Duration>,
    own: Option<Duration>,
    syncs: Option<u64>,
}

impl Spent {
    fn by(server: u32) -> Self {
        Self { server: usage::of(server), own: usage::own(), syncs: slow_disk::syncs_of(server) }
    }
}
