//! Packets on their way to peers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use oscine_codec::Packet;
use oscine_transport::{PeerAddr, SendError as TransportError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::handler::send_error::SendError;
use crate::peer::Peer;
use crate::server::outside::counters::Counters;
use crate::server::outside::telling::Telling;
use crate::server::ways::datagram_sender::DatagramSender;
use crate::server::ways::unsent::Unsent;

/// How many packets may wait for one peer's connection, and for one socket of datagrams whose buffer is full.
pub(crate) const QUEUE: usize = 1024;

/// The ways to all peers.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// By the numbers of endpoints, in order; those that send by connections, and those that are closed, take no room.
    /// Empty once the server has stopped: a handle that is kept must not keep ports bound.
    sockets: ArcSwap<Sockets>,
    connections: Mutex<HashMap<u64, ConnectionOut>>,
    /// The number of the endpoint that is asked first for a way to an address.
    preferred: AtomicUsize,
    counters: Arc<Counters>,
    telling: Arc<Telling>,
}

type Sockets = Vec<(usize, Arc<SocketOut>)>;

/// The way out of a socket of datagrams.
#[derive(Debug)]
pub(crate) struct SocketOut {
    pub(crate) sender: DatagramSender,
    /// Takes what the system does not take at once. Its other end is a task's.
    queue: mpsc::Sender<Waiting>,
    /// Held by all that wait.
    waiting: Arc<()>,
}

/// A datagram that the system did not take at once.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) packet: Packet,
    pub(crate) peer: Peer,
    /// Whether it is told if it cannot be sent.
    pub(crate) told: bool,
    /// Held until it has been sent.
    _waits: Arc<()>,
}

/// A packet that waits for its connection.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) packet: Packet,
    /// Whether it is told if it cannot be sent.
    pub(crate) told: bool,
}

/// The way to the other end of a connection.
#[derive(Debug)]
struct ConnectionOut {
    peer: Peer,
    queue: mpsc::Sender<Queued>,
    kicked: CancellationToken,
    /// Whoever holds a sender keeps the connection, though its peer is done sending.
    unhandled: mpsc::WeakSender<Infallible>,
}

impl Outbound {
    pub(crate) fn new(counters: Arc<Counters>, telling: Arc<Telling>) -> Self {
        let preferred = AtomicUsize::new(0);
        Self {
            sockets: ArcSwap::default(),
            connections: Mutex::default(),
            preferred,
            counters,
            telling,
        }
    }

    /// Adds the way out of an endpoint.
    pub(crate) fn open(&self, number: usize, out: Arc<SocketOut>) {
        self.edit(|sockets| {
            let after = sockets.partition_point(|(other, _)| *other < number);
            sockets.insert(after, (number, out));
        });
    }

    /// Forgets the way out of an endpoint.
    pub(crate) fn close_endpoint(&self, number: usize) {
        self.edit(|sockets| sockets.retain(|(other, _)| *other != number));
    }

    /// Has an endpoint asked first for a way to an address; says whether it sends by itself and is not closed.
    pub(crate) fn prefer(&self, number: usize) -> bool {
        let sends = self.socket(number).is_some_and(|out| out.sender.chooses());
        if sends {
            // Whoever sends at the same time may go either way.
            self.preferred.store(number, Ordering::Relaxed);
        }
        sends
    }

    /// The endpoint that is asked first for a way to an address.
    pub(crate) fn preferred(&self) -> Option<usize> {
        self.first(|number, out| out.sender.chooses().then_some(number))
    }

    /// Who is at an address, as seen from the first endpoint that can send there.
    pub(crate) fn peer_at(&self, addr: &PeerAddr) -> Option<Peer> {
        self.first(|number, out| out.sender.peer(number, addr))
    }

    /// What the first endpoint answers that has an answer: from the preferred one on, in order of number, and round.
    fn first<T>(&self, ask: impl Fn(usize, &SocketOut) -> Option<T>) -> Option<T> {
        let sockets = self.sockets.load();
        let preferred = self.preferred.load(Ordering::Relaxed);
        let (before, from) = sockets.split_at(sockets.partition_point(|(it, _)| *it < preferred));
        from.iter().chain(before).find_map(|(number, out)| ask(*number, out))
    }

    fn edit(&self, change: impl FnOnce(&mut Sockets)) {
        let before = {
            // The lock keeps two changes apart; who sends does not need it.
            let _one = self.connections();
            let mut sockets = Vec::clone(&self.sockets.load());
            change(&mut sockets);
            self.sockets.swap(Arc::new(sockets))
        };
        // With the last of a client goes its stream, which is the program's and may come back here.
        drop(before);
    }

    /// Makes a connection reachable; what is sent to it comes out of what is returned. Nothing if its host has as many
    /// as it may, `most`.
    pub(crate) fn connect(
        &self,
        connection: u64,
        peer: &Peer,
        kicked: &CancellationToken,
        unhandled: mpsc::WeakSender<Infallible>,
        most: Option<usize>,
    ) -> Option<Unsent<Queued>> {
        let (queue, packets) = Unsent::new(QUEUE, &self.counters);
        let (peer, kicked) = (peer.clone(), kicked.clone());
        let out = ConnectionOut { peer, queue, kicked, unhandled };
        let mut connections = self.connections();
        if let (Some(most), Some(host)) = (most, out.peer.host()) {
            let hosts = connections.values().filter_map(|out| out.peer.host());
            if hosts.filter(|other| *other == host).count() >= most {
                return None;
            }
        }
        connections.insert(connection, out);
        Some(packets)
    }

    /// Forgets a connection.
    pub(crate) fn disconnect(&self, connection: u64) {
        self.connections().remove(&connection);
    }

