//! Requests that wait for their replies.

use std::collections::BTreeMap;

use oscine_codec::{Message, Packet, Pattern};

/// Requests that wait for their replies, by number, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    waiting: BTreeMap<u64, Waiting>,
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    pattern: Pattern,
    reply: Option<Message>,
    /// Whether the reply came by itself: then nobody else has seen it.
    alone: bool,
}

impl Requests {
    /// Puts a request in line and says by which number it is known, from 1 on; `None` when too many
    /// wait.
    pub(crate) fn add(&mut self, pattern: Pattern) -> Option<u64> {
        if self.waiting.len() >= MOST_REQUESTS {
            return None;
        }
        self.last += 1;
        self.waiting.insert(self.last, Waiting { pattern, reply: None, alone: false });
        Some(self.last)
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes the reply of a request, if there is one, and the request out of line: it must not have
    /// another one, which is somebody else's.
    pub(crate) fn reply(&mut self, request: u64) -> Option<Message> {
        let reply = self.waiting.get_mut(&request)?.reply.take()?;
        self.waiting.remove(&request);
        Some(reply)
    }

    /// Takes a request out of line; its reply, if there is one that nobody has seen.
    pub(crate) fn remove(&mut self, request: u64) -> Option<Message> {
        let Waiting { reply, alone, .. } = self.waiting.remove(&request)?;
        reply.filter(|_| alone)
    }

    /// Gives each message of a packet to the oldest request that it answers; tells whose it were.
    pub(crate) fn answer(&mut self, packet: &Packet, mut tell: impl FnMut(u64)) -> bool {
        let alone = matches!(packet, Packet::Message(_));
        let mut answered = false;
        for message in packet.messages().map(|timed| timed.message) {
            let asked = self.waiting.iter_mut().find(|(_, waiting)| {
                waiting.reply.is_none() && waiting.pattern.matches(message.address())
            });
            if let Some((&request, waiting)) = asked {
                waiting.reply = Some(Message::from(message));
                waiting.alone = alone;
                answered = true;
                tell(request);
            }
        }
        answered
    }
}

/// How many requests of one client may wait at a time: each is compared with all that arrives.
pub(crate) const MOST_REQUESTS: usize = 256;

#[cfg(test)]
mod tests {
    use oscine_codec::{Bundle, TimeTag};

    use super::*;

    fn message(address: &str, number: i32) -> Message {
        Message::new(address, number).unwrap()
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    #[test]
    fn the_oldest_request_has_the_first_reply() {
        let mut requests = Requests::default();
        let one = requests.add(pattern("/a")).unwrap();
        let two = requests.add(pattern("/*")).unwrap();
        assert!(!requests.answer(&message("/x/y", 0).into(), |_| panic!("nobody asked")));
        let mut told = Vec::new();
        for number in 1..=2 {
            assert!(requests.answer(&message("/a", number).into(), |request| told.push(request)));
        }
        assert!(!requests.answer(&message("/a", 3).into(), |request| told.push(request)));
        assert_eq!(told, [one, two]);
        assert_eq!(requests.reply(one), Some(message("/a", 1)));
        assert_eq!(requests.reply(one), None);
        // It has had its reply, and gets no other.
        assert!(!requests.answer(&message("/a", 4).into(), |_| panic!("nobody asked")));
        assert_eq!(requests.remove(two), Some(message("/a", 2)));
        assert_eq!(requests.remove(two), None);
    }

    #[test]
    fn a_bundle_may_answer_several() {
        let mut requests = Requests::default();
        let [b, a] = ["/b", "/a"].map(|text| requests.add(pattern(text)).unwrap());
        let messages = [message("/a", 1), message("/a", 2), message("/b", 3)];
        let bundle = Bundle::new(TimeTag::IMMEDIATE, messages).unwrap();
        assert!(requests.answer(&bundle.into(), |_| {}));
        assert_eq!(requests.reply(a), Some(message("/a", 1)));
        // The reader has seen the bundle.
        assert_eq!(requests.remove(b), None);
    }

    #[test]
    fn only_so_many_may_wait() {
        let mut requests = Requests::default();
        let all: Vec<_> =
            (0..MOST_REQUESTS).map(|_| requests.add(pattern("/a")).unwrap()).collect();
        assert_eq!(requests.add(pattern("/a")), None);
        requests.remove(all[7]);
        assert!(requests.add(pattern("/a")).is_some());
    }
}
