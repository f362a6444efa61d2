//! Calling handlers with what comes back.

use crate::address_space::address_space::AddressSpace;
use crate::blocking::client::Client;
use crate::blocking::error::BlockingError;
use crate::blocking::server::Server;
use crate::server::builder::ServerBuilder;

impl Client {
    /// Makes it a server that calls the handlers of an address space with what comes back, and sends
    /// what they return: run it, spawn it, or call it step by step. It stops when the connection
    /// ends.
    ///
    /// It is as [`oscine::Client::serve`](crate::Client::serve).
    ///
    /// # Errors
    ///
    /// [`BlockingError::Bind`] if the system has no timer, [`BlockingError::InsideRuntime`]. The
    /// client is closed then.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use oscine::{AddressSpace, blocking};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = blocking::Client::udp("mixer.local:10023")?;
    /// let sender = client.sender();
    /// let space = AddressSpace::new();
    /// space.method("/ch/{01,02}/mix/fader", |level: f32| println!("{level}"))?;
    /// let serving = client.serve(space)?.spawn();
    /// sender.send(("/ch/01/mix/fader", ()))?;
    /// serving.join()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve(self, space: AddressSpace) -> Result<Server, BlockingError> {
        self.serve_with(|server| server.address_space(space))
    }

    /// As [`serve`](Self::serve), with whatever can be [set](crate::ClientServe::with) on a server,
    /// the address space among it.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve), and [`BlockingError::Bind`] when what is set cannot be had.
    pub fn serve_with(
        self,
        set: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Result<Server, BlockingError> {
        let (client, driver) = self.into_parts();
        Server::bind_by(driver, set(ServerBuilder::default().client(client)))
    }
}
