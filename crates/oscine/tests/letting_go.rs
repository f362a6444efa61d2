//! What is registered no longer: no message sees it, and nothing keeps it alive.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use common::{Running, within};
use futures::FutureExt;
use oscine::{AddressSpace, Dispatcher, Message, MethodKey};
use tokio::sync::oneshot;

fn message(address: &str) -> Message {
    Message::new(address, ()).unwrap()
}

fn calls(dispatcher: &mut Dispatcher, address: &str) -> usize {
    dispatcher.dispatch(message(address).view().into()).now_or_never().unwrap().calls
}

#[test]
fn what_was_removed_in_another_thread_is_never_called() {
    let (space, called) = (AddressSpace::new(), Arc::new(AtomicUsize::new(0)));
    let (to_dispatch, dispatches) = mpsc::channel();
    let (to_remove, removes) = mpsc::channel();
    thread::scope(|scope| {
        let mut dispatcher = Dispatcher::new(space.clone());
        scope.spawn(move || {
            for (address, expected) in dispatches {
                assert_eq!(calls(&mut dispatcher, address), expected, "{address}");
                to_remove.send(()).unwrap();
            }
        });
        for round in 1..=1000 {
            // By turns one look-up, and what is remembered.
            let address = if round % 2 == 0 { "/a" } else { "/?" };
            let counter = called.clone();
            let key = space.method("/a", move || {
                counter.fetch_add(1, Ordering::Relaxed);
            });
            to_dispatch.send((address, 1)).unwrap();
            removes.recv().unwrap();
            assert!(space.remove(key.unwrap()));
            to_dispatch.send((address, 0)).unwrap();
            removes.recv().unwrap();
            assert_eq!(called.load(Ordering::Relaxed), round);
        }
        drop(to_dispatch);
    });
}

#[test]
fn a_dispatcher_keeps_nothing_after_a_packet_or_at_rest() {
    let (space, alive) = (AddressSpace::new(), Arc::new(()));
    let own = space.clone();
    let mut dispatcher = Dispatcher::new(space.clone());
    // One that takes itself back is gone when the packet is.
    let held = alive.clone();
    space
        .method("/once", move |key: MethodKey| {
            assert!(own.remove(key));
            drop(held.clone());
        })
        .unwrap();
    assert_eq!((calls(&mut dispatcher, "/once"), Arc::strong_count(&alive)), (1, 1));
    // One that is taken back before `rest` or after it is gone, too.
    for rest_first in [false, true] {
        let held = alive.clone();
        let key = space.method("/a", move || drop(held.clone())).unwrap();
        assert_eq!(calls(&mut dispatcher, "/a"), 1);
        if rest_first {
            dispatcher.rest();
        }
        assert!(space.remove(key));
        dispatcher.rest();
        assert_eq!(Arc::strong_count(&alive), 1, "rest first: {rest_first}");
    }
}

#[test]
fn what_is_dropped_may_change_the_space_and_the_next_message_sees_it() {
    let space = AddressSpace::new();
    let guard = space.guard(space.method("/inner", || {}).unwrap());
    let key = space.method("/outer", move || format!("{guard:?}").clear()).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    assert_eq!((calls(&mut dispatcher, "/outer"), calls(&mut dispatcher, "/inner")), (1, 1));
    // The dispatcher holds the last of the handler; dropping it takes the other one back.
    assert!(space.remove(key));
    assert_eq!((space.len(), calls(&mut dispatcher, "/inner")), (1, 0));
    assert!(space.is_empty());
}

/// Panics when it is dropped.
struct Grenade;

