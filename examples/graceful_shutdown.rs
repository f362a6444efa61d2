//! How a server ends: by ctrl-C, or here after a second.
//!
//! When it is told to stop, what runs is finished, what was promised for the next moment still runs, replies that were
//! handed over are sent, and the port is free. Exits with 1 if anything of that is missing.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use oscine::{AddressSpace, Client, Message, Server};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let space = AddressSpace::new();
    space.method("/slow", async |millis: i32| {
        println!("a handler begins");
        sleep(Duration::from_millis(u64::from(millis.unsigned_abs()))).await;
        println!("and is through");
        ("/done", millis)
    })?;
    space.method("/cue", |name: String| {
        println!("cue {name:?}");
        ("/went", name)
    })?;
    let server = Server::builder().tcp("127.0.0.1:0").address_space(space).bind().await?;
    let endpoint = server.endpoints().into_iter().next().ok_or("nothing was bound")?;
    println!("serving {endpoint} for a second; ctrl-C ends it sooner");

    let told = async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => println!("ctrl-C"),
            () = sleep(Duration::from_secs(1)) => println!("time to go"),
        }
    };
    let serve = server
        .serve()
        .with_graceful_shutdown(told)
        // Cues that are due within this time still run.
        .drain(Duration::from_millis(500))
        // Whatever hangs is cut short then.
        .grace(Duration::from_secs(5));
    let serving = tokio::spawn(serve.into_future());

    let mut client = Client::connect(&endpoint).await?;
    sleep(Duration::from_millis(800)).await;
    let cue = |name| Message::new("/cue", name);
    client.send_bundle(Duration::from_millis(600), [cue("soon")?]).await?;
    client.send_bundle(Duration::from_secs(3600), [cue("in an hour")?]).await?;
    client.send(("/slow", 400)).await?;

    serving.await??;
    println!("stopped");
    let mut replies = Vec::new();
    while let Some(reply) = client.recv().await {
        println!("the client has got {reply}");
        replies.push(reply);
    }
    // The port is free, though the client never hung up.
    drop(Server::builder().endpoint(&endpoint).bind().await?);
    Ok(if replies.len() == 2 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
