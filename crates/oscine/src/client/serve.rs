//! Calling handlers with what comes back.

use std::future::IntoFuture;
use std::io;
use std::pin::Pin;

use crate::address_space::address_space::AddressSpace;
use crate::client::client::Client;
use crate::client::serving;
use crate::schedule::limits::ScheduleLimits;

/// A client about to call handlers with what comes back: await it.
///
/// # Examples
///
/// ```no_run
/// use oscine::{AddressSpace, Client};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::udp("mixer.local:10023").await?;
/// let sender = client.sender();
/// let space = AddressSpace::new();
/// space.method("/ch/{01,02}/mix/fader", |level: f32| println!("{level}"))?;
/// tokio::spawn(client.serve(space).into_future());
/// sender.send(("/ch/01/mix/fader", ())).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a client calls no handlers until this is awaited"]
pub struct ClientServe {
    client: Client,
    space: AddressSpace,
    limits: ScheduleLimits,
}

impl Client {
    /// Calls the handlers of an address space with what comes back, until the connection ends; on
    /// datagrams, and on a client that reconnects, until this is dropped.
    ///
    /// What handlers return is sent to the peer. Bundles run at their time, as on a server: never
    /// early, atomic, and in order of their time tags. A [`ClientSender`](crate::ClientSender) sends
    /// and asks meanwhile; a reply that it asked for goes to it and, unless it came in a bundle, to
    /// no handler. What the stream had kept goes to handlers first.
    ///
    /// Await it, hand it to `tokio::spawn` with [`into_future`](IntoFuture::into_future), or put it
    /// into a `select!`.
    pub fn serve(self, space: AddressSpace) -> ClientServe {
        ClientServe { client: self, space, limits: ScheduleLimits::new() }
    }
}

impl ClientServe {
    /// How much may wait for its time. Default [`ScheduleLimits::new`].
    pub const fn schedule_limits(mut self, limits: ScheduleLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl IntoFuture for ClientServe {
    /// Fails only when the system's timer does.
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, space, limits } = self;
        Box::pin(serving::serve(client, space, limits))
    }
}
