//! A MIDI message argument.

/// A MIDI message, type tag `m`: four bytes as they are on the wire, none of them masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_structs, reason = "the four bytes of the specification")]
pub struct Midi {
    /// Port id.
    pub port: u8,
    /// Status byte.
    pub status: u8,
    /// First data byte.
    pub data1: u8,
    /// Second data byte.
    pub data2: u8,
}

impl Midi {
    pub(crate) const fn from_bytes([port, status, data1, data2]: [u8; 4]) -> Self {
        Self { port, status, data1, data2 }
    }

    pub(crate) const fn to_bytes(self) -> [u8; 4] {
        [self.port, self.status, self.data1, self.data2]
    }
}
