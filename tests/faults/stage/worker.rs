//! A worker whose engine takes a given time for each walk, and does something worse for poisonous requests.
//!
//! `faults worker MILLISECONDS [panic|abort|hang|nan]`, configured like the real one. All but the engine is the real one.

use std::process::ExitCode;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use wildside::config::Mode;
use wildside::process::run;
use wildside_actors::route_supervisor::Engine;
use wildside_engine::walk::{Fit, Leg, Light, WalkRequest};
use wildside_engine::{Point, Walk};

/// Requests for a walk of so many minutes are poisonous.
pub const POISON_MINUTES: u32 = 179;

/// Count of the walks that the engine of a worker has computed.
pub const COMPUTED: &str =
    r#"actor_messages_total{actor="route_supervisor",message="GenerateRoute",outcome="ok"}"#;

pub fn run(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let milliseconds = arguments.next().and_then(|text| text.parse().ok());
    let time = Duration::from_millis(milliseconds.expect("the time for a walk in milliseconds"));
    let engine = engine(time, arguments.next());
    run::run_with_engine(Mode::Worker, engine).expect("the worker ends in good order");
    ExitCode::SUCCESS
}

fn engine(time: Duration, poison: Option<String>) -> Engine {
    Arc::new(move |request, _, _, _| {
        if request.budget_seconds == POISON_MINUTES * 60 {
            return Ok(poisoned(poison.as_deref(), request));
        }
        sleep(time);
        Ok(round_the_block(request))
    })
}

fn poisoned(poison: Option<&str>, request: &WalkRequest) -> Walk {
    match poison {
        Some("panic") => panic!("the engine is broken"),
        Some("abort") => std::process::abort(),
        Some("hang") => loop {
            sleep(Duration::from_mins(1));
        },
        Some("nan") => {
            let mut walk = round_the_block(request);
            walk.path[1].lat = f64::NAN;
            walk
        }
        _ => round_the_block(request),
    }
}

fn round_the_block(request: &WalkRequest) -> Walk {
    let corner = Point::new(request.start.lon + 0.001, request.start.lat);
    Walk {
        path: vec![request.start, corner, request.start],
        distance_metres: 160.0,
        duration_seconds: 120,
        score: 0.0,
        stops: Vec::new(),
        legs: vec![Leg {
            path_start: 0,
            distance_metres: 160.0,
            duration_seconds: 120,
            steps: Vec::new(),
        }],
        stairs_metres: 0.0,
        light: Light::default(),
        repeated_metres: 0.0,
        start: wildside_engine::walk::Gap::default(),
        end: wildside_engine::walk::Gap::default(),
        fit: Fit::default(),
        same_for: None,
    }
}
