//! Messages as streams, beside handlers: for meters, logs, and tasks that wait for something.
//!
//! One task waits for the faders of all channels, one for a cue, one watches everything. Exits with 1 if one of them
//! misses something.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures::StreamExt;
use oscine::{AddressSpace, Client, Server};
use tokio::time::timeout;

const CHANNELS: u32 = 8;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let space = AddressSpace::new();
    space.method("/mixer/*/gain", |_: f32| ())?;
    let server = Server::builder().udp("127.0.0.1:0").address_space(space).bind().await?;
    let handle = server.handle();
    let endpoint = server.endpoints().into_iter().next().ok_or("nothing was bound")?;

    let mut all = handle.subscribe("//*")?;
    let mut cue = handle.subscribe("/cue/[0-9]*/go")?;
    let mut gains = handle.subscribe_as::<(f32,)>("/mixer/*/gain")?;
    let serving = tokio::spawn(server.serve().into_future());

    let faders = tokio::spawn(async move {
        let mut sum = 0.0;
        while let Some((gain,)) = gains.next().await {
            sum += gain;
        }
        sum
    });
    let watch = tokio::spawn(async move {
        let mut seen = 0;
        while let Some(delivery) = all.next().await {
            println!("{} from {}", delivery.message, delivery.peer);
            seen += 1;
        }
        seen
    });

    let client = Client::connect(&endpoint).await?;
    for channel in 0..CHANNELS {
        client.send((format!("/mixer/{channel}/gain"), 0.5_f32)).await?;
    }
    client.send(("/cue/12/go", ())).await?;
    let went = timeout(Duration::from_secs(10), cue.next()).await?.ok_or("the server has gone")?;
    println!("waited for {}", went.message.address());

    // A stream ends when its server has.
    handle.stop();
    serving.await??;
    let (sum, seen) = (faders.await?, watch.await?);
    println!("gains add up to {sum}, {seen} messages seen");
    let fine = (sum - 4.0).abs() < 1e-6 && seen == CHANNELS + 1;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
