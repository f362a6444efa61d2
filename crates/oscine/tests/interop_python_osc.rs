//! Talking to python-osc, both ways, over UDP and both framings of TCP.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use common::log::log;
use common::program::Program;
use common::timed::{noting_space, now};
use common::{Running, within};
use oscine::{AddressSpace, Bundle, Client, Message, Midi, Nil, Packet, TimeTag, ToArgs};
use tokio::process::Command;

const HINT: &str =
    "OSCINE_PYTHON names a python that has python-osc; .ci/interop-install makes one";

/// A script that lies beside this file, run by a python with python-osc.
async fn python(script: &str, args: &[&str]) -> Program {
    let python = std::env::var_os("OSCINE_PYTHON").unwrap_or_else(|| OsString::from("python3"));
    let mut probe = Command::new(&python);
    probe.args(["-c", "import importlib.metadata as m; print(m.version('python-osc'))"]);
    // Fails with what python says when the package is not there.
    let version = Program::start(&mut probe, HINT).line().await;
    assert!(version.starts_with("1.10"), "python-osc 1.10 is needed, {version} is there: {HINT}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script);
    Program::start(Command::new(&python).arg(path).args(args), HINT)
}

/// What a client of python-osc may be, and where it finds the server.
fn transports(server: &Running) -> [(&'static str, String); 5] {
    let (udp, tcp) = (server.udp().port().to_string(), server.tcp().port().to_string());
    [
        ("udp", udp),
        ("tcp-1.0", tcp.clone()),
        ("tcp-1.1", tcp.clone()),
        ("async-1.0", tcp.clone()),
        ("async-1.1", tcp),
    ]
}

#[tokio::test]
#[ignore = "needs python-osc 1.10"]
async fn its_clients_have_replies_from_our_server() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let echo = move |message: Message| {
        pen.note(&message);
        Message::new("/echoed", message.args())
    };
    space.method("/echo", echo).unwrap();
    space.method("/twice", |number: i32| vec![("/first", number), ("/second", number)]).unwrap();
    let server = Running::start(space).await;
    for (transport, port) in transports(&server) {
        let client = python("client.py", &[transport, &port, "ask"]).await;
        let replies = client.finish().await;
        let echoed = "/echoed [-5, -1099511627776, 0.25, 'two words', b'\\xc0\\xdb\\x00', True, \
                      False, None, (1, 144, 64, 127), [1, [2, 'x'], []]]";
        assert_eq!(replies, [echoed, "/first [1]", "/second [1]"], "{transport}");
        assert_eq!(log.next().await, every_type("/echo").to_string(), "{transport}");
    }
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad, stats.connections), (10, 0, 4));
}

/// A message with every type that python-osc makes of its values.
fn every_type(address: &str) -> Message {
    let midi = Midi { port: 1, status: 0x90, data1: 64, data2: 127 };
    let args = (-5, -(1_i64 << 40), 0.25_f32, "two words", [0xc0_u8, 0xdb, 0], true, false, Nil);
    let builder = Message::builder(address).arg(args).arg(midi).open_array().arg(1);
    let builder = builder.open_array().arg((2, "x")).close_array();
    builder.open_array().close_array().close_array().build().unwrap()
}

#[tokio::test]
#[ignore = "needs python-osc 1.10"]
async fn its_bundles_are_not_run_early() {
    let (space, mut log) = noting_space();
    let server = Running::start(space).await;
    let transports = transports(&server);
    for (transport, port) in &transports {
        python("client.py", &[transport, port, "bundle"]).await.finish().await;
        let notes = log.take(4).await;
        let expected = ["at once", "soon", "after a nested bundle", "later"];
        assert_eq!(notes, expected, "{transport}");
    }
    let stats = server.stop().await;
    assert_eq!((stats.scheduled, stats.released, stats.bad), (10, 10, 0));
}

/// A server of python-osc, and a client of it.
async fn serve(transport: &str, framing: &str) -> (Program, Client) {
    let mut program = python("server.py", &[transport]).await;
    let port = program.line().await;
    let scheme = if transport == "udp" { "udp" } else { "tcp" };
    let endpoint = format!("osc.{scheme}://127.0.0.1:{port}{framing}");
    let client = Client::builder().timeout(Duration::from_secs(60)).connect(endpoint).await;
    (program, client.unwrap())
}

const SERVERS: [(&str, &str); 6] = [
    ("udp", ""),
    ("tcp-1.0", "?framing=length"),
    ("tcp-1.1", "?framing=slip"),
    ("tcp-1.1", ""),
    ("async-1.0", "?framing=length"),
    ("async-1.1", "?framing=slip"),
];

async fn echo(client: &mut Client, args: impl ToArgs + Copy) {
    let reply = within(client.request(Message::new("/echo", args), "/echoed")).await.unwrap();
    assert_eq!(reply, Message::new("/echoed", args).unwrap());
}

#[tokio::test]
#[ignore = "needs python-osc 1.10"]
async fn our_client_has_replies_from_its_servers() {
    for (transport, framing) in SERVERS {
        let (program, mut client) = serve(transport, framing).await;
        echo(&mut client, every_type("/x").args()).await;
        echo(&mut client, ()).await;
        for number in 0..10 {
            echo(&mut client, (number, "text")).await;
        }
        program.kill().await;
    }
}

#[tokio::test]
#[ignore = "needs python-osc 1.10"]
async fn our_bundles_run_there_at_their_time() {
    for (transport, framing) in SERVERS {
        let (program, mut client) = serve(transport, framing).await;
        let soon = now() + Duration::from_millis(200);
        let later = soon + Duration::from_millis(50);
        let time = |name| Message::new("/time", name).unwrap();
        let inner = Bundle::new(later, [time("later")]).unwrap();
        let bundle = Bundle::new(soon, [Packet::from(time("soon")), inner.into()]);
        client.send(bundle).await.unwrap();
        let at_once = Bundle::new(TimeTag::IMMEDIATE, [time("at once")]);
        for (tag, name) in [(soon, "soon"), (later, "later")] {
            let reply = within(client.recv()).await.unwrap();
            let (reply_name, nanos) = times(&reply);
            assert_eq!(reply_name, name, "{transport}");
            let (seconds, fraction) = tag.to_unix();
            let due = i128::from(seconds) * 1_000_000_000 + i128::from(fraction);
            // Python counts time in floats, and is a microsecond or so early.
            assert!(nanos >= due - 10_000, "{transport}: {name} ran {} ns early", due - nanos);
        }
        client.send(at_once).await.unwrap();
        assert_eq!(times(&within(client.recv()).await.unwrap()).0, "at once");
        program.kill().await;
    }
}

/// The name and the time in the answer to `/time name`.
fn times(reply: &Packet) -> (String, i128) {
    let Packet::Message(reply) = reply else { panic!("{reply:?} is no message") };
    let (name, nanos) = reply.args().parse::<(&str, &str)>().unwrap();
    (name.to_owned(), nanos.parse().unwrap())
}
