//! What a handler can ask for: arguments of every type, and the circumstances of the message.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use common::log::log;
use common::wire::packet;
use common::{Running, run, within};
use oscine::handler::filter;
use oscine::{
    Address, AddressSpace, Arg, ArgSink, Bundle, BundleTime, Call, Char, Color, EncodeError,
    FromArg, FromArgs, FromCall, Handler, HandlerExt, Impulse, Lateness, Message, Midi, Nil, Peer,
    ReadError, ReceivedAt, Reply, Rest, Symbol, TimeTag, ToArg, ToArgs,
};

/// Sends a message with `args` to a handler; says whether it ran.
async fn fits<M>(args: impl ToArgs, handler: impl Handler<M>) -> bool {
    let (_, log) = log();
    let space = AddressSpace::new();
    space.method("/a", handler).unwrap();
    let (_, stats) = run(&space, log, &[packet("/a", args)]).await;
    assert_eq!(stats.handler_panics, 0, "the handler got other values than were sent");
    assert_eq!(stats.misfits + stats.calls, 2);
    stats.misfits == 0
}

#[tokio::test]
async fn every_type_of_argument_is_a_parameter() {
    let color = Color { r: 1, g: 2, b: 3, a: 4 };
    let midi = Midi { port: 1, status: 0x90, data1: 64, data2: 127 };
    let tag = TimeTag(0x0123_4567_89ab_cdef);
    let first = (-5, i64::MIN, 0.25_f32, -1e300, true, 'x', "text", *b"blob", tag, color, midi);
    assert!(
        fits(
            first,
            move |i: i32,
                  h: i64,
                  f: f32,
                  d: f64,
                  b: bool,
                  c: char,
                  s: String,
                  blob: Bytes,
                  t: TimeTag,
                  r: Color,
                  m: Midi| {
                assert_eq!((i, h, f, d, b, c), (-5, i64::MIN, 0.25, -1e300, true, 'x'));
                assert_eq!((&*s, &*blob, t, r, m), ("text", &b"blob"[..], tag, color, midi));
            }
        )
        .await
    );
    let second = (false, Nil, Impulse, Symbol("sym"), Char(0x00ff_ffff), Vec::<u8>::new());
    assert!(
        fits(
            second,
            |b: bool, nil: Nil, bang: Impulse, s: Symbol<String>, c: Char, blob: Bytes| {
                assert_eq!((b, nil, bang), (false, Nil, Impulse));
                assert_eq!((&*s.0, c, blob.len()), ("sym", Char(0x00ff_ffff), 0));
            }
        )
        .await
    );
}

#[tokio::test]
async fn numbers_and_truth_values_stand_in_for_each_other() {
    let numbers = (1, 1_i64, 1.0_f32, 1.0, true);
    assert!(fits(numbers, |values: Rest<i32>| assert_eq!(values.0, [1; 5])).await);
    assert!(fits(numbers, |values: Rest<i64>| assert_eq!(values.0, [1; 5])).await);
    assert!(fits(numbers, |values: Rest<f32>| assert_eq!(values.0, [1.0; 5])).await);
    assert!(fits(numbers, |values: Rest<f64>| assert_eq!(values.0, [1.0; 5])).await);
    assert!(fits(numbers, |values: Rest<bool>| assert_eq!(values.0, [true; 5])).await);
    assert!(fits(false, |value: i32| assert_eq!(value, 0)).await);
    assert!(fits(Symbol("s"), |value: String| assert_eq!(value, "s")).await);
    // And nothing else does.
    assert!(!fits("1", |_: i32| ()).await);
    assert!(!fits(1, |_: String| ()).await);
    assert!(!fits(i64::MAX, |_: i32| ()).await);
    assert!(!fits(f32::NAN, |_: i32| ()).await);
    assert!(!fits(Nil, |_: f32| ()).await);
    assert!(!fits("c", |_: char| ()).await);
    assert!(!fits(Color { r: 0, g: 0, b: 0, a: 0 }, |_: Midi| ()).await);
}

