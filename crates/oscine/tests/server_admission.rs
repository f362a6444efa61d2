//! Who may send what, and how much; and what a server knows of its peers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use common::log::{Log, Pen, log};
use common::timed::{HOUR, bundle};
use common::wire::{Raw, frame, packet, raw_udp};
use common::{FRAMINGS, LOOPBACK, Running, never, until, within};
use oscine::transport::framing::FramingKind::Slip;
use oscine::{
    AddressSpace, Bundle, Client, Clock, DecodeOptions, Fault, LatePolicy, Message, Networks,
    OverLimit, Overflow, PeerOptions, PeerRules, PeerView, Profile, RateLimit, ScheduleLimits,
    Server, ServerBuilder, ServerHandle, TimeOffset, TimePolicy, TimeTag,
};

const START: TimeTag = TimeTag::from_unix(1_600_000_000, 0);

fn noting_space(pen: &Pen) -> AddressSpace {
    let (space, pen) = (AddressSpace::new(), pen.clone());
    space.method("/note", move |name: String| pen.note(name)).unwrap();
    space.method("/sync", || ("/synced", ())).unwrap();
    space
}

fn builder(pen: &Pen) -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(noting_space(pen))
}

async fn start(change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Running, Log) {
    let (pen, log) = log();
    (Running::bind(change(builder(&pen))).await, log)
}

async fn sync(client: &Client) {
    within(client.request(("/sync", ()), "/synced")).await.unwrap();
}

fn view(handle: &ServerHandle, addr: Option<SocketAddr>) -> PeerView {
    handle.peers().into_iter().find(|view| view.peer.addr() == addr).unwrap()
}

#[tokio::test]
async fn hosts_that_may_not_send_are_not_heard() {
    let nobody = Networks::new().deny("127.0.0.0/8").unwrap();
    let (server, mut log) = start(|builder| builder.networks(nobody)).await;
    let handle = &server.handle;
    assert!(!handle.networks().permits([127, 0, 0, 1].into()));
    let udp = server.udp_client().await;
    for _ in 0..3 {
        udp.send(("/note", "denied")).await.unwrap();
    }
    let mut tcp = server.tcp_client(Slip).await;
    let _ = tcp.send(("/note", "denied")).await;
    assert_eq!(within(tcp.recv()).await, None);
    until(|| handle.stats().denied == 3).await;
    assert!(handle.peers().is_empty());

    // It holds from the next packet on, either way.
    handle.set_networks(Networks::new().allow("127.0.0.1").unwrap());
    udp.send(("/note", "allowed")).await.unwrap();
    assert_eq!(log.next().await, "allowed");
    let tcp = server.tcp_client(Slip).await;
    sync(&tcp).await;
    assert_eq!(handle.peers().len(), 2);
    handle.set_networks(Networks::new().allow("10.0.0.0/8").unwrap());
    udp.send(("/note", "denied")).await.unwrap();
    tcp.send(("/note", "denied")).await.unwrap();
    until(|| handle.stats().denied == 5).await;
    // The connection stays.
    assert_eq!((handle.connections().len(), handle.peers().len()), (1, 0));
    handle.set_networks(Networks::new());
    sync(&tcp).await;
    sync(&udp).await;
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.refused_connections), (1, 1));
    assert_eq!((stats.messages, stats.denied), (4, 5));
}

#[tokio::test]
async fn a_host_has_one_limit_over_all_its_ports() {
    // What is used up never comes back.
    let limit = RateLimit::per_second(0).burst(5);
    let (server, mut log) = start(|builder| builder.rate_limit(limit)).await;
    let handle = &server.handle;
    let (udp, tcp) = (server.udp_client().await, server.tcp_client(Slip).await);
    for name in ["a", "b", "c"] {
        udp.send(("/note", name)).await.unwrap();
        assert_eq!(log.next().await, name);
    }
    for name in ["d", "e", "beyond", "beyond"] {
        tcp.send(("/note", name)).await.unwrap();
    }
    assert_eq!(log.take(2).await, ["d", "e"]);
    udp.send(("/note", "beyond")).await.unwrap();
    until(|| handle.stats().rate_limited == 3).await;
    let (udp, tcp) = (view(handle, udp.local_addr()), view(handle, tcp.local_addr()));
    assert_eq!((udp.packets, udp.limited, tcp.packets, tcp.limited), (4, 1, 4, 2));
    // The program itself is not limited.
    for _ in 0..20 {
        assert_eq!(within(handle.dispatch(("/note", "own"))).await.unwrap().calls, 1);
    }
    assert_eq!(server.stop().await.messages, 25);
}

