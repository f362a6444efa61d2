//! The peer's side of a client, as a test has it in hand.

use std::{io, sync::Arc};

use futures::{FutureExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    PacketCodec, SendError,
    connection::{Any, Builder},
    framing::Slip,
    reconnect::{Reconnect, Reconnecting, Sent},
    stats::DropCause,
};
use tokio::{
    io::{DuplexStream, duplex},
    sync::{Mutex, mpsc},
    task::yield_now,
};
use tokio_util::codec::Framed;

pub(crate) type Far = Framed<DuplexStream, PacketCodec<Slip>>;

/// The peer's side: decides how each attempt to connect ends. Until it does, the attempt goes on.
pub(crate) struct Line {
    outcomes: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    /// Held by the closure of the client, and so by its task.
    pub(crate) alive: std::sync::Weak<()>,
}

impl Line {
    pub(crate) fn new(builder: Builder<Any, Reconnect>) -> (Self, Reconnecting) {
        let (outcomes, next) = mpsc::unbounded_channel();
        let (next, alive) = (Arc::new(Mutex::new(next)), Arc::new(()));
        let line = Self { outcomes, alive: Arc::downgrade(&alive) };
        let client = builder.connect_with(move || {
            let (next, _alive) = (Arc::clone(&next), &alive);
            async move { next.lock().await.recv().await.unwrap() }
        });
        (line, client)
    }

    pub(crate) fn refuse(&self) {
        self.outcomes.send(Err(io::ErrorKind::ConnectionRefused.into())).unwrap();
    }

    /// Accepts the next attempt; the pipe holds this many bytes.
    pub(crate) fn accept(&self, bytes: usize) -> Far {
        let (near, far) = duplex(bytes);
        self.outcomes.send(Ok(near)).unwrap();
        Framed::new(far, PacketCodec::default())
    }
}

pub(crate) fn packet(number: i32) -> Packet {
    Message::new("/n", (number,)).unwrap().into()
}

pub(crate) async fn number(far: &mut Far) -> i32 {
    let packet = far.next().await.unwrap().unwrap().unwrap();
    let Packet::Message(message) = packet else { panic!("messages were sent") };
    message.args().parse::<(i32,)>().unwrap().0
}

/// Lets the client do what it can without time passing.
pub(crate) async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

pub(crate) fn cause(sent: &mut Sent) -> Option<DropCause> {
    match sent.now_or_never()? {
        Err(SendError::Dropped { cause }) => Some(cause),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn builder() -> Builder<Any, Reconnect> {
    Reconnecting::builder()
}
