//! Handlers that are not `Send`: called on their own thread, in the order and with the care of all others.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use common::wire::packet;
use common::{LOOPBACK, Running, until, within};
use oscine::{
    AddressSpace, Bundle, Captures, Client, Dispatched, Dispatcher, Fault, Handler, HandlerExt,
    IntoReply, LocalError, LocalHandlers, Message, Next, Packet, Peer, Server, ServerBuilder,
    TimeTag,
};
use tokio::task::yield_now;

/// What handlers note, none of which may leave this thread.
type Notes = Rc<RefCell<Vec<String>>>;

fn pen(notes: &Notes) -> impl Fn(String) + Clone + 'static {
    let notes = Rc::clone(notes);
    move |note| notes.borrow_mut().push(note)
}

fn taken(notes: &Notes) -> Vec<String> {
    notes.take()
}

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

fn bundle(packets: impl IntoIterator<Item = Packet>) -> Packet {
    Bundle::new(TimeTag::IMMEDIATE, packets).unwrap().into()
}

async fn dispatch(dispatcher: &mut Dispatcher, packet: &Packet) -> Dispatched {
    within(dispatcher.dispatch(packet.view())).await
}

/// Registers the same handlers twice, once as they are and once as local ones.
fn register(
    space: &AddressSpace,
    note: &(impl Fn(String) + Clone + Send + Sync + 'static),
    local: Option<&LocalHandlers>,
) {
    macro_rules! method {
        ($place:expr, $handler:expr) => {{
            let note = note.clone();
            let handler = $handler(note);
            match local {
                None => space.method($place, handler).unwrap(),
                Some(local) => space.method($place, local.handler(handler)).unwrap(),
            };
        }};
    }
    fn same<M, H: Handler<M>>(handler: H) -> H {
        handler
    }
    method!("/a", |note: _| same(move |n: i32| note_of(&note, format!("a {n}"))));
    method!("/a", |note: _| same(move |s: String| note_of(&note, format!("text {s}"))));
    method!("/*/gain", |note: _| same(move |Captures((of,)): Captures<(String,)>, v: f32| {
        note_of(&note, format!("gain of {of} {v}"));
    }));
    method!("/a", |note: _| same(move |peer: Peer, m: Message| {
        note_of(&note, format!("{peer} {m}"));
        Next
    }));
    method!("/slow", |note: _| same(move |n: i32| {
        let note = Clone::clone(&note);
        async move {
            for turn in 0..n {
                note_of(&note, format!("turn {turn}"));
                yield_now().await;
            }
            note_of(&note, format!("slow {n}"));
        }
    }));
    method!("/fail", |note: _| same(move || {
        note_of(&note, "fail".into());
        Err::<(), _>("it does")
    }));
    method!("/slow/fail", |note: _| same(move || {
        let note = Clone::clone(&note);
        async move {
            yield_now().await;
            note_of(&note, "fail".into());
            Err::<(), _>("it does")
        }
    }));
    method!("/panic", |_: _| same(|| -> () { panic!("as it is told") }));
    method!("/slow/panic", |_: _| same(|| async {
        yield_now().await;
        panic!("as it is told");
        #[allow(unreachable_code, reason = "for the type")]
        ()
    }));
}

fn note_of(note: &impl Fn(String), text: String) {
    note(text);
}

fn packets() -> Vec<Packet> {
    vec![
        packet("/a", 1),
        packet("/a", "text"),
        packet("/a", (1, 2)),
        packet("/mixer/gain", 0.5_f32),
        packet("/*/gain", 1),
        packet("/slow", 3),
        packet("/fail", ()),
        packet("/slow/fail", ()),
        packet("/panic", ()),
        packet("/slow/panic", ()),
        packet("/none", 1),
        packet("/a", 2),
        packet("/{a,slow}", 2),
        bundle([
            packet("/slow", 1),
            packet("/a", 3),
            packet("/panic", ()),
            bundle([packet("/slow", 2), packet("/*", 1)]),
            packet("/a", 4),
        ]),
    ]
}

/// What handlers note and what is counted, packet by packet.
async fn outcome(
    space: AddressSpace,
    notes: &Mutex<Vec<String>>,
) -> Vec<(Dispatched, Vec<String>)> {
    let mut dispatcher = Dispatcher::new(space);
    let mut outcome = Vec::new();
    for packet in packets() {
        let dispatched = dispatch(&mut dispatcher, &packet).await;
        outcome.push((dispatched, std::mem::take(&mut *notes.lock().unwrap())));
    }
    outcome
}

#[tokio::test]
async fn a_local_handler_is_as_any_other() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&notes);
    let note = move |text| written.lock().unwrap().push(text);
    let space = AddressSpace::new();
    register(&space, &note, None);
    let expected = outcome(space, &notes).await;
    assert!(expected.iter().any(|(dispatched, _)| dispatched.panics == 1));

    // On the owner's own thread, where nobody has it run.
    let (space, local) = (AddressSpace::new(), LocalHandlers::new());
    register(&space, &note, Some(&local));
    assert_eq!(outcome(space, &notes).await, expected);

    // From another thread, while the owner runs here.
    let (space, local) = (AddressSpace::new(), LocalHandlers::new());
    register(&space, &note, Some(&local));
    let others = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(outcome(space, &notes))
    });
    within(local.run_until(async {
        while !others.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }))
    .await;
    assert_eq!(others.join().unwrap(), expected);
}

