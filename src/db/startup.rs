//! Waiting for the database when a process starts.

use std::time::{Duration, Instant};

use anyhow::bail;
use diesel::ConnectionError;
use diesel::result::Error;
use tokio::time::{sleep, timeout};

use super::connect;

/// A database that has not come up by then is not going to.
const PATIENCE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(1);
const ATTEMPT_LIMIT: Duration = Duration::from_secs(5);

/// Returns once a connection succeeds. What time will not mend, such as a wrong password, is an error at once.
///
/// # Errors
/// The cause, in one line, after half a minute at most.
pub async fn wait_until_there(url: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let cause = match timeout(ATTEMPT_LIMIT, connect(url)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) if is_permanent(&error) => bail!("DATABASE_URL: {}", cause(&error)),
            Ok(Err(error)) => format!("{} at {}", cause(&error), address(url)),
            Err(_) => format!("no answer from {}", address(url)),
        };
        if Instant::now() >= deadline {
            bail!("DATABASE_URL: {cause}, for {} s", PATIENCE.as_secs());
        }
        tracing::warn!(cause, "waiting for the database");
        sleep(INTERVAL).await;
    }
}

/// A server that starts or stops says so and may be asked again; one that knows neither user nor database will not learn.
fn is_permanent(error: &ConnectionError) -> bool {
    let ConnectionError::CouldntSetupConfiguration(Error::DatabaseError(_, information)) = error
    else {
        return !matches!(error, ConnectionError::CouldntSetupConfiguration(_));
    };
    let message = information.message();
    [
        "authentication failed",
        "does not exist",
        "invalid connection string",
        "permission denied",
    ]
    .iter()
    .any(|permanent| message.contains(permanent))
}

fn cause(error: &ConnectionError) -> String {
    match error {
        ConnectionError::CouldntSetupConfiguration(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Where the server should be: the part of the URL that is no secret.
fn address(url: &str) -> String {
    let url = reqwest::Url::parse(url).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str);
    let port = url.as_ref().and_then(reqwest::Url::port);
    format!("{}:{}", host.unwrap_or("localhost"), port.unwrap_or(5432))
}
