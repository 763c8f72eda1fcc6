//! Configuration of the processes that tests start in themselves.

use wildside::config::Config;

/// The configuration of a test: plain HTTP, a free port, no limits that get in the way.
pub(crate) fn config(database_url: &str, redis_url: &str, variables: &[(&str, &str)]) -> Config {
    let defaults = [
        ("DATABASE_URL", database_url),
        ("REDIS_URL", redis_url),
        ("WILDSIDE_BIND", "127.0.0.1:0"),
        ("WILDSIDE_HTTP_THREADS", "2"),
        ("WILDSIDE_REQUESTS_PER_SECOND", "0"),
        ("WILDSIDE_SIGNUPS_PER_ADDRESS", "0"),
        ("SESSION_COOKIE_SECURE", "0"),
    ];
    let find = |name: &str| {
        let mut all = variables.iter().chain(&defaults);
        all.find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Config::from_lookup(&find).unwrap()
}
