//! Accounts and login sessions.

pub mod admin;
pub mod change;
pub mod interests;
pub mod login;
pub mod me;
pub mod profile;
pub mod sign_up;
