//! Local handlers do what the same handlers do that are none, packet by packet.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use common::wire::packet;
use common::within;
use oscine::{
    AddressSpace, Bundle, Captures, Dispatched, Dispatcher, Handler, LocalHandlers, Message, Next,
    Packet, Peer, TimeTag,
};
use tokio::task::yield_now;

fn bundle(packets: impl IntoIterator<Item = Packet>) -> Packet {
    Bundle::new(TimeTag::IMMEDIATE, packets).unwrap().into()
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
        let dispatched = within(dispatcher.dispatch(packet.view())).await;
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
