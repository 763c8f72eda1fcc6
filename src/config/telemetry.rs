//! Logs.

use std::str::FromStr;

use super::Reader;

/// * `WILDSIDE_LOG`: filter of log lines, as `info,wildside=debug` (default `info`)
/// * `WILDSIDE_LOG_FORMAT`: `json` or `pretty` (default: pretty in a terminal, else JSON)
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    pub filter: String,
    pub format: Option<LogFormat>,
}

/// Format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Pretty,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err("expected json or pretty"),
        }
    }
}

impl TelemetryConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            filter: reader
                .text("WILDSIDE_LOG")
                .unwrap_or_else(|| "info".to_owned()),
            format: reader.optional("WILDSIDE_LOG_FORMAT"),
        }
    }
}
