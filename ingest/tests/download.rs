//! Downloads from a server that breaks off, changes its mind and lies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use wildside_ingest::download::{DownloadError, download, region_url};

/// A file on the server.
#[derive(Clone, Default)]
struct Served {
    body: Vec<u8>,
    etag: &'static str,
    /// So many bytes of an answer are sent before the connection breaks, that many times.
    breaks: Vec<usize>,
}

/// A server of a few files, by path; it notes the ranges asked for.
#[derive(Clone, Default)]
struct Server {
    files: Arc<Mutex<HashMap<String, Served>>>,
    ranges: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(self) -> String {
        let listener =
            TcpListener::bind(("127.0.0.1", wildside_test_support::free_port())).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                self.answer(connection.unwrap());
            }
        });
        format!("http://{address}")
    }

    fn put(&self, path: &str, served: Served) {
        self.files.lock().unwrap().insert(path.to_owned(), served);
    }

    fn answer(&self, mut connection: TcpStream) {
        let mut lines = BufReader::new(connection.try_clone().unwrap())
            .lines()
            .map(Result::unwrap);
        let request = lines.next().unwrap_or_default();
        let headers: Vec<_> = lines
            .take_while(|line| !line.is_empty())
            .map(|line| line.to_lowercase())
            .collect();
        let header = |name: &str| {
            headers
                .iter()
                .find_map(|line| line.strip_prefix(name))
                .map(|value| value.trim().to_owned())
        };
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut files = self.files.lock().unwrap();
        let Some(file) = files.get_mut(&path) else {
            let _ = connection.write_all(
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
            return;
        };
        let same = header("if-range:").is_none_or(|tag| tag == file.etag);
        let start = header("range: bytes=").filter(|_| same).and_then(|range| {
            self.ranges.lock().unwrap().push(range.clone());
            range.trim_end_matches('-').parse::<usize>().ok()
        });
        if start.is_some_and(|start| start >= file.body.len()) {
            let head = format!(
                "HTTP/1.1 416 Range Not Satisfiable\r\ncontent-range: bytes */{}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                file.body.len()
            );
            let _ = connection.write_all(head.as_bytes());
            return;
        }
        let body = &file.body[start.unwrap_or(0)..];
        let status = if start.is_some() {
            "206 Partial Content"
        } else {
            "200 OK"
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: {}\r\nconnection: close\r\n\r\n",
            body.len(),
            file.etag
        );
        let sent = if file.breaks.is_empty() {
            body.len()
        } else {
            file.breaks.remove(0)
        };
        let _ = connection.write_all(head.as_bytes());
        let _ = connection.write_all(&body[..sent.min(body.len())]);
    }
}

const BODY: &[u8] = b"hello extract";
/// A checksum, though not the body's.
const OTHER_SUM: &str = "3f8bdd5c8f4d5f0d9b9d7d6a5a1b9f61";

fn sum_of(body: &[u8]) -> String {
    use md5::Digest;
    let [high, low] = [0..8, 8..16].map(|half| md5::Md5::digest(body)[half].try_into().unwrap());
    format!(
        "{:016x}{:016x}",
        u64::from_be_bytes(high),
        u64::from_be_bytes(low)
    )
}

fn served(body: &[u8], breaks: &[usize]) -> Served {
    Served {
        body: body.to_vec(),
        etag: "\"one\"",
        breaks: breaks.to_vec(),
    }
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let (server, folder) = (Server::default(), tempfile::tempdir().unwrap());
    let body: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
    server.put("/x-latest.osm.pbf", served(&body, &[70_000, 50_000]));
    server.put(
        "/x-latest.osm.pbf.md5",
        served(format!("{}  x.osm.pbf\n", sum_of(&body)).as_bytes(), &[]),
    );
    let url = format!("{}/x-latest.osm.pbf", server.clone().start());
    let file = download(&url, folder.path(), &|_| {}).await.unwrap();
    assert_eq!(std::fs::read(file).unwrap(), body);
    assert_eq!(*server.ranges.lock().unwrap(), ["70000-", "120000-"]);
}

