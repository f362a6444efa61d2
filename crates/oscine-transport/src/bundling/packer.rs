//! Which packets go together.

use core::{hash::Hash, mem, time::Duration};
use std::collections::{BTreeMap, HashMap, VecDeque};

use oscine_codec::{Bundle, BundleBuilder, Packet, TimeTag};
use tokio::time::Instant;

/// When a bundle is full, or late; the builder documents each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) delay: Duration,
    pub(super) size: usize,
}

/// Puts packets together, those for one target in their order; without IO and without a clock.
#[derive(Debug)]
pub(super) struct Packer<T> {
    limits: Limits,
    piles: HashMap<T, (Due, Pile)>,
    due: BTreeMap<Due, T>,
    /// How many piles were begun.
    begun: u64,
}

/// When a pile has to go out, and which of several of that moment it is.
type Due = (Instant, u64);

/// What waits for one target.
#[derive(Debug)]
enum Pile {
    /// It goes out as it is, if it stays alone.
    One(Packet),
    Several {
        bundle: BundleBuilder,
        count: usize,
    },
}

/// Packets that are to be sent now, in this order.
pub(super) type Ready<T> = VecDeque<(Packet, T)>;

impl<T: Clone + Eq + Hash> Packer<T> {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, piles: HashMap::new(), due: BTreeMap::new(), begun: 0 }
    }

    /// Takes a packet, which may be ready at once, or may make others so.
    pub(super) fn push(&mut self, packet: Packet, target: T, now: Instant, ready: &mut Ready<T>) {
        let length = packet.as_bytes().len();
        if !is_plain(&packet) || HEAD + SIZE + length > self.limits.size {
            self.take(&target, ready);
            ready.push_back((packet, target));
            return;
        }
        if let Some((_, pile)) = self.piles.get_mut(&target) {
            if pile.size() + SIZE + length <= self.limits.size && pile.count() < MOST_ELEMENTS {
                pile.add(packet);
                if pile.size() + SIZE + LEAST_MESSAGE > self.limits.size {
                    self.take(&target, ready);
                }
                return;
            }
            self.take(&target, ready);
        }
        if self.piles.len() >= MOST_TARGETS {
            if let Some(oldest) = self.due.first_key_value().map(|(_, target)| target.clone()) {
                self.take(&oldest, ready);
            }
        }
        self.begun += 1;
        let due = (now + self.limits.delay, self.begun);
        self.due.insert(due, target.clone());
        self.piles.insert(target, (due, Pile::One(packet)));
    }

    /// Takes out what has waited for as long as it may.
    pub(super) fn take_due(&mut self, now: Instant, ready: &mut Ready<T>) {
        while let Some((&(due, _), target)) = self.due.first_key_value() {
            if due > now {
                return;
            }
            let target = target.clone();
            self.take(&target, ready);
        }
    }

    /// Takes out everything.
    pub(super) fn take_all(&mut self, ready: &mut Ready<T>) {
        while let Some((_, target)) = self.due.first_key_value() {
            let target = target.clone();
            self.take(&target, ready);
        }
    }

    /// When something will have waited for as long as it may.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first_key_value().map(|(&(due, _), _)| due)
    }

    fn take(&mut self, target: &T, ready: &mut Ready<T>) {
        let Some((target, (due, pile))) = self.piles.remove_entry(target) else { return };
        self.due.remove(&due);
        if let Some(packet) = pile.into_packet() {
            ready.push_back((packet, target));
        }
    }
}

impl Pile {
    /// How large the bundle is that would go out.
    fn size(&self) -> usize {
        match self {
            Self::One(packet) => HEAD + SIZE + packet.as_bytes().len(),
            Self::Several { bundle, .. } => bundle.size(),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several { count, .. } => *count,
        }
    }

    fn add(&mut self, packet: Packet) {
        let empty = Self::Several { bundle: Bundle::builder(TimeTag::IMMEDIATE), count: 0 };
        let (bundle, count) = match mem::replace(self, empty) {
            Self::One(first) => (Bundle::builder(TimeTag::IMMEDIATE).element(first), 1),
            Self::Several { bundle, count } => (bundle, count),
        };
        *self = Self::Several { bundle: bundle.element(packet), count: count + 1 };
    }

