//! Handlers that are not `Send`, beside servers of every kind; programs without async are in `local_blocking.rs`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::thread;
use std::time::Duration;

use common::local_notes::{Notes, pen, taken};
use common::wire::packet;
use common::{Running, until, within};
use oscine::{
    AddressSpace, Bundle, Client, Dispatched, Dispatcher, HandlerExt, IntoReply, LocalHandlers,
    Packet, TimeTag,
};
use tokio::task::yield_now;

fn bundle(packets: impl IntoIterator<Item = Packet>) -> Packet {
    Bundle::new(TimeTag::IMMEDIATE, packets).unwrap().into()
}

async fn dispatch(dispatcher: &mut Dispatcher, packet: &Packet) -> Dispatched {
    within(dispatcher.dispatch(packet.view())).await
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