#[tokio::test]
async fn what_is_there_already_is_not_fetched_again() {
    let (server, folder) = (Server::default(), tempfile::tempdir().unwrap());
    server.put(
        "/x.osm.pbf.md5",
        served(format!("{}  x.osm.pbf", sum_of(BODY)).as_bytes(), &[]),
    );
    std::fs::write(folder.path().join("x.osm.pbf"), BODY).unwrap();
    let url = format!("{}/x.osm.pbf", server.start());
    // The server does not even have the file.
    assert_eq!(
        std::fs::read(download(&url, folder.path(), &|_| {}).await.unwrap()).unwrap(),
        BODY
    );
}

#[tokio::test]
async fn what_came_whole_but_did_not_get_its_name_is_not_fetched_again() {
    let (server, folder) = (Server::default(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("x.osm.pbf.part"), BODY).unwrap();
    std::fs::write(folder.path().join("x.osm.pbf.part.version"), "\"one\"").unwrap();
    server.put("/x.osm.pbf", served(BODY, &[]));
    let url = format!("{}/x.osm.pbf", server.clone().start());
    let file = download(&url, folder.path(), &|_| {}).await.unwrap();
    assert_eq!(std::fs::read(file).unwrap(), BODY);
    assert_eq!(*server.ranges.lock().unwrap(), ["13-"]);
}

#[tokio::test]
async fn a_file_that_changed_on_the_server_is_fetched_from_its_beginning() {
    let (server, folder) = (Server::default(), tempfile::tempdir().unwrap());
    std::fs::write(
        folder.path().join("x.osm.pbf.part"),
        b"an older and longer beginning",
    )
    .unwrap();
    std::fs::write(folder.path().join("x.osm.pbf.part.version"), "\"zero\"").unwrap();
    server.put("/x.osm.pbf", served(BODY, &[]));
    let url = format!("{}/x.osm.pbf", server.start());
    assert_eq!(
        std::fs::read(download(&url, folder.path(), &|_| {}).await.unwrap()).unwrap(),
        BODY
    );
}

#[tokio::test]
async fn a_wrong_checksum_and_a_missing_file_are_errors_and_leave_nothing() {
    let (server, folder) = (Server::default(), tempfile::tempdir().unwrap());
    server.put("/x.osm.pbf", served(BODY, &[]));
    server.put("/x.osm.pbf.md5", served(OTHER_SUM.as_bytes(), &[]));
    let base = server.start();
    let wrong = download(&format!("{base}/x.osm.pbf"), folder.path(), &|_| {})
        .await
        .unwrap_err();
    assert!(matches!(wrong, DownloadError::Checksum { .. }), "{wrong}");
    let missing = download(&format!("{base}/y.osm.pbf"), folder.path(), &|_| {})
        .await
        .unwrap_err();
    assert!(missing.to_string().contains("404"), "{missing}");
    assert!(
        !folder.path().join("x.osm.pbf").exists() && !folder.path().join("x.osm.pbf.part").exists()
    );
}

#[tokio::test]
async fn regions_are_found_by_name_and_by_path() {
    let server = Server::default();
    let index = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"id":"scotland","parent":"united-kingdom","urls":{"pbf":"https://download.example/europe/united-kingdom/scotland-latest.osm.pbf"}}},
        {"type":"Feature","properties":{"id":"us/georgia","urls":{"pbf":"https://download.example/us/georgia-latest.osm.pbf"}}}]}"#;
    server.put("/index-v1-nogeom.json", served(index.as_bytes(), &[]));
    let mirror = server.start();
    let found = region_url(&mirror, "Scotland").await.unwrap();
    assert_eq!(
        found,
        "https://download.example/europe/united-kingdom/scotland-latest.osm.pbf"
    );
    assert_eq!(
        region_url(&mirror, "europe/monaco").await.unwrap(),
        format!("{mirror}/europe/monaco-latest.osm.pbf")
    );
    let unknown = region_url(&mirror, "scot").await.unwrap_err();
    assert!(
        unknown.to_string().contains("did you mean scotland"),
        "{unknown}"
    );
}
