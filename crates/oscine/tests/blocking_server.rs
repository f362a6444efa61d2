//! A server for programs without async: in one go, on a thread, and step by step.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant, SystemTime};

use oscine::blocking::{BlockingError, Client, Server};
use oscine::{
    AddressSpace, BindError, Bundle, Clock, LearnOffset, Message, OnError, PeerOptions, PeerRules,
    ServeError, ServerBuilder, TimeTag,
};

/// How long anything may take. It only keeps a test that fails from hanging.
const LIMIT: Duration = Duration::from_secs(60);

fn builder(space: &AddressSpace) -> ServerBuilder {
    oscine::Server::builder().udp("127.0.0.1:0").tcp("127.0.0.1:0").address_space(space.clone())
}

/// On which threads `/note` was called, and with what.
type Notes = Arc<Mutex<Vec<(ThreadId, i32)>>>;

/// An address space that takes notes.
fn noting() -> (AddressSpace, Notes) {
    let (space, notes) = (AddressSpace::new(), Notes::default());
    let pen = Arc::clone(&notes);
    let note = move |n: i32| pen.lock().unwrap().push((thread::current().id(), n));
    space.method("/note", note).unwrap();
    (space, notes)
}

#[test]
fn once_it_is_stopped_no_step_runs_what_waits() {
    let second = Duration::from_secs(1);
    let start = TimeTag::from_unix(1_600_000_000, 0);
    let (clock, hand) = Clock::simulated(start);
    let (space, notes) = noting();
    let mut server = Server::bind(builder(&space).clock(clock)).unwrap();
    let handle = server.handle();
    let client = Client::connect(&server.endpoints()[0]).unwrap();
    for n in 0..2 {
        let note = Message::new("/note", n).unwrap();
        client.send(Bundle::new(start + second, [note]).unwrap()).unwrap();
    }
    let begun = Instant::now();
    while handle.stats().pending < 2 {
        assert!(begun.elapsed() < LIMIT);
        server.process().unwrap();
    }
    handle.stop();
    hand.advance(second);
    for _ in 0..3 {
        assert_eq!(server.process().unwrap(), 0);
    }
    drop(server);
    assert!(notes.lock().unwrap().is_empty());
    let stats = handle.stats();
    assert_eq!((stats.released, stats.dropped_at_stop), (0, 2));
}

#[test]
fn once_it_is_stopped_nobody_is_asked_for_the_time() {
    let space = AddressSpace::new();
    let rules = PeerRules::new().all(PeerOptions::new().learn_offset(LearnOffset::Asking));
    let mut server = Server::bind(builder(&space).peer_rules(rules)).unwrap();
    let handle = server.handle();
    let stop = handle.clone();
    space.method("/stop", move || stop.stop()).unwrap();
    let client = Client::connect(&server.endpoints()[0]).unwrap();
    // It is new to the server, and would be asked at once.
    client.send(("/stop", ())).unwrap();
    let begun = Instant::now();
    while handle.stats().calls == 0 {
        assert!(begun.elapsed() < LIMIT);
        server.process().unwrap();
    }
    server.process().unwrap();
    assert_eq!(handle.stats().sent, 0);
}

#[test]
fn it_runs_until_it_is_stopped_from_another_thread() {
    let space = AddressSpace::new();
    space.method("/add", |a: i32, b: i32| ("/sum", a + b)).unwrap();
    let server = Server::bind(builder(&space)).unwrap();
    let (handle, endpoints) = (server.handle(), server.endpoints());
    let serving = thread::spawn(move || server.run());
    for endpoint in endpoints {
        let client = Client::connect(endpoint).unwrap();
        let sum = client.request(("/add", (2, 3)), "/sum").unwrap();
        assert_eq!(sum.args().parse::<i32>(), Ok(5));
    }
    handle.stop();
    serving.join().unwrap().unwrap();
    assert_eq!(handle.stats().calls, 2);
}

#[test]
fn a_thread_of_its_own_ends_with_it_and_its_ports_are_free() {
    let (space, notes) = noting();
    let server = Server::bind(builder(&space)).unwrap().spawn();
    let endpoint = server.endpoints()[0].clone();
    Client::connect(&endpoint).unwrap().send(("/note", 1)).unwrap();
    let start = Instant::now();
    while notes.lock().unwrap().is_empty() {
        assert!(start.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(1));
    }
    assert_ne!(notes.lock().unwrap()[0].0, thread::current().id());
    drop(server);
    let again = oscine::Server::builder().endpoint(&endpoint);
    Server::bind(again).unwrap().spawn().stop().unwrap();
}

