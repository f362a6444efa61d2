//! Us: decode, look up, call handlers of one float.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::FutureExt;
use oscine::{AddressSpace, Dispatcher, PacketRef};

use crate::contest::{Outcome, Side};
use crate::dispatch::case::Case;

/// What handlers have got since it was last taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum(Arc<AtomicU64>);

impl Sum {
    fn add(&self, value: f32) {
        // Only one thread adds, as on the other sides.
        let sum = self.0.load(Ordering::Relaxed);
        self.0.store(sum + u64::from(value.to_bits()), Ordering::Relaxed);
    }

    fn take(&self) -> u64 {
        let sum = self.0.load(Ordering::Relaxed);
        self.0.store(0, Ordering::Relaxed);
        sum
    }
}

/// An address space whose handlers add to the sum.
pub(crate) fn space(case: Case, count: usize) -> (AddressSpace, Sum) {
    let (space, sum) = (AddressSpace::new(), Sum::default());
    space.edit(|edit| {
        for place in case.methods(count) {
            let sum = sum.clone();
            edit.method(place, move |value: f32| sum.add(value)).expect("it is a place");
        }
    });
    (space, sum)
}

/// Decodes and runs a packet.
async fn dispatch(dispatcher: &mut Dispatcher, packet: &[u8]) {
    let packet = PacketRef::decode(packet).expect("the packet is sound");
    black_box(dispatcher.dispatch(packet).await);
}

struct Dispatches {
    space: AddressSpace,
    sum: Sum,
    dispatcher: Dispatcher,
    messages: Vec<Bytes>,
    /// The message to send next.
    next: usize,
    /// Whether each message is the first.
    first: bool,
    last: u64,
}

pub(crate) fn side(case: Case, count: usize, first: bool) -> Box<dyn Side> {
    let (space, sum) = space(case, count);
    let dispatcher = Dispatcher::new(space.clone());
    let messages = case.messages(count);
    Box::new(Dispatches { space, sum, dispatcher, messages, next: 0, first, last: 0 })
}

impl Side for Dispatches {
    fn name(&self) -> &'static str {
        "oscine"
    }

    fn run(&mut self, n: u64) {
        // One task dispatches them all, as in a server.
        let all = async {
            for _ in 0..n {
                if self.first {
                    // What it knows it knows no more; to make a new one is part of the time.
                    self.dispatcher = Dispatcher::new(self.space.clone());
                }
                let message = self.messages.get(self.next).expect("it is one of them");
                self.next = (self.next + 1) % self.messages.len();
                dispatch(&mut self.dispatcher, black_box(message)).await;
                self.last = black_box(self.sum.take());
            }
        };
        all.now_or_never().expect("no handler waits");
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}
