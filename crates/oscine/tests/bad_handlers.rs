//! Handlers that hang, panic in every place, remove or stop what calls them: the server goes on, or ends as it says.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use common::log::log;
use common::timed::{HOUR, bundle, now};
use common::wire::{Raw, frame, packet};
use common::{FRAMINGS, LOOPBACK, Running, until, within};
use oscine::transport::framing::FramingKind::Slip;
use oscine::{
    AddressSpace, HandlerExt, Message, OnError, ServeError, Server, ServerBuilder, ServerHandle,
};
use tokio::sync::Notify;
use tokio::task::yield_now;

const SHORT: Duration = Duration::from_millis(20);

fn builder(space: &AddressSpace) -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space.clone())
}

/// A space with `/ask number`, which answers.
fn asking_space() -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    space
}

/// Asks over UDP, and checks the answer.
async fn ask(server: &Running, number: i32) {
    let client = server.udp_client().await;
    let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
    assert_eq!(answer.args().parse(), Ok(number));
}

fn panics() {
    panic!("on purpose")
}

/// Counts how often it is dropped, and panics each time.
struct PanicsWhenDropped(Arc<AtomicUsize>);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        if !std::thread::panicking() {
            panic!("on purpose, when dropped");
        }
    }
}

/// A panic may carry what panics again when it is dropped.
#[tokio::test]
async fn panics_that_panic_again_are_caught() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let bomb = {
        let dropped = Arc::clone(&dropped);
        move || -> () { std::panic::panic_any(PanicsWhenDropped(Arc::clone(&dropped))) }
    };
    let space = asking_space();
    space.method("/bomb", bomb.clone()).unwrap();
    let later = bomb.clone();
    let later = move || {
        let later = later.clone();
        async move {
            yield_now().await;
            later();
        }
    };
    space.method("/bomb/later", later.clone()).unwrap();
    space.method("/bomb/beside", later.concurrent(2)).unwrap();
    space.method("/bomb/blocking", bomb.clone().blocking()).unwrap();
    let (seen, told, connected) = (bomb.clone(), bomb.clone(), bomb);
    space.on_message(move |message| {
        if message.message.address().starts_with("/bomb") {
            seen();
        }
    });
    let builder = builder(&space).on_error(move |_| told()).on_connect(move |_| {
        connected();
        true
    });
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    for (number, address) in
        ["/bomb", "/bomb/later", "/bomb/beside", "/bomb/blocking"].iter().enumerate()
    {
        client.send((*address, ())).await.unwrap();
        until(|| server.handle.stats().handler_panics == number as u64 + 1).await;
    }
    // Who is asked about connections panics, and has not said yes.
    Raw::connect(server.tcp()).await.read_to_end().await;
    ask(&server, 1).await;
    let stats = server.stop().await;
    assert_eq!((stats.handler_panics, stats.refused_connections), (4, 1));
    // Of each handler, of each observer, of each that hears of it, and at the door.
    assert_eq!(dropped.load(Ordering::Relaxed), 3 * 4 + 1);
}

