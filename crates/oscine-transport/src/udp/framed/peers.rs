//! What is unfinished, peer by peer.

use core::{fmt, time::Duration};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::SocketAddr,
};

use bytes::BytesMut;
use oscine_codec::Packet;
use tokio::time::Instant;
use tokio_util::codec::Decoder;

use crate::codec::bad_packet::BadPacket;
use crate::codec::packet_codec::PacketCodec;
use crate::codec::stream_error::StreamError;
use crate::framing::contract::Framing;
use crate::framing::error::FrameError;
use crate::framing::fault::{FrameFault, FrameFaultKind};

/// The peers that have sent frames: a framing and a buffer each.
///
/// A peer is idle when it has sent whole frames alone. It is remembered all the same, as a framing
/// may have found out how to answer, but makes room for another when there are too many.
pub(super) struct Peers<F> {
    make: Box<dyn FnMut(SocketAddr) -> PacketCodec<F> + Send>,
    max_peers: usize,
    expire_after: Duration,
    known: HashMap<SocketAddr, Peer<F>>,
    /// Both in the order in which the peers were last heard.
    idle: BTreeMap<u64, SocketAddr>,
    unfinished: BTreeMap<u64, SocketAddr>,
    next_place: u64,
    /// What has come out of the last datagram, in order.
    ready: VecDeque<Item>,
}

/// A packet, or what was wrong with it, and the peer that sent it.
pub(super) type Item = (SocketAddr, Result<Packet, BadPacket>);

struct Peer<F> {
    codec: PacketCodec<F>,
    buffer: BytesMut,
    heard: Instant,
    /// Where it is in one of the two orders.
    place: u64,
}

/// There are too many peers with unfinished frames for another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl<F: Framing> Peers<F> {
    pub(super) fn new(
        make: Box<dyn FnMut(SocketAddr) -> PacketCodec<F> + Send>,
        max_peers: usize,
        expire_after: Duration,
    ) -> Self {
        Self {
            make,
            max_peers: if max_peers == 0 { usize::MAX } else { max_peers },
            expire_after,
            known: HashMap::new(),
            idle: BTreeMap::new(),
            unfinished: BTreeMap::new(),
            next_place: 0,
            ready: VecDeque::new(),
        }
    }

    /// Takes in what a peer has sent, and what whole frames there are in it.
    pub(super) fn hear(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Result<(), TooMany> {
        if !self.known.contains_key(&from) {
            self.make_room()?;
        }
        let place = self.next_place;
        self.next_place += 1;
        let peer = self.known.entry(from).or_insert_with(|| {
            let codec = (self.make)(from);
            Peer { codec, buffer: BytesMut::new(), heard: now, place }
        });
        self.idle.remove(&peer.place);
        self.unfinished.remove(&peer.place);
        peer.place = place;
        peer.heard = now;
        peer.buffer.extend_from_slice(datagram);
        // To the end, so that all of it has been counted when the first packet is handed out.
        loop {
            match peer.codec.decode(&mut peer.buffer) {
                Ok(Some(packet)) => self.ready.push_back((from, packet)),
                Ok(None) => break,
                Err(error) => {
                    self.known.remove(&from);
                    self.ready.push_back((from, Err(broken(&error))));
                    return Ok(());
                }
            }
        }
        if is_idle(peer) {
            // An idle peer costs no more than its entry.
            peer.buffer = BytesMut::new();
            self.idle.insert(place, from);
        } else {
            self.unfinished.insert(place, from);
        }
        Ok(())
    }

    /// Takes the next packet that has come out.
    pub(super) fn next(&mut self) -> Option<Item> {
        self.ready.pop_front()
    }

    /// When the oldest unfinished frame expires.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        let (_, oldest) = self.unfinished.first_key_value()?;
        self.known.get(oldest)?.heard.checked_add(self.expire_after)
    }

    /// Gives up the unfinished frames that have expired; what was in them comes out.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.next_expiry().is_some_and(|due| due <= now) {
            let Some((place, peer)) = self.unfinished.pop_first() else { return };
            let Some(known) = self.known.get_mut(&peer) else { continue };
            while let Ok(Some(item)) = known.codec.decode_eof(&mut known.buffer) {
                self.ready.push_back((peer, item));
            }
            known.buffer = BytesMut::new();
            self.idle.insert(place, peer);
        }
    }

    /// The framing for what is sent to a peer: its own, or a fresh one.
    pub(super) fn codec<R>(
        &mut self,
        to: SocketAddr,
        encode: impl FnOnce(&mut PacketCodec<F>) -> R,
    ) -> R {
        match self.known.get_mut(&to) {
            Some(peer) => encode(&mut peer.codec),
            None => encode(&mut (self.make)(to)),
        }
    }

    fn make_room(&mut self) -> Result<(), TooMany> {
        if self.known.len() < self.max_peers {
            return Ok(());
        }
        let (_, longest_idle) = self.idle.pop_first().ok_or(TooMany)?;
        self.known.remove(&longest_idle);
        Ok(())
    }
}

