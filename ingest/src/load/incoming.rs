//! The tables that a load fills beside those in use, on a connection each, and that take their place at the end.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::SinkExt;
use futures::future::try_join_all;
use tokio::sync::mpsc;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Transaction};

use super::rows::{HEADER, Rows, TRAILER};
use super::{LoadError, connect};

/// A table in the schema `ingest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    BaseLines,
    BaseAreas,
    BaseLabels,
    BaseOverviews,
    WalkEdges,
    WalkNodes,
    /// Outlines that PostGIS makes `base_areas` of. No table in use is like it.
    Outlines,
}

impl Table {
    /// Those that take the place of one in use.
    const LASTING: [Self; 6] = [
        Self::BaseLines,
        Self::BaseAreas,
        Self::BaseLabels,
        Self::BaseOverviews,
        Self::WalkEdges,
        Self::WalkNodes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::BaseLines => "base_lines",
            Self::BaseAreas => "base_areas",
            Self::BaseLabels => "base_labels",
            Self::BaseOverviews => "base_overviews",
            Self::WalkEdges => "walk_edges",
            Self::WalkNodes => "walk_nodes",
            Self::Outlines => "outlines",
        }
    }

    /// The table and those of its columns that are copied.
    fn columns(self) -> &'static str {
        match self {
            // What is copied has no overview: what is seen from afar is made of outlines.
            Self::BaseAreas => "base_areas (area_id, osm_id, class, name, min_zoom, geom)",
            Self::WalkEdges => {
                "walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, lit, surface, \
                 incline_percent, name, geom, price_percent, hours, one_way)"
            }
            other => other.name(),
        }
    }
}

/// Drops what a load that was killed may have left.
pub(crate) async fn discard(client: &Client) -> Result<(), Error> {
    let drop = |table: &Table| format!("DROP TABLE IF EXISTS ingest.{};", table.name());
    let all = Table::LASTING.iter().chain([&Table::Outlines]);
    client
        .batch_execute(&all.map(drop).collect::<String>())
        .await
}

/// Creates the tables, without indexes and empty.
pub(crate) async fn create(client: &Client) -> Result<(), Error> {
    discard(client).await?;
    let create = |table: &Table| {
        let name = table.name();
        format!("CREATE TABLE ingest.{name} (LIKE {name} INCLUDING ALL EXCLUDING INDEXES);")
    };
    let all: String = Table::LASTING.iter().map(create).collect();
    client.batch_execute(&all).await?;
    client
        .batch_execute(include_str!("sql/create_outlines.sql"))
        .await
}

/// Rows that may wait for the database, in batches for each table.
const WAITING_BATCHES: usize = 4;

/// One table being filled.
#[derive(Debug)]
pub(crate) struct Filling {
    table: Table,
    client: Client,
    rows: mpsc::Receiver<Bytes>,
}

/// Senders of rows, one for each table.
#[derive(Debug)]
pub(crate) struct Senders(Vec<(Table, mpsc::Sender<Bytes>)>);

impl Senders {
    /// Waits while the database has enough to do. A table that no longer takes rows has failed, and says why itself.
    pub(crate) fn send(&self, table: Table, rows: Rows) {
        let sender = self.0.iter().find(|(of, _)| *of == table);
        if let (Some((_, sender)), false) = (sender, rows.0.is_empty()) {
            let _ = sender.blocking_send(rows.0.into());
        }
    }
}

/// A connection for each table.
pub(crate) async fn open(url: &str) -> Result<(Vec<Filling>, Senders), LoadError> {
    let (mut fillings, mut senders) = (Vec::new(), Vec::new());
    for table in Table::LASTING.into_iter().chain([Table::Outlines]) {
        let client = connect(url).await?;
        // What these connections commit is safe when the last transaction is.
        client
            .batch_execute(concat!(
                include_str!("sql/settings.sql"),
                "SET synchronous_commit = off"
            ))
            .await?;
        let (sender, rows) = mpsc::channel(WAITING_BATCHES);
        senders.push((table, sender));
        fillings.push(Filling {
            table,
            client,
            rows,
        });
    }
    Ok((fillings, Senders(senders)))
}

/// Copies all rows until their senders are gone; gives the connections back, and how many street edges there are.
pub(crate) async fn fill(fillings: Vec<Filling>) -> Result<(Vec<Filled>, u64), Error> {
    let filled = try_join_all(fillings.into_iter().map(Filling::finish)).await?;
    let edges = filled
        .iter()
        .find(|filled| filled.table == Table::WalkEdges);
    let edges = edges.map_or(0, |filled| filled.rows);
    Ok((filled, edges))
}

/// One table that has all its rows.
#[derive(Debug)]
pub(crate) struct Filled {
    table: Table,
    client: Client,
    rows: u64,
}

impl Filling {
    async fn finish(mut self) -> Result<Filled, Error> {
        let copy = format!(
            "COPY ingest.{} FROM STDIN (FORMAT binary)",
            self.table.columns()
        );
        let mut sink = pin!(self.client.copy_in::<_, Bytes>(&copy).await?);
        sink.send(Bytes::from_static(HEADER)).await?;
        while let Some(rows) = self.rows.recv().await {
            sink.send(rows).await?;
        }
        sink.send(Bytes::from_static(TRAILER)).await?;
        let rows = sink.finish().await?;
        let Self { table, client, .. } = self;
        Ok(Filled {
            table,
            client,
            rows,
        })
    }
}

