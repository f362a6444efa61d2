//! A server that answers: by what handlers return, by call, later, to another port, and to whoever subscribed.
//!
//! Serves UDP, TCP and a unix socket at once, asks itself over each of them, and ends. With `--serve` it goes on, to be
//! asked by other programs. Exits with 1 if an answer is missing.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use oscine::{AddressSpace, Client, HandlerExt, Message, Reply, Rest, SendError, Server};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let stay = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--serve") => true,
        Some(other) => return Err(format!("{other:?} is not known; there is --serve").into()),
    };
    let socket = std::env::temp_dir().join(format!("oscine-replies-{}.sock", std::process::id()));
    let builder = Server::builder().udp("127.0.0.1:0").tcp("127.0.0.1:0");
    #[cfg(unix)]
    let builder = builder.endpoint(format!("osc.unix://{}?framing=slip", socket.display()));
    let server = builder.address_space(space()?).built_in("/oscine").bind().await?;
    let handle = server.handle();
    for endpoint in server.endpoints() {
        println!("serving {endpoint}");
    }
    let serving = tokio::spawn(server.serve().into_future());
    if stay {
        serving.await??;
        return Ok(ExitCode::SUCCESS);
    }

    let mut answers = 0;
    for endpoint in handle.endpoints() {
        println!("\nover {endpoint}");
        let mut client = Client::connect(&endpoint).await?;
        for (question, answer) in [
            (Message::new("/sum", (1, 2, 3))?, "/sum"),
            (Message::new("/divide", (1, 0))?, "/error"),
            (Message::new("/later", 20)?, "/later"),
            (Message::new("/oscine/version", ())?, "/oscine/version/answer"),
        ] {
            println!("  {question}  =>  {}", client.request(&question, answer).await?);
            answers += 1;
        }
        client.send(("/count", 3)).await?;
        for _ in 0..3 {
            println!("  {}", client.recv_timeout(Duration::from_secs(10)).await?);
            answers += 1;
        }
    }
    handle.stop();
    serving.await??;
    let asked = handle.endpoints().len() * 7;
    println!("\n{answers} of {asked} answers");
    Ok(if answers == asked { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn space() -> Result<AddressSpace, Box<dyn Error>> {
    let space = AddressSpace::new();
    // What a handler returns goes back to the sender, in its framing.
    space.method("/sum", |numbers: Rest<i32>| ("/sum", numbers.0.iter().sum::<i32>()))?;
    space.method("/divide", |a: i32, b: i32| match a.checked_div(b) {
        Some(quotient) => ("/divide", (quotient, "exactly or nearly")),
        None => ("/error", (b, "nobody can divide by this")),
    })?;
    // Several calls of this one may be under way at once: nobody else waits for them.
    let later = async |millis: i32| {
        tokio::time::sleep(Duration::from_millis(u64::from(millis.unsigned_abs()))).await;
        ("/later", millis)
    };
    space.method("/later", later.concurrent(16))?;
    // As many answers as it likes, whenever it likes.
    space.method("/count", |to: i32, reply: Reply| {
        tokio::spawn(async move {
            for n in 1..=to {
                reply.send("/counted", n)?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok::<(), SendError>(())
        });
    })?;
    Ok(space)
}
