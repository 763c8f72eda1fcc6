//! Health checks over HTTP.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// Test that somebody accepts connections at `host:port`.
pub fn listens(address: &str) -> bool {
    connect(address).is_ok()
}

/// Test that a GET of `path` at `host:port` is answered with 200.
pub fn answers(address: &str, path: &str) -> bool {
    get(address, path).is_ok_and(|head| head.starts_with(b"HTTP/1.1 200 "))
}

fn get(address: &str, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = vec![0; "HTTP/1.1 200 ".len()];
    stream.read_exact(&mut head)?;
    Ok(head)
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
