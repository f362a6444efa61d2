//! The packets that are measured.

use bytes::{Bytes, BytesMut};

use crate::codec::ours;

/// A packet that is measured. The shim of the C++ peers knows them by number, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// `/synth/1/freq ,f`: what a fader sends, the most frequent message there is.
    Tiny,
    /// `/mixer/channel/12/eq/band/3 ,ifsb` with a blob of 64 bytes: a long address, one of each basic type.
    Medium,
    /// `/s_new ,siiisfsfsf`: a synth server's order to play a note, with three named controls.
    SNew,
    /// A bundle of four times four messages: `,if`; a cursor of TUIO, `,sifffff`; `,sTd`; `,ht`.
    Bundle16,
    /// 64 messages `,if`, three bundles deep: four bundles of four bundles of four.
    Nested64,
    /// `,ib` with a blob of 1 KiB: a buffer's content.
    Blob1k,
    /// `,ib` with a blob of 65,476 bytes: a packet of 65,504, the most that a datagram over IPv4 has room for.
    Blob64k,
    /// 128 times `f`: meters, a spectrum.
    Floats128,
    /// `,s[iiiiiiii][[if][if][if][if]]f`: a sequencer's pattern, arrays in an array.
    Arrays,
}

impl Case {
    pub(crate) const ALL: [Self; 9] = [
        Self::Tiny,
        Self::Medium,
        Self::SNew,
        Self::Bundle16,
        Self::Nested64,
        Self::Blob1k,
        Self::Blob64k,
        Self::Floats128,
        Self::Arrays,
    ];

    /// Those that a program reads into variables of its own.
    pub(crate) const TYPED: [Self; 3] = [Self::Tiny, Self::Medium, Self::SNew];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Medium => "medium",
            Self::SNew => "snew",
            Self::Bundle16 => "bundle16",
            Self::Nested64 => "nested64",
            Self::Blob1k => "blob1k",
            Self::Blob64k => "blob64k",
            Self::Floats128 => "floats128",
            Self::Arrays => "arrays",
        }
    }

    /// The packet. It is ours; that peers write the same bytes is checked before anything is timed.
    pub(crate) fn packet(self) -> Bytes {
        let mut out = BytesMut::new();
        ours::encode(self, &Bulk::new(self), &mut out);
        out.freeze()
    }
}

/// The bulk that a packet is built from: empty where it has none.
#[derive(Debug)]
pub(crate) struct Bulk {
    pub(crate) blob: Vec<u8>,
    pub(crate) floats: Vec<f32>,
}

impl Bulk {
    pub(crate) fn new(case: Case) -> Self {
        let blob_size = match case {
            Case::Medium => 64,
            Case::Blob1k => 1024,
            Case::Blob64k => 65_476,
            _ => 0,
        };
        let floats = if case == Case::Floats128 { 128_u16 } else { 0 };
        Self {
            // No byte is 0, so that a sum shows whether the ends were read.
            blob: (1..=255).cycle().take(blob_size).collect(),
            floats: (0..floats).map(|i| f32::from(i) / 128.0).collect(),
        }
    }
}
