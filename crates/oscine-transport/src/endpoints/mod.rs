//! Endpoints by name, and one packet to many of them.
//!
//! [`Endpoints`] is a registry: names stand for [`Endpoint`](crate::Endpoint)s, and names of groups
//! for other names. A packet is sent to any [list of targets](ToTargets): names, groups, [`ALL`],
//! endpoints and addresses that have no name. It is encoded once, and there is one [`Outcome`] for
//! each target.
//!
//! # Names
//!
//! A name is looked up when it is used, so the order in which names are given does not matter: a
//! group may be there before its members. A name that nothing has is an outcome like any other, and
//! harms no other target. Names that begin with `_` are reserved, and no name is given twice.
//!
//! # How packets get there
//!
//! | endpoint | way |
//! | --- | --- |
//! | `osc.udp://…` | one UDP socket for each family, [given](EndpointsBuilder::udp) or bound when it is first needed |
//! | `osc.tcp://…` | a [`Reconnecting`](crate::reconnect::Reconnecting) client each, started when it is first used |
//! | `osc.unix:///…?framing=…` | as over TCP |
//! | `osc.unix:///…` | datagrams from a unix socket without a name |
//!
//! The address of a UDP endpoint whose host has a name is looked up in a task of its own. Only the
//! first packet waits for it; [`open`](Endpoints::open) has it done beforehand. After 60 s it is
//! looked up again while the old address still serves. A look-up that fails leaves the old address
//! as it is, and is made again 5 s later.
//!
//! # Examples
//!
//! ```
//! use oscine_codec::{Message, Packet};
//! use oscine_transport::{Udp, endpoints::{ALL, Endpoints, TargetError}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mixer, lights) = (Udp::bind("127.0.0.1:0").await?, Udp::bind("127.0.0.1:0").await?);
//! let endpoints = Endpoints::new();
//! endpoints.add_group("stage", ["mixer", "lights", "video"])?;
//! endpoints.add("mixer", mixer.local_addr()?)?;
//! let url = format!("osc.udp://localhost:{}", lights.local_addr()?.port());
//! endpoints.add("lights", url.parse::<oscine_transport::Endpoint>()?)?;
//!
//! let go: Packet = Message::new("/cue/go", (12,))?.into();
//! let outcomes = endpoints.send("stage", &go).await;
//! assert_eq!(outcomes.len(), 3);
//! assert!(outcomes[0].result.is_ok() && outcomes[1].result.is_ok());
//! assert!(matches!(outcomes[2].result, Err(TargetError::Unknown { .. })));
//! assert!(endpoints.send(ALL, &go).await.iter().all(|outcome| outcome.result.is_ok()));
//! endpoints.send(["mixer", "lights"], &go).await;
//! # Ok(())
//! # }
//! ```

pub(crate) mod builder;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod endpoints;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod lookup;
pub(crate) mod registry;
pub(crate) mod sending;
pub(crate) mod sockets;
pub(crate) mod target;

pub use builder::EndpointsBuilder;
pub use endpoints::Endpoints;
pub use error::{NameError, TargetError};
pub use sending::Outcome;
pub use target::{ALL, Target, TargetRef, ToTargets};
