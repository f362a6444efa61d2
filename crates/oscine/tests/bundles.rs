//! Bundles on the real clock: never early, in order, and nothing in between.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use common::log::{Log, log};
use common::timed::{HOUR, bundle, note, noting_space, now};
use common::wire::packet;
use common::{FRAMINGS, LOOPBACK, Running, held_by, run, within};
use oscine::{
    AddressSpace, Bundle, BundleTime, Message, Packet, Peer, PeerOptions, PeerRules,
    ScheduleLimits, Server, ServerHandle, TimeOffset, TimeTag,
};
use tokio::sync::Notify;
use tokio::task::yield_now;

/// Far enough ahead for a packet to arrive before it is due, on a machine that is busy.
const AHEAD: Duration = Duration::from_secs(1);
#[tokio::test]
async fn a_bundle_is_never_early() {
    let (space, mut log) = noting_space();
    let server = Running::start(space).await;
    let mut clients = vec![server.udp_client().await];
    for framing in FRAMINGS {
        clients.push(server.tcp_client(framing).await);
    }
    // A good many times that are no round number of anything.
    let mut names = Vec::new();
    for (index, client) in clients.iter().cycle().take(60).enumerate() {
        let ahead = Duration::from_nanos(20_000_000 + 3_456_789 * index as u64);
        let name = format!("bundle {index}");
        client.send_bundle(ahead, [note(&name)]).await.unwrap();
        names.push(name);
    }
    let mut ran = log.take(60).await;
    ran.sort_unstable();
    names.sort_unstable();
    assert_eq!(ran, names);
    let stats = server.stop().await;
    assert_eq!(stats.scheduled, stats.released);
    assert!(stats.released > 0, "all of them came late");
}

#[tokio::test]
async fn an_earlier_bundle_overtakes_and_equal_ones_keep_their_order() {
    let (space, mut log) = noting_space();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    let (soon, later) = (now() + AHEAD, now() + AHEAD + Duration::from_millis(50));
    for (at, name) in [(later, "3"), (soon, "1"), (later, "4"), (soon, "2"), (later, "5")] {
        client.send(bundle(at, &[name])).await.unwrap();
    }
    client.send(note("0")).await.unwrap();
    assert_eq!(log.take(6).await, ["0", "1", "2", "3", "4", "5"]);
    assert_eq!(server.stop().await.released, 5);
}

#[tokio::test]
async fn nested_bundles_have_their_own_time_and_the_others_keep_their_place() {
    let (space, mut log) = noting_space();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    let soon = now() + AHEAD;
    let ms = Duration::from_millis;
    let later = Bundle::builder(soon + ms(20))
        .element(note("6 later"))
        .element(bundle(soon + ms(40), &["8 latest"]))
        .element(note("7 later"));
    let whole = Bundle::builder(soon)
        .element(note("1"))
        .element(bundle(soon - ms(500), &["2 earlier than its parent"]))
        .element(later.build().unwrap())
        .element(note("3 after a nested bundle"))
        .element(bundle(TimeTag::IMMEDIATE, &["4 at once"]))
        .element(note("5"));
    client.send(whole.build()).await.unwrap();
    let mut notes = log.take(8).await;
    let order = notes.clone();
    notes.sort();
    assert_eq!(order, notes);
    assert_eq!(notes[7], "8 latest");
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.scheduled, stats.released, stats.messages), (1, 3, 3, 8));
}

