//! Costs of dear requests in processor time, of which each address has a budget.
//!
//! A limit on requests alone lets one address keep every processor busy with the dearest ones. The costs are rounded figures
//! of `make bench-stranger`, with what `PostgreSQL` and the workers do for a request.

use crate::accounts::quota::TooMany;
use crate::api::extract::ClientAddress;
use crate::api::state::AppState;

/// Kinds of requests that cost more than a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dear {
    /// A password that is compared.
    Login,
    /// A password that is judged and hashed, with a comparison or two.
    NewPassword,
    /// Places in a box that is not remembered.
    Places,
    /// A WebSocket with its snapshot and its first locations.
    WebSocket,
    /// A walk that has to be computed.
    Walk {
        /// Time that it may take.
        minutes: u32,
    },
}

impl Dear {
    /// Milliseconds of a processor.
    const fn milliseconds(self) -> u32 {
        match self {
            Self::Login | Self::Places => 25,
            Self::NewPassword => 80,
            Self::WebSocket => 20,
            Self::Walk { minutes } => 20 + minutes * 3 / 2,
        }
    }

    /// Takes the cost from the budget of the address before anything is done.
    ///
    /// # Errors
    /// Nothing is left of it for now.
    pub fn charge(self, state: &AppState, address: ClientAddress) -> Result<(), TooMany> {
        let budget = &state.quotas.work;
        budget.take(&address.limit_key(), self.milliseconds())
    }
}
