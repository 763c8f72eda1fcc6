//! Forms of OpenStreetMap data that are not read, told by their first bytes, and what makes an extract of them.

/// Cure of blocks that are packed with lz4 or zstd.
pub(super) const OTHER_COMPRESSION: &str = "its blocks are compressed otherwise than with zlib; \
     `osmium cat FILE -o NEW.osm.pbf -f pbf,pbf_compression=zlib` writes it anew";

/// Cure of a file with all versions of all objects.
pub(super) const HISTORY: &str = "it holds the history of a map; \
     `osmium time-filter FILE -o NEW.osm.pbf` takes one moment out of it";

const XML: &str = "it is XML; `osmium cat FILE -o NEW.osm.pbf` makes a PBF of it";
const CHANGES: &str = "it is a list of changes, not a map; `osmium apply-changes MAP.osm.pbf FILE -o NEW.osm.pbf` applies \
     them to one";
const O5M: &str = "it is o5m; `osmium cat FILE -o NEW.osm.pbf` makes a PBF of it";
const OPL: &str = "it is OPL; `osmium cat FILE -f opl -o NEW.osm.pbf` makes a PBF of it";
const GZIP: &str = "it is packed with gzip; `gunzip FILE` unpacks a PBF, and of anything else \
     `osmium cat FILE -o NEW.osm.pbf` makes one";
const BZIP2: &str = "it is packed with bzip2; `bunzip2 FILE` unpacks a PBF, and of anything else \
     `osmium cat FILE -o NEW.osm.pbf` makes one";
const PACKED: &str = "it is packed as a whole; unpack FILE first";

/// The cure of a file that begins like this; `None`: it may be a PBF, or is nothing that is known.
pub(super) fn cure(start: &[u8]) -> Option<&'static str> {
    let without_mark = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = without_mark.trim_ascii_start();
    let has = |word: &[u8]| start.windows(word.len()).any(|bytes| bytes == word);
    match start {
        [0x1f, 0x8b, ..] => Some(GZIP),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(BZIP2),
        [0xfd, b'7', b'z', b'X', b'Z', ..]
        | [0x28, 0xb5, 0x2f, 0xfd, ..]
        | [b'P', b'K', 3, 4, ..] => Some(PACKED),
        [0xff, 0xe0, ..] if has(b"o5c2") => Some(CHANGES),
        [0xff, 0xe0, ..] if has(b"o5m2") => Some(O5M),
        _ if text.starts_with(b"<") && has(b"<osmChange") => Some(CHANGES),
        _ if text.starts_with(b"<?xml") || text.starts_with(b"<osm") => Some(XML),
        [b'n' | b'w' | b'r', b'-' | b'0'..=b'9', ..] => Some(OPL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_first_bytes() {
        for (start, expected) in [
            (&b"\x1f\x8b\x08\0name.osm.pbf OSMHeader"[..], Some(GZIP)),
            (b"BZh91AY", Some(BZIP2)),
            (b"\x28\xb5\x2f\xfd", Some(PACKED)),
            (b"\xff\xe0\x04o5m2", Some(O5M)),
            (b"\xff\xe0\x04o5c2", Some(CHANGES)),
            (b"<?xml version='1.0'?>\n<osm version=", Some(XML)),
            (b"\xef\xbb\xbf <osm version=", Some(XML)),
            (b"<?xml version='1.0'?>\n<osmChange ", Some(CHANGES)),
            (b"n-1 v1 dV", Some(OPL)),
            (b"\0\0\0\x0d\x0a\x09OSMHeader", None),
            (b"", None),
            (b"hello", None),
        ] {
            assert_eq!(cure(start), expected, "{start:?}");
        }
    }
}