impl Grenade {
    fn hold(&self) {}
}

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn what_panics_when_it_is_dropped_does_not_end_a_dispatcher() {
    let space = AddressSpace::new();
    space.method("/b", || {}).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    for (place, address) in [("/a", "/a"), ("/x/*", "/x/y")] {
        let grenade = Grenade;
        let key = space.method(place, move || grenade.hold()).unwrap();
        // Twice, so that what it reaches is remembered.
        assert_eq!((calls(&mut dispatcher, address), calls(&mut dispatcher, address)), (1, 1));
        assert!(space.remove(key));
        assert_eq!(calls(&mut dispatcher, "/b"), 1);
    }
}

#[tokio::test]
async fn a_server_that_waits_keeps_nothing() {
    let space = AddressSpace::new();
    let server = Running::start(space.clone()).await;
    let client = server.udp_client().await;
    let (called, mut calls) = tokio::sync::mpsc::unbounded_channel();
    let (held, gone) = oneshot::channel::<()>();
    let key = space.method("/a", move || called.send(held.is_closed()).unwrap()).unwrap();
    client.send(("/a", ())).await.unwrap();
    assert_eq!(within(calls.recv()).await, Some(false));
    assert!(space.remove(key));
    // No message comes any more.
    assert!(within(gone).await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn what_is_removed_while_a_handler_is_awaited_does_not_wait_for_it() {
    let space = AddressSpace::new();
    let (held, gone) = oneshot::channel::<()>();
    let key = space.method("/a", move || assert!(!held.is_closed())).unwrap();
    let (own, gone) = (space.clone(), std::sync::Mutex::new(Some(gone)));
    space
        .method("/b", move || {
            let (own, gone) = (own.clone(), gone.lock().unwrap().take().unwrap());
            async move {
                assert!(own.remove(key));
                assert!(gone.await.is_err());
            }
        })
        .unwrap();
    let mut dispatcher = Dispatcher::new(space);
    let message = message("/b");
    let done = within(dispatcher.dispatch(message.view().into())).await;
    assert_eq!((done.calls, done.panics), (1, 0));
}

#[test]
fn a_fallback_that_replaces_itself_may_panic_when_it_is_dropped() {
    let (space, inner) = (AddressSpace::new(), AddressSpace::new());
    space.mount("/inner", &inner).unwrap();
    let (grenade, own) = (Grenade, inner.clone());
    inner.fallback(move |_: Message| {
        grenade.hold();
        own.fallback(|_: Message| {});
    });
    let mut dispatcher = Dispatcher::new(space);
    // The first call holds the last of it.
    assert_eq!(calls(&mut dispatcher, "/inner/a"), 1);
    assert_eq!(calls(&mut dispatcher, "/inner/a"), 1);
}

#[test]
fn what_is_dropped_may_drop_what_panics() {
    let space = AddressSpace::new();
    // So that more than one look-up is needed, and what it finds is remembered.
    space.subtree("/other", || {}).unwrap();
    let grenade = Grenade;
    let second = space.guard(space.method("/b", move || grenade.hold()).unwrap());
    let first = space.method("/a", move || format!("{second:?}").clear()).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    assert_eq!((calls(&mut dispatcher, "/a"), calls(&mut dispatcher, "/a")), (1, 1));
    // The dispatcher remembers the last of the first, which takes the second back.
    assert!(space.remove(first));
    dispatcher.rest();
    assert_eq!((space.len(), calls(&mut dispatcher, "/other")), (1, 1));
}

#[test]
fn a_handler_that_an_edit_refuses_may_change_the_space_when_it_is_dropped() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let space = AddressSpace::new();
        let guard = || space.guard(space.method("/inner", || {}).unwrap());
        let (first, second) = (guard(), guard());
        let refused = space.edit(|edit| {
            let method = edit.method("no address", move || format!("{first:?}").clear());
            let subtree = edit.subtree("no address", move || format!("{second:?}").clear());
            method.is_err() && subtree.is_err()
        });
        done.send((refused, space.len())).unwrap();
    });
    // It only keeps the test from hanging.
    assert_eq!(is_done.recv_timeout(Duration::from_secs(60)), Ok((true, 0)));
}
