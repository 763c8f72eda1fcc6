//! Address of the client, behind trusted proxies.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::config::{ForwardedHeader, HttpConfig};

/// The address of the client: that of the connection, unless a proxy that we trust names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Goes back along the hops that proxies have noted, from the last, as long as who vouches for the next is trusted. What
    /// can't be understood ends the way: before it is only what a client may have written itself.
    pub fn of(peer: IpAddr, headers: &HeaderMap, config: &HttpConfig) -> Self {
        let mut address = peer.to_canonical();
        let lines: Vec<&[u8]> = headers
            .get_all(config.forwarded_header.name())
            .map(HeaderValue::as_bytes)
            .collect();
        let hops = lines
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(|b| *b == b','));
        for hop in hops {
            if !config.is_trusted(address) {
                break;
            }
            let Some(next) = understood(hop, config.forwarded_header) else {
                break;
            };
            address = next.to_canonical();
        }
        Self(address)
    }

    /// Key that limits count by: one IPv6 customer has a whole /64.
    pub fn limit_key(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
            }
        }
    }
}

/// The address in one element of a header.
fn understood(hop: &[u8], header: ForwardedHeader) -> Option<IpAddr> {
    let hop = str::from_utf8(hop).ok()?;
    match header {
        ForwardedHeader::XForwardedFor => node(hop),
        ForwardedHeader::Forwarded => hop.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let is_for = name.trim().eq_ignore_ascii_case("for");
            is_for.then(|| node(value)).flatten()
        }),
    }
}

/// An address, alone or with a port, bare or between quotes; no other name of a node says where it is.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let without_port = || text.parse().map(|address: SocketAddr| address.ip()).ok();
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(without_port).or_else(in_brackets)
}

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = req
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let address = match req.app_data::<Data<AppState>>() {
            Some(state) => Self::of(peer, req.headers(), &state.http),
            None => Self(peer.to_canonical()),
        };
        ready(Ok(address))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;
    use proptest::prelude::*;

    use super::*;
    use crate::config::Config;

    fn config(header: &str) -> HttpConfig {
        let variables = [
            ("DATABASE_URL", "postgres://h/d"),
            ("REDIS_URL", "redis://h"),
            ("WILDSIDE_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8"),
            ("WILDSIDE_FORWARDED_HEADER", header),
        ];
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::from_lookup(&find).unwrap().http
    }

    fn address_of(peer: &str, header: &'static str, lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let value = HeaderValue::from_bytes(line).unwrap();
            headers.append(HeaderName::from_static(header), value);
        }
        ClientAddress::of(peer.parse().unwrap(), &headers, &config(header))
            .0
            .to_string()
    }

    fn address(peer: &str, forwarded: &str) -> String {
        address_of(peer, "x-forwarded-for", &[forwarded.as_bytes()])
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(address("10.0.0.1", "203.0.113.7"), "203.0.113.7");
        assert_eq!(address("203.0.113.9", "1.2.3.4"), "203.0.113.9");
    }

    #[test]
    fn what_a_client_forged_in_front_is_ignored() {
        for forged in ["1.2.3.4", "nonsense", "\"", "10.0.0.3", "[", ";,;"] {
            let forwarded = format!("{forged}, 203.0.113.7, 10.0.0.2");
            assert_eq!(address("10.0.0.1", &forwarded), "203.0.113.7", "{forged}");
        }
        assert_eq!(address("::ffff:10.0.0.1", "1.2.3.4, nonsense"), "10.0.0.1");
        assert_eq!(
            address("10.0.0.1", "1.2.3.4, nonsense, 10.0.0.2"),
            "10.0.0.2"
        );
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing() {
        let line = b"\xff\xfe, 203.0.113.7";
        assert_eq!(
            address_of("10.0.0.1", "x-forwarded-for", &[line]),
            "203.0.113.7"
        );
    }

    #[test]
    fn lines_are_one_list() {
        let lines: [&[u8]; 3] = [b"1.2.3.4", b"203.0.113.7, 10.0.0.3", b"10.0.0.2"];
        assert_eq!(
            address_of("10.0.0.1", "x-forwarded-for", &lines),
            "203.0.113.7"
        );
    }

    #[test]
    fn addresses_may_have_ports() {
        for (hop, expected) in [
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            (" ::ffff:203.0.113.7 ", "203.0.113.7"),
            ("203.0.113.7:", "10.0.0.1"),
            ("203.0.113.7:99999", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("unknown", "10.0.0.1"),
        ] {
            assert_eq!(address("10.0.0.1", hop), expected, "{hop}");
        }
    }

    #[test]
    fn the_standard_header_is_understood_where_it_is_configured() {
        let address = |line: &str| address_of("10.0.0.1", "forwarded", &[line.as_bytes()]);
        for (line, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("proto=https;for=203.0.113.7;by=10.0.0.1", "203.0.113.7"),
            ("for=1.2.3.4, for=203.0.113.7, for=10.0.0.2", "203.0.113.7"),
            ("for=\"1.2.3.4, for=203.0.113.7", "203.0.113.7"),
            ("for=1.2.3.4, for=unknown", "10.0.0.1"),
            ("for=1.2.3.4, for=_hidden", "10.0.0.1"),
            ("for=1.2.3.4, by=10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(address(line), expected, "{line}");
        }
        // The other header may be a client's own.
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("forwarded"),
            HeaderValue::from_static("for=1.2.3.4"),
        );
        let peer = "10.0.0.1".parse().unwrap();
        let address = ClientAddress::of(peer, &headers, &config("x-forwarded-for"));
        assert_eq!(address.0, peer);
    }

    proptest! {
        /// However it writes its address, a client is counted as what the proxy saw.
        #[test]
        fn no_text_leads_past_the_proxy(forged in "[ -~]{0,60}", port in proptest::bool::ANY) {
            let seen = if port { "203.0.113.7:4711" } else { "203.0.113.7" };
            let line = format!("{forged}, {seen}");
            prop_assert_eq!(address("10.0.0.1", &line), "203.0.113.7");
            let line = format!("{forged}, for={seen}");
            prop_assert_eq!(address_of("10.0.0.1", "forwarded", &[line.as_bytes()]), "203.0.113.7");
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let key = |text: &str| ClientAddress(text.parse().unwrap()).limit_key();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    }
}
