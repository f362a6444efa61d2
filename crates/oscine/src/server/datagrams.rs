//! Datagrams that the program carries itself.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use oscine_transport::SendError;
use oscine_transport::exchange::Exchange;
use tokio::sync::mpsc;
use tracing::debug;

use crate::peer::Peer;
use crate::server::carrier::AnyCarrier;
use crate::server::delivery::{Arrival, Delivery};
use crate::server::inbound::Read;
use crate::server::lease::Lease;
use crate::server::outbound::Waiting;
use crate::server::port::Port;
use crate::server::shared::Shared;
use crate::server::two_way::{TwoWay, leave, talk};
use crate::server::unsent::Unsent;

/// Carries datagrams both ways until the stream ends, the endpoint is closed or the server is over. What was handed over
/// before is sent then.
pub(crate) async fn carry(
    shared: Arc<Shared>,
    exchange: Exchange<AnyCarrier>,
    port: Arc<Port>,
    queue: Queue,
    lease: Lease,
) {
    let delivery = Delivery::new(&shared, &port, mpsc::channel::<Infallible>(1));
    let mut post = Post { exchange, shared: &shared, port: &port, queue, last: None, delivery };
    let run = async {
        tokio::select! {
            _ = talk(&mut post, &port) => {}
            () = shared.over.cancelled() => {}
        }
        // Nothing more is handed over from here on.
        drop(lease);
        post.say_goodbye().await;
    };
    if !leave(run, left(&shared, &port)).await {
        debug!(endpoint = port.number, "cut short");
    }
}

/// When the endpoint is closed, but not with the server: that has a time limit of its own.
async fn left(shared: &Shared, port: &Port) {
    port.closed().await;
    if shared.over.is_cancelled() {
        std::future::pending::<()>().await;
    }
}

struct Post<'a> {
    exchange: Exchange<AnyCarrier>,
    shared: &'a Arc<Shared>,
    port: &'a Arc<Port>,
    /// What is to be sent.
    queue: Queue,
    /// Whom the last packet out of line is for, and whether it is told: if one is lost, it is that one.
    last: Option<(Peer, bool)>,
    delivery: Delivery,
}

impl TwoWay for Post<'_> {
    type End = ();

    /// Ends when the stream has ended and everything that it brought has been run.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_out(cx).is_ready() {
            return Poll::Ready(());
        }
        let Self { exchange, delivery, port, .. } = self;
        delivery.poll(cx, |cx| {
            exchange.poll_recv(cx).map(|next| {
                let (received, addr) = next?;
                let peer = Peer::Datagram { endpoint: port.number, addr };
                Some(Arrival { what: Read::Datagram(received), peer, at: Instant::now() })
            })
        })
    }

    fn pause(&mut self) {
        self.delivery.pause();
    }

    /// Sends what waits, and never ends: what cannot be sent is counted.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Err(error) = ready!(self.poll_send(cx, Queue::poll_next)) {
            self.lost(&error);
        }
        // There may be more later.
        Poll::Pending
    }
}

impl Post<'_> {
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        next: impl Fn(&mut Queue, &mut Context<'_>) -> Poll<Option<Waiting>>,
    ) -> Poll<Result<(), SendError>> {
        let Self { exchange, queue, last, .. } = self;
        exchange.poll_send_from(cx, |cx| {
            next(queue, cx).map(|next| {
                let Waiting { packet, peer, told, .. } = next?;
                // To others nothing is handed over.
                let Peer::Datagram { addr, .. } = peer.clone() else { return None };
                *last = Some((peer, told));
                Some((packet.into_bytes(), addr))
            })
        })
    }

    /// Sends what was handed over before the end, and closes.
    async fn say_goodbye(&mut self) {
        self.queue.close();
        let waiting = |queue: &mut Queue, _: &mut Context<'_>| Poll::Ready(queue.try_recv());
        while let Err(error) = poll_fn(|cx| self.poll_send(cx, waiting)).await {
            self.lost(&error);
        }
        if let Err(error) = poll_fn(|cx| self.exchange.poll_close(cx)).await {
            debug!(endpoint = self.port.number, %error, "not closed cleanly");
        }
    }

    fn lost(&mut self, error: &SendError) {
        self.queue.settle(false);
        if let Some((peer, told)) = &self.last {
            self.shared.tell_unsent(peer, error, *told);
        }
    }
}

type Queue = Unsent<Waiting>;
