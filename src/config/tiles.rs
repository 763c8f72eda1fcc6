//! Tokens for route tiles.

use std::path::PathBuf;

use super::Reader;

const TEMPLATE: &str = "/tiles/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}";

/// * `TILE_TOKEN_KEY_FILE`: file with one key a line, each of 32 bytes or more, or directory of key files; the first signs tile
///   tokens, all verify (default: none; no tokens are given)
/// * `TILE_URL_TEMPLATE`: address of a route's tiles (default `/tiles/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}`, on
///   `WILDSIDE_PUBLIC_URL` if that is set)
#[derive(Debug, Clone)]
pub struct TilesConfig {
    pub key_file: Option<PathBuf>,
    pub url_template: String,
}

impl TilesConfig {
    pub(super) fn read(reader: &mut Reader<'_>, public_url: Option<&str>) -> Self {
        Self {
            key_file: reader.text("TILE_TOKEN_KEY_FILE").map(PathBuf::from),
            url_template: url_template(reader)
                .unwrap_or_else(|| public_url.unwrap_or_default().to_owned() + TEMPLATE),
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
