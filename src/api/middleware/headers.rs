//! Headers that tell browsers to be careful with what we send.

use std::time::Duration;

use actix_web::middleware::DefaultHeaders;

/// An API: nothing of it is to be framed, sniffed, run, or kept unless it says so. Pages of our own loosen the policy for
/// themselves. Browsers that have come by HTTPS are to do so for `hsts`; of other names under the same domain we know nothing.
pub fn security_headers(hsts: Option<Duration>) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Resource-Policy", "same-site"))
        .add(("Cache-Control", "no-store"))
        .add((
            "Content-Security-Policy",
            "default-src 'none'; frame-ancestors 'none'",
        ));
    match hsts {
        Some(hsts) => headers.add((
            "Strict-Transport-Security",
            format!("max-age={}", hsts.as_secs()),
        )),
        None => headers,
    }
}
