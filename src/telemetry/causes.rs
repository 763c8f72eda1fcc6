//! An error and its causes in one line, each told once.

/// The text of `error` and of its causes. Where an error's own text tells the next cause already, it is not told again.
pub fn of(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if told.contains(&cause) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&cause);
    }
    told
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the ship sank: {0}")]
    struct Wreck(#[source] std::io::Error);

    #[test]
    fn each_cause_is_told_once() {
        let wreck = Wreck(std::io::Error::other("a leak"));
        let error = anyhow!(wreck).context("no cargo");
        assert_eq!(of(&error), "no cargo: the ship sank: a leak");
    }
}
