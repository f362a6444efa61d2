//! What can be set on a connection, by either side.

use core::{fmt, time::Duration};
use std::sync::Arc;

use oscine_codec::DecodeOptions;

use crate::codec::packet_codec::PacketCodec;
use crate::framing::any::AnyFraming;
use crate::framing::contract::Framing;
use crate::framing::detect::Detect;
use crate::framing::kind::FramingKind;
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::slip::Slip;
use crate::hook::chain::Hooks;
use crate::peer_addr::PeerAddr;
use crate::stats::counters::Counters;

/// What can be set on a connection, by either side; the [builder](super::Builder) documents each.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) framing: Choice,
    pub(crate) speak_first: FramingKind,
    pub(crate) slip: Slip,
    pub(crate) max_frame: usize,
    pub(crate) decode: DecodeOptions,
    pub(crate) hooks: Hooks,
    /// `None` until somebody is to count: then each connection, or each listener, has its own.
    pub(crate) counters: Option<Arc<Counters>>,
    pub(crate) idle: Option<Duration>,
    pub(crate) frame: Option<Duration>,
    pub(crate) write: Option<Duration>,
}

/// Which framing, or how to make it.
#[derive(Clone)]
pub(crate) enum Choice {
    Known(FramingKind),
    Custom(Arc<dyn Fn() -> Box<dyn Framing + Send + Sync> + Send + Sync>),
}

impl Options {
    /// Makes what is usual for one who connects: it waits for ever.
    pub(crate) fn new() -> Self {
        Self {
            framing: Choice::Known(FramingKind::Auto),
            speak_first: FramingKind::Slip,
            slip: Slip::new(),
            max_frame: DEFAULT_MAX_FRAME,
            decode: DecodeOptions::default(),
            hooks: Hooks::default(),
            counters: None,
            idle: None,
            frame: None,
            write: Some(WRITE_TIMEOUT),
        }
    }

    /// Makes what is usual for one who is connected to, by peers that it does not know.
    pub(crate) fn for_listener() -> Self {
        Self { frame: Some(FRAME_TIMEOUT), ..Self::new() }
    }

    pub(crate) fn codec(&self, peer: PeerAddr) -> PacketCodec<AnyFraming> {
        let framing = match &self.framing {
            Choice::Known(kind) => AnyFraming::Known(
                Detect::with_max_frame(*kind, self.max_frame)
                    .slip(self.slip.clone())
                    .speak_first(self.speak_first),
            ),
            Choice::Custom(make) => AnyFraming::Custom(make()),
        };
        PacketCodec::with_options(framing, self.decode)
            .with_hooks(self.hooks.clone())
            .with_counters(self.counters.clone().unwrap_or_default())
            .peer(peer)
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(kind) => kind.fmt(f),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}

/// How long a packet may take to arrive where a listener has accepted it. 10 s is a thousand times
/// what a packet of a kilobyte takes on a bad mobile link.
const FRAME_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a peer may take nothing of what is sent to it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