#[tokio::test]
async fn the_last_value_of_each_address_arrives_in_the_end() {
    const ROUNDS: i32 = 200;
    const FADERS: [&str; 3] = ["/fader/1", "/fader/2", "/fader/3"];
    for over_tcp in [false, true] {
        let (pen, mut log) = log();
        let space = noting_space(&pen);
        let note = move |message: Message| pen.note(message);
        space.method("/fader/*", note).unwrap();
        let limit = RateLimit::per_second(100).burst(5).over(OverLimit::Latest);
        let server = Running::bind(builder_of(space).rate_limit(limit)).await;
        let client = match over_tcp {
            true => server.tcp_client(FRAMINGS[1]).await,
            false => server.udp_client().await,
        };
        let total = u64::try_from(ROUNDS).unwrap() * 3;
        for round in 0..ROUNDS {
            for fader in FADERS {
                client.send((fader, round)).await.unwrap();
            }
        }
        // What cannot be held is dropped, as long as something is held.
        client.send(("/fader/*", -1)).await.unwrap();
        client.send(bundle(TimeTag::IMMEDIATE, &["bundle"])).await.unwrap();
        let mut last = [-1; 3];
        while last != [ROUNDS - 1; 3] {
            let message: Message = log.next().await.parse().unwrap();
            let fader = FADERS.iter().position(|fader| *fader == message.address());
            let value: i32 = message.args().parse().unwrap();
            let last = &mut last[fader.unwrap()];
            assert!(value > *last, "{value} after {last}");
            *last = value;
        }
        let all = || {
            let stats = server.handle.stats();
            stats.messages + stats.coalesced + stats.rate_limited
        };
        until(|| all() == total + 2).await;
        assert!(server.stop().await.coalesced > 0, "nothing was too much");
    }
}

#[tokio::test]
async fn rates_are_counted_by_the_clock_of_the_server() {
    let (clock, hand) = Clock::simulated(START);
    let limit = RateLimit::per_second(10).burst(1).over(OverLimit::Latest);
    let dropping = PeerOptions::new().rate(RateLimit::per_second(10).burst(1));
    let rules = PeerRules::new().endpoint(1, dropping);
    let (pen, mut log) = log();
    let space = noting_space(&pen);
    space.method("/fader/*", move |message: Message| pen.note(message.address())).unwrap();
    let builder = builder_of(space).clock(clock).rate_limit(limit).peer_rules(rules);
    let server = Running::bind(builder).await;
    let (handle, tenth) = (&server.handle, Duration::from_millis(100));
    let (udp, tcp) = (server.udp_client().await, server.tcp_client(Slip).await);
    for fader in ["/fader/1", "/fader/2", "/fader/3"] {
        udp.send((fader, 1)).await.unwrap();
    }
    assert_eq!(log.next().await, "/fader/1");
    until(|| handle.stats().received == 3).await;
    never(|| handle.stats().messages > 1).await;
    hand.set(START + (tenth - Duration::from_nanos(1)));
    never(|| handle.stats().messages > 1).await;
    hand.set(START + tenth);
    assert_eq!(log.next().await, "/fader/2");
    never(|| handle.stats().messages > 2).await;
    hand.advance(tenth);
    assert_eq!(log.next().await, "/fader/3");

    for round in 0..3 {
        for name in ["one", "beyond"] {
            tcp.send(("/note", format!("{name} {round}"))).await.unwrap();
        }
        assert_eq!(log.next().await, format!("one {round}"));
        until(|| handle.stats().rate_limited == round + 1).await;
        hand.advance(tenth);
    }
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.rate_limited), (6, 3));
}

