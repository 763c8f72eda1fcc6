//! Files of secrets: read only where not everybody else can read or change them.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FsWord, StatVfsMountFlags};

/// Type of a file system in memory (`TMPFS_MAGIC` of Linux).
const IN_MEMORY: FsWord = 0x0102_1994;
/// Folders in which containers have their secrets.
const SECRETS: [&str; 2] = ["/run/secrets", "/var/run/secrets"];

/// Faults of a file of secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It is not there, or not for this process.
    #[error("can't read {path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// Everybody can read it.
    #[error(
        "{0} can be read by everybody; chmod o-rwx it, or mount it read-only and in memory, as secrets in a container are"
    )]
    Public(PathBuf),
    /// Everybody can change it.
    #[error("{0} can be changed by everybody; chmod o-rwx it")]
    Writable(PathBuf),
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(PathBuf),
    /// Its bytes are no UTF-8.
    #[error("{0} is no text")]
    NoText(PathBuf),
}

/// Reads a file that holds a secret.
///
/// # Errors
/// It can't be read, or others can read or change it as well.
pub fn read_private(path: &Path) -> Result<Vec<u8>, SecretFileError> {
    let unreadable = |cause| SecretFileError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    let mode = metadata.permissions().mode();
    if mode & 0o002 != 0 {
        return Err(SecretFileError::Writable(path.to_owned()));
    }
    if mode & 0o007 != 0 && !is_mounted_secret(path, &metadata) {
        return Err(SecretFileError::Public(path.to_owned()));
    }
    std::fs::read(path).map_err(unreadable)
}

/// Test for a file that an orchestrator has put into the container. Such a file can be read by everybody in there,
/// where nobody else is: Kubernetes makes of a secret a file in memory and mounts it read-only, Docker has it under
/// `/run/secrets`, as root's or, from a file of the host, mounted read-only. A read-only disk is no such place: what lies
/// there the host may have for everybody.
fn is_mounted_secret(path: &Path, metadata: &Metadata) -> bool {
    let is_read_only = rustix::fs::statvfs(path)
        .is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY));
    let is_in_memory = rustix::fs::statfs(path).is_ok_and(|file| file.f_type == IN_MEMORY);
    let is_below = |folder: &str| {
        path.canonicalize()
            .is_ok_and(|path| path.starts_with(folder))
    };
    let is_safe = is_read_only || metadata.uid() == 0;
    (is_read_only && is_in_memory) || (is_safe && SECRETS.into_iter().any(is_below))
}
