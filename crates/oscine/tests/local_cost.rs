//! What a local handler costs beside another one. Not a test that can fail for that: it prints what it measures.
//!
//! `cargo test --release -p oscine --test local_cost -- --include-ignored --nocapture`
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::io::{Write, stdout};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use oscine::{AddressSpace, Dispatcher, LocalHandlers, Message};

/// How the owner spends its time while another thread has its handlers called.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Runs,
    Waits,
    Polls,
}

/// The time for a message, the middle one of some rounds.
fn measure(space: &AddressSpace, calls: usize) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut dispatcher = Dispatcher::new(space.clone());
    let message = Message::new("/gain", 0.5_f32).unwrap();
    let mut rounds: Vec<_> = (0..11)
        .map(|_| {
            let start = Instant::now();
            runtime.block_on(async {
                for _ in 0..calls {
                    assert_eq!(dispatcher.dispatch(message.view().into()).await.calls, 1);
                }
            });
            start.elapsed()
        })
        .collect();
    rounds.sort_unstable();
    let middle = rounds.len() / 2;
    rounds.remove(middle) / u32::try_from(calls).unwrap()
}

/// The same, with the owner on a thread of its own.
fn measure_apart(owner: Owner, calls: usize) -> Duration {
    let (sender, space) = mpsc::channel();
    let over = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&over);
    let owning = thread::spawn(move || {
        let (local, space) = (LocalHandlers::with_patience(Duration::MAX), AddressSpace::new());
        let sum = Rc::new(Cell::new(0.0));
        space.method("/gain", local.handler(move |gain: f32| sum.set(sum.get() + gain))).unwrap();
        sender.send(space).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        while !end.load(Ordering::Relaxed) {
            let turn = Duration::from_millis(100);
            match owner {
                Owner::Runs => {
                    runtime.block_on(local.run_until(async { tokio::time::sleep(turn).await }));
                }
                Owner::Waits => _ = local.process_for(turn),
                Owner::Polls => _ = local.process(),
            }
        }
    });
    let time = measure(&space.recv().unwrap(), calls);
    over.store(true, Ordering::Relaxed);
    owning.join().unwrap();
    time
}

#[test]
#[ignore = "it measures"]
fn beside_others() {
    let space = AddressSpace::new();
    let sum = Arc::new(AtomicU32::new(0));
    let (added, later) = (Arc::clone(&sum), Arc::clone(&sum));
    let sync = move |gain: f32| _ = added.fetch_add(gain.to_bits(), Ordering::Relaxed);
    space.method("/gain", sync).unwrap();
    let ordinary = measure(&space, 200_000);
    let space = AddressSpace::new();
    space
        .method("/gain", move |gain: f32| {
            _ = later.fetch_add(gain.to_bits(), Ordering::Relaxed);
            std::future::ready(())
        })
        .unwrap();
    let ready = measure(&space, 200_000);
    let (local, space) = (LocalHandlers::new(), AddressSpace::new());
    let total = Rc::new(Cell::new(0.0));
    space.method("/gain", local.handler(move |gain: f32| total.set(total.get() + gain))).unwrap();
    let here = measure(&space, 200_000);
    let mut out = stdout();
    writeln!(out, "a handler that is not async: {ordinary:?}").unwrap();
    writeln!(out, "one that is async and ready at once: {ready:?}").unwrap();
    writeln!(out, "a local one, on the thread that dispatches: {here:?}").unwrap();
    for owner in [Owner::Runs, Owner::Waits, Owner::Polls] {
        let apart = measure_apart(owner, 5_000);
        writeln!(out, "a local one, whose owner on another thread {owner:?}: {apart:?}").unwrap();
    }
}
