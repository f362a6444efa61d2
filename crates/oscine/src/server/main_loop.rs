//! The loop around the engine.

use std::future::{Future, poll_fn, ready};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::field::display;
use tracing::info;

use crate::fault::Fault;
use crate::peer::Peer;
use crate::server::alive::Alive;
use crate::server::inbound::{Delivered, Inbound, Read};
use crate::server::inbox::Inbox;
use crate::server::opening::{Opened, Sending};
use crate::server::port::PortState;
use crate::server::runner::Runner;
use crate::server::served::{Arrived, Served, poll_clients};
use crate::server::shared::Shared;
use crate::server::tasks::{Looped, Tasks};
use crate::server::turn::Turn;
use crate::server::udp_sockets::{UdpSocket, poll_datagrams};
use crate::timer::timer::Timer;

/// Everything that the one task which calls handlers owns.
pub(crate) struct MainLoop {
    pub(crate) runner: Runner,
    pub(crate) sockets: Vec<UdpSocket>,
    pub(crate) clients: Vec<Served>,
    /// The place of the socket to ask first.
    pub(crate) first: usize,
    pub(crate) inbox: Inbox,
    /// What has begun to run and made way for others; what comes after it waits.
    pub(crate) rest: Option<Delivered>,
    pub(crate) opened: mpsc::UnboundedReceiver<(Opened, Option<Sending>)>,
    pub(crate) timer: Timer,
    /// Whether what the timer waits for is to ask a peer for its time.
    pub(crate) asks: bool,
    pub(crate) tasks: Tasks,
    pub(crate) shared: Arc<Shared>,
    /// Last, and so dropped after the sockets.
    pub(crate) _alive: Arc<Alive>,
}

/// The longest time that is waited for what waits when the server stops: longer ones would go round the era.
const LONGEST_DRAIN: Duration = Duration::from_secs(1 << 30);

/// What the loop waits for.
pub(crate) enum Event {
    Stopped,
    Due,
    Datagrams(usize),
    Client(usize),
    Inbound(Inbound),
    Rest,
    Opened(Box<(Opened, Option<Sending>)>),
    Changed,
}

/// However it ends: what is counted from here on was left because of that.
impl Drop for MainLoop {
    fn drop(&mut self) {
        self.shared.stop.ask();
    }
}

impl MainLoop {
    /// Runs until the server is stopped, and then what is due within `drain`. Fails only when the system's timer does.
    pub(crate) async fn run(&mut self, drain: Duration) -> io::Result<()> {
        #[cfg(feature = "metrics")]
        self.tasks.spawn_publisher();
        self.receive().await?;
        let end = self.shared.clock.now() + drain.min(LONGEST_DRAIN);
        self.runner.drains = !drain.is_zero();
        while self.runner.drains {
            self.prepare().await?;
            if self.runner.next_deadline().is_none_or(|due| due.is_after(end)) {
                break;
            }
            let event = self.next_of_rest().await?;
            self.run_event(event).await;
        }
        Ok(())
    }

    async fn receive(&mut self) -> io::Result<()> {
        while !self.shared.stop.is_asked() {
            self.prepare().await?;
            let event = self.next_event().await?;
            self.run_event(event).await;
        }
        Ok(())
    }

    /// Runs what is due, and gets ready to wait for what comes next.
    pub(crate) async fn prepare(&mut self) -> io::Result<()> {
        self.runner.run_due().await;
        self.runner.release().await;
        self.runner.ask();
        let (due, question) = (self.runner.next_deadline(), self.runner.next_question());
        self.asks = question.is_some_and(|question| due.is_none_or(|due| due.is_after(question)));
        self.timer.set(if self.asks { question } else { due })
    }

    /// Does what an event asks for.
    pub(crate) async fn run_event(&mut self, event: Event) {
        match event {
            // The next look at it shows it.
            Event::Stopped => {}
            Event::Due => self.due().await,
            Event::Datagrams(socket) => self.datagrams(socket).await,
            Event::Client(place) => self.client(place).await,
            Event::Inbound(inbound) => self.inbound(inbound).await,
            Event::Rest => {
                if let Some(rest) = self.rest.take() {
                    self.delivered(rest).await;
                }
            }
            Event::Opened(opened) => self.serve(*opened),
            Event::Changed => {
                self.look_at_ports();
                self.runner.forget_departed();
            }
        }
    }

    /// Gets ready for what is due, to the point if that is asked for. What is due runs then.
    async fn due(&mut self) {
        // Peers are asked for their time a little early: that needs no spinning.
        if self.timer.is_precise() && !self.asks {
            self.runner.rehearse();
            self.timer.spin(self.runner.ahead());
            self.runner.begin_next().await;
        }
    }

