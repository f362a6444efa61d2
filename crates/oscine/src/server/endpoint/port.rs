//! One of a server's endpoints.

use std::sync::Arc;

use oscine_codec::DecodeOptions;
use oscine_transport::Endpoint;
use oscine_transport::stats::Counters;
use tokio::sync::watch;

use crate::address_space::address_space::AddressSpace;
use crate::peers::settings::Settled;
use crate::server::stop::Stop;

/// One of a server's endpoints, as far as all that have to do with it know it.
#[derive(Debug)]
pub(crate) struct Port {
    /// Its number, never used again within one server.
    pub(crate) number: usize,
    /// Where it listens: the address that was really bound. `None` for a stream that the program has brought.
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) space: AddressSpace,
    pub(crate) decode: DecodeOptions,
    pub(crate) counters: Arc<Counters>,
    state: watch::Sender<PortState>,
}

/// What an endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortState {
    /// It receives.
    Open,
    /// It reads nothing; the system keeps what arrives, as much as it has room for.
    Paused,
    /// It is no longer bound.
    Closed,
}

impl Port {
    pub(crate) fn new(
        number: usize,
        endpoint: Option<Endpoint>,
        space: AddressSpace,
        decode: DecodeOptions,
        counters: Arc<Counters>,
    ) -> Arc<Self> {
        let (state, _) = watch::channel(PortState::Open);
        Arc::new(Self { number, endpoint, space, decode, counters, state })
    }

    /// What decoding accepts of a peer.
    pub(crate) fn decode_options<'a>(&'a self, settled: &'a Settled) -> &'a DecodeOptions {
        settled.decode.as_ref().unwrap_or(&self.decode)
    }

    pub(crate) fn state(&self) -> PortState {
        *self.state.borrow()
    }

    /// Changes the state, if it is not closed; says whether it was not.
    pub(crate) fn set(&self, state: PortState) -> bool {
        let mut open = false;
        self.state.send_if_modified(|current| {
            open = *current != PortState::Closed;
            let changes = open && *current != state;
            if changes {
                *current = state;
            }
            changes
        });
        open
    }

    /// Waits until it is not paused; says whether it is open then.
    ///
    /// Cancel safe.
    pub(crate) async fn is_open(&self) -> bool {
        let mut states = self.state.subscribe();
        let state = states.wait_for(|state| *state != PortState::Paused).await;
        state.is_ok_and(|state| *state == PortState::Open)
    }

    /// Waits until it is not paused, or the server is asked to stop; says whether it receives then.
    ///
    /// Cancel safe.
    pub(crate) async fn receives(&self, stop: &Stop) -> bool {
        tokio::select! {
            open = self.is_open() => open,
            () = stop.asked() => false,
        }
    }

    /// Waits until it is paused or closed.
    ///
    /// Cancel safe.
    pub(crate) async fn stays_open(&self) {
        let mut states = self.state.subscribe();
        // Fails when there is nobody left to close it, which cannot be as long as `self` lives.
        let _ = states.wait_for(|state| *state != PortState::Open).await;
    }

    /// Waits until it is closed.
    ///
    /// Cancel safe.
    pub(crate) async fn closed(&self) {
        let mut states = self.state.subscribe();
        let _ = states.wait_for(|state| *state == PortState::Closed).await;
    }
}