#[tokio::test]
async fn while_a_handler_hangs_connections_stay_and_stopping_cuts_it() {
    let space = asking_space();
    let begun = Arc::new(Notify::new());
    let tell = Arc::clone(&begun);
    let hang = move || {
        tell.notify_one();
        pending::<()>()
    };
    space.method("/hang", hang).unwrap();
    let server = Running::with_grace(builder(&space), SHORT).await;
    let mut before = Raw::connect(server.tcp()).await;
    before.write(&frame(Slip, packet("/ask", 1).as_bytes())).await;
    let answer = frame(Slip, packet("/answer", 1).as_bytes());
    assert_eq!(before.read(answer.len()).await, answer);
    server.udp_client().await.send(("/hang", ())).await.unwrap();
    within(begun.notified()).await;

    // What is written meanwhile is taken, and new connections are.
    before.write(&frame(Slip, packet("/ask", 2).as_bytes())).await;
    let mut after = Raw::connect(server.tcp()).await;
    after.write(&frame(Slip, packet("/ask", 3).as_bytes())).await;
    while server.handle.connections().len() < 2 {
        yield_now().await;
    }
    let mut byte = [0];
    for raw in [&before, &after] {
        let nothing = raw.stream.try_read(&mut byte).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock, "it is closed, or answered");
    }
    let handle = server.handle.clone();
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.calls, stats.connections), (2, 1, 2));
    assert_eq!(before.read_to_end().await, b"");
    assert_eq!(after.read_to_end().await, b"");
    assert!(handle.connections().is_empty());
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_dropped_and_counted_and_the_next_ones_run() {
    let space = asking_space();
    let dropped = Arc::new(AtomicUsize::new(0));
    let captured = Arc::clone(&dropped);
    let hang = move || {
        let bad = PanicsWhenDropped(Arc::clone(&captured));
        async move {
            let _bad = bad;
            pending::<()>().await;
        }
    };
    space.method("/hang", hang).unwrap();
    let server = Running::bind(builder(&space).handler_timeout(SHORT)).await;
    let client = server.tcp_client(FRAMINGS[1]).await;
    for number in 0..3 {
        client.send(("/hang", ())).await.unwrap();
        let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
        assert_eq!(answer.args().parse(), Ok(number));
    }
    let stats = server.stop().await;
    assert_eq!((stats.handler_timeouts, stats.handler_panics), (3, 0));
    assert_eq!((stats.messages, stats.calls), (6, 6));
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn panics_in_the_first_turn_and_in_later_ones_and_of_futures_that_are_dropped() {
    let space = asking_space();
    space.method("/panic/0", |_: Message| panics()).unwrap();
    for turns in 1..4 {
        let late = move |_: Message| async move {
            for _ in 1..turns {
                yield_now().await;
            }
            panics();
        };
        space.method(format!("/panic/{turns}"), late).unwrap();
    }
    // In making the future, and in dropping what it owns when it is through.
    space
        .method("/panic/4", |number: i32| -> std::future::Ready<()> { panic!("{number}") })
        .unwrap();
    let dropped = Arc::new(AtomicUsize::new(0));
    let owned = Arc::clone(&dropped);
    let own = move |_: Message| {
        let bad = PanicsWhenDropped(Arc::clone(&owned));
        async move {
            yield_now().await;
            drop(bad);
        }
    };
    space.method("/panic/5", own).unwrap();
    // What it returns panics when it is made a reply of, or dropped: the last of its parameters.
    let owned = Arc::clone(&dropped);
    let keep = move |_: Message| {
        let _bad = PanicsWhenDropped(Arc::clone(&owned));
    };
    space.method("/panic/6", keep).unwrap();
    for concurrent in [false, true] {
        let builder = if concurrent { builder(&space).concurrent(4) } else { builder(&space) };
        let server = Running::bind(builder).await;
        let client = server.tcp_client(FRAMINGS[0]).await;
        for round in 0..3 {
            for number in 0..7 {
                client.send((format!("/panic/{number}"), number)).await.unwrap();
                let asked = within(client.request(("/ask", round), "/answer")).await.unwrap();
                assert_eq!(asked.args().parse(), Ok(round));
            }
        }
        // All at once, by a pattern.
        client.send(("/panic/*", 1)).await.unwrap();
        ask(&server, 1).await;
        let stats = server.stop().await;
        assert_eq!(stats.handler_panics, 28, "concurrent: {concurrent}");
        assert_eq!(stats.messages, 21 + 21 + 1 + 1);
    }
    assert_eq!(dropped.load(Ordering::Relaxed), 2 * 2 * 4);
}

/// A method that has captured something that panics when it is dropped.
fn with_bad_capture(space: &AddressSpace, address: &str, dropped: &Arc<AtomicUsize>) {
    let bad = PanicsWhenDropped(Arc::clone(dropped));
    let handler = move |_: Message| {
        let _ = &bad;
    };
    space.method(address, handler).unwrap();
}

#[tokio::test]
async fn what_a_removed_handler_has_captured_may_panic_when_it_is_dropped() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let space = asking_space();
    with_bad_capture(&space, "/bad/own", &dropped);
    with_bad_capture(&space, "/bad/other", &dropped);
    with_bad_capture(&space, "/bad/left", &dropped);
    let own = space.clone();
    space
        .method("/remove", move |address: String| {
            own.remove_address(address);
        })
        .unwrap();
    let server = Running::start(space.clone()).await;
    // By a handler: the server still holds what is registered, and drops it later.
    let client = server.tcp_client(FRAMINGS[0]).await;
    client.send(("/bad/own", 1)).await.unwrap();
    client.send(("/remove", "/bad/own")).await.unwrap();
    ask(&server, 1).await;
    // While the server is held up by a handler that waits.
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&go_on));
    let held_up = move || {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            tell.notify_one();
            wait.notified().await;
        }
    };
    space.method("/wait", held_up).unwrap();
    client.send(("/{bad/other,wait}", ())).await.unwrap();
    client.send(("/wait", ())).await.unwrap();
    within(begun.notified()).await;
    let remover = space.clone();
    // Whoever removes it may be the one who drops it.
    let _ = tokio::spawn(async move { remover.remove_address("/bad/other") }).await;
    go_on.notify_one();
    ask(&server, 2).await;
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    // The rest goes with the last clone of the space, wherever that is.
    let stats = server.stop().await;
    assert_eq!((stats.handler_panics, stats.unmatched), (0, 1));
    let end = tokio::spawn(async move { drop(space) }).await;
    drop(end);
}