#[tokio::test]
async fn the_past_and_immediate_run_at_once_and_in_order() {
    let (space, log) = noting_space();
    let nested = Bundle::builder(TimeTag::IMMEDIATE)
        .element(note("4"))
        .element(bundle(now() - HOUR, &["5"]))
        .element(note("6"));
    let packets: [Packet; 6] = [
        bundle(TimeTag::IMMEDIATE, &["1"]).into(),
        bundle(TimeTag(0), &["2"]).into(),
        bundle(now() - Duration::from_millis(1), &["3"]).into(),
        nested.build().unwrap().into(),
        bundle(now(), &[]).into(),
        note("7").into(),
    ];
    let (noted, stats) = run(&space, log, &packets).await;
    assert_eq!(noted, ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!((stats.scheduled, stats.received, stats.messages), (0, 7, 8));
}

/// A server on which `/run name` notes the name before and after each of several waits, and a
/// handle that its handlers can use.
async fn interruptible() -> (Running, Log) {
    let (pen, log) = log();
    let space = AddressSpace::new();
    let run = move |name: String| {
        let pen = pen.clone();
        async move {
            for step in 0..5 {
                pen.note(format!("{name}{step}"));
                yield_now().await;
            }
        }
    };
    space.method("/run", run).unwrap();
    (Running::start(space).await, log)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_is_atomic_though_its_handlers_wait() {
    let (server, mut log) = interruptible().await;
    let udp = server.udp_client().await;
    let tcp = server.tcp_client(FRAMINGS[1]).await;
    let at = now() + AHEAD;
    let group = |names: &[&str]| {
        Bundle::new(at, names.iter().map(|name| Message::new("/run", *name).unwrap())).unwrap()
    };
    udp.send(group(&["a", "b"])).await.unwrap();
    tcp.send(group(&["c", "d"])).await.unwrap();
    udp.send(group(&["e", "f"])).await.unwrap();
    // Messages that arrive all the while run before or after a bundle, but not in it.
    let mut notes = Vec::new();
    let mut sent = 0;
    let is_end =
        |notes: &[String]| notes.iter().filter(|n| "abcdef".contains(&n[..1])).count() == 30;
    while !is_end(&notes) {
        assert!(sent < 1_000_000, "the bundles never ran");
        udp.send(("/run", "x")).await.unwrap();
        sent += 1;
        notes.extend(log.take(5).await);
    }
    let stats = server.stop().await;
    assert_eq!((stats.scheduled, stats.released, stats.handler_panics), (3, 3, 0));
    let text: String = notes.concat();
    let whole = |name| (0..5).map(|step| format!("{name}{step}")).collect::<String>();
    for pair in ["ab", "cd", "ef"] {
        let unit: String = pair.chars().map(whole).collect();
        assert!(text.contains(&unit), "{pair} was interrupted: {text}");
    }
    let rest = ["ab", "cd", "ef"]
        .iter()
        .fold(text, |text, pair| text.replace(&pair.chars().map(whole).collect::<String>(), ""));
    assert_eq!(rest.replace(&whole('x'), ""), "");
}

#[tokio::test]
async fn a_message_does_not_overtake_a_bundle_that_became_due_before_it() {
    let (space, mut log) = noting_space();
    let at = now() + AHEAD;
    let gate = Arc::new(Notify::new());
    space.method("/wait", held_by(&gate)).unwrap();
    let until_due = move || async move {
        while now() < at {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    space.method("/until/due", until_due).unwrap();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    client.send(bundle(at, &["bundle"])).await.unwrap();
    client.send(("/wait", ())).await.unwrap();
    // The server reads these two at once, since it waits for the one before.
    client.send(("/until/due", ())).await.unwrap();
    client.send(note("message")).await.unwrap();
    gate.notify_one();
    assert_eq!(log.take(2).await, ["bundle", "message"]);
    assert_eq!(server.stop().await.released, 1);
}

#[tokio::test]
async fn a_handler_may_send_bundles_to_its_own_server() {
    let (pen, mut log) = log();
    let itself = Arc::new(OnceLock::<(ServerHandle, Peer)>::new());
    let own = Arc::clone(&itself);
    let space = AddressSpace::new();
    let count_down = move |left: i32, at: BundleTime| {
        assert!(at.0 <= now());
        pen.note(left);
        if left > 0 {
            let next = Message::new("/count", left - 1).unwrap();
            let next = Bundle::new(now() + Duration::from_millis(2), [next]).unwrap();
            let (handle, peer) = own.get().unwrap();
            handle.send_packet_to(peer, next).unwrap();
        }
    };
    space.method("/count", count_down).unwrap();
    // The schedule has room for one: what runs is out of it already.
    let limits = ScheduleLimits::new().count(1);
    let builder = Server::builder().udp(LOOPBACK).address_space(space).schedule_limits(limits);
    let server = Running::bind(builder).await;
    let peer = Peer::Udp { endpoint: 0, addr: server.udp() };
    itself.set((server.handle.clone(), peer)).unwrap();
    let client = server.udp_client().await;
    client
        .send_bundle(Duration::from_millis(5), [Message::new("/count", 5).unwrap()])
        .await
        .unwrap();
    assert_eq!(log.take(6).await, ["5", "4", "3", "2", "1", "0"]);
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.sent, stats.schedule_refused), (6, 5, 0));
}

#[tokio::test]
async fn replies_of_a_bundle_go_to_whoever_sent_it() {
    let space = AddressSpace::new();
    space.method("/ask", |what: i32| ("/answer", what)).unwrap();
    let server = Running::start(space).await;
    let mut clients = vec![server.udp_client().await];
    for framing in FRAMINGS {
        clients.push(server.tcp_client(framing).await);
    }
    let at = now() + Duration::from_millis(100);
    for (number, client) in (0..).zip(&clients) {
        client.send_bundle(at, [Message::new("/ask", number).unwrap()]).await.unwrap();
    }
    for (number, client) in (0..).zip(&mut clients) {
        assert_eq!(within(client.recv()).await.unwrap(), packet("/answer", number));
    }
    server.stop().await;
}

#[tokio::test]
async fn bundles_for_a_peer_have_the_time_of_its_clock() {
    let tag = TimeTag::from_unix(1_000_000, 0);
    let nested = Bundle::new(tag + Duration::from_secs(5), [Message::new("/later", 1).unwrap()]);
    let elements =
        || [Packet::from(Message::new("/now", 2).unwrap()), nested.clone().unwrap().into()];
    let answer = Bundle::new(tag, elements()).unwrap();
    let space = AddressSpace::new();
    let reply = answer.clone();
    space.method("/ask", move || reply.clone()).unwrap();
    // The server's clock is 40 s ahead of those of its peers.
    let ahead = TimeOffset::ahead(Duration::from_secs(40));
    let rules = PeerRules::new().all(PeerOptions::new().offset(ahead));
    let builder = Server::builder().udp(LOOPBACK).address_space(space).peer_rules(rules);
    let server = Running::bind(builder).await;
    let mut client = server.udp_client().await;
    client.send(("/ask", ())).await.unwrap();
    let back = |tag: TimeTag| tag - Duration::from_secs(40);
    let expected = Packet::from(answer).map_time_tags(back);
    assert_ne!(expected.messages().next().unwrap().time_tag, tag);
    assert_eq!(within(client.recv()).await.unwrap(), expected);
}
