//! PostgreSQL's programs: which there are, and as which user they run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};

use crate::child::{ending_with_parent, wrapped};

/// Oldest version that will do.
const OLDEST: u32 = 15;

/// Folder of the programs of the newest PostgreSQL that has PostGIS.
static BIN: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| {
            let control = format!("/usr/share/postgresql/{version}/extension/postgis.control");
            *version >= OLDEST && Path::new(&control).exists()
        })
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
});

/// A program of PostgreSQL, such as `psql` or `pg_dump`, run as the present user.
///
/// # Errors
///
/// Fails when no PostgreSQL with PostGIS is installed.
pub fn client(name: &str) -> Result<Command> {
    Ok(Command::new(program(name)?))
}

/// Path of a program of PostgreSQL.
///
/// # Errors
///
/// Fails when no PostgreSQL with PostGIS is installed.
pub fn program(name: &str) -> Result<PathBuf> {
    let bin = BIN
        .as_ref()
        .context("PostgreSQL 15 or newer with PostGIS is not installed")?;
    Ok(bin.join(name))
}

/// The user that a server's programs run as: PostgreSQL refuses root, for which its package has brought a user.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// Of `setpriv`; none for the present user.
    options: Vec<String>,
}

impl User {
    /// The present user, or the package's instead of root.
    pub fn new() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self::default();
        }
        let options = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];
        Self {
            options: options.map(str::to_owned).into(),
        }
    }

    /// Server that is started with the right to pass through the folders above `folder` where it needs one: a checkout may be in
    /// `/root`.
    ///
    /// # Errors
    ///
    /// Fails when no right is enough.
    pub fn entering(folder: &Path) -> Result<Self> {
        let user = Self::new();
        user.give(folder)?;
        for right in ["", "dac_read_search", "dac_override"] {
            let mut able = user.clone();
            if !right.is_empty() && !user.options.is_empty() {
                able.options.push(format!("--inh-caps=+{right}"));
                able.options.push(format!("--ambient-caps=+{right}"));
            }
            let mut look = Command::new("ls");
            let looked = able.runs(look.arg(folder)).output();
            if looked.is_ok_and(|output| output.status.success()) {
                return Ok(able);
            }
        }
        bail!(
            "PostgreSQL does not run as root, and the user postgres may not enter {}\n\
             clone into another folder, such as /srv/wildside, or run this as another user",
            folder.display()
        );
    }

    /// The command, run as this user.
    #[must_use]
    pub fn runs(&self, command: &Command) -> Command {
        if self.options.is_empty() {
            return wrapped(Command::new("env"), command);
        }
        let mut outer = Command::new("setpriv");
        outer.args(&self.options);
        wrapped(outer, command)
    }

    /// Hands a file or a folder to this user.
    ///
    /// # Errors
    ///
    /// Fails where that is not allowed.
    pub fn give(&self, path: &Path) -> Result<()> {
        if self.options.is_empty() {
            return Ok(());
        }
        let status = Command::new("chown").arg("postgres:").arg(path).status()?;
        ensure!(
            status.success(),
            "{} can't be given to postgres",
            path.display()
        );
        Ok(())
    }

    /// The command that makes an empty cluster in `data`, whose user `wildside` has the password in `secret`.
    ///
    /// # Errors
    ///
    /// Fails when no PostgreSQL with PostGIS is installed.
    pub fn initdb(&self, data: &Path, secret: &Path, authentication: &str) -> Result<Command> {
        let mut command = client("initdb")?;
        command
            .args([
                "-U",
                "wildside",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-A",
                authentication,
            ])
            .arg(format!("--pwfile={}", secret.display()))
            .arg("-D")
            .arg(data);
        Ok(self.runs(&command))
    }

    /// The command that serves the cluster in `data` on loopback with these settings, and ends with its parent.
    ///
    /// # Errors
    ///
    /// Fails when no PostgreSQL with PostGIS is installed.
    pub fn server(&self, data: &Path, port: u16, settings: &[&str], end: &str) -> Result<Command> {
        let mut command = client("postgres")?;
        command
            .arg("-D")
            .arg(data)
            .args(["-c", &format!("port={port}")]);
        let alone = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
        for setting in alone.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        Ok(self.runs(&ending_with_parent(&command, end)))
    }
}
