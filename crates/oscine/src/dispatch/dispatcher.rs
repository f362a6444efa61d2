//! Delivering packets in the process.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::future::BoxFuture;
use oscine_codec::{Packet, PacketRef, TimeTag};

use crate::address_space::address_space::AddressSpace;
use crate::dispatch::caller::Caller;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::overlap;
use crate::fault_log::FaultLog;
use crate::handler::job::{Context, Job, ReadAt};
use crate::handler::outlet::Outlet;
use crate::handler::send_error::SendError;
use crate::peer::Peer;

/// Runs packets at once, in the process: no socket, no schedule. Time tags are told to handlers and not waited for.
///
/// It is for tests, and for programs that get their packets in a way of their own. What handlers reply goes nowhere.
///
/// # Examples
///
/// ```
/// use oscine::{AddressSpace, Dispatcher, Message};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let space = AddressSpace::new();
/// space.method("/gain", |gain: f32| println!("{gain}"))?;
/// let mut dispatcher = Dispatcher::new(space);
/// let message = Message::new("/g*", 0.5_f32)?;
/// assert_eq!(dispatcher.dispatch(message.view().into()).await.calls, 1);
/// # Ok(())
/// # }
/// ```
pub struct Dispatcher {
    caller: Caller,
    outlet: Arc<dyn Outlet>,
}

impl Dispatcher {
    /// Makes a dispatcher to the methods of an address space.
    #[must_use]
    pub fn new(space: AddressSpace) -> Self {
        Self { caller: Caller::new(space), outlet: Arc::new(Nowhere::default()) }
    }

    /// Runs the messages of a packet, in order, and answers when all handlers are through.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some of the handlers have run.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would copy the packet once more")]
    pub fn dispatch<'a>(
        &'a mut self,
        packet: PacketRef<'a>,
    ) -> impl Future<Output = Dispatched> + use<'a> {
        async move {
            let received_at = OnceLock::new();
            let context = {
                let (received_at, outlet) = (ReadAt::Asked(&received_at), &self.outlet);
                move || Context { peer: &Peer::Local, received_at, outlet, hold: None }
            };
            let mut dispatched = Dispatched::default();
            if let PacketRef::Message(message) = &packet {
                let (time_tag, lateness) = (TimeTag::IMMEDIATE, Duration::ZERO);
                let job = Job { message, time_tag, lateness, context: context() };
                self.caller.message(&job, &mut dispatched).await;
            } else {
                for timed in packet.messages() {
                    let (message, time_tag) = (&timed.message, timed.time_tag);
                    let job =
                        Job { message, time_tag, lateness: Duration::ZERO, context: context() };
                    self.caller.message(&job, &mut dispatched).await;
                }
            }
            self.caller.pause();
            dispatched
        }
    }

    /// Lets go of what is registered.
    ///
    /// Else handlers that are taken back while no packet comes are dropped with the next packet. A program that may wait
    /// long for it calls this before.
    pub fn rest(&mut self) {
        self.caller.rest();
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("space", &self.caller.space).finish()
    }
}

/// Sends nothing.
#[derive(Debug, Default)]
pub(crate) struct Nowhere(FaultLog);

impl Outlet for Nowhere {
    fn run_beside(&self, _: &Peer, call: BoxFuture<'static, ()>) {
        overlap::run_beside(call);
    }

    fn fault_log(&self) -> &FaultLog {
        &self.0
    }

    fn send(&self, peer: &Peer, _: Packet) -> Result<(), SendError> {
        Err(SendError::Gone { peer: peer.clone() })
    }
}
