//! How a server ends with what waits, on every runtime; and what is left then.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use common::log::{Log, Pen, log};
use common::timed::{HOUR, bundle, noting_space, now};
use common::wire::packet;
use common::{FRAMINGS, LOOPBACK, Running, never, until, within};
use futures::FutureExt;
use oscine::{
    AddressSpace, Client, Clock, Message, OverLimit, RateLimit, SendError, ServeError, Server,
    ServerBuilder, ServerHandle, Stats, TimeTag,
};
use tokio::task::JoinHandle;

const START: TimeTag = TimeTag::from_unix(1_600_000_000, 0);

fn builder(space: &AddressSpace) -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space.clone())
}

type Task = JoinHandle<Result<(), ServeError>>;

async fn draining(builder: ServerBuilder, drain: Duration) -> (ServerHandle, Task) {
    let server = builder.bind().await.unwrap();
    let handle = server.handle();
    (handle, tokio::spawn(server.serve().drain(drain).into_future()))
}

async fn end(handle: &ServerHandle, task: Task) -> Stats {
    handle.stop();
    within(task).await.unwrap().unwrap();
    handle.stats()
}

#[tokio::test]
async fn what_is_due_soon_still_runs_if_it_is_to() {
    let ahead = |millis: u64| now() + Duration::from_millis(millis);
    for (drain, run) in [
        (Duration::ZERO, 0),
        (Duration::from_secs(60), 3),
        (Duration::from_secs(u64::from(u32::MAX)), 3),
        (Duration::MAX, 3),
    ] {
        let (space, mut log) = noting_space();
        let (handle, task) = draining(builder(&space), drain).await;
        for (millis, name) in [(150, "c"), (100, "a"), (100, "b")] {
            within(handle.dispatch(bundle(ahead(millis), &[name]))).await.unwrap();
        }
        let far = drain < HOUR;
        if far {
            within(handle.dispatch(bundle(now() + HOUR, &["far"]))).await.unwrap();
        }
        let stats = end(&handle, task).await;
        assert_eq!(stats.released, run, "{drain:?}");
        assert_eq!(stats.dropped_at_stop, 3 - run + u64::from(far), "{drain:?}");
        if run > 0 {
            assert_eq!(log.take(3).await, ["a", "b", "c"]);
        }
    }
}

/// The messages that a limit holds are let through as it allows, and then it is over.
#[tokio::test]
async fn what_a_limit_holds_is_released_while_draining() {
    let (space, mut log) = noting_space();
    let limit = RateLimit::per_second(50).burst(1).over(OverLimit::Latest);
    let (handle, task) = draining(builder(&space).rate_limit(limit), Duration::from_secs(30)).await;
    let client = Client::connect(&handle.endpoints()[0]).await.unwrap();
    client.send(("/note", "first")).await.unwrap();
    assert_eq!(log.next().await, "first");
    for name in ["b", "c", "d"] {
        client.send(("/note", name)).await.unwrap();
    }
    until(|| handle.peers().first().is_some_and(|peer| peer.packets == 4)).await;
    let stats = end(&handle, task).await;
    assert_eq!((stats.messages, stats.coalesced), (2, 2));
    assert_eq!(log.next().await, "d");
}

/// What a handle asks for is heard while nothing more is received, and nobody waits for what waits no longer.
#[tokio::test]
async fn what_waits_can_be_run_or_dropped_while_draining() {
    for runs in [true, false] {
        let (clock, _hand) = Clock::simulated(START);
        let (pen, mut log) = log();
        let space = AddressSpace::new();
        space.method("/note", pen.handler("noted")).unwrap();
        let (handle, task) = draining(builder(&space).clock(clock), HOUR).await;
        within(handle.dispatch(bundle(START + HOUR / 2, &["a"]))).await.unwrap();
        handle.stop();
        never(|| task.is_finished()).await;
        if runs {
            handle.run_pending();
            assert_eq!(log.next().await, "noted");
        } else {
            assert_eq!(handle.drop_pending(), 1);
        }
        within(task).await.unwrap().unwrap();
        let stats = handle.stats();
        assert_eq!((stats.released, stats.cancelled), if runs { (1, 0) } else { (0, 1) });
        assert_eq!(stats.dropped_at_stop, 0);
    }
}

/// Bundles that are due at once wait for each other: stopping ends those that have not begun.
#[tokio::test]
async fn what_is_due_and_has_not_begun_is_dropped() {
    let (clock, hand) = Clock::simulated(START);
    let (pen, mut log) = log();
    let own = Arc::new(OnceLock::<ServerHandle>::new());
    let space = AddressSpace::new();
    let stopping = Arc::clone(&own);
    let note = move |name: String| {
        pen.note(&name);
        if name == "stop" {
            stopping.get().unwrap().stop();
        }
    };
    space.method("/note", note).unwrap();
    let server = Running::bind(builder(&space).clock(clock)).await;
    own.set(server.handle.clone()).unwrap();
    let due = START + HOUR;
    for names in [&["first"][..], &["stop", "with it"], &["never"], &["never"]] {
        within(server.handle.dispatch(bundle(due, names))).await.unwrap();
    }
    hand.advance(HOUR);
    assert_eq!(log.take(3).await, ["first", "stop", "with it"]);
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.released, stats.dropped_at_stop), (3, 2, 2));
}

