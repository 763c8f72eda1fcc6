//! Codes of a [`Fault`](super::error::Fault), as the description has them: clients switch on these.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::city::areas::Area;
use crate::shared_redis::Trouble;

/// Every machine code of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "out_of_range")]
pub enum FaultCode {
    BrokenBody,
    Duplicate,
    DuplicateField,
    InvalidCharacter,
    InvalidCursor,
    InvalidId,
    InvalidJson,
    InvalidTime,
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
    UnknownPlace,
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
    RedisTls,
    RedisUnsaved,
}

impl From<Trouble> for FaultCode {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away => Self::RedisAway,
            Trouble::Silent => Self::RedisSilent,
            Trouble::Login => Self::RedisLogin,
            Trouble::Forbidden => Self::RedisForbidden,
            Trouble::Replica => Self::RedisReplica,
            Trouble::Alone => Self::RedisAlone,
            Trouble::Full => Self::RedisFull,
            Trouble::Unsaved => Self::RedisUnsaved,
            Trouble::Cluster => Self::RedisCluster,
            Trouble::Loading => Self::RedisLoading,
            Trouble::Occupied => Self::RedisOccupied,
            Trouble::Tls(_) | Trouble::File => Self::RedisTls,
            Trouble::Foreign => Self::RedisForeign,
            Trouble::Other => Self::RedisRefuses,
        }
    }
}

/// More about a fault, by its code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"nearest_metres": 312.0}))]
pub struct FaultFacts {
    /// `revision_mismatch`: the revision that the client has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i32, required = false)]
    pub expected: Option<i32>,
    /// `revision_mismatch`: the revision as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i32, required = false)]
    pub actual: Option<i32>,
    /// `outside_coverage`: the areas that are loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<CoveredArea>, required = false)]
    pub covered: Option<Vec<CoveredArea>>,
    /// `outside_coverage`, `out_of_reach`: whether longitude and latitude seem to be swapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub swapped_coordinates_suspected: Option<bool>,
    /// `out_of_reach`: metres from the start to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, required = false)]
    pub distance_metres: Option<f64>,
    /// `out_of_reach`: metres that the walk gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, required = false)]
    pub reach_metres: Option<f64>,
    /// `no_walkable_way_nearby`: metres to the nearest way; null: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub nearest_metres: Option<NearestWay>,
}

/// Metres to the nearest way, if they are known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NearestWay(pub Option<f64>);

/// A loaded area.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"name": "Monaco", "bbox": [7.40, 43.72, 7.44, 43.75]}))]
pub struct CoveredArea {
    pub name: String,
    /// West, south, east, north.
    #[schema(value_type = Vec<f64>, min_items = 4, max_items = 4)]
    pub bbox: [f64; 4],
}

impl From<&Area> for CoveredArea {
    fn from(area: &Area) -> Self {
        Self {
            name: area.name.clone(),
            bbox: area.bbox(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cause_in_redis_has_one_code_everywhere() {
        for trouble in [
            Trouble::Away,
            Trouble::Silent,
            Trouble::Login,
            Trouble::Forbidden,
            Trouble::Replica,
            Trouble::Alone,
            Trouble::Full,
            Trouble::Unsaved,
            Trouble::Cluster,
            Trouble::Loading,
            Trouble::Occupied,
            Trouble::File,
            Trouble::Foreign,
            Trouble::Other,
        ] {
            assert_eq!(json!(FaultCode::from(trouble)), trouble.code());
        }
    }

    #[test]
    fn facts_are_there_where_they_were_given() {
        assert_eq!(json!(FaultFacts::default()), json!({}));
        let unknown = FaultFacts {
            nearest_metres: Some(NearestWay(None)),
            ..FaultFacts::default()
        };
        assert_eq!(json!(unknown), json!({"nearest_metres": null}));
    }
}
