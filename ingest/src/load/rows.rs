//! Rows in the format of PostgreSQL's binary COPY.
//!
//! The threads that read the file encode them, batch by batch. `tokio_postgres`' `BinaryCopyInWriter` takes the values one row
//! at a time on the task of the connection, where all the encoding would be done one after the other.

use serde_json::Value;

use super::ewkb::Ewkb;

/// Header before the first row: a signature, no flags, no extension.
pub(crate) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Trailer after the last row.
pub(crate) const TRAILER: &[u8] = &[0xff, 0xff];

/// Some rows of one table.
#[derive(Debug, Default)]
pub(crate) struct Rows(pub(crate) Vec<u8>);

impl Rows {
    /// Adds a row; its columns are those of the table, in order.
    pub(crate) fn push(&mut self, columns: &[&dyn Column]) {
        self.0.extend((columns.len() as i16).to_be_bytes());
        for column in columns {
            column.write(&mut self.0);
        }
    }
}

/// A value of a column.
pub(crate) trait Column {
    /// Appends the value's length and the value.
    fn write(&self, out: &mut Vec<u8>);
}

fn write_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

impl Column for bool {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, &[u8::from(*self)]);
    }
}

impl Column for i16 {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, &self.to_be_bytes());
    }
}

impl Column for i32 {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, &self.to_be_bytes());
    }
}

impl Column for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, &self.to_be_bytes());
    }
}

impl Column for f32 {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, &self.to_be_bytes());
    }
}

impl Column for &str {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, self.as_bytes());
    }
}

/// A UUID.
impl Column for [u8; 16] {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, self);
    }
}

impl Column for Ewkb {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, &self.0);
    }
}

/// A JSONB, of which there is one version so far.
impl Column for Value {
    fn write(&self, out: &mut Vec<u8>) {
        write_sized(out, format!("\x01{self}").as_bytes());
    }
}

impl<T: Column> Column for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend((-1_i32).to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_columns_with_their_lengths() {
        let mut rows = Rows::default();
        rows.push(&[&7_i16, &Some("é"), &None::<i64>, &true]);
        let expected = [
            0, 4, // four columns
            0, 0, 0, 2, 0, 7, // a number
            0, 0, 0, 2, 0xc3, 0xa9, // a text
            0xff, 0xff, 0xff, 0xff, // null
            0, 0, 0, 1, 1, // true
        ];
        assert_eq!(rows.0, expected);
    }
}
