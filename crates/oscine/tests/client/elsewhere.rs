//! A server for clients without async.

use oscine::{AddressSpace, Endpoint, Message, Reply, Server};
use tokio::runtime::Runtime;

use crate::common::log::{Log, log};
use crate::common::{LOOPBACK, Running};

/// A server in a runtime that the tests are outside of, and what its handlers noted.
pub(crate) struct Elsewhere {
    pub(crate) runtime: Runtime,
    running: Option<Running>,
    log: Log,
}

impl Elsewhere {
    pub(crate) fn start() -> Self {
        let (pen, log) = log();
        let space = AddressSpace::new();
        space.method("/ask", |number: i32| ("/answer", number)).unwrap();
        let count = |to: i32, reply: Reply| (0..to).try_for_each(|n| reply.send("/n", n));
        space.method("/count", count).unwrap();
        space.fallback(move |message: Message| pen.note(message));
        let runtime = Runtime::new().unwrap();
        let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).built_in("/oscine");
        let running = runtime.block_on(Running::bind(builder.address_space(space)));
        Self { runtime, running: Some(running), log }
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn udp(&self) -> String {
        self.running().udp().to_string()
    }

    pub(crate) fn tcp(&self) -> String {
        self.running().tcp().to_string()
    }

    pub(crate) fn udp_endpoint(&self) -> Endpoint {
        self.running().udp().into()
    }

    pub(crate) fn tcp_endpoint(&self) -> String {
        format!("osc.tcp://{}", self.tcp())
    }

    pub(crate) fn noted(&mut self, count: usize) -> Vec<String> {
        self.runtime.block_on(self.log.take(count))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}
