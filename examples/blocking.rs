//! A program without async: a client whose calls wait, a server on a thread of its own, and one in the program's loop.
//!
//! Sends, asks, receives with a time-out, and lets a thread send beside it. Exits with 1 if something is missing.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::thread;
use std::time::Duration;

use oscine::{AddressSpace, Message, RecvError, Reply, Server, blocking};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let space = AddressSpace::new();
    space.method("/light/*", |level: f32| println!("light at {level}"))?;
    space.method("/add", |a: i32, b: i32| ("/sum", a + b))?;
    space.method("/count", |to: i32, reply: Reply| {
        (1..=to).try_for_each(|number| reply.send("/counted", number))
    })?;
    // It has a thread of its own, until it is dropped.
    let builder = Server::builder().tcp("127.0.0.1:0").address_space(space);
    let server = blocking::Server::bind(builder)?.spawn();
    let endpoint = server.endpoints().into_iter().next().ok_or("nothing was bound")?;
    println!("a server at {endpoint}");

    let mut client = blocking::Client::connect(&endpoint)?;
    client.send(("/light/1", 0.5_f32))?;
    client.send_bundle(Duration::from_millis(100), [Message::new("/light/1", 1.0_f32)?])?;

    let sum = client.request(("/add", (2, 3)), "/sum")?;
    println!("{sum}");

    let sender = client.sender();
    let beside = thread::spawn(move || sender.send(("/count", 3)));
    for packet in client.packets().take(3) {
        println!("{packet}");
    }
    beside.join().map_err(|_| "the thread panicked")??;

    match client.recv_timeout(Duration::from_millis(50)) {
        Err(RecvError::Timeout { .. }) => println!("and nothing more"),
        Ok(packet) => return Err(format!("{packet} was not expected").into()),
        Err(error) => return Err(error.into()),
    }
    server.stop()?;

    // A server without a thread: the program's own loop runs what has come, here once for each picture.
    let space = AddressSpace::new();
    space.method("/ball/move", |x: f32, y: f32| println!("the ball is at {x}, {y}"))?;
    let builder = Server::builder().udp("127.0.0.1:0").address_space(space);
    let mut server = blocking::Server::bind(builder)?;
    let endpoint = server.endpoints().into_iter().next().ok_or("nothing was bound")?;
    let client = blocking::Client::connect(&endpoint)?;
    for picture in 0..5_i16 {
        client.send(("/ball/move", (f32::from(picture), 0.5_f32)))?;
        thread::sleep(Duration::from_millis(16));
        server.process()?;
    }
    // What is still on its way.
    while server.handle().stats().calls < 5 && server.process_one(Duration::from_secs(10))? {}
    let calls = server.handle().stats().calls;
    println!("{calls} moves");
    if calls == 5 { Ok(()) } else { Err("a move is missing".into()) }
}