    fn into_packet(self) -> Option<Packet> {
        match self {
            Self::One(packet) => Some(packet),
            Self::Several { bundle, .. } => {
                let bundle = bundle.build();
                debug_assert!(bundle.is_ok(), "plain messages can stand in a bundle");
                bundle.ok().map(Packet::from)
            }
        }
    }
}

/// Whether it is a message as the specification wants it. Others go out as they came: a bundle has
/// a time of its own, and what is damaged might damage its neighbours.
fn is_plain(packet: &Packet) -> bool {
    matches!(packet, Packet::Message(_))
        && packet.tolerances().is_empty()
        && packet.as_bytes().len() % 4 == 0
}

/// `#bundle` and the time tag.
const HEAD: usize = 16;

/// The size in front of an element.
const SIZE: usize = 4;

/// The smallest message: an address of one to three characters, and no arguments.
const LEAST_MESSAGE: usize = 8;

/// How many elements a bundle may have: what decoders accept by default.
const MOST_ELEMENTS: usize = 8_192;

/// For how many targets packets may wait at a time. With one more, what has waited longest goes.
const MOST_TARGETS: usize = 1_024;

#[cfg(test)]
mod tests {
    use oscine_codec::{DecodeOptions, Message, PacketRef, Profile, Tolerances};
    use proptest::prelude::*;

    use super::*;

    const DELAY: Duration = Duration::from_millis(1);

    fn packer(size: usize) -> Packer<u8> {
        Packer::new(Limits { delay: DELAY, size })
    }

    fn message(number: i32) -> Packet {
        Message::new("/n", (number,)).unwrap().into()
    }

    /// What is ready, as text: each packet with its target.
    fn text(ready: &mut Ready<u8>) -> Vec<(String, u8)> {
        let text = |packet: Packet| {
            PacketRef::decode(packet.as_bytes()).unwrap();
            packet.to_string().replace("#bundle 0000000000000001 ", "")
        };
        ready.drain(..).map(|(packet, target)| (text(packet), target)).collect()
    }

    #[test]
    fn one_alone_goes_as_it_is_and_several_as_a_bundle() {
        let (mut packer, mut ready, start) = (packer(1_452), Ready::new(), Instant::now());
        packer.push(message(1), 7, start, &mut ready);
        assert!(ready.is_empty());
        assert_eq!(packer.next_due(), Some(start + DELAY));
        packer.take_due(start + DELAY / 2, &mut ready);
        assert!(ready.is_empty());
        packer.take_due(start + DELAY, &mut ready);
        assert_eq!(text(&mut ready), [("/n ,i 1".into(), 7)]);
        assert_eq!(packer.next_due(), None);
        for number in 1..=3 {
            packer.push(message(number), 7, start, &mut ready);
        }
        assert!(ready.is_empty());
        packer.take_all(&mut ready);
        assert_eq!(text(&mut ready), [("{/n ,i 1; /n ,i 2; /n ,i 3}".into(), 7)]);
    }

    #[test]
    fn the_first_of_a_pile_sets_its_time_and_targets_are_apart() {
        let (mut packer, mut ready, start) = (packer(1_452), Ready::new(), Instant::now());
        packer.push(message(1), 1, start, &mut ready);
        packer.push(message(2), 2, start + DELAY / 4, &mut ready);
        packer.push(message(3), 1, start + DELAY / 2, &mut ready);
        packer.take_due(start + DELAY, &mut ready);
        assert_eq!(text(&mut ready), [("{/n ,i 1; /n ,i 3}".into(), 1)]);
        assert_eq!(packer.next_due(), Some(start + DELAY * 5 / 4));
        packer.take_due(start + DELAY * 2, &mut ready);
        assert_eq!(text(&mut ready), [("/n ,i 2".into(), 2)]);
    }

    #[test]
    fn what_is_large_or_no_plain_message_goes_through_in_order() {
        let (mut packer, mut ready, now) = (packer(64), Ready::new(), Instant::now());
        let bundle = Bundle::new(TimeTag::IMMEDIATE, [message(2)]).unwrap();
        let large = Message::new("/large", ("x".repeat(50),)).unwrap();
        let options = DecodeOptions::new().profile(Profile::Strict);
        let odd = options.tolerate(Tolerances::MISSING_PADDING);
        let odd = Packet::decode_with(b"/odd\0\0\0\0,s\0\0a\0".as_slice(), &odd).unwrap();
        for packet in [bundle.into(), large.into(), odd] {
            packer.push(message(1), 1, now, &mut ready);
            packer.push(message(8), 2, now, &mut ready);
            packer.push(packet.clone(), 1, now, &mut ready);
            let sent: Vec<_> = ready.drain(..).collect();
            assert_eq!(sent, [(message(1), 1), (packet, 1)]);
            packer.take_all(&mut ready);
            assert_eq!(ready.drain(..).collect::<Vec<_>>(), [(message(8), 2)]);
        }
    }

