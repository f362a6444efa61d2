//! Handlers with something around them: filters, once, the pool of threads.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use common::log::log;
use common::wire::packet;
use common::{LOOPBACK, Running, run, within};
use futures::FutureExt;
use oscine::handler::filter;
use oscine::{
    Address, AddressSpace, Dispatched, Dispatcher, HandlerExt, Message, Next, Peer, Rest, Server,
    Symbol, ToArgs,
};
use tokio::task::yield_now;

async fn dispatch(space: &AddressSpace, address: &str, args: impl ToArgs) -> Dispatched {
    let message = Message::new(address, args).unwrap();
    Dispatcher::new(space.clone()).dispatch(message.view().into()).await
}

#[tokio::test]
async fn a_filter_passes_calls_on_to_the_next_handler() {
    let (pen, log) = log();
    let space = AddressSpace::new();
    let noting = |name: &'static str| {
        let pen = pen.clone();
        move |_: Rest<String>| pen.note(name)
    };
    space.method("/a", noting("none").when(|_| false)).unwrap();
    space.method("/a", noting("to a").when(|call| call.message().address() == "/a")).unwrap();
    space.method("/a", noting("any")).unwrap();
    space.method("/b", noting("never").when(|_| false)).unwrap();
    let (noted, stats) =
        run(&space, log, &[packet("/a", "x"), packet("/[a]", ()), packet("/b", ())]).await;
    assert_eq!(noted, ["to a", "any", "any"]);
    assert_eq!((stats.misfits, stats.unmatched), (1, 0));
}

#[tokio::test]
async fn filters_look_at_arguments_as_parameters_do() {
    let space = AddressSpace::new();
    let any = |_: Message| {};
    space.method("/one", any.when(filter::argument(0, 1))).unwrap();
    space.method("/yes", any.when(filter::argument(1, true))).unwrap();
    space.method("/go", any.when(filter::text(0, "go"))).unwrap();
    let both = any.when(filter::text(0, "go")).when(filter::argument(1, 2.5_f32));
    space.method("/both", both).unwrap();
    macro_rules! check {
        ($address:literal: yes $($yes:expr),+; no $($no:expr),+) => {
            $(assert!(dispatch(&space, $address, $yes).await.calls == 1, "{}", stringify!($yes));)+
            $(assert!(dispatch(&space, $address, $no).await.calls == 0, "{}", stringify!($no));)+
        };
    }
    check!("/one": yes 1, 1_i64, 1.0_f32, true, (1, "more"); no 2, (), "1", (2, 1));
    check!("/yes": yes ("x", true), ("x", 1); no true, ("x", false), ("x", "true"));
    check!("/go": yes "go", Symbol("go"), ("go", 1); no "g", "gone", 1, ());
    check!("/both": yes ("go", 2.5_f32), ("go", 2.5); no ("go", 2), ("stop", 2.5_f32), "go");
    space.exact(true);
    check!("/one": yes 1; no 1_i64, 1.0_f32, true);
}

