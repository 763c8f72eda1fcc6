use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::time::sleep;

/// Bytes that are read, and so delayed, at a time.
const PIECE: usize = 16 * 1024;

/// Faults of the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Every piece of data arrives later, in both directions.
    Latency(Duration),
    /// So many bytes a second pass, in each direction.
    Rate(u32),
    /// Connections stay open and nothing comes through, as when a cable is pulled.
    BlackHole,
    /// What the server says is replaced by nonsense of the same length.
    Garbage,
    /// Connections are reset, new ones too.
    Reset,
}

/// A TCP proxy on loopback whose faults can be switched while connections are open.
///
/// It runs in a thread of its own and ends when it is dropped.
#[derive(Debug)]
pub struct TcpProxy {
    port: u16,
    upstream: Arc<AtomicU16>,
    fault: Option<watch::Sender<Fault>>,
    thread: Option<JoinHandle<()>>,
}

impl TcpProxy {
    /// Passes connections on to a port on loopback, faultless at first.
    pub fn to_port(upstream: u16) -> Self {
        let listener =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener
            .set_nonblocking(true)
            .expect("a listener can be non-blocking");
        let port = listener.local_addr().expect("it is bound").port();
        let (sender, receiver) = watch::channel(Fault::None);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let upstream = Arc::new(AtomicU16::new(upstream));
        let moving = upstream.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("the listener is sound");
                accept(listener, moving, receiver).await;
            });
        });
        Self {
            port,
            upstream,
            fault: Some(sender),
            thread: Some(thread),
        }
    }

    /// The port it listens on, on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// New connections are passed on to another port, as when a name is given another address; open ones stay as they are.
    pub fn move_to(&self, upstream: u16) {
        self.upstream.store(upstream, Ordering::Relaxed);
    }

    /// From now on this goes wrong, on open connections too.
    pub fn set(&self, fault: Fault) {
        if let Some(sender) = &self.fault {
            sender.send_replace(fault);
        }
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.fault = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Ends when the proxy is dropped; the end of the runtime then drops the connections.
async fn accept(listener: TcpListener, upstream: Arc<AtomicU16>, fault: watch::Receiver<Fault>) {
    let mut proxy = fault.clone();
    let serve = async {
        loop {
            if let Ok((client, _)) = listener.accept().await {
                let upstream = (Ipv4Addr::LOCALHOST, upstream.load(Ordering::Relaxed));
                tokio::spawn(connection(client, upstream.into(), fault.clone()));
            }
        }
    };
    tokio::select! {
        () = serve => {}
        _ = proxy.wait_for(|_| false) => {}
    }
}

async fn connection(mut client: TcpStream, upstream: SocketAddr, fault: watch::Receiver<Fault>) {
    let mut reset = fault.clone();
    tokio::select! {
        biased;
        Ok(_) = reset.wait_for(|&fault| fault == Fault::Reset) => {
            let _ = client.set_zero_linger();
        }
        _ = pass(&mut client, upstream, fault) => {}
    }
}

async fn pass(
    client: &mut TcpStream,
    upstream: SocketAddr,
    fault: watch::Receiver<Fault>,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    let (client_reader, client_writer) = client.split();
    let (server_reader, server_writer) = server.split();
    tokio::try_join!(
        pump(client_reader, server_writer, fault.clone(), false),
        pump(server_reader, client_writer, fault, true),
    )?;
    Ok(())
}

async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut fault: watch::Receiver<Fault>,
    from_server: bool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = from.read(&mut buffer).await?;
        let now = fault
            .wait_for(|&fault| fault != Fault::BlackHole)
            .await
            .map_or(Fault::None, |fault| *fault);
        match now {
            Fault::Latency(delay) => sleep(delay).await,
            Fault::Rate(bytes) => {
                sleep(Duration::from_secs_f64(length as f64 / f64::from(bytes))).await;
            }
            Fault::Garbage if from_server => buffer[..length].fill(b'?'),
            // What was swallowed is gone. `connection` may hear of the reset a moment later than this.
            Fault::Reset => pending().await,
            _ => {}
        }
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}
