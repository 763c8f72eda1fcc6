//! Product analytics.

use std::fmt;

use wildside_dial::Secret;

use super::Reader;

/// * `POSTHOG_API_KEY`: project key; without one nothing is sent; or `POSTHOG_API_KEY_FILE`: the file that
///   holds it (default: none)
/// * `POSTHOG_HOST`: address of the service (default `https://eu.i.posthog.com`)
#[derive(Clone)]
pub struct AnalyticsConfig {
    pub api_key: Option<Secret>,
    pub host: String,
}

impl AnalyticsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let host = reader
            .text("POSTHOG_HOST")
            .unwrap_or_else(|| "https://eu.i.posthog.com".to_owned());
        if !host.starts_with("http://") && !host.starts_with("https://") {
            reader.fault("POSTHOG_HOST", "does not begin with http:// or https://");
        }
        Self {
            api_key: reader.secret("POSTHOG_API_KEY", |_| Ok(())),
            host: host.trim_end_matches('/').to_owned(),
        }
    }
}

impl fmt::Debug for AnalyticsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnalyticsConfig")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}