#[tokio::test]
async fn what_is_held_when_a_bundle_stops_the_server_is_counted() {
    let (clock, hand) = Clock::simulated(START);
    let second = Duration::from_secs(1);
    let limit = RateLimit::per_second(1).burst(1).over(OverLimit::Latest);
    let (stop, space) = (Arc::new(OnceLock::<ServerHandle>::new()), AddressSpace::new());
    let (stopping, moving) = (Arc::clone(&stop), hand.clone());
    space.method("/stop", move || stopping.get().unwrap().stop()).unwrap();
    // Runs when the second of the faders is through, and brings the time of the bundle.
    let fader = move |_: i32, message: Message| {
        if message.address() == "/fader/2" {
            moving.advance(9 * second);
        }
    };
    space.method("/fader/*", fader).unwrap();
    let server = Running::bind(builder_of(space).clock(clock).rate_limit(limit)).await;
    let _ = stop.set(server.handle.clone());
    let bundle = Bundle::new(START + 5 * second, [Message::new("/stop", ()).unwrap()]).unwrap();
    within(server.handle.dispatch(bundle)).await.unwrap();
    let client = server.udp_client().await;
    for number in 1..=9 {
        client.send((format!("/fader/{number}"), number)).await.unwrap();
    }
    until(|| server.handle.stats().received == 9).await;
    hand.advance(second);
    let handle = server.handle.clone();
    within(server.task).await.unwrap().unwrap();
    let stats = handle.stats();
    assert_eq!((stats.calls, stats.released, stats.rate_limited), (3, 1, 7));
    let seen = view(&handle, client.local_addr());
    assert_eq!((seen.packets, seen.limited), (9, 7));
}

fn builder_of(space: AddressSpace) -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space)
}

#[tokio::test]
async fn some_peers_have_other_limits() {
    let none = RateLimit::per_second(0);
    let rules = PeerRules::new().endpoint(1, PeerOptions::new().rate(RateLimit::unlimited()));
    let (server, _log) = start(|builder| builder.rate_limit(none).peer_rules(rules)).await;
    let (udp, tcp) = (server.udp_client().await, server.tcp_client(Slip).await);
    udp.send(("/note", "beyond")).await.unwrap();
    for _ in 0..20 {
        sync(&tcp).await;
    }
    until(|| server.handle.stats().rate_limited == 1).await;
    assert_eq!(server.stop().await.messages, 20);
}

/// A message without type tags, which only `Strict` refuses.
const TYPELESS: &[u8] = b"/sync\0\0\0";

#[tokio::test]
async fn some_peers_are_decoded_in_another_way() {
    let (strict_udp, other_udp) = (raw_udp().await, raw_udp().await);
    let strict = PeerOptions::new().decode(DecodeOptions::new().profile(Profile::Strict));
    let rules = PeerRules::new()
        .peers(strict_udp.local_addr().unwrap(), strict.clone())
        .unwrap()
        .endpoint(1, strict);
    let (server, _log) = start(|builder| builder.peer_rules(rules)).await;
    other_udp.send_to(TYPELESS, server.udp()).await.unwrap();
    within(other_udp.recv(&mut [0; 100])).await.unwrap();
    strict_udp.send_to(TYPELESS, server.udp()).await.unwrap();
    let mut tcp = Raw::connect(server.tcp()).await;
    tcp.write(&frame(Slip, TYPELESS)).await;
    tcp.write(&frame(Slip, packet("/sync", ()).as_bytes())).await;
    tcp.read(1).await;
    until(|| server.handle.stats().bad == 2).await;
    for (addr, packets, bad) in [
        (strict_udp.local_addr(), 1, 1),
        (other_udp.local_addr(), 1, 0),
        (tcp.stream.local_addr(), 2, 1),
    ] {
        let view = view(&server.handle, addr.ok());
        assert_eq!((view.packets, view.bad), (packets, bad), "{view:?}");
    }
    assert_eq!(server.stop().await.messages, 2);
}

#[tokio::test]
async fn some_peers_have_their_own_time() {
    let (clock, hand) = Clock::simulated(START);
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(raw_udp().await);
    }
    let rule = |rules: PeerRules, number: usize, options: PeerOptions| {
        rules.peers(clients[number].local_addr().unwrap(), options).unwrap()
    };
    let options = PeerOptions::new;
    let rules = rule(PeerRules::new(), 0, options().time(TimePolicy::Ignore));
    let rules = rule(rules, 1, options().offset(TimeOffset::ahead(HOUR)));
    let rules = rule(rules, 2, options().offset(TimeOffset::behind(HOUR)));
    let rules = rule(rules, 3, options().late(LatePolicy::DropAfter(Duration::ZERO)));
    let (server, mut log) = start(|builder| builder.clock(clock).peer_rules(rules)).await;
    let handle = &server.handle;
    let send = async |number: usize, tag: TimeTag, name: &str| {
        let bundle = oscine::Packet::from(bundle(tag, &[name]));
        clients[number].send_to(bundle.as_bytes(), server.udp()).await.unwrap();
    };
    let ahead = START + HOUR;
    send(0, ahead, "ignored").await;
    assert_eq!(log.next().await, "ignored");
    send(2, ahead, "an hour behind").await;
    assert_eq!(log.next().await, "an hour behind");
    send(1, START, "an hour ahead").await;
    send(4, ahead + HOUR, "as it says").await;
    until(|| handle.stats().pending == 2).await;
    let due: Vec<_> = handle.pending().iter().map(|pending| pending.due).collect();
    assert_eq!(due, [ahead, ahead + HOUR]);
    send(3, START - HOUR, "late").await;
    until(|| handle.stats().dropped_late == 1).await;
    // Who has a rule of its own keeps it.
    handle.set_time_policy(TimePolicy::Ignore);
    send(4, ahead, "now ignored").await;
    assert_eq!(log.next().await, "now ignored");
    send(0, ahead, "still ignored").await;
    assert_eq!(log.next().await, "still ignored");
    hand.advance(2 * HOUR);
    assert_eq!(log.take(2).await, ["an hour ahead", "as it says"]);
    server.stop().await;
}

