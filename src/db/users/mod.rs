//! `users`, `user_credentials` and `user_interest_themes`: accounts.

pub mod deleted_accounts;

use chrono::{DateTime, Utc};
use diesel::dsl::{array, now, sql};
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Connection;
use super::schema::{user_credentials, user_interest_themes, users};

/// Role of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "user")]
pub enum Role {
    User,
    Admin,
}

impl Role {
    /// The word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(format!("unknown role {word:?}")),
        }
    }
}

/// The interests of the user of the row.
#[diesel::dsl::auto_type]
fn interests() -> _ {
    user_interest_themes::table
        .filter(user_interest_themes::user_id.eq(users::id))
        .select(user_interest_themes::theme_id)
        .order(user_interest_themes::theme_id.asc())
}

/// A user with preferences and interests.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct User {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    #[diesel(deserialize_as = String)]
    pub role: Role,
    pub popularity_bias: Option<f32>,
    pub duration_minutes: Option<i32>,
    pub avoid_stairs: bool,
    pub prefer_well_lit: bool,
    pub unit_system: String,
    /// Grows with each change of the profile, the preferences or the interests.
    pub revision: i32,
    /// A login session of an older generation is over.
    pub session_generation: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[diesel(select_expression = array(interests()), select_expression_type = array<SqlUuid, interests>)]
    pub interest_theme_ids: Vec<Uuid>,
}

/// Changes of a user; `None` leaves a value. An inner `None` clears a preference.
#[derive(Debug, Clone, Default, PartialEq, AsChangeset)]
#[diesel(table_name = users)]
pub struct UserChanges {
    pub display_name: Option<String>,
    pub role: Option<&'static str>,
    pub popularity_bias: Option<Option<f32>>,
    pub duration_minutes: Option<Option<i32>>,
    pub avoid_stairs: Option<bool>,
    pub prefer_well_lit: Option<bool>,
    pub unit_system: Option<&'static str>,
}

impl User {
    /// The user of this id.
    pub async fn find(connection: &mut Connection, id: Uuid) -> QueryResult<Option<Self>> {
        users::table
            .find(id)
            .filter(users::deleted_at.is_null())
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// Revision of the user, whom nobody else can change, delete or lock before the transaction ends. What refers to the
    /// user may be added all the while.
    pub async fn lock(connection: &mut Connection, id: Uuid) -> QueryResult<Option<i32>> {
        users::table
            .find(id)
            .filter(users::deleted_at.is_null())
            .select(users::revision)
            .for_no_key_update()
            .first(connection)
            .await
            .optional()
    }

    /// Up to `limit` users in order of creation, beyond the one at `from`; `backwards`: the other way.
    pub async fn page(
        connection: &mut Connection,
        from: Option<(DateTime<Utc>, Uuid)>,
        backwards: bool,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = users::table
            .filter(users::deleted_at.is_null())
            .select(Self::as_select())
            .limit(limit)
            .into_boxed();
        query = if backwards {
            query.order((users::created_at.desc(), users::id.desc()))
        } else {
            query.order((users::created_at.asc(), users::id.asc()))
        };
        if let Some((at, id)) = from {
            // The first of the two is where the index begins.
            query = if backwards {
                let beyond = users::created_at.lt(at).or(users::id.lt(id));
                query.filter(users::created_at.le(at)).filter(beyond)
            } else {
                let beyond = users::created_at.gt(at).or(users::id.gt(id));
                query.filter(users::created_at.ge(at)).filter(beyond)
            };
        }
        query.load(connection).await
    }

    /// Changes the user and its revision.
    pub async fn update(
        connection: &mut Connection,
        id: Uuid,
        changes: &UserChanges,
    ) -> QueryResult<usize> {
        diesel::update(users::table.find(id))
            .set((
                changes,
                users::revision.eq(users::revision + 1),
                users::updated_at.eq(now),
            ))
            .execute(connection)
            .await
    }

    /// Id and session generation of those of the users who are there.
    pub async fn generations(
        connection: &mut Connection,
        ids: &[Uuid],
    ) -> QueryResult<Vec<(Uuid, i32)>> {
        users::table
            .filter(users::id.eq_any(ids))
            .filter(users::deleted_at.is_null())
            .select((users::id, users::session_generation))
            .load(connection)
            .await
    }

    /// Ends all login sessions of the user and returns the new generation.
    pub async fn end_sessions(connection: &mut Connection, id: Uuid) -> QueryResult<Option<i32>> {
        diesel::update(users::table.find(id))
            .set(users::session_generation.eq(users::session_generation + 1))
            .returning(users::session_generation)
            .get_result(connection)
            .await
            .optional()
    }

    /// Id of the user of this canonical name.
    pub async fn id_of(connection: &mut Connection, name: &str) -> QueryResult<Option<Uuid>> {
        users::table
            .filter(sql::<Text>("lower(users.username COLLATE \"C\")").eq(name))
            .select(users::id)
            .first(connection)
            .await
            .optional()
    }

    /// Replaces the interests.
    pub async fn set_interests(
        connection: &mut Connection,
        id: Uuid,
        themes: &[Uuid],
    ) -> QueryResult<()> {
        diesel::delete(user_interest_themes::table.filter(user_interest_themes::user_id.eq(id)))
            .execute(connection)
            .await?;
        let rows: Vec<_> = themes
            .iter()
            .map(|theme| {
                (
                    user_interest_themes::user_id.eq(id),
                    user_interest_themes::theme_id.eq(theme),
                )
            })
            .collect();
        diesel::insert_into(user_interest_themes::table)
            .values(rows)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// A user to be.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser<'a> {
    pub username: &'a str,
    pub display_name: &'a str,
    pub role: &'static str,
}

impl NewUser<'_> {
    /// Adds the user and returns its id; `None` if the name is taken, in whatever case.
    pub async fn insert(&self, connection: &mut Connection) -> QueryResult<Option<Uuid>> {
        diesel::insert_into(users::table)
            .values(self)
            .on_conflict_do_nothing()
            .returning(users::id)
            .get_result(connection)
            .await
            .optional()
    }
}

/// Credentials of a user.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Credentials {
    pub user_id: Uuid,
    /// argon2id in PHC string format.
    pub password_hash: String,
}

