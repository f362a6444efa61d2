//! Owners of local handlers that stay away, go, or have too much to do; calls that are given up.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use common::local_notes::{Notes, pen, taken};
use common::wire::packet;
use common::{LOOPBACK, Running, until, within};
use oscine::{
    AddressSpace, Dispatched, Dispatcher, Fault, HandlerExt, LocalError, LocalHandlers, Packet,
    Server, ServerBuilder,
};
use tokio::task::yield_now;

/// Keeps the local errors that a server tells of.
fn hearing(builder: ServerBuilder) -> (ServerBuilder, Arc<Mutex<Vec<LocalError>>>) {
    let heard = Arc::<Mutex<Vec<LocalError>>>::default();
    let errors = Arc::clone(&heard);
    let builder = builder.on_error(move |fault| {
        if let Fault::HandlerFailed { error, .. } = fault {
            errors.lock().unwrap().push(*error.downcast_ref().unwrap());
        }
    });
    (builder, heard)
}

async fn dispatch(dispatcher: &mut Dispatcher, packet: &Packet) -> Dispatched {
    within(dispatcher.dispatch(packet.view())).await
}

#[tokio::test]
async fn without_its_owner_a_handler_fails_at_once_and_the_server_goes_on() {
    let (space, alive) = (AddressSpace::new(), Arc::new(()));
    space.method("/ping", || ("/pong", ())).unwrap();
    let (gone, go) = mpsc::channel::<()>();
    let (registered, ready) = mpsc::channel();
    let (theirs, held) = (space.clone(), Arc::clone(&alive));
    let owner = thread::spawn(move || {
        let local = LocalHandlers::with_patience(Duration::MAX);
        theirs.method("/local", local.handler(move |_: i32| drop(Arc::clone(&held)))).unwrap();
        registered.send(()).unwrap();
        // It goes away while a call waits.
        go.recv().unwrap();
        assert_eq!(local.waiting(), 1);
    });
    ready.recv().unwrap();
    let (builder, heard) = hearing(Server::builder().udp(LOOPBACK).address_space(space.clone()));
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    client.send(("/local", 1)).await.unwrap();
    until(|| server.handle.stats().messages == 1).await;
    gone.send(()).unwrap();
    within(client.request(("/ping", ()), "/pong")).await.unwrap();
    owner.join().unwrap();
    assert_eq!(Arc::strong_count(&alive), 1, "the handler was dropped with its owner");
    client.send(("/local", 2)).await.unwrap();
    within(client.request(("/ping", ()), "/pong")).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [LocalError::Gone; 2]);
    assert_eq!(server.stop().await.handler_errors, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_stays_away_is_waited_for_once() {
    // Waited for each time, it would be longer than a request waits.
    let patience = Duration::from_millis(250);
    let (local, space, notes) =
        (LocalHandlers::with_patience(patience), AddressSpace::new(), Notes::default());
    let note = pen(&notes);
    space.method("/local", local.handler(move |n: i32| note(format!("{n}")))).unwrap();
    space.method("/ping", || ("/pong", ())).unwrap();
    let (builder, heard) = hearing(Server::builder().udp(LOOPBACK).address_space(space));
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    for n in 0..100 {
        client.send(("/local", n)).await.unwrap();
    }
    within(client.request(("/ping", ()), "/pong")).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [LocalError::Away { patience }; 100]);
    assert_eq!((local.waiting(), local.process()), (0, 0), "what was given up is not called");

    // It is back.
    client.send(("/local", 100)).await.unwrap();
    within(local.run_until(client.request(("/ping", ()), "/pong"))).await.unwrap();
    assert_eq!(taken(&notes), ["100"]);
    assert_eq!(server.stop().await.handler_errors, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_takes_too_long_is_given_up_wherever_it_is() {
    let (local, space) = (LocalHandlers::with_patience(Duration::MAX), AddressSpace::new());
    let begun = Rc::new(Cell::new(0));
    let (count, alive) = (Rc::clone(&begun), Rc::new(()));
    let held = Rc::clone(&alive);
    let handler = local.handler(move || {
        count.set(count.get() + 1);
        let held = Rc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
        }
    });
    space.method("/hang", handler).unwrap();
    let limit = Duration::from_millis(20);
    let builder = Server::builder().udp(LOOPBACK).handler_timeout(limit).address_space(space);
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    // Nobody runs the owner: it does not begin, and never will.
    client.send(("/hang", ())).await.unwrap();
    until(|| server.handle.stats().handler_timeouts == 1).await;
    assert_eq!((local.waiting(), local.process(), begun.get()), (0, 0, 0));
    // It has begun, and is dropped here.
    client.send(("/hang", ())).await.unwrap();
    within(local.run_until(async {
        until(|| server.handle.stats().handler_timeouts == 2).await;
        until(|| Rc::strong_count(&alive) == 2).await;
    }))
    .await;
    assert_eq!(begun.get(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_call_on_the_same_thread_that_is_given_up_goes_with_the_next_turn() {
    let (local, space, alive) = (LocalHandlers::new(), AddressSpace::new(), Rc::new(()));
    let held = Rc::clone(&alive);
    let hang = local.handler(move |_: i32| {
        let held = Rc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
        }
    });
    space.method("/hang", hang).unwrap();
    let limit = Duration::from_millis(5);
    let builder = Server::builder().udp(LOOPBACK).handler_timeout(limit).address_space(space);
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    for n in 0..3 {
        client.send(("/hang", n)).await.unwrap();
    }
    until(|| server.handle.stats().handler_timeouts == 3).await;
    assert!(Rc::strong_count(&alive) <= 3, "the next call has dropped the one before");
    local.process();
    assert_eq!(Rc::strong_count(&alive), 2);
    server.stop().await;
}

#[tokio::test]
async fn as_many_calls_wait_as_may_and_no_more() {
    const MOST: usize = 4096;
    let (sent, local) = mpsc::channel();
    let (finish, finished) = mpsc::channel::<()>();
    let owner = thread::spawn(move || {
        let (local, space) = (LocalHandlers::with_patience(Duration::MAX), AddressSpace::new());
        let count = Rc::new(Cell::new(0_usize));
        let counted = Rc::clone(&count);
        let handler = local.handler(move || counted.set(counted.get() + 1));
        space.method("/a", handler.concurrent(2 * MOST)).unwrap();
        sent.send(space).unwrap();
        finished.recv().unwrap();
        let begun: Vec<_> = std::iter::repeat_with(|| local.process()).take(5).collect();
        assert_eq!((begun.iter().sum(), count.get()), (MOST, MOST), "{begun:?}");
        assert!(begun.iter().all(|begun| *begun <= 1024), "{begun:?}");
    });
    let mut dispatcher = Dispatcher::new(local.recv().unwrap());
    let mut errors = 0;
    for _ in 0..MOST + 3 {
        errors += dispatch(&mut dispatcher, &packet("/a", ())).await.errors;
    }
    assert_eq!(errors, 3);
    finish.send(()).unwrap();
    owner.join().unwrap();
}

async fn later(n: i32) {
    for _ in 0..n % 4 {
        yield_now().await;
    }
}

/// Nobody waits for ever, whatever is given up, taken back or dropped meanwhile.
fn storm(rounds: i32) {
    let space = AddressSpace::new();
    let (ready, go) = mpsc::channel();
    let theirs = space.clone();
    let over = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&over);
    let owning = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut owners = 0;
        while !end.load(Ordering::Relaxed) {
            // A new owner now and then; what the old one had fails.
            let local = LocalHandlers::with_patience(Duration::MAX);
            let now = local.handler(|n: i32| assert!(n >= 0));
            let guards = [
                space.guard(space.method("/now", now).unwrap()),
                space.guard(space.method("/later", local.handler(later).concurrent(3)).unwrap()),
                space.guard(space.method("/wait", local.handler(later)).unwrap()),
            ];
            _ = ready.send(());
            for turn in 0..50 {
                if turn % 2 == 0 {
                    local.process_for(Duration::from_millis(1));
                } else {
                    let pause = async { tokio::time::sleep(Duration::from_millis(1)).await };
                    runtime.block_on(local.run_until(pause));
                }
            }
            drop(guards);
            owners += 1;
        }
        owners
    });
    go.recv().unwrap();
    let dispatching: Vec<_> = (0..3)
        .map(|seed| {
            let space = theirs.clone();
            thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(within(async {
                    let mut dispatcher = Dispatcher::new(space);
                    let addresses = ["/now", "/later", "/wait", "/*"].into_iter().cycle();
                    for (n, address) in (0..rounds).zip(addresses.skip(seed)) {
                        let packet = packet(address, n);
                        let dispatching = dispatcher.dispatch(packet.view());
                        if n % 5 == 0 {
                            let short = Duration::from_micros(u64::from(n.unsigned_abs() % 97));
                            _ = tokio::time::timeout(short, dispatching).await;
                        } else {
                            assert_eq!(dispatching.await.panics, 0);
                        }
                    }
                }));
            })
        })
        .collect();
    dispatching.into_iter().for_each(|thread| thread.join().unwrap());
    over.store(true, Ordering::Relaxed);
    assert!(owning.join().unwrap() > 0);
}

#[test]
fn nobody_waits_for_ever() {
    storm(400);
}

#[test]
#[ignore = "it takes half a minute"]
fn nobody_waits_for_ever_for_long() {
    storm(40_000);
}
