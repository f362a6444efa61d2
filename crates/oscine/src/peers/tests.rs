//! The gate as a whole.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_codec::{Bundle, DecodeOptions, Message, Packet, Profile, TimeTag};
use oscine_transport::stats::DropCause;
use proptest::prelude::*;

use crate::engine::timing::{LatePolicy, TimePolicy, Timing};
use crate::peer::Peer;
use crate::peers::gate::{Gate, MAX_PEERS, Verdict};
use crate::peers::hosts::MAX_HOLDING;
use crate::peers::line::Held;
use crate::peers::networks::Networks;
use crate::peers::options::PeerOptions;
use crate::peers::rate_limit::{OverLimit, RateLimit};
use crate::peers::rules::PeerRules;
use crate::peers::settings::GateSettings;
use crate::time_offset::TimeOffset;

fn udp(addr: &str) -> Peer {
    Peer::Udp { endpoint: 0, addr: addr.parse().unwrap() }
}

fn numbered(number: usize) -> Peer {
    let [.., a, b, c, d] = number.to_be_bytes();
    Peer::Udp { endpoint: 0, addr: SocketAddr::from(([10 + a, b, c, d], 9000)) }
}

fn gate(limit: RateLimit) -> Gate {
    Gate::new(Arc::new(GateSettings::new(PeerRules::new(), Some(limit), Networks::new())))
}

fn message(address: &str, value: i32) -> Packet {
    Message::new(address, value).unwrap().into()
}

/// What a server's loop does with a packet. Whether it passes at once, or what became of it.
fn offer(gate: &mut Gate, now: Instant, peer: &Peer, packet: &Packet) -> Result<(), Held> {
    match gate.admit(now, peer, packet.as_bytes().len(), || now) {
        Verdict::Admitted(_) => Ok(()),
        Verdict::Over(_) => Err(gate.hold(peer, now, packet.view())),
        Verdict::Refused(DropCause::RateLimited) => Err(Held::Dropped),
        Verdict::Refused(cause) => panic!("{}", cause.name()),
    }
}

#[test]
fn networks_are_for_peers_with_addresses_and_may_change() {
    let networks = |denied: &str| Networks::new().deny(denied).unwrap();
    let settings = GateSettings::new(PeerRules::new(), None, networks("10.0.0.0/8"));
    let settings = Arc::new(settings);
    let mut gate = Gate::new(Arc::clone(&settings));
    let now = Instant::now();
    let others = [
        Peer::Local,
        Peer::Unix { endpoint: 0, connection: 1 },
        Peer::Stream { endpoint: 0, connection: 2 },
        Peer::UnixDatagram { endpoint: 0, path: None },
    ];
    let (ten, eleven) = (udp("10.0.0.1:1"), udp("11.0.0.1:1"));
    let tcp = Peer::Tcp { endpoint: 1, connection: 3, addr: "10.0.0.1:1".parse().unwrap() };
    let mut admitted =
        |peer: &Peer| matches!(gate.admit(now, peer, 8, || now), Verdict::Admitted(_));
    assert!(others.iter().all(&mut admitted));
    assert_eq!([&ten, &eleven, &tcp].map(&mut admitted), [false, true, false]);
    assert!(!settings.permits(&tcp) && settings.permits(&eleven));

    settings.set_networks(networks("11.0.0.0/8"));
    assert_eq!([&ten, &eleven, &tcp].map(&mut admitted), [true, false, true]);
    assert!(others.iter().all(&mut admitted));
    assert_eq!(gate.table().denied.read(), 3);
    // Those who may not send are not remembered.
    assert!(gate.table().view(&eleven).is_none());
    assert_eq!(gate.table().views().len(), 6);
}

#[test]
fn what_is_held_of_a_host_that_is_denied_is_dropped() {
    let limit = RateLimit::per_second(1).over(OverLimit::Latest);
    let settings = Arc::new(GateSettings::new(PeerRules::new(), Some(limit), Networks::new()));
    let mut gate = Gate::new(Arc::clone(&settings));
    let now = Instant::now();
    let (one, other) = (udp("10.0.0.1:1"), udp("11.0.0.1:1"));
    for peer in [&one, &other] {
        assert_eq!(offer(&mut gate, now, peer, &message("/a", 0)), Ok(()));
        assert_eq!(offer(&mut gate, now, peer, &message("/a", 1)), Err(Held::Kept));
    }
    settings.set_networks(Networks::new().deny("10.0.0.0/8").unwrap());
    let later = now + Duration::from_secs(9);
    assert_eq!(gate.release(later).map(|held| held.sender.peer().clone()), Some(other));
    assert!(gate.release(later).is_none());
    assert_eq!((gate.held(), gate.next_due(), gate.table().limited.read()), (0, None, 1));
}

