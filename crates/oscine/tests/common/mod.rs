//! What the integration tests share: a server on a free port, a log that handlers write to, and a
//! limit that keeps a test from hanging.
#![allow(dead_code, reason = "no test uses all of it")]

pub(crate) mod carrier;
pub(crate) mod endpoints;
pub(crate) mod folder;
pub(crate) mod local_notes;
pub(crate) mod log;
pub(crate) mod program;
pub(crate) mod timed;
pub(crate) mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use oscine::transport::framing::FramingKind;
use oscine::{AddressSpace, Client, Endpoint, Packet, Serve, ServeError, Server, ServerBuilder};
use oscine::{ServerHandle, Stats};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use log::Log;

/// Any free port on loopback.
pub(crate) const LOOPBACK: &str = "127.0.0.1:0";

/// The framings that a client can be told.
pub(crate) const FRAMINGS: [FramingKind; 3] =
    [FramingKind::Slip, FramingKind::LengthPrefix, FramingKind::Auto];

/// How long anything may take. It only keeps a test that fails from hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// Awaits `future`, and fails if that never ends.
#[track_caller]
pub(crate) fn within<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        let limited = tokio::time::timeout(LIMIT, future).await;
        limited.unwrap_or_else(|_| panic!("{place}: nothing happened for {LIMIT:?}"))
    }
}

/// Waits until something that others bring about holds, and fails if it never does.
#[track_caller]
pub(crate) fn until(mut holds: impl FnMut() -> bool) -> impl Future<Output = ()> {
    within(async move {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

/// Looks at something often, and for long enough that it would have happened if it could.
#[track_caller]
pub(crate) fn never(mut happens: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(!happens(), "{place}: it has happened");
        }
    }
}

/// A handler that is not through until the gate lets it pass.
pub(crate) fn held_by(gate: &Arc<Notify>) -> impl Fn() -> BoxFuture<'static, ()> + use<> {
    let gate = Arc::clone(gate);
    move || {
        let gate = Arc::clone(&gate);
        Box::pin(async move { gate.notified().await })
    }
}

/// A server that serves in a task of its own.
pub(crate) struct Running {
    pub(crate) handle: ServerHandle,
    pub(crate) task: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    /// Serves on one UDP port and one TCP port that detects the framing.
    pub(crate) async fn start(space: AddressSpace) -> Self {
        let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space);
        Self::bind(builder).await
    }

    /// Serves as the builder says.
    pub(crate) async fn bind(builder: ServerBuilder) -> Self {
        let server = builder.bind().await.unwrap();
        Self { handle: server.handle(), task: tokio::spawn(server.serve().into_future()) }
    }

    /// Serves as the builder says, and has `grace` to stop.
    pub(crate) async fn with_grace(builder: ServerBuilder, grace: Duration) -> Self {
        let server = builder.bind().await.unwrap();
        let handle = server.handle();
        let serve: Serve = server.serve().grace(grace);
        Self { handle, task: tokio::spawn(serve.into_future()) }
    }

    /// The first UDP port.
    pub(crate) fn udp(&self) -> SocketAddr {
        self.port(|endpoint| matches!(endpoint, Endpoint::Udp { .. }))
    }

    /// The first TCP port.
    pub(crate) fn tcp(&self) -> SocketAddr {
        self.port(|endpoint| matches!(endpoint, Endpoint::Tcp { .. }))
    }

    /// A client on UDP.
    pub(crate) async fn udp_client(&self) -> Client {
        Client::udp(self.udp()).await.unwrap()
    }

    /// A client on TCP that speaks `framing`.
    pub(crate) async fn tcp_client(&self, framing: FramingKind) -> Client {
        let endpoint = format!("osc.tcp://{}?framing={framing}", self.tcp());
        Client::connect(endpoint).await.unwrap()
    }

    /// Stops the server, waits until it has, and says what it has counted.
    pub(crate) async fn stop(self) -> Stats {
        self.handle.stop();
        within(self.task).await.unwrap().unwrap();
        self.handle.stats()
    }

    fn port(&self, wanted: impl Fn(&&Endpoint) -> bool) -> SocketAddr {
        let endpoints = self.handle.endpoints();
        let endpoint = endpoints.iter().find(wanted).unwrap();
        let text = endpoint.to_string();
        let (_, place) = text.split_once("://").unwrap();
        place.split('?').next().unwrap().parse().unwrap()
    }
}

/// Sends `packets` over UDP to a server with this space, and says what the handlers noted and what
/// the server counted. Whatever the packets set off at once has happened by then.
pub(crate) async fn run(
    space: &AddressSpace,
    log: Log,
    packets: &[Packet],
) -> (Vec<String>, Stats) {
    let server = Running::start(space.clone()).await;
    let client = server.udp_client().await;
    let noted = log.of(&client, space, packets).await;
    let stats = server.stop().await;
    (noted, stats)
}
