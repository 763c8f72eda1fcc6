//! Views of enrichment for maintainers.

use utoipa::ToSchema;

/// Outcome of asking Overpass.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "complete")]
pub enum EnrichmentStatus {
    Requested,
    Complete,
    Partial,
    Failed,
}
