//! Answers, good and bad, as a real server (0.7.62) writes them.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::OverpassFault;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const BOMB_BYTES: usize = 100 << 20;
const DISPATCHER_OFF: &str =
    "runtime error: The dispatcher (i.e. the database management system) is turned off. ";
const RATE_LIMITED: &str = "runtime error: open64: 0 Success /osm3s_osm_base \
     Dispatcher_Client::request_read_and_idx::rate_limited. Please check /api/status for the quota of your IP address. ";
const PROTOCOL_ERROR: &str = "runtime error: open64: 0 Success /osm3s_osm_base \
     Dispatcher_Client::request_read_and_idx::protocol_error. ";

/// Writes what the fault makes of the elements that were found, or of the fault in the query.
pub(super) async fn write(
    stream: &mut TcpStream,
    fault: &OverpassFault,
    found: Result<Vec<String>, String>,
) -> std::io::Result<()> {
    let elements = match found {
        Ok(elements) => elements,
        Err(error) => {
            return send(stream, "400 Bad Request", HTML, "", page(&error).as_bytes()).await;
        }
    };
    let complete = answer(&elements, None);
    match fault {
        OverpassFault::None => send(stream, "200 OK", JSON, "", complete.as_bytes()).await,
        OverpassFault::RateLimited { retry_after } => {
            let body = page(RATE_LIMITED);
            refuse(
                stream,
                "429 Too Many Requests",
                retry_after.as_deref(),
                &body,
            )
            .await
        }
        OverpassFault::Busy { retry_after } => {
            let body = page(DISPATCHER_OFF);
            refuse(stream, "504 Gateway Timeout", retry_after.as_deref(), &body).await
        }
        OverpassFault::PageWithStatus200 => {
            send(stream, "200 OK", HTML, "", page(PROTOCOL_ERROR).as_bytes()).await
        }
        OverpassFault::BadQuery => {
            let error = page("line 1: parse error: Unexpected end of input. ");
            send(stream, "400 Bad Request", HTML, "", error.as_bytes()).await
        }
        OverpassFault::Remark => {
            let remark =
                "runtime error: Query timed out in \\\"query\\\" at line 1 after 16 seconds.";
            let half = answer(&elements[..elements.len() / 2], Some(remark));
            send(stream, "200 OK", JSON, "", half.as_bytes()).await
        }
        OverpassFault::Silence => forever().await,
        OverpassFault::Trickle => trickle(stream, complete.as_bytes()).await,
        OverpassFault::Truncated => truncated(stream, complete.as_bytes()).await,
        OverpassFault::Huge => huge(stream).await,
        OverpassFault::CompressedBomb => {
            send(
                stream,
                "200 OK",
                JSON,
                "Content-Encoding: gzip\r\n",
                &bomb()?,
            )
            .await
        }
        OverpassFault::Redirect(target) => {
            send(
                stream,
                "302 Found",
                HTML,
                &format!("Location: {target}\r\n"),
                b"",
            )
            .await
        }
        OverpassFault::Body(body) => send(stream, "200 OK", JSON, "", body.as_bytes()).await,
    }
}

fn answer(elements: &[String], remark: Option<&str>) -> String {
    let remark = remark
        .map(|text| format!(",\n\"remark\": \"{text}\""))
        .unwrap_or_default();
    format!(
        "{{\n  \"version\": 0.6,\n  \"generator\": \"Overpass API 0.7.62 7c32a7d5\",\n  \"osm3s\": {{\n    \
         \"timestamp_osm_base\": \"2023-12-25T21:21:00Z\"\n  }},\n  \"elements\": [\n{}\n  ]{remark}\n}}\n",
        elements.join(",\n")
    )
}

fn page(error: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html><head><title>OSM3S Response</title></head>\n<body>\n\
         <p><strong style=\"color:#FF0000\">Error</strong>: {error}</p>\n</body>\n</html>\n"
    )
}

async fn send(
    stream: &mut TcpStream,
    status: &str,
    content_type: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<()> {
    head(stream, status, content_type, headers, body.len()).await?;
    stream.write_all(body).await
}

async fn refuse(
    stream: &mut TcpStream,
    status: &str,
    retry_after: Option<&str>,
    body: &str,
) -> std::io::Result<()> {
    let header = retry_after.map(|when| format!("Retry-After: {when}\r\n"));
    send(
        stream,
        status,
        HTML,
        &header.unwrap_or_default(),
        body.as_bytes(),
    )
    .await
}

async fn head(
    stream: &mut TcpStream,
    status: &str,
    content_type: &str,
    headers: &str,
    length: usize,
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{headers}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await
}

async fn forever() -> std::io::Result<()> {
    std::future::pending().await
}

async fn trickle(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    head(stream, "200 OK", JSON, "", body.len()).await?;
    for byte in body {
        stream.write_all(&[*byte]).await?;
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

async fn truncated(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    head(stream, "200 OK", JSON, "", body.len()).await?;
    stream.write_all(&body[..body.len() / 2]).await
}

/// Until the client has had enough.
async fn huge(stream: &mut TcpStream) -> std::io::Result<()> {
    head(stream, "200 OK", JSON, "", BOMB_BYTES).await?;
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..BOMB_BYTES / spaces.len() {
        stream.write_all(&spaces).await?;
    }
    Ok(())
}

fn bomb() -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..BOMB_BYTES / zeros.len() {
        encoder.write_all(&zeros)?;
    }
    encoder.finish()
}
