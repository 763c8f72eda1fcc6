//! `interest_themes`: what walks can be about.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::Connection;
use crate::db::schema::interest_themes;

/// A theme to choose.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = interest_themes, check_for_backend(diesel::pg::Pg))]
pub struct InterestTheme {
    pub id: Uuid,
    pub name: String,
    pub description: Option<String>,
}

impl InterestTheme {
    /// All themes by name.
    pub async fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        interest_themes::table
            .select(Self::as_select())
            .order(interest_themes::name)
            .load(connection)
            .await
    }
}
