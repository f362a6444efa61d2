//! Bundles begin before they are due where a precision is asked for, and nobody notices anything of them before.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::timed::now;
use common::{LOOPBACK, Running, until, within};
use futures::StreamExt;
use oscine::{AddressSpace, Bundle, BundleTime, Message, Packet, Server, TimeTag};

const BUNDLES: u32 = 60;

/// Whoever notices a bundle, how often, and how often before its time.
#[derive(Clone, Default)]
struct Noticed(Arc<Mutex<Vec<(&'static str, bool)>>>);

impl Noticed {
    fn note(&self, who: &'static str, due: TimeTag) {
        self.0.lock().unwrap().push((who, due > now()));
    }

    fn count(&self, who: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(it, _)| *it == who).count()
    }

    fn early(&self) -> Vec<&'static str> {
        let noticed = self.0.lock().unwrap();
        noticed.iter().filter(|(_, early)| *early).map(|(who, _)| *who).collect()
    }
}

fn packet(due: TimeTag, number: u32) -> Packet {
    let address = ["/sync", "/async", "/nobody"][number as usize % 3];
    let messages = (0..number % 4).map(|_| Message::new(address, ()).unwrap());
    Bundle::new(due, messages).unwrap().into()
}

async fn nobody_notices_early(precision: Duration, hooks: bool) {
    let (space, noticed) = (AddressSpace::new(), Noticed::default());
    let it = noticed.clone();
    space.method("/sync", move |due: BundleTime| it.note("sync", due.0)).unwrap();
    let it = noticed.clone();
    let run = move |due: BundleTime| {
        it.note("async", due.0);
        async {}
    };
    space.method("/async", run).unwrap();
    let it = noticed.clone();
    space.fallback(move |due: BundleTime| it.note("fallback", due.0));
    let mut builder = Server::builder().udp(LOOPBACK).precision(precision).address_space(space);
    if hooks {
        let (start, end) = (noticed.clone(), noticed.clone());
        builder = builder
            .on_bundle_start(move |_, due| start.note("start", due))
            .on_bundle_end(move |_, due| end.note("end", due));
    }
    let server = Running::bind(builder).await;
    let mut subscription = hooks.then(|| server.handle.subscribe("/sync").unwrap());

    let start = now();
    for number in 0..BUNDLES {
        let due = start + Duration::from_millis(20) + number * Duration::from_micros(1_700);
        within(server.handle.dispatch(packet(due, number))).await.unwrap();
    }
    // Few or none are late already when they arrive.
    until(|| server.handle.pending().is_empty()).await;
    let calls = || ["sync", "async", "fallback"].map(|who| noticed.count(who));
    until(|| calls().iter().sum::<usize>() == 90).await;
    if let Some(subscription) = &mut subscription {
        for _ in 0..noticed.count("sync") {
            within(subscription.next()).await.unwrap();
        }
    }
    let stats = server.stop().await;
    assert_eq!(noticed.early(), [""; 0], "{precision:?}");
    let bundles = if hooks { BUNDLES as usize } else { 0 };
    assert_eq!((noticed.count("start"), noticed.count("end")), (bundles, bundles));
    // Every third bundle is of a kind, and they have 0, 1, 2 and 3 messages in turn.
    assert_eq!(calls(), [30, 30, 30], "{precision:?}");
    assert_eq!((stats.released, stats.lateness.bundles), (stats.scheduled, stats.scheduled));
}

#[tokio::test]
async fn hooks_subscribers_and_handlers_notice_nothing_early() {
    for micros in [1, 30, 400, 1_000] {
        nobody_notices_early(Duration::from_micros(micros), true).await;
        nobody_notices_early(Duration::from_micros(micros), false).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cancelled_in_the_last_moment_runs_whole_or_not_at_all() {
    let (space, calls) = (AddressSpace::new(), Arc::new(AtomicUsize::new(0)));
    let it = Arc::clone(&calls);
    let count = move || {
        it.fetch_add(1, Ordering::Relaxed);
    };
    space.method("/sync", count).unwrap();
    let precision = Duration::from_millis(1);
    let builder = Server::builder().udp(LOOPBACK).precision(precision).address_space(space);
    let server = Running::bind(builder).await;
    let mut kept = 0;
    for round in 0..100 {
        let due = now() + Duration::from_millis(2);
        let two = [(); 2].map(|()| Message::new("/sync", ()).unwrap());
        within(server.handle.dispatch(Bundle::new(due, two).unwrap())).await.unwrap();
        let moment = due - Duration::from_micros(round);
        let handle = server.handle.clone();
        let cancel = move || {
            while moment.is_after(now()) {
                std::hint::spin_loop();
            }
            handle.drop_pending()
        };
        let cancelled = tokio::task::spawn_blocking(cancel).await.unwrap();
        kept += 1 - cancelled;
    }
    until(|| calls.load(Ordering::Relaxed) == 2 * kept).await;
    let stats = server.stop().await;
    assert_eq!(stats.cancelled, 100 - kept as u64);
    assert_eq!(calls.load(Ordering::Relaxed), 2 * kept);
}
