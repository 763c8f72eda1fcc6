//! One request to an Overpass server, with every way in which it can go wrong.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};
use futures::TryStreamExt as _;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url, redirect};
use tokio::task::spawn_blocking;

use super::answer::Answer;
use super::query::{Query, SERVER_SECONDS};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Wait for the whole body beyond the server's own limit. A server that is overloaded takes up to 36 s
/// to say so, and that should be heard.
pub(super) const GRACE: Duration = Duration::from_secs(25);

/// Bytes of an error page that go into our error.
const EXCERPT_CHARS: usize = 200;

/// Address of the server, and the name under which it is asked.
#[derive(Debug, Clone)]
pub struct OverpassSettings {
    /// Interpreters in order of preference.
    pub urls: Vec<Url>,
    /// Contact that the server's operator may write to; empty: nobody.
    pub contact: String,
    /// Bytes of an answer, decompressed, beyond which it is given up.
    pub max_body_bytes: usize,
    /// Deadline of one request, its body included.
    pub timeout: Duration,
}

impl OverpassSettings {
    /// Settings with the usual limits: 32 MiB, and 25 s more than the server may work.
    pub fn new(urls: Vec<Url>, contact: impl Into<String>) -> Self {
        Self {
            urls,
            contact: contact.into(),
            max_body_bytes: 32 << 20,
            timeout: Duration::from_secs(SERVER_SECONDS) + GRACE,
        }
    }
}

/// Cause of a missing answer.
#[derive(Debug, thiserror::Error)]
pub enum OverpassError {
    /// 429.
    #[error("the server has had enough of us")]
    RateLimited {
        /// Time until it will listen again, if it said so.
        retry_after: Option<Duration>,
    },
    /// 5xx, or an error page with 200: overloaded, or its dispatcher is off.
    #[error("the server is busy ({status}): {excerpt}")]
    Busy {
        /// Status of the answer.
        status: StatusCode,
        /// Time until it will listen again, if it said so.
        retry_after: Option<Duration>,
        /// Beginning of the page.
        excerpt: String,
    },
    /// 400: the query is at fault.
    #[error("the server does not understand the query: {excerpt}")]
    BadQuery {
        /// Beginning of the page.
        excerpt: String,
    },
    /// Any other status, redirects included.
    #[error("the server answered {0}")]
    Status(StatusCode),
    /// Nothing, or not all, came in time.
    #[error("the server did not answer in time")]
    Timeout,
    /// No connection, or it broke.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// More than [`OverpassSettings::max_body_bytes`].
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Cut off, or not what an Overpass server sends.
    #[error("the answer cannot be read: {0}")]
    Malformed(String),
}

impl OverpassError {
    /// A word for metrics and provenance.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::Busy { .. } => "busy",
            Self::BadQuery { .. } => "bad_query",
            Self::Status(_) => "unexpected_status",
            Self::Timeout => "timeout",
            Self::Unreachable(_) => "unreachable",
            Self::TooLarge(_) => "too_large",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Time until the server will listen again, if it said so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Test for an error after which the same query may fare better later.
    pub const fn is_temporary(&self) -> bool {
        !matches!(self, Self::BadQuery { .. } | Self::TooLarge(_))
    }
}

/// A client of one or more servers that hold the same data.
#[derive(Debug, Clone)]
pub struct Overpass {
    http: reqwest::Client,
    settings: OverpassSettings,
}

/// An answer, and what it cost.
#[derive(Debug)]
pub struct Fetched {
    /// The parsed answer.
    pub answer: Answer,
    /// Size of the body, decompressed.
    pub bytes: usize,
}

