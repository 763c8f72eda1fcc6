//! Tokens for route tiles.

use std::path::PathBuf;

use super::Reader;

/// * `TILE_TOKEN_KEY_FILE`: file with one key a line, each of 32 bytes or more, or directory of key files; the first signs tile
///   tokens, all verify (default: none; no tokens are given)
/// * `TILE_URL_TEMPLATE`: address of a route's tiles (default `/tiles/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}`)
#[derive(Debug, Clone)]
pub struct TilesConfig {
    pub key_file: Option<PathBuf>,
    pub url_template: String,
}

impl TilesConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            key_file: reader.text("TILE_TOKEN_KEY_FILE").map(PathBuf::from),
            url_template: reader.text("TILE_URL_TEMPLATE").unwrap_or_else(|| {
                "/tiles/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}".to_owned()
            }),
        }
    }
}
