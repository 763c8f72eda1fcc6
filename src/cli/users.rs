//! `wildside users`: the first admin has to come from somewhere.

use std::io::Read;

use anyhow::{Context, anyhow, bail};
use clap::Subcommand;

use crate::api::users::check_username;
use crate::config::Config;
use crate::db;
use crate::db::users::{NewUser, Role};
use crate::password::PasswordHashing;

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
}

pub(super) fn run(command: UsersCommand) -> anyhow::Result<()> {
    let UsersCommand::Create {
        username,
        display_name,
        admin,
    } = command;
    let config = Config::from_env()?;
    let mut password = String::new();
    std::io::stdin()
        .read_to_string(&mut password)
        .context("can't read the password from standard input")?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let role = if admin { Role::Admin } else { Role::User };
    let display_name = display_name.unwrap_or_else(|| username.clone());
    let new_user = NewUser {
        username: &username,
        display_name: &display_name,
        role: role.as_str(),
    };
    let id = super::runtime()?.block_on(create(&config, new_user, password))?;
    super::print(&format!("{id}\n"))
}

async fn create(
    config: &Config,
    new_user: NewUser<'_>,
    password: String,
) -> anyhow::Result<uuid::Uuid> {
    let passwords = PasswordHashing::new(1)?;
    if let Some(why) = passwords.weakness(password.clone()).await? {
        bail!("the password {why}");
    }
    let hash = passwords.hash(password).await?;
    let pool = db::pool(&config.database.url, 1);
    let mut connection = pool
        .get()
        .await
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    Ok(crate::api::users::create(&mut connection, new_user, hash)
        .await?
        .id)
}
