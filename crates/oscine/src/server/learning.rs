//! How far the clocks of peers are off, asked and heard by a server.

use std::sync::Arc;
use std::time::Instant;

use oscine_codec::{MessageRef, PacketRef, TimeTag};
use tracing::debug;

use crate::handler::job::Context;
use crate::peer::Peer;
use crate::peers::learn::options::OffsetOptions;
use crate::peers::learn::way::LearnOffset;
use crate::server::builder::ServerBuilder;
use crate::server::handle::ServerHandle;
use crate::server::runner::Runner;
use crate::server::shared::Shared;
use crate::time_offset::TimeOffset;

/// The clocks of peers.
impl ServerBuilder {
    /// How the clocks of those peers are learned that a rule wants that of:
    /// [`PeerOptions::learn_offset`](crate::PeerOptions::learn_offset), where none sets
    /// [options](crate::PeerOptions::offset_options) of its own. Default [`OffsetOptions::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use oscine::{LearnOffset, OffsetOptions, Peer, PeerOptions, PeerRules, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // A device whose clock is asked for: a program with built-in methods.
    /// let device = Server::builder().udp("127.0.0.1:0").built_in("/oscine").bind().await?;
    /// let to_device = device.handle();
    /// tokio::spawn(device.serve().into_future());
    ///
    /// let asked = PeerOptions::new().learn_offset(LearnOffset::Asking);
    /// let server = Server::builder()
    ///     .udp("127.0.0.1:0")
    ///     .peer_rules(PeerRules::new().peers("127.0.0.0/8", asked)?)
    ///     .offset_options(OffsetOptions::new().interval(Duration::from_secs(2)))
    ///     .bind()
    ///     .await?;
    /// let addr = server.endpoints()[0].resolve().await?;
    /// let handle = server.handle();
    /// tokio::spawn(server.serve().into_future());
    ///
    /// // From its first packet on the server asks for its time, on the same way.
    /// to_device.send_to(&Peer::Udp { endpoint: 0, addr }, "/hello", ())?;
    /// let offset = loop {
    ///     let clock = handle.peers().first().and_then(|peer| peer.clock);
    ///     if let Some(offset) = clock.and_then(|clock| clock.offset) {
    ///         break offset;
    ///     }
    ///     tokio::time::sleep(Duration::from_millis(1)).await;
    /// };
    /// // They are one machine.
    /// assert!(offset.abs() < Duration::from_secs(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn offset_options(mut self, options: OffsetOptions) -> Self {
        self.settings.offset_options = options;
        self
    }
}

/// The clocks of peers.
impl ServerHandle {
    /// Learns how far the clock of one peer is off, from now on and until it is forgotten, whatever the rules say; with
    /// [`LearnOffset::No`] no longer. It begins anew, and what was known is forgotten. Says whether the peer is one that
    /// the server has heard of lately.
    ///
    /// What is known is told by [`peer`](Self::peer). Bundles that wait keep their time.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{LearnOffset, OffsetOptions, Peer, ServerHandle};
    ///
    /// /// For a device that sends `/uptime` with a time tag, once a second.
    /// fn follow(handle: &ServerHandle, device: &Peer) -> Result<bool, oscine::AddressError> {
    ///     let options = OffsetOptions::new().beacon("/uptime")?.bundles_until_known(true);
    ///     Ok(handle.learn_offset(device, LearnOffset::Beacon, options))
    /// }
    /// ```
    #[expect(clippy::must_use_candidate, reason = "what it does matters more than what it says")]
    pub fn learn_offset(&self, peer: &Peer, how: LearnOffset, options: OffsetOptions) -> bool {
        let find = || self.shared.peers.counters(peer);
        let learns = self.shared.learners.learn(find, how, Arc::new(options));
        // The first question is due at once.
        self.shared.changed.notify_one();
        learns
    }
}

impl Runner {
    /// Asks the peer for its time whose turn it is, if it is anybody's. One at a time: a bundle may be due.
    pub(crate) fn ask(&self) {
        let Shared { learners, outbound, .. } = &*self.shared;
        // It may just have been stopped by what has run.
        if self.shared.stop.is_asked() || !learners.any() {
            return;
        }
        let Some((peer, question)) = learners.next_question(self.clock.now()) else { return };
        if let Err(error) = outbound.send(&peer, question.into()) {
            // As one that is not answered.
            debug!(%peer, %error, "peer not asked for its time");
        }
    }

    /// When somebody is to be asked.
    pub(crate) fn next_question(&self) -> Option<TimeTag> {
        let learners = &self.shared.learners;
        let asks = !self.shared.stop.is_asked() && learners.any();
        asks.then(|| learners.next_due()).flatten()
    }

    /// Whether a message is about the clock of its sender, and for nobody else.
    #[inline]
    pub(crate) fn hears(&self, message: &MessageRef<'_>, context: Context<'_>) -> bool {
        let learners = &self.shared.learners;
        learners.any() && {
            let received = self.clock.line_at(context.received_at.get());
            learners.hears(context.peer, message, received)
        }
    }

    /// What to add to the time tags of a bundle, if that is learned.
    pub(crate) fn learned_offset(
        &self,
        packet: PacketRef<'_>,
        peer: &Peer,
        received_at: Instant,
    ) -> Option<TimeOffset> {
        let learners = &self.shared.learners;
        let tag = packet.bundle().filter(|_| learners.any())?.time_tag();
        learners.bundle(peer, tag, self.clock.line_at(received_at))
    }
}
