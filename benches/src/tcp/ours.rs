//! Us: a connection that a listener accepted, with the default options.

use std::hint::black_box;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use oscine::transport::tcp::{Connection, Listener};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::message::sum;
use crate::receiver::Receiver;

/// How long the messages of a turn may take to arrive.
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct Ours {
    runtime: Rc<Runtime>,
    connection: Connection,
    last: u64,
}

impl Ours {
    /// Accepts a connection. The framing is found out from what arrives.
    pub(crate) fn new(runtime: &Rc<Runtime>, listener: TcpListener) -> Self {
        let (connection, _) = runtime.block_on(async {
            let listener = Listener::builder().wrap(listener).expect("a listener for tokio");
            listener.accept().await
        });
        Self { runtime: Rc::clone(runtime), connection, last: 0 }
    }
}

impl Receiver for Ours {
    fn name(&self) -> &'static str {
        "oscine"
    }

    fn receive(&mut self, n: u64) {
        let messages = async {
            for _ in 0..n {
                let item = self.connection.next().await.expect("the connection is open");
                let packet = item.expect("the stream is sound").expect("the packet is sound");
                self.last = black_box(sum(packet.view()));
            }
        };
        let received = self.runtime.block_on(async { timeout(LIMIT, messages).await });
        received.expect("all messages arrive");
    }

    fn last(&self) -> u64 {
        self.last
    }
}