#[tokio::test]
async fn filters_look_at_who_sent_and_where_to() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let noting = |name: &'static str| {
        let pen = pen.clone();
        move || pen.note(name)
    };
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let mapped = IpAddr::from(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
    let elsewhere = IpAddr::from([192, 0, 2, 1]);
    space.method("/a", noting("here").when(filter::from_host(here))).unwrap();
    space.method("/a", noting("mapped").when(filter::from_host(mapped))).unwrap();
    space.method("/a", noting("elsewhere").when(filter::from_host(elsewhere))).unwrap();
    space.method("/a", noting("first").when(filter::on_endpoint(0))).unwrap();
    space.method("/a", noting("second").when(filter::on_endpoint(1))).unwrap();
    space.method("/a", noting("itself").when(filter::from_peer(Peer::Local))).unwrap();
    space.method("/a", noting("end")).unwrap();
    dispatch(&space, "/a", ()).await;
    assert_eq!(log.take(2).await, ["itself", "end"]);
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).address_space(space);
    let server = Running::bind(builder).await;
    for (endpoint, name) in [(0, "first"), (1, "second")] {
        let addr = server.handle.endpoints()[endpoint].resolve().await.unwrap();
        let raw = common::wire::raw_udp().await;
        raw.send_to(packet("/a", ()).as_bytes(), addr).await.unwrap();
        assert_eq!(log.take(4).await, ["here", "mapped", name, "end"]);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_filter_that_panics_is_a_handler_that_panics() {
    let space = AddressSpace::new();
    space.method("/a", (|| {}).when(|_| panic!("a filter"))).unwrap();
    assert_eq!(dispatch(&space, "/a", ()).await.panics, 1);
}

#[tokio::test]
async fn once_is_for_the_first_message_that_fits() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let sync = pen.clone();
    space.method("/a", (move |n: i32| sync.note(n)).once()).unwrap();
    let later = move |text: String| {
        let pen = pen.clone();
        async move {
            yield_now().await;
            pen.note(text);
        }
    };
    space.method("/a", later.once().when(|call| call.message().args().count() == 1)).unwrap();
    assert_eq!(dispatch(&space, "/a", (1, 2)).await.misfits, 1);
    assert_eq!(space.len(), 2);
    assert_eq!(dispatch(&space, "/a", 1).await.calls, 1);
    assert_eq!(space.len(), 1);
    assert_eq!(dispatch(&space, "/a", 2).await.misfits, 1);
    assert_eq!(dispatch(&space, "/?", "x").await.calls, 1);
    assert!(space.is_empty());
    assert_eq!(dispatch(&space, "/a", "y").await.unmatched, 1);
    assert_eq!(log.take(2).await, ["1", "x"]);
}

#[tokio::test]
async fn once_is_taken_back_wherever_it_has_gone() {
    let held = Arc::new(());
    let once = || {
        let held = Arc::clone(&held);
        (move || drop(Arc::clone(&held))).once()
    };
    // In another space, under another key; in a mounted one; under a pattern; after a panic.
    let (outer, inner, other) = (AddressSpace::new(), AddressSpace::new(), AddressSpace::new());
    other.method("/x/a", once()).unwrap();
    inner.set_state(5);
    inner.method("/taken", || {}).unwrap();
    let (from, to) = (Address::new("/x").unwrap(), Address::new("/y").unwrap());
    assert_eq!(other.move_to(&from, &inner, &to), 1);
    inner.method("/*/b", once()).unwrap();
    let fails = move || -> () { panic!("the only call") };
    inner.method("/panics", fails.once()).unwrap();
    outer.mount("/m", &inner).unwrap();
    assert_eq!((inner.len(), Arc::strong_count(&held)), (4, 3));
    for (address, calls) in [("/m/y/a", 1), ("/m/q/b", 1), ("/m/panics", 1), ("/m/taken", 1)] {
        assert_eq!(dispatch(&outer, address, ()).await.calls, calls, "{address}");
    }
    assert_eq!((inner.list(), Arc::strong_count(&held)), (vec!["/taken".to_owned()], 1));
    // A fallback has no registration; it fits nothing any more.
    outer.fallback((|_: Message| Next).once());
    assert_eq!(dispatch(&outer, "/none", ()).await.calls, 1);
    let second = dispatch(&outer, "/none", ()).await;
    assert_eq!((second.calls, second.misfits, second.unmatched), (0, 1, 1));
}

#[test]
fn of_many_threads_one_makes_the_only_call() {
    for _ in 0..50 {
        let space = AddressSpace::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        let counting = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        space.method("/a", counting.once()).unwrap();
        let (start, message) = (Barrier::new(3), Message::new("/a", ()).unwrap());
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut dispatcher = Dispatcher::new(space.clone());
                    start.wait();
                    dispatcher.dispatch(message.view().into()).now_or_never().unwrap();
                });
            }
        });
        assert_eq!((calls.load(Ordering::Relaxed), space.len()), (1, 0));
    }
}

thread_local! {
    static MARK: Cell<bool> = const { Cell::new(false) };
}

