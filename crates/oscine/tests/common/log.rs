//! What handlers noted.

use oscine::{AddressSpace, Client, Message, Packet};
use tokio::sync::mpsc;

use super::within;

/// A pen for handlers and the log that it writes.
pub(crate) fn log() -> (Pen, Log) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Pen { sender: sender.clone() }, Log { sender, receiver })
}

/// What handlers write with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pen {
    sender: mpsc::UnboundedSender<String>,
}

impl Pen {
    pub(crate) fn note(&self, text: impl ToString) {
        self.sender.send(text.to_string()).unwrap();
    }

    /// A handler that takes any message and notes `name`.
    pub(crate) fn handler(&self, name: &str) -> impl Fn(Message) + Send + Sync + 'static {
        let (pen, name) = (self.clone(), name.to_owned());
        move |_: Message| pen.note(&name)
    }
}

/// What handlers noted, in order.
pub(crate) struct Log {
    sender: mpsc::UnboundedSender<String>,
    receiver: mpsc::UnboundedReceiver<String>,
}

impl Log {
    /// The next note.
    #[track_caller]
    pub(crate) fn next(&mut self) -> impl Future<Output = String> {
        let next = within(self.receiver.recv());
        async { next.await.unwrap() }
    }

    /// The next `count` notes.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<String> {
        let mut notes = Vec::with_capacity(count);
        for _ in 0..count {
            notes.push(self.next().await);
        }
        notes
    }

    /// Sends `packets`, then a message that marks the end, and waits for what was noted up to it.
    pub(crate) async fn of(
        mut self,
        client: &Client,
        space: &AddressSpace,
        packets: &[Packet],
    ) -> Vec<String> {
        const END: &str = "the end";
        let pen = Pen { sender: self.sender.clone() };
        space.method("/end/of/log", pen.handler(END)).unwrap();
        for packet in packets {
            client.send(packet).await.unwrap();
        }
        client.send(("/end/of/log", ())).await.unwrap();
        let mut notes = Vec::new();
        loop {
            match self.next().await {
                note if note == END => return notes,
                note => notes.push(note),
            }
        }
    }
}
