//! The short way of a packet, which nearly all take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use oscine_codec::{DecodeError, MessageRef, PacketRef, TimeTag};
use oscine_transport::BadPacket;
use oscine_transport::framing::{FrameFault, FrameFaultKind};
use tracing::trace;

use crate::dispatch::caller::Waiting;
use crate::dispatch::dispatched::Dispatched;
use crate::fault::Fault;
use crate::fault_log::quietly;
use crate::handler::job::{Context, Job, ReadAt};
use crate::handler::outlet::Outlet;
use crate::peer::Peer;
use crate::peers::gate::Verdict;
use crate::peers::settings::OwnTiming;
use crate::server::endpoint::port::Port;
use crate::server::runner::Runner;
use crate::server::shared::Shared;

/// What is left to do of a packet that the short way did not see through. It is admitted and decoded.
pub(crate) enum Left<'a> {
    /// A handler of this message is under way.
    Call(MessageRef<'a>, Waiting, Dispatched),
    /// It is a bundle, or something may have to run before it, or another address space may want to see it first, or it
    /// may be about the clock of its sender.
    Packet(PacketRef<'a>, OwnTiming),
}

impl Runner {
    /// Decodes and runs a packet where it lies, if its sender may send it, as far as nothing has to be waited for.
    ///
    /// That is all there is to do of most packets. It is no `async fn` because the state of one is moved and kept for
    /// each message, which costs more than dispatching it.
    #[inline]
    pub(crate) fn at_once<'a>(
        &mut self,
        bytes: &'a [u8],
        peer: &Peer,
        port: &Port,
        at: Instant,
    ) -> Option<Left<'a>> {
        let Self { gate, rates, callers, shared, outlet, drops, .. } = self;
        let (admitted, over) = match gate.admit(at, peer, bytes.len(), || rates.arrived(at)) {
            Verdict::Refused(cause) => {
                drops.note(cause, peer, 1);
                return None;
            }
            Verdict::Over(admitted) => (admitted, true),
            Verdict::Admitted(admitted) => (admitted, false),
        };
        let settled = admitted.settled;
        if bytes.len() > settled.max_frame {
            admitted.counters.bad.add(1);
            too_long(shared, port, peer, settled.max_frame);
            return None;
        }
        let packet = match PacketRef::decode_with(bytes, port.decode_options(settled)) {
            Ok(packet) => packet,
            Err(error) => {
                admitted.counters.bad.add(1);
                malformed(shared, port, peer, bytes, error);
                return None;
            }
        };
        port.counters.tolerated(packet.tolerances());
        if over {
            drops.held(gate.hold(peer, at, packet), peer);
            return None;
        }
        let message = match &packet {
            PacketRef::Message(message)
                if !shared.line.may_wait()
                    && callers.first.is_empty()
                    && !admitted.counters.learned() =>
            {
                message
            }
            _ => return Some(Left::Packet(packet, settled.timing)),
        };
        shared.counters.handled.bump(1);
        trace!(%peer, %packet, "received");
        let context = Context { peer, received_at: ReadAt::Known(at), outlet, hold: None };
        let (time_tag, lateness) = (TimeTag::IMMEDIATE, Duration::ZERO);
        let job = Job { message, time_tag, lateness, context };
        shared.begins(&job);
        let mut dispatched = Dispatched::default();
        let waiting = callers.of(peer).begin(&job, &mut dispatched);
        if let Some(waiting) = waiting {
            return Some(Left::Call(*message, waiting, dispatched));
        }
        shared.counters.dispatched(&dispatched);
        None
    }

    /// Sees the rest of a packet through.
    pub(crate) async fn rest(&mut self, left: Left<'_>, peer: &Peer, at: Instant) {
        match left {
            Left::Packet(packet, timing) => {
                self.packet(packet, peer, at, timing).await;
            }
            Left::Call(message, waiting, mut dispatched) => {
                let outlet = Arc::clone(&self.outlet);
                let context =
                    Context { peer, received_at: ReadAt::Known(at), outlet: &outlet, hold: None };
                let (time_tag, lateness) = (TimeTag::IMMEDIATE, Duration::ZERO);
                let job = Job { message: &message, time_tag, lateness, context };
                self.callers.of(peer).wait(&job, waiting, &mut dispatched).await;
                self.shared.counters.dispatched(&dispatched);
            }
        }
    }
}

/// Counts and tells a datagram that is longer than its peer may send. On connections the framing knows that limit.
#[cold]
fn too_long(shared: &Shared, port: &Port, peer: &Peer, limit: usize) {
    let kind = FrameFaultKind::TooLong { limit };
    port.counters.damaged(kind);
    let error = BadPacket::from(FrameFault::new(kind, 0));
    shared.malformed(peer, &error);
}

/// Counts and tells what is no packet.
#[cold]
fn malformed(shared: &Shared, port: &Port, peer: &Peer, bytes: &[u8], error: DecodeError) {
    port.counters.decode_error(error.kind());
    quietly!(DEBUG, shared, Malformed, %peer, %error, "malformed packet");
    if shared.on_error.is_some() {
        let error = BadPacket::Decode { error, bytes: Bytes::copy_from_slice(bytes) };
        shared.tell(&Fault::Malformed { peer, error: &error });
    }
}
