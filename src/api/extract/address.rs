//! Where a request comes from.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;

use crate::api::error::ApiError;
use crate::state::AppState;

/// The address of the client: that of the connection, unless a proxy that we trust names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Goes back along `X-Forwarded-For` as long as who vouches for the next address is trusted.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let mut address = peer.to_canonical();
        let hops: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for hop in hops.into_iter().rev() {
            if !trusted.iter().any(|network| network.contains(&address)) {
                break;
            }
            let Ok(next) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            address = next.to_canonical();
        }
        Self(address)
    }

    /// What limits count by: one IPv6 customer has a whole /64.
    pub fn limit_key(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
            }
        }
    }
}

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = req
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let trusted = req
            .app_data::<Data<AppState>>()
            .map_or(&[][..], |state| &state.http.trusted_proxies);
        ready(Ok(Self::of(peer, req.headers(), trusted)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn address(peer: &str, forwarded: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("x-forwarded-for"),
            HeaderValue::from_static(forwarded),
        );
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        ClientAddress::of(peer.parse().unwrap(), &headers, &trusted)
            .0
            .to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(address("10.0.0.1", "203.0.113.7"), "203.0.113.7");
        assert_eq!(address("203.0.113.9", "1.2.3.4"), "203.0.113.9");
    }

    #[test]
    fn what_a_client_forged_in_front_is_ignored() {
        assert_eq!(
            address("10.0.0.1", "1.2.3.4, 203.0.113.7, 10.0.0.2"),
            "203.0.113.7"
        );
        assert_eq!(address("::ffff:10.0.0.1", "1.2.3.4, nonsense"), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let key = |text: &str| ClientAddress(text.parse().unwrap()).limit_key();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    }
}
