//! Bytes that no decent client sends: requests that two servers may read in two ways, paths that climb, heads too big.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::report;
use crate::api::app::TestApp;

/// All that comes back until the server ends the connection, or says nothing for a while.
fn exchange(address: SocketAddr, request: &[u8]) -> (String, bool) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    // A server that has read enough to refuse may end the connection before all is sent.
    let _ = stream.write_all(request);
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (String::from_utf8_lossy(&answer).into_owned(), true),
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
            Err(error) => {
                let ended = error.kind() == std::io::ErrorKind::ConnectionReset;
                return (String::from_utf8_lossy(&answer).into_owned(), ended);
            }
        }
    }
}

/// The statuses of the answers in a stream of bytes.
fn statuses(answer: &str) -> Vec<u16> {
    answer
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| answer[at + 9..at + 12].parse().unwrap())
        .collect()
}

/// A login whose framing is said in `headers`, with `body`.
fn login(headers: &str, body: &str) -> String {
    format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{headers}\r\n{body}"
    )
}

/// Hidden behind a request: whoever answers it was led astray.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

#[actix_web::test]
async fn requests_that_can_be_read_in_two_ways_are_refused() {
    let app = TestApp::spawn();
    let chunked = format!("0\r\n\r\n{SMUGGLED}");
    let cases = [
        (
            "length and chunks",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            chunked.as_str(),
        ),
        (
            "chunks and length",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            &chunked,
        ),
        (
            "two lengths",
            "Content-Length: 0\r\nContent-Length: 39\r\n",
            SMUGGLED,
        ),
        (
            "two equal lengths",
            "Content-Length: 2\r\nContent-Length: 2\r\n",
            "{}",
        ),
        ("a list of lengths", "Content-Length: 2, 39\r\n", "{}"),
        ("a signed length", "Content-Length: +2\r\n", "{}"),
        ("a negative length", "Content-Length: -1\r\n", SMUGGLED),
        ("a hexadecimal length", "Content-Length: 0x2\r\n", "{}"),
        (
            "a length beyond 64 bits",
            "Content-Length: 18446744073709551618\r\n",
            "{}",
        ),
        (
            "an unknown coding",
            "Transfer-Encoding: xchunked\r\n",
            &chunked,
        ),
        (
            "two codings",
            "Transfer-Encoding: gzip, chunked\r\n",
            &chunked,
        ),
        (
            "chunked, then identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            &chunked,
        ),
        (
            "a space before the colon",
            "Transfer-Encoding : chunked\r\n",
            &chunked,
        ),
        (
            "a folded line",
            "X-A: b\r\n Transfer-Encoding: chunked\r\n",
            &chunked,
        ),
        (
            "a bare carriage return",
            "X-A: b\rTransfer-Encoding: chunked\r\n",
            &chunked,
        ),
        ("NUL in a header", "X-A: b\0c\r\n", ""),
        ("two hosts", "Host: other\r\nContent-Length: 2\r\n", "{}"),
        (
            "a chunk size with a prefix",
            "Transfer-Encoding: chunked\r\n",
            "0x2\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "a signed chunk size",
            "Transfer-Encoding: chunked\r\n",
            "+2\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "a chunk size beyond 64 bits",
            "Transfer-Encoding: chunked\r\n",
            "10000000000000002\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "a chunk that is longer than it says",
            "Transfer-Encoding: chunked\r\n",
            "1\r\n{}\r\n0\r\n\r\n",
        ),
    ];
    for (name, headers, body) in cases {
        let request = login(headers, body);
        let (answer, ended) = exchange(app.address, request.as_bytes());
        report(
            &format!("{name}, then a second request"),
            format_args!("{:?} closed: {ended}", statuses(&answer)),
        );
        assert_eq!(statuses(&answer), [400], "{name}: {answer}");
        assert!(ended, "{name}: the connection stays open");
    }
}

