//! The whole road in one process: a server on UDP and TCP, and clients that talk to it in every way.
//!
//! Prints each message that is dispatched, with its lateness. Exits with 1 if one is missing or early.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use oscine::{AddressSpace, Bundle, BundleTime, Client, Endpoint, Message, Server, TimeTag};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// What the server dispatched: an address, and how much later than its time tag, in microseconds.
type Seen = (String, i64);

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (sender, mut seen) = unbounded_channel();
    let server = Server::builder()
        .udp("127.0.0.1:0")
        .tcp("127.0.0.1:0")
        .address_space(address_space(&sender)?)
        .bind()
        .await?;
    let handle = server.handle();
    let serving = tokio::spawn(server.serve().into_future());
    let [udp, tcp] = &handle.endpoints()[..] else { return Err("two endpoints were bound".into()) };
    println!("listening on {udp} and {tcp}\n");

    // One message on UDP, one on TCP in each framing.
    let client = Client::connect(udp).await?;
    client.send(("/synth/note", (60, "on UDP"))).await?;
    for framing in ["slip", "length"] {
        let Endpoint::Tcp { host, port, .. } = tcp else { return Err("not TCP".into()) };
        let endpoint = format!("osc.tcp://{host}:{port}?framing={framing}");
        let mut client = Client::connect(endpoint).await?;
        client.send(("/synth/note", (62, format!("on TCP, framing {framing}")))).await?;
        client.close().await?;
    }

    // A pattern that matches two methods.
    client.send(("/light/*/level", 0.5_f32)).await?;

    // A request and its reply.
    let reply = client.request(("/add", (2, 3)), "/sum").await?;
    println!("{:<44} reply to /add", reply.to_string());
    let sum: i32 = reply.args().parse()?;

    // A bundle in 250 ms, and nested in it another in 400 ms.
    let now = TimeTag::from(SystemTime::now());
    let finale = Bundle::new(now + Duration::from_millis(400), [Message::new("/cue/finale", ())?])?;
    let bundle = Bundle::builder(now + Duration::from_millis(250))
        .element(Message::new("/cue/go", 1)?)
        .element(finale)
        .element(Message::new("/cue/go", 2)?)
        .build()?;
    client.send(bundle).await?;

    let expected = [
        ("/synth/note", 3),
        ("/light/1/level", 1),
        ("/light/2/level", 1),
        ("/add", 1),
        ("/cue/go", 2),
        ("/cue/finale", 1),
    ];
    let complete = timeout(Duration::from_secs(2), check(&mut seen, &expected)).await;
    handle.stop();
    serving.await??;

    println!("\n{:?}", handle.stats());
    match complete {
        Ok(true) if sum == 5 => Ok(ExitCode::SUCCESS),
        Ok(_) => {
            println!("a message was early, or not expected");
            Ok(ExitCode::FAILURE)
        }
        Err(_) => {
            println!("a message is missing");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The methods of the server. All of them tell `sender` what they saw.
fn address_space(sender: &UnboundedSender<Seen>) -> Result<AddressSpace, Box<dyn Error>> {
    let space = AddressSpace::new();
    for address in ["/light/1/level", "/light/2/level"] {
        let see = see(sender, address);
        space.method(address, move |_level: f32, at: BundleTime, message: Message| {
            see(at, &message)
        })?;
    }
    // Handlers may be async, and take arguments and circumstances in any order.
    let see_note = see(sender, "/synth/note");
    space.method("/synth/note", move |at: BundleTime, message: Message| {
        see_note(at, &message);
        async {}
    })?;
    let see_add = see(sender, "/add");
    space.method("/add", move |a: i32, b: i32, at: BundleTime, message: Message| {
        see_add(at, &message);
        ("/sum", a + b)
    })?;
    for address in ["/cue/go", "/cue/finale"] {
        let see = see(sender, address);
        space.method(address, move |at: BundleTime, message: Message| see(at, &message))?;
    }
    Ok(space)
}

/// Prints a message with its lateness, measured by the system's own clock, and passes both on.
fn see(
    sender: &UnboundedSender<Seen>,
    method: &'static str,
) -> impl Fn(BundleTime, &Message) + Send + Sync + 'static {
    let sender = sender.clone();
    move |BundleTime(tag), message| {
        let now = TimeTag::from(SystemTime::now());
        // A step of a time tag is 2^-32 seconds.
        let late = if tag.is_immediate() { 0 } else { (now.steps_since(tag) * 15_625) >> 26 };
        println!("{:<44} at {method}, late by {late} µs", message.to_string());
        let _ = sender.send((method.into(), late));
    }
}

/// Waits for all messages that are expected. False if one is early, or another comes instead.
async fn check(seen: &mut UnboundedReceiver<Seen>, expected: &[(&str, usize)]) -> bool {
    let mut left: Vec<_> =
        expected.iter().flat_map(|&(address, count)| vec![address; count]).collect();
    while !left.is_empty() {
        let Some((address, late)) = seen.recv().await else { return false };
        let Some(index) = left.iter().position(|&expected| expected == address) else {
            return false;
        };
        left.swap_remove(index);
        if late < 0 {
            return false;
        }
    }
    true
}
