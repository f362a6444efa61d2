//! The newest value of each address, and no more often than so.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use oscine_codec::Message;

/// Messages no more often than one in an interval for each address: the newest wins.
///
/// It knows no clock and sends nothing. Whoever runs it offers messages, asks at
/// [`next_due`](Self::next_due), and sends what is [`due`](Self::due).
/// [`Client::latest_wins`](crate::Client::latest_wins) does that.
///
/// A message is due at once if none of its address was sent for an interval; otherwise it waits for
/// the end of it, and takes the place of the one that waits there. So the last value of a movement
/// always comes. Messages of one address stay in order; those of others may overtake them.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use oscine::{LatestWins, Message};
///
/// let (start, step) = (Instant::now(), Duration::from_millis(20));
/// let mut faders = LatestWins::new(step);
/// assert!(faders.offer(start, Message::new("/fader", 1)?));
/// assert_eq!(faders.due(start), Some(Message::new("/fader", 1)?));
///
/// assert!(faders.offer(start, Message::new("/fader", 2)?));
/// assert!(faders.offer(start, Message::new("/fader", 3)?));
/// assert_eq!(faders.due(start), None);
/// assert_eq!(faders.next_due(), Some(start + step));
/// assert_eq!(faders.due(start + step), Some(Message::new("/fader", 3)?));
/// assert_eq!(faders.replaced(), 1);
/// # Ok::<(), oscine::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct LatestWins {
    interval: Duration,
    most: usize,
    /// What waits of each address. Invariant: each address stands in one of the queues, once.
    addresses: HashMap<Arc<str>, Option<Message>, RandomState>,
    /// Addresses of which none was sent lately, in the order of their messages.
    fresh: VecDeque<(Instant, Arc<str>)>,
    /// Addresses of which one was sent, and until when they rest, in that order.
    resting: VecDeque<(Instant, Arc<str>)>,
    waiting: usize,
    replaced: u64,
}

impl LatestWins {
    /// One message in `interval` for each of up to 1,024 addresses. An interval is at most a day.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval: interval.min(LONGEST),
            most: MOST_ADDRESSES,
            addresses: HashMap::default(),
            fresh: VecDeque::new(),
            resting: VecDeque::new(),
            waiting: 0,
            replaced: 0,
        }
    }

    /// How many addresses may be known at a time: those with a message in the last interval. Default
    /// 1,024. Each takes its address and one message.
    #[must_use]
    pub const fn addresses(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Puts a message in line, in the place of the one of its address that waits.
    ///
    /// Says no, and does nothing, if its address is new and as many are known as may.
    #[must_use = "a message that is not kept has to go another way"]
    pub fn offer(&mut self, now: Instant, message: Message) -> bool {
        if let Some(waiting) = self.addresses.get_mut(message.address()) {
            match waiting.replace(message) {
                Some(_) => self.replaced += 1,
                None => self.waiting += 1,
            }
            return true;
        }
        while self.forget_rested(now) {}
        if self.addresses.len() >= self.most {
            return false;
        }
        let address: Arc<str> = message.address().into();
        self.addresses.insert(Arc::clone(&address), Some(message));
        self.fresh.push_back((now, address));
        self.waiting += 1;
        true
    }

    /// Takes a message that is to be sent now.
    pub fn due(&mut self, now: Instant) -> Option<Message> {
        while self.forget_rested(now) {}
        let rested = matches!(self.resting.front(), Some(&(until, _)) if until <= now);
        let queue = if rested { &mut self.resting } else { &mut self.fresh };
        let (_, address) = queue.pop_front()?;
        let message = self.take(&address);
        // A day from now is within what the system can count.
        self.resting.push_back((now.checked_add(self.interval).unwrap_or(now), address));
        message
    }

    /// Takes a message that waits, whether its time has come or not.
    pub fn hurry(&mut self) -> Option<Message> {
        while let Some((_, address)) = self.resting.pop_front().or_else(|| self.fresh.pop_front()) {
            let message = self.take(&address);
            self.addresses.remove(&address);
            if message.is_some() {
                return message;
            }
        }
        None
    }

    /// When to ask for what is [`due`](Self::due); there may be nothing then. `None` when no address
    /// is known.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        [self.fresh.front(), self.resting.front()].into_iter().flatten().map(|&(at, _)| at).min()
    }

    /// How many messages wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.waiting
    }

    /// Whether no message waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// How many messages gave way to newer ones.
    #[must_use]
    pub const fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Forgets the address that has rested for longest, if it has rested enough and nothing waits.
    fn forget_rested(&mut self, now: Instant) -> bool {
        let Some((until, address)) = self.resting.front() else { return false };
        if *until > now || !matches!(self.addresses.get(address), Some(None)) {
            return false;
        }
        self.addresses.remove(address);
        self.resting.pop_front();
        true
    }

    fn take(&mut self, address: &str) -> Option<Message> {
        let message = self.addresses.get_mut(address)?.take();
        self.waiting -= usize::from(message.is_some());
        message
    }
}

