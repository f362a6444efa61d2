//! What can be set on a connection, by either side.

use oscine_codec::DecodeOptions;

use crate::codec::packet_codec::PacketCodec;
use crate::framing::detect::Detect;
use crate::framing::kind::FramingKind;
use crate::framing::limit::DEFAULT_MAX_FRAME;

/// What can be set on a connection, by either side; the builders document each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Config {
    pub(super) framing: FramingKind,
    pub(super) max_frame: usize,
    pub(super) decode: DecodeOptions,
    pub(super) nodelay: bool,
}

impl Config {
    pub(super) fn codec(&self) -> PacketCodec<Detect> {
        let framing = Detect::with_max_frame(self.framing, self.max_frame);
        PacketCodec::with_options(framing, self.decode)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            framing: FramingKind::Auto,
            max_frame: DEFAULT_MAX_FRAME,
            decode: DecodeOptions::default(),
            nodelay: true,
        }
    }
}