#[actix_web::test]
async fn what_is_well_framed_is_read_once_and_to_its_end() {
    let app = TestApp::spawn();
    let length = format!("Content-Length: {}\r\n", SMUGGLED.len());
    let chunk = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    let cases = [
        ("a body that is refused", login(&length, SMUGGLED)),
        (
            "a body of the wrong kind",
            login(&format!("{length}Content-Encoding: gzip\r\n"), SMUGGLED),
        ),
        (
            "a body nobody reads",
            format!("GET /healthz HTTP/1.1\r\nHost: h\r\n{length}\r\n{SMUGGLED}"),
        ),
        (
            "a body in chunks",
            login("Transfer-Encoding: chunked\r\n", &chunk),
        ),
        (
            "an old version with chunks",
            login("Transfer-Encoding: chunked\r\n", "0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"),
        ),
        ("no host", "GET /healthz HTTP/1.1\r\n\r\n".to_owned()),
    ];
    for (name, request) in cases {
        let (answer, _) = exchange(app.address, request.as_bytes());
        report(name, format_args!("{:?}", statuses(&answer)));
        assert_eq!(statuses(&answer).len(), 1, "{name}: {answer}");
    }
}

#[actix_web::test]
async fn no_path_leads_out_of_the_pages() {
    let app = TestApp::spawn();
    for path in [
        "/docs/../Cargo.toml",
        "/docs/../../../../etc/passwd",
        "/docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/docs/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/..%5c..%5cetc%5cpasswd",
        "/docs/%252e%252e/etc/passwd",
        "/docs//etc/passwd",
        "/docs/....//....//etc/passwd",
        "/docs/%c0%ae%c0%ae/etc/passwd",
        "/docs/index.html%00.png",
        "/admin/../../etc/passwd",
        "/admin/page.js/../../Cargo.toml",
        "//etc/passwd",
        "/..;/etc/passwd",
        "http://127.0.0.1:1/latest/meta-data",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let (answer, _) = exchange(app.address, request.as_bytes());
        report(path, format_args!("{:?}", statuses(&answer)));
        assert!(
            matches!(statuses(&answer)[..], [400 | 404]),
            "{path}: {answer}"
        );
        assert!(
            !answer.contains("root:") && !answer.contains("[workspace]"),
            "{path}: {answer}"
        );
    }
}

#[actix_web::test]
async fn heads_have_an_end() {
    let app = TestApp::spawn();
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n")
    };
    let many: String = "X-Header: y\r\n".repeat(200);
    let cases = [
        ("200 headers", get("/healthz", &many), vec![400, 431]),
        (
            "a header of 200 KB",
            get("/healthz", &format!("X: {}\r\n", "y".repeat(200_000))),
            vec![400, 431],
        ),
        (
            "a name of 70 KB",
            get("/healthz", &format!("{}: y\r\n", "X".repeat(70_000))),
            vec![400, 431],
        ),
        (
            "a cookie of 100 KB",
            get(
                "/api/v1/users/me",
                &format!("Cookie: session={}\r\n", "y".repeat(100_000)),
            ),
            vec![400, 401, 431],
        ),
        (
            "a path of 70 KB",
            get(&format!("/{}", "y".repeat(70_000)), ""),
            vec![400, 404, 414],
        ),
        (
            "20,000 parameters",
            get(&format!("/api/v1/pois?{}", "a&".repeat(20_000)), ""),
            vec![400],
        ),
        (
            "no HTTP",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}".to_owned() + "\r\n\r\n",
            vec![400],
        ),
        (
            "a method of 1,000 letters",
            get("/healthz", "").replacen("GET", &"G".repeat(1_000), 1),
            vec![400, 404, 405],
        ),
        (
            "TRACE",
            get("/healthz", "Cookie: session=x\r\n").replacen("GET", "TRACE", 1),
            vec![405],
        ),
        (
            "CONNECT",
            get("evil.example:443", "").replacen("GET", "CONNECT", 1),
            vec![400, 404, 405],
        ),
    ];
    for (name, request, allowed) in cases {
        let (answer, ended) = exchange(app.address, request.as_bytes());
        let statuses = statuses(&answer);
        report(name, format_args!("{statuses:?} closed: {ended}"));
        // What follows a CONNECT would be a tunnel's; the keep-alive time ends it.
        assert!(ended || name == "CONNECT", "{name}");
        assert!(
            statuses.len() == 1 && allowed.contains(&statuses[0]),
            "{name}: {answer:.500}"
        );
        assert!(answer.len() < 64 * 1024, "{name} is answered at length");
    }
    let name = format!("{}: y\r\n", "X".repeat(70_000));
    let second = format!(
        "GET /docs/ HTTP/1.1\r\nHost: h\r\n\r\n{}",
        get("/healthz", &name)
    );
    let (answer, ended) = exchange(app.address, second.as_bytes());
    assert_eq!((statuses(&answer), ended), (vec![200, 400], true));
    assert_eq!(app.client().get("/healthz").await.status.as_u16(), 200);
}
