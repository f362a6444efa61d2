//! `oscine dump`.

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;

use clap::Args;
use futures::StreamExt;
use oscine::Endpoint;
use oscine::transport::tcp::{Connection, Listener};
use oscine::transport::{BadPacket, Udp};
use tokio::sync::mpsc;

use crate::print::{Arrival, Bad, Format};

/// How many arrivals may wait to be printed.
const QUEUE: usize = 1024;

/// Print each message that arrives.
#[derive(Debug, Args)]
#[command(
    after_help = "Without an address it listens on 127.0.0.1:9000 over UDP. Port 0, or none, is any free port.\n\
    A packet that does not decode is a line that begins with '#', or has an \"error\" in JSON."
)]
pub(crate) struct Dump {
    /// Listen on UDP, e.g. 127.0.0.1:9000, [::1]:9000, *:9000.
    #[arg(long, value_name = "ADDR")]
    udp: Vec<String>,
    /// Listen on TCP; each peer's framing is found out.
    #[arg(long, value_name = "ADDR")]
    tcp: Vec<String>,
    /// Stop after N packets, bad ones included.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print a line of JSON a packet, which loses nothing.
    #[arg(long)]
    json: bool,
}

impl Dump {
    pub(crate) async fn run(mut self) -> Result<(), Box<dyn Error>> {
        if self.udp.is_empty() && self.tcp.is_empty() {
            self.udp.push("127.0.0.1:9000".into());
        }
        let (sender, mut arrivals) = mpsc::channel(QUEUE);
        for address in &self.udp {
            let udp = Udp::bind(resolve("udp", address).await?).await;
            let udp =
                udp.map_err(|error| format!("cannot listen on osc.udp://{address}: {error}"))?;
            listening("udp", udp.local_addr()?)?;
            tokio::spawn(datagrams(udp, sender.clone()));
        }
        for address in &self.tcp {
            let listener = Listener::bind(resolve("tcp", address).await?).await;
            let listener = listener
                .map_err(|error| format!("cannot listen on osc.tcp://{address}: {error}"))?;
            listening("tcp", listener.local_addr()?)?;
            tokio::spawn(connections(listener, sender.clone()));
        }
        drop(sender);
        let format = if self.json { Format::Json } else { Format::Text };
        let mut left = self.count.unwrap_or(u64::MAX);
        let mut out = io::stdout().lock();
        while left > 0 {
            let Some(arrival) = arrivals.recv().await else { break };
            match format.print(&mut out, &arrival) {
                // Whoever reads has had enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                printed => printed?,
            }
            left -= 1;
        }
        Ok(())
    }
}

async fn resolve(scheme: &str, address: &str) -> Result<SocketAddr, Box<dyn Error>> {
    Ok(format!("osc.{scheme}://{address}").parse::<Endpoint>()?.resolve().await?)
}

fn listening(scheme: &str, address: SocketAddr) -> io::Result<()> {
    writeln!(io::stderr().lock(), "listening on osc.{scheme}://{address}")
}

async fn datagrams(mut udp: Udp, arrivals: mpsc::Sender<Arrival>) {
    while let Some(received) = udp.next().await {
        let peer = format!("udp://{}", received.peer);
        let packet = received.packet.map_err(Bad::Packet);
        if arrivals.send(Arrival { peer, packet }).await.is_err() {
            return;
        }
    }
}

async fn connections(listener: Listener, arrivals: mpsc::Sender<Arrival>) {
    loop {
        let (connection, peer) = listener.accept().await;
        tokio::spawn(packets(connection, format!("tcp://{peer}"), arrivals.clone()));
    }
}

async fn packets(mut connection: Connection, peer: String, arrivals: mpsc::Sender<Arrival>) {
    while let Some(item) = connection.next().await {
        let packet = match item {
            Ok(packet) => packet.map_err(|bad: BadPacket| Bad::Packet(bad)),
            Err(error) => Err(Bad::Stream(error)),
        };
        if arrivals.send(Arrival { peer: peer.clone(), packet }).await.is_err() {
            return;
        }
    }
}
