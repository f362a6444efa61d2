//! One datagram, one frame.

use bytes::BytesMut;

use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::pending::Pending;

/// No marks at all: the bytes at hand are one frame, as in a datagram.
///
/// It makes a packet codec for tokio-util's `UdpFramed`. An empty datagram is an empty frame, not
/// no frame: whoever reads packets reports it as a bad one. ([`Udp`](crate::udp::Udp) does not need
/// this type; it reads many datagrams at a time.)
#[derive(Debug, Clone)]
pub struct Datagram {
    max_frame: usize,
    state: State,
}

/// Where the caller is in its calls to `finish` for one datagram.
///
/// ```text
///             finish: a frame, or a fault
///  ┌───────┐ ─────────────────────────────► ┌───────┐
///  │ Ahead │                                │ Given │
///  └───────┘ ◄───────────────────────────── └───────┘
///             finish: that was all
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ahead,
    Given,
}

impl Datagram {
    /// Makes a framing for datagrams of any length, that is up to 65,535 bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_frame(GREATEST_DATAGRAM)
    }

    /// Makes a framing that accepts and writes datagrams of at most `max_frame` bytes.
    ///
    /// A longer one that arrives is a fault, never delivered short.
    #[must_use]
    pub fn with_max_frame(max_frame: usize) -> Self {
        Self { max_frame, state: State::Ahead }
    }

    fn take(&self, src: &mut BytesMut) -> Decoded {
        if src.len() > self.max_frame {
            src.clear();
            let kind = FrameFaultKind::TooLong { limit: self.max_frame };
            return Decoded::Fault(FrameFault::new(kind, 0));
        }
        Decoded::Frame(src.split().freeze())
    }
}

impl Default for Datagram {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for Datagram {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        Ok(if src.is_empty() { Decoded::More } else { self.take(src) })
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        match self.state {
            State::Ahead => {
                self.state = State::Given;
                Ok(self.take(src))
            }
            State::Given => {
                self.state = State::Ahead;
                src.clear();
                Ok(Decoded::More)
            }
        }
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.max_frame)?;
        dst.extend_from_slice(frame);
        Ok(())
    }

    fn pending(&self, src: &[u8]) -> Pending {
        Pending::new(src.to_vec(), false)
    }
}

/// The most that the length field of UDP can say.
const GREATEST_DATAGRAM: usize = 65_535;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_datagram_is_one_frame_even_an_empty_one() {
        let mut framing = Datagram::new();
        let mut src = BytesMut::new();
        for datagram in [&b"one"[..], b"", b"three"] {
            src.extend_from_slice(datagram);
            let frame = Decoded::Frame(datagram.into());
            assert_eq!(framing.finish(&mut src), Ok(frame));
            assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
        }
    }

    #[test]
    fn a_datagram_is_consumed_when_it_is_given() {
        let mut framing = Datagram::new();
        let mut src = BytesMut::from(&b"one"[..]);
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("one".into())));
        assert!(src.is_empty());
        assert_eq!(framing.decode(&mut src), Ok(Decoded::More));
    }

    #[test]
    fn a_long_datagram_is_a_fault() {
        let mut framing = Datagram::with_max_frame(3);
        let mut src = BytesMut::from(&b"four"[..]);
        let fault = FrameFault::new(FrameFaultKind::TooLong { limit: 3 }, 0);
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Fault(fault)));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
        assert_eq!(framing.encode(b"four", &mut src), Err(FrameTooLong::new(4, 3)));
        assert!(src.is_empty());
    }
}
