//! Logs: one JSON object a line, or pretty in a terminal.

pub mod analytics;
pub mod causes;
mod flat_json;
pub mod metrics;
pub mod observability;
mod process;

use std::io::IsTerminal;

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use self::flat_json::FlatJson;
use crate::config::{LogFormat, TelemetryConfig};

/// Starts logging for the whole process, to standard error.
///
/// # Errors
/// The filter of `WILDSIDE_LOG` is not valid, or logging was started before.
pub fn init(config: &TelemetryConfig) -> anyhow::Result<()> {
    init_to(config, std::io::stderr)
}

/// Starts logging for the whole process, to `writer`.
///
/// # Errors
/// The filter of `WILDSIDE_LOG` is not valid, or logging was started before.
pub fn init_to<W>(config: &TelemetryConfig, writer: W) -> anyhow::Result<()>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        anyhow::anyhow!("WILDSIDE_LOG: `{}` is not valid: {error}", config.filter)
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    match config.format.unwrap_or_else(default_format) {
        LogFormat::Json => registry.with(FlatJson::new(writer)).try_init()?,
        LogFormat::Pretty => {
            let layer = tracing_subscriber::fmt::layer().with_writer(writer);
            registry.with(layer.compact()).try_init()?;
        }
    }
    Ok(())
}

fn default_format() -> LogFormat {
    if std::io::stderr().is_terminal() {
        LogFormat::Pretty
    } else {
        LogFormat::Json
    }
}
