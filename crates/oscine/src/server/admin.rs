//! What a server answers before its own methods do, and tells of itself.

use oscine_codec::Address;

use crate::address_space::address_space::AddressSpace;
use crate::server::builder::ServerBuilder;
use crate::server::endpoint::bind_error::BindError;
#[cfg(feature = "metrics")]
use crate::server::metrics::options::Metrics;

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

    /// Answers questions about the server below `prefix`, such as `"/oscine"`. Default: it does not.
    ///
    /// | address | arguments | answer |
    /// | --- | --- | --- |
    /// | `<prefix>/version` | | name and version of this crate |
    /// | `<prefix>/routes` | an address, or none | the places at and below it, or all, that have methods in the address space of the endpoint, and how many more there are |
    /// | `<prefix>/stats` | | some counters of [`Stats`](crate::Stats): name, number, name, number |
    /// | `<prefix>/clock` | an int or a time tag | the same, and the time by which senders make time tags, as a time tag |
    ///
    /// Answers are sent to the address with `/answer` behind it, to whoever asked. A number before the other arguments is
    /// a port of the sender that the answer is to go to instead; on connections it makes no difference.
    ///
    /// Over UDP the sender may be forged. So a server sends at most 10 answers a second, and 20 at once, to all senders
    /// together; beyond that it says nothing, and counts that ([`Stats::unanswered`](crate::Stats::unanswered)). An answer
    /// has at most 1,200 bytes and 64 places; at most 1,024 places are counted. Those of mounted spaces are not among them.
    ///
    /// These methods are tried before the address space of the endpoint, and after [`admin_space`](Self::admin_space).
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{Client, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::builder().udp("127.0.0.1:0").built_in("/oscine").bind().await?;
    /// let client = Client::connect(&server.endpoints()[0]).await?;
    /// tokio::spawn(server.serve().into_future());
    ///
    /// let version = client.request(("/oscine/version", ()), "/oscine/version/answer").await?;
    /// assert_eq!(version.args().parse::<(&str, &str)>()?.0, "oscine");
    /// let estimate = client.estimate_offset("/oscine/clock", 3).await?;
    /// println!("this clock is ahead by {}", estimate.offset);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Binding fails with [`BindError::Prefix`] when `prefix` is not an address.
    pub fn built_in(mut self, prefix: impl Into<String>) -> Self {
        self.settings.built_in = Some(prefix.into());
        self
    }

    /// How often the recorder of crate [`metrics`](::metrics) is told what is counted, and with which labels. Default
    /// [`Metrics::new`]. Needs feature `metrics`.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.settings.metrics = metrics;
        self
    }

    pub(crate) fn built_in_prefix(&self) -> Result<Option<Address>, BindError> {
        let prefix = self.settings.built_in.as_ref().map(|prefix| {
            Address::new(prefix)
                .map_err(|source| BindError::Prefix { prefix: prefix.clone(), source })
        });
        prefix.transpose()
    }
}
