//! How far the clocks of peers are off, learned by a server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::timed::{HOUR, bundle};
use common::wire::{packet, raw_udp};
use common::{LOOPBACK, Running, never, until, within};
use oscine::{
    AddressSpace, Arg, Client, Clock, LearnOffset, Message, OffsetOptions, Packet, Peer, PeerClock,
    PeerOptions, PeerRules, PeerView, Server, ServerBuilder, SimulatedClock, TimeOffset, TimeTag,
};
use tokio::net::UdpSocket;

const START: TimeTag = TimeTag::from_unix(1_800_000_000, 0);
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const ANSWER: &str = "/oscine/clock/answer";

/// A server on simulated time that learns all clocks in this way.
async fn start(how: LearnOffset, options: OffsetOptions) -> (Running, SimulatedClock) {
    let rules = PeerRules::new().all(PeerOptions::new().learn_offset(how));
    start_with(|builder| builder.peer_rules(rules).offset_options(options)).await
}

async fn start_with(set: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Running, SimulatedClock) {
    let (clock, hand) = Clock::simulated(START);
    let space = AddressSpace::new();
    space.method("/hello", || ()).unwrap();
    space.method("/note", |_: String| ()).unwrap();
    let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).clock(clock);
    (Running::bind(set(builder.address_space(space))).await, hand)
}

/// Something that sends and is asked for its time, whose clock is ahead of the server's line.
struct Device {
    socket: UdpSocket,
    ahead: TimeOffset,
    hand: SimulatedClock,
}

impl Device {
    async fn start(server: &Running, ahead: TimeOffset, hand: &SimulatedClock) -> Self {
        let socket = raw_udp().await;
        socket.connect(server.udp()).await.unwrap();
        Self { socket, ahead, hand: hand.clone() }
    }

    fn now(&self) -> TimeTag {
        self.ahead.incoming(self.hand.now())
    }

    fn peer(&self) -> Peer {
        Peer::Udp { endpoint: 0, addr: self.socket.local_addr().unwrap() }
    }

    async fn send(&self, packet: impl Into<Packet>) {
        self.socket.send(packet.into().as_bytes()).await.unwrap();
    }

    async fn recv(&self) -> Packet {
        let mut buffer = [0; 1000];
        let length = within(self.socket.recv(&mut buffer)).await.unwrap();
        Packet::decode(buffer.get(..length).unwrap().to_vec()).unwrap()
    }

    /// Waits to be asked, and answers after so long; the question took as long.
    async fn answer(&self, way: Duration) {
        let number = nonce(&self.recv().await);
        self.hand.advance(way);
        let answer = Message::new(ANSWER, (number, self.now())).unwrap();
        self.hand.advance(way);
        self.send(answer).await;
    }
}

fn nonce(question: &Packet) -> i64 {
    let Packet::Message(question) = question else { panic!("{question}") };
    assert_eq!(question.address(), "/oscine/clock");
    match question.args().next() {
        Some(Arg::Long(number)) => number,
        other => panic!("{other:?}"),
    }
}

fn clock(server: &Running, peer: &Peer) -> Option<PeerClock> {
    server.handle.peer(peer)?.clock
}

/// Waits until so many samples are believed.
async fn believed(server: &Running, peer: &Peer, samples: u64) -> PeerClock {
    until(|| clock(server, peer).is_some_and(|clock| clock.samples >= samples)).await;
    clock(server, peer).unwrap()
}

/// When the only bundle that waits is due; it is taken out of line.
async fn due(server: &Running) -> TimeTag {
    until(|| server.handle.stats().pending == 1).await;
    let pending = server.handle.pending().remove(0);
    assert!(server.handle.cancel(pending.key));
    pending.due
}

fn apart(left: TimeTag, right: TimeTag) -> Duration {
    TimeOffset::between(left, right).abs()
}

