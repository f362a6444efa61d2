//! Who is woken, where what is read from promises no more than it has to.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures::Stream;
use oscine_codec::{Message, Packet, Pattern};
use oscine_transport::StreamError;
use tokio_test::task::{Spawn, spawn};
use tokio_test::{assert_pending, assert_ready};

use crate::client::hub::{Expected, Hub};
use crate::client::inlet::{Inlet, Item};

/// A stream that wakes whoever was told last that there is nothing, when the test says so. If
/// somebody polls before that and finds something, nobody is woken.
#[derive(Clone, Default)]
struct Lazy(Arc<Mutex<(VecDeque<Packet>, Option<Waker>)>>);

impl Stream for Lazy {
    type Item = Result<Item, StreamError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.0.lock().unwrap();
        match inner.0.pop_front() {
            Some(packet) => {
                inner.1 = None;
                Poll::Ready(Some(Ok(Ok(packet))))
            }
            None => {
                inner.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Lazy {
    fn hub() -> (Hub, Self) {
        let lazy = Self::default();
        (Hub::new(Inlet::Stream(Box::pin(lazy.clone()))), lazy)
    }

    fn push(&self, packets: &[Message]) {
        self.0.lock().unwrap().0.extend(packets.iter().cloned().map(Packet::from));
    }

    fn wake(&self) {
        let waker = self.0.lock().unwrap().1.take();
        waker.expect("nobody waits").wake();
    }
}

fn message(address: &str) -> Message {
    Message::new(address, ()).unwrap()
}

fn expect<'a>(hub: &'a Hub, pattern: &str) -> Expected<'a> {
    hub.expect(Pattern::new(pattern).unwrap()).unwrap()
}

fn reader(hub: &Hub) -> Spawn<impl Future<Output = Option<Item>> + '_> {
    spawn(std::future::poll_fn(|cx| hub.poll_next(cx)))
}

fn packet(item: Option<Item>) -> Packet {
    item.unwrap().unwrap()
}

#[test]
fn what_is_read_for_the_reader_wakes_it() {
    let (hub, lazy) = Lazy::hub();
    let (mut reader, expected) = (reader(&hub), expect(&hub, "/r"));
    let mut request = spawn(expected.reply());
    assert_pending!(reader.poll());
    lazy.push(&[message("/x"), message("/r")]);
    assert_eq!(assert_ready!(request.poll()).unwrap(), message("/r"));
    assert!(reader.is_woken());
    assert_eq!(packet(assert_ready!(reader.poll())), message("/x").into());
}

#[test]
fn what_is_kept_by_one_that_waits_on_wakes_the_reader() {
    let (hub, lazy) = Lazy::hub();
    let (mut reader, expected) = (reader(&hub), expect(&hub, "/r"));
    let mut request = spawn(expected.reply());
    assert_pending!(reader.poll());
    lazy.push(&[message("/x")]);
    assert_pending!(request.poll());
    assert!(reader.is_woken());
    assert_eq!(packet(assert_ready!(reader.poll())), message("/x").into());
}

#[test]
fn who_has_what_it_wants_has_the_others_read_on() {
    let (hub, lazy) = Lazy::hub();
    let (one, two) = (expect(&hub, "/one"), expect(&hub, "/two"));
    let (mut one, mut two) = (spawn(one.reply()), spawn(two.reply()));
    assert_pending!(two.poll());
    lazy.push(&[message("/one"), message("/two")]);
    assert_eq!(assert_ready!(one.poll()).unwrap(), message("/one"));
    assert!(two.is_woken());
    assert_eq!(assert_ready!(two.poll()).unwrap(), message("/two"));

    let (three, mut reader) = (expect(&hub, "/three"), reader(&hub));
    let mut three = spawn(three.reply());
    assert_pending!(three.poll());
    lazy.push(&[message("/x"), message("/three")]);
    assert_eq!(packet(assert_ready!(reader.poll())), message("/x").into());
    assert!(three.is_woken());
    assert_eq!(assert_ready!(three.poll()).unwrap(), message("/three"));
}

#[test]
fn all_who_wait_are_woken_and_none_that_left_is_missed() {
    let (hub, lazy) = Lazy::hub();
    let (one, two) = (expect(&hub, "/one"), expect(&hub, "/two"));
    let mut waiting = spawn(one.reply());
    assert_pending!(waiting.poll());
    {
        // The last to be told that there is nothing leaves.
        let mut left = spawn(two.reply());
        assert_pending!(left.poll());
    }
    drop(two);
    lazy.push(&[message("/one")]);
    lazy.wake();
    assert!(waiting.is_woken());
    assert_eq!(assert_ready!(waiting.poll()).unwrap(), message("/one"));
}

#[test]
fn a_reply_that_nobody_took_wakes_the_reader() {
    let (hub, lazy) = Lazy::hub();
    let (expected, mut reader) = (expect(&hub, "/r"), reader(&hub));
    lazy.push(&[message("/r")]);
    assert_pending!(reader.poll());
    drop(expected);
    assert!(reader.is_woken());
    assert_eq!(packet(assert_ready!(reader.poll())), message("/r").into());
}

#[test]
fn closing_wakes_all() {
    let (hub, _lazy) = Lazy::hub();
    let (expected, mut reader) = (expect(&hub, "/r"), reader(&hub));
    let mut request = spawn(expected.reply());
    assert_pending!(reader.poll());
    assert_pending!(request.poll());
    hub.close();
    assert!(reader.is_woken() && request.is_woken());
    assert!(assert_ready!(reader.poll()).is_none());
    assert!(assert_ready!(request.poll()).is_err());
}
