//! The loop around the engine.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use oscine_transport::Udp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::peer::Peer;
use crate::server::alive::Alive;
use crate::server::dispatcher::Dispatcher;
use crate::server::tasks::Inbound;
use crate::timer::timer::Timer;

/// Everything that the one task which calls handlers owns.
pub(crate) struct MainLoop {
    pub(crate) dispatcher: Dispatcher,
    pub(crate) sockets: Vec<Udp>,
    pub(crate) inbox: mpsc::Receiver<Inbound>,
    pub(crate) timer: Timer,
    pub(crate) stop: CancellationToken,
    /// Last, and so dropped after the sockets.
    pub(crate) alive: Arc<Alive>,
}

/// What the loop waits for.
enum Event {
    Stopped,
    Due,
    Datagrams(usize),
    Packet(Inbound),
}

impl MainLoop {
    /// Runs until the server is stopped. Fails only when the system's timer does.
    pub(crate) async fn run(&mut self) -> io::Result<()> {
        while !self.stop.is_cancelled() {
            self.dispatcher.run_due().await;
            self.timer.set(self.dispatcher.next_deadline())?;
            match self.next_event().await? {
                Event::Stopped => return Ok(()),
                Event::Due => {
                    if self.timer.is_precise() {
                        self.dispatcher.rehearse();
                    }
                    self.timer.spin();
                }
                Event::Datagrams(socket) => self.datagrams(socket).await,
                Event::Packet(Inbound { packet, peer, received_at, unhandled }) => {
                    self.dispatcher.packet(packet.view(), peer, received_at).await;
                    drop(unhandled);
                }
            }
        }
        Ok(())
    }

    async fn next_event(&mut self) -> io::Result<Event> {
        let Self { sockets, inbox, timer, stop, .. } = self;
        // In random order, so that no source starves another.
        tokio::select! {
            () = stop.cancelled() => Ok(Event::Stopped),
            elapsed = timer.elapsed() => elapsed.map(|()| Event::Due),
            socket = poll_fn(|cx| poll_datagrams(sockets, cx)) => Ok(Event::Datagrams(socket)),
            Some(inbound) = inbox.recv() => Ok(Event::Packet(inbound)),
        }
    }

    /// Runs the datagrams that one read of a socket brought.
    async fn datagrams(&mut self, socket: usize) {
        let Some(udp) = self.sockets.get_mut(socket) else { return };
        let Some(batch) = udp.recv_batch().await else { return };
        for datagram in batch {
            let peer = Peer::Udp { socket, addr: datagram.peer };
            self.dispatcher.datagram(datagram.bytes, peer, datagram.at.into_std()).await;
            if self.stop.is_cancelled() {
                return;
            }
            // One read can bring thousands of datagrams: the tasks beside this one get their turns.
            tokio::task::consume_budget().await;
        }
    }
}

/// The first socket that has datagrams. They stay there for whoever asks next.
fn poll_datagrams(sockets: &mut [Udp], cx: &mut Context<'_>) -> Poll<usize> {
    for (index, udp) in sockets.iter_mut().enumerate() {
        if let Poll::Ready(Some(_)) = udp.poll_recv_batch(cx) {
            return Poll::Ready(index);
        }
    }
    Poll::Pending
}
