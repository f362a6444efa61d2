//! What came of a packet.

/// What came of the messages of a packet: how many, and how many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dispatched {
    /// Messages run, whether a method was there or not.
    pub messages: usize,
    /// Calls of handlers, fallbacks among them. Of those that may be [under way](crate::HandlerExt::concurrent) while
    /// other messages go on, what becomes of them later is not in here.
    pub calls: usize,
    /// Messages that reached no method; the fallback got them if there is one.
    pub unmatched: usize,
    /// Messages whose address pattern is broken. They are unmatched, too.
    pub bad_patterns: usize,
    /// Messages that reached methods whose handlers all wanted other arguments.
    pub misfits: usize,
    /// Calls that ended with an error.
    pub errors: usize,
    /// Calls that panicked.
    pub panics: usize,
    /// Calls that took longer than they may, and were cut short.
    pub timeouts: usize,
    /// Whether a handler has taken a message for itself, and not left it to the next.
    pub(crate) taken: bool,
}

impl Dispatched {
    /// Adds what came of more messages.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.calls += other.calls;
        self.unmatched += other.unmatched;
        self.bad_patterns += other.bad_patterns;
        self.misfits += other.misfits;
        self.errors += other.errors;
        self.panics += other.panics;
        self.timeouts += other.timeouts;
        self.taken |= other.taken;
    }
}