#[tokio::test]
async fn bundles_run_when_their_sender_meant_whatever_the_wall_clocks_do() {
    for ahead in [TimeOffset::ahead(HOUR), TimeOffset::behind(5 * HOUR), TimeOffset::ZERO] {
        let (server, hand) = start(LearnOffset::Asking, OffsetOptions::new()).await;
        let device = Device::start(&server, ahead, &hand).await;
        device.send(packet("/hello", ())).await;
        device.answer(MS).await;
        let known = believed(&server, &device.peer(), 1).await;
        assert_eq!(known.learned, LearnOffset::Asking);
        assert!(apart(known.offset.unwrap().incoming(device.now()), hand.now()) < 10 * MS / 1000);
        assert!(known.error.unwrap() < 2 * MS);
        // Our wall clock is set, in both directions, and no tag of the device means another time for it.
        for step in [TimeOffset::ZERO, TimeOffset::ahead(HOUR), TimeOffset::behind(3 * HOUR)] {
            hand.step_wall(step);
            let right = hand.now() + SECOND;
            device.send(bundle(device.now() + SECOND, &["later"])).await;
            assert!(apart(due(&server).await, right) < MS, "{step}");
            // Neither has one that goes the other way: it is made by our wall clock.
            let at = server.handle.clock().wall_now() + SECOND;
            server.handle.send_bundle_to(device.peer(), at, [packet("/b", ())]).unwrap();
            let Packet::Bundle(sent) = device.recv().await else { panic!("no bundle") };
            assert!(apart(sent.time_tag(), device.now() + SECOND) < MS, "{step}");
        }
        // What is to run at once runs at once.
        device.send(bundle(TimeTag::IMMEDIATE, &["now"])).await;
        until(|| server.handle.stats().messages == 2).await;
        let stats = server.stop().await;
        // The answers are the server's own.
        assert_eq!((stats.messages, stats.unmatched, stats.clock_steps), (2, 0, 2));
        assert_eq!((stats.schedule_refused, stats.dropped_late), (0, 0));
    }
}

#[tokio::test]
async fn what_waits_keeps_its_time_when_the_clock_of_its_sender_is_set() {
    let (server, hand) = start(LearnOffset::Asking, OffsetOptions::new()).await;
    let mut device = Device::start(&server, TimeOffset::ZERO, &hand).await;
    device.send(packet("/hello", ())).await;
    device.answer(MS).await;
    believed(&server, &device.peer(), 1).await;
    device.send(bundle(device.now() + HOUR, &["waits"])).await;
    until(|| server.handle.stats().pending == 1).await;
    let before = server.handle.pending().remove(0).due;
    for step in [TimeOffset::behind(2 * HOUR), TimeOffset::ahead(7 * HOUR)] {
        device.ahead = step;
        let samples = clock(&server, &device.peer()).unwrap().samples;
        // Two are not believed, and the third is.
        let answers = |clock: PeerClock| clock.samples + clock.refused;
        for _ in 0..3 {
            hand.advance(SECOND);
            let before = answers(clock(&server, &device.peer()).unwrap());
            device.answer(MS).await;
            until(|| answers(clock(&server, &device.peer()).unwrap()) > before).await;
        }
        believed(&server, &device.peer(), samples + 1).await;
        assert_eq!(server.handle.pending().remove(0).due, before);
        device.send(bundle(device.now() + SECOND, &["other"])).await;
        until(|| server.handle.stats().pending == 2).await;
        let other = server.handle.pending().remove(0);
        assert!(apart(other.due, hand.now() + SECOND) < MS, "{step}");
        assert!(server.handle.cancel(other.key));
    }
    assert_eq!(clock(&server, &device.peer()).unwrap().refused, 4);
    server.stop().await;
}

