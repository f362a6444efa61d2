//! Named endpoints, and sending to many of them.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use futures::future::join_all;
use oscine_codec::Packet;

use crate::endpoint::uri::Endpoint;
use crate::endpoints::entry::Means;
use crate::endpoints::error::{NameError, TargetError};
use crate::endpoints::registry::{MOST_NAMELESS, Registry};
use crate::endpoints::sending::{Outcome, Sending};
use crate::endpoints::target::{ALL, Target, TargetRef, ToTargets};
use crate::reconnect::state::State;
use crate::stats::snapshot::Stats;

/// Named endpoints and groups of them, and sending to many at once; see the
/// [module page](crate::endpoints).
///
/// It is cheap to clone; clones are the same registry. When the last one is dropped its connections
/// are closed.
#[derive(Debug, Clone)]
pub struct Endpoints {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: RwLock<Registry>,
    means: Means,
}

impl Endpoints {
    pub(super) fn from_means(means: Means) -> Self {
        Self { shared: Arc::new(Shared { registry: RwLock::default(), means }) }
    }

    /// Gives a name to an endpoint, or to an address to which datagrams are sent.
    ///
    /// Nothing is looked up or connected before it is used, or [opened](Self::open).
    ///
    /// # Errors
    ///
    /// [`NameError`] if the name is taken, reserved, or empty.
    pub fn add(&self, name: &str, endpoint: impl Into<Endpoint>) -> Result<(), NameError> {
        self.write().add(name, endpoint.into())
    }

    /// Gives a name to a group of names, of endpoints or of other groups.
    ///
    /// They are looked up when the group is used, so they may be added after it.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the name is taken, reserved, or empty.
    pub fn add_group<N: AsRef<str>>(
        &self,
        name: &str,
        members: impl IntoIterator<Item = N>,
    ) -> Result<(), NameError> {
        let members = members.into_iter().map(|member| member.as_ref().into()).collect();
        self.write().add_group(name, members)
    }

    /// Takes a name away; answers whether there was one.
    ///
    /// If it was that of a stream, its connection is closed, and what waits for it is not sent.
    #[expect(clippy::must_use_candidate, reason = "most know that there is one")]
    pub fn remove(&self, name: &str) -> bool {
        let removed = self.write().remove(name);
        removed.is_some()
    }

    /// Sends a packet to all targets, and answers with what became of it for each, in their order.
    ///
    /// A target that is named more than once, also by several groups, gets it once. The bytes of
    /// the packet are shared by all. Datagrams wait until the system takes them, but those for unix
    /// sockets are refused with [`SendError::Full`](crate::SendError::Full) when the queue of the peer
    /// is full. Packets for streams are queued, and refused in the same way when a peer that is
    /// connected lets the queue fill up: one that is slow holds up no other. While there is no
    /// connection the queue does what it was told to, and by default drops the oldest packet.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some targets got the packet.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn send(&self, targets: impl ToTargets, packet: &Packet) -> Vec<Outcome> {
        self.run(targets, Some(packet)).await
    }

    /// Does beforehand what the first packet would have to wait for: looks up addresses, and begins
    /// to connect. It does not wait for connections.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. What was begun goes on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn open(&self, targets: impl ToTargets) -> Vec<Outcome> {
        self.run(targets, None).await
    }

    /// How the connection to a named endpoint stands; `None` if it has none, or was never used.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<State> {
        let registry = self.read();
        let mut state = None;
        registry.each(name, &mut |entry| {
            state = entry.ok().and_then(|entry| entry.started()).map(|client| client.state());
        });
        state
    }

    /// Waits until what is queued for connections has been sent, as
    /// [`Reconnecting::close`](crate::reconnect::Reconnecting::close), and closes them. Sending to
    /// them fails from then on; datagrams go on.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, closing goes on.
    pub async fn close(&self) {
        let entries: Vec<_> = self.read().all().cloned().collect();
        join_all(entries.iter().filter_map(|entry| entry.started()).map(|client| client.close()))
            .await;
    }

    /// What has gone out so far, but for datagrams from a socket that was
    /// [given](crate::endpoints::EndpointsBuilder::udp), which are in the statistics of that socket.
    ///
    /// Look-ups that failed are among the [transient errors](Stats::transient_errors).
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.means.resolver.counters.read()
    }

    /// Sends, or without a packet opens.
    async fn run(&self, targets: impl ToTargets, packet: Option<&Packet>) -> Vec<Outcome> {
        self.remember(&targets);
        let mut sending = Sending::new(&self.shared.means, packet);
        {
            let registry = self.read();
            targets.each(&mut |target| match target {
                TargetRef::Addr(addr) => sending.send_to(addr),
                TargetRef::Endpoint(endpoint) => match registry.nameless(endpoint) {
                    Some(entry) => sending.send(entry),
                    None => {
                        let error = TargetError::TooMany { limit: MOST_NAMELESS };
                        sending.fail(Target::Endpoint(Arc::new(endpoint.clone())), error);
                    }
                },
                TargetRef::Name(ALL) if sending.is_empty() => {
                    registry.named().for_each(|entry| sending.send_new(entry));
                }
                TargetRef::Name(name) => registry.each(name, &mut |entry| match entry {
                    Ok(entry) => sending.send(entry),
                    Err(name) => {
                        let error = TargetError::Unknown { name: name.into() };
                        sending.fail(Target::Name(name.into()), error);
                    }
                }),
            });
        }
        sending.finish().await
    }

    /// Makes entries for endpoints without a name that were never used before.
    fn remember(&self, targets: &impl ToTargets) {
        let mut unknown = Vec::new();
        targets.each(&mut |target| match target {
            TargetRef::Endpoint(endpoint) if self.read().nameless(endpoint).is_none() => {
                unknown.push(endpoint.clone());
            }
            _ => {}
        });
        for endpoint in unknown {
            self.write().remember(endpoint);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Registry> {
        // Nothing under the lock panics half way through.
        self.shared.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.shared.registry.write().unwrap_or_else(PoisonError::into_inner)
    }
}
