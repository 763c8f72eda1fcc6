//! Regions by name, in the layout of Geofabrik's download server.

use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::{DownloadError, client, network};

/// Address of the list of regions, unless told otherwise.
pub const DEFAULT_MIRROR: &str = "https://download.geofabrik.de";

/// Largest index of regions that is read, in bytes; the real one has 0.5 MB.
const LARGEST_INDEX: usize = 16 << 20;

#[derive(Deserialize)]
struct Index {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Region,
}

#[derive(Deserialize)]
struct Region {
    id: String,
    #[serde(default)]
    urls: Urls,
}

#[derive(Default, Deserialize)]
struct Urls {
    pbf: Option<String>,
}

/// The address of a region's newest extract: of a path (`europe/monaco`) at once, of a name (`scotland`) by the mirror's
/// index.
///
/// # Errors
/// [`DownloadError`]: the mirror can't be asked, or has no such region.
pub async fn region_url(mirror: &str, name: &str) -> Result<String, DownloadError> {
    let mirror = mirror.trim_end_matches('/');
    if name.contains('/') {
        return Ok(format!(
            "{mirror}/{}-latest.osm.pbf",
            name.trim_matches('/')
        ));
    }
    let regions = index(mirror).await?;
    let wanted = name.to_lowercase();
    let found = regions.iter().find(|region| region.id == wanted);
    found
        .and_then(|region| region.urls.pbf.clone())
        .ok_or_else(|| DownloadError::NoRegion {
            name: name.to_owned(),
            mirror: mirror.to_owned(),
            similar: similar(&regions, &wanted),
        })
}

fn similar(regions: &[Region], wanted: &str) -> Vec<String> {
    let is_similar = |id: &str| id.contains(wanted) || wanted.contains(id);
    let ids = regions.iter().map(|region| &region.id);
    ids.filter(|id| is_similar(id)).take(5).cloned().collect()
}

async fn index(mirror: &str) -> Result<Vec<Region>, DownloadError> {
    let url = format!("{mirror}/index-v1-nogeom.json");
    let answer = client(&url)?
        .get(&url)
        .send()
        .await
        .map_err(network(&url))?;
    if answer.status() != StatusCode::OK {
        return Err(DownloadError::Refused {
            status: answer.status(),
            url,
        });
    }
    let text = limited_text(answer, &url, LARGEST_INDEX).await?;
    let index: Index = serde_json::from_str(&text).map_err(|fault| DownloadError::Network {
        cause: format!("the index of regions can't be read: {fault}"),
        url,
    })?;
    Ok(index
        .features
        .into_iter()
        .map(|feature| feature.properties)
        .collect())
}

/// The body as text, if it is no longer than that.
pub(super) async fn limited_text(
    mut answer: Response,
    url: &str,
    most: usize,
) -> Result<String, DownloadError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(network(url))? {
        if body.len() + chunk.len() > most {
            let cause = format!("the answer is longer than {most} bytes");
            return Err(DownloadError::Network {
                url: url.to_owned(),
                cause,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}