    /// Waits for what comes next. Cancel safe.
    pub(crate) async fn next_event(&mut self) -> io::Result<Event> {
        let Self { runner, sockets, first, clients, inbox, opened, timer, shared, .. } = self;
        let has_rest = self.rest.is_some();
        let mut event = pin!(async {
            // In random order, so that no source starves another.
            tokio::select! {
                () = shared.stop.asked() => Ok(Event::Stopped),
                elapsed = timer.elapsed() => elapsed.map(|()| Event::Due),
                socket = poll_fn(|cx| poll_datagrams(sockets, *first, cx)) => Ok(Event::Datagrams(socket)),
                place = poll_fn(|cx| poll_clients(clients, cx)) => Ok(Event::Client(place)),
                () = ready(()), if has_rest => Ok(Event::Rest),
                Some(inbound) = inbox.receiver.recv(), if !has_rest => Ok(Event::Inbound(inbound)),
                Some(opened) = opened.recv() => Ok(Event::Opened(Box::new(opened))),
                () = shared.changed.notified() => Ok(Event::Changed),
            }
        });
        poll_fn(|cx| {
            let event = event.as_mut().poll(cx);
            if event.is_pending() {
                runner.callers.rest();
            }
            event
        })
        .await
    }

    /// Waits for what comes next when nothing more is received. Cancel safe.
    async fn next_of_rest(&mut self) -> io::Result<Event> {
        let Self { runner, timer, shared, .. } = self;
        runner.callers.rest();
        tokio::select! {
            elapsed = timer.elapsed() => elapsed.map(|()| Event::Due),
            // What waits may be run or cancelled by a handle.
            () = shared.changed.notified() => Ok(Event::Changed),
        }
    }

    /// Runs the datagrams that one read of a socket brought.
    async fn datagrams(&mut self, socket: usize) {
        // The others come first then.
        self.first = socket + 1;
        let Some(UdpSocket { udp, port, .. }) = self.sockets.get_mut(socket) else { return };
        let Some(batch) = udp.recv_batch().await else { return };
        let mut turn = Turn::default();
        for datagram in batch {
            let peer = Peer::Udp { endpoint: port.number, addr: datagram.peer };
            let at = datagram.at.into_std();
            if let Some(left) = self.runner.at_once(datagram.bytes, &peer, port, at) {
                self.runner.rest(left, &peer, at).await;
            }
            // What is left comes with the next batch, or is counted with the socket.
            if self.shared.stop.is_asked() || turn.is_over() {
                return;
            }
            // One read can bring thousands of datagrams: the tasks beside this one get their turns.
            tokio::task::consume_budget().await;
        }
    }

    /// Runs what has come back to a client.
    async fn client(&mut self, place: usize) {
        let Some(served) = self.clients.get_mut(place) else { return };
        let Some(Arrived { item, at }) = served.take() else { return };
        let peer = &served.peer;
        match item {
            Some(Ok(packet)) => {
                self.runner.decoded(&packet, peer, at).await;
                // One read can have brought thousands of packets: the tasks beside this one get their turns.
                tokio::task::consume_budget().await;
            }
            Some(Err(error)) => self.runner.bad(peer, &error, at),
            None => {
                if let Some(error) = served.fault() {
                    self.shared.tell(&Fault::ConnectionLost { peer, error: &error });
                }
                info!(%peer, "the connection of the client that is served has ended");
                self.shared.stop.ask();
            }
        }
    }

    async fn inbound(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Delivered(delivered) => self.delivered(delivered).await,
            Inbound::Packet { packet, received_at, done } => {
                let dispatched = self.runner.decoded(&packet, &Peer::Local, received_at).await;
                // Whoever asked may have gone.
                let _ = done.send(dispatched);
            }
        }
    }

    /// Runs what one reader has read, or what is left of it: as much as there is time for.
    async fn delivered(&mut self, mut delivered: Delivered) {
        if !self.runner.delivered(&mut delivered).await {
            self.rest = Some(delivered);
            // So that the sockets are looked at, too.
            tokio::task::yield_now().await;
            return;
        }
        if let Read::Frames(frames) = &mut delivered.what {
            self.shared.pool.put(std::mem::take(frames));
        }
        if delivered.unhandled.as_ref().is_some_and(mpsc::Sender::is_closed) {
            // The connection was forgotten before this ran.
            self.runner.gate.forget(&delivered.peer);
        }
    }

    /// Serves an endpoint from here on.
    fn serve(&mut self, (opened, sending): (Opened, Option<Sending>)) {
        let Opened { port, socket } = opened;
        self.runner.callers.set(port.number, &port.space);
        match self.tasks.spawn_endpoint(socket, &port, sending) {
            Some(Looped::Udp(udp)) => {
                let stop = self.shared.stop.clone();
                self.sockets.push(UdpSocket { udp: *udp, port, open: true, stop });
            }
            Some(Looped::Client(client)) => {
                let connection = self.tasks.connection_number();
                self.clients.push(Served::new(client, port, connection));
            }
            None => {}
        }
        self.look_at_ports();
    }

    /// Does what the states of the endpoints ask for.
    fn look_at_ports(&mut self) {
        for socket in &mut self.sockets {
            socket.open = socket.port.state() == PortState::Open;
        }
        self.sockets.retain(|socket| {
            let closed = socket.port.state() == PortState::Closed;
            if closed {
                let endpoint = socket.port.endpoint.as_ref().map(display);
                info!(endpoint, "closed");
            }
            !closed
        });
        self.clients.retain(|client| client.port.state() != PortState::Closed);
    }
}
