//! Load on the chain.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval};

use crate::place::{Place, helsinki_wish, street_wish};
use crate::processor::Processors;
use crate::report::{Figures, Strolls};
use crate::subject::Subject;
use crate::walker::{Course, Walker};

/// Walks a second while latency is measured, and how many: the first ones warm everything up.
const RATE: u32 = 200;
const WARM_UP: usize = 400;
const PACED: usize = 2_000;
/// Walks of the real engine, one after the other.
const STROLLS: usize = 60;

/// Latency at a steady rate, whether or not earlier walks are done.
pub(crate) async fn pace(walkers: Vec<Walker>, figures: &mut Figures) -> Vec<Walker> {
    let (give_back, mut free) = mpsc::unbounded_channel();
    let crowd = walkers.len();
    for walker in walkers {
        give_back.send(walker).ok().unwrap();
    }
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut courses = Vec::new();
    for number in 0..WARM_UP + PACED {
        ticks.tick().await;
        let due = Instant::now();
        let (mut walker, give_back) = (free.recv().await.unwrap(), give_back.clone());
        courses.push(spawn_local(async move {
            let course = walker.walk(&street_wish(number)).await;
            give_back.send(walker).ok().unwrap();
            course.complete - due
        }));
    }
    let latencies = join_all(courses.split_off(WARM_UP)).await;
    figures.latencies = latencies.into_iter().map(Result::unwrap).collect();
    figures.latencies.sort_unstable();
    let mut walkers = Vec::new();
    while walkers.len() < crowd {
        walkers.push(free.recv().await.unwrap());
    }
    walkers
}

/// As many walks as go through, `walks` in all, with what they cost each process.
pub(crate) async fn saturate(
    mut walkers: Vec<Walker>,
    walks: usize,
    place: &Place,
    subject: &Subject,
    figures: &mut Figures,
) {
    let processors = Processors::begin(place, subject);
    let (begun, left) = (Instant::now(), Cell::new(walks));
    for share in [walks / 10, walks - walks / 10] {
        let end = left.get() - share;
        join_all(
            walkers
                .iter_mut()
                .map(|walker| walker_loop(walker, &left, end)),
        )
        .await;
        figures.resident_mb.push(subject.resident_mb());
    }
    figures.walks = walks;
    figures.walks_per_second = walks as f64 / begun.elapsed().as_secs_f64();
    figures.processor_us = processors.end(place, subject, walks);
}

async fn walker_loop(walker: &mut Walker, left: &Cell<usize>, end: usize) {
    while left.get() > end {
        left.set(left.get() - 1);
        walker.walk(&street_wish(10_000 + left.get())).await;
    }
}

/// One walk after the other, each twice: the second time the cache answers.
pub(crate) async fn strolls(walker: &mut Walker) -> Strolls {
    let mut strolls = Strolls::default();
    for number in 0..=STROLLS {
        let Course {
            asked,
            taken,
            complete,
        } = walker.walk(&helsinki_wish(number)).await;
        let again = walker.walk(&helsinki_wish(number)).await;
        assert!(again.taken.is_none(), "the cache did not answer");
        // The first one loads the streets.
        if number > 0 {
            strolls.computed.push(complete - asked);
            strolls.performed.push(complete - taken.unwrap());
            strolls.cached.push(again.complete - again.asked);
        }
    }
    strolls
}