    #[test]
    fn a_full_bundle_does_not_wait() {
        // 16 + 3 * (4 + 12) = 64, and nothing else fits.
        let (mut packer, mut ready, now) = (packer(64), Ready::new(), Instant::now());
        for number in 1..=4 {
            packer.push(message(number), 1, now, &mut ready);
        }
        assert_eq!(text(&mut ready), [("{/n ,i 1; /n ,i 2; /n ,i 3}".into(), 1)]);
        // One byte less, and the third begins the next.
        let mut packer = self::packer(63);
        for number in 1..=4 {
            packer.push(message(number), 1, now, &mut ready);
        }
        assert_eq!(text(&mut ready), [("{/n ,i 1; /n ,i 2}".into(), 1)]);
        packer.take_all(&mut ready);
        assert_eq!(text(&mut ready), [("{/n ,i 3; /n ,i 4}".into(), 1)]);
    }

    #[test]
    fn no_more_elements_than_decoders_take_and_no_more_targets_than_are_allowed() {
        let (mut ready, now) = (VecDeque::new(), Instant::now());
        let mut packer = Packer::new(Limits { delay: DELAY, size: usize::MAX });
        for number in 0..8_193 {
            packer.push(message(number), 0, now, &mut ready);
        }
        let (full, _) = ready.pop_front().unwrap();
        assert!(PacketRef::decode(full.as_bytes()).is_ok(), "the default limit holds");
        assert_eq!(full.messages().count(), 8_192);
        packer.take_all(&mut ready);
        ready.clear();
        for target in 0..1_025 {
            packer.push(message(target), target, now, &mut ready);
        }
        assert_eq!(ready, [(message(0), 0)]);
    }

    proptest! {
        #[test]
        fn everything_arrives_once_in_order_and_in_time(
            pushes in proptest::collection::vec((0_u8..3, 0_u64..2_000, 0_usize..40), 0..100),
            size in 40_usize..200,
        ) {
            let (mut packer, mut ready) = (packer(size), Ready::new());
            let (start, mut now) = (Instant::now(), Duration::ZERO);
            let mut sent: Vec<(Packet, u8, Duration)> = Vec::new();
            let mut seen = [const { Vec::new() }; 3];
            let mut look = |ready: &mut Ready<u8>, now: Duration, sent: &[(Packet, u8, Duration)]| {
                for (packet, target) in ready.drain(..) {
                    let alone = packet.messages().count() == 1;
                    assert_eq!(alone, matches!(packet, Packet::Message(_)));
                    assert!(alone || packet.as_bytes().len() <= size);
                    for message in packet.messages() {
                        let list: &mut Vec<Vec<u8>> = &mut seen[usize::from(target)];
                        let due = sent.iter().filter(|sent| sent.1 == target).nth(list.len());
                        assert!(due.unwrap().2 + DELAY >= now, "too late");
                        list.push(message.message.as_bytes().to_vec());
                    }
                }
            };
            for (number, (target, later, length)) in (0..).zip(pushes) {
                let then = now + Duration::from_micros(later);
                while let Some(due) = packer.next_due().filter(|&due| due <= start + then) {
                    packer.take_due(due, &mut ready);
                    look(&mut ready, due - start, &sent);
                }
                now = then;
                let packet: Packet =
                    Message::new("/n", (number, "x".repeat(length))).unwrap().into();
                sent.push((packet.clone(), target, now));
                packer.push(packet, target, start + now, &mut ready);
                look(&mut ready, now, &sent);
            }
            packer.take_all(&mut ready);
            look(&mut ready, now, &sent);
            for target in 0..3_u8 {
                let expected: Vec<_> = sent
                    .iter()
                    .filter(|sent| sent.1 == target)
                    .map(|sent| sent.0.as_bytes().to_vec())
                    .collect();
                assert_eq!(seen[usize::from(target)], expected);
            }
        }
    }
}