#[test]
fn steps_call_handlers_on_the_thread_that_steps() {
    let (space, notes) = noting();
    let mut server = Server::bind(builder(&space)).unwrap();
    assert_eq!(server.process().unwrap(), 2, "the endpoints");
    assert!(!server.process_one(Duration::from_millis(1)).unwrap(), "nothing was sent");
    let mut expected = Vec::new();
    for (endpoint, n) in server.endpoints().into_iter().zip(0..) {
        let client = Client::connect(endpoint).unwrap();
        client.send(("/note", n)).unwrap();
        client.send_bundle(Duration::from_millis(5), [Message::new("/note", -n).unwrap()]).unwrap();
        assert!(server.process_one(LIMIT).unwrap());
        while notes.lock().unwrap().len() < expected.len() + 2 {
            server.process_one(LIMIT).unwrap();
        }
        expected.extend([(thread::current().id(), n), (thread::current().id(), -n)]);
        assert_eq!(*notes.lock().unwrap(), expected);
    }
    // One that is late already when it arrives does not wait.
    let stats = server.handle().stats();
    assert_eq!((stats.messages, stats.released), (4, stats.scheduled));
}

#[test]
fn stepping_never_waits_and_leaves_nothing_that_is_there() {
    let count = Arc::new(AtomicUsize::new(0));
    let space = AddressSpace::new();
    let counted = Arc::clone(&count);
    space.method("/count", move || _ = counted.fetch_add(1, Ordering::Relaxed)).unwrap();
    let mut server = Server::bind(builder(&space)).unwrap();
    server.process().unwrap();
    let client = Client::connect(&server.endpoints()[0]).unwrap();
    for _ in 0..100 {
        client.send(("/count", ())).unwrap();
    }
    let start = Instant::now();
    while count.load(Ordering::Relaxed) < 100 {
        server.process().unwrap();
        assert!(start.elapsed() < LIMIT);
    }
    server.handle().stop();
    assert_eq!(server.process().unwrap(), 0);
}

#[test]
fn a_step_runs_all_that_is_ready_however_much_that_is() {
    let (space, notes) = noting();
    let endpoints = 300;
    let builder = (0..endpoints).fold(builder(&space), |builder, _| builder.tcp("127.0.0.1:0"));
    let mut server = Server::bind(builder).unwrap();
    assert_eq!(server.process().unwrap(), endpoints + 2);
    let client = Client::connect(&server.endpoints()[0]).unwrap();
    let soon = SystemTime::now() + Duration::from_millis(200);
    for n in 0..300 {
        client.send_bundle(soon, [Message::new("/note", n).unwrap()]).unwrap();
    }
    while server.handle().pending().len() + notes.lock().unwrap().len() < 300 {
        server.process_one(LIMIT).unwrap();
    }
    while SystemTime::now() < soon + Duration::from_millis(5) {
        thread::sleep(Duration::from_millis(1));
    }
    // All that are due, in one step.
    server.process().unwrap();
    assert_eq!(notes.lock().unwrap().len(), 300);
}

#[test]
fn it_tells_how_long_nothing_is_due() {
    let (clock, hand) = Clock::simulated(TimeTag::from_unix(1_600_000_000, 0));
    let (space, notes) = noting();
    let mut server = Server::bind(builder(&space).clock(clock.clone())).unwrap();
    assert_eq!(server.next_timeout(), None);
    let client = Client::connect(&server.endpoints()[0]).unwrap();
    let second = Duration::from_secs(1);
    for seconds in [5, 3] {
        let due = clock.now() + seconds * second;
        client.send(Bundle::new(due, [Message::new("/note", 1).unwrap()]).unwrap()).unwrap();
        let started = Instant::now();
        while server.next_timeout() != Some(seconds * second) {
            server.process().unwrap();
            assert!(started.elapsed() < LIMIT, "{:?}", server.next_timeout());
        }
    }
    hand.advance(3 * second);
    assert_eq!(server.next_timeout(), Some(Duration::ZERO));
    server.process().unwrap();
    assert_eq!((notes.lock().unwrap().len(), server.next_timeout()), (1, Some(2 * second)));
    server.handle().drop_pending();
    assert_eq!(server.next_timeout(), None);
}

#[test]
fn what_is_wrong_is_told() {
    let (space, _) = noting();
    let taken = Server::bind(builder(&space)).unwrap();
    let again = oscine::Server::builder().endpoint(&taken.endpoints()[0]);
    assert!(matches!(Server::bind(again), Err(BlockingError::Bind(BindError::Bind { .. }))));

    space.method("/fail", || Err::<(), _>("no")).unwrap();
    let failing = builder(&space).on_handler_error(OnError::Stop);
    let server = Server::bind(failing).unwrap().spawn();
    Client::connect(&server.endpoints()[0]).unwrap().send(("/fail", ())).unwrap();
    let ended = server.join();
    assert!(matches!(ended, Err(BlockingError::Serve(ServeError::Handler { .. }))), "{ended:?}");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inside = runtime.block_on(async { Server::bind(builder(&space)).map(drop) });
    assert!(matches!(inside, Err(BlockingError::InsideRuntime)));
    let mut outside = taken;
    let inside = runtime.block_on(async { outside.process() });
    assert!(matches!(inside, Err(BlockingError::InsideRuntime)));
}
