//! A browser that costs next to nothing: it shares the machine with what is measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::city::City;
use crate::view::Tile;

/// Connections of a browser to one host.
const CONNECTIONS: usize = 6;

/// Connections that are kept open, each with one request under way at a time.
pub(crate) struct Browser<'a> {
    city: &'a City,
    connections: Vec<Connection>,
}

/// A tile that came.
pub(crate) struct Answer<'a> {
    pub(crate) tile: &'a Tile,
    /// Bytes sent, compressed.
    pub(crate) size: usize,
    pub(crate) took: Duration,
}

impl<'a> Browser<'a> {
    /// `url` is such as `http://127.0.0.1:20000/tiles`.
    pub(crate) fn open(url: &str, city: &'a City) -> Self {
        let address = url.trim_start_matches("http://").trim_end_matches("/tiles");
        let connections = (0..CONNECTIONS).map(|_| Connection::open(address));
        Self {
            city,
            connections: connections.collect(),
        }
    }

    /// Asks for tiles on all connections.
    pub(crate) fn show<'t>(&mut self, tiles: &'t [Tile]) -> Vec<Answer<'t>> {
        let waiting = Mutex::new(tiles.iter());
        let answers = Mutex::new(Vec::new());
        let next = || waiting.lock().unwrap().next();
        std::thread::scope(|scope| {
            for connection in &mut self.connections {
                scope.spawn(|| {
                    while let Some(tile) = next() {
                        let answer = connection.get(tile, self.city);
                        answers.lock().unwrap().push(answer);
                    }
                });
            }
        });
        answers.into_inner().unwrap()
    }

    /// Asks for one tile, and for nothing else meanwhile.
    pub(crate) fn show_alone<'t>(&mut self, tile: &'t Tile) -> Answer<'t> {
        self.connections[0].get(tile, self.city)
    }
}

struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            address: address.to_owned(),
            stream: BufReader::with_capacity(1 << 16, stream),
        }
    }

    fn get<'t>(&mut self, tile: &'t Tile, city: &City) -> Answer<'t> {
        let path = city.path(tile);
        let request =
            format!("GET /tiles/{path} HTTP/1.1\r\nHost: city\r\nAccept-Encoding: gzip\r\n\r\n");
        let start = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let head = self.read_head();
        let size = length(&head);
        self.stream.read_exact(&mut vec![0; size]).unwrap();
        let took = start.elapsed();
        // As nginx does after a thousand requests.
        if head.contains("connection: close") {
            *self = Self::open(&self.address);
        }
        Answer { tile, size, took }
    }

    fn read_head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.stream.read_line(&mut head).unwrap() > 0, "{head}");
        }
        head.to_ascii_lowercase()
    }
}

/// Length of the body after a head.
fn length(head: &str) -> usize {
    if head.starts_with("http/1.1 204 ") {
        return 0;
    }
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let (_, length) = head.split_once("content-length: ").unwrap();
    length.lines().next().unwrap().parse().unwrap()
}