#[test]
fn options_are_those_of_the_rules_and_then_the_servers() {
    let field = DecodeOptions::new().profile(Profile::Field);
    let offset = TimeOffset::ahead(Duration::from_millis(40));
    let of_peer = PeerOptions::new().decode(field).offset(offset).late(LatePolicy::Deliver);
    let rules = PeerRules::new().peers_at(1, "10.0.0.1", of_peer).unwrap();
    let late = Timing::new().late(LatePolicy::DropAfter(Duration::ZERO)).time(TimePolicy::HandOver);
    let settings = GateSettings::new(rules, None, Networks::new());
    let mut gate = Gate::new(Arc::new(settings));
    let timing = Timing::new().time(TimePolicy::HandOver).offset(offset);
    for (endpoint, addr, ruled) in [
        (1, "10.0.0.1:1", true),
        (0, "10.0.0.1:1", false),
        (1, "10.0.0.1:1", true),
        (1, "10.0.0.1:2", true),
        (1, "10.0.0.2:1", false),
    ] {
        let peer = Peer::Udp { endpoint, addr: addr.parse().unwrap() };
        let verdict = gate.admit(Instant::now(), &peer, 8, Instant::now);
        let Verdict::Admitted(admitted) = verdict else { panic!("{verdict:?}") };
        let expected = if ruled { (Some(field), timing) } else { (None, late) };
        let settled = admitted.settled;
        assert_eq!((settled.decode, settled.timing.or(late)), expected);
        assert_eq!(admitted.counters.peer(), &peer);
    }
}

#[test]
fn hosts_share_a_limit_and_connections_do_not() {
    let mut gate = gate(RateLimit::per_second(10).burst(2));
    let start = Instant::now();
    let mut passes = |millis, peer: &Peer| {
        let now = start + Duration::from_millis(millis);
        offer(&mut gate, now, peer, &message("/a", 0)).is_ok()
    };
    let (one, other) = (udp("10.0.0.1:1"), udp("[::ffff:10.0.0.1]:2"));
    let tcp =
        |connection| Peer::Tcp { endpoint: 1, connection, addr: "10.0.0.1:3".parse().unwrap() };
    assert_eq!(
        [&one, &other, &tcp(1), &one].map(|peer| passes(0, peer)),
        [true, true, false, false]
    );
    assert_eq!([&one, &tcp(2), &other].map(|peer| passes(100, peer)), [true, false, false]);
    assert!(passes(0, &udp("10.0.0.2:1")), "another host");
    for connection in 0..3 {
        let unix = Peer::Unix { endpoint: 2, connection };
        assert_eq!([&unix; 3].map(|peer| passes(0, peer)), [true, true, false]);
    }
    assert!((0..100).all(|_| passes(0, &Peer::Local)));
    assert_eq!(gate.table().view(&one).map(|view| (view.packets, view.limited)), Some((3, 1)));
    assert_eq!(gate.table().limited.read(), 7);

    let mut muted = self::gate(RateLimit::per_second(0).over(OverLimit::Latest));
    assert_eq!(offer(&mut muted, start, &one, &message("/a", 0)), Err(Held::Dropped));
    let mut open = self::gate(RateLimit::unlimited());
    assert!((0..100).all(|_| offer(&mut open, start, &one, &message("/a", 0)).is_ok()));
}

#[test]
fn a_new_value_takes_the_place_of_the_old_one() {
    let mut gate = gate(RateLimit::per_second(10).burst(1).over(OverLimit::Latest));
    let start = Instant::now();
    let peer = udp("10.0.0.1:1");
    let bundle =
        Packet::from(Bundle::new(TimeTag::IMMEDIATE, [Message::new("/a", ()).unwrap()]).unwrap());
    for (packet, outcome) in [
        (message("/a", 1), Ok(())),
        (message("/a", 2), Err(Held::Kept)),
        (message("/b", 3), Err(Held::Kept)),
        (message("/a", 4), Err(Held::Replaced)),
        (message("/*", 5), Err(Held::Dropped)),
        (bundle, Err(Held::Dropped)),
    ] {
        assert_eq!(offer(&mut gate, start, &peer, &packet), outcome);
    }
    let later = start + Duration::from_millis(100);
    assert_eq!(gate.next_due(), Some(later));
    assert!(gate.release(later - Duration::from_nanos(1)).is_none());
    // Nothing overtakes what is held, though it is not yet taken out.
    assert_eq!(offer(&mut gate, later, &peer, &message("/c", 6)), Err(Held::Kept));
    let mut released = Vec::new();
    while let Some(due) = gate.next_due() {
        let held = gate.release(due).unwrap();
        released.push((due - start, held.message.address().to_owned()));
        let received = if held.message.address() == "/c" { later } else { start };
        assert_eq!((held.sender.peer(), held.received_at), (&peer, received));
    }
    let millis = Duration::from_millis;
    let expected = [(millis(100), "/a"), (millis(200), "/b"), (millis(300), "/c")];
    assert_eq!(released, expected.map(|(due, address)| (due, address.to_owned())));
    let view = gate.table().view(&peer).unwrap();
    assert_eq!((view.packets, view.limited, view.coalesced), (7, 2, 1));
    assert_eq!((view.first_seen, view.last_seen), (start, later));
}

