//! Asks all actors for their state again and again, so that `actor_up` is true and silence is logged when it begins. It
//! is asked itself, like any other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use serde_json::json;

use crate::registry::{ActorRegistry, ActorReport, Observation, Observe};

/// Room of the mailbox: it is only ever asked for its state.
const MAILBOX: usize = 16;

/// The actor that watches the others.
#[derive(Debug)]
pub struct Watchdog {
    registry: Arc<ActorRegistry>,
    every: Duration,
    silent: BTreeSet<&'static str>,
}

impl Watchdog {
    /// Starts watching. Must be called on an actix `System`.
    pub fn start(registry: Arc<ActorRegistry>, every: Duration) {
        let watchdog = Actor::start(Self {
            registry: registry.clone(),
            every,
            silent: BTreeSet::new(),
        });
        registry.add(registry.stats("watchdog", MAILBOX), watchdog.recipient());
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        let registry = self.registry.clone();
        let looking = async move { registry.observe_all().await };
        ctx.spawn(looking.into_actor(self).map(|reports, watchdog, ctx| {
            watchdog.note(&reports);
            ctx.run_later(watchdog.every, Self::look);
        }));
    }

    fn note(&mut self, reports: &[ActorReport]) {
        let silent: BTreeSet<_> = reports
            .iter()
            .filter(|report| report.silent)
            .map(|report| report.name)
            .collect();
        for actor in silent.difference(&self.silent) {
            tracing::error!(actor, "actor is silent");
        }
        for actor in self.silent.difference(&silent) {
            tracing::info!(actor, "actor answers again");
        }
        self.silent = silent;
    }
}

impl Actor for Watchdog {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look(ctx);
    }
}

impl Handler<Observe> for Watchdog {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Observation {
        Observation {
            state: "watching",
            details: json!({ "silent": self.silent }),
        }
    }
}
