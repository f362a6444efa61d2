//! Functions and methods that take a state first.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use oscine::{
    Address, AddressSpace, Captures, Dispatched, Dispatcher, HandlerExt, Message, Peer, Rest,
    ToArgs,
};
use tokio::task::yield_now;

#[derive(Default)]
struct Mixer {
    heard: Mutex<Vec<String>>,
    sum: AtomicI32,
}

impl Mixer {
    fn note(&self, text: impl ToString) {
        self.heard.lock().unwrap().push(text.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    fn nothing(&self) {
        self.note("nothing");
    }

    fn gain(&self, value: f32) {
        self.note(format!("gain {value}"));
    }

    fn strip(&self, peer: Peer, Captures((n,)): Captures<(u8,)>, value: f32, at: Address) {
        self.note(format!("{peer} {n} {value} {at}"));
    }

    fn add(&self, rest: Rest<i32>) -> Result<(&'static str, i32), std::fmt::Error> {
        let sum: i32 = rest.0.iter().sum();
        if sum == 0 {
            Err(std::fmt::Error)
        } else {
            Ok(("/sum", self.sum.fetch_add(sum, Ordering::Relaxed)))
        }
    }

    async fn borrowed(&self, name: String) -> (&'static str, String) {
        yield_now().await;
        self.note(format!("borrowed {name}"));
        ("/done", name)
    }

    async fn owned(self: Arc<Self>, a: i32, b: i32) {
        yield_now().await;
        self.note(format!("owned {a} {b}"));
    }

    #[expect(clippy::too_many_arguments, reason = "the most there may be")]
    fn twelve(
        &self,
        a: i32,
        b: i32,
        c: i32,
        d: i32,
        e: i32,
        f: i32,
        g: i32,
        h: i32,
        i: i32,
        j: i32,
        k: i32,
        l: i32,
    ) {
        self.note([a, b, c, d, e, f, g, h, i, j, k, l].iter().sum::<i32>());
    }
}

async fn run(space: &AddressSpace, address: &str, args: impl ToArgs) -> Dispatched {
    let message = Message::new(address, args).unwrap();
    Dispatcher::new(space.clone()).dispatch(message.view().into()).await
}

#[tokio::test]
async fn methods_of_a_value_are_handlers() {
    let space = AddressSpace::new();
    let mixer = space.with_state(Mixer::default());
    mixer.method("/nothing", Mixer::nothing).unwrap();
    mixer.method("/gain", Mixer::gain).unwrap();
    mixer.method("/strip/*", Mixer::strip).unwrap();
    mixer.method("/borrowed", Mixer::borrowed).unwrap();
    mixer.method("/owned", Mixer::owned).unwrap();
    mixer.method("/twelve", Mixer::twelve).unwrap();
    mixer.method("/closure", |mixer: &Mixer, n: i32| mixer.note(format!("closure {n}"))).unwrap();
    let later = async |mixer: Arc<Mixer>, n: i32| mixer.note(format!("later {n}"));
    mixer.method("/later", later).unwrap();
    mixer.subtree("/tree", |mixer: &Mixer, c: Captures<(String,)>| mixer.note(c.0.0)).unwrap();
    mixer.fallback(|mixer: &Mixer, message: Message| mixer.note(message.address()));

    let all = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    let mut calls = 0;
    calls += run(&space, "/nothing", ()).await.calls;
    calls += run(&space, "/gain", 0.5_f32).await.calls;
    calls += run(&space, "/strip/7", 1).await.calls;
    calls += run(&space, "/borrowed", "x").await.calls;
    calls += run(&space, "/owned", (1, 2)).await.calls;
    calls += run(&space, "/twelve", all).await.calls;
    calls += run(&space, "/closure", 3).await.calls;
    calls += run(&space, "/later", 4).await.calls;
    calls += run(&space, "/tree/a/b", ()).await.calls;
    calls += run(&space, "/elsewhere", ()).await.calls;
    assert_eq!(calls, 10);
    assert_eq!(
        mixer.state().take(),
        [
            "nothing",
            "gain 0.5",
            "local 7 1 /strip/7",
            "borrowed x",
            "owned 1 2",
            "78",
            "closure 3",
            "later 4",
            "a/b",
            "/elsewhere"
        ]
    );
    assert_eq!(space.info("/twelve").unwrap().type_tags(), Some("iiiiiiiiiiii"));
    assert_eq!(run(&space, "/gain", "loud").await.misfits, 1);
    assert_eq!(run(&space, "/owned", 1).await.misfits, 1);
}

#[tokio::test]
async fn what_they_return_is_a_reply_or_a_fault() {
    let space = AddressSpace::new();
    let mixer = space.with_state(Mixer::default());
    mixer.method("/add", Mixer::add).unwrap();
    assert_eq!(run(&space, "/add", (1, 2)).await.errors, 0);
    assert_eq!(run(&space, "/add", ()).await.errors, 1);
    assert_eq!(mixer.state().sum.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_registration_holds_the_state_until_it_is_taken_back() {
    let space = AddressSpace::new();
    let state = Arc::new(Mixer::default());
    let mixer = space.with_shared_state(Arc::clone(&state));
    let keys = [
        mixer.method("/gain", Mixer::gain).unwrap(),
        mixer.method("/borrowed", Mixer::borrowed).unwrap(),
        mixer.method("/owned", Mixer::owned).unwrap(),
    ];
    drop(mixer.clone());
    drop(mixer);
    assert_eq!(run(&space, "/borrowed", "x").await.calls, 1);
    assert_eq!(Arc::strong_count(&state), 4);
    for (left, key) in keys.into_iter().enumerate() {
        assert!(space.remove(key));
        assert_eq!(Arc::strong_count(&state), 3 - left);
    }
}

#[tokio::test]
async fn they_are_handlers_for_anywhere() {
    let space = AddressSpace::new();
    let mixer = space.with_state(Mixer::default());
    let other = AddressSpace::new();
    other.edit(|edit| edit.method("/gain", mixer.handler(Mixer::gain))).unwrap();
    other.method("/once", mixer.handler(Mixer::owned).once()).unwrap();
    other.method("/blocking", mixer.handler(Mixer::gain).blocking()).unwrap();
    other.method("/some", mixer.handler(Mixer::borrowed).concurrent(2)).unwrap();
    run(&other, "/gain", 1).await;
    run(&other, "/once", (1, 2)).await;
    assert_eq!(run(&other, "/once", (3, 4)).await.unmatched, 1);
    run(&other, "/blocking", 2).await;
    run(&other, "/some", "x").await;
    // Nobody waits for a handler of which several calls may be under way.
    let mut heard = mixer.state().take();
    for _ in 0..1000 {
        if heard.len() == 4 {
            break;
        }
        yield_now().await;
        heard.extend(mixer.state().take());
    }
    assert_eq!(heard, ["gain 1", "owned 1 2", "gain 2", "borrowed x"]);
    assert!(space.is_empty());
}
