/// A TCP port on loopback that nobody listened on a moment ago.
///
/// Another process may take it before the caller does, so a server that fails to bind is to be tried again with
/// another port.
pub fn free_port() -> u16 {
    wildside_dev::ports::free_port().expect("one of a hundred random ports is free")
}