impl Credentials {
    /// Those of the user of this canonical name, with the generation of the login sessions that they open.
    pub async fn find_by_name(
        connection: &mut Connection,
        name: &str,
    ) -> QueryResult<Option<(Self, i32)>> {
        user_credentials::table
            .inner_join(users::table)
            // In the collation "C" letters of ASCII alone have another case, as in canonical names; in that of the database
            // it may be so or otherwise.
            .filter(sql::<Text>("lower(users.username COLLATE \"C\")").eq(name))
            .select((
                (user_credentials::user_id, user_credentials::password_hash),
                users::session_generation,
            ))
            .first(connection)
            .await
            .optional()
    }

    /// Those of the user of this id.
    pub async fn find(connection: &mut Connection, user_id: Uuid) -> QueryResult<Option<Self>> {
        user_credentials::table
            .find(user_id)
            .select((user_credentials::user_id, user_credentials::password_hash))
            .first(connection)
            .await
            .optional()
    }

    /// Sets the password of the user if it still is the one with the hash `current`.
    pub async fn replace(&self, connection: &mut Connection, current: &str) -> QueryResult<usize> {
        let unchanged = user_credentials::table
            .find(self.user_id)
            .filter(user_credentials::password_hash.eq(current));
        diesel::update(unchanged)
            .set((
                user_credentials::password_hash.eq(&self.password_hash),
                user_credentials::updated_at.eq(now),
            ))
            .execute(connection)
            .await
    }

    /// Sets the password of the user.
    pub async fn upsert(&self, connection: &mut Connection) -> QueryResult<usize> {
        let hash = user_credentials::password_hash.eq(&self.password_hash);
        diesel::insert_into(user_credentials::table)
            .values((user_credentials::user_id.eq(self.user_id), hash))
            .on_conflict(user_credentials::user_id)
            .do_update()
            .set((hash, user_credentials::updated_at.eq(now)))
            .execute(connection)
            .await
    }
}