#[tokio::test]
async fn a_host_with_many_ports_leaves_room_in_the_schedule_for_others() {
    let (clock, _hand) = Clock::simulated(START);
    let refused = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&refused);
    let limits = ScheduleLimits::new().count(10).owner_count(3).host_count(6);
    let (server, _log) = start(|builder| {
        builder.clock(clock).schedule_limits(limits).on_error(move |fault| match fault {
            Fault::ScheduleRefused { overflow, .. } => told.lock().unwrap().push(*overflow),
            fault => panic!("{fault}"),
        })
    })
    .await;
    let handle = &server.handle;
    let waits = oscine::Packet::from(bundle(START + HOUR, &["waits"]));
    // Whichever ports and connections it has: those of one are full sooner.
    for (port, (bundles, pending)) in [(4, 3), (2, 5), (3, 6), (1, 6)].into_iter().enumerate() {
        let (udp, mut tcp) = (raw_udp().await, Raw::connect(server.tcp()).await);
        for _ in 0..bundles {
            match port {
                2 => tcp.write(&frame(Slip, waits.as_bytes())).await,
                _ => drop(udp.send_to(waits.as_bytes(), server.udp()).await.unwrap()),
            }
        }
        let done = || {
            let stats = handle.stats();
            let gone = refused.lock().unwrap().len();
            (stats.scheduled == pending, gone as u64 + stats.scheduled == stats.received)
        };
        let sent = [4, 6, 9, 10][port];
        until(|| handle.stats().received == sent && done() == (true, true)).await;
    }
    let (owner, host) = (Overflow::OwnerCount { limit: 3 }, Overflow::HostCount { limit: 6 });
    assert_eq!(*refused.lock().unwrap(), [owner, host, host, host]);
    // The program itself is not one of that host.
    within(handle.dispatch(waits)).await.unwrap();
    assert_eq!(handle.stats().pending, 7);
    server.stop().await;
}

#[tokio::test]
async fn peers_are_known_while_they_are_connected_and_datagram_senders_for_longer() {
    let (server, _log) = start(|builder| builder).await;
    let handle = &server.handle;
    assert!(handle.peers().is_empty());
    let (udp, tcp) = (server.udp_client().await, server.tcp_client(Slip).await);
    for _ in 0..3 {
        sync(&udp).await;
    }
    sync(&tcp).await;
    let message = packet("/sync", ());
    let seen = view(handle, udp.local_addr());
    assert_eq!((seen.packets, seen.bytes), (3, 3 * message.as_bytes().len() as u64));
    assert_eq!((seen.bad, seen.limited, seen.coalesced), (0, 0, 0));
    assert!(seen.first_seen < seen.last_seen);
    assert_eq!(handle.peer(&seen.peer), Some(seen.clone()));
    let connected = view(handle, tcp.local_addr()).peer;
    assert_eq!((handle.peers().len(), handle.connections()), (2, vec![connected.clone()]));
    drop(tcp);
    until(|| handle.peer(&connected).is_none()).await;
    drop(udp);
    assert_eq!(handle.peers(), std::slice::from_ref(&seen));
    // Connections that come and go leave nothing.
    for _ in 0..50 {
        sync(&server.tcp_client(Slip).await).await;
    }
    until(|| handle.peers().len() == 1 && handle.connections().is_empty()).await;
    server.stop().await;
}
