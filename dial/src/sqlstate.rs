//! Error codes of `PostgreSQL` (SQLSTATE) that condemn a session.

/// Reach of an error that condemns its session, which would go on failing while a new one may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It concerns this session.
    Spent,
    /// It tells of the server: sessions opened before are likely to meet it as well.
    Doubt,
}

/// Verdict over the session that has met an error; none if it can be used again.
pub fn verdict(code: &str) -> Option<Verdict> {
    match code {
        // A plan for tables that are no longer so; a server that does not write, or whose session does not; one that
        // crashes or starts; statements that a pooler has prepared elsewhere.
        "0A000" | "25006" | "26000" | "42P05" | "57P02" | "57P03" => Some(Verdict::Doubt),
        // Transactions that were ended.
        "25P03" | "25P04" => Some(Verdict::Spent),
        // Its connection, or a session that was ended.
        code if code.starts_with("08") || code.starts_with("57P") => Some(Verdict::Spent),
        _ => None,
    }
}
