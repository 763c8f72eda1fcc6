//! Configuration: environment variables alone, one struct for each concern.
//!
//! Nothing else reads the environment. A start with wrong values names all of them at once.

mod analytics;
mod database;
mod http;
pub mod key_file;
mod limits;
mod mode;
mod origin;
mod overpass;
mod reader;
mod redis;
mod retention;
mod session;
mod telemetry;
mod tiles;
mod worker;

pub use analytics::AnalyticsConfig;
pub use database::DatabaseConfig;
pub use http::{ForwardedHeader, HttpConfig};
pub use limits::LimitsConfig;
pub use mode::Mode;
pub use origin::{NotAnOrigin, Origin};
pub use overpass::OverpassConfig;
pub use reader::Reader;
pub use redis::{RedisConfig, RedisFiles, RedisServer};
pub use retention::RetentionConfig;
pub use session::{CookieSameSite, SessionConfig};
pub use telemetry::{LogFormat, TelemetryConfig};
pub use tiles::{TileServing, TilesConfig};
pub use worker::WorkerConfig;

/// Processors that this process may use.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Everything that can be configured.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: DatabaseConfig,
    pub redis: RedisConfig,
    pub http: HttpConfig,
    pub session: SessionConfig,
    pub limits: LimitsConfig,
    pub worker: WorkerConfig,
    pub retention: RetentionConfig,
    pub overpass: OverpassConfig,
    pub analytics: AnalyticsConfig,
    pub tiles: TilesConfig,
    pub telemetry: TelemetryConfig,
}

/// All that is wrong with the environment.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:\n  {}", .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the process environment.
    ///
    /// # Errors
    /// Every variable that is missing or wrong, by name.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(&env_var)
    }

    /// Reads variables from `lookup`.
    ///
    /// # Errors
    /// Every variable that is missing or wrong, by name.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let http = HttpConfig::read(&mut reader);
        let config = Self {
            database: DatabaseConfig::read(&mut reader),
            redis: RedisConfig::read(&mut reader),
            session: SessionConfig::read(&mut reader),
            limits: LimitsConfig::read(&mut reader),
            worker: WorkerConfig::read(&mut reader),
            retention: RetentionConfig::read(&mut reader),
            overpass: OverpassConfig::read(&mut reader),
            analytics: AnalyticsConfig::read(&mut reader),
            tiles: TilesConfig::read(&mut reader, http.public_url.as_deref()),
            telemetry: TelemetryConfig::read(&mut reader),
            http,
        };
        reader.judge(config)
    }

    /// Reads from the process environment what a command needs that works on the database alone.
    ///
    /// # Errors
    /// As [`Self::from_env`], of these variables.
    pub fn database_from_env() -> Result<(DatabaseConfig, TelemetryConfig), ConfigError> {
        let mut reader = Reader::new(&env_var);
        let database = DatabaseConfig::read(&mut reader);
        let telemetry = TelemetryConfig::read(&mut reader);
        reader.judge((database, telemetry))
    }

    /// Reads from the process environment where the process listens.
    ///
    /// # Errors
    /// As [`Self::from_env`], of these variables.
    pub fn http_from_env() -> Result<HttpConfig, ConfigError> {
        let mut reader = Reader::new(&env_var);
        let http = HttpConfig::read(&mut reader);
        reader.judge(http)
    }
}

/// One variable of the process environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn env_var(name: &str) -> Option<String> {
    // What is not Unicode is not left out: the reader names it as wrong.
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(&|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    const URLS: [(&str, &str); 2] = [
        ("DATABASE_URL", "postgres://localhost/wildside"),
        ("REDIS_URL", "redis://localhost"),
    ];

    #[test]
    fn the_two_urls_are_enough() {
        let config = read(&URLS).unwrap();
        assert_eq!(config.http.bind.to_string(), "127.0.0.1:8080");
        assert!(config.session.cookie_secure);
    }

    #[test]
    fn every_wrong_variable_is_named_at_once() {
        let error = read(&[
            ("WILDSIDE_BIND", "nowhere"),
            ("SESSION_COOKIE_SECURE", "maybe"),
            ("OVERPASS_URL", "ftp://x"),
            ("TILE_URL_TEMPLATE", "/tiles/{z}"),
            ("WILDSIDE_TILES", "nowhere"),
            ("WILDSIDE_PUBLIC_URL", "wildside.example"),
            ("WILDSIDE_ALLOWED_ORIGINS", "https://app.example/path"),
            ("WILDSIDE_FORWARDED_HEADER", "X-Real-IP"),
            ("SESSION_COOKIE_SAME_SITE", "sometimes"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "DATABASE_URL",
            "REDIS_URL",
            "WILDSIDE_BIND",
            "SESSION_COOKIE_SECURE",
            "OVERPASS_URL",
            "TILE_URL_TEMPLATE",
            "WILDSIDE_TILES",
            "WILDSIDE_PUBLIC_URL",
            "WILDSIDE_ALLOWED_ORIGINS",
            "WILDSIDE_FORWARDED_HEADER",
            "SESSION_COOKIE_SAME_SITE",
        ] {
            assert!(error.contains(name), "{name} is missing in {error}");
        }
    }

    #[test]
    fn a_cookie_for_other_sites_must_be_secure() {
        let lax = [URLS[0], URLS[1], ("SESSION_COOKIE_SECURE", "0")];
        let none = ("SESSION_COOKIE_SAME_SITE", "none");
        assert!(read(&lax).is_ok());
        assert!(read(&[URLS[0], URLS[1], none]).is_ok());
        let error = read(&[lax[0], lax[1], lax[2], none]).unwrap_err();
        assert!(error.to_string().contains("SESSION_COOKIE_SAME_SITE"));
    }

    #[test]
    fn links_are_absolute_when_the_public_address_is_known() {
        let template = |pairs: &[(&str, &str)]| read(pairs).unwrap().tiles.url_template;
        assert!(template(&URLS).starts_with("/tiles/routes/{route_id}/"));
        let public = ("WILDSIDE_PUBLIC_URL", "https://wildside.example/");
        let template = template(&[URLS[0], URLS[1], public]);
        assert!(template.starts_with("https://wildside.example/tiles/"));
    }

    #[test]
    fn tiles_are_embedded_unless_they_are_elsewhere() {
        let template = "https://tiles.example/t/routes/{route_id}/{z}/{x}/{y}.pbf?token={token}";
        let elsewhere = ("TILE_URL_TEMPLATE", template);
        for (pairs, serving, base) in [
            (vec![], TileServing::Embedded, "/tiles"),
            (
                vec![("WILDSIDE_TILES", "martin")],
                TileServing::Martin,
                "/tiles",
            ),
            (
                vec![elsewhere],
                TileServing::Martin,
                "https://tiles.example/t",
            ),
            (
                vec![elsewhere, ("WILDSIDE_TILES", "embedded")],
                TileServing::Embedded,
                "/tiles",
            ),
        ] {
            let tiles = read(&[&URLS[..], &pairs].concat()).unwrap().tiles;
            assert_eq!((tiles.serving, tiles.base()), (serving, base), "{pairs:?}");
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let config = read(&[
            URLS[1],
            ("DATABASE_URL", "postgres://u:hunter2@h/d"),
            ("POSTHOG_API_KEY", "phc_hunter2"),
        ]);
        assert!(!format!("{:?}", config.unwrap()).contains("hunter2"));
    }
}
