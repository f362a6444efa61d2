//! Replying by return value.

use std::error::Error;

use oscine_codec::{Bundle, Message, Packet, ToArgs};
use smallvec::SmallVec;

/// What one call of a handler came to: packets for the sender, and faults.
#[derive(Debug, Default)]
pub struct Replies {
    pub(crate) packets: SmallVec<[Packet; 1]>,
    pub(crate) error: Option<Box<dyn Error + Send + Sync>>,
    pub(crate) next: bool,
    /// Whether there is anything here, which is asked after each call. Set by all that puts something in.
    any: bool,
}

impl Replies {
    /// Adds a packet for the sender.
    pub fn push(&mut self, packet: impl Into<Packet>) {
        self.any = true;
        self.packets.push(packet.into());
    }

    /// Whether there is nothing to do.
    pub(crate) const fn is_empty(&self) -> bool {
        !self.any
    }

    /// Says that the handler failed. It is counted and traced; the sender is not told. The first fault is kept.
    pub fn fail(&mut self, error: impl Into<Box<dyn Error + Send + Sync>>) {
        self.any = true;
        self.error.get_or_insert_with(|| error.into());
    }
}

/// What a handler may return.
///
/// `()` is no reply. `(address, arguments)`, [`Message`], [`Bundle`] and [`Packet`] are sent to whoever sent the
/// message. `Vec` and `Option` are several and perhaps none. Of a `Result`, the error is counted and traced.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a handler",
    label = "not a reply",
    note = "handlers return `()`, `(address, arguments)`, `Message`, `Bundle`, `Packet`, or an `Option`, `Result` \
            or `Vec` of these, or a future of one"
)]
pub trait IntoReply {
    /// Adds what is to be sent, or what went wrong, to `replies`.
    fn into_reply(self, replies: &mut Replies);
}

/// Returned by a handler that leaves the message to the next one.
///
/// It matters where the first handler that fits is the only one that is called
/// ([`AddressSpace::first_match`](crate::AddressSpace::first_match)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to it")]
pub struct Next;

impl IntoReply for Next {
    fn into_reply(self, replies: &mut Replies) {
        replies.next = true;
        replies.any = true;
    }
}

impl IntoReply for () {
    fn into_reply(self, _: &mut Replies) {}
}

impl IntoReply for Replies {
    fn into_reply(self, replies: &mut Replies) {
        replies.any |= self.any;
        replies.packets.extend(self.packets);
        replies.next |= self.next;
        if let Some(error) = self.error {
            replies.fail(error);
        }
    }
}

impl IntoReply for Message {
    fn into_reply(self, replies: &mut Replies) {
        replies.push(self);
    }
}

impl IntoReply for Bundle {
    fn into_reply(self, replies: &mut Replies) {
        replies.push(self);
    }
}

impl IntoReply for Packet {
    fn into_reply(self, replies: &mut Replies) {
        replies.push(self);
    }
}

impl<S: AsRef<str>, A: ToArgs> IntoReply for (S, A) {
    fn into_reply(self, replies: &mut Replies) {
        Message::new(self.0, self.1).into_reply(replies);
    }
}

impl<R: IntoReply> IntoReply for Option<R> {
    fn into_reply(self, replies: &mut Replies) {
        if let Some(reply) = self {
            reply.into_reply(replies);
        }
    }
}

impl<R: IntoReply, E: Into<Box<dyn Error + Send + Sync>>> IntoReply for Result<R, E> {
    fn into_reply(self, replies: &mut Replies) {
        match self {
            Ok(reply) => reply.into_reply(replies),
            Err(error) => replies.fail(error),
        }
    }
}

impl<R: IntoReply> IntoReply for Vec<R> {
    fn into_reply(self, replies: &mut Replies) {
        for reply in self {
            reply.into_reply(replies);
        }
    }
}