#[tokio::test]
async fn nobody_is_asked_unless_that_is_wanted() {
    let (server, hand) = start_with(|builder| builder).await;
    let device = Device::start(&server, TimeOffset::ahead(SECOND), &hand).await;
    device.send(packet("/hello", ())).await;
    let peer = device.peer();
    until(|| server.handle.peer(&peer).is_some()).await;
    hand.advance(HOUR);
    never(|| server.handle.stats().sent > 0).await;
    assert_eq!(clock(&server, &peer), None);
    // By hand, and no longer.
    let learn = |how| server.handle.learn_offset(&peer, how, OffsetOptions::new());
    assert!(learn(LearnOffset::Asking));
    device.answer(MS).await;
    believed(&server, &peer, 1).await;
    assert!(learn(LearnOffset::No));
    assert_eq!(clock(&server, &peer), None);
    hand.advance(HOUR);
    device.send(bundle(device.now() + SECOND, &["as it says"])).await;
    assert!(apart(due(&server).await, device.now() + SECOND) < MS);
    let nobody = Peer::Udp { endpoint: 0, addr: server.udp() };
    assert!(!server.handle.learn_offset(&nobody, LearnOffset::Asking, OffsetOptions::new()));
    assert_eq!(server.stop().await.sent, 1);
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_a_message_like_others() {
    let (server, hand) = start(LearnOffset::Asking, OffsetOptions::new()).await;
    let device = Device::start(&server, TimeOffset::ZERO, &hand).await;
    let other = Device::start(&server, TimeOffset::ahead(HOUR), &hand).await;
    device.send(packet("/hello", ())).await;
    let number = nonce(&device.recv().await);
    other.send(packet(ANSWER, (number, other.now()))).await;
    device.send(packet(ANSWER, (number ^ 1, other.now()))).await;
    until(|| server.handle.stats().unmatched == 2).await;
    assert_eq!(clock(&server, &device.peer()).unwrap().offset, None);
    device.send(packet(ANSWER, (number, device.now()))).await;
    let known = believed(&server, &device.peer(), 1).await;
    assert!(known.offset.unwrap().abs() < MS);
    assert_eq!(server.stop().await.unmatched, 2);
}

#[tokio::test]
async fn connections_are_asked_and_forgotten_with_what_was_learned() {
    for framing in common::FRAMINGS {
        let (server, hand) = start(LearnOffset::Asking, OffsetOptions::new()).await;
        let mut client: Client = server.tcp_client(framing).await;
        client.send(("/hello", ())).await.unwrap();
        let number = nonce(&within(client.recv()).await.unwrap());
        let ahead = TimeOffset::ahead(HOUR);
        client.send((ANSWER, (number, ahead.incoming(hand.now())))).await.unwrap();
        let peer = server.handle.connections().remove(0);
        let known = believed(&server, &peer, 1).await;
        assert!((known.offset.unwrap() + ahead).abs() < MS, "{framing}");
        client
            .send_bundle(ahead.incoming(hand.now() + SECOND), [packet("/note", "a")])
            .await
            .unwrap();
        assert!(apart(due(&server).await, hand.now() + SECOND) < MS);
        drop(client);
        until(|| server.handle.peer(&peer).is_none()).await;
        // Nobody asks who has gone.
        hand.advance(HOUR);
        never(|| server.handle.stats().send_failures > 0).await;
        assert!(!server.handle.learn_offset(&peer, LearnOffset::Asking, OffsetOptions::new()));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_device_that_counts_from_its_start_is_not_of_2036() {
    // Switched on ten seconds ago.
    let ahead = TimeOffset::between(START, TimeTag(10 << 32));
    let (server, hand) = start(LearnOffset::No, OffsetOptions::new()).await;
    let device = Device::start(&server, ahead, &hand).await;
    assert_eq!(device.now(), TimeTag(10 << 32));
    device.send(bundle(device.now() + SECOND, &["in nine years"])).await;
    until(|| server.handle.stats().schedule_refused == 1).await;
    server.stop().await;

    let lead = OffsetOptions::new().lead(SECOND);
    let until_known = lead.clone().bundles_until_known(true);
    for (how, options) in [(LearnOffset::Bundles, lead), (LearnOffset::Asking, until_known)] {
        let (server, hand) = start(how, options).await;
        let device = Device::start(&server, ahead, &hand).await;
        for _ in 0..5 {
            device.send(bundle(device.now() + SECOND, &["in a second"])).await;
            assert!(apart(due(&server).await, hand.now() + SECOND) < MS, "{how:?}");
            hand.advance(SECOND / 20);
        }
        if how == LearnOffset::Asking {
            device.answer(MS).await;
            // The question had been sent before those bundles were.
            let error = believed(&server, &device.peer(), 1).await.error.unwrap();
            assert!(error < 130 * MS, "{error:?}");
            device.send(bundle(device.now() + HOUR, &["in an hour"])).await;
            assert!(apart(due(&server).await, hand.now() + HOUR) <= error);
        }
        assert_eq!(server.stop().await.schedule_refused, 0);
    }
}

#[tokio::test]
async fn beacons_are_heard_and_go_no_further() {
    let options = OffsetOptions::new().beacon("/device/*/time").unwrap();
    let (server, hand) = start(LearnOffset::Beacon, options).await;
    let device = Device::start(&server, TimeOffset::behind(HOUR), &hand).await;
    let mut heard = 0;
    for delay in [30, 2, 5] {
        let beacon = packet("/device/7/time", device.now());
        hand.advance(delay * MS);
        device.send(beacon).await;
        heard += 1;
        believed(&server, &device.peer(), heard).await;
        hand.advance(SECOND);
    }
    let known = believed(&server, &device.peer(), 3).await;
    assert_eq!((known.learned, known.error, known.refused), (LearnOffset::Beacon, None, 0));
    // Late by the least delay, and never early.
    device.send(bundle(device.now() + HOUR, &["later"])).await;
    assert!(apart(due(&server).await, hand.now() + HOUR + 2 * MS) < MS / 1000);
    device.send(packet("/device/7/time", "noon")).await;
    until(|| clock(&server, &device.peer()).unwrap().refused == 1).await;
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.sent), (0, 0));
}

#[tokio::test]
async fn by_the_systems_clock_two_servers_learn_from_each_other() {
    let start = || {
        let rules = PeerRules::new().all(PeerOptions::new().learn_offset(LearnOffset::Asking));
        let builder = Server::builder().udp(LOOPBACK).built_in("/oscine").peer_rules(rules);
        Running::bind(builder.precision(MS))
    };
    let (one, other) = (start().await, start().await);
    let at = |server: &Running| Peer::Udp { endpoint: 0, addr: server.udp() };
    one.handle.send_to(at(&other), "/hello", ()).unwrap();
    for (server, peer) in [(&one, at(&other)), (&other, at(&one))] {
        let known = believed(server, &peer, 3).await;
        // The one machine has one clock, and a round trip says how well that is known.
        assert!(known.offset.unwrap().abs() <= known.error.unwrap() + MS, "{known:?}");
        assert_eq!(known.refused, 0);
    }
    assert_eq!((one.stop().await.bad, other.stop().await.bad), (0, 0));
}

#[tokio::test]
async fn many_peers_are_each_asked() {
    const PEERS: u64 = 40;
    let rules = PeerRules::new().all(PeerOptions::new().learn_offset(LearnOffset::Asking));
    let server = Running::bind(Server::builder().udp(LOOPBACK).peer_rules(rules)).await;
    let mut sockets = Vec::new();
    for _ in 0..PEERS {
        let socket = raw_udp().await;
        socket.send_to(packet("/hello", ()).as_bytes(), server.udp()).await.unwrap();
        sockets.push(socket);
    }
    let mut numbers = std::collections::BTreeSet::new();
    for socket in &sockets {
        let mut buffer = [0; 1000];
        let length = within(socket.recv(&mut buffer)).await.unwrap();
        let question = Packet::decode(buffer.get(..length).unwrap().to_vec()).unwrap();
        numbers.insert(nonce(&question));
    }
    assert_eq!(numbers.len(), sockets.len(), "each has its own number");
    assert!(server.stop().await.sent >= PEERS);
}

#[tokio::test]
async fn a_client_that_serves_answers_by_a_method_of_its_own() {
    let (server, hand) = start(LearnOffset::Asking, OffsetOptions::new()).await;
    for client in [server.udp_client().await, Client::tcp(server.tcp()).await.unwrap()] {
        let (own, time) = (AddressSpace::new(), hand.clone());
        let ahead = TimeOffset::ahead(HOUR);
        let answer = move |nonce: i64| (ANSWER, (nonce, ahead.incoming(time.now())));
        own.method("/oscine/clock", answer).unwrap();
        let sender = client.sender();
        let serving = tokio::spawn(client.serve(own).into_future());
        sender.send(("/hello", ())).await.unwrap();
        let learned = |peer: PeerView| peer.clock?.offset;
        until(|| server.handle.peers().into_iter().filter_map(learned).any(|it| it == -ahead))
            .await;
        serving.abort();
        let _ = serving.await;
        server.handle.peers().iter().for_each(|peer| {
            server.handle.learn_offset(&peer.peer, LearnOffset::No, OffsetOptions::new());
        });
    }
    assert_eq!(server.stop().await.unmatched, 0);
}

/// What a server adds to time tags that come in it takes off those that go out: by its own clock it is one second both
/// ways.
#[tokio::test]
async fn a_fixed_offset_is_added_once_and_taken_off_once() {
    for (fixed, ruled) in [
        (TimeOffset::ahead(HOUR), TimeOffset::ZERO),
        (TimeOffset::behind(3 * HOUR), TimeOffset::ahead(SECOND)),
        (TimeOffset::ZERO, TimeOffset::ahead(HOUR)),
    ] {
        let (clock, hand) = Clock::simulated(START);
        let rules = PeerRules::new().all(PeerOptions::new().offset(ruled));
        let builder = Server::builder().udp(LOOPBACK).clock(clock.with_offset(fixed));
        let server = Running::bind(builder.peer_rules(rules)).await;
        // So much is its clock behind.
        let device = Device::start(&server, -(fixed + ruled), &hand).await;
        hand.step_wall(TimeOffset::ahead(SECOND / 4));
        device.send(bundle(device.now() + SECOND, &["there"])).await;
        // Its clock is as far off our wall clock as is set, and that has gained a quarter of a second on the line.
        assert!(apart(due(&server).await, hand.now() + SECOND - SECOND / 4) < MS, "{fixed}");

        let at = server.handle.clock().wall_now() + SECOND;
        server.handle.send_bundle_to(device.peer(), at, [packet("/back", ())]).unwrap();
        let Packet::Bundle(back) = device.recv().await else { panic!("no bundle") };
        let wall = TimeOffset::ahead(SECOND / 4);
        assert!(apart(back.time_tag(), wall.incoming(device.now() + SECOND)) < MS, "{fixed}");
        // Sent back as it is, it is due when it was meant to be.
        device.send(back).await;
        assert!(apart(due(&server).await, hand.now() + SECOND) < MS, "{fixed}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_rule_says_how_a_clock_is_learned() {
    let own = OffsetOptions::new().ask("/lamp/time", "/lamp/time/is").unwrap();
    let rules = PeerRules::new()
        .all(PeerOptions::new().learn_offset(LearnOffset::Asking))
        .endpoint(2, PeerOptions::new().offset_options(own));
    let (server, hand) = start_with(|builder| builder.udp(LOOPBACK).peer_rules(rules)).await;
    let usual = Device::start(&server, TimeOffset::ZERO, &hand).await;
    usual.send(packet("/hello", ())).await;
    nonce(&usual.recv().await);
    let lamp = raw_udp().await;
    // The endpoints are UDP, TCP, UDP.
    let endpoints = server.handle.endpoints();
    assert_eq!(endpoints.len(), 3);
    lamp.connect(endpoints[2].resolve().await.unwrap()).await.unwrap();
    lamp.send(packet("/hello", ()).as_bytes()).await.unwrap();
    let mut buffer = [0; 1000];
    let length = within(lamp.recv(&mut buffer)).await.unwrap();
    let question = Packet::decode(buffer.get(..length).unwrap().to_vec()).unwrap();
    let Packet::Message(question) = question else { panic!("{question}") };
    assert_eq!(question.address(), "/lamp/time");
    let number: i64 = question.args().parse().unwrap();
    let ahead = TimeOffset::ahead(HOUR);
    let answer = packet("/lamp/time/is", (number, ahead.incoming(hand.now())));
    lamp.send(answer.as_bytes()).await.unwrap();
    let peer = Peer::Udp { endpoint: 2, addr: lamp.local_addr().unwrap() };
    let known = believed(&server, &peer, 1).await;
    assert!((known.offset.unwrap() + ahead).abs() < MS);
    server.stop().await;
}
