//! Names of headers that are longer than 64 KiB, at which the HTTP decoder panics.
//!
//! Such a name is broken by a byte that no head may have, so that the decoder refuses the request. In a body the byte
//! does no harm: one of so many letters in a row is longer than any may be, and refused as well.

/// The longest name that the decoder takes.
const LONGEST: usize = u16::MAX as usize;

/// Length of the run of bytes, at the end of the input, that may be the beginning of one header name.
#[derive(Debug, Default)]
pub(crate) struct NameRun(usize);

impl NameRun {
    /// Goes on with `bytes`, and breaks what is too long for a name.
    pub(crate) fn break_in(&mut self, bytes: &mut [u8]) {
        if self.0 + bytes.len() <= LONGEST {
            let end = bytes.iter().rposition(|byte| !is_of_name(*byte));
            self.0 = match end {
                Some(end) => bytes.len() - end - 1,
                None => self.0 + bytes.len(),
            };
            return;
        }
        for byte in bytes {
            self.0 = if is_of_name(*byte) { self.0 + 1 } else { 0 };
            if self.0 > LONGEST {
                (*byte, self.0) = (0, 0);
            }
        }
    }
}

/// Test for a byte of a token of RFC 9110.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test that one of the pieces was broken.
    fn broken(pieces: &[&str]) -> bool {
        let mut run = NameRun::default();
        pieces.iter().any(|piece| {
            let mut bytes = piece.as_bytes().to_vec();
            run.break_in(&mut bytes);
            bytes != piece.as_bytes()
        })
    }

    #[test]
    fn a_name_may_come_in_pieces() {
        let half = "x".repeat(LONGEST / 2);
        assert!(!broken(&[&half, &half, "x: y"]));
        assert!(broken(&[&half, &half, "xx: y"]));
        assert!(broken(&["\r\n", &half, &half, "x", "x"]));
        assert!(!broken(&[&half, ":", &half, ":", &half]));
        assert!(!broken(&[&half, "x: y\r\nx", &half]));
    }

    #[test]
    fn a_name_may_come_at_once() {
        let longest = "x".repeat(LONGEST);
        assert!(!broken(&[&format!("a: b\r\n{longest}: b\r\n\r\n")]));
        assert!(broken(&[&format!("a: b\r\n{longest}x: b\r\n\r\n")]));
        assert!(broken(&[&format!("a: b\r\n{longest}"), "x: b"]));
    }

    #[test]
    fn no_other_byte_is_of_a_name() {
        let of_name: Vec<u8> = (0..=255).filter(|byte| is_of_name(*byte)).collect();
        let expected =
            "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
        assert_eq!(of_name, expected.as_bytes());
    }
}
