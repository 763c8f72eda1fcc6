//! Secrets: in the environment, or in a file that is read anew each time, so that a changed one needs no restart.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::secret_file::{SecretFileError, read_private};

/// A secret text, such as a URL with a password. Clones share it.
#[derive(Clone)]
pub struct Secret(Arc<Source>);

enum Source {
    Text(String),
    File(PathBuf),
}

impl Secret {
    /// A secret in a file, without the white space around it.
    pub fn in_file(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Source::File(path.into())))
    }

    /// The text as it is now. Reads the file, if it is in one.
    ///
    /// # Errors
    /// The file can't be read, is not private, or holds no text.
    pub fn read(&self) -> Result<String, SecretFileError> {
        match &*self.0 {
            Source::Text(text) => Ok(text.clone()),
            Source::File(path) => read_text(path),
        }
    }

    /// The same, off the threads of the runtime.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn load(&self) -> Result<String, SecretFileError> {
        if let Source::Text(text) = &*self.0 {
            return Ok(text.clone());
        }
        let secret = self.clone();
        let reading = spawn_blocking(move || secret.read()).await;
        reading.unwrap_or_else(|cause| {
            Err(SecretFileError::Unreadable {
                path: PathBuf::new(),
                cause: cause.into(),
            })
        })
    }
}

fn read_text(path: &Path) -> Result<String, SecretFileError> {
    let content = read_private(path)?;
    match str::from_utf8(&content).map(str::trim) {
        Ok("") => Err(SecretFileError::Empty(path.to_owned())),
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(SecretFileError::NoText(path.to_owned())),
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Arc::new(Source::Text(text.to_owned())))
    }
}

impl From<&String> for Secret {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Self> for Secret {
    fn from(secret: &Self) -> Self {
        secret.clone()
    }
}

/// Where it is, and never what it is.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Source::Text(_) => f.write_str("Secret"),
            Source::File(path) => write!(f, "Secret in {}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_read_anew_and_may_not_be_for_everybody() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let secret = Secret::in_file(file.path());
        let fault = || secret.read().unwrap_err().to_string();
        assert!(fault().ends_with("is empty"), "{}", fault());
        for text in ["first", "second"] {
            write(file.path(), format!("  {text}\n\n")).unwrap();
            assert_eq!(secret.read().unwrap(), text);
        }
        write(file.path(), [0xff]).unwrap();
        assert!(fault().ends_with("is no text"), "{}", fault());
        set_permissions(file.path(), Permissions::from_mode(0o644)).unwrap();
        assert!(fault().contains("chmod"), "{}", fault());
        assert!(!format!("{:?}", Secret::from("hunter2")).contains("hunter2"));
    }
}
