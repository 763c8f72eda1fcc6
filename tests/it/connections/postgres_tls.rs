//! PostgreSQL over TLS: each mode asks of the server what `libpq` asks, and each refusal names its cause.

use tempfile::TempDir;
use wildside::db::{self, PoolError, Trouble};
use wildside_test_support::{Authority, CITY, Certificate, PostgresServer, TestRedis, Validity};

use crate::connections::stage::{Service, command};

/// Comes in with TLS alone, and as `carla` with a certificate alone.
const TLS_ALONE: &str = "\
hostssl all carla 127.0.0.1/32 cert
hostnossl all nora 127.0.0.1/32 scram-sha-256
hostssl all wildside 127.0.0.1/32 scram-sha-256
";

/// A server behind TLS, who has signed its certificate, and its files.
struct Scene {
    server: PostgresServer,
    authority: Authority,
    files: TempDir,
}

impl Scene {
    fn set() -> Self {
        let authority = Authority::new();
        let certificate = for_localhost(&authority, Validity::Now);
        let (server, files) = PostgresServer::start_with_tls(&certificate, &authority, TLS_ALONE);
        server.sql(
            "postgres",
            "CREATE ROLE carla LOGIN; CREATE ROLE nora LOGIN PASSWORD 'p'; CREATE ROLE lone LOGIN PASSWORD 'p'",
        );
        server.expect_error("28000");
        // Handshakes that the client breaks off.
        server.expect_error("08P01");
        Self {
            server,
            authority,
            files,
        }
    }

    /// URL of a database, under the name of the host that the certificate has.
    fn url(&self, database: &str, parameters: &str) -> String {
        self.url_at("localhost", database, parameters)
    }

    fn url_at(&self, host: &str, database: &str, parameters: &str) -> String {
        let url = self.server.url(database).replace("127.0.0.1", host);
        let authority = self.authority.file().display().to_string();
        format!("{url}?{}", parameters.replace("CA", &authority))
    }

    fn of_user(&self, user: &str, parameters: &str) -> String {
        let port = self.server.port();
        format!("postgres://{user}:p@localhost:{port}/postgres?{parameters}")
    }
}

fn for_localhost(authority: &Authority, validity: Validity) -> Certificate {
    authority.sign("/CN=elsewhere", "subjectAltName=DNS:localhost", validity)
}

