//! How the clocks of peers are learned.

use std::time::Duration;

use oscine_codec::{
    Address, AddressError, Arg, EncodeError, Message, MessageRef, Pattern, TimeTag,
};

use crate::peers::learn::form::ClockForm;

/// How a server learns how far the clocks of its peers are off; [`LearnOffset`](crate::LearnOffset) says of whom, and
/// by which means.
///
/// # Examples
///
/// For devices that answer `/time` with `/time/is` and the milliseconds since they were switched on:
///
/// ```
/// use oscine::{ClockForm, ClockUnit, Nonce, OffsetOptions};
///
/// let options = OffsetOptions::new()
///     .ask("/time", "/time/is")?
///     .nonce(Nonce::None)
///     .form(ClockForm::Zero(ClockUnit::Millis));
/// # let _ = options;
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct OffsetOptions {
    method: String,
    reply: Wanted,
    beacon: Wanted,
    nonce: Nonce,
    clock_arg: Option<usize>,
    form: ClockForm,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) window: usize,
    pub(crate) lead: Duration,
    pub(crate) bundles_until_known: bool,
}

/// The number by which an answer is known to be one to the last question. It is the only argument of the question, and
/// the first of the answer. Nobody can guess it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Nonce {
    /// An int64, `h` (the default).
    #[default]
    Long,
    /// An int32, `i`, for peers that know no other.
    Int,
    /// None: the question has no arguments, and the first message with the right address that comes from the peer in
    /// time is taken for the answer. Over UDP anyone who can forge the peer's address can forge its time.
    None,
}

/// Which address a message is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Address(String),
    Pattern(Pattern),
}

impl Wanted {
    fn new(pattern: &str) -> Result<Self, AddressError> {
        if Pattern::is_pattern(pattern) {
            return Ok(Self::Pattern(Pattern::new(pattern)?));
        }
        Ok(Self::Address(Address::new(pattern)?.as_str().to_owned()))
    }

    fn is(&self, message: &MessageRef<'_>) -> bool {
        let Ok(address) = message.address_text().as_str() else { return false };
        match self {
            Self::Address(wanted) => wanted == address,
            Self::Pattern(pattern) => !Pattern::is_pattern(address) && pattern.matches(address),
        }
    }
}

impl OffsetOptions {
    /// Asks `/oscine/clock`, as servers with [built-in methods](crate::ServerBuilder::built_in) below `/oscine` answer
    /// it, once a second; beacons are `/clock`, with a time tag.
    ///
    /// A [client that serves](crate::Client::serve) answers by a method of its own:
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use oscine::{AddressSpace, TimeTag};
    ///
    /// let space = AddressSpace::new();
    /// space.method("/oscine/clock", |nonce: i64| {
    ///     ("/oscine/clock/answer", (nonce, TimeTag::from(SystemTime::now())))
    /// })?;
    /// # Ok::<(), oscine::AddressError>(())
    /// ```
    pub fn new() -> Self {
        Self {
            method: "/oscine/clock".into(),
            reply: Wanted::Address("/oscine/clock/answer".into()),
            beacon: Wanted::Address("/clock".into()),
            nonce: Nonce::Long,
            clock_arg: None,
            form: ClockForm::TimeTag,
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            window: 16,
            lead: Duration::ZERO,
            bundles_until_known: false,
        }
    }

    /// What is asked, and the address of the answer, which may be a pattern. Default `/oscine/clock` and
    /// `/oscine/clock/answer`. Answers to the server's questions reach no method. They count against the peer's
    /// [`RateLimit`](crate::RateLimit) as all that it sends.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `method` is no address, or `reply` neither an address nor a pattern.
    pub fn ask(
        mut self,
        method: impl AsRef<str>,
        reply: impl AsRef<str>,
    ) -> Result<Self, AddressError> {
        self.method = Address::new(method.as_ref())?.as_str().to_owned();
        self.reply = Wanted::new(reply.as_ref())?;
        Ok(self)
    }

    /// The address of beacons, which may be a pattern. Default `/clock`. Those of a peer whose beacons are listened to
    /// reach no method.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when it is neither an address nor a pattern.
    pub fn beacon(mut self, address: impl AsRef<str>) -> Result<Self, AddressError> {
        self.beacon = Wanted::new(address.as_ref())?;
        Ok(self)
    }

