//! What a sink takes.

use core::hash::Hash;

use oscine_codec::Packet;

/// What a sink takes that packets may be bundled for: a [`Packet`], or one with its target.
///
/// The target is whatever the sink below understands: the address of a socket, a name.
pub trait Item: Send + Sized + 'static + sealed::Sealed {
    /// Where packets go. Only those for the same target go together.
    type Target: Clone + Eq + Hash + Send;

    /// The packet, and where it goes.
    fn split(self) -> (Packet, Self::Target);

    /// A packet for a target.
    fn join(packet: Packet, target: Self::Target) -> Self;
}

impl Item for Packet {
    type Target = ();

    fn split(self) -> (Packet, ()) {
        (self, ())
    }

    fn join(packet: Packet, (): ()) -> Self {
        packet
    }
}

impl<T: Clone + Eq + Hash + Send + 'static> Item for (Packet, T) {
    type Target = T;

    fn split(self) -> (Packet, T) {
        self
    }

    fn join(packet: Packet, target: T) -> Self {
        (packet, target)
    }
}

mod sealed {
    use oscine_codec::Packet;

    #[expect(unnameable_types, reason = "that is what seals it")]
    pub trait Sealed {}

    impl Sealed for Packet {}
    impl<T> Sealed for (Packet, T) {}
}
