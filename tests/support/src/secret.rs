use std::fmt::Write;
use std::fs::File;
use std::io::Read;

/// Random bytes of the operating system.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .expect("/dev/urandom gives random bytes");
    bytes
}

/// A password that no other server on the machine has.
pub(crate) fn password() -> String {
    random_bytes::<16>()
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
