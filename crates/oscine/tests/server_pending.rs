//! What waits for its time, seen and changed from elsewhere. Time is simulated.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use common::log::{Log, Pen, log};
use common::timed::{HOUR, bundle, note};
use common::{LOOPBACK, Running, until, within};
use oscine::{
    AddressSpace, Bundle, BundleTime, Clock, LatePolicy, Lateness, Message, Networks, Packet, Peer,
    Server, ServerBuilder, ServerHandle, SimulatedClock, TimeOffset, TimePolicy, TimeTag, Timing,
};

const START: TimeTag = TimeTag::from_unix(1_600_000_000, 0);

fn after(seconds: u64) -> TimeTag {
    START + Duration::from_secs(seconds)
}

/// A server whose time stands still, on UDP and TCP; `/note name` notes the name.
struct Show {
    server: Running,
    hand: SimulatedClock,
    log: Log,
}

impl Show {
    async fn start(change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let (pen, log) = log();
        Self::with_space(&noting_space(&pen), log, change).await
    }

    async fn with_space(
        space: &AddressSpace,
        log: Log,
        change: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let (clock, hand) = Clock::simulated(START);
        let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).clock(clock);
        let server = Running::bind(change(builder.address_space(space.clone()))).await;
        Self { server, hand, log }
    }

    fn handle(&self) -> &ServerHandle {
        &self.server.handle
    }

    /// Runs a packet, with all that comes before it.
    async fn run(&self, packet: impl Into<Packet>) -> usize {
        within(self.handle().dispatch(packet.into())).await.unwrap().messages
    }

    /// What was noted, after all that is due has run.
    async fn noted(&mut self) -> Vec<String> {
        self.run(note("the end")).await;
        let mut notes = Vec::new();
        loop {
            match self.log.next().await {
                note if note == "the end" => return notes,
                note => notes.push(note),
            }
        }
    }

    fn names(&self) -> Vec<String> {
        let pending = self.handle().pending();
        let message = |bundle: &Bundle| bundle.messages().next().unwrap().message.to_string();
        pending.iter().map(|pending| message(&pending.bundle)).collect()
    }
}

fn noting_space(pen: &Pen) -> AddressSpace {
    let (space, pen) = (AddressSpace::new(), pen.clone());
    space.method("/note", move |name: String| pen.note(name)).unwrap();
    space
}

#[tokio::test]
async fn what_waits_is_listed_and_cancelled_one_by_one() {
    let mut show = Show::start(|builder| builder).await;
    for (seconds, name) in [(3, "c"), (1, "a"), (2, "b"), (1, "a2")] {
        assert_eq!(show.run(bundle(after(seconds), &[name])).await, 0);
    }
    let pending = show.handle().pending();
    let due: Vec<_> = pending.iter().map(|pending| pending.due).collect();
    assert_eq!(due, [after(1), after(1), after(2), after(3)]);
    assert_eq!(pending[3].bundle, bundle(after(3), &["c"]));
    assert!(pending.iter().all(|pending| pending.peer == Peer::Local));
    assert!(pending[0].received_at > pending[3].received_at, "it was sent later");
    let stats = show.handle().stats();
    let bytes: usize = pending.iter().map(|pending| pending.bundle.as_bytes().len()).sum();
    assert_eq!((stats.pending, stats.pending_bytes, stats.scheduled), (4, bytes, 4));
    assert!(show.handle().cancel(pending[0].key));
    assert!(!show.handle().cancel(pending[0].key));
    show.hand.advance(Duration::from_secs(2));
    assert_eq!(show.noted().await, ["a2", "b"]);
    assert!(!show.handle().cancel(pending[2].key), "it has run");
    let stats = show.server.stop().await;
    assert_eq!((stats.cancelled, stats.released, stats.dropped_at_stop), (1, 2, 1));
    assert_eq!((stats.pending, stats.pending_bytes), (0, 0));
}

