//! Tokens for route tiles.

use std::path::PathBuf;
use std::str::FromStr;

use super::Reader;

const TEMPLATE: &str = "/tiles/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}";

/// * `TILE_TOKEN_KEY_FILE`: file with one key a line, each of 32 bytes or more, or directory of key files; the first signs tile
///   tokens, all verify (default: none; no tokens are given)
/// * `TILE_URL_TEMPLATE`: address of a route's tiles (default `/tiles/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}`, on
///   `WILDSIDE_PUBLIC_URL` if that is set)
/// * `WILDSIDE_TILES`: `embedded`, for tiles from the server itself, or `martin` (default: `martin` with `TILE_URL_TEMPLATE`, else
///   `embedded`)
#[derive(Debug, Clone)]
pub struct TilesConfig {
    pub key_file: Option<PathBuf>,
    pub url_template: String,
    pub serving: TileServing,
}

/// Server of the tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileServing {
    /// Each server of the API, from its own database connections.
    Embedded,
    /// Martin, behind its nginx.
    Martin,
}

impl FromStr for TileServing {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "martin" => Ok(Self::Martin),
            _ => Err("expected embedded or martin"),
        }
    }
}

impl TilesConfig {
    pub(super) fn read(reader: &mut Reader<'_>, public_url: Option<&str>) -> Self {
        let template = url_template(reader);
        let default = if template.is_some() {
            TileServing::Martin
        } else {
            TileServing::Embedded
        };
        Self {
            key_file: reader.text("TILE_TOKEN_KEY_FILE").map(PathBuf::from),
            url_template: template
                .unwrap_or_else(|| public_url.unwrap_or_default().to_owned() + TEMPLATE),
            serving: reader.or("WILDSIDE_TILES", default),
        }
    }

    /// Address under which all tiles are, as a page of this server asks for them.
    pub fn base(&self) -> &str {
        let elsewhere = self.url_template.split_once("/routes/{route_id}/");
        match (self.serving, elsewhere) {
            (TileServing::Martin, Some((base, _))) => base,
            _ => "/tiles",
        }
    }
}

fn url_template(reader: &mut Reader<'_>) -> Option<String> {
    let template = reader.text("TILE_URL_TEMPLATE")?;
    for part in ["{route_id}", "{z}", "{x}", "{y}", "{token}"] {
        if !template.contains(part) {
            reader.fault("TILE_URL_TEMPLATE", format_args!("{part} is missing"));
        }
    }
    Some(template)
}
