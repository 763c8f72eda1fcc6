//! Telling the world how a request for a walk fares.
//!
//! The ledger is the truth. After each transition that it accepted, one event goes over Redis pub/sub to the sessions
//! of the user. An event that gets lost is made up for by the snapshot on the next connect.
