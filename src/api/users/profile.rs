//! A user as the API shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::users::{Role, User};

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3f1c9a52-6f0e-4a0b-9d57-2b1c6e8f4a10",
    "username": "ada",
    "display_name": "Ada Lovelace",
    "role": "user",
    "created_at": "2026-11-25T10:00:00Z",
    "updated_at": "2026-11-25T10:00:00Z",
    "interest_theme_ids": ["f47ac10b-58cc-4372-a567-0e02b2c3d479"],
    "preferences": {
        "popularity_bias": 0.5,
        "duration_minutes": 60,
        "accessibility": {"avoid_stairs": true, "prefer_well_lit": false},
        "unit_system": "metric"
    },
    "revision": 1
}))]
pub struct Profile {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    pub role: Role,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Themes of the user's walks, unless a request names others.
    pub interest_theme_ids: Vec<Uuid>,
    pub preferences: Preferences,
    /// Grows with each change; send it back as `expected_revision`.
    pub revision: i32,
}

/// Preferences that hold for a walk unless its request says otherwise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"popularity_bias": 0.5, "duration_minutes": 60, "accessibility": {"avoid_stairs": true, "prefer_well_lit": false}, "unit_system": "metric"}))]
pub struct Preferences {
    /// 0 looks for hidden gems, 1 for hotspots; null: no preference.
    #[schema(minimum = 0, maximum = 1)]
    pub popularity_bias: Option<f32>,
    /// Usual length of a walk; null: no preference.
    #[schema(minimum = 15, maximum = 180)]
    pub duration_minutes: Option<i32>,
    pub accessibility: Accessibility,
    pub unit_system: UnitSystem,
}

/// Units in which lengths are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "metric")]
pub enum UnitSystem {
    Metric,
    Imperial,
}

impl From<&str> for UnitSystem {
    /// The database knows no other words.
    fn from(word: &str) -> Self {
        match word {
            "imperial" => Self::Imperial,
            _ => Self::Metric,
        }
    }
}

/// Ways that the walker can or likes to use.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"avoid_stairs": true, "prefer_well_lit": false}))]
pub struct Accessibility {
    pub avoid_stairs: bool,
    pub prefer_well_lit: bool,
}

/// Changes; fields that are left out stay as they are.
#[derive(Debug, Default, ToSchema)]
#[schema(example = json!({"avoid_stairs": true}))]
pub struct AccessibilityPatch {
    pub avoid_stairs: Option<bool>,
    pub prefer_well_lit: Option<bool>,
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            display_name: user.display_name,
            role: user.role,
            created_at: user.created_at,
            updated_at: user.updated_at,
            interest_theme_ids: user.interest_theme_ids,
            preferences: Preferences {
                popularity_bias: user.popularity_bias,
                duration_minutes: user.duration_minutes,
                accessibility: Accessibility {
                    avoid_stairs: user.avoid_stairs,
                    prefer_well_lit: user.prefer_well_lit,
                },
                unit_system: user.unit_system.as_str().into(),
            },
            revision: user.revision,
        }
    }
}
