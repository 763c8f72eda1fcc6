//! Redis as `wildside doctor` finds it.

use redis::{InfoDict, cmd};
use tokio::time::timeout;

use super::{Finding, PATIENCE, clock};
use crate::queue::{GenerateRouteJob, Producer};
use crate::shared_redis::{self, Redis, Trouble};

/// The oldest release that has all commands of the queue.
const OLDEST: u32 = 7;

/// Tries whether jobs can be queued, and looks at what may hinder that some day.
pub(super) async fn examine(url: &str) -> Vec<Finding> {
    let redis = match shared_redis::connect(url) {
        Ok(redis) => redis,
        Err(error) => {
            let remedy = "set REDIS_URL=redis://user:password@host:port";
            return vec![Finding::new::<String>(
                "redis",
                Err(error.to_string()),
                remedy,
            )];
        }
    };
    let producer = Producer::new(redis.clone());
    let trial = timeout(PATIENCE, producer.try_out::<GenerateRouteJob>()).await;
    let trouble = match trial {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some((Trouble::of(&error), error.to_string())),
        Err(_) => Some((Trouble::Silent, "within 3 s".to_owned())),
    };
    let mut findings = vec![match &trouble {
        None => Finding::new("redis", Ok("jobs can be queued"), ""),
        Some((trouble, detail)) => fault("redis", *trouble, detail),
    }];
    let is_shut = |trouble| matches!(trouble, Trouble::Away | Trouble::Silent | Trouble::Login);
    if !trouble.is_some_and(|(trouble, _)| is_shut(trouble)) {
        findings.extend(settings(&redis).await);
    }
    findings
}

/// Finding of what is amiss.
fn fault(name: &'static str, trouble: Trouble, detail: &str) -> Finding {
    let found = format!("{} ({detail})", trouble.sentence());
    Finding::new::<String>(name, Err(found), trouble.remedy())
}

/// Finding where the server tells no settings.
fn untold(trouble: Trouble, detail: &str) -> Finding {
    let name = "redis settings";
    match trouble {
        Trouble::Forbidden => {
            let found = "unknown: this user may not ask for them (INFO)";
            Finding::new(name, Ok(found), "")
        }
        trouble => fault(name, trouble, detail),
    }
}

/// Settings that the server tells, which not every user may ask.
async fn settings(redis: &Redis) -> Vec<Finding> {
    let redis = &mut redis.clone();
    let time = timeout(PATIENCE, cmd("TIME").query_async::<(f64, f64)>(redis)).await;
    let clock = time.ok().and_then(Result::ok);
    let clock =
        clock.map(|(seconds, micros)| clock::compare("clock of redis", seconds + micros / 1e6));
    let told = timeout(PATIENCE, cmd("INFO").query_async::<InfoDict>(redis)).await;
    let findings = match told {
        Ok(Ok(info)) => {
            let info = Info(info);
            vec![info.version(), info.memory(), info.persistence()]
        }
        Ok(Err(error)) => vec![untold(Trouble::of(&error), &error.to_string())],
        Err(_) => vec![untold(Trouble::Silent, "within 3 s")],
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
            return Finding::new(name, Ok(format!("no limit of its own, {policy}")), "");
        }
        let used = self.number("used_memory").saturating_mul(100) / limit;
        let found = format!("{used} % of maxmemory is used, {policy}");
        if policy.starts_with("allkeys") {
            let found =
                format!("{found}: jobs may be evicted, and are queued again a little later");
            let remedy = "redis-cli CONFIG SET maxmemory-policy volatile-lru";
            return Finding::advice(name, found, remedy);
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
        assert!(untold(Trouble::Forbidden, "NOPERM").ok);
        let silent = untold(Trouble::Silent, "within 3 s");
        assert!(
            !silent.ok && silent.found == "no answer in time (within 3 s)",
            "{silent:?}"
        );
    }
}
