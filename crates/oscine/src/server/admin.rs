//! What a server answers before its own methods do.

use crate::address_space::address_space::AddressSpace;
use crate::server::builder::ServerBuilder;

/// What is tried before the methods.
impl ServerBuilder {
    /// An address space for administration, that messages are offered to before that of their endpoint. Default: none.
    ///
    /// A message whose address has no wildcards goes no further when a handler there has taken it: one that returns
    /// [`Next`](crate::Next) leaves it to the others. A message with an address pattern runs there, and goes on. What
    /// nothing there takes leaves no trace: it is counted where it goes. A fallback takes whatever it does not leave to
    /// the next, as anywhere.
    ///
    /// So methods can be added to a program, or kept from it, without changing its address space.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{AddressSpace, Client, Next, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let space = AddressSpace::new();
    /// space.method("/level", |level: f32| ("/set", level))?;
    /// // Levels above 1 are kept from the program.
    /// let admin = AddressSpace::new();
    /// admin.method("/level", |level: f32| (level <= 1.0).then_some(Next))?;
    ///
    /// let server = Server::builder().udp("127.0.0.1:0").address_space(space).admin_space(admin);
    /// let server = server.bind().await?;
    /// let client = Client::connect(&server.endpoints()[0]).await?;
    /// tokio::spawn(server.serve().into_future());
    /// client.send(("/level", 2.0_f32)).await?;
    /// let set = client.request(("/level", 0.5_f32), "/set").await?;
    /// assert_eq!(set.args().parse::<f32>()?, 0.5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn admin_space(mut self, space: AddressSpace) -> Self {
        self.settings.admin_space = Some(space);
        self
    }
}
