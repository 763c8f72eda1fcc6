//! `wildside users`: the first admin has to come from somewhere, and somebody has to help whoever is locked out.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Subcommand;
use diesel::QueryResult;
use diesel_async::AsyncConnection;
use uuid::Uuid;
use wildside_dial::Secret;

use crate::accounts::password::PasswordHashing;
use crate::accounts::{self, check_username};
use crate::config::Config;
use crate::db::users::deleted_accounts;
use crate::db::users::{Credentials, NewUser, Role, User};
use crate::db::{self, Connection};

/// Looks after accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Makes an account; the password is read from standard input.
    Create {
        /// Name to log in with.
        #[arg(value_parser = check_username)]
        username: String,
        /// Name to show (default: the username).
        #[arg(long)]
        display_name: Option<String>,
        /// May do everything.
        #[arg(long)]
        admin: bool,
    },
    /// Sets a new password, read from standard input, and ends the login sessions of the account.
    Password {
        /// Name to log in with.
        #[arg(value_parser = check_username)]
        username: String,
    },
    /// Deletes an account and ends its login sessions; a worker removes what it leaves behind.
    Delete {
        /// Name to log in with.
        #[arg(value_parser = check_username)]
        username: String,
    },
}

pub(super) fn run(command: UsersCommand) -> anyhow::Result<()> {
    let (config, _) = Config::database_from_env()?;
    let id = super::runtime()?.block_on(perform(command, &config.url))?;
    super::print(&format!("{id}\n"))
}

async fn perform(command: UsersCommand, url: &Secret) -> anyhow::Result<Uuid> {
    match command {
        UsersCommand::Create {
            username,
            display_name,
            admin,
        } => {
            let hash = read_new_password().await?;
            let role = if admin { Role::Admin } else { Role::User };
            let new_user = NewUser {
                username: &username,
                display_name: display_name.as_deref().unwrap_or(&username),
                role: role.as_str(),
            };
            let mut connection = db::open(url).await?;
            let user = accounts::create(&mut connection, new_user, hash).await??;
            Ok(user.id)
        }
        UsersCommand::Password { username } => {
            let password_hash = read_new_password().await?;
            let mut connection = db::open(url).await?;
            let user_id = find(&mut connection, &username).await?;
            set_password(&mut connection, user_id, password_hash).await?;
            Ok(user_id)
        }
        UsersCommand::Delete { username } => {
            let mut connection = db::open(url).await?;
            let user_id = find(&mut connection, &username).await?;
            deleted_accounts::mark(&mut connection, user_id).await?;
            Ok(user_id)
        }
    }
}

/// The hash of the password on standard input.
async fn read_new_password() -> anyhow::Result<String> {
    let mut password = String::new();
    std::io::stdin()
        .read_to_string(&mut password)
        .context("can't read the password from standard input")?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let passwords = PasswordHashing::new(1)?;
    if let Some(why) = passwords.weakness(password.clone()).await? {
        bail!("the password {why}");
    }
    Ok(passwords.hash(password).await?)
}

async fn find(connection: &mut Connection, username: &str) -> anyhow::Result<Uuid> {
    let id = User::id_of(connection, &username.to_ascii_lowercase()).await?;
    id.with_context(|| format!("nobody has the name {username}"))
}

async fn set_password(
    connection: &mut Connection,
    user_id: Uuid,
    password_hash: String,
) -> anyhow::Result<()> {
    let credentials = Credentials {
        user_id,
        password_hash,
    };
    let changed: QueryResult<()> = connection
        .transaction(async |connection| {
            credentials.upsert(connection).await?;
            User::end_sessions(connection, user_id).await.map(drop)
        })
        .await;
    Ok(changed?)
}