#[tokio::test]
async fn blocking_handlers_run_on_threads_of_their_own_and_in_order() {
    MARK.set(true);
    let space = AddressSpace::new();
    let notes = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&notes);
    let blocking = move |n: i32| log.lock().unwrap().push((n, MARK.get()));
    space.method("/a", blocking.blocking()).unwrap();
    let log = Arc::clone(&notes);
    space.method("/a", move |n: i32| log.lock().unwrap().push((-n, MARK.get()))).unwrap();
    for n in 1..=3 {
        assert_eq!(dispatch(&space, "/a", n).await.calls, 2);
    }
    let expected = [(1, false), (-1, true), (2, false), (-2, true), (3, false), (-3, true)];
    assert_eq!(*notes.lock().unwrap(), expected);
    assert_eq!(dispatch(&space, "/a", "x").await.misfits, 1);
    assert_eq!(space.info("/a").unwrap().type_tags(), Some("i"));
}

#[tokio::test]
async fn the_loop_goes_on_while_a_blocking_handler_blocks() {
    let space = AddressSpace::new();
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = Mutex::new(blocked);
    // Far more than it takes; a panic if the loop does not go on.
    let patience = Duration::from_secs(20);
    let blocking = move || blocked.lock().unwrap().recv_timeout(patience).unwrap();
    space.method("/a", blocking.blocking()).unwrap();
    // The handler ends only because this task is run while it blocks, on a runtime of one thread.
    let (dispatched, ()) = tokio::join!(dispatch(&space, "/a", ()), async {
        yield_now().await;
        release.send(()).unwrap();
    });
    assert_eq!((dispatched.calls, dispatched.panics), (1, 0));
}

#[tokio::test]
async fn what_a_blocking_handler_comes_to_is_what_any_comes_to() {
    let space = AddressSpace::new();
    space.method("/reply", (|n: i32| ("/twice", 2 * n)).blocking()).unwrap();
    space.method("/fault", (|| Err::<(), _>("no such file")).blocking()).unwrap();
    let panics = || -> () { panic!("on another thread") };
    space.method("/panic", panics.blocking()).unwrap();
    let all = |rest: Rest<i32>| vec![("/a", rest.0.len().to_string()), ("/b", String::new())];
    space.method("/several", all.blocking().concurrent(4).once()).unwrap();
    let server = Running::start(space.clone()).await;
    let mut client = server.udp_client().await;
    client.send(("/panic", ())).await.unwrap();
    client.send(("/fault", ())).await.unwrap();
    let reply = within(client.request(("/reply", 21), "/twice")).await.unwrap();
    assert_eq!(reply.args().parse::<i32>(), Ok(42));
    client.send(("/several", (1, 2))).await.unwrap();
    assert_eq!(within(client.recv()).await.unwrap(), packet("/a", "2"));
    assert_eq!(within(client.recv()).await.unwrap(), packet("/b", ""));
    assert_eq!(space.len(), 3);
    let stats = server.stop().await;
    assert_eq!((stats.handler_panics, stats.handler_errors), (1, 1));
}

#[tokio::test]
async fn first_match_stops_at_a_wrapped_handler_too() {
    let space = AddressSpace::new();
    space.first_match(true);
    space.method("/a", (|n: i32| (n == 0).then_some(Next)).blocking()).unwrap();
    space.method("/a", |_: i32| {}).unwrap();
    assert_eq!(dispatch(&space, "/a", 0).await.calls, 2);
    assert_eq!(dispatch(&space, "/a", 1).await.calls, 1);
}

#[test]
fn a_call_that_is_given_up_does_not_begin() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let space = AddressSpace::new();
    let counting = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    space.method("/a", counting.blocking()).unwrap();
    runtime.unwrap().block_on(async {
        let (release, blocked) = mpsc::channel::<()>();
        let first = tokio::task::spawn_blocking(move || blocked.recv().unwrap());
        // It waits for the one thread.
        assert!(Box::pin(dispatch(&space, "/a", ())).now_or_never().is_none());
        let message = Message::new("/a", ()).unwrap();
        let mut dispatcher = Dispatcher::new(space.clone());
        let mut heard = Box::pin(dispatcher.dispatch(message.view().into()));
        assert!(heard.as_mut().now_or_never().is_none());
        release.send(()).unwrap();
        assert_eq!(heard.await.calls, 1);
        first.await.unwrap();
    });
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