#[tokio::test]
async fn dispatching_answers_with_what_came_of_it_and_fails_after_the_end() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.method("/note", pen.handler("noted")).unwrap();
    space.method("/number", |_: i32| {}).unwrap();
    let server = Running::bind(builder(&space)).await;
    let handle = server.handle.clone();
    let elements = ["/note", "/note", "/nobody", "/number"].map(|it| Message::new(it, ()).unwrap());
    let bundle = oscine::Bundle::new(TimeTag::IMMEDIATE, elements).unwrap();
    let dispatched = within(handle.dispatch(bundle)).await.unwrap();
    assert_eq!((dispatched.messages, dispatched.calls), (4, 2));
    assert_eq!((dispatched.unmatched, dispatched.misfits), (1, 1));
    assert_eq!(log.take(2).await, ["noted", "noted"]);
    let error = within(handle.dispatch(("no address", ()))).await.unwrap_err();
    assert!(matches!(error, SendError::Encode(_)), "{error:?}");
    let later = bundle_in_an_hour();
    assert_eq!(within(handle.dispatch(later)).await.unwrap().messages, 0);
    assert_eq!(server.stop().await.dropped_at_stop, 1);
    let error = within(handle.dispatch(("/note", ()))).await.unwrap_err();
    assert!(matches!(error, SendError::Gone { .. }), "{error:?}");
}

fn bundle_in_an_hour() -> oscine::Bundle {
    bundle(now() + HOUR, &["later"])
}

/// Whoever waits for an answer gets one when the server goes, however it goes.
#[tokio::test]
async fn a_dispatch_does_not_outlive_its_server() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let hang = move || {
        pen.note("begun");
        std::future::pending::<()>()
    };
    space.method("/hang", hang).unwrap();
    for serves in [true, false] {
        let server = builder(&space).bind().await.unwrap();
        let handle = server.handle();
        let dispatch = || {
            let handle = handle.clone();
            tokio::spawn(async move { handle.dispatch(("/hang", ())).await })
        };
        let waiting = [dispatch(), dispatch()];
        match serves {
            true => {
                let task = tokio::spawn(server.serve().into_future());
                assert_eq!(log.next().await, "begun");
                task.abort();
            }
            false => drop(server),
        }
        for waiting in waiting {
            let error = within(waiting).await.unwrap().unwrap_err();
            assert!(matches!(error, SendError::Gone { .. }), "{error:?}");
        }
    }
}

/// Binds all kinds of endpoints, uses them, ends the server half way, and binds the same again while a handle, clients
/// and a subscription are kept.
async fn use_and_drop(spawn: impl Fn(oscine::Serve) -> Task) {
    let (pen, mut log): (Pen, Log) = log();
    let space = AddressSpace::new();
    space.method("/note", pen.handler("noted")).unwrap();
    let hang = move || {
        pen.note("hangs");
        std::future::pending::<()>()
    };
    space.method("/hang", hang).unwrap();
    let mut addrs: [SocketAddr; 3] = [LOOPBACK.parse().unwrap(); 3];
    let mut kept = Vec::new();
    for round in 0..4 {
        let builder = Server::builder().udp(addrs[0]).tcp(addrs[1]);
        let server = builder.address_space(space.clone()).bind().await.unwrap();
        let handle = server.handle();
        let task = spawn(server.serve());
        handle.add_endpoint(format!("osc.udp://{}", addrs[2])).await.unwrap();
        for (addr, endpoint) in addrs.iter_mut().zip(handle.endpoints()) {
            *addr = endpoint.resolve().await.unwrap();
        }
        let subscription = handle.subscribe("//*").unwrap();
        for endpoint in handle.endpoints() {
            let client = Client::connect(&endpoint).await.unwrap();
            client.send(("/note", ())).await.unwrap();
            assert_eq!(log.next().await, "noted");
            kept.push(client);
        }
        assert_eq!(within(handle.dispatch(("/note", ()))).await.unwrap().calls, 1);
        assert_eq!(log.next().await, "noted");
        if round % 2 == 0 {
            kept.first().unwrap().send(("/hang", ())).await.unwrap();
            until(|| handle.stats().messages == 5).await;
            assert_eq!(log.next().await, "hangs");
            task.abort();
            assert!(within(task).await.unwrap_err().is_cancelled());
        } else {
            handle.stop();
            within(task).await.unwrap().unwrap();
        }
        within(handle.stopped()).await;
        kept.clear();
        std::mem::forget((handle, subscription));
    }
}

#[tokio::test]
async fn on_one_thread() {
    use_and_drop(|serve| tokio::spawn(serve.into_future())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn on_several_threads() {
    use_and_drop(|serve| tokio::spawn(serve.into_future())).await;
}

#[tokio::test]
async fn in_a_local_set() {
    let spawn = |serve: oscine::Serve| tokio::task::spawn_local(serve.into_future());
    tokio::task::LocalSet::new().run_until(use_and_drop(spawn)).await;
}

/// A runtime that ends takes the server with it, and its ports.
#[test]
fn a_runtime_that_ends() {
    let mut addrs: [SocketAddr; 2] = [LOOPBACK.parse().unwrap(); 2];
    let mut handles = Vec::new();
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let space = AddressSpace::new();
            space.method("/sync", || ("/synced", ())).unwrap();
            let builder = Server::builder().udp(addrs[0]).tcp(addrs[1]).address_space(space);
            let server = Running::bind(builder).await;
            addrs = [server.udp(), server.tcp()];
            let mut client = server.tcp_client(FRAMINGS[0]).await;
            client.send(("/sync", ())).await.unwrap();
            assert_eq!(within(client.recv()).await.unwrap(), packet("/synced", ()));
            handles.push(server.handle.clone());
        });
        drop(runtime);
        // It has stopped, and nobody has to wait for that.
        assert_eq!(handles.last().unwrap().stopped().now_or_never(), Some(()));
        assert!(handles.last().unwrap().connections().is_empty());
    }
}