    /// By what an answer is known. Default [`Nonce::Long`].
    pub const fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = nonce;
        self
    }

    /// Which argument of an answer or a beacon is the time, from 0. Default: the first, or the one after the nonce.
    pub const fn clock_arg(mut self, place: usize) -> Self {
        self.clock_arg = Some(place);
        self
    }

    /// How the time is written. Default [`ClockForm::TimeTag`].
    pub const fn form(mut self, form: ClockForm) -> Self {
        self.form = form;
        self
    }

    /// How long after one question the next is asked, 100 ms to 1 h. Default 1 s. The first eight are 100 ms apart.
    ///
    /// Of beacons, and of bundles, the fastest of each such time is looked at.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = within(interval, LEAST_INTERVAL, Duration::from_secs(3600));
        self
    }

    /// How long an answer is waited for, 10 ms to 10 s. Default 1 s. Later ones are messages like others.
    ///
    /// When four in a row did not come the peer rests for a second, then for two, for four, and so on up to a minute;
    /// then it is asked once, if it has sent anything since. What is known stays.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = within(timeout, Duration::from_millis(10), Duration::from_secs(10));
        self
    }

    /// How many samples are looked at, 1 to 64. Default 16. More of them find one without queues more often; fewer
    /// follow a clock more closely that drifts, or is set by less than 128 ms.
    pub const fn window(mut self, samples: usize) -> Self {
        self.window = match samples {
            0 => 1,
            1..=MOST_SAMPLES => samples,
            _ => MOST_SAMPLES,
        };
        self
    }

    /// How long before their time a peer sends its bundles, where that is
    /// [all that is known](crate::LearnOffset::Bundles). Default zero: the fastest run when they arrive.
    pub const fn lead(mut self, lead: Duration) -> Self {
        self.lead = lead;
        self
    }

    /// Whether bundles are taken as with [`LearnOffset::Bundles`](crate::LearnOffset::Bundles) until the peer has told
    /// its time. Default no.
    ///
    /// For devices that count from when they were switched on: their time tags read as of 2036, and without this their
    /// first bundles would be refused, as they are beyond the [horizon](crate::ScheduleLimits::horizon).
    pub const fn bundles_until_known(mut self, bundles: bool) -> Self {
        self.bundles_until_known = bundles;
        self
    }

    /// A question, with a random number.
    pub(crate) fn question(&self, random: i64) -> Result<Message, EncodeError> {
        match self.nonce {
            Nonce::Long => Message::new(&self.method, random),
            Nonce::Int => Message::new(&self.method, short(random)),
            Nonce::None => Message::new(&self.method, ()),
        }
    }

    /// Whether a message is the answer to the question with this number.
    pub(crate) fn answers(&self, message: &MessageRef<'_>, random: i64) -> bool {
        let first = || message.args().next();
        self.reply.is(message)
            && match self.nonce {
                Nonce::Long => matches!(first(), Some(Arg::Long(number)) if number == random),
                Nonce::Int => matches!(first(), Some(Arg::Int(number)) if number == short(random)),
                Nonce::None => true,
            }
    }

    pub(crate) fn is_beacon(&self, message: &MessageRef<'_>) -> bool {
        self.beacon.is(message)
    }

    /// What time an answer tells.
    pub(crate) fn answered(&self, message: &MessageRef<'_>) -> Option<TimeTag> {
        let behind = usize::from(self.nonce != Nonce::None);
        self.form.read(message.args().nth(self.clock_arg.unwrap_or(behind))?)
    }

    /// What time a beacon tells.
    pub(crate) fn told(&self, message: &MessageRef<'_>) -> Option<TimeTag> {
        self.form.read(message.args().nth(self.clock_arg.unwrap_or(0))?)
    }
}

impl Default for OffsetOptions {
    fn default() -> Self {
        Self::new()
    }
}

const fn within(time: Duration, least: Duration, most: Duration) -> Duration {
    if time.as_nanos() < least.as_nanos() {
        least
    } else if time.as_nanos() > most.as_nanos() {
        most
    } else {
        time
    }
}

/// The lower half of a number.
fn short(number: i64) -> i32 {
    let [.., a, b, c, d] = number.to_be_bytes();
    i32::from_be_bytes([a, b, c, d])
}

/// As often as built-in methods answer.
pub(crate) const LEAST_INTERVAL: Duration = Duration::from_millis(100);

/// How many samples of a peer are kept at most.
const MOST_SAMPLES: usize = 64;
