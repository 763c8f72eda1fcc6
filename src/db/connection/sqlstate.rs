//! Error codes of `PostgreSQL` (SQLSTATE): whose fault an error is, and whether its session can be used again.
//!
//! The code decides, never the text, which is in the language of the server.

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error};
use wildside_dial::{ConnectError, Trouble, verdict};

/// A statement that took too long, or was cancelled by hand.
const CANCELED: &str = "57014";
/// A lock that others hold was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The code of an error of the server; none if it was the client that noticed.
fn code(error: &Error) -> Option<&str> {
    match error {
        Error::DatabaseError(_, information) => {
            let (code, _) = information.message().split_once(": ")?;
            let shape = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
            (code.len() == 5 && code.bytes().all(shape)).then_some(code)
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => code(commit_error),
        _ => None,
    }
}

/// A session that could not be set up.
pub(super) fn of_setup(error: &(dyn std::error::Error + 'static)) -> ConnectError {
    let inner = match error.downcast_ref() {
        Some(ConnectionError::CouldntSetupConfiguration(inner)) => Some(inner),
        _ => error.downcast_ref::<Error>(),
    };
    let trouble = inner
        .and_then(code)
        .map_or(Trouble::Other, Trouble::of_code);
    ConnectError::new(trouble, error.to_string())
}

/// Test for an outage: the database is away, restarting, busy, full or read-only, rather than asked for something
/// wrong.
pub fn is_outage(error: &Error) -> bool {
    match code(error) {
        Some(code) => code == CANCELED || tells_of_outage(code),
        None => is_lost(error),
    }
}

/// Test for a statement that was given up after its time, because of what was asked or of what else it has to do.
pub fn is_too_slow(error: &Error) -> bool {
    code(error) == Some(CANCELED)
}

fn tells_of_outage(code: &str) -> bool {
    match code {
        // An integrity constraint at the end of a transaction.
        "40002" => false,
        // The other one: an object in use.
        LOCK_NOT_AVAILABLE | "55006" => true,
        // The connection, conflicts with other transactions, resources, the operator, the system around.
        code if ["08", "40", "53", "58"].contains(&&code[..2]) || code.starts_with("57P") => true,
        code => verdict(code).is_some(),
    }
}

/// Test for a broken connection, as opposed to a statement that could not be put into bytes. The words are the client's
/// own, in one language.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::BrokenTransactionManager
        | Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => true,
        Error::RollbackErrorOnCommit { commit_error, .. } => is_lost(commit_error),
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, what) => {
            ["connection closed", "error communicating with the server"].contains(&what.message())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str) -> Error {
        let text = format!("{code}: kein Wort Englisch");
        Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text))
    }

    #[test]
    fn the_code_decides_whose_fault_it_is() {
        for code in [
            "08006", "08P01", "25006", "26000", "40001", "40P01", "42P05", "53100", "53200",
            "53300", "55006", "55P03", "57014", "57P01", "57P03", "57P05", "58030", "25P03",
            "0A000",
        ] {
            assert!(is_outage(&error(code)), "{code}");
        }
        for code in [
            "22001", "22003", "22021", "22P02", "23505", "40002", "42601", "42883", "42P01",
            "42501", "21000", "25P02", "54000", "P0001", "XX000", "XX001",
        ] {
            assert!(!is_outage(&error(code)), "{code}");
        }
        assert!(is_too_slow(&error("57014")) && !is_too_slow(&error("57P01")));
    }

    #[test]
    fn words_decide_nothing() {
        for text in [
            "the database system is shutting down",
            "canceling statement due to lock timeout",
        ] {
            let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
            assert!(!is_outage(&error), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_no_outage() {
        let unsent = |text: &str| {
            Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand,
                Box::new(text.to_owned()),
            )
        };
        assert!(is_outage(&unsent("connection closed")));
        assert!(!is_outage(&unsent("error encoding message to server")));
    }
}