/// The longest interval, so that the end of one can be counted.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How many addresses are known at a time, unless it is set.
pub(crate) const MOST_ADDRESSES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    fn message(address: &str, number: i32) -> Message {
        Message::new(address, number).unwrap()
    }

    fn all_due(latest: &mut LatestWins, now: Instant) -> Vec<String> {
        std::iter::from_fn(|| latest.due(now)).map(|message| message.to_string()).collect()
    }

    #[test]
    fn in_an_interval_only_the_newest_is_left() {
        let start = Instant::now();
        let mut latest = LatestWins::new(STEP);
        for number in 0..5 {
            assert!(latest.offer(start, message("/a", number)));
            assert!(latest.offer(start, message("/b", number)));
        }
        assert_eq!(latest.len(), 2);
        assert_eq!(all_due(&mut latest, start), ["/a ,i 4", "/b ,i 4"]);
        assert!(latest.is_empty());
        for number in 5..8 {
            assert!(latest.offer(start + STEP / 2, message("/b", number)));
        }
        let before = start + STEP - Duration::from_nanos(1);
        assert_eq!(all_due(&mut latest, before), Vec::<String>::new());
        assert_eq!(latest.next_due(), Some(start + STEP));
        assert_eq!(all_due(&mut latest, start + STEP), ["/b ,i 7"]);
        assert_eq!(latest.replaced(), 4 + 4 + 2);
        // Counted from when it was sent, not from when it was offered.
        assert!(latest.offer(start + STEP, message("/b", 8)));
        assert_eq!(all_due(&mut latest, start + STEP), Vec::<String>::new());
        assert_eq!(all_due(&mut latest, start + STEP * 2), ["/b ,i 8"]);
    }

    #[test]
    fn an_address_that_rested_is_forgotten() {
        let start = Instant::now();
        let mut latest = LatestWins::new(STEP).addresses(2);
        for address in ["/a", "/b"] {
            assert!(latest.offer(start, message(address, 0)));
        }
        assert!(!latest.offer(start, message("/c", 0)));
        assert!(latest.offer(start, message("/a", 1)), "a known one may go on");
        assert_eq!(all_due(&mut latest, start), ["/a ,i 1", "/b ,i 0"]);
        assert!(!latest.offer(start + STEP / 2, message("/c", 0)));
        assert!(latest.offer(start + STEP, message("/c", 0)));
        assert_eq!(all_due(&mut latest, start + STEP), ["/c ,i 0"]);
        assert_eq!(latest.due(start + STEP * 2), None);
        assert_eq!(latest.next_due(), None);
        assert!(latest.addresses.is_empty());
    }

    #[test]
    fn what_waits_can_be_hurried() {
        let start = Instant::now();
        let mut latest = LatestWins::new(STEP);
        assert!(latest.offer(start, message("/a", 0)));
        assert_eq!(latest.due(start), Some(message("/a", 0)));
        assert!(latest.offer(start, message("/a", 1)));
        assert!(latest.offer(start, message("/b", 0)));
        assert_eq!(latest.hurry(), Some(message("/a", 1)));
        assert_eq!(latest.hurry(), Some(message("/b", 0)));
        assert_eq!(latest.hurry(), None);
        assert!(latest.is_empty() && latest.next_due().is_none());
    }

    /// Whatever is offered when, no address comes twice in an interval, none loses its last value,
    /// and each comes in order.
    #[test]
    fn the_rate_holds_and_the_last_value_comes() {
        let start = Instant::now();
        let mut latest = LatestWins::new(STEP);
        let mut sent: HashMap<String, (Instant, i32)> = HashMap::new();
        let mut offered: HashMap<String, i32> = HashMap::new();
        let mut random = 1_u64;
        for number in 0..20_000_i32 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            let now = start + Duration::from_micros(700) * number.unsigned_abs();
            if number < 19_900 && random >> 63 == 0 {
                let (address, value) = (format!("/{}", (random >> 32) % 20), number);
                assert!(latest.offer(now, message(&address, value)));
                offered.insert(address, value);
            }
            if (random >> 40) % 3 == 0 || number >= 19_900 {
                while let Some(message) = latest.due(now) {
                    let value = message.args().parse().unwrap();
                    if let Some((at, before)) = sent.insert(message.address().into(), (now, value))
                    {
                        assert!(now >= at + STEP && value > before, "{message}");
                    }
                }
            }
        }
        assert_eq!(sent.len(), 20);
        assert!(sent.iter().all(|(address, (_, value))| offered[address] == *value));
    }
}
