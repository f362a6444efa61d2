//! Handlers that are not `Send` in programs without async: a server that is stepped, and one on a thread of its own.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use oscine::blocking::{Client, Server};
use oscine::{AddressSpace, HandlerExt, LocalHandlers, Message, Packet, ServerBuilder, TimeTag};

/// How long anything may take. It only keeps a test that fails from hanging.
const LIMIT: Duration = Duration::from_secs(60);

type Notes = Rc<RefCell<Vec<String>>>;

fn builder(space: &AddressSpace) -> ServerBuilder {
    oscine::Server::builder().udp("127.0.0.1:0").address_space(space.clone())
}

fn client(server: &Server) -> Client {
    Client::connect(server.endpoints().first().unwrap()).unwrap()
}

fn note(notes: &Notes, text: impl Into<String>) {
    notes.borrow_mut().push(text.into());
}

/// Does a step of a loop until something holds.
#[track_caller]
fn until(mut step: impl FnMut(), holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "nothing happened for {LIMIT:?}");
        step();
        thread::yield_now();
    }
}

/// `/now` and `/later` note their argument, the latter after it has waited.
fn noting(local: &LocalHandlers, space: &AddressSpace) -> Notes {
    let notes = Notes::default();
    let pen = Rc::clone(&notes);
    space.method("/now", local.handler(move |n: i32| note(&pen, format!("now {n}")))).unwrap();
    let pen = Rc::clone(&notes);
    let later = local.handler(move |n: i32| {
        let pen = Rc::clone(&pen);
        async move {
            tokio::time::sleep(Duration::from_millis(3)).await;
            note(&pen, format!("later {n}"));
        }
    });
    space.method("/later", later).unwrap();
    notes
}

#[test]
fn a_step_calls_them_in_order_and_never_waits_for_itself() {
    // It would be for ever.
    let (local, space) = (LocalHandlers::with_patience(Duration::MAX), AddressSpace::new());
    let notes = noting(&local, &space);
    let mut server = Server::bind(builder(&space)).unwrap();
    server.process().unwrap();
    let client = client(&server);
    let message = |address, n: i32| Message::new(address, n).unwrap();
    let three = [message("/later", 1), message("/now", 2), message("/later", 3)];
    client.send_bundle(TimeTag::IMMEDIATE, three).unwrap();
    client.send(("/now", 4)).unwrap();
    until(|| _ = server.process().unwrap(), || notes.borrow().len() == 4);
    assert_eq!(notes.take(), ["later 1", "now 2", "later 3", "now 4"]);

    let soon = [message("/later", 5), message("/now", 6)];
    client.send_bundle(Duration::from_millis(5), soon).unwrap();
    until(|| _ = server.process_one(LIMIT).unwrap(), || notes.borrow().len() == 2);
    assert_eq!(notes.take(), ["later 5", "now 6"]);
    assert_eq!(server.handle().stats().handler_errors, 0);
}

#[test]
fn a_step_goes_on_with_calls_that_nobody_waits_for() {
    let (local, space) = (LocalHandlers::with_patience(Duration::MAX), AddressSpace::new());
    let notes = noting(&local, &space);
    let pen = Rc::clone(&notes);
    let beside = local.handler(move |n: i32| {
        let pen = Rc::clone(&pen);
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            note(&pen, format!("beside {n}"));
            ("/done", n)
        }
    });
    space.method("/beside", beside.concurrent(4)).unwrap();
    let mut server = Server::bind(builder(&space)).unwrap();
    let mut client = client(&server);
    client.send(("/beside", 1)).unwrap();
    client.send(("/now", 2)).unwrap();
    until(|| _ = server.process().unwrap(), || notes.borrow().len() == 2);
    assert_eq!(notes.take(), ["now 2", "beside 1"]);
    client.send(("/beside", 3)).unwrap();
    until(|| _ = server.process_one(Duration::from_millis(1)), || notes.borrow().len() == 1);
    assert!(matches!(client.recv_timeout(LIMIT).unwrap(), Packet::Message(_)));
}

#[test]
fn a_server_in_the_background_has_them_called_by_the_loop() {
    let (local, space) = (LocalHandlers::with_patience(LIMIT), AddressSpace::new());
    let notes = noting(&local, &space);
    let server = Server::bind(builder(&space)).unwrap().spawn();
    let client = Client::connect(&server.endpoints()[0]).unwrap();
    for n in 0..20 {
        client.send(("/now", n)).unwrap();
    }
    until(|| _ = local.process(), || notes.borrow().len() == 20);
    assert_eq!(notes.take(), (0..20).map(|n| format!("now {n}")).collect::<Vec<_>>());
    // Given time, it takes the next one as soon as it is there.
    for n in 0..20 {
        client.send(("/now", n)).unwrap();
    }
    until(|| _ = local.process_for(Duration::from_millis(5)), || notes.borrow().len() == 20);
    assert_eq!(notes.take(), (0..20).map(|n| format!("now {n}")).collect::<Vec<_>>());
    server.stop().unwrap();
}

#[test]
fn a_thread_that_waits_for_the_end_of_a_server_calls_what_that_waits_for() {
    let (local, space) = (LocalHandlers::with_patience(Duration::MAX), AddressSpace::new());
    let notes = noting(&local, &space);
    let stopping = Rc::new(Cell::new(None));
    let handle = Rc::clone(&stopping);
    let stop = local
        .handler(move || handle.take().map(|handle: oscine::ServerHandle| handle.stop()).unwrap());
    space.method("/stop", stop).unwrap();

    // Without a step: it waits for this thread when it is told to stop.
    let server = Server::bind(builder(&space)).unwrap().spawn();
    Client::connect(&server.endpoints()[0]).unwrap().send(("/now", 1)).unwrap();
    until(|| {}, || local.waiting() == 1);
    server.stop().unwrap();
    assert_eq!(notes.take(), ["now 1"]);

    // As the main thread of a program that does nothing else.
    for in_one_go in [false, true] {
        let server = Server::bind(builder(&space)).unwrap();
        stopping.set(Some(server.handle()));
        let client = client(&server);
        let sender = client.sender();
        let sending = thread::spawn(move || {
            sender.send(("/now", 2)).unwrap();
            sender.send(("/stop", ())).unwrap();
        });
        if in_one_go {
            server.run().unwrap()
        } else {
            server.spawn().join().unwrap()
        }
        sending.join().unwrap();
        assert_eq!(notes.take(), ["now 2"]);
    }
}