#[tokio::test]
async fn options_arrays_tuples_and_the_rest() {
    let pair = |a: i32, b: Option<i32>| assert_eq!((a, b), (1, None));
    assert!(fits(1, pair).await);
    assert!(fits((1, Nil), pair).await);
    assert!(!fits((1, "x"), pair).await);
    assert!(fits((1, 2), |_: i32, b: Option<i32>| assert_eq!(b, Some(2))).await);
    assert!(fits((), |a: Option<f32>| assert_eq!(a, None)).await);

    let nested = (vec![vec![1, 2], vec![], vec![3]], [0.5_f32, 1.5]);
    assert!(
        fits(nested, |a: Vec<Vec<i32>>, b: [f32; 2]| {
            assert_eq!((a, b), (vec![vec![1, 2], vec![], vec![3]], [0.5, 1.5]));
        })
        .await
    );
    assert!(!fits([1, 2, 3], |_: [i32; 2]| ()).await);
    assert!(!fits([1, 2, 3], |_: i32, _: i32, _: i32| ()).await);
    assert!(fits(*b"blob", |blob: Vec<u8>| assert_eq!(blob, b"blob")).await);

    let pairs = |name: String, rest: Rest<(i32, String)>| {
        assert_eq!((name.as_str(), rest.0), ("n", vec![(1, "a".into()), (2, "b".into())]));
    };
    assert!(fits(("n", 1, "a", 2, "b"), pairs).await);
    assert!(!fits(("n", 1, "a", 2), pairs).await);
    assert!(fits((), |rest: Rest<i32>| assert_eq!(rest.0, [0; 0])).await);
    assert!(fits((1, 2, 3), |a: (i32, i32), b: i32| assert_eq!((a, b), ((1, 2), 3))).await);
}

#[tokio::test]
async fn a_handler_takes_all_arguments_or_does_not_run() {
    assert!(fits((), || ()).await);
    assert!(!fits(1, || ()).await);
    assert!(!fits(1, |_: Peer, _: Reply| ()).await);
    assert!(fits((1, "x"), |message: Message| assert_eq!(message.args().count(), 2)).await);
    // Arguments and circumstances in any order.
    let mixed = |a: i32, peer: Peer, b: i32, message: Message| {
        assert_eq!((a, b, message.address()), (1, 2, "/a"));
        assert!(peer.addr().is_some());
    };
    assert!(fits((1, 2), mixed).await);
}

#[tokio::test]
async fn twelve_parameters_sync_and_async() {
    macro_rules! twelve {
        ($($asyncness:ident)?) => {
            $($asyncness)? |a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, peer: Peer, g: i32,
                            h: i32, i: i32, at: BundleTime, j: i32| {
                assert_eq!([a, b, c, d, e, f, g, h, i, j], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
                assert!(at.0.is_immediate() && peer.addr().is_some());
            }
        };
    }
    let args = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    assert!(fits(args, twelve!()).await);
    assert!(fits(args, twelve!(async)).await);
    let all = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    assert!(fits(all, |rest: Rest<i32>| assert_eq!(rest.0.len(), 12)).await);
}

/// A parameter of a user's own.
struct Decibel(f32);

impl FromCall for Decibel {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        let value = f32::from_call(call)?;
        if value > 0.0 { Err(call.args().bad_value("above 0 dB")) } else { Ok(Self(value)) }
    }
}

#[tokio::test]
async fn a_parameter_of_ones_own_reads_and_refuses() {
    assert!(fits(-6, |gain: Decibel| assert_eq!(gain.0.to_bits(), (-6.0_f32).to_bits())).await);
    assert!(!fits(6, |_: Decibel| ()).await);
}

/// A type of argument of a user's own: on the wire a text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Colour {
    Red,
    Blue,
}

impl ToArg for Colour {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        let name = if *self == Self::Red { "red" } else { "blue" };
        name.to_arg(sink)
    }
}

impl<'a> FromArg<'a> for Colour {
    const EXPECTED: &'static str = "red or blue";

    fn from_arg(arg: Arg<'a>) -> Option<Self> {
        match <&str>::from_arg(arg)? {
            "red" => Some(Self::Red),
            "blue" => Some(Self::Blue),
            _ => None,
        }
    }
}

impl FromCall for Colour {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        Self::from_args(call.args())
    }
}

#[tokio::test]
async fn a_type_of_argument_of_ones_own_goes_wherever_arguments_go() {
    use Colour::{Blue, Red};
    assert!(fits(Red, |colour: Colour| assert_eq!(colour, Red)).await);
    assert!(!fits("green", |_: Colour| ()).await);
    let list = |first: Option<Colour>, list: Vec<Colour>, rest: Rest<Colour>| {
        assert_eq!((first, list, rest.0), (Some(Blue), vec![Red, Blue], vec![Blue]));
    };
    assert!(fits((Blue, vec![Red, Blue], Blue), list).await);
    let only = (|_: Colour| ()).when(filter::argument(0, Blue));
    assert!(fits(Blue, only).await);
    assert!(!fits(Red, (|_: Colour| ()).when(filter::argument(0, Blue))).await);
}

