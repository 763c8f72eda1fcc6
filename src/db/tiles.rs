//! Vector tiles, as the functions of the database make them.

use diesel::QueryResult;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{Binary, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::prepared::Prepared;

/// Answer of `route_tile` to a token that does not open the route; no tile begins like that.
const REFUSED: &[u8] = b"refused";

/// Address of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    pub z: i32,
    pub x: i32,
    pub y: i32,
}

#[derive(QueryableByName)]
struct Mvt {
    #[diesel(sql_type = Nullable<Binary>)]
    mvt: Option<Vec<u8>>,
}

/// Streets, paths, green, water and names; empty where there is nothing.
///
/// # Errors
/// The database is away, or the tile takes too long.
pub async fn base(connection: &mut Connection, tile: Tile) -> QueryResult<Vec<u8>> {
    open(connection, tile, "SELECT base_tile($1, $2, $3) AS mvt").await
}

/// Places worth a stop; empty where there are none.
///
/// # Errors
/// The database is away, or the tile takes too long.
pub async fn places(connection: &mut Connection, tile: Tile) -> QueryResult<Vec<u8>> {
    open(connection, tile, "SELECT poi_tile($1, $2, $3) AS mvt").await
}

async fn open(connection: &mut Connection, tile: Tile, sql: &'static str) -> QueryResult<Vec<u8>> {
    let query = diesel::sql_query(sql)
        .bind::<Integer, _>(tile.z)
        .bind::<Integer, _>(tile.x)
        .bind::<Integer, _>(tile.y);
    let found: Mvt = Prepared(query).get_result(connection).await?;
    Ok(found.mvt.unwrap_or_default())
}

/// One walk and its stops; none if the token does not open them now.
///
/// # Errors
/// The database is away, or the tile takes too long.
pub async fn walk(
    connection: &mut Connection,
    tile: Tile,
    route_id: Uuid,
    token: &str,
) -> QueryResult<Option<Vec<u8>>> {
    let query = diesel::sql_query(
        "SELECT route_tile($1, $2, $3, json_build_object('route_id', $4::uuid, 'token', $5::text)) AS mvt",
    )
    .bind::<Integer, _>(tile.z)
    .bind::<Integer, _>(tile.x)
    .bind::<Integer, _>(tile.y)
    .bind::<SqlUuid, _>(route_id)
    .bind::<Text, _>(token);
    let found: Mvt = Prepared(query).get_result(connection).await?;
    let mvt = found.mvt.unwrap_or_default();
    Ok((mvt != REFUSED).then_some(mvt))
}
