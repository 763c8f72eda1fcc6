//! Digest of all that decides whether a load would change anything.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use wildside_engine::places::catalogue;

use crate::area::Polygon;
use crate::extract::{Access, ExtractError};

/// Grows with each change of the rules that are code, not catalogue or access table: how ways are cut, how places are located.
const RULES: u32 = 11;

/// SHA-256 of the file, the area and the rules by which both are read, in hexadecimal.
///
/// # Errors
/// [`ExtractError::Io`]: the file can't be read.
pub fn digest(file: &Path, area: Option<&Polygon>) -> Result<String, ExtractError> {
    let mut hash = Sha256::new();
    hash_file(file, &mut hash).map_err(|fault| ExtractError::Io {
        path: file.to_owned(),
        fault,
    })?;
    hash.update(area.map_or_else(String::new, Polygon::to_wkt));
    hash.update(catalogue().text());
    hash.update(Access::text());
    hash.update(RULES.to_le_bytes());
    Ok(hex(&hash.finalize()))
}

/// Adds the whole file to the hash.
pub(crate) fn hash_file(path: &Path, hash: &mut impl Digest) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => hash.update(&buffer[..read]),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
