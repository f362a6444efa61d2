//! Us: a server with one method, in this thread.

use std::future::{IntoFuture, poll_fn};
use std::net::{TcpListener, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use oscine::transport::tcp::Listener;
use oscine::transport::udp::Udp;
use oscine::{AddressSpace, Serve, Server, ServerBuilder};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::receiver::{Alone, Receiver};

/// How long the messages of a turn may take to arrive over a connection.
const LIMIT: Duration = Duration::from_secs(10);

/// A server that is polled until its handler has run as often as it should.
pub(crate) struct Serving {
    runtime: Rc<Runtime>,
    serve: <Serve as IntoFuture>::IntoFuture,
    got: Arc<Got>,
    /// How often the handler is to have run. It may be ahead: a read brings what it brings.
    wanted: u64,
    /// Datagrams that were lost are replaced, see `rescue.rs`; bytes of a connection are not.
    limit: Option<Duration>,
}

/// What the handler has got.
#[derive(Debug, Default)]
struct Got {
    count: AtomicU64,
    last: AtomicU64,
}

impl Got {
    /// Only one thread adds, as on the other sides.
    fn add(&self, value: f32) {
        self.last.store(u64::from(value.to_bits()), Ordering::Relaxed);
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

impl Serving {
    /// Receives datagrams, joined ones if `gro`.
    pub(crate) fn udp(runtime: &Rc<Runtime>, socket: UdpSocket, gro: bool) -> Self {
        let _inside = runtime.enter();
        let udp = Udp::builder().gro(gro).wrap(socket).expect("a socket for tokio");
        Self::new(runtime, Server::builder().udp_socket(udp), None)
    }

    /// Accepts connections. The framing is found out from what arrives.
    pub(crate) fn tcp(runtime: &Rc<Runtime>, listener: TcpListener) -> Self {
        let _inside = runtime.enter();
        let listener = Listener::builder().wrap(listener).expect("a listener for tokio");
        Self::new(runtime, Server::builder().tcp_listener(listener), Some(LIMIT))
    }

    fn new(runtime: &Rc<Runtime>, builder: ServerBuilder, limit: Option<Duration>) -> Self {
        let (space, got) = (AddressSpace::new(), Arc::new(Got::default()));
        let handler = {
            let got = Arc::clone(&got);
            move |value: f32| got.add(value)
        };
        space.method("/synth/voice/1/freq", handler).expect("it is an address");
        let server = runtime.block_on(builder.address_space(space).bind()).expect("it is bound");
        let serve = server.serve().into_future();
        Self { runtime: Rc::clone(runtime), serve, got, wanted: 0, limit }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        assert!(self.serve.as_mut().poll(cx).is_pending(), "nobody has stopped the server");
        let count = self.got.count.load(Ordering::Relaxed);
        if count >= self.wanted { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Receiver for Serving {
    fn name(&self) -> &'static str {
        "oscine"
    }

    fn receive(&mut self, n: u64) {
        self.wanted += n;
        let (runtime, limit) = (Rc::clone(&self.runtime), self.limit);
        let served = poll_fn(|cx| self.poll(cx));
        runtime.block_on(async {
            match limit {
                Some(limit) => timeout(limit, served).await.expect("all messages arrive"),
                None => served.await,
            }
        });
    }

    fn last(&self) -> u64 {
        self.got.last.load(Ordering::Relaxed)
    }
}

impl Alone for Serving {
    fn receive_alone(&mut self, send: &mut dyn FnMut()) -> Duration {
        let runtime = Rc::clone(&self.runtime);
        self.wanted += 1;
        runtime.block_on(async {
            // From here on it waits for the socket, as it does when nothing has arrived for a while.
            let waits = poll_fn(|cx| Poll::Ready(self.serve.as_mut().poll(cx).is_pending()));
            assert!(waits.await, "nobody has stopped the server");
            send();
            let start = Instant::now();
            let mut woken = false;
            poll_fn(|cx| {
                // The server has said who is to be woken; the runtime asks the system first.
                if !std::mem::replace(&mut woken, true) {
                    return Poll::Pending;
                }
                self.poll(cx)
            })
            .await;
            start.elapsed()
        })
    }
}
