use std::net::{Ipv4Addr, TcpListener};

use crate::secret::random_bytes;

/// Ports from 32768 up are handed out to outgoing connections, so a server there sometimes fails to bind.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A TCP port on loopback that nobody listened on a moment ago.
///
/// Another process may take it before the caller does, so a server that fails to bind is to be tried again with
/// another port.
pub fn free_port() -> u16 {
    (0..100)
        .map(|_| FIRST + u16::from_le_bytes(random_bytes()) % COUNT)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("one of a hundred random ports is free")
}