    /// Closes a connection from here; says whether there was one.
    pub(crate) fn kick(&self, connection: u64) -> bool {
        let connections = self.connections();
        connections.get(&connection).map(|out| out.kicked.cancel()).is_some()
    }

    /// Keeps the connection to a peer, for replies, as long as what is returned is held, if it is kept already.
    pub(crate) fn keep(&self, peer: &Peer) -> Option<mpsc::Sender<Infallible>> {
        self.connections().get(&peer.connection()?)?.unhandled.upgrade()
    }

    /// The other ends of all connections.
    pub(crate) fn connected(&self) -> Vec<Peer> {
        self.connections().values().map(|out| out.peer.clone()).collect()
    }

    /// Lets go of all sockets and connections.
    pub(crate) fn close(&self) {
        let sockets = {
            let mut connections = self.connections();
            connections.clear();
            self.sockets.swap(Arc::default())
        };
        // As in `edit`.
        drop(sockets);
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, ConnectionOut>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way out of an endpoint, if it sends by itself and is not closed.
    pub(crate) fn socket(&self, number: usize) -> Option<Arc<SocketOut>> {
        find(&self.sockets.load(), number).cloned()
    }

    /// Hands `packet` over for `peer`. Never waits.
    pub(crate) fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        let result = self.hand_over(peer, packet);
        match result {
            Ok(()) => self.counters.sent.add(1),
            Err(_) => self.counters.send_failures.add(1),
        }
        result
    }

    fn hand_over(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        let gone = || SendError::Gone { peer: peer.clone() };
        let told = !self.telling.is_here();
        if let Some(connection) = peer.connection() {
            if let Some(out) = self.connections().get(&connection) {
                return out
                    .queue
                    .try_send(Queued { packet, told })
                    .map_err(|error| refusal(&error, peer));
            }
            // It has gone, or is a client's.
        }
        let endpoint = peer.endpoint().ok_or_else(gone)?;
        let sockets = self.sockets.load();
        let out = find(&sockets, endpoint).ok_or_else(gone)?;
        out.hand_over(peer, packet, told)
    }
}

impl SocketOut {
    /// Makes a way out; what waits comes out of what is returned.
    pub(crate) fn new(sender: DatagramSender, counters: &Arc<Counters>) -> (Self, Unsent<Waiting>) {
        let (queue, unsent) = Unsent::new(QUEUE, counters);
        (Self { sender, queue, waiting: Arc::default() }, unsent)
    }

    fn hand_over(&self, peer: &Peer, packet: Packet, told: bool) -> Result<(), SendError> {
        // What waits already goes first, also what is out of the queue and being sent. What cannot go to a carrier is to be
        // told at once, whatever waits.
        let carried = matches!(self.sender, DatagramSender::Carrier(_));
        if carried || Arc::strong_count(&self.waiting) == 1 {
            match self.sender.try_send(&packet, peer) {
                Err(TransportError::Full) => {}
                Ok(()) => return Ok(()),
                Err(error) => return Err(system(&error, peer)),
            }
        }
        let _waits = Arc::clone(&self.waiting);
        let waiting = Waiting { packet, peer: peer.clone(), told, _waits };
        self.queue.try_send(waiting).map_err(|error| refusal(&error, peer))
    }
}

fn find(sockets: &Sockets, number: usize) -> Option<&Arc<SocketOut>> {
    let place = sockets.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    sockets.get(place).map(|(_, out)| out)
}

fn system(error: &TransportError, peer: &Peer) -> SendError {
    let peer = peer.clone();
    let reason = match error {
        TransportError::Closed | TransportError::Offline => return SendError::Gone { peer },
        TransportError::Io(error) => error.kind(),
        TransportError::Stalled { .. } => std::io::ErrorKind::TimedOut,
        _ => std::io::ErrorKind::InvalidInput,
    };
    SendError::System { peer, reason }
}

fn refusal<T>(error: &mpsc::error::TrySendError<T>, peer: &Peer) -> SendError {
    let peer = peer.clone();
    match error {
        mpsc::error::TrySendError::Full(_) => SendError::QueueFull { peer, queued: QUEUE },
        mpsc::error::TrySendError::Closed(_) => SendError::Gone { peer },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::endpoint::carrier::CarrierSender;

    fn out() -> Arc<SocketOut> {
        let sender = CarrierSender { knows: |_| true, counters: Arc::default() };
        Arc::new(SocketOut::new(DatagramSender::Carrier(sender), &Arc::default()).0)
    }

    #[test]
    fn endpoints_that_have_gone_take_no_room() {
        let outbound = Outbound::new(Arc::default(), Arc::default());
        // Streams of the program's come and go, and their numbers only grow.
        for number in [1_000_000, 3, 2_000_000] {
            outbound.open(number, out());
        }
        assert!(outbound.sockets.load().capacity() < 10);
        let order = |preferred: usize| {
            assert!(outbound.prefer(preferred));
            let asked = Mutex::new(Vec::new());
            let note = |number, _: &SocketOut| -> Option<()> {
                asked.lock().unwrap().push(number);
                None
            };
            assert_eq!(outbound.first(note), None);
            asked.into_inner().unwrap()
        };
        assert_eq!(order(3), [3, 1_000_000, 2_000_000]);
        assert_eq!(order(1_000_000), [1_000_000, 2_000_000, 3]);
        assert_eq!(order(2_000_000), [2_000_000, 3, 1_000_000]);
        outbound.close_endpoint(2_000_000);
        assert!(!outbound.prefer(2_000_000) && outbound.socket(2_000_000).is_none());
        // The next after it is the first.
        assert_eq!(outbound.preferred(), Some(3));
        for number in [3, 1_000_000, 7] {
            outbound.close_endpoint(number);
        }
        assert_eq!((outbound.preferred(), outbound.sockets.load().len()), (None, 0));
    }
}