/// A packet on its way: whether it is a message with a literal address, its address, its value.
#[derive(Debug, Clone)]
struct Step {
    nanos: u64,
    host: usize,
    address: usize,
    kind: u8,
    lazy: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let nanos = prop_oneof![Just(0_u64), 0_u64..3_000_000, 0_u64..400_000_000];
    (nanos, 0_usize..3, 0_usize..6, 0_u8..10, prop::bool::weighted(0.2))
        .prop_map(|(nanos, host, address, kind, lazy)| Step { nanos, host, address, kind, lazy })
}

proptest! {
    /// Everything offered is accounted for, the rate holds, values of an address never go backwards, and the last one
    /// that was not dropped arrives.
    #[test]
    fn latest_loses_no_last_value(
        rate in 1_u32..400,
        burst in 1_u32..5,
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut gate = gate(RateLimit::per_second(rate).burst(burst).over(OverLimit::Latest));
        let start = Instant::now();
        let mut now = start;
        let (mut offered, mut passed, mut held, mut value) = (0_u64, 0_u64, 0_u64, 0);
        let mut wanted = HashMap::new();
        let mut arrived: HashMap<(Peer, String), i32> = HashMap::new();
        let mut times: HashMap<Peer, Vec<Instant>> = HashMap::new();
        let mut arrive = |now: Instant, peer: &Peer, message: &Message| -> bool {
            times.entry(peer.clone()).or_default().push(now);
            let value = message.args().parse::<i32>().unwrap();
            let key = (peer.clone(), message.address().to_owned());
            arrived.insert(key, value).is_none_or(|older| older < value)
        };
        for step in &steps {
            now += Duration::from_nanos(step.nanos);
            // A loop that is not lazy takes out first what may pass.
            let due = std::iter::from_fn(|| gate.release(now)).take(if step.lazy { 0 } else { 9 });
            for held in due {
                passed += 1;
                prop_assert!(arrive(now, held.sender.peer(), &held.message));
            }
            let peer = numbered(step.host);
            value += 1;
            let address = format!("/{}", step.address);
            let message = match step.kind {
                0 => Message::new(format!("{address}*"), value).unwrap(),
                _ => Message::new(address.clone(), value).unwrap(),
            };
            let packet = match step.kind {
                1 => Bundle::new(TimeTag::IMMEDIATE, [message.clone()]).unwrap().into(),
                _ => Packet::from(message.clone()),
            };
            offered += 1;
            match offer(&mut gate, now, &peer, &packet) {
                Ok(()) => {
                    passed += 1;
                    prop_assert!(arrive(now, &peer, &message));
                    wanted.insert((peer, message.address().to_owned()), value);
                }
                Err(Held::Dropped) => prop_assert!(step.kind < 2, "there is room"),
                Err(outcome) => {
                    held += u64::from(outcome == Held::Kept);
                    wanted.insert((peer, message.address().to_owned()), value);
                }
            }
            let table = gate.table();
            let gone = table.limited.read() + table.coalesced.read();
            prop_assert_eq!(offered, passed + gone + gate.held() as u64);
        }
        prop_assert!(held >= gate.held() as u64);
        while let Some(due) = gate.next_due() {
            now = now.max(due);
            let held = gate.release(now);
            let held = held.unwrap();
            passed += 1;
            prop_assert!(arrive(now, held.sender.peer(), &held.message));
        }
        prop_assert_eq!(gate.held(), 0);
        let table = gate.table();
        prop_assert_eq!(offered, passed + table.limited.read() + table.coalesced.read());
        let views = table.views();
        prop_assert_eq!(views.iter().map(|view| view.packets).sum::<u64>(), offered);
        prop_assert_eq!(views.iter().map(|view| view.limited).sum::<u64>(), table.limited.read());
        prop_assert_eq!(arrived, wanted);
        for times in times.values() {
            for (first, from) in times.iter().enumerate() {
                for (count, until) in (1_u128..).zip(&times[first..]) {
                    let elapsed = until.duration_since(*from).as_nanos();
                    let allowed = u128::from(burst) * 1_000_000_000 + elapsed * u128::from(rate);
                    prop_assert!(count * 1_000_000_000 <= allowed);
                }
            }
        }
    }
}

