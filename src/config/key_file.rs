//! Files of secret keys: one key a line, or a directory of such files; the first key is the one in use.

use std::path::{Path, PathBuf};

use wildside_dial::secret_file::{SecretFileError, read_private};

/// Faults of a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("can't read {path}: {cause}")]
    Unreadable {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error(transparent)]
    Secret(#[from] SecretFileError),
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
    let unreadable = |cause| KeyFileError::Unreadable {
        path: path.to_owned(),
        cause,
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

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_files_of_a_directory_are_read_by_name_and_hidden_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        create_dir(folder.path().join("10-folder")).unwrap();
        for (name, content) in [
            ("20-old", "old key\n\n"),
            ("10-new", "new key\nspare key\n"),
            (".data", "x"),
        ] {
            let file = folder.path().join(name);
            write(&file, content).unwrap();
            set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        }
        let expected: [&[u8]; 3] = [b"new key", b"spare key", b"old key"];
        assert_eq!(read(folder.path(), 7).unwrap(), expected);
        let error = read(folder.path(), 8).unwrap_err().to_string();
        assert!(
            error.ends_with("10-new: key 1 has 7 bytes, fewer than 8"),
            "{error}"
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_one_key() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let key = [b'\n', 0xff, b'\n', 0xfe];
        write(file.path(), key).unwrap();
        assert_eq!(read(file.path(), 4).unwrap(), [key]);
    }
}
