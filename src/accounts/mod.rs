//! Accounts: their names, their passwords, and how often somebody may ask or guess.

pub mod attempts;
pub mod password;
pub mod quota;

use std::ops::RangeInclusive;

use diesel::QueryResult;
use diesel_async::AsyncConnection;

use crate::db::Connection;
use crate::db::users::{Credentials, NewUser, User};

/// Characters of a username.
pub const NAME_LENGTH: RangeInclusive<usize> = 3..=64;

/// Refusal of a name that an account has already.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name is taken")]
pub struct NameTaken;

/// The name, if an account may have it.
///
/// # Errors
/// The rule that it breaks.
pub fn check_username(name: &str) -> Result<String, &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    if NAME_LENGTH.contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name.to_owned())
    } else {
        Err("must be 3 to 64 letters, digits or ._@+-")
    }
}

/// The name as it is looked up and counted: upper and lower case are the same. `None`: no account can have it.
pub fn canonical_name(name: &str) -> Option<String> {
    let name = check_username(name).ok()?;
    Some(name.to_ascii_lowercase())
}

/// Adds a user with a password.
///
/// # Errors
/// The database fails, or the name is taken.
pub async fn create(
    connection: &mut Connection,
    new_user: NewUser<'_>,
    password_hash: String,
) -> QueryResult<Result<User, NameTaken>> {
    connection
        .transaction(async |connection| {
            let Some(user_id) = new_user.insert(connection).await? else {
                return Ok(Err(NameTaken));
            };
            Credentials {
                user_id,
                password_hash,
            }
            .upsert(connection)
            .await?;
            let user = User::find(connection, user_id).await?;
            user.ok_or(diesel::result::Error::NotFound).map(Ok)
        })
        .await
}
