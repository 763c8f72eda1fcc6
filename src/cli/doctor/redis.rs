//! Redis as `wildside doctor` finds it.

use redis::{InfoDict, cmd};

use super::{Finding, PATIENCE, clock};
use crate::config::{RedisConfig, RedisServer};
use crate::queue::{GenerateRouteJob, Producer};
use crate::shared_redis::{self, Failure, Redis, Trouble, eviction, within};

/// The oldest release that has all commands of the queue.
const OLDEST: u32 = 7;

/// Tries whether jobs can be queued, and looks at what may hinder that some day.
pub(super) async fn examine(config: &RedisConfig) -> Vec<Finding> {
    let mut findings = match shared_redis::connect(&config.queue) {
        Ok(redis) => examine_queue(redis).await,
        Err(error) => vec![fault("redis", &error.into())],
    };
    if let Some(server) = &config.cache {
        findings.push(examine_cache(server).await);
    }
    findings
}

/// Looks whether the cache answers; it may do with its keys what it likes.
async fn examine_cache(server: &RedisServer) -> Finding {
    let name = "redis of the cache";
    let asked = async {
        let mut redis = shared_redis::connect(server)?;
        within(PATIENCE, cmd("TIME").query_async::<(u64, u64)>(&mut redis)).await
    };
    match asked.await {
        Ok(_) => Finding::new(name, Ok("answers"), ""),
        Err(failure) => fault(name, &failure),
    }
}

async fn examine_queue(redis: Redis) -> Vec<Finding> {
    let producer = Producer::new(redis.clone());
    let trial = within(PATIENCE, producer.try_out::<GenerateRouteJob>()).await;
    let failure = trial.err();
    let mut findings = vec![match &failure {
        None => Finding::new("redis", Ok("jobs can be queued"), ""),
        Some(failure) => fault("redis", failure),
    }];
    let trouble = failure.as_ref().map(Failure::trouble);
    if !matches!(
        trouble,
        Some(Trouble::Away | Trouble::Silent | Trouble::Login | Trouble::Tls(_) | Trouble::File)
    ) {
        findings.extend(settings(&redis).await);
    }
    findings
}

/// Finding of what is amiss.
fn fault(name: &'static str, failure: &Failure) -> Finding {
    let trouble = failure.trouble();
    let found = format!("{} ({failure})", trouble.sentence());
    Finding::new::<String>(name, Err(found), trouble.remedy())
}

/// Finding where the server tells no settings.
fn untold(failure: &Failure) -> Finding {
    let name = "redis settings";
    match failure.trouble() {
        Trouble::Forbidden => {
            let found = "unknown: this user may not ask for them (INFO)";
            Finding::new(name, Ok(found), "")
        }
        _ => fault(name, failure),
    }
}

/// Settings that the server tells, which not every user may ask.
async fn settings(redis: &Redis) -> Vec<Finding> {
    let redis = &mut redis.clone();
    let time = within(PATIENCE, cmd("TIME").query_async::<(f64, f64)>(redis)).await;
    let clock = time
        .ok()
        .map(|(seconds, micros)| clock::compare("clock of redis", seconds + micros / 1e6));
    let told = within(PATIENCE, cmd("INFO").query_async::<InfoDict>(redis)).await;
    let findings = match told {
        Ok(info) => {
            let info = Info(info);
            vec![info.version(), info.memory(), info.persistence()]
        }
        Err(failure) => vec![untold(&failure)],
    };
    findings.into_iter().chain(clock).collect()
}

/// The answer to `INFO`.
struct Info(InfoDict);

impl Info {
    fn field(&self, name: &str) -> String {
        self.0.get(name).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        self.0.get(name).unwrap_or_default()
    }

    fn version(&self) -> Finding {
        let version = self.field("redis_version");
        let major = version.split('.').next();
        let major: Option<u32> = major.and_then(|major| major.parse().ok());
        let mode = match self.field("cluster_enabled").as_str() {
            "1" => "in cluster mode, ",
            _ => "",
        };
        let role = match self.field("role").as_str() {
            "slave" => "a replica".to_owned(),
            _ => format!(
                "a primary with {} replicas",
                self.number("connected_slaves")
            ),
        };
        let found = format!("{version}, {mode}{role}");
        let outcome = match major {
            Some(major) if major < OLDEST => Err(found),
            _ => Ok(found),
        };
        Finding::new("redis server", outcome, "install Redis 7 or newer")
    }

    fn memory(&self) -> Finding {
        let (name, limit) = ("redis memory", self.number("maxmemory"));
        let policy = self.field("maxmemory_policy");
        if limit == 0 {
            let found = format!("no limit of its own, {policy}");
            if policy.starts_with("allkeys") {
                return Finding::advice(name, found, eviction::REMEDY);
            }
            return Finding::new(name, Ok(found), "");
        }
        let used = self.number("used_memory").saturating_mul(100) / limit;
        let found = format!("{used} % of maxmemory is used, {policy}");
        if eviction::policy(&self.0).is_some() {
            let found = format!("{found}: jobs are evicted when it is full");
            return Finding::new::<String>(name, Err(found), eviction::REMEDY);
        }
        let outcome = if used < 90 { Ok(found) } else { Err(found) };
        Finding::new(
            name,
            outcome,
            "redis-cli CONFIG SET maxmemory to more, or give the queue a Redis of its own",
        )
    }

    fn persistence(&self) -> Finding {
        let failed = ["rdb_last_bgsave_status", "aof_last_write_status"]
            .into_iter()
            .find(|field| self.field(field) == "err");
        let outcome = match (failed, self.field("aof_enabled").as_str()) {
            (Some(field), _) => Err(format!("the last saving failed ({field})")),
            (None, "1") => Ok("every write, in an append-only file"),
            (None, _) => {
                Ok("snapshots at most: after a restart the ledger queues its requests again")
            }
        };
        Finding::new(
            "redis persistence",
            outcome.map(str::to_owned),
            "free the disk of Redis, or: redis-cli CONFIG SET save \"\"",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_is_told_as_one() {
        let refusal = redis::make_extension_error("NOPERM".to_owned(), None);
        assert!(untold(&Failure::Refused(refusal)).ok);
        let timeout = std::io::Error::from(std::io::ErrorKind::TimedOut);
        let silent = untold(&Failure::Refused(timeout.into()));
        assert!(
            !silent.ok && silent.found.starts_with("no answer in time ("),
            "{silent:?}"
        );
    }
}
