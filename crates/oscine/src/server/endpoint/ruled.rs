//! What rules change about sockets and connections.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use oscine_transport::PeerAddr;
use oscine_transport::connection::Connection;
use oscine_transport::framing::FramingKind;
use oscine_transport::hook::{Hook, Hooks, Verdict};

use crate::peer::Peer;
use crate::peers::options::PeerOptions;
use crate::peers::rules::PeerRules;
use crate::peers::settings::GateSettings;
use crate::server::endpoint::bind_error::BindError;

/// The hooks of a socket of datagrams, which each peer may have others of.
///
/// A connection has one peer, and gets that peer's hooks itself, by [`Ruled`].
#[derive(Clone)]
pub(crate) struct HooksByPeer {
    rules: Arc<PeerRules>,
    /// The number of the endpoint, which has one when it is bound; nothing is read or sent before.
    endpoint: Arc<OnceLock<usize>>,
}

impl HooksByPeer {
    /// None when no rule has hooks: then they cost nothing.
    pub(crate) fn new(rules: &Arc<PeerRules>) -> Option<Self> {
        let hooks = || Self { rules: Arc::clone(rules), endpoint: Arc::default() };
        rules.have_hooks().then(hooks)
    }

    /// Sets the number of the endpoint.
    pub(crate) fn set_endpoint(&self, number: usize) {
        // It has one number, and is told it once.
        let _ = self.endpoint.set(number);
    }

    fn ask(&self, peer: &PeerAddr, ask: impl FnOnce(&Hooks) -> Verdict) -> Verdict {
        let addr: Option<SocketAddr> = peer.ip();
        match self.endpoint.get() {
            Some(endpoint) => self.rules.hooks(*endpoint, addr).map_or(Verdict::Pass, ask),
            None => Verdict::Refuse("the endpoint is not open yet".into()),
        }
    }
}

impl Hook for HooksByPeer {
    fn inbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        self.ask(peer, |hooks| hooks.inbound(packet, peer))
    }

    fn outbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        self.ask(peer, |hooks| hooks.outbound(packet, peer))
    }
}

/// What rules change about one connection.
pub(crate) struct Ruled {
    framing: Option<FramingKind>,
    max_frame: Option<usize>,
    /// Of one host.
    pub(crate) max_connections: Option<usize>,
    hooks: Hooks,
}

impl Ruled {
    pub(crate) fn of(peer: &Peer, settings: &GateSettings) -> Self {
        let options = settings.options(peer);
        let PeerOptions { framing, max_frame, max_connections, hooks, .. } = options;
        Self { framing, max_frame, max_connections, hooks: hooks.unwrap_or_default() }
    }

    /// Whether the hooks let the peer connect.
    pub(crate) fn lets_in(&self, peer: &PeerAddr) -> bool {
        self.hooks.connecting(peer)
    }

    /// Changes a connection, before anything has gone through it.
    pub(crate) fn apply<S>(self, connection: &mut Connection<S>) {
        if let Some(framing) = self.framing {
            connection.set_framing(framing);
        }
        if let Some(bytes) = self.max_frame {
            connection.set_max_frame(bytes);
        }
        if !self.hooks.is_empty() {
            connection.add_hook(self.hooks);
        }
    }
}

/// Whether the rules can be followed at a socket of datagrams, which may have been bound before.
pub(crate) fn check_datagrams(
    rules: &PeerRules,
    endpoint: usize,
    bound_before: bool,
) -> Result<(), BindError> {
    if rules.frame_at(endpoint) {
        let reason = "it receives datagrams, which have no framing";
        return Err(BindError::Rule { endpoint, reason });
    }
    if bound_before && rules.have_hooks_at(endpoint) {
        let reason = "its socket was bound before, and takes no hooks";
        return Err(BindError::Rule { endpoint, reason });
    }
    Ok(())
}

/// Whether the rules can be followed at a client that is served, which was made before.
pub(crate) fn check_client(rules: &PeerRules, endpoint: usize) -> Result<(), BindError> {
    if rules.frame_at(endpoint) {
        let reason = "its client was made before, and keeps its framing";
        return Err(BindError::Rule { endpoint, reason });
    }
    if rules.have_hooks_at(endpoint) {
        let reason = "its client was made before, and takes no hooks";
        return Err(BindError::Rule { endpoint, reason });
    }
    Ok(())
}
