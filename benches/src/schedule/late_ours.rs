//! Us: a server on UDP.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use oscine::{AddressSpace, Bundle, BundleTime, Message, ServerHandle, TimeTag};
use tokio::runtime::Builder;

use crate::schedule::late::{Punctual, late_by};

/// A server with a thread of its own.
pub(crate) struct Server {
    handle: ServerHandle,
    addr: SocketAddr,
    socket: UdpSocket,
    late: Receiver<f64>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn new(precision: Duration) -> Self {
        let (sender, late) = channel();
        let space = AddressSpace::new();
        let note = move |due: BundleTime| {
            // Nobody listens any more when the bench ends.
            let _ = sender.send(late_by(due.0));
        };
        space.method("/late", note).expect("it is an address");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let builder = oscine::Server::builder().udp("127.0.0.1:0").precision(precision);
        let server = runtime.block_on(builder.address_space(space).bind()).expect("a free port");
        let handle = server.handle();
        let addr = handle.endpoints().first().expect("it is bound").to_string();
        let addr = addr.rsplit('/').next().and_then(|addr| addr.parse().ok()).expect("an address");
        let thread = std::thread::spawn(move || {
            runtime.block_on(server.serve().into_future()).expect("it serves until it is stopped");
        });
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        Self { handle, addr, socket, late, thread: Some(thread) }
    }
}

/// The packet of a bundle with one message.
pub(crate) fn packet(due: TimeTag) -> Bundle {
    let message = Message::new("/late", ()).expect("it is an address");
    Bundle::new(due, [message]).expect("it is a bundle")
}

impl Punctual for Server {
    fn name(&self) -> &'static str {
        "oscine"
    }

    fn run(&mut self, due: &[TimeTag]) -> Vec<f64> {
        for &due in due {
            self.socket.send_to(packet(due).as_bytes(), self.addr).expect("loopback takes it");
        }
        let next = || self.late.recv_timeout(Duration::from_secs(10)).ok();
        std::iter::from_fn(next).take(due.len()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            // A panic of it was told when it happened.
            let _ = thread.join();
        }
    }
}