#[tokio::test]
async fn the_address_is_the_methods_and_the_message_is_as_sent() {
    let (pen, log) = log();
    let space = AddressSpace::new();
    for address in ["/a/1", "/a/2"] {
        let pen = pen.clone();
        let handler = move |own: Address, message: Message| {
            pen.note(format!("{own} by {}", message.address()));
        };
        space.method(address, handler).unwrap();
    }
    // The address of a fallback is the message's own, when it is one.
    let fallback = pen.clone();
    space.fallback(move |own: Address, _: Message| fallback.note(format!("fallback {own}")));
    let addresses = ["/a/1", "/a/*", "/b", "/b/*"];
    let packets = addresses.map(|address| packet(address, 5));
    let (noted, stats) = run(&space, log, &packets).await;
    assert_eq!(noted, ["/a/1 by /a/1", "/a/1 by /a/*", "/a/2 by /a/*", "fallback /b"]);
    assert_eq!((stats.unmatched, stats.misfits), (2, 1));
}

/// What the messages of a packet saw of their circumstances.
type Seen = Vec<(String, Peer, TimeTag, Instant, Duration)>;

#[tokio::test]
async fn messages_of_a_packet_share_peer_and_time_and_have_their_own_bundles_tag() {
    let seen = Arc::new(Mutex::new(Seen::new()));
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let notes = Arc::clone(&seen);
    space
        .method(
            "/a",
            move |name: String, peer: Peer, at: BundleTime, read: ReceivedAt, late: Lateness| {
                notes.lock().unwrap().push((name.clone(), peer, at.0, read.0, late.0));
                pen.note(name);
            },
        )
        .unwrap();
    let server = Running::start(space).await;
    let client = server.udp_client().await;

    let begun = Instant::now();
    let now = TimeTag::from(SystemTime::now());
    let (past, soon) = (now - Duration::from_secs(2), now + Duration::from_millis(200));
    let message = |name| Message::new("/a", name).unwrap();
    let inner = Bundle::new(soon, [message("soon")]).unwrap();
    let nested = Bundle::builder(past).element(message("past")).element(inner).build().unwrap();
    let whole = Bundle::builder(TimeTag::IMMEDIATE).element(message("at once")).element(nested);
    client.send(whole.build()).await.unwrap();
    client.send(("/a", "alone")).await.unwrap();
    let mut names = log.take(4).await;
    names.sort();
    assert_eq!(names, ["alone", "at once", "past", "soon"]);

    let seen = seen.lock().unwrap().clone();
    let of = |name: &str| seen.iter().find(|seen| seen.0 == name).unwrap().clone();
    let packet = of("at once");
    for (name, tag) in [("at once", TimeTag::IMMEDIATE), ("past", past), ("soon", soon)] {
        let (_, peer, own_tag, received_at, _) = of(name);
        assert_eq!((peer, own_tag, received_at), (packet.1.clone(), tag, packet.3), "{name}");
    }
    assert_eq!(packet.1, Peer::Udp { endpoint: 0, addr: same_host(&client) });
    assert!(begun <= packet.3 && packet.3 <= Instant::now());
    assert_eq!(
        (of("alone").2, of("alone").4, packet.4),
        (TimeTag::IMMEDIATE, Duration::ZERO, Duration::ZERO)
    );
    assert!(of("past").4 >= Duration::from_secs(2));
    assert_eq!(server.stop().await.received, 2);
}

/// Where a server on loopback sees a client that is bound to all interfaces.
fn same_host(client: &oscine::Client) -> std::net::SocketAddr {
    (std::net::Ipv4Addr::LOCALHOST, client.local_addr().unwrap().port()).into()
}

#[tokio::test]
async fn a_peer_on_tcp_has_a_connection_of_its_own() {
    let space = AddressSpace::new();
    space.method("/who", |peer: Peer| ("/you", peer.to_string())).unwrap();
    let server = Running::start(space).await;
    for framing in common::FRAMINGS {
        let client = server.tcp_client(framing).await;
        let local = client.local_addr().unwrap();
        let answer = within(client.request(("/who", ()), "/you")).await.unwrap();
        assert_eq!(answer.args().parse::<&str>().unwrap(), format!("tcp://{local}"));
    }
    assert_eq!(server.stop().await.connections, 3);
}
