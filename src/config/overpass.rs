//! The Overpass API that enrichment asks.

use std::time::Duration;

use super::Reader;

/// * `OVERPASS_URL`: addresses of interpreters, separated by commas, tried in order (default: none; enrichment is off)
/// * `OVERPASS_TIMEOUT_SECONDS`: time a query may take on the server (default 25)
#[derive(Debug, Clone)]
pub struct OverpassConfig {
    pub urls: Vec<String>,
    pub timeout: Duration,
}

impl OverpassConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let urls: Vec<String> = reader.list("OVERPASS_URL");
        for url in &urls {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                reader.fault(
                    "OVERPASS_URL",
                    format_args!("`{url}` does not begin with http:// or https://"),
                );
            }
        }
        Self {
            urls,
            timeout: reader.seconds("OVERPASS_TIMEOUT_SECONDS", 1..=300, 25),
        }
    }
}
