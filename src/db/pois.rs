//! `pois`: places that may become stops.

use diesel::sql_types::{Array, BigInt, Double, Float4, Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use wildside_engine::places::{ThemeId, catalogue};
use wildside_engine::{Poi, Point};

use super::prepared::Prepared;
use super::{Connection, schema};
use crate::route_params::RouteParams;

/// As many places as the engine may have to look at. Where there are more, each theme sends its best.
const MAX_CANDIDATES: usize = 1000;

/// One theme of a place within reach.
#[derive(Debug, QueryableByName)]
struct Candidate {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Double)]
    lon: f64,
    #[diesel(sql_type = Double)]
    lat: f64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Float4)]
    popularity: f32,
    #[diesel(sql_type = SqlUuid)]
    theme_id: Uuid,
    #[diesel(sql_type = Float4)]
    weight: f32,
    /// Among the places of the theme, from 1.
    #[diesel(sql_type = BigInt)]
    rank: i64,
}

/// The places that a walk may visit: within reach, of the themes asked for, still there.
///
/// Each theme ranks its places by weight, by how well their popularity suits the bias, and by nearness; the places
/// are taken rank by rank, so that a theme with many does not push out one with few.
pub async fn candidates(
    connection: &mut Connection,
    params: &RouteParams,
) -> QueryResult<Vec<Poi>> {
    let (start, end) = (params.start(), params.end());
    let query = diesel::sql_query(include_str!("candidates.sql"))
        .bind::<Double, _>(start.lon)
        .bind::<Double, _>(start.lat)
        .bind::<Nullable<Double>, _>(end.map(|end| end.lon))
        .bind::<Nullable<Double>, _>(end.map(|end| end.lat))
        .bind::<Double, _>(params.reach_metres())
        .bind::<Array<SqlUuid>, _>(params.themes())
        .bind::<Double, _>(params.popularity_bias())
        .bind::<BigInt, _>(MAX_CANDIDATES as i64);
    let rows = Prepared(query).load(connection).await?;
    Ok(best(rows, MAX_CANDIDATES))
}

/// At most `most` places of the best rank in any of their themes, by id.
fn best(mut rows: Vec<Candidate>, most: usize) -> Vec<Poi> {
    rows.sort_unstable_by_key(|row| (row.id, row.theme_id));
    let mut places: Vec<&[Candidate]> = rows.chunk_by(|one, next| one.id == next.id).collect();
    if places.len() > most {
        places.sort_unstable_by_key(|themes| {
            let rank = themes.iter().map(|theme| theme.rank).min();
            (rank, themes[0].id)
        });
        places.truncate(most);
        places.sort_unstable_by_key(|themes| themes[0].id);
    }
    places.into_iter().filter_map(to_poi).collect()
}

/// The place of these rows; `None` if its kind is unknown to this release.
fn to_poi(themes: &[Candidate]) -> Option<Poi> {
    let place = themes.first()?;
    let Some(kind) = catalogue().kind_by_name(&place.kind) else {
        tracing::warn!(
            poi.id = place.id,
            kind = place.kind,
            "place of an unknown kind left out"
        );
        return None;
    };
    Some(Poi {
        id: place.id,
        location: Point::new(place.lon, place.lat),
        kind,
        themes: themes
            .iter()
            .map(|theme| (ThemeId(theme.theme_id), theme.weight))
            .collect(),
        popularity: place.popularity,
    })
}

/// How many places there are.
pub async fn count(connection: &mut Connection) -> QueryResult<i64> {
    use diesel::{ExpressionMethods, QueryDsl};
    schema::pois::table
        .filter(schema::pois::removed_at.is_null())
        .count()
        .get_result(connection)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, theme: u128, rank: i64) -> Candidate {
        Candidate {
            id,
            lon: 7.42,
            lat: 43.73,
            kind: "cafe".to_owned(),
            popularity: 0.5,
            theme_id: Uuid::from_u128(theme),
            weight: 0.8,
            rank,
        }
    }

    #[test]
    fn places_are_taken_rank_by_rank_whatever_their_theme() {
        let rows = || {
            vec![
                row(9, 2, 1),
                row(4, 1, 3),
                row(7, 1, 2),
                row(7, 2, 9),
                row(5, 1, 1),
            ]
        };
        let ids = |most| {
            best(rows(), most)
                .iter()
                .map(|poi| poi.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(4), [4, 5, 7, 9]);
        assert_eq!(ids(3), [5, 7, 9]);
        assert_eq!(ids(2), [5, 9]);
        let themes = &best(rows(), 3)[1].themes;
        let theme = |number| (ThemeId(Uuid::from_u128(number)), 0.8);
        assert_eq!(*themes, [theme(1), theme(2)]);
    }
}
