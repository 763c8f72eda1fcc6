//! `wildside jobs`: looks at the queues and mends what is dead.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use tokio::time::timeout;

use super::maintenance;
use crate::config::Config;
use crate::config::RedisServer;
use crate::db;
use crate::jobs::{self, Retried};
use crate::maintenance::Chore;
use crate::queue::{Inspector, JobRecord, JobState, PAUSE, QUEUES};
use crate::shared_redis;

/// Longest wait for Redis.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at the queues and mends what is dead.
#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// Lists jobs: running, waiting, delayed and dead ones.
    List {
        #[command(flatten)]
        which: Which,
        /// Only jobs in this state.
        #[arg(long)]
        state: Option<State>,
        /// Most jobs to list of each state and queue.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Shows one job with its payload.
    Show {
        /// The job's id.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Queues dead jobs again.
    Retry {
        #[command(flatten)]
        dead: Dead,
    },
    /// Forgets dead jobs for good.
    Purge {
        #[command(flatten)]
        dead: Dead,
    },
    /// Pauses a queue for an hour, or for an hour more: workers finish what they have and take no more.
    Pause {
        /// The queue.
        #[arg(value_parser = QUEUES)]
        queue: String,
    },
    /// Ends the pause of a queue.
    Resume {
        /// The queue.
        #[arg(value_parser = QUEUES)]
        queue: String,
    },
    /// Lists the periodic chores with the result of their last run.
    Periodic {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Does a periodic chore now.
    Run {
        /// Name of the chore.
        chore: Chore,
    },
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Only this queue.
    #[arg(long, value_parser = QUEUES)]
    queue: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Choice {
    /// Ids of dead jobs.
    ids: Vec<String>,
    /// All dead jobs.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Dead {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum State {
    Running,
    Waiting,
    Delayed,
    Dead,
}

impl From<State> for JobState {
    fn from(state: State) -> Self {
        match state {
            State::Running => Self::Running,
            State::Waiting => Self::Waiting,
            State::Delayed => Self::Delayed,
            State::Dead => Self::Dead,
        }
    }
}

impl Which {
    fn queues(&self) -> impl Iterator<Item = &'static str> {
        QUEUES
            .into_iter()
            .filter(|queue| self.queue.as_deref().is_none_or(|only| only == *queue))
    }
}

pub(super) fn run(command: JobsCommand) -> anyhow::Result<()> {
    let config = Config::from_env()?;
    let text = super::runtime()?.block_on(async {
        let inspector = Inspector::new(&config.redis.queue).context("REDIS_URL")?;
        if !matches!(command, JobsCommand::Periodic { .. }) {
            reach_redis(&config.redis.queue)
                .await
                .context("REDIS_URL")?;
        }
        match command {
            JobsCommand::List {
                which,
                state,
                limit,
                json,
            } => list(&inspector, &which, state.map(JobState::from), limit, json).await,
            JobsCommand::Show { id, json } => show(&inspector, &id, json).await,
            JobsCommand::Retry { dead } => retry(&inspector, &dead, &config).await,
            JobsCommand::Purge { dead } => purge(&inspector, &dead).await,
            JobsCommand::Pause { queue } => pause(&inspector, &queue).await,
            JobsCommand::Resume { queue } => resume(&inspector, &queue).await,
            JobsCommand::Periodic { json } => maintenance::list(&config, json).await,
            JobsCommand::Run { chore } => maintenance::run(&config, chore).await,
        }
    })?;
    super::print(&text)
}

/// Connects once: a pool that can't would not say why.
async fn reach_redis(server: &RedisServer) -> anyhow::Result<()> {
    let client = shared_redis::client(server)?;
    let reached = timeout(PATIENCE, client.get_multiplexed_async_connection()).await;
    reached.context("no answer within 3 s")??;
    Ok(())
}

async fn list(
    inspector: &Inspector,
    which: &Which,
    state: Option<JobState>,
    limit: usize,
    json: bool,
) -> anyhow::Result<String> {
    let mut text = String::new();
    for queue in which.queues() {
        let jobs = inspector.list(queue, limit).await?;
        for job in jobs
            .iter()
            .filter(|job| state.is_none_or(|state| job.state == state))
        {
            if json {
                writeln!(text, "{}", serde_json::to_string(job)?)?;
            } else {
                writeln!(text, "{}", line(job))?;
            }
        }
    }
    if text.is_empty() && !json {
        text.push_str("no jobs\n");
    }
    Ok(text)
}

async fn show(inspector: &Inspector, id: &str, json: bool) -> anyhow::Result<String> {
    let job = inspector
        .find(id)
        .await?
        .with_context(|| format!("there is no job {id}"))?;
    let mut text = if json {
        String::new()
    } else {
        line(&job) + "\n"
    };
    text += &serde_json::to_string_pretty(&job)?;
    Ok(text + "\n")
}

async fn retry(inspector: &Inspector, dead: &Dead, config: &Config) -> anyhow::Result<String> {
    let mut connection = db::open(&config.database.url).await?;
    let (mut queued, mut pointless) = (0, String::new());
    for job in dead.find(inspector).await? {
        match jobs::retry(&job, inspector, &mut connection).await? {
            Retried::Queued => queued += 1,
            Retried::NotDead => {}
            Retried::Pointless => {
                writeln!(pointless, "{} has nothing left to do: purge it", job.id)?;
            }
        }
    }
    Ok(format!("{queued} queued again\n{pointless}"))
}

async fn pause(inspector: &Inspector, queue: &str) -> anyhow::Result<String> {
    inspector.pause(known(queue)?).await?;
    Ok(format!(
        "{queue} takes no more jobs for {} min\n",
        PAUSE.as_secs() / 60
    ))
}

async fn resume(inspector: &Inspector, queue: &str) -> anyhow::Result<String> {
    inspector.resume(known(queue)?).await?;
    Ok(format!("{queue} goes on\n"))
}

fn known(name: &str) -> anyhow::Result<&'static str> {
    let queue = QUEUES.into_iter().find(|queue| *queue == name);
    queue.with_context(|| format!("there is no queue {name}"))
}

async fn purge(inspector: &Inspector, dead: &Dead) -> anyhow::Result<String> {
    let mut forgotten = 0;
    for job in dead.find(inspector).await? {
        forgotten += u32::from(inspector.forget(&job).await?);
    }
    Ok(format!("{forgotten} forgotten\n"))
}

impl Dead {
    /// The dead jobs that were named, or all.
    async fn find(&self, inspector: &Inspector) -> anyhow::Result<Vec<JobRecord>> {
        /// More than are ever kept.
        const ALL: usize = 20_000;
        let mut jobs = Vec::new();
        for queue in self.which.queues() {
            jobs.extend(inspector.list(queue, ALL).await?);
        }
        jobs.retain(|job| job.state == JobState::Dead);
        if self.choice.all {
            return Ok(jobs);
        }
        for id in &self.choice.ids {
            if !jobs.iter().any(|job| job.id == *id) {
                bail!("there is no dead job {id}");
            }
        }
        jobs.retain(|job| self.choice.ids.contains(&job.id));
        Ok(jobs)
    }
}

fn line(job: &JobRecord) -> String {
    let state = match job.state {
        JobState::Running => "running",
        JobState::Waiting => "waiting",
        JobState::Delayed => "delayed",
        JobState::Dead => "dead",
    };
    let mut line = format!(
        "{state:<8} {:<16} {} {:<14} runs {} {} trace {}",
        job.queue,
        job.id,
        job.kind,
        job.runs,
        job.at.format("%Y-%m-%d %H:%M:%SZ"),
        job.trace_id,
    );
    for (name, value) in [("worker", &job.worker), ("error", &job.error)] {
        if let Some(value) = value {
            let _ = write!(line, " {name} {value}");
        }
    }
    line
}
