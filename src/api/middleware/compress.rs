//! Compression of answers that gain by it.

use actix_http::encoding::Encoder;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AcceptEncoding, ContentEncoding, Encoding};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};

/// A smaller body goes in one packet as it is, and to set up a compressor takes longer than to send it.
const WORTHWHILE_BYTES: u64 = 1024;

/// Compresses all but short answers, in the way that the client likes best.
///
/// # Errors
/// Those of the service.
pub async fn compress<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Encoder<B>>, Error> {
    let response = next.call(req).await?;
    let encoding = match response.response().body().size() {
        BodySize::Stream | BodySize::Sized(WORTHWHILE_BYTES..) => negotiated(response.request()),
        _ => ContentEncoding::Identity,
    };
    Ok(response.map_body(|head, body| Encoder::response(encoding, head, body)))
}

/// A client that wants none of ours gets the body as it is.
fn negotiated(request: &HttpRequest) -> ContentEncoding {
    let ours = [
        Encoding::identity(),
        Encoding::brotli(),
        Encoding::gzip(),
        Encoding::deflate(),
        Encoding::zstd(),
    ];
    let accepted = request.get_header::<AcceptEncoding>();
    match accepted.and_then(|accepted| accepted.negotiate(ours.iter())) {
        Some(Encoding::Known(encoding)) => encoding,
        _ => ContentEncoding::Identity,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    use super::*;

    /// The encoding in which an answer of so many bytes comes.
    async fn encoding_of(bytes: usize, accepted: &str) -> Option<String> {
        let answer = move || async move { HttpResponse::Ok().body("a".repeat(bytes)) };
        let app = App::new()
            .wrap(from_fn(compress))
            .default_service(web::to(answer));
        let request = TestRequest::default().insert_header((ACCEPT_ENCODING, accepted));
        let response = call_service(&init_service(app).await, request.to_request()).await;
        let encoding = response.headers().get(CONTENT_ENCODING)?;
        Some(encoding.to_str().unwrap().to_owned())
    }

    #[actix_web::test]
    async fn short_answers_are_sent_as_they_are() {
        assert_eq!(encoding_of(1023, "gzip, br").await, None);
        assert_eq!(encoding_of(1024, "gzip").await.as_deref(), Some("gzip"));
    }

    #[actix_web::test]
    async fn the_client_chooses() {
        let preferred = encoding_of(5000, "gzip;q=0.5, br").await;
        assert_eq!(preferred.as_deref(), Some("br"));
        assert_eq!(encoding_of(5000, "identity").await, None);
        assert_eq!(encoding_of(5000, "compress").await, None);
        assert_eq!(encoding_of(5000, "").await, None);
    }
}
