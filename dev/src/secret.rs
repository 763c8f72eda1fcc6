//! Passwords and keys from the operating system's random numbers.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};

/// Random bytes of the operating system.
///
/// # Errors
///
/// Fails where there is no `/dev/urandom`.
pub fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Random digits, two for each of `N` bytes.
///
/// # Errors
///
/// Fails where there is no `/dev/urandom`.
pub fn password<const N: usize>() -> io::Result<String> {
    let bytes = random_bytes::<N>()?;
    Ok(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
