//! The folder of `make run`: data, passwords, ports, process ids and logs, for one run at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wildside_dev::http::listens;
use wildside_dev::ports::free_port;
use wildside_dev::secret::password;

/// A run that was just stopped may still be writing.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// The folder, held for this process.
#[derive(Debug)]
pub(crate) struct State {
    folder: PathBuf,
    _lock: File,
}

impl State {
    /// Takes the folder, made if it is not there, unless another run holds it.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder.join("log"))
            .with_context(|| format!("{} can't be made", folder.display()))?;
        let folder = folder.canonicalize()?;
        let file = folder.join("lock");
        let mut lock = OpenOptions::new().create(true).append(true).open(&file)?;
        let begun = Instant::now();
        while let Err(error) = lock.try_lock() {
            if let TryLockError::Error(error) = error {
                return Err(error).context("the folder can't be locked");
            }
            if begun.elapsed() > LOCK_PATIENCE {
                let holder = fs::read_to_string(&file).unwrap_or_default();
                bail!(
                    "make run is running in this folder already (process {}): stop it first",
                    holder.trim()
                );
            }
            sleep(Duration::from_millis(50));
        }
        lock.set_len(0)?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Path of a file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Path of the log of a process.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join("log").join(format!("{name}.log"))
    }

    /// Path of a folder in it, made if it is not there.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.path(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Writes a file that its owner alone may read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).mode(0o600);
        options.open(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// The secret of that name, made of `N` random bytes if there is none: its file and its text.
    pub(crate) fn secret<const N: usize>(&self, name: &str) -> Result<(PathBuf, String)> {
        let path = self.path(name);
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if !kept.trim().is_empty() {
            return Ok((path, kept.trim().to_owned()));
        }
        let text = password::<N>()?;
        Ok((self.write(name, &format!("{text}\n"))?, text))
    }

    /// The port remembered for that name, or a free one if there is none or it is taken.
    pub(crate) fn port(&self, name: &str) -> Result<u16> {
        let file = format!("{name}.port");
        let kept = fs::read_to_string(self.path(&file)).unwrap_or_default();
        let free = |port: &u16| !listens(&format!("127.0.0.1:{port}"));
        let port = match kept.trim().parse().ok().filter(free) {
            Some(port) => port,
            None => free_port()?,
        };
        self.write(&file, &format!("{port}\n"))?;
        Ok(port)
    }
}
