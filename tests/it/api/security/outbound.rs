//! Outbound requests of the server: to the addresses of its configuration and nowhere else. Overpass: see `tests/it/overpass.rs`.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::report;
use crate::api::app::TestApp;

#[actix_web::test]
async fn a_redirect_of_the_analytics_is_not_followed() {
    let analytics = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", analytics.local_addr().unwrap());
    let app = TestApp::with(&[("POSTHOG_API_KEY", "phc_key"), ("POSTHOG_HOST", &host)]);
    let location = format!("http://{}/latest/meta-data", inner.local_addr().unwrap());
    for status in ["302 Found", "307 Temporary Redirect"] {
        app.user(&status[..3]).await;
        let (mut stream, _) = timeout(Duration::from_secs(10), analytics.accept())
            .await
            .expect("no event came")
            .unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        assert!(request[..length].starts_with(b"POST /batch/ HTTP/1.1"));
        let answer = format!(
            "HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        // A client that follows would be there within milliseconds.
        let followed = timeout(Duration::from_millis(500), inner.accept()).await;
        report(
            &format!("the analytics answer {status} to an inner address"),
            if followed.is_ok() {
                "followed"
            } else {
                "not followed"
            },
        );
        assert!(followed.is_err(), "the redirect was followed");
    }
}
