//! Codes of a [`Fault`](super::error::Fault), as the description has them: clients switch on these.

use utoipa::ToSchema;

/// Every machine code of a fault.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case", example = "out_of_range")]
pub enum FaultCode {
    BrokenBody,
    Duplicate,
    DuplicateField,
    InvalidCharacter,
    InvalidCursor,
    InvalidId,
    InvalidJson,
    InvalidUsername,
    KeyReused,
    NoWalkableWayNearby,
    NotAHandshake,
    NotReady,
    OutOfRange,
    OutOfReach,
    OutsideCoverage,
    Required,
    RevisionMismatch,
    TooManyNotes,
    UnknownField,
    UnknownStop,
    UnknownTheme,
    UnknownValue,
    UsernameTaken,
    WeakPassword,
    WrongLength,
    WrongType,
    RedisAlone,
    RedisAway,
    RedisCluster,
    RedisForbidden,
    RedisForeign,
    RedisFull,
    RedisLoading,
    RedisLogin,
    RedisOccupied,
    RedisRefuses,
    RedisReplica,
    RedisSilent,
    RedisUnsaved,
}

/// More about a fault, by its code.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"nearest_metres": 312.0}))]
pub struct FaultFacts {
    /// `revision_mismatch`: the revision that the client has.
    #[schema(value_type = i32, required = false)]
    pub expected: Option<i32>,
    /// `revision_mismatch`: the revision as it is.
    #[schema(value_type = i32, required = false)]
    pub actual: Option<i32>,
    /// `outside_coverage`: the areas that are loaded.
    #[schema(value_type = Vec<CoveredArea>, required = false)]
    pub covered: Option<Vec<CoveredArea>>,
    /// `outside_coverage`, `out_of_reach`: whether longitude and latitude seem to be swapped.
    #[schema(value_type = bool, required = false)]
    pub swapped_coordinates_suspected: Option<bool>,
    /// `out_of_reach`: metres from the start to the end.
    #[schema(value_type = f64, required = false)]
    pub distance_metres: Option<f64>,
    /// `out_of_reach`: metres that the walk gets.
    #[schema(value_type = f64, required = false)]
    pub reach_metres: Option<f64>,
    /// `no_walkable_way_nearby`: metres to the nearest way; null: not known.
    pub nearest_metres: Option<f64>,
}

/// A loaded area.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"name": "Monaco", "bbox": [7.40, 43.72, 7.44, 43.75]}))]
pub struct CoveredArea {
    pub name: String,
    /// West, south, east, north.
    #[schema(value_type = Vec<f64>, min_items = 4, max_items = 4)]
    pub bbox: [f64; 4],
}
