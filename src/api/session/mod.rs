//! Login sessions: an encrypted cookie that says who it is, since when, and of which generation.

pub mod cookie;
mod device;
pub mod key_ring;
mod login;
pub mod rekey;

pub use device::Device;
pub use key_ring::{KeyRing, KeyRingError};
pub use login::LoginSession;
