//! The part of the public API that one walk needs.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

const TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A user of the service, signed up and logged in.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    server: String,
    cookie: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Theme {
    pub(super) id: Uuid,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
struct Accepted {
    status_url: String,
}

#[derive(Debug, Deserialize)]
struct Progress {
    status: String,
    route_id: Option<Uuid>,
    error: Option<Refusal>,
}

/// Refusal of the service.
#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Debug, Deserialize)]
struct Detail {
    field: String,
    message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.details
            .iter()
            .try_for_each(|Detail { field, message }| write!(f, "; {field} {message}"))
    }
}

/// A walk as the service tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Route {
    pub(super) id: Uuid,
    pub(super) path: geojson::Geometry,
    pub(super) distance_metres: f64,
    pub(super) duration_seconds: u32,
    pub(super) pois: Vec<Stop>,
    pub(super) details: Details,
    pub(super) attribution: String,
    pub(super) fit: Option<Fit>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fit {
    pub(super) summary: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Details {
    /// One to each stop, and one to the end.
    pub(super) legs: Vec<Leg>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Leg {
    pub(super) distance_metres: f64,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Step {
    pub(super) street: Option<String>,
    pub(super) distance_metres: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stop {
    pub(super) name: Option<String>,
    pub(super) location: geojson::Geometry,
    pub(super) narrative: Option<String>,
    pub(super) theme_ids: Vec<Uuid>,
    pub(super) arrive_after_seconds: u32,
    pub(super) visit_seconds: u32,
    pub(super) reason: Option<String>,
}

impl Client {
    pub(super) async fn sign_up(server: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let server = server.trim_end_matches('/').to_owned();
        let credentials = json!({
            "username": format!("walker-{}", Uuid::new_v4().simple()),
            "password": Uuid::new_v4(),
        });
        let request = http
            .post(format!("{server}/api/v1/users"))
            .json(&credentials);
        let answer = send(request).await?;
        let cookie = answer
            .headers()
            .get(SET_COOKIE)
            .and_then(|header| header.to_str().ok()?.split(';').next())
            .context("the service did not begin a session at the sign-up")?
            .to_owned();
        Ok(Self {
            http,
            server,
            cookie,
        })
    }

    pub(super) async fn themes(&self) -> anyhow::Result<Vec<Theme>> {
        self.get("/api/v1/interest-themes").await
    }

    /// Asks for a walk and waits until it is there.
    pub(super) async fn walk(&self, body: &Value, patience: Duration) -> anyhow::Result<Route> {
        let request = self.request(Method::POST, "/api/v1/routes").json(body);
        let accepted: Accepted = send(request).await?.json().await?;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let progress: Progress = self.get(&accepted.status_url).await?;
            match (progress.status.as_str(), progress.route_id) {
                ("complete", Some(id)) => return self.get(&format!("/api/v1/routes/{id}")).await,
                ("failed", _) => match progress.error {
                    Some(refusal) => bail!("no walk: {refusal}"),
                    None => bail!("no walk, and no word why"),
                },
                _ => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
        bail!("no walk within {patience:?}: is a worker running?")
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = send(self.request(Method::GET, path)).await?;
        answer
            .json()
            .await
            .with_context(|| format!("the answer of {path} is not what was expected"))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.server);
        self.http.request(method, url).header(COOKIE, &self.cookie)
    }
}

/// Sends a request; an answer that is not a success becomes an error with what the service said.
async fn send(request: RequestBuilder) -> anyhow::Result<Response> {
    let answer = request
        .send()
        .await
        .context("the service could not be asked")?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, url) = (answer.status(), answer.url().clone());
    let body = answer.text().await.unwrap_or_default();
    match serde_json::from_str::<Refusal>(&body) {
        Ok(refusal) => bail!("the service refused ({status}): {refusal}"),
        Err(_) => bail!("{url} answered {status}: {body}"),
    }
}
