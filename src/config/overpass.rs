//! The Overpass API that enrichment asks.

use reqwest::Url;

use super::Reader;

/// * `OVERPASS_URL`: addresses of servers or their interpreters, separated by commas, tried in order (default: none;
///   enrichment is off)
/// * `OVERPASS_CONTACT`: e-mail address or page of whoever runs this, sent in `User-Agent`; public servers ask for it
/// * `OVERPASS_REQUESTS_A_DAY`: of all workers together (default 2000)
/// * `OVERPASS_MEGABYTES_A_DAY`: of all workers together (default 500)
/// * `ENRICHMENT_MIN_PLACES`: with fewer places of a theme around a walk, more are looked for (default 12)
#[derive(Debug, Clone)]
pub struct OverpassConfig {
    pub urls: Vec<Url>,
    pub contact: String,
    pub requests_a_day: u64,
    pub bytes_a_day: u64,
    pub min_places: usize,
}

impl OverpassConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let addresses: Vec<String> = reader.list("OVERPASS_URL");
        let mut urls = Vec::new();
        for address in &addresses {
            match address.parse::<Url>() {
                Ok(url) if matches!(url.scheme(), "http" | "https") => urls.push(interpreter(url)),
                _ => reader.fault(
                    "OVERPASS_URL",
                    format_args!("`{address}` is no address that begins with http:// or https://"),
                ),
            }
        }
        let contact = reader.text("OVERPASS_CONTACT").unwrap_or_default();
        if !contact.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            reader.fault("OVERPASS_CONTACT", "only ASCII can be sent in a header");
        }
        Self {
            urls,
            contact,
            requests_a_day: reader.within("OVERPASS_REQUESTS_A_DAY", 1..=10_000_000, 2_000),
            bytes_a_day: reader.within::<u64>("OVERPASS_MEGABYTES_A_DAY", 1..=1_000_000, 500) << 20,
            min_places: reader.within("ENRICHMENT_MIN_PLACES", 1..=1_000, 12),
        }
    }
}

/// The interpreter of a server that is given as `https://host` or `https://host/api`; another path is taken as it is.
fn interpreter(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    match path.as_str() {
        "" => url.set_path("/api/interpreter"),
        api if api.ends_with("/api") => url.set_path(&format!("{api}/interpreter")),
        other => url.set_path(other),
    }
    url
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_server_is_known_by_its_interpreter() {
        for (given, asked) in [
            ("https://a.example", "https://a.example/api/interpreter"),
            (
                "https://a.example/api/",
                "https://a.example/api/interpreter",
            ),
            (
                "https://a.example/api/interpreter",
                "https://a.example/api/interpreter",
            ),
            (
                "https://a.example/x/interpreter/",
                "https://a.example/x/interpreter",
            ),
            (
                "http://a.example:81/cgi-bin/interpreter",
                "http://a.example:81/cgi-bin/interpreter",
            ),
        ] {
            assert_eq!(interpreter(given.parse().unwrap()).as_str(), asked);
        }
    }
}