#[tokio::test]
async fn a_server_on_the_same_thread_needs_nobody_to_run_the_owner() {
    let (local, space, notes) = (LocalHandlers::new(), AddressSpace::new(), Notes::default());
    let note = pen(&notes);
    space.method("/now", local.handler(move |n: i32| note(format!("now {n}")))).unwrap();
    let note = pen(&notes);
    let later = local.handler(move |n: i32| {
        let note = note.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            note(format!("later {n}"));
            ("/done", n)
        }
    });
    space.method("/later", later).unwrap();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    let packet = bundle([packet("/later", 1), packet("/now", 2), packet("/later", 3)]);
    let reply = within(client.request(packet, "/done")).await.unwrap();
    assert_eq!(reply.args().parse::<i32>(), Ok(1));
    until(|| notes.borrow().len() == 3).await;
    assert_eq!(taken(&notes), ["later 1", "now 2", "later 3"]);
    assert_eq!(server.stop().await.calls, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bundles_stay_whole_and_replies_find_their_way_from_another_thread() {
    // The test's own future stays on its thread, and the server is a task elsewhere.
    let (local, space, notes) = (LocalHandlers::new(), AddressSpace::new(), Notes::default());
    let note = pen(&notes);
    let first = local.handler(move |n: i32, m: i32| note(format!("{n} + {m}")));
    space.method("/first", first).unwrap();
    let note = pen(&notes);
    let add = local.handler(move |n: i32, m: i32| {
        note(format!("{n} + {m}"));
        ("/sum", n + m)
    });
    space.method("/add", add).unwrap();
    let server = Running::start(space).await;
    let tasks: Vec<_> = (0..4)
        .map(|n| {
            let addr = server.udp();
            tokio::spawn(async move {
                let client = Client::udp(addr).await.unwrap();
                for m in 0..20 {
                    let both = bundle([packet("/first", (n, m)), packet("/add", (n, m))]);
                    let sum = within(client.request(both, "/sum")).await.unwrap();
                    assert_eq!(sum.args().parse::<i32>(), Ok(n + m));
                }
            })
        })
        .collect();
    within(local.run_until(async {
        for task in tasks {
            task.await.unwrap();
        }
    }))
    .await;
    let notes = taken(&notes);
    assert_eq!(notes.len(), 160);
    for both in notes.chunks(2) {
        assert_eq!(both[0], both[1]);
    }
    let stats = local.run_until(server.stop()).await;
    assert_eq!((stats.calls, stats.handler_errors), (160, 0));
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
    let (builder, heard) =
        hearing(Server::builder().udp(LOOPBACK).udp(LOOPBACK).address_space(space.clone()));
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
    let patience = Duration::from_millis(20);
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

#[test]
fn a_handler_is_dropped_on_its_thread_when_it_is_taken_back() {
    struct Dropped(Notes, thread::ThreadId);
    impl Drop for Dropped {
        fn drop(&mut self) {
            assert_eq!(thread::current().id(), self.1);
            self.0.borrow_mut().push("dropped".into());
        }
    }
    let (local, space, notes) = (LocalHandlers::new(), AddressSpace::new(), Notes::default());
    let captured = Dropped(Rc::clone(&notes), thread::current().id());
    let key = space.method("/a", local.handler(move |_: i32| _ = &captured)).unwrap();
    let guard = space.guard(key);
    local.process();
    assert!(notes.borrow().is_empty());
    thread::spawn(move || drop(guard)).join().unwrap();
    assert!(space.is_empty() && notes.borrow().is_empty(), "it is not for that thread to drop");
    local.process();
    assert_eq!(taken(&notes), ["dropped"]);

    // With the owner go all that are left.
    let captured = Dropped(Rc::clone(&notes), thread::current().id());
    space.fallback(local.handler(move || _ = &captured));
    drop(local);
    assert_eq!(taken(&notes), ["dropped"]);
    drop(space);
}

#[tokio::test]
async fn handlers_may_come_back_to_their_owner() {
    let (local, space, notes) =
        (Rc::new(LocalHandlers::new()), AddressSpace::new(), Notes::default());
    let note = pen(&notes);
    space.method("/inner", local.handler(move |n: i32| note(format!("inner {n}")))).unwrap();
    let (note, weak, theirs) = (pen(&notes), Rc::downgrade(&local), space.clone());
    let outer = local.handler(move |n: i32| {
        let (note, weak, theirs) = (note.clone(), Weak::clone(&weak), theirs.clone());
        async move {
            // It runs others, has one called, and makes one.
            weak.upgrade().unwrap().process();
            let mut dispatcher = Dispatcher::new(theirs.clone());
            let inner = dispatcher.dispatch(packet("/inner", n).view()).await;
            assert_eq!(inner.calls, 1);
            yield_now().await;
            let made = note.clone();
            let handler = weak.upgrade().unwrap().handler(move || {
                let made = made.clone();
                async move {
                    yield_now().await;
                    made("made".into());
                }
            });
            theirs.method("/made", handler).unwrap();
            dispatcher.dispatch(packet("/made", ()).view()).await;
            note(format!("outer {n}"));
        }
    });
    space.method("/outer", outer).unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    assert_eq!(dispatch(&mut dispatcher, &packet("/outer", 1)).await.calls, 1);
    assert_eq!(taken(&notes), ["inner 1", "made", "outer 1"]);
    // One that drops its owner is still run to its end.
    let (last, slot) = (pen(&notes), Rc::new(RefCell::new(None)));
    let dropped = Rc::clone(&slot);
    let owner = LocalHandlers::new();
    space
        .method(
            "/last",
            owner.handler(move || {
                dropped.take();
                last("last".into());
            }),
        )
        .unwrap();
    *slot.borrow_mut() = Some(owner);
    assert_eq!(dispatch(&mut dispatcher, &packet("/last", ())).await.calls, 1);
    assert_eq!(dispatch(&mut dispatcher, &packet("/last", ())).await.errors, 1);
    assert_eq!(taken(&notes), ["last"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_others_do_not_wait_for_are_made_together_and_in_order() {
    let (local, space, notes) = (LocalHandlers::new(), AddressSpace::new(), Notes::default());
    for (place, calls) in [("/a", 50), ("/b", 8)] {
        let note = pen(&notes);
        let handler = local.handler(move |n: i32| {
            note(n.to_string());
            ("/done", n)
        });
        space.method(place, handler.concurrent(calls)).unwrap();
    }
    let server = Running::start(space).await;
    let mut client = server.udp_client().await;
    for n in 0..50 {
        client.send((if n % 10 == 7 { "/b" } else { "/a" }, n)).await.unwrap();
    }
    until(|| server.handle.stats().messages == 50 && local.waiting() == 50).await;
    assert_eq!(local.process(), 50);
    assert_eq!(taken(&notes), (0..50).map(|n: i32| n.to_string()).collect::<Vec<_>>());
    for _ in 0..50 {
        assert!(within(client.recv_timeout(Duration::from_secs(10))).await.is_ok());
    }
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

/// What is not `Send` may be returned, too.
struct Answer(Rc<Cell<i32>>);

impl IntoReply for Answer {
    fn into_reply(self, replies: &mut oscine::Replies) {
        ("/answer", self.0.get()).into_reply(replies);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn run_goes_on_in_a_local_set_beside_other_tasks() {
    let set = tokio::task::LocalSet::new();
    let work = set.run_until(async {
        let (local, space) = (LocalHandlers::new(), AddressSpace::new());
        let count = Rc::new(Cell::new(0));
        let counted = Rc::clone(&count);
        let handler = local.handler(move |n: i32| {
            counted.set(counted.get() + n);
            Answer(Rc::clone(&counted))
        });
        space.method("/add", handler).unwrap();
        let server = Running::start(space).await;
        let running = tokio::task::spawn_local(async move { local.run().await });
        let client = server.udp_client().await;
        for n in 1..=3 {
            within(client.request(("/add", n), "/answer")).await.unwrap();
        }
        assert_eq!(count.get(), 6);
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        client.send(("/add", 4)).await.unwrap();
        until(|| server.handle.stats().handler_errors == 1).await;
        assert_eq!(server.stop().await.calls, 4);
    });
    within(work).await;
}
