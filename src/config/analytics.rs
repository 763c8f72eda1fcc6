//! Product analytics.

use std::fmt;

use super::Reader;

/// * `POSTHOG_API_KEY`: project key; without one nothing is sent (default: none)
/// * `POSTHOG_HOST`: address of the service (default `https://eu.i.posthog.com`)
#[derive(Clone)]
pub struct AnalyticsConfig {
    pub api_key: Option<String>,
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
            api_key: reader.text("POSTHOG_API_KEY"),
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
