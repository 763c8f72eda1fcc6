//! Binary COPY into temporary tables.

use std::pin::pin;

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Transaction};
use wildside_engine::network::{CellId, Edge, Lit, WayClass};
use wildside_engine::places::catalogue;

use super::ewkb::Ewkb;
use crate::extract::{BaseFeature, Batch, OwnedTags, Place, length_metres};

pub(crate) async fn create_staging(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute(include_str!("staging.sql")).await
}

/// Copies what is to be drawn until the first edges come, and gives those back.
pub(crate) async fn base(
    transaction: &Transaction<'_>,
    batches: &mut mpsc::Receiver<Batch>,
) -> Result<Option<Vec<Edge>>, Error> {
    let geometry = geometry_type(transaction).await?;
    let types = [Type::INT8, Type::TEXT, Type::TEXT, Type::INT2, geometry];
    let sink = transaction
        .copy_in("COPY staged_base FROM STDIN (FORMAT binary)")
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    let mut first_edges = None;
    while let Some(batch) = batches.recv().await {
        match batch {
            Batch::Edges(edges) => {
                first_edges = Some(edges);
                break;
            }
            Batch::Base(features) => {
                for feature in &features {
                    let shape = Ewkb::mercator(&feature.shape);
                    let BaseFeature {
                        id,
                        class,
                        name,
                        min_zoom,
                        ..
                    } = feature;
                    writer
                        .as_mut()
                        .write(&[id, class, name, min_zoom, &shape])
                        .await?;
                }
            }
        }
    }
    writer.finish().await?;
    Ok(first_edges)
}

/// Copies the first edges, and more until the channel is closed; returns how many.
pub(crate) async fn edges(
    transaction: &Transaction<'_>,
    first: Option<Vec<Edge>>,
    batches: &mut mpsc::Receiver<Batch>,
) -> Result<u64, Error> {
    let geometry = geometry_type(transaction).await?;
    let types = [
        Type::INT8,
        Type::INT4,
        Type::INT4,
        Type::INT8,
        Type::INT8,
        Type::INT4,
        Type::FLOAT4,
        Type::TEXT,
        Type::BOOL,
        Type::BOOL,
        Type::TEXT,
        Type::FLOAT4,
        Type::TEXT,
        geometry,
    ];
    let sink = transaction
        .copy_in("COPY staged_edges FROM STDIN (FORMAT binary)")
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    let mut count = 0;
    let mut waiting = first;
    while let Some(batch) = next_edges(&mut waiting, batches).await {
        let mut segments = Segments::default();
        for edge in &batch {
            let cell = |point| CellId::of(point).0 as i32;
            let (first, last) = (edge.geometry[0], edge.geometry[edge.geometry.len() - 1]);
            let stairs = edge.class == WayClass::Steps;
            let lit = match edge.lit {
                Lit::Yes => Some(true),
                Lit::No => Some(false),
                Lit::Unknown => None,
            };
            writer
                .as_mut()
                .write(&[
                    &edge.way_id,
                    &segments.next(edge.way_id),
                    &cell(first),
                    &edge.from_node,
                    &edge.to_node,
                    &cell(last),
                    &(length_metres(edge) as f32),
                    &edge.class.as_str(),
                    &stairs,
                    &lit,
                    &edge.surface.as_deref(),
                    &edge.incline_percent,
                    &edge.name.as_deref(),
                    &Ewkb::line(&edge.geometry),
                ])
                .await?;
            count += 1;
        }
    }
    writer.finish().await?;
    Ok(count)
}

/// The edges that wait, or else the next ones.
async fn next_edges(
    waiting: &mut Option<Vec<Edge>>,
    batches: &mut mpsc::Receiver<Batch>,
) -> Option<Vec<Edge>> {
    loop {
        match waiting.take().map(Batch::Edges).or(batches.recv().await)? {
            Batch::Edges(edges) => return Some(edges),
            // The scan hands over all of the base map first.
            Batch::Base(_) => {}
        }
    }
}

/// Numbers the edges of a way, which come one after another.
#[derive(Default)]
struct Segments {
    way: Option<i64>,
    next: i32,
}

impl Segments {
    fn next(&mut self, way: i64) -> i32 {
        if self.way.replace(way) != Some(way) {
            self.next = 0;
        }
        self.next += 1;
        self.next - 1
    }
}

/// Copies places and their themes.
pub(crate) async fn places(transaction: &Transaction<'_>, places: &[Place]) -> Result<(), Error> {
    let geometry = geometry_type(transaction).await?;
    let types = [
        Type::INT8,
        geometry,
        Type::JSONB,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::FLOAT4,
        Type::FLOAT4,
    ];
    let sink = transaction
        .copy_in("COPY staged_pois FROM STDIN (FORMAT binary)")
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for place in places {
        let found = &place.classification;
        let kind = catalogue()
            .kind(found.kind)
            .map_or("", |kind| kind.name.as_str());
        writer
            .as_mut()
            .write(&[
                &place.id,
                &Ewkb::point(place.location),
                &json(&place.tags),
                &kind,
                &found.name,
                &found.narrative,
                &found.prominence,
                &place.popularity,
            ])
            .await?;
    }
    writer.finish().await?;
    themes(transaction, places).await
}

async fn themes(transaction: &Transaction<'_>, places: &[Place]) -> Result<(), Error> {
    let types = [Type::INT8, Type::UUID, Type::FLOAT4];
    let sink = transaction
        .copy_in("COPY staged_themes FROM STDIN (FORMAT binary)")
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for place in places {
        for (theme, weight) in &place.classification.themes {
            writer
                .as_mut()
                .write(&[&place.id, &theme.0, weight])
                .await?;
        }
    }
    writer.finish().await?;
    Ok(())
}

fn json(tags: &OwnedTags) -> Value {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), Value::from(value));
    Value::Object(tags.iter().map(pair).collect::<Map<_, _>>())
}

/// The type `geometry`, whose number differs from database to database.
async fn geometry_type(transaction: &Transaction<'_>) -> Result<Type, Error> {
    let statement = transaction.prepare("SELECT NULL::geometry").await?;
    Ok(statement.columns()[0].type_().clone())
}