/// Outcome of a connection.
async fn outcome(url: &str) -> Result<(), Trouble> {
    match db::pool(url, 1).get().await.map(drop) {
        Ok(()) => Ok(()),
        Err(PoolError::Unreachable(error)) => {
            let words = error.with_remedy();
            assert!(!words.contains("hunter2"), "{words}");
            Err(error.trouble)
        }
        Err(PoolError::TimedOut) => panic!("{url}: timed out"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_asks_of_the_server_what_its_name_says() {
    let scene = Scene::set();
    let stranger = Authority::new();
    let other = stranger.file().display().to_string();
    let other = |mode: &str| format!("sslmode={mode}&sslrootcert={other}");
    for (parameters, expected) in [
        ("", Ok(())),
        ("sslmode=disable", Err(Trouble::Access)),
        ("sslmode=allow", Ok(())),
        ("sslmode=require", Ok(())),
        ("sslmode=require&channel_binding=require", Ok(())),
        ("sslmode=require&ssl_min_protocol_version=TLSv1.3", Ok(())),
        ("sslmode=require&sslrootcert=CA", Ok(())),
        ("sslmode=verify-ca&sslrootcert=CA", Ok(())),
        ("sslmode=verify-full&sslrootcert=CA", Ok(())),
        ("sslmode=verify-full", Err(Trouble::Authority)),
        ("sslrootcert=system", Err(Trouble::Authority)),
        (&other("verify-full"), Err(Trouble::Authority)),
        (&other("verify-ca"), Err(Trouble::Authority)),
        (&other("require"), Err(Trouble::Authority)),
        (&other("prefer"), Err(Trouble::Authority)),
        ("sslmode=verify-ca&sslrootcert=/nowhere", Err(Trouble::File)),
        ("sslmode=require&sslnegotiation=direct", Err(Trouble::Tls)),
    ] {
        let url = scene.url("postgres", parameters);
        assert_eq!(outcome(&url).await, expected, "{parameters}");
    }
    let by_address = |parameters| scene.url_at("127.0.0.1", "postgres", parameters);
    let named = by_address("sslmode=verify-full&sslrootcert=CA");
    assert_eq!(outcome(&named).await, Err(Trouble::Name));
    let signed = by_address("sslmode=verify-ca&sslrootcert=CA");
    assert_eq!(outcome(&signed).await, Ok(()));
    let address = format!(
        "{}&hostaddr=127.0.0.1",
        scene.url("postgres", "sslmode=verify-full&sslrootcert=CA")
    );
    assert_eq!(
        outcome(&address).await,
        Ok(()),
        "the name counts, not the address"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_want_a_certificate_of_its_client() {
    let scene = Scene::set();
    let carla = scene.authority.sign("/CN=carla", "", Validity::Now);
    let others = Authority::new();
    let stranger = others.sign("/CN=carla", "", Validity::Now);
    let with = |files: &Certificate| {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        scene.of_user(
            "carla",
            &format!("sslmode=require&sslcert={certificate}&sslkey={key}"),
        )
    };
    let without = scene.of_user("carla", "sslmode=require");
    assert_eq!(outcome(&without).await, Err(Trouble::ClientCertificate));
    assert_eq!(outcome(&with(&carla)).await, Ok(()));
    assert_eq!(
        outcome(&with(&stranger)).await,
        Err(Trouble::ClientCertificate)
    );
    // Of a certificate of version 1 the server alone can tell.
    let newer = scene
        .authority
        .sign("/CN=carla", "basicConstraints=CA:FALSE", Validity::Now);
    assert_eq!(outcome(&with(&newer)).await, Ok(()));
    let mixed = Certificate {
        key: stranger.key,
        ..newer
    };
    assert_eq!(outcome(&with(&mixed)).await, Err(Trouble::File));
    // Who may come in the clear alone does, where TLS is only preferred.
    assert_eq!(
        outcome(&scene.of_user("nora", "sslmode=prefer")).await,
        Ok(())
    );
    let access = scene.of_user("nora", "sslmode=require");
    assert_eq!(outcome(&access).await, Err(Trouble::Access));
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_of_all_kinds() {
    let mut scene = Scene::set();
    let required = scene.url("postgres", "sslmode=require");
    let full = scene.url("postgres", "sslmode=verify-full&sslrootcert=CA");
    let expired = for_localhost(&scene.authority, Validity::Over);
    let old = scene.authority.sign("/CN=localhost", "", Validity::Now);
    let common = scene
        .authority
        .sign("/CN=localhost", "basicConstraints=CA:FALSE", Validity::Now);
    for (certificate, expected) in [
        (&expired, Err(Trouble::Expired)),
        (&old, Err(Trouble::Authority)),
        (&common, Ok(())),
    ] {
        scene.server.present(certificate, &scene.files);
        assert_eq!(outcome(&required).await, Ok(()));
        assert_eq!(outcome(&full).await, expected, "{certificate:?}");
    }
    let own = scene.authority.sign_itself("/CN=localhost", "own");
    scene.server.present(&own, &scene.files);
    assert_eq!(outcome(&full).await, Err(Trouble::Authority));
    let itself = format!(
        "sslmode=verify-full&sslrootcert={}",
        own.certificate.display()
    );
    assert_eq!(outcome(&scene.url("postgres", &itself)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_one_where_that_will_do() {
    let server = PostgresServer::start();
    for (parameters, expected) in [
        ("", Ok(())),
        ("?sslmode=prefer", Ok(())),
        ("?sslmode=allow", Ok(())),
        ("?sslmode=require", Err(Trouble::NoTls)),
        ("?sslmode=verify-full", Err(Trouble::NoTls)),
    ] {
        let url = server.url("postgres") + parameters;
        assert_eq!(outcome(&url).await, expected, "{parameters}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_loads_doctor_and_walks_go_over_tls() {
    let (scene, redis) = (Scene::set(), TestRedis::start());
    scene.server.create_database("walks");
    let url = scene.url("walks", "sslmode=verify-full&sslrootcert=CA");
    let redis_url = redis.url();
    let variables = [("DATABASE_URL", &*url), ("REDIS_URL", &redis_url)];
    let migrated = command(&["migrate"], &variables[..1]);
    assert!(migrated.0, "{}", migrated.1);
    scene.server.sql("walks", CITY);
    wildside_ingest::load::check(&url).await.unwrap();
    let (_, told) = command(&["doctor"], &variables);
    assert!(told.contains("ok    postgresql: takes writes"), "{told}");
    let service = Service::start(&variables).await;
    let mut ada = service.user("ada").await;
    service.walk(&mut ada, 60).await;
    let covered = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                   WHERE datname = 'walks' AND application_name = 'wildside'";
    assert_eq!(scene.server.sql("walks", covered), "t");

    let plain = scene.url("walks", "sslmode=disable");
    let refused = command(&["migrate"], &[("DATABASE_URL", &plain)]);
    assert!(
        !refused.0 && refused.1.contains("sslmode=require"),
        "{}",
        refused.1
    );
    let ingest = wildside_ingest::load::check(&plain).await.unwrap_err();
    assert!(ingest.to_string().contains("sslmode=require"), "{ingest}");
}
