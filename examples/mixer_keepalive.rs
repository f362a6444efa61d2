//! A session with a mixer that forgets its clients: `/xremote` again and again, and what it sends in between.
//!
//! The mixer is a pretended one, in the same program: whoever has said `/xremote` is sent its fader for the next
//! 300 ms, where a real one has 10 s. The client says it every 100 ms, a real one every 9 s. In the end it stops, and
//! the mixer falls silent. Exits with 1 if anything goes another way.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oscine::{AddressSpace, Client, Endpoint, RecvError, Reply, Server};

/// For how long the mixer remembers a client.
const REMEMBERED: Duration = Duration::from_millis(300);

/// How often the client asks to be remembered.
const EVERY: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let endpoint = mixer().await?;
    println!("a mixer at {endpoint}");
    let mut client = Client::connect(&endpoint).await?;

    let name = client.request(("/info", ()), "/info").await?;
    println!("it says {name}");

    let kept = client.keep_alive(("/xremote", ()), EVERY)?;
    let since = Instant::now();
    let mut values = 0;
    // More than twice as long as it would remember who asked once.
    while since.elapsed() < 2 * REMEMBERED + EVERY {
        let change = client.recv_timeout(10 * REMEMBERED).await?;
        if values % 10 == 0 {
            println!("{change}");
        }
        values += 1;
    }
    println!("{values} values came, for {} packets that were sent", client.stats().sent);

    kept.stop();
    // It still remembers for a while, and then it is silent.
    let until = Instant::now() + 10 * REMEMBERED;
    while Instant::now() < until {
        match client.recv_timeout(REMEMBERED).await {
            Ok(_) => {}
            Err(RecvError::Timeout { .. }) => {
                println!("kept alive no more, and the mixer is silent");
                return Ok(ExitCode::SUCCESS);
            }
            Err(error) => return Err(error.into()),
        }
    }
    println!("the mixer does not forget");
    Ok(ExitCode::FAILURE)
}

/// Starts a mixer that moves its fader every 10 ms.
async fn mixer() -> Result<Endpoint, Box<dyn Error>> {
    let listening: Arc<Mutex<Option<(Reply, Instant)>>> = Arc::default();
    let space = AddressSpace::new();
    space.method("/info", || ("/info", ("pretended mixer", "1.0")))?;
    let remember = Arc::clone(&listening);
    space.method("/xremote", move |reply: Reply| {
        let mut listening = remember.lock().unwrap_or_else(PoisonError::into_inner);
        *listening = Some((reply, Instant::now() + REMEMBERED));
    })?;
    let server = Server::builder().udp("127.0.0.1:0").address_space(space).bind().await?;
    let endpoint = server.endpoints().first().cloned().ok_or("nothing was bound")?;
    tokio::spawn(server.serve().into_future());
    tokio::spawn(async move {
        for step in (0..=100_u16).cycle() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let listening = listening.lock().unwrap_or_else(PoisonError::into_inner);
            match &*listening {
                Some((reply, until)) if Instant::now() < *until => {
                    // A client that is gone is forgotten by itself.
                    let _ = reply.send("/ch/01/mix/fader", f32::from(step) / 100.0);
                }
                _ => {}
            }
        }
    });
    Ok(endpoint)
}
