//! Role of a server: the one that is wanted, of several hosts (`target_session_attrs`).

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::trouble::{ConnectError, Trouble};

/// Role that a server has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Any,
    /// Its sessions write.
    ReadWrite,
    /// Its sessions do not.
    ReadOnly,
    /// It follows no other server.
    Primary,
    /// It follows another server.
    Standby,
    /// It follows another server, or else whoever is there.
    PreferStandby,
}

impl Role {
    /// Reads the word of a URL.
    pub(crate) fn of(word: Option<&str>) -> Result<Self, String> {
        Ok(match word {
            None | Some("any") => Self::Any,
            Some("read-write") => Self::ReadWrite,
            Some("read-only") => Self::ReadOnly,
            Some("primary") => Self::Primary,
            Some("standby") => Self::Standby,
            Some("prefer-standby") => Self::PreferStandby,
            Some(word) => {
                let known = "any, read-write, read-only, primary, standby and prefer-standby";
                return Err(format!("target_session_attrs={word} is none of {known}"));
            }
        })
    }

    /// Roles to look for among the hosts, one after the other.
    pub(crate) const fn rounds(self) -> &'static [Self] {
        match self {
            Self::Any => &[Self::Any],
            Self::ReadWrite => &[Self::ReadWrite],
            Self::ReadOnly => &[Self::ReadOnly],
            Self::Primary => &[Self::Primary],
            Self::Standby => &[Self::Standby],
            Self::PreferStandby => &[Self::Standby, Self::Any],
        }
    }

    /// Looks whether the server has it.
    pub(crate) async fn check(self, client: &Client) -> Result<(), ConnectError> {
        let (question, wanted) = match self {
            Self::Any | Self::PreferStandby => return Ok(()),
            Self::ReadWrite => ("transaction_read_only", "off"),
            Self::ReadOnly => ("transaction_read_only", "on"),
            Self::Primary => ("in_hot_standby", "off"),
            Self::Standby => ("in_hot_standby", "on"),
        };
        let answer = client.simple_query(&format!("SHOW {question}")).await?;
        let is_wanted = answer.iter().any(
            |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some(wanted)),
        );
        if is_wanted {
            return Ok(());
        }
        let cause = format!("{question} is not {wanted}");
        Err(ConnectError::new(Trouble::Role, cause))
    }
}
