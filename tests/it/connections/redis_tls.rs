//! Redis over TLS: in every use of it, and with refusals that name their cause.

use std::net::TcpStream;
use std::path::PathBuf;

use wildside::config::{RedisFiles, RedisServer};
use wildside::shared_redis::{self, Trouble};
use wildside_dial::TlsTrouble;
use wildside_test_support::{
    Authority, CITY, Certificate, TestDatabase, TestRedis, Validity, free_port,
};

use crate::connections::stage::{Service, command};

/// A Redis with a port for TLS beside the plain one.
struct Scene {
    redis: TestRedis,
    authority: Authority,
    port: u16,
}

impl Scene {
    fn set(validity: Validity, clients: &str) -> Self {
        let authority = Authority::new();
        let own = authority.sign("/CN=redis", "subjectAltName=DNS:localhost", validity);
        let (port, files) = (free_port(), [authority.file(), own.certificate, own.key]);
        let [ca, certificate, key] = files.map(|file| file.display().to_string());
        let redis = TestRedis::start_with(&[
            "--tls-port",
            &port.to_string(),
            "--tls-ca-cert-file",
            &ca,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            clients,
        ]);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self {
            redis,
            authority,
            port,
        }
    }

    fn url(&self, host: &str) -> String {
        let url = self.redis.url_at(self.port);
        url.replace("redis://", "rediss://")
            .replace("127.0.0.1", host)
    }
}

async fn outcome(url: &str, files: RedisFiles) -> Result<(), Trouble> {
    let server = RedisServer {
        files,
        ..url.into()
    };
    let mut redis = shared_redis::connect(&server).map_err(|error| Trouble::of(&error))?;
    let answer: redis::RedisResult<String> = redis::cmd("PING").query_async(&mut redis).await;
    answer.map(drop).map_err(|error| Trouble::of(&error))
}

fn trusting(authority: &Authority) -> RedisFiles {
    RedisFiles {
        authorities: Some(authority.file()),
        identity: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cause_of_a_refusal_is_told() {
    let scene = Scene::set(Validity::Now, "no");
    let (url, trusted) = (scene.url("localhost"), || trusting(&scene.authority));
    let (plain, stranger) = (scene.redis.url(), Authority::new());
    let missing = RedisFiles {
        authorities: Some(PathBuf::from("/nowhere")),
        identity: None,
    };
    for (url, files, expected) in [
        (&*url, trusted(), Ok(())),
        (
            &url,
            RedisFiles::default(),
            Err(Trouble::Tls(TlsTrouble::Authority)),
        ),
        (
            &url,
            trusting(&stranger),
            Err(Trouble::Tls(TlsTrouble::Authority)),
        ),
        (
            &scene.url("127.0.0.1"),
            trusted(),
            Err(Trouble::Tls(TlsTrouble::Name)),
        ),
        (
            &plain.replace("redis://", "rediss://"),
            trusted(),
            Err(Trouble::Silent),
        ),
        (&url, missing, Err(Trouble::File)),
    ] {
        assert_eq!(outcome(url, files).await, expected, "{url}");
    }
    let expired = Scene::set(Validity::Over, "no");
    let outcome = outcome(&expired.url("localhost"), trusting(&expired.authority)).await;
    assert_eq!(outcome, Err(Trouble::Tls(TlsTrouble::Expired)));
}

#[tokio::test(flavor = "multi_thread")]
async fn walks_are_made_over_tls_with_a_certificate_of_the_client() {
    let scene = Scene::set(Validity::Now, "yes");
    let database = TestDatabase::create();
    database.sql(CITY);
    let Certificate { certificate, key } =
        scene
            .authority
            .sign("/CN=us", "basicConstraints=CA:FALSE", Validity::Now);
    let without = outcome(&scene.url("localhost"), trusting(&scene.authority)).await;
    assert_eq!(without, Err(Trouble::Tls(TlsTrouble::Client)));
    let (url, redis_url) = (database.url(), scene.url("localhost"));
    let files = [scene.authority.file(), certificate, key];
    let [ca, certificate, key] = files.map(|file| file.display().to_string());
    let variables = [
        ("DATABASE_URL", &*url),
        ("REDIS_URL", &redis_url),
        ("REDIS_CA_FILE", &ca),
        ("REDIS_CERT_FILE", &certificate),
        ("REDIS_KEY_FILE", &key),
    ];
    let service = Service::start(&variables).await;
    let mut ada = service.user("ada").await;
    service.walk(&mut ada, 60).await;
    service
        .until(async || service.log().contains("subscribed to status events"))
        .await;
    let (_, told) = command(&["doctor"], &variables);
    assert!(told.contains("ok    redis: jobs can be queued"), "{told}");
    let (listed, said) = command(&["jobs", "list"], &variables);
    assert!(listed, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_may_be_a_redis_of_its_own_that_evicts() {
    let (database, queue) = (TestDatabase::create(), TestRedis::start());
    let cache = TestRedis::start_with(&["--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru"]);
    database.sql(CITY);
    let (url, queue_url, cache_url) = (database.url(), queue.url(), cache.url());
    let variables = [
        ("DATABASE_URL", &*url),
        ("REDIS_URL", &queue_url),
        ("REDIS_CACHE_URL", &cache_url),
    ];
    let service = Service::start(&variables).await;
    let mut ada = service.user("ada").await;
    service.walk(&mut ada, 60).await;
    let keys = |redis: &TestRedis| redis.command(&["KEYS", "wildside:route:*"]);
    assert!(
        keys(&cache).contains("wildside:route:v1:"),
        "{}",
        keys(&cache)
    );
    assert_eq!(keys(&queue).trim(), "*0");
}
