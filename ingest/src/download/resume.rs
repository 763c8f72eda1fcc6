//! One file over a connection that may break.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Client, Response, StatusCode};

use super::{DownloadError, io_at, network};
use crate::extract::Progress;

/// Retries of a broken connection, waiting 1, 2, 4 and 8 s.
const TRIES: u32 = 5;

/// Completes `part`, going on where an earlier try stopped if the file on the server is still the same.
pub(super) async fn fetch(
    client: &Client,
    url: &str,
    part: &Path,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), DownloadError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(client, url, part, progress).await {
            Err(fault) if is_passing(&fault) && tries < TRIES => {
                tokio::time::sleep(Duration::from_secs(1 << (tries - 1))).await;
            }
            result => return result,
        }
    }
}

/// True if trying again may help.
fn is_passing(fault: &DownloadError) -> bool {
    match fault {
        DownloadError::Network { .. } => true,
        DownloadError::Refused { status, .. } => {
            status.is_server_error()
                || matches!(
                    *status,
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::RANGE_NOT_SATISFIABLE
                )
        }
        _ => false,
    }
}

async fn attempt(
    client: &Client,
    url: &str,
    part: &Path,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), DownloadError> {
    let have = std::fs::metadata(part).map_or(0, |file| file.len());
    let mut request = client.get(url);
    if have > 0
        && let Ok(version) = std::fs::read_to_string(version_file(part))
    {
        request = request
            .header(RANGE, format!("bytes={have}-"))
            .header(IF_RANGE, version);
    }
    let answer = request.send().await.map_err(network(url))?;
    let kept = match answer.status() {
        StatusCode::PARTIAL_CONTENT => have,
        StatusCode::OK => 0,
        // It came whole, and then something happened before it got its name.
        StatusCode::RANGE_NOT_SATISFIABLE if whole_length(answer.headers()) == Some(have) => {
            return Ok(());
        }
        status => {
            if status == StatusCode::RANGE_NOT_SATISFIABLE {
                // What we have is longer than the file: it belongs to another version. Begin again.
                std::fs::remove_file(part).map_err(io_at(part))?;
            }
            return Err(DownloadError::Refused {
                url: url.to_owned(),
                status,
            });
        }
    };
    note_version(part, answer.headers())?;
    let bytes = kept + length(answer.headers());
    progress(Progress::Stage {
        name: "downloading",
        bytes,
    });
    progress(Progress::Read(kept));
    receive(answer, url, part, kept, progress).await
}

async fn receive(
    mut answer: Response,
    url: &str,
    part: &Path,
    kept: u64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), DownloadError> {
    // `append` and `truncate` exclude each other.
    let mut options = OpenOptions::new();
    options
        .create(true)
        .write(true)
        .truncate(kept == 0)
        .append(kept > 0);
    let mut file = options.open(part).map_err(io_at(part))?;
    while let Some(chunk) = answer.chunk().await.map_err(network(url))? {
        file.write_all(&chunk).map_err(io_at(part))?;
        progress(Progress::Read(chunk.len() as u64));
    }
    file.sync_all().map_err(io_at(part))
}

/// Identity of the version on the server, kept beside the part.
fn note_version(part: &Path, headers: &HeaderMap) -> Result<(), DownloadError> {
    let file = version_file(part);
    let version = headers
        .get(ETAG)
        .filter(|tag| !tag.as_bytes().starts_with(b"W/"));
    match version.or_else(|| headers.get(LAST_MODIFIED)) {
        Some(version) => std::fs::write(&file, version.as_bytes()).map_err(io_at(&file)),
        None => match std::fs::remove_file(&file) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(io_at(&file)(fault)),
            _ => Ok(()),
        },
    }
}

fn version_file(part: &Path) -> PathBuf {
    part.with_added_extension("version")
}

/// The length of the file, of which an answer says that it has not the range asked for.
fn whole_length(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes */")?.parse().ok()
}

fn length(headers: &HeaderMap) -> u64 {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse().ok()).unwrap_or(0)
}
