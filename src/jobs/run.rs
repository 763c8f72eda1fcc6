//! One run of a job: its span, its time, its panics, and what becomes of it then.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use apalis_core::task::data::Data;
use futures::FutureExt;
use tokio::time::timeout;
use tracing::{Instrument, info_span};

use super::{JobContext, JobError};
use crate::queue::{Delivery, Job, backoff};

/// Wait before the second run; doubled for each further one.
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(500);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(10);
/// Runs that met an outage before even that is taken as the job's end: some two minutes. The ledger stays unfinished
/// then, and the sweeper queues the request anew.
const MAX_RUNS_IN_OUTAGE: u32 = 15;

/// Result of a run that ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performed {
    /// The job has done its work.
    Done,
    /// It can't be done, which is noted where its result would be; another run would not change that.
    InVain,
}

/// A job that a worker can do.
pub trait Perform: Job {
    /// Does it, once or again: a job may run more than once, and must not show.
    fn perform(
        &self,
        context: &JobContext,
    ) -> impl Future<Output = Result<Performed, JobError>> + Send;

    /// Says that it will not be done.
    fn give_up(
        &self,
        context: &JobContext,
        error: &JobError,
    ) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// Runs a job that Apalis hands over, and settles it.
pub async fn run<J: Perform>(delivery: Delivery<J>, context: Data<JobContext>) {
    let span = info_span!(
        "job",
        job.kind = J::KIND,
        job.id = %delivery.job.id(),
        job.run = delivery.run,
        trace_id = %delivery.job.trace_id(),
    );
    run_in_span(delivery, &context).instrument(span).await;
}

async fn run_in_span<J: Perform>(delivery: Delivery<J>, context: &JobContext) {
    tracing::debug!(
        waited_ms = delivery.waited.as_secs_f64() * 1e3,
        "job started"
    );
    if delivery.crashes >= context.limits.max_runs {
        return give_up(delivery, context, &JobError::Crashed).await;
    }
    let (run, waits) = (delivery.run, delivery.waits);
    match attempt(&delivery.job, context).await {
        Ok(performed) => {
            let status = match performed {
                Performed::Done => "success",
                Performed::InVain => "failure",
            };
            count(context, J::KIND, status);
            delivery.finish().await;
        }
        Err(error) if may_run_again(&error, run, waits, context.limits.max_runs) => {
            let backoff = backoff::jittered(FIRST_RETRY_DELAY, MAX_RETRY_DELAY, run - 1);
            let delay = error.wait().map_or(backoff, |wait| wait + backoff);
            tracing::warn!(%error, code = error.code(), ?delay, "job will run again");
            context
                .metrics
                .job_retries_total
                .with_label_values(&[J::QUEUE, error.code()])
                .inc();
            if error.is_outage() {
                delivery.put_off(delay).await;
            } else {
                delivery.retry_after(delay).await;
            }
        }
        Err(error) => give_up(delivery, context, &error).await,
    }
}

/// One run within its time, whatever it does.
async fn attempt<J: Perform>(job: &J, context: &JobContext) -> Result<Performed, JobError> {
    let limit = context.limits.timeout;
    let run = AssertUnwindSafe(job.perform(context)).catch_unwind();
    match timeout(limit, run).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(JobError::Panicked(panic_text(&*panic))),
        Err(_) => Err(JobError::TimedOut(limit)),
    }
}

/// Runs that were put off do not count with those that failed.
const fn may_run_again(error: &JobError, run: u32, waits: u32, max_runs: u32) -> bool {
    if error.is_outage() {
        waits + 1 < MAX_RUNS_IN_OUTAGE
    } else {
        run.saturating_sub(waits) < max_runs
    }
}

async fn give_up<J: Perform>(delivery: Delivery<J>, context: &JobContext, error: &JobError) {
    tracing::error!(%error, code = error.code(), "job given up");
    count(context, J::KIND, "failure");
    let told = timeout(context.limits.timeout, delivery.job.give_up(context, error)).await;
    match told {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the failure could not be noted"),
        Err(_) => tracing::error!("the failure could not be noted in time"),
    }
    delivery.bury(&format!("{}: {error}", error.code())).await;
}

fn count(context: &JobContext, kind: &str, status: &str) {
    context
        .metrics
        .jobs_total
        .with_label_values(&[kind, status])
        .inc();
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_waited_out_and_a_fault_is_not() {
        let outage = JobError::Unavailable("gone".into());
        let fault = JobError::Panicked("oh".into());
        assert!(may_run_again(&fault, 2, 0, 3) && !may_run_again(&fault, 3, 0, 3));
        assert!(may_run_again(&outage, 14, 13, 3) && !may_run_again(&outage, 15, 14, 3));
    }

    #[test]
    fn an_outage_takes_no_run_from_a_fault() {
        let fault = JobError::Panicked("oh".into());
        assert!(may_run_again(&fault, 12, 10, 3) && !may_run_again(&fault, 13, 10, 3));
    }
}
