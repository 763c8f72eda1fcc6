//! Files of secret keys: one key a line, or a directory of such files; the first key is the one in use.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why the keys of a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("can't read {path}: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0} can be read by everybody; chmod o-rwx it")]
    Public(PathBuf),
    #[error("{path}: key {number} has {length} bytes, fewer than {shortest}")]
    Short {
        path: PathBuf,
        number: usize,
        length: usize,
        shortest: usize,
    },
    #[error("{0} holds no key")]
    Empty(PathBuf),
}

/// Reads all keys, in order; there is at least one, and each has at least `shortest` bytes.
///
/// # Errors
/// [`KeyFileError`] names the file and what is wrong with it.
pub fn read(path: &Path, shortest: usize) -> Result<Vec<Vec<u8>>, KeyFileError> {
    let mut keys = Vec::new();
    for file in key_files(path)? {
        let content = read_private(&file)?;
        for (index, key) in split_keys(&content).into_iter().enumerate() {
            if key.len() < shortest {
                return Err(KeyFileError::Short {
                    path: file,
                    number: index + 1,
                    length: key.len(),
                    shortest,
                });
            }
            keys.push(key.to_owned());
        }
    }
    if keys.is_empty() {
        Err(KeyFileError::Empty(path.to_owned()))
    } else {
        Ok(keys)
    }
}

/// The file itself, or the files of a directory by name. Hidden ones are the bookkeeping of mounted secrets.
fn key_files(path: &Path) -> Result<Vec<PathBuf>, KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let hidden = file
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read_private(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mode = std::fs::metadata(path)
        .map_err(unreadable)?
        .permissions()
        .mode();
    if mode & 0o007 != 0 {
        return Err(KeyFileError::Public(path.to_owned()));
    }
    std::fs::read(path).map_err(unreadable)
}

/// One key a line; bytes that are no text are one key.
fn split_keys(content: &[u8]) -> Vec<&[u8]> {
    match str::from_utf8(content) {
        Ok(text) => text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::as_bytes)
            .collect(),
        Err(_) => vec![content],
    }
}
