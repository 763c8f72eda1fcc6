//! Reads environment variables and remembers everything that is wrong with them.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use wildside_dial::Secret;

use super::ConfigError;

/// Source of the variables; tests give a closure of their own.
type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Collects the faults of all variables, so that a start names every wrong one at once.
pub struct Reader<'a> {
    lookup: &'a Lookup<'a>,
    faults: Vec<String>,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    /// A reader of the variables that `lookup` knows.
    pub fn new(lookup: &'a Lookup<'a>) -> Self {
        Self {
            lookup,
            faults: Vec::new(),
        }
    }

    /// Value that was read, if nothing was wrong.
    ///
    /// # Errors
    /// The faults found so far.
    pub fn judge<T>(self, read: T) -> Result<T, ConfigError> {
        if self.faults.is_empty() {
            Ok(read)
        } else {
            Err(ConfigError(self.faults))
        }
    }

    /// Notes a fault that concerns `name`.
    pub fn fault(&mut self, name: &str, why: impl Display) {
        self.faults.push(format!("{name}: {why}"));
    }

    /// The text of a variable; one that is set but empty counts as not set.
    pub fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    }

    /// The text of a variable that must be set.
    pub fn required(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.fault(name, "is not set");
            String::new()
        })
    }

    /// A secret that is well formed, in the variable or in the file that the same name with `_FILE` tells.
    pub fn secret(
        &mut self,
        name: &str,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> Option<Secret> {
        let of_file = format!("{name}_FILE");
        let (text, file) = (self.text(name), self.text(&of_file));
        let secret = match (&text, &file) {
            (Some(text), None) => Secret::from(text),
            (None, Some(path)) => Secret::in_file(path),
            (Some(_), Some(_)) => {
                self.fault(
                    name,
                    format_args!("is set, and so is {of_file}: unset one of them"),
                );
                return None;
            }
            (None, None) => return None,
        };
        let told = if file.is_some() {
            of_file.as_str()
        } else {
            name
        };
        match secret.read().map_err(|error| error.to_string()) {
            Ok(text) => check(&text).map_err(|why| self.fault(told, why)).ok()?,
            Err(why) => {
                self.fault(told, why);
                return None;
            }
        }
        Some(secret)
    }

    /// A secret that must be there.
    pub fn required_secret(
        &mut self,
        name: &str,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> Secret {
        let faults = self.faults.len();
        self.secret(name, check).unwrap_or_else(|| {
            if self.faults.len() == faults {
                self.fault(name, format_args!("is not set, nor is {name}_FILE"));
            }
            Secret::from("")
        })
    }

    /// A parsed value, if the variable is set and right.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, format_args!("`{text}` is not valid: {error}"));
                None
            }
        }
    }

    /// A parsed value or its default.
    pub fn or<T: FromStr<Err: Display>>(&mut self, name: &str, default: T) -> T {
        self.optional(name).unwrap_or(default)
    }

    /// A number within a range, or its default.
    pub fn within<T>(&mut self, name: &str, range: std::ops::RangeInclusive<T>, default: T) -> T
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        match self.optional(name) {
            Some(value) if range.contains(&value) => value,
            Some(value) => {
                self.fault(
                    name,
                    format_args!(
                        "{value} is not between {} and {}",
                        range.start(),
                        range.end()
                    ),
                );
                default
            }
            None => default,
        }
    }

    /// Whole seconds within a range, or their default.
    pub fn seconds(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> Duration {
        Duration::from_secs(self.within(name, range, default))
    }

    /// `1`, `true`, `yes`, `on` or their opposites.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name).map(|v| v.to_ascii_lowercase()).as_deref() {
            None => default,
            Some("1" | "true" | "yes" | "on") => true,
            Some("0" | "false" | "no" | "off") => false,
            Some(other) => {
                self.fault(name, format_args!("`{other}` is not 0 or 1"));
                default
            }
        }
    }

    /// A list whose parts are separated by commas.
    pub fn list<T: FromStr<Err: Display>>(&mut self, name: &str) -> Vec<T> {
        let Some(text) = self.text(name) else {
            return Vec::new();
        };
        let mut values = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match part.parse() {
                Ok(value) => values.push(value),
                Err(error) => self.fault(name, format_args!("`{part}` is not valid: {error}")),
            }
        }
        values
    }
}
