//! Talking to the tools of liblo: `oscsend` and `oscdump`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::log::log;
use common::program::Program;
use common::timed::{note, now};
use common::wire::{packet, raw_udp};
use common::{FRAMINGS, LOOPBACK, Running};
use oscine::{AddressSpace, Bundle, Client, Impulse, Message, Midi, Nil, Packet, Symbol, TimeTag};
use tokio::process::Command;

const HINT: &str = "it is in the package liblo-tools; .ci/interop-install installs it";

/// A message with every type that liblo's tools know.
fn every_type() -> Message {
    let midi = Midi { port: 0, status: 0x90, data1: 0x40, data2: 0x64 };
    let args = (-5, i64::MAX, 0.25_f32, -1.5, "two words", Symbol("sym"), 'x', midi);
    Message::new("/all", (args, true, false, Nil, Impulse)).unwrap()
}

/// The same as arguments of `oscsend`.
const EVERY_TYPE: [&str; 10] = [
    "/all",
    "ihfdsScmTFNI",
    "-5",
    "9223372036854775807",
    "0.25",
    "-1.5",
    "two words",
    "sym",
    "x",
    "00904064",
];

async fn oscsend(target: &[&str], args: &[&str]) {
    let mut command = Command::new("oscsend");
    let program = Program::start(command.args(target).args(args), HINT);
    assert_eq!(program.finish().await, [""; 0]);
}

#[tokio::test]
#[ignore = "needs liblo-tools"]
async fn oscsend_reaches_our_server() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let gain = pen.clone();
    space.method("/m/1/gain", move |value: f32| gain.note(format!("gain {value}"))).unwrap();
    space.fallback(move |message: Message| pen.note(message));
    let server = Running::start(space).await;
    let (udp, tcp) = (server.udp(), server.tcp());
    let (host, port) = (udp.ip().to_string(), udp.port().to_string());
    for target in
        [&[&*host, &*port][..], &[&format!("osc.udp://{udp}/")], &[&format!("osc.tcp://{tcp}/")]]
    {
        oscsend(target, &EVERY_TYPE).await;
        assert_eq!(log.next().await, every_type().to_string(), "{target:?}");
        oscsend(target, &["/nothing"]).await;
        assert_eq!(log.next().await, "/nothing ,", "{target:?}");
        oscsend(target, &["/empty", "s", ""]).await;
        assert_eq!(log.next().await, r#"/empty ,s """#, "{target:?}");
        oscsend(target, &["/m/{1,2}/g*", "i", "3"]).await;
        assert_eq!(log.next().await, "gain 3", "{target:?}");
    }
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad, stats.connections), (12, 0, 4));
}

/// Starts `oscdump` and waits until it listens; gives it and a client of it.
async fn oscdump(scheme: &str, option: &str) -> (Program, Client) {
    let port = free_port(scheme).await;
    let mut command = Command::new("oscdump");
    let url = format!("{scheme}://:{}/", port.port());
    let mut program = Program::start(command.args(["-L", &url]), HINT);
    let endpoint = format!("{scheme}://{port}{option}");
    let mut attempts = 0;
    let client = loop {
        match Client::connect(&endpoint).await {
            Ok(client) => break client,
            Err(error) => assert!(attempts < 1000, "oscdump does not listen: {error}"),
        }
        attempts += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    program.wake(&client, &packet("/knock", ()), "/knock").await;
    // As many knocks as it takes; this is behind them all.
    client.send(("/awake", ())).await.unwrap();
    while !program.line().await.contains("/awake") {}
    (program, client)
}

/// A port that was free a moment ago.
async fn free_port(scheme: &str) -> SocketAddr {
    if scheme == "osc.tcp" {
        tokio::net::TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap()
    } else {
        raw_udp().await.local_addr().unwrap()
    }
}

/// The next line of `oscdump`: its time tag, and the rest.
async fn dumped(program: &mut Program) -> (TimeTag, String) {
    let line = program.line().await;
    let (time, rest) = line.split_once(' ').unwrap();
    let bits = u64::from_str_radix(&time.replace('.', ""), 16).unwrap();
    (TimeTag(bits), rest.to_owned())
}

async fn check_oscdump(scheme: &str, option: &str) {
    let (mut oscdump, client) = oscdump(scheme, option).await;
    client.send(every_type()).await.unwrap();
    let expected = "/all ihfdsScmTFNI -5 9223372036854775807 0.250000 -1.500000 \"two words\" 'sym \
                    'x' MIDI [0x00 0x90 0x40 0x64] #T #F Nil Infinitum";
    assert_eq!(dumped(&mut oscdump).await.1, expected);
    // Bytes that SLIP escapes, and what oscsend cannot write.
    let packets = [
        packet("/blob", [0xc0_u8, 0xdb, 0x7f]),
        packet("/time", TimeTag(0x0123_4567_89ab_cdef)),
        packet("/none", ()),
    ];
    client.send_all(&packets).await.unwrap();
    assert_eq!(dumped(&mut oscdump).await.1, "/blob b [3b 0xc0 0xdb 0x7f]");
    assert_eq!(dumped(&mut oscdump).await.1, "/time t 01234567.89abcdef");
    assert_eq!(dumped(&mut oscdump).await.1.trim_end(), "/none");

    // Nested bundles, each at its time.
    let soon = now() + Duration::from_millis(200);
    let later = soon + Duration::from_millis(50);
    let inner = Bundle::new(later, [note("later")]).unwrap();
    let bundle = Bundle::new(soon, [Packet::from(note("soon")), inner.into()]).unwrap();
    client.send(bundle).await.unwrap();
    for (tag, name) in [(soon, "soon"), (later, "later")] {
        let dumped = dumped(&mut oscdump).await;
        assert_eq!(dumped, (tag, format!("/note s \"{name}\"")));
        // liblo may be a little early, and this only shows that it does not run them at once.
        let early = tag.saturating_since(now());
        assert!(early < Duration::from_millis(40), "{name} {early:?} early");
    }
    oscdump.kill().await;
}

#[tokio::test]
#[ignore = "needs liblo-tools"]
async fn our_client_reaches_oscdump_over_udp() {
    check_oscdump("osc.udp", "").await;
}

#[tokio::test]
#[ignore = "needs liblo-tools"]
async fn our_client_reaches_oscdump_over_tcp_in_every_framing() {
    for framing in FRAMINGS {
        check_oscdump("osc.tcp", &format!("?framing={framing}")).await;
    }
}
