//! The servers that the tests rely on do what they say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use wildside_test_support::{Fault, PostgresServer, TcpProxy, TestDatabase, TestRedis};

#[test]
fn each_database_is_migrated_and_its_own() {
    let one = TestDatabase::create();
    let other = TestDatabase::create();
    one.sql("INSERT INTO users (username, display_name) VALUES ('ann', 'Ann')");
    assert_eq!(one.sql("SELECT count(*) FROM users"), "1");
    assert_eq!(other.sql("SELECT count(*) FROM users"), "0");
    let migrations = std::fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../migrations/versions"
    ))
    .unwrap();
    let folders = migrations.filter(|entry| entry.as_ref().unwrap().path().is_dir());
    let recorded = one.sql("SELECT count(*) FROM __diesel_schema_migrations");
    assert_eq!(recorded, folders.count().to_string());
}

#[test]
fn an_empty_database_has_no_tables_and_is_dropped_in_the_end() {
    let database = TestDatabase::empty();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.sql(tables), "0");
    let name = database.sql("SELECT current_database()");
    drop(database);
    let witness = TestDatabase::empty();
    let found = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(witness.sql(&found), "0");
}

#[test]
fn a_killed_postgres_comes_back_with_its_data() {
    let mut server = PostgresServer::start();
    server.create_migrated("walks");
    let port = server.port();
    server.kill();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    server.restart();
    assert_eq!(server.port(), port);
    assert_ne!(
        server.sql("walks", "SELECT count(*) FROM interest_themes"),
        "0"
    );
}

#[test]
fn a_restarted_redis_is_empty() {
    let mut redis = TestRedis::start();
    assert_eq!(redis.command(&["SET", "key", "value"]), "+OK\r\n");
    assert_eq!(redis.command(&["GET", "key"]), "$5\r\nvalue\r\n");
    redis.restart();
    assert_eq!(redis.command(&["DBSIZE"]), ":0\r\n");
}

#[test]
fn a_paused_redis_answers_when_it_goes_on() {
    let redis = TestRedis::start_with(&["--maxmemory", "4mb"]);
    redis.pause();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| redis.command(&["CONFIG", "GET", "maxmemory"]));
        std::thread::sleep(Duration::from_millis(200));
        redis.resume();
        assert!(answer.join().unwrap().contains("4194304"));
    });
    assert!(start.elapsed() >= Duration::from_millis(200));
}

/// A server that sends back what it gets, one connection after the other.
fn echo() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = stream.unwrap();
            let mut writer = reader.try_clone().unwrap();
            std::thread::spawn(move || std::io::copy(&mut reader, &mut writer));
        }
    });
    port
}

fn connect(proxy: &TcpProxy) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    stream
}

fn ask(stream: &mut TcpStream) -> std::io::Result<[u8; 4]> {
    let mut answer = [0; 4];
    stream.write_all(b"ping")?;
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_proxy_passes_delays_and_damages() {
    let proxy = TcpProxy::to_port(echo());
    let mut stream = connect(&proxy);
    assert_eq!(&ask(&mut stream).unwrap(), b"ping");

    proxy.set(Fault::Latency(Duration::from_millis(60)));
    let start = Instant::now();
    assert_eq!(&ask(&mut stream).unwrap(), b"ping");
    assert!(
        start.elapsed() >= Duration::from_millis(120),
        "there and back"
    );

    proxy.set(Fault::Rate(40));
    let start = Instant::now();
    assert_eq!(&ask(&mut stream).unwrap(), b"ping");
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "four bytes there and back"
    );

    proxy.set(Fault::Garbage);
    assert_eq!(&ask(&mut stream).unwrap(), b"????");
}

#[test]
fn the_proxy_swallows_and_delivers_later() {
    let proxy = TcpProxy::to_port(echo());
    let mut stream = connect(&proxy);
    proxy.set(Fault::BlackHole);
    assert_eq!(ask(&mut stream).unwrap_err().kind(), ErrorKind::WouldBlock);
    proxy.set(Fault::None);
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"ping");
}

#[test]
fn the_proxy_resets_open_and_new_connections() {
    let proxy = TcpProxy::to_port(echo());
    let mut stream = connect(&proxy);
    assert_eq!(&ask(&mut stream).unwrap(), b"ping");
    proxy.set(Fault::Reset);
    assert_eq!(
        stream.read(&mut [0; 4]).unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    proxy.set(Fault::None);
    assert_eq!(&ask(&mut connect(&proxy)).unwrap(), b"ping");
}