impl Overpass {
    /// A client that names itself and `settings.contact`, and follows no redirect.
    ///
    /// # Errors
    /// The contact is no header value, or TLS cannot be set up.
    pub fn new(settings: OverpassSettings) -> Result<Self, reqwest::Error> {
        let mut agent = format!("Wildside/{}", env!("CARGO_PKG_VERSION"));
        if !settings.contact.is_empty() {
            let _ = write!(agent, " ({})", settings.contact);
        }
        let http = reqwest::Client::builder()
            .user_agent(agent)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { http, settings })
    }

    /// The servers in order of preference.
    pub fn servers(&self) -> &[Url] {
        &self.settings.urls
    }

    /// Asks one server.
    ///
    /// # Errors
    /// [`OverpassError`] tells what it did instead of answering.
    pub async fn fetch(&self, server: &Url, query: &Query) -> Result<Fetched, OverpassError> {
        let request = self
            .http
            .post(server.clone())
            .form(&[("data", query.as_str())]);
        let response = request.send().await.map_err(transport)?;
        let status = response.status();
        let retry_after = retry_after(&response);
        let is_json = is_json(&response);
        let body = self.read(response).await?;
        match status {
            StatusCode::OK if is_json => parse(body).await,
            StatusCode::BAD_REQUEST => Err(OverpassError::BadQuery {
                excerpt: excerpt(&body),
            }),
            StatusCode::TOO_MANY_REQUESTS => Err(OverpassError::RateLimited { retry_after }),
            _ if status == StatusCode::OK || status.is_server_error() => Err(OverpassError::Busy {
                status,
                retry_after,
                excerpt: excerpt(&body),
            }),
            _ => Err(OverpassError::Status(status)),
        }
    }

    /// The body, decompressed, as far as the limit.
    async fn read(&self, response: Response) -> Result<Vec<u8>, OverpassError> {
        let limit = self.settings.max_body_bytes;
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.try_next().await.map_err(transport)? {
            if body.len() + chunk.len() > limit {
                return Err(OverpassError::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Away from the runtime's threads, which others need: megabytes take their time.
async fn parse(body: Vec<u8>) -> Result<Fetched, OverpassError> {
    let parsing = spawn_blocking(move || {
        Answer::parse(&body).map(|answer| Fetched {
            answer,
            bytes: body.len(),
        })
    });
    let malformed = |error: &dyn std::fmt::Display| OverpassError::Malformed(error.to_string());
    let parsed = parsing.await.map_err(|error| malformed(&error))?;
    parsed.map_err(|error| malformed(&error))
}

fn is_json(response: &Response) -> bool {
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/json"))
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let until = |date: DateTime<FixedOffset>| (date.to_utc() - Utc::now()).to_std().ok();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(value).ok().and_then(until),
    }
}

fn transport(error: reqwest::Error) -> OverpassError {
    if error.is_timeout() {
        OverpassError::Timeout
    } else if error.is_decode() {
        OverpassError::Malformed(error.to_string())
    } else {
        OverpassError::Unreachable(error.without_url().to_string())
    }
}

/// The words of an error page, without its markup.
fn excerpt(body: &[u8]) -> String {
    let page = String::from_utf8_lossy(body);
    let from_error = page
        .find("Error</strong>")
        .map_or(&*page, |at| &page[at + "Error</strong>".len()..]);
    let mut in_tag = false;
    let words: String = from_error
        .chars()
        .filter(|&c| {
            let visible = !in_tag && c != '<';
            in_tag = c == '<' || (in_tag && c != '>');
            visible
        })
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(EXCERPT_CHARS)
        .collect();
    words.trim_matches([':', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_is_reduced_to_its_error() {
        let page = include_bytes!("../../tests/fixtures/overpass/rate_limited_429.body");
        assert!(
            excerpt(page).starts_with("runtime error: open64: 0 Success"),
            "{}",
            excerpt(page)
        );
    }

    #[test]
    fn only_the_query_itself_is_not_worth_another_try() {
        assert!(OverpassError::Timeout.is_temporary());
        assert!(OverpassError::RateLimited { retry_after: None }.is_temporary());
        assert!(
            !OverpassError::BadQuery {
                excerpt: String::new()
            }
            .is_temporary()
        );
    }
}
