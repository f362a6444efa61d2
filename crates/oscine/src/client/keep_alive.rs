//! Messages that are sent again and again.

use std::time::Duration;

use futures::StreamExt;
use oscine_codec::Packet;
use oscine_transport::SendError;
use oscine_transport::reconnect::{State, States};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use crate::client::client::Client;
use crate::client::error::ClientError;
use crate::client::outgoing::IntoPacket;
use crate::client::sender::ClientSender;

impl Client {
    /// Sends a packet at once and then again and again, `every` so often, until the client is closed
    /// or dropped: a mixer's `/xremote` every 9 seconds.
    ///
    /// On a client that reconnects it is sent whenever a connection has been made, and then every so
    /// often; none is queued while there is no connection. Where sending was held up, what was
    /// missed is not made up for. Several packets may be kept up. `every` is at least 1 ms.
    ///
    /// # Errors
    ///
    /// [`ClientError::Encode`] when it cannot be encoded. That it was not sent at some time is told in
    /// the log, at level debug.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use futures::StreamExt;
    /// use oscine::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut mixer = Client::udp("mixer.local:10023").await?;
    /// mixer.keep_alive(("/xremote", ()), Duration::from_secs(9))?;
    /// while let Some(change) = mixer.next().await {
    ///     println!("{change}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep_alive(
        &mut self,
        packet: impl IntoPacket,
        every: Duration,
    ) -> Result<KeepAlive, ClientError> {
        self.keep_up(packet.into_packet()?, Some(every.max(SHORTEST)))
    }

    /// Sends a packet at once, and on a client that reconnects whenever a connection has been made:
    /// what the peer has to be told each time, such as a subscription or the state of a control.
    ///
    /// # Errors
    ///
    /// As [`keep_alive`](Self::keep_alive).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn on_connect(&mut self, packet: impl IntoPacket) -> Result<KeepAlive, ClientError> {
        self.keep_up(packet.into_packet()?, None)
    }

    fn keep_up(
        &mut self,
        packet: Packet,
        every: Option<Duration>,
    ) -> Result<KeepAlive, ClientError> {
        let (sender, finishing) = (self.sender(), self.tasks.finishing());
        let states = sender.states();
        let task = self.tasks.add(async move {
            tokio::select! {
                biased;
                () = finishing.cancelled() => {}
                () = keep_up(&sender, states, &packet, every) => {}
            }
        });
        Ok(KeepAlive { task })
    }
}

/// A packet that is sent again and again; see [`Client::keep_alive`].
///
/// Dropping it changes nothing.
#[derive(Debug)]
pub struct KeepAlive {
    task: AbortHandle,
}

impl KeepAlive {
    /// Sends it no more.
    pub fn stop(&self) {
        self.task.abort();
    }
}

async fn keep_up(
    sender: &ClientSender,
    mut states: Option<States>,
    packet: &Packet,
    every: Option<Duration>,
) {
    // Who has no connection sends from the start, the others when they have one.
    let mut due = states.is_none().then(Instant::now);
    loop {
        tokio::select! {
            biased;
            state = next(&mut states) => match state {
                Some(state) if state.is_connected() => {}
                Some(_) => {
                    due = None;
                    continue;
                }
                None => return,
            },
            () = until(due) => {}
        }
        match sender.send(packet).await {
            Ok(()) => {}
            Err(ClientError::Send(SendError::Closed)) => return,
            Err(error) => debug!(%packet, %error, "not kept up this time"),
        }
        due = every.and_then(|every| Instant::now().checked_add(every));
    }
}

async fn next(states: &mut Option<States>) -> Option<State> {
    match states {
        Some(states) => states.next().await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The step of the runtime's timer.
const SHORTEST: Duration = Duration::from_millis(1);
