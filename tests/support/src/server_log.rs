//! Errors in the log of a PostgreSQL server that no test has provoked: a wrong statement that its caller swallows, an
//! ANALYZE that never succeeds.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread::panicking;

/// Puts the SQLSTATE and the database in front of each line: the words that follow are in the server's language.
pub(crate) const LINE_PREFIX: &str = "log_line_prefix=%e %d|";

/// Classes of success, and codes that tests of outages provoke: whoever is killed, waits too long or finds no room says
/// so.
const PROVOKED: [&str; 15] = [
    "00",    // success
    "01",    // warning
    "08",    // connections that end in the middle
    "25006", // read only
    "25P03", // a transaction that was forgotten
    "26000", // a pooler that gives one session to several
    "28",    // a wrong password, a user who may not come in
    "3D000", // no such database
    "40P01", // deadlock
    "53",    // no room on the disk, no free connection
    "55006", // a database in use
    "55P03", // a lock that somebody holds
    "57014", // cancelled, or too slow
    "57P",   // the server starts or stops, or ends a session
    "23505", // two at the same: the second is told
];

/// Watch over a server's log from some moment on.
#[derive(Debug)]
pub(crate) struct LogWatch {
    file: PathBuf,
    begin: u64,
    /// Lines of this database alone; of all when empty.
    database: String,
    expected: Mutex<Vec<String>>,
}

impl LogWatch {
    /// Watches what is written to `file` about `database` from now on; about anything if that is empty.
    pub(crate) fn start(file: PathBuf, database: &str) -> Self {
        let begin = std::fs::metadata(&file).map_or(0, |file| file.len());
        Self {
            file,
            begin,
            database: database.to_owned(),
            expected: Mutex::default(),
        }
    }

    /// Takes errors of this SQLSTATE for provoked.
    pub(crate) fn expect(&self, sqlstate: &str) {
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        expected.push(sqlstate.to_owned());
    }

    /// Panics with the errors that nobody has provoked, unless the test has failed anyhow.
    pub(crate) fn check(&self) {
        let errors = self.errors();
        assert!(
            errors.is_empty() || panicking(),
            "PostgreSQL's log has errors that the test does not expect:\n{}",
            errors.join("\n")
        );
    }

    fn errors(&self) -> Vec<String> {
        let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        let log = self.read().unwrap_or_default();
        let unprovoked = |line: &&str| {
            let Some((code, rest)) = line.split_at_checked(5) else {
                return false;
            };
            let Some((database, _)) = rest.strip_prefix(' ').and_then(|rest| rest.split_once('|'))
            else {
                return false;
            };
            let provoked = |known: &str| code.starts_with(known);
            (self.database.is_empty() || self.database == database)
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
                && !PROVOKED.into_iter().any(provoked)
                && !expected.iter().any(|known| provoked(known))
        };
        String::from_utf8_lossy(&log)
            .lines()
            .filter(unprovoked)
            .map(str::to_owned)
            .collect()
    }

    fn read(&self) -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.begin))?;
        let mut log = Vec::new();
        file.read_to_end(&mut log)?;
        Ok(log)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LOG: &str = "\
00000 |LOG:  database system is ready
42P01 mine|FEHLER:  Relation »x« existiert nicht
\tone more line
42P01 mine|ANWEISUNG:  SELECT * FROM x
57014 mine|FEHLER:  Anweisung wird abgebrochen
42883 another|ERROR:  function x() does not exist
psql: error: connection refused
";

    #[test]
    fn errors_are_told_by_their_code_and_database() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "42P01 mine|ERROR:  of an earlier test").unwrap();
        let mine = LogWatch::start(file.path().to_owned(), "mine");
        let all = LogWatch::start(file.path().to_owned(), "");
        file.write_all(LOG.as_bytes()).unwrap();
        let lines: Vec<_> = LOG.lines().collect();
        assert_eq!(mine.errors(), [lines[1], lines[3]]);
        assert_eq!(all.errors(), [lines[1], lines[3], lines[5]]);
        mine.expect("42P01");
        assert!(mine.errors().is_empty());
    }
}
