//! How far the peer's clock is off.

use std::time::Duration;

use oscine_codec::{Arg, Message, Packet, Pattern, TimeTag};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;

use crate::client::client::Client;
use crate::client::error::{ClientError, RequestError};
use crate::client::sender::ClientSender;
use crate::clock::clock::Clock;
use crate::clock::estimator::{Estimate, OffsetEstimator};
use crate::time_offset::TimeOffset;

impl Client {
    /// Finds out how far the clock of a server is off, as [`ClientSender::estimate_offset`].
    ///
    /// # Errors
    ///
    /// As [`ClientSender::estimate_offset`].
    ///
    /// # Cancel safety
    ///
    /// As [`ClientSender::estimate_offset`].
    pub async fn estimate_offset(
        &self,
        address: impl AsRef<str>,
        rounds: usize,
    ) -> Result<Estimate, RequestError> {
        self.sender.estimate_offset(address, rounds).await
    }
}

impl ClientSender {
    /// Finds out how far the clock of a server is off: asks it for its time some `rounds`, 1 to 256, and believes the
    /// round trip with the least delay.
    ///
    /// `address` is that of a method that sends back its argument, a time tag, and its own time to the same address with
    /// `/answer` behind it: `/oscine/clock` of a server with [built-in methods](crate::ServerBuilder::built_in) below
    /// `/oscine`. This side's time is the system's, as it is at the end: steps of it in between do no harm.
    ///
    /// What the estimate says is what to add to the server's time tags. A bundle that is to run at a moment of this side
    /// gets [`estimate.offset.outgoing`](crate::TimeOffset::outgoing) of it as its time tag.
    ///
    /// A round begins 100 ms after the one before it at the earliest, which is what a server allows. It has as long as
    /// [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) says, but a second at most; those without an answer
    /// are passed over.
    ///
    /// # Errors
    ///
    /// [`RequestError::Timeout`] when no round had an answer, [`RequestError::Sample`] when none is to be believed, and
    /// whatever else keeps a request from its reply.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: a question may have been sent. Its answer then comes out of the stream.
    pub async fn estimate_offset(
        &self,
        address: impl AsRef<str>,
        rounds: usize,
    ) -> Result<Estimate, RequestError> {
        let address = address.as_ref();
        let answer = format!("{address}/answer");
        let pattern = Pattern::new(&answer)
            .map_err(|source| RequestError::Pattern { pattern: answer, source })?;
        let clock = Clock::system();
        let mut asking =
            Asking { sender: self, clock: clock.clone(), address, pattern, asked: Vec::new() };
        let limit = self.shared.timeout.min(LONGEST_ROUND);
        let mut estimator = OffsetEstimator::new().window(rounds);
        let mut last = RequestError::Timeout { timeout: limit };
        let mut begin = Instant::now();
        for _ in 0..rounds.clamp(1, MOST_ROUNDS) {
            sleep_until(begin).await;
            begin = Instant::now() + BETWEEN;
            let Some((asked, theirs, now)) = asking.round(limit).await? else { continue };
            if let Err(source) = estimator.sample(asked, theirs, now) {
                debug!(address, error = %source, "answer about the time is not believed");
                last = RequestError::Sample(source);
            }
        }
        let estimate = estimator.estimate().ok_or(last)?;
        // It was measured by the clock's line.
        clock.check();
        let offset = TimeOffset::from_steps(estimate.offset.steps_past(clock.ahead()));
        Ok(Estimate { offset, ..estimate })
    }
}

/// What is asked, again and again.
struct Asking<'a> {
    sender: &'a ClientSender,
    clock: Clock,
    address: &'a str,
    /// The address of the answer.
    pattern: Pattern,
    /// When it was asked: what comes back has to be among them, and is then taken out.
    asked: Vec<TimeTag>,
}

impl Asking<'_> {
    /// Asks for the time: when that was, what time it was there, and when the answer came. `None` if none came in time.
    async fn round(
        &mut self,
        limit: Duration,
    ) -> Result<Option<(TimeTag, TimeTag, TimeTag)>, RequestError> {
        let deadline = Instant::now() + limit;
        let shared = &self.sender.shared;
        let mut expected = shared.hub.expect(self.pattern.clone())?;
        let now = self.clock.now();
        let question = Packet::from(Message::new(self.address, now).map_err(ClientError::from)?);
        self.asked.push(now);
        let sending = shared.send(&question);
        match timeout_at(deadline, sending).await {
            Ok(sent) => sent.map_err(ClientError::from)?,
            Err(_) => return Ok(None),
        }
        loop {
            let Ok(reply) = timeout_at(deadline, expected.reply()).await else { return Ok(None) };
            let (reply, received) = (reply?, self.clock.now());
            if let Some((asked, theirs)) = self.accept(&reply) {
                return Ok(Some((asked, theirs, received)));
            }
            // Somebody else's, or nonsense: the one that is waited for may still come.
            expected = shared.hub.expect(self.pattern.clone())?;
        }
    }

    /// What an answer says, if it is one to a question of ours that has had none.
    fn accept(&mut self, reply: &Message) -> Option<(TimeTag, TimeTag)> {
        let mut args = reply.args();
        let (Some(Arg::Time(asked)), Some(Arg::Time(theirs))) = (args.next(), args.next()) else {
            return None;
        };
        let place = self.asked.iter().position(|&known| known == asked)?;
        self.asked.swap_remove(place);
        Some((asked, theirs))
    }
}

/// How many rounds there are at most.
const MOST_ROUNDS: usize = 256;

/// How long a round waits for its answer at most.
const LONGEST_ROUND: Duration = Duration::from_secs(1);

/// How long after one round the next one begins, at the earliest.
const BETWEEN: Duration = Duration::from_millis(100);