#[test]
fn tables_are_bounded_whoever_comes() {
    let mut gate = gate(RateLimit::per_second(1).over(OverLimit::Latest));
    let start = Instant::now();
    let count = 3 * MAX_PEERS;
    let mut kept = 0;
    for number in 0..count {
        let (now, peer) = (start + Duration::from_micros(number as u64), numbered(number));
        assert_eq!(offer(&mut gate, now, &peer, &message("/a", 0)), Ok(()));
        let second = offer(&mut gate, now, &peer, &message("/a", 1));
        assert_eq!(second, Err(if number < MAX_HOLDING { Held::Kept } else { Held::Dropped }));
        kept += usize::from(second == Err(Held::Kept));
    }
    let mut views = gate.table().views();
    assert!(views.len() <= MAX_PEERS && views.len() >= MAX_PEERS / 8 * 7, "{}", views.len());
    // Those that are known are those that came last.
    views.sort_by_key(|view| view.first_seen);
    let first = count - views.len();
    for (number, view) in (first..).zip(&views) {
        assert_eq!((&view.peer, view.packets), (&numbered(number), 2));
    }
    assert!(gate.table().view(&numbered(0)).is_none());
    // What is held passes, also of peers that are not remembered.
    assert_eq!(gate.held(), kept);
    let later = start + Duration::from_secs(60);
    let released = std::iter::from_fn(|| gate.release(later)).count();
    assert_eq!((released, gate.next_due()), (kept, None));
}

#[test]
fn closing_a_connection_forgets_it_but_not_what_its_host_has_sent() {
    let mut gate = gate(RateLimit::per_second(1).burst(2).over(OverLimit::Latest));
    let start = Instant::now();
    let tcp =
        |connection| Peer::Tcp { endpoint: 0, connection, addr: "10.0.0.1:1".parse().unwrap() };
    let offers = |gate: &mut Gate, peer: &Peer| {
        [1, 2, 3].map(|value| offer(gate, start, peer, &message("/a", value)).is_ok())
    };
    assert_eq!(offers(&mut gate, &tcp(1)), [true, true, false]);
    gate.forget(&tcp(1));
    assert!(gate.table().views().is_empty());
    assert_eq!(offers(&mut gate, &tcp(2)), [false, false, false]);
    let mut dropping = self::gate(RateLimit::per_second(1).burst(2));
    assert_eq!(offers(&mut dropping, &tcp(1)), [true, true, false]);
    dropping.forget(&tcp(1));
    assert_eq!(offers(&mut dropping, &tcp(2)), [false, false, false]);
    let unix = |connection| Peer::Unix { endpoint: 0, connection };
    assert_eq!(offers(&mut gate, &unix(1)), [true, true, false]);
    gate.forget(&unix(1));
    gate.forget(&unix(1));
    assert_eq!(offers(&mut gate, &unix(2)), [true, true, false]);
    assert_eq!(gate.table().views().len(), 2);
    // What was said last arrives all the same.
    assert_eq!(gate.held(), 3);
    let later = start + Duration::from_secs(9);
    let senders = std::iter::from_fn(|| gate.release(later)).map(|held| held.sender.peer().clone());
    let mut senders: Vec<_> = senders.collect();
    senders.sort();
    assert_eq!(senders, [tcp(2), unix(1), unix(2)]);
}

#[test]
fn views_tell_what_was_counted() {
    let mut gate = Gate::new(Arc::default());
    let start = Instant::now();
    let (one, other) = (udp("10.0.0.1:1"), udp("10.0.0.2:1"));
    for (millis, peer, bytes) in [(0, &one, 8), (1, &one, 12), (2, &other, 16), (5, &one, 20)] {
        let at = start + Duration::from_millis(millis);
        let verdict = gate.admit(at, peer, bytes, || panic!("there is no rate"));
        let Verdict::Admitted(admitted) = verdict else { panic!("{verdict:?}") };
        admitted.counters.bad.add(usize::from(bytes == 12));
    }
    let view = gate.table().view(&one).unwrap();
    assert_eq!((view.packets, view.bytes, view.bad), (3, 40, 1));
    assert_eq!((view.limited, view.coalesced), (0, 0));
    assert_eq!((view.first_seen, view.last_seen), (start, start + Duration::from_millis(5)));
    assert_eq!(gate.table().view(&other).unwrap().bytes, 16);
    assert_eq!(gate.table().view(&Peer::Local), None);
}
