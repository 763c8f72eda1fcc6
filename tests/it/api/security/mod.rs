//! Attempts to break in, each over the network. `make security` prints every probe with what was answered.

mod authorisation;
mod bodies;
mod cross_site;
mod guessing;
mod injection;
mod limits;
pub mod operations;
mod outbound;
mod proxies;
mod series;
mod sessions;
mod slow;
mod sockets;
mod wire;

/// Says what came of a probe.
#[expect(clippy::print_stdout, reason = "the probes are to be seen")]
fn report(probe: &str, answer: impl std::fmt::Display) {
    println!("{probe:<72} {answer}");
}
