//! A program without async: a client whose calls wait.
//!
//! Sends, asks, receives with a time-out, and lets a thread send beside it. The server that it talks to has a thread
//! of its own.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use oscine::{AddressSpace, Endpoint, Message, RecvError, Reply, Server, blocking};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || serve(&tell));
    let endpoint = told.recv()?;
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
    Ok(())
}

/// Serves until the program ends.
#[tokio::main(flavor = "current_thread")]
async fn serve(tell: &mpsc::Sender<Endpoint>) -> Result<(), Failure> {
    let space = AddressSpace::new();
    space.method("/light/*", |level: f32| println!("light at {level}"))?;
    space.method("/add", |a: i32, b: i32| ("/sum", a + b))?;
    space.method("/count", |to: i32, reply: Reply| {
        (1..=to).try_for_each(|number| reply.send("/counted", number))
    })?;
    let server = Server::builder().tcp("127.0.0.1:0").address_space(space).bind().await?;
    tell.send(server.endpoints().first().cloned().ok_or("nothing was bound")?)?;
    Ok(server.serve().await?)
}
