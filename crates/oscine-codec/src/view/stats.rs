//! The figures of a packet.

use crate::stats::Stats;
use crate::view::bundle_ref::BundleRef;
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;
use crate::view::walk::Node;

impl PacketRef<'_> {
    /// The figures of the packet and of all that is in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Bundle, Message, PacketRef, TimeTag};
    ///
    /// let bundle = Bundle::new(TimeTag::IMMEDIATE, [Message::new("/a", (1, [2, 3]))?])?;
    /// let stats = PacketRef::from(bundle.view()).stats();
    /// assert_eq!((stats.packets(), stats.bundles(), stats.messages()), (1, 1, 1));
    /// assert_eq!((stats.arguments(), stats.tag('i'), stats.tag('[')), (3, 3, 1));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn stats(self) -> Stats {
        let mut stats = Stats::of_packet(self.as_bytes().len());
        for node in self.walk() {
            match node {
                Node::Bundle { .. } => stats.count_bundle(),
                Node::Message(message) => {
                    let tags = message.message.type_tags();
                    stats.count_message(tags.map(|tags| tags.as_bytes()).unwrap_or_default());
                }
            }
        }
        stats
    }
}

impl MessageRef<'_> {
    /// The figures of the message, as of a packet of its own.
    #[must_use]
    pub fn stats(self) -> Stats {
        PacketRef::Message(self).stats()
    }
}

impl BundleRef<'_> {
    /// The figures of the bundle and of all that is in it, as of a packet of its own.
    #[must_use]
    pub fn stats(self) -> Stats {
        PacketRef::Bundle(self).stats()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::owned::bundle::Bundle;
    use crate::owned::message::Message;
    use crate::time_tag::TimeTag;

    #[test]
    fn bytes_count_once_however_deep() {
        let message = Message::new("/a", (1, "x", [true, false])).unwrap();
        let inner = Bundle::new(TimeTag(9), [message.clone(), message.clone()]).unwrap();
        let outer = Bundle::new(TimeTag(9), [inner.clone(), inner.clone()]).unwrap();
        let stats = outer.stats();
        assert_eq!(stats.bytes(), outer.as_bytes().len() as u64);
        assert_eq!((stats.packets(), stats.bundles(), stats.messages()), (1, 3, 4));
        assert_eq!(stats.arguments(), 16);
        let counts = [('i', 4), ('s', 4), ('T', 4), ('F', 4), ('[', 4)];
        assert!(stats.tags().eq(counts));
        assert_eq!((stats.tag(']'), stats.tag('é'), stats.tag('h')), (0, 0, 0));

        // Sums are of packets: each of the four messages is one here, and there is no bundle.
        let apart: Stats = [message.stats(); 4].iter().sum();
        assert_eq!((apart.packets(), apart.bundles()), (4, 0));
        assert_eq!(apart.bytes(), 4 * message.as_bytes().len() as u64);
        assert!(apart.tags().eq(counts));
        assert_ne!(apart, stats);
        assert_eq!(apart + Stats::default(), apart);
        let right = "Stats { packets: 1, messages: 1, bundles: 0, bytes: 20, \
                     tags: {'i': 1, 's': 1, 'T': 1, 'F': 1, '[': 1} }";
        assert_eq!(format!("{:?}", message.stats()), right);
    }

    #[test]
    fn sums_stay_at_the_most() {
        let mut huge = Stats::of_packet(usize::MAX);
        huge += huge;
        huge += huge;
        assert_eq!(huge.bytes(), u64::MAX);
        assert_eq!(huge.packets(), 4);
    }
}