/// Strategy by which the incoming rows get into the tables in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The tables change places; those of other areas are copied. Indexes are built at once, which is several times
    /// faster than row by row, and what was is gone without a trace.
    Swap,
    /// Row by row: other areas have more of them.
    Merge,
}

impl Strategy {
    pub(crate) async fn choose(client: &Client, area: i32, edges: u64) -> Result<Self, Error> {
        let others = "SELECT count(*) FROM walk_edges WHERE area_id <> $1";
        let others: i64 = client.query_one(others, &[&area]).await?.get(0);
        Ok(if others as u64 <= edges {
            Self::Swap
        } else {
            Self::Merge
        })
    }
}

/// Makes the tables ready to change places, all at a time. `boundary` is awaited for the sea.
pub(crate) async fn prepare(
    filled: Vec<Filled>,
    area: i32,
    strategy: Strategy,
    boundary: impl Future<Output = Option<String>>,
) -> Result<(), Error> {
    let of = |table| filled.iter().find(|filled| filled.table == table);
    let areas = async {
        if let (Some(outlines), Some(areas)) = (of(Table::Outlines), of(Table::BaseAreas)) {
            outlines.build_areas(area, boundary).await?;
            areas.prepare(area, strategy).await?;
        }
        Ok(())
    };
    let is_ready = |filled: &&Filled| !matches!(filled.table, Table::Outlines | Table::BaseAreas);
    let others = filled.iter().filter(is_ready);
    let others = try_join_all(others.map(|filled| filled.prepare(area, strategy)));
    tokio::try_join!(areas, others)?;
    Ok(())
}

impl Filled {
    /// Makes areas of the outlines, and the sea.
    async fn build_areas(
        &self,
        area: i32,
        boundary: impl Future<Output = Option<String>>,
    ) -> Result<(), Error> {
        let build = include_str!("sql/build_areas.sql");
        self.client.batch_execute(build).await?;
        let Some(boundary) = boundary.await else {
            return Ok(());
        };
        // It takes no parameters, being a block; both are of our own making.
        let sea = include_str!("sql/insert_sea.sql");
        let sea = sea.replace("{area}", &area.to_string());
        self.client
            .batch_execute(&sea.replace("{boundary}", &boundary))
            .await
    }

    async fn prepare(&self, area: i32, strategy: Strategy) -> Result<(), Error> {
        if strategy == Strategy::Merge {
            return Ok(());
        }
        let name = self.table.name();
        let copy = format!("INSERT INTO ingest.{name} SELECT * FROM {name} WHERE area_id <> $1");
        self.client.execute(&copy, &[&area]).await?;
        let indexes = include_str!("sql/index_statements.sql");
        let statements = statements(&self.client, indexes, &[&name]).await?;
        let analyze = format!("ANALYZE ingest.{name}");
        self.client.batch_execute(&(statements + &analyze)).await
    }
}

/// The statements that a query gives.
async fn statements(
    client: &impl tokio_postgres::GenericClient,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<String, Error> {
    let rows = client.query(query, parameters).await?;
    Ok(rows
        .iter()
        .map(|row| row.get::<_, String>(0) + ";\n")
        .collect())
}

/// Puts the incoming rows where those of the area were. After [`Strategy::Swap`] readers wait until the commit.
pub(crate) async fn take_over(
    transaction: &mut Transaction<'_>,
    area: i32,
    strategy: Strategy,
    waiting: impl Fn(),
) -> Result<(), Error> {
    if strategy == Strategy::Swap {
        lock(transaction, waiting).await?;
    }
    for table in Table::LASTING {
        let name = table.name();
        if strategy == Strategy::Swap {
            let exchange = include_str!("sql/exchange_statements.sql");
            let statements = statements(transaction, exchange, &[&name]).await?;
            transaction.batch_execute(&statements).await?;
        } else {
            let merge = format!(
                "DELETE FROM {name} WHERE area_id = {area}; INSERT INTO {name} SELECT * FROM ingest.{name}; \
                 DROP TABLE ingest.{name}; ANALYZE {name}"
            );
            transaction.batch_execute(&merge).await?;
        }
    }
    transaction
        .batch_execute("DROP TABLE ingest.outlines")
        .await
}

/// Gets the tables for this transaction alone. Who waits for such a lock holds up all that come later: so it is given up
/// after a moment and tried again, while somebody reads for long.
async fn lock(transaction: &mut Transaction<'_>, waiting: impl Fn()) -> Result<(), Error> {
    let names = Table::LASTING.map(Table::name).join(", ");
    let lock =
        format!("SET LOCAL lock_timeout = '200ms'; LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE");
    loop {
        let attempt = transaction.savepoint("attempt").await?;
        match attempt.batch_execute(&lock).await {
            Ok(()) => return attempt.commit().await,
            Err(fault) if fault.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                attempt.rollback().await?;
            }
            Err(fault) => return Err(fault),
        }
        waiting();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