/// What is handed out when the framing of a peer is broken. The codec has counted it.
fn broken(error: &StreamError) -> BadPacket {
    let (limit, offset) = match error {
        StreamError::Frame(FrameError::TooLong { limit, offset, .. }) => (*limit, *offset),
        // There is no IO in here.
        _ => (0, 0),
    };
    FrameFault::new(FrameFaultKind::TooLong { limit }, offset).into()
}

/// Says whether nothing of a frame has arrived.
fn is_idle<F: Framing>(peer: &Peer<F>) -> bool {
    // A framing may have taken a length or an escape out of the buffer already; to ask it is only
    // cheap when the buffer is empty.
    peer.buffer.is_empty() && {
        let pending = peer.codec.framing().pending(&[]);
        pending.bytes.is_empty() && !pending.escape
    }
}

impl<F> fmt::Debug for Peers<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers")
            .field("idle", &self.idle.len())
            .field("unfinished", &self.unfinished.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::length_prefix::LengthPrefix;
    use crate::framing::slip::Slip;

    const EXPIRE_AFTER: Duration = Duration::from_secs(30);

    fn peers<F: Framing + 'static>(
        max_peers: usize,
        framing: impl Fn() -> F + Send + 'static,
    ) -> Peers<F> {
        let make = Box::new(move |_| PacketCodec::new(framing()));
        Peers::new(make, max_peers, EXPIRE_AFTER)
    }

    fn addr(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    /// What comes out, good or bad, after a peer has sent something.
    fn hear<F: Framing>(peers: &mut Peers<F>, port: u16, bytes: &[u8]) -> Vec<bool> {
        peers.hear(addr(port), bytes, Instant::now()).unwrap();
        core::iter::from_fn(|| peers.next()).map(|(_, item)| item.is_ok()).collect()
    }

    #[test]
    fn the_frames_of_each_peer_are_put_together() {
        let mut peers = peers(0, Slip::new);
        assert_eq!(hear(&mut peers, 1, b"\xc0/a\0\0"), []);
        assert_eq!(hear(&mut peers, 2, b"\xc0/b\0\0,\0\0\0\xc0"), [true]);
        assert_eq!(hear(&mut peers, 1, b",\0\0\0\xc0\xc0/c\0\0,\0\0\0\xc0/d"), [true, true]);
        assert_eq!((peers.idle.len(), peers.unfinished.len()), (1, 1));
    }

    #[test]
    fn a_header_alone_is_unfinished() {
        let mut peers = peers(0, LengthPrefix::new);
        assert_eq!(hear(&mut peers, 1, b"\0\0\0\x08"), []);
        assert_eq!(peers.unfinished.len(), 1);
        assert_eq!(hear(&mut peers, 1, b"/a\0\0,\0\0\0"), [true]);
        assert_eq!(peers.unfinished.len(), 0);
    }

    #[test]
    fn at_the_limit_known_peers_go_on_and_idle_ones_make_room() {
        let mut peers = peers(2, Slip::new);
        hear(&mut peers, 1, b"\xc0/a\0\0");
        hear(&mut peers, 2, b"\xc0/b\0\0");
        assert_eq!(peers.hear(addr(3), b"\xc0/c", Instant::now()), Err(TooMany));
        assert_eq!(hear(&mut peers, 1, b",\0\0\0\xc0"), [true]);
        // The first is idle now.
        assert_eq!(hear(&mut peers, 3, b"\xc0/c"), []);
        assert_eq!(peers.hear(addr(1), b"\xc0", Instant::now()), Err(TooMany));
        assert_eq!(peers.known.len(), 2);
        assert_eq!(hear(&mut peers, 2, b",\0\0\0\xc0"), [true]);
    }

    #[test]
    fn broken_framing_forgets_that_peer_alone() {
        let mut peers = peers(0, LengthPrefix::new);
        hear(&mut peers, 1, b"\0\0\0\x08/a\0\0");
        assert_eq!(hear(&mut peers, 2, b"\xff\xff\xff\xff"), [false]);
        assert_eq!(peers.known.len(), 1);
        assert_eq!(hear(&mut peers, 1, b",\0\0\0"), [true]);
        assert_eq!(hear(&mut peers, 2, b"\0\0\0\x08/a\0\0,\0\0\0"), [true]);
    }

    #[test]
    fn unfinished_frames_expire_by_the_last_datagram() {
        let mut peers = peers(0, Slip::new);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        peers.hear(addr(1), b"\xc0/a", after(0)).unwrap();
        peers.hear(addr(2), b"\xc0/b", after(10)).unwrap();
        peers.hear(addr(1), b"\0\0", after(20)).unwrap();
        assert_eq!(peers.next_expiry(), Some(after(40)));
        peers.expire(after(39));
        assert_eq!(peers.next(), None);
        peers.expire(after(40));
        let (from, item) = peers.next().unwrap();
        let Err(BadPacket::Frame(fault)) = item else { panic!("{item:?}") };
        assert_eq!((from, fault.kind), (addr(2), FrameFaultKind::Unfinished { length: 2 }));
        assert_eq!((peers.next(), peers.next_expiry()), (None, Some(after(50))));
        // It begins afresh.
        assert_eq!(hear(&mut peers, 2, b"\xc0/b\0\0,\0\0\0\xc0"), [true]);
    }
}
