//! Prints every packet that arrives on a UDP socket: `cargo run --example receive -- 127.0.0.1:9000`.
//!
//! For a program that wants packets and no address space: a socket is a `Stream<Item = Packet>`.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use futures::StreamExt;
use oscine::transport::Udp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9000".into());
    let udp = Udp::bind(address).await?;
    println!("listening on {}", udp.local_addr()?);
    let mut packets = udp.packets();
    while let Some(packet) = packets.next().await {
        println!("{packet}");
    }
    Ok(())
}
