//! TCP ports that are free.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::secret::random_bytes;

/// Ports from 32768 up are handed out to outgoing connections, so a server there sometimes fails to bind.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A TCP port on loopback that nobody listened on a moment ago.
///
/// Another process may take it before the caller does, so a server that fails to bind is to be tried again with
/// another port.
///
/// # Errors
///
/// Fails when none of a hundred is free.
pub fn free_port() -> io::Result<u16> {
    for _ in 0..100 {
        let port = FIRST + u16::from_le_bytes(random_bytes()?) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other("none of a hundred random ports is free"))
}
