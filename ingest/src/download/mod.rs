//! Extracts from the net: resumed where they stopped, checked against the checksum beside them.

mod region;
mod resume;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use md5::{Digest, Md5};
use reqwest::{Client, StatusCode};

use crate::digest::{hash_file, hex};
use crate::extract::Progress;

pub use region::{DEFAULT_MIRROR, region_url};

/// Error of a download.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The address is not one of a PBF file.
    #[error("`{0}` is not the address of a .pbf file")]
    NotPbf(String),
    /// The mirror has no such region.
    #[error("{mirror} has no region `{name}`{}", suggest(.similar))]
    NoRegion {
        /// As asked for.
        name: String,
        /// Address that was asked.
        mirror: String,
        /// Regions with similar names.
        similar: Vec<String>,
    },
    /// The server does not give it.
    #[error("{url} answers {status}")]
    Refused {
        /// Address that was asked for.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// The connection failed, again and again.
    #[error("can't download {url}: {cause}")]
    Network {
        /// Address that was asked for.
        url: String,
        /// The last failure.
        cause: String,
    },
    /// The content differs from what was sent.
    #[error(
        "the checksum of {url} is {found}, it should be {expected}; the file was thrown away, try again"
    )]
    Checksum {
        /// Address that was asked for.
        url: String,
        /// As published.
        expected: String,
        /// As received.
        found: String,
    },
    /// The file could not be written.
    #[error("can't write {path}: {source}")]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
}

fn suggest(similar: &[String]) -> String {
    match similar {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(", ")),
    }
}

/// Downloads `url` into `folder`, unless the file there has the published checksum already.
///
/// # Errors
/// [`DownloadError`]. What had come is kept for the next try, unless its checksum is wrong.
pub async fn download(
    url: &str,
    folder: &Path,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<PathBuf, DownloadError> {
    let file = folder.join(file_name(url)?);
    std::fs::create_dir_all(folder).map_err(io_at(folder))?;
    let client = client(url)?;
    let expected = published_checksum(&client, url).await?;
    if let Some(expected) = &expected
        && file.exists()
        && checksum(&file)? == *expected
    {
        return Ok(file);
    }
    let part = folder.join(format!("{}.part", file_name(url)?));
    resume::fetch(&client, url, &part, progress).await?;
    if let Some(expected) = expected {
        let found = checksum(&part)?;
        if found != expected {
            std::fs::remove_file(&part).map_err(io_at(&part))?;
            return Err(DownloadError::Checksum {
                url: url.to_owned(),
                expected,
                found,
            });
        }
    }
    std::fs::rename(&part, &file).map_err(io_at(&file))?;
    Ok(file)
}

fn client(url: &str) -> Result<Client, DownloadError> {
    Client::builder()
        .user_agent(concat!("wildside-ingest/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::limited(5))
        // A compressed transfer could not be resumed.
        .no_gzip()
        .build()
        .map_err(network(url))
}

/// The last part of the path, which names a file and no folder.
fn file_name(url: &str) -> Result<String, DownloadError> {
    let not_pbf = || DownloadError::NotPbf(url.to_owned());
    let url = reqwest::Url::parse(url).map_err(|_| not_pbf())?;
    let name = url
        .path_segments()
        .and_then(|mut path| path.next_back())
        .unwrap_or_default();
    let sound = Path::new(name)
        .extension()
        .is_some_and(|ending| ending == "pbf")
        && !name.starts_with('.')
        && !name.contains(['\\', '%']);
    sound.then(|| name.to_owned()).ok_or_else(not_pbf)
}

/// `URL.md5` holds the checksum and the name of the file; not every server has it.
async fn published_checksum(client: &Client, url: &str) -> Result<Option<String>, DownloadError> {
    let url = format!("{url}.md5");
    let answer = client.get(&url).send().await.map_err(network(&url))?;
    match answer.status() {
        StatusCode::OK => {
            let text = region::limited_text(answer, &url, 4096).await?;
            let sum = text
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_lowercase();
            Ok((sum.len() == 32 && sum.bytes().all(|b| b.is_ascii_hexdigit())).then_some(sum))
        }
        StatusCode::NOT_FOUND => Ok(None),
        status => Err(DownloadError::Refused { url, status }),
    }
}

fn checksum(file: &Path) -> Result<String, DownloadError> {
    let mut hash = Md5::new();
    hash_file(file, &mut hash).map_err(io_at(file))?;
    Ok(hex(&hash.finalize()))
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> DownloadError {
    move |source| DownloadError::Io {
        path: path.to_owned(),
        source,
    }
}

fn network(url: &str) -> impl Fn(reqwest::Error) -> DownloadError {
    move |fault| {
        use std::error::Error;
        // The outer error only says that there was one.
        let mut cause: &dyn Error = &fault;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        DownloadError::Network {
            url: url.to_owned(),
            cause: cause.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_names_of_files_are_taken_from_addresses() {
        assert_eq!(
            file_name("https://a.example/b/scotland-latest.osm.pbf?x=1").unwrap(),
            "scotland-latest.osm.pbf"
        );
        for bad in [
            "https://a.example/",
            "nonsense",
            "https://a.example/.pbf",
            "https://a.example/..%2fx.pbf",
            "https://a.example/x.zip",
        ] {
            assert!(file_name(bad).is_err(), "{bad}");
        }
    }
}