/// There is one thread here.
#[tokio::test]
async fn while_thousands_run_at_once_other_tasks_get_their_turns() {
    const COUNT: usize = 2000;
    let (turns, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(BTreeSet::new())));
    let (space, taken, see) = (AddressSpace::new(), Arc::clone(&turns), Arc::clone(&seen));
    let look = move |_: String| {
        see.lock().unwrap().insert(taken.load(Ordering::Relaxed));
    };
    space.method("/note", look).unwrap();
    let show = Show::with_space(&space, log().1, |builder| builder).await;
    for _ in 0..COUNT {
        show.run(bundle(after(1), &["a"])).await;
    }
    let other = tokio::spawn(async move {
        loop {
            turns.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    show.hand.advance(Duration::from_secs(1));
    until(|| show.handle().stats().released == COUNT as u64).await;
    other.abort();
    assert!(seen.lock().unwrap().len() > 5, "{seen:?}");
    show.server.stop().await;
}

#[tokio::test]
async fn cancelling_by_address_by_peer_and_all() {
    let show = Show::start(|builder| builder).await;
    let (udp, tcp) =
        (show.server.udp_client().await, show.server.tcp_client(common::FRAMINGS[0]).await);
    let one = |address: &str| Bundle::new(after(10), [Message::new(address, 1).unwrap()]).unwrap();
    let inner = Bundle::new(after(20), [Message::new("/inner", 1).unwrap()]).unwrap();
    let outer = [Packet::from(Message::new("/outer", 1).unwrap()), inner.into()];
    let nested = Bundle::new(after(10), outer).unwrap();
    for client in [&udp, &tcp] {
        for address in ["/cue/1/go", "/cue/2/go", "/light"] {
            client.send(one(address)).await.unwrap();
        }
        client.send(nested.clone()).await.unwrap();
    }
    let handle = show.handle();
    // The bundle inside has its own time, so it waits by itself.
    until(|| handle.stats().pending == 10).await;
    assert_eq!(handle.cancel_matching("/cue/*/go").unwrap(), 4);
    assert_eq!(handle.cancel_matching("/cue/*/go").unwrap(), 0);
    assert_eq!(handle.cancel_matching("/inner").unwrap(), 2);
    assert!(handle.cancel_matching("no address").is_err());
    let peer =
        handle.pending().iter().find(|it| it.peer.addr() == udp.local_addr()).unwrap().peer.clone();
    assert_eq!(handle.cancel_peer(&peer), 2);
    assert_eq!((handle.cancel_peer(&peer), handle.cancel_peer(&Peer::Local)), (0, 0));
    assert_eq!(handle.pending().len(), 2);
    assert_eq!((handle.drop_pending(), handle.drop_pending()), (2, 0));
    assert_eq!(show.server.stop().await.cancelled, 10);
}

#[tokio::test]
async fn all_that_waits_may_run_at_once_and_in_order() {
    let mut show = Show::start(|builder| builder).await;
    for (seconds, name) in [(300, "c"), (100, "a"), (200, "b"), (100, "a2")] {
        show.run(bundle(after(seconds), &[name])).await;
    }
    show.handle().run_pending();
    assert_eq!(show.noted().await, ["a", "a2", "b", "c"]);
    let stats = show.handle().stats();
    assert_eq!((stats.released, stats.pending), (4, 0));
    // What comes later waits again.
    show.run(bundle(after(50), &["later"])).await;
    assert!(show.noted().await.is_empty());
    assert_eq!(show.names().len(), 1);
    show.server.stop().await;
}

/// Nothing runs early because something else was to.
#[tokio::test]
async fn what_was_taken_out_of_line_runs_nothing_else_in_its_place() {
    let mut show = Show::start(|builder| builder).await;
    for round in 0..3 {
        for seconds in [100, 200, 300] {
            show.run(bundle(after(seconds), &["gone"])).await;
        }
        // Nothing comes between, as there is one thread.
        show.handle().run_pending();
        assert_eq!(show.handle().drop_pending(), 3);
        for _ in 0..3 {
            show.run(bundle(after(400), &["kept"])).await;
        }
        assert!(show.noted().await.is_empty(), "round {round}");
        assert_eq!(show.handle().drop_pending(), 3);
        // And where some are left, these.
        for (seconds, name) in [(100, "gone"), (200, "stays"), (300, "gone")] {
            show.run(bundle(after(seconds), &[name])).await;
        }
        let pending = show.handle().pending();
        show.handle().run_pending();
        assert!(show.handle().cancel(pending[0].key) && show.handle().cancel(pending[2].key));
        show.run(bundle(after(50), &["kept"])).await;
        assert_eq!(show.noted().await, ["stays"]);
        assert_eq!(show.handle().drop_pending(), 1);
        show.handle().run_pending();
    }
    show.server.stop().await;
}

/// Every method of a handle, from a handler of its own server.
#[tokio::test]
async fn a_handler_may_use_all_of_a_handle() {
    let (pen, log) = log();
    let space = noting_space(&pen);
    let own = Arc::new(OnceLock::<ServerHandle>::new());
    let handle = Arc::clone(&own);
    let all = move |peer: Peer| {
        let handle = handle.get().unwrap();
        let pending = handle.pending();
        assert_eq!(pending.len(), 5);
        assert!(handle.cancel(pending[0].key));
        assert_eq!(handle.cancel_matching("/other").unwrap(), 1);
        assert_eq!(handle.cancel_peer(&Peer::Local), 2);
        handle.set_time_policy(TimePolicy::Ignore);
        handle.set_time_policy(TimePolicy::Honour);
        assert_eq!(handle.timing(), Timing::new());
        handle.set_networks(Networks::new());
        assert!(handle.networks().permits(peer.addr().unwrap().ip()));
        assert!(handle.peer(&peer).is_some() && !handle.peers().is_empty());
        assert!(handle.connections().is_empty() && !handle.kick(&peer));
        assert!(handle.pause(1) && handle.resume(1));
        assert_eq!((handle.endpoints().len(), handle.stats().pending), (2, 1));
        assert_eq!((handle.lateness().bundles(), handle.clock().now()), (0, START));
        handle.send_to(&peer, "/told", 1).unwrap();
        drop(handle.subscribe("/x").unwrap());
        handle.run_pending();
    };
    space.method("/all", all).unwrap();
    let mut show = Show::with_space(&space, log, |builder| builder).await;
    own.set(show.handle().clone()).unwrap();
    let client = show.server.udp_client().await;
    show.run(bundle(after(1), &["first"])).await;
    show.run(Bundle::new(after(2), [Message::new("/other", ()).unwrap()]).unwrap()).await;
    for seconds in [3, 4] {
        show.run(bundle(after(seconds), &["local"])).await;
    }
    client.send(bundle(after(5), &["client's"])).await.unwrap();
    within(client.request(("/all", ()), "/told")).await.unwrap();
    assert_eq!(show.noted().await, ["client's"]);
    assert_eq!(show.server.stop().await.cancelled, 4);
}

#[tokio::test]
async fn the_time_policy_may_change_while_bundles_wait() {
    let (pen, log) = log();
    let space = AddressSpace::new();
    let note = move |name: String, at: BundleTime, late: Lateness| {
        pen.note(format!(
            "{name} {} {:?}",
            if at.0.is_immediate() { "now" } else { "tagged" },
            late.0
        ));
    };
    space.method("/note", note).unwrap();
    let mut show = Show::with_space(&space, log, |builder| builder).await;
    assert_eq!(show.handle().timing(), Timing::new());
    show.run(bundle(after(10), &["waits"])).await;
    show.handle().set_time_policy(TimePolicy::Ignore);
    assert_eq!(show.handle().timing(), Timing::new().time(TimePolicy::Ignore));
    show.run(bundle(after(10), &["ignored"])).await;
    assert_eq!(show.log.next().await, "ignored now 0ns");
    show.handle().set_time_policy(TimePolicy::HandOver);
    show.run(bundle(after(10), &["handed over"])).await;
    assert_eq!(show.log.next().await, "handed over tagged 0ns");
    show.hand.advance(Duration::from_secs(11));
    assert_eq!(show.log.next().await, "waits tagged 1s");
    show.handle().set_time_policy(TimePolicy::Honour);
    show.run(bundle(after(20), &["waits too"])).await;
    assert_eq!(show.names().len(), 1);
    assert_eq!(show.server.stop().await.scheduled, 2);
}

#[tokio::test]
async fn late_bundles_are_dropped_if_they_are_to_be() {
    let late = Timing::new().late(LatePolicy::DropAfter(Duration::from_secs(2)));
    let mut show = Show::start(|builder| builder.timing(late)).await;
    show.hand.set(after(100));
    let nested = Bundle::new(
        after(97),
        [Packet::from(note("nested")), bundle(after(200), &["inner"]).into()],
    );
    show.run(nested.unwrap()).await;
    show.run(bundle(after(97), &["late"])).await;
    show.run(bundle(after(98), &["just in time"])).await;
    show.run(bundle(TimeTag::IMMEDIATE, &["immediate"])).await;
    show.run(bundle(after(101), &["ahead"])).await;
    // What was in time when it arrived may run late.
    show.hand.set(after(200));
    assert_eq!(show.noted().await, ["just in time", "immediate", "ahead"]);
    assert_eq!(show.server.stop().await.dropped_late, 3);
}

#[tokio::test]
async fn an_offset_moves_time_tags() {
    let timing = Timing::new().offset(TimeOffset::ahead(HOUR));
    let mut show = Show::start(|builder| builder.timing(timing)).await;
    show.run(bundle(START, &["an hour from now"])).await;
    assert_eq!(show.handle().pending()[0].due, START + HOUR);
    show.hand.advance(HOUR - Duration::from_millis(1));
    assert!(show.noted().await.is_empty());
    show.hand.advance(Duration::from_millis(1));
    assert_eq!(show.noted().await, ["an hour from now"]);
    show.server.stop().await;
}

#[tokio::test]
async fn starts_and_ends_lie_around_what_runs() {
    let (pen, log) = log();
    let (starts, ends) = (pen.clone(), pen.clone());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let peers = Arc::clone(&seen);
    let place = |tag: TimeTag| match tag.is_immediate() {
        true => "now".to_owned(),
        false => tag.since(START).as_secs().to_string(),
    };
    let start = move |peer: &Peer, tag: TimeTag| {
        peers.lock().unwrap().push(peer.clone());
        starts.note(format!("start {}", place(tag)));
    };
    let end = move |_: &Peer, tag: TimeTag| ends.note(format!("end {}", place(tag)));
    let space = noting_space(&pen);
    let heard = |builder: ServerBuilder| builder.on_bundle_start(start).on_bundle_end(end);
    let mut show = Show::with_space(&space, log, heard).await;
    let inner = bundle(after(10), &["inner"]);
    let later = bundle(after(20), &["later"]);
    let elements = [note("first").into(), Packet::from(inner), later.into(), note("last").into()];
    show.run(Bundle::new(after(10), elements).unwrap()).await;
    assert!(show.noted().await.is_empty(), "it is heard of when it runs");
    show.hand.set(after(10));
    let expected = ["start 10", "first", "start 10", "inner", "end 10", "last", "end 10"];
    assert_eq!(show.noted().await, expected);
    show.hand.set(after(20));
    assert_eq!(show.noted().await, ["start 20", "later", "end 20"]);
    show.run(bundle(TimeTag::IMMEDIATE, &["now"])).await;
    show.run(Bundle::new(TimeTag::IMMEDIATE, Vec::<Packet>::new()).unwrap()).await;
    assert_eq!(show.noted().await, ["start now", "now", "end now", "start now", "end now"]);
    assert_eq!(*seen.lock().unwrap(), vec![Peer::Local; 5]);
    show.server.stop().await;
}

#[tokio::test]
async fn what_is_cancelled_by_address_may_have_a_pattern_itself() {
    let show = Show::start(|builder| builder).await;
    for address in ["/cue/*/go", "/cue/5/go", "/cue/6/stop", "//go", "/cue/[/go"] {
        let message = Message::new(address, ()).unwrap();
        show.run(Bundle::new(after(60), [message]).unwrap()).await;
    }
    assert_eq!(show.handle().cancel_matching("/cue/5/go").unwrap(), 3);
    assert_eq!(show.names(), ["/cue/6/stop ,", "/cue/[/go ,"]);
    // What handlers say to nobody is no failure.
    show.server.handle.space().method("/ask", || ("/answer", 1)).unwrap();
    show.run(Message::new("/ask", ()).unwrap()).await;
    assert_eq!(show.server.stop().await.send_failures, 0);
}

/// What is due after the time that there is to drain was cancelled in front of nothing: there is nothing to wait for.
#[tokio::test]
async fn draining_does_not_wait_for_what_was_cancelled() {
    for cancelled_before in [true, false] {
        let (clock, hand) = Clock::simulated(START);
        let server = Server::builder().udp(LOOPBACK).clock(clock).bind().await.unwrap();
        let handle = server.handle();
        let serve = server.serve().drain(Duration::from_secs(60)).grace(HOUR);
        let serving = tokio::spawn(serve.into_future());
        for seconds in [30, 40, 3000] {
            within(handle.dispatch(bundle(after(seconds), &["x"]))).await.unwrap();
        }
        let keys: Vec<_> = handle.pending().into_iter().map(|pending| pending.key).collect();
        let cancel = || keys.iter().take(2).for_each(|key| assert!(handle.cancel(*key)));
        if cancelled_before {
            cancel();
        }
        handle.stop();
        if !cancelled_before {
            until(|| handle.stats().pending == 3).await;
            cancel();
        }
        // Time stands still.
        within(serving).await.unwrap().unwrap();
        let stats = handle.stats();
        assert_eq!((stats.cancelled, stats.released, stats.dropped_at_stop), (2, 0, 1));
        drop(hand);
    }
}