#[tokio::test]
async fn handlers_that_remove_themselves_run_to_their_end() {
    let space = asking_space();
    let (pen, mut log) = log();
    // A sync one, an async one that waits afterwards, and one whose message reaches others after it.
    let keys = Arc::new(Mutex::new(Vec::new()));
    let (own, own_keys, own_pen) = (space.clone(), Arc::clone(&keys), pen.clone());
    let sync = move || {
        own.remove(own_keys.lock().unwrap()[0]);
        own_pen.note("sync");
    };
    let key = space.method("/once", sync).unwrap();
    keys.lock().unwrap().push(key);
    let (own, own_keys, own_pen) = (space.clone(), Arc::clone(&keys), pen.clone());
    let waits = move || {
        let (own, pen) = (own.clone(), own_pen.clone());
        let key = own_keys.lock().unwrap()[1];
        async move {
            own.remove(key);
            yield_now().await;
            pen.note("async");
            ("/removed", ())
        }
    };
    let key = space.method("/once", waits).unwrap();
    keys.lock().unwrap().push(key);
    space.method("/once", move || pen.note("left")).unwrap();
    let server = Running::start(space.clone()).await;
    let mut client = server.tcp_client(FRAMINGS[1]).await;
    for _ in 0..2 {
        client.send(("/once", ())).await.unwrap();
    }
    assert_eq!(log.take(4).await, ["sync", "async", "left", "left"]);
    assert_eq!(within(client.recv()).await.unwrap(), packet("/removed", ()));
    ask(&server, 1).await;
    assert_eq!(space.len(), 2);
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.calls), (3, 5));
}

#[tokio::test]
async fn a_handler_may_stop_its_server_in_the_middle_of_a_bundle() {
    let (space, own) = (asking_space(), Arc::new(OnceLock::<ServerHandle>::new()));
    let handle = Arc::clone(&own);
    let quit = move || {
        let handle = handle.get().unwrap().clone();
        async move {
            handle.stop();
            yield_now().await;
        }
    };
    space.method("/quit", quit).unwrap();
    let server = Running::start(space).await;
    own.set(server.handle.clone()).unwrap();
    let mut client = server.tcp_client(FRAMINGS[0]).await;
    client.send(bundle(now() + HOUR, &["never"])).await.unwrap();
    let ask = |number: i32| Message::new("/ask", number).unwrap();
    let quit = Message::new("/quit", ()).unwrap();
    client.send_bundle(Duration::ZERO, [ask(1), quit, ask(2)]).await.unwrap();
    for number in [1, 2] {
        assert_eq!(within(client.recv()).await.unwrap(), packet("/answer", number));
    }
    assert_eq!(within(client.recv()).await, None);
    within(server.task).await.unwrap().unwrap();
    let stats = server.handle.stats();
    assert_eq!((stats.calls, stats.sent, stats.dropped_at_stop), (3, 2, 1));
}

