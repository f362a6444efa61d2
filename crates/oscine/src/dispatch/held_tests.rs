//! What happens between the begin of a message and its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use oscine_codec::{Message, TimeTag};
use tokio_test::block_on;

use crate::address_space::address_space::AddressSpace;
use crate::dispatch::caller::Caller;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::dispatcher::Nowhere;
use crate::handler::hold::Hold;
use crate::handler::job::{Context, Job, ReadAt};
use crate::handler::outlet::Outlet;
use crate::peer::Peer;

const HELD: Duration = Duration::from_millis(20);

/// Runs a message that is held, and does something meanwhile; says whether that was done in time.
fn run(space: &AddressSpace, address: &str, meanwhile: impl FnOnce() + Send) -> bool {
    let outlet: Arc<dyn Outlet> = Arc::new(Nowhere::default());
    let until = Instant::now() + HELD;
    let (hold, mut caller) = (Hold::until(until), Caller::new(space.clone()));
    let received_at = ReadAt::Known(Instant::now());
    let context = Context { peer: &Peer::Local, received_at, outlet: &outlet, hold: Some(&hold) };
    let message = Message::new(address, ()).unwrap();
    let (message, time_tag, lateness) = (&message.view(), TimeTag::IMMEDIATE, Duration::ZERO);
    let job = Job { message, time_tag, lateness, context };
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            thread::sleep(HELD / 10);
            meanwhile();
            Instant::now() < until
        });
        block_on(caller.message(&job, &mut Dispatched::default()));
        assert!(Instant::now() >= until);
        other.join().unwrap()
    })
}

/// Tries until what is to be done in time is.
fn in_time(mut attempt: impl FnMut() -> bool) {
    assert!((0..100).any(|_| attempt()), "never in time");
}

fn counting(calls: &Arc<AtomicUsize>) -> impl Fn() + Send + Sync + 'static {
    let calls = Arc::clone(calls);
    move || {
        calls.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_is_removed_meanwhile_is_not_called() {
    for address in ["/a", "/*"] {
        in_time(|| {
            let (space, calls) = (AddressSpace::new(), Arc::new(AtomicUsize::new(0)));
            let key = space.method("/a", counting(&calls)).unwrap();
            let done = run(&space, address, || assert!(space.remove(key)));
            assert!(!done || calls.load(Ordering::Relaxed) == 0, "{address}");
            done
        });
    }
}

#[test]
fn what_is_added_meanwhile_is_called() {
    for address in ["/a", "/*"] {
        in_time(|| {
            let (space, calls) = (AddressSpace::new(), Arc::new(AtomicUsize::new(0)));
            let done = run(&space, address, || {
                space.method("/a", counting(&calls)).unwrap();
            });
            assert!(!done || calls.load(Ordering::Relaxed) == 1, "{address}");
            done
        });
    }
}
