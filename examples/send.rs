//! Sends a message, a bundle for half a second later, and a batch:
//! `cargo run --example send -- osc.udp://127.0.0.1:9000`.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::time::Duration;

use oscine::{Client, EncodeError, Message, Packet};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint = std::env::args().nth(1).unwrap_or_else(|| "osc.udp://127.0.0.1:9000".into());
    let mut client = Client::connect(&endpoint).await?;

    client.send(("/synth/freq", (440.0_f32, "sine"))).await?;

    let chord = [60, 64, 67].map(|note| Message::new("/note", (note, 0.8_f32)));
    let chord = chord.into_iter().collect::<Result<Vec<_>, EncodeError>>()?;
    client.send_bundle(Duration::from_millis(500), chord).await?;

    let ramp = (0..100_u16).map(|i| Message::new("/gain", f32::from(i) / 100.0).map(Packet::from));
    client.send_all(&ramp.collect::<Result<Vec<_>, _>>()?).await?;

    client.close().await?;
    println!("sent 102 packets to {}", client.peer());
    Ok(())
}