#[tokio::test]
async fn a_handler_may_own_the_handle_and_the_space_that_it_is_in() {
    // The space holds the handler, which holds the space and the handle, until it lets go of them.
    let kept = Arc::new(Mutex::new(None::<(ServerHandle, AddressSpace)>));
    let space = asking_space();
    let own = Arc::clone(&kept);
    let let_go = move || {
        let taken = own.lock().unwrap().take();
        taken.map(|(handle, space)| {
            space.remove_address("/let/go");
            let stats = handle.stats();
            drop(space);
            drop(handle);
            ("/gone", i32::try_from(stats.messages).unwrap())
        })
    };
    space.method("/let/go", let_go).unwrap();
    let server = Running::start(space.clone()).await;
    *kept.lock().unwrap() = Some((server.handle.clone(), space));
    let client = server.udp_client().await;
    let gone = within(client.request(("/let/go", ()), "/gone")).await.unwrap();
    assert_eq!(gone.args().parse(), Ok(1));
    ask(&server, 1).await;
    let stats = server.stop().await;
    assert_eq!((stats.calls, stats.unmatched), (2, 0));
    assert_eq!(Arc::strong_count(&kept), 1, "the handler lives on");
}

/// Sends a message to a server that a handler's failure is to end; says how serving has ended.
async fn end_by(space: AddressSpace, address: &str, concurrent: bool) -> (String, ServerHandle) {
    let builder = builder(&space).on_handler_error(OnError::Stop).handler_timeout(SHORT);
    let builder = if concurrent { builder.concurrent(2) } else { builder };
    let server = Running::bind(builder).await;
    ask(&server, 1).await;
    server.udp_client().await.send((address, 1)).await.unwrap();
    let ended = within(server.task).await.unwrap();
    let Err(error @ ServeError::Handler { .. }) = ended else { panic!("{address}: {ended:?}") };
    (error.to_string(), server.handle)
}

#[tokio::test]
async fn a_failure_ends_serving_where_that_is_asked_for() {
    for concurrent in [false, true] {
        for (address, how) in [
            ("/error", "failed: an error"),
            ("/late", "failed: an error"),
            ("/panic", "panicked"),
            ("/hang", "took too long"),
        ] {
            let space = asking_space();
            space.method("/error", |_: Message| Err::<(), _>("an error")).unwrap();
            let late = async |_: Message| {
                yield_now().await;
                Err::<(), _>("an error")
            };
            space.method("/late", late).unwrap();
            space.method("/panic", |_: Message| panics()).unwrap();
            space.method("/hang", async |_: Message| pending::<()>().await).unwrap();
            let (error, handle) = end_by(space, address, concurrent).await;
            assert!(error.contains(address) && error.contains(how), "{error}");
            within(handle.stopped()).await;
            assert!(handle.dispatch(("/ask", 1)).await.is_err());
        }
    }
}

/// An error that panics when somebody wants to read it.
#[derive(Debug)]
struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panics();
        Ok(())
    }
}

impl Error for Unreadable {}

#[tokio::test]
async fn an_error_that_panics_when_it_is_written_is_a_panic_of_its_handler() {
    for concurrent in [false, true] {
        for address in ["/sync", "/async", "/late"] {
            let space = asking_space();
            space.method("/sync", |_: Message| Err::<(), _>(Unreadable)).unwrap();
            space.method("/async", async |_: Message| Err::<(), _>(Unreadable)).unwrap();
            let late = async |_: Message| {
                yield_now().await;
                Err::<(), _>(Unreadable)
            };
            space.method("/late", late).unwrap();
            let (error, handle) = end_by(space, address, concurrent).await;
            assert!(error.contains(address) && error.contains("panicked"), "{error}");
            assert_eq!(handle.stats().handler_panics, 1);
        }
    }
}
