//! The messages of a packet by the time they are due.

use alloc::vec::Vec;

use crate::time_tag::TimeTag;
use crate::view::walk::{Messages, TimedMessage};

impl<'a> Messages<'a> {
    /// The messages that are left, sorted by the time they are due; those due together stay in the order of the
    /// packet.
    ///
    /// What is due immediately, or was due before `now`, is due `now`: that is then its time tag. Order is that of
    /// [`TimeTag`].
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Bundle, Message, TimeTag};
    ///
    /// let late = Bundle::new(TimeTag(9 << 32), [Message::new("/late", ())?])?;
    /// let bundle = Bundle::builder(TimeTag::IMMEDIATE)
    ///     .element(late)
    ///     .element(Message::new("/soon", ())?)
    ///     .build()?;
    /// let sorted = bundle.messages().sorted_by_time(TimeTag(5 << 32));
    /// let seconds = sorted.iter().map(|m| (m.message.address(), m.time_tag.0 >> 32));
    /// assert!(seconds.eq([("/soon", 5), ("/late", 9)]));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn sorted_by_time(self, now: TimeTag) -> Vec<TimedMessage<'a>> {
        let due = |message: TimedMessage<'a>| {
            let time_tag = message.time_tag.max(now);
            TimedMessage { time_tag, ..message }
        };
        let mut messages: Vec<_> = self.map(due).collect();
        messages.sort_by_key(|message| message.time_tag);
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::bundle::Bundle;
    use crate::owned::message::Message;

    #[test]
    fn equal_times_keep_their_order() {
        let message = |address: &str| Message::new(address, ()).unwrap();
        let at = |seconds: u64, addresses: &[&str]| {
            Bundle::new(TimeTag(seconds << 32), addresses.iter().map(|a| message(a))).unwrap()
        };
        let bundle = Bundle::builder(TimeTag(3 << 32))
            .element(at(7, &["/d", "/e"]))
            .element(message("/a"))
            // Before its parent: due with it.
            .element(at(1, &["/b"]))
            .element(at(5, &["/c"]))
            .element(at(7, &["/f"]))
            .build()
            .unwrap();
        let order = |now: u64| -> Vec<_> {
            let sorted = bundle.messages().sorted_by_time(TimeTag(now << 32));
            sorted.iter().map(|m| (m.message.address_bytes()[1], m.time_tag.0 >> 32)).collect()
        };
        let all = [(b'a', 3), (b'b', 3), (b'c', 5), (b'd', 7), (b'e', 7), (b'f', 7)];
        assert_eq!(order(0), all);
        // Later than all: the order of the packet.
        let order_of_packet = *b"deabcf";
        assert_eq!(order(9), order_of_packet.map(|address| (address, 9)));
    }
}
