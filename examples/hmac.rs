//! Signed packets: only who knows the key is heard, and each packet once. `cargo run --example hmac`.
//!
//! A hook puts each packet into an envelope with an HMAC-SHA-256 and a number that grows. The other
//! end refuses what has no envelope, a wrong signature, or a number that it has seen. The packets
//! themselves are readable by all: this is authentication, not encryption.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::{
    error::Error,
    net::UdpSocket,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use futures::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use oscine::{
    Message,
    codec::transform::Envelope,
    transport::{BadPacket, Udp},
};
use sha2::Sha256;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = b"a key of 32 bytes from a vault..";
    let mut desk = Udp::builder().hook(envelope(key)?).bind("127.0.0.1:0").await?;
    let target = desk.local_addr()?;

    // What the sender sends passes by somebody who listens in.
    let eve = UdpSocket::bind("127.0.0.1:0")?;
    let sender = Udp::builder().hook(envelope(key)?).bind("127.0.0.1:0").await?;
    let cue = Message::new("/cue/go", 12)?.into();
    sender.send_to(&cue, eve.local_addr()?).await?;
    let mut overheard = [0; 1_500];
    let (length, _) = eve.recv_from(&mut overheard)?;
    let overheard = overheard.get_mut(..length).ok_or("too long")?;

    eve.send_to(overheard, target)?;
    let first = desk.next().await.ok_or("closed")?;
    println!("heard:   {}", first.packet?);

    // The same once more, the same with another argument, and one without an envelope.
    eve.send_to(overheard, target)?;
    if let Some(last) = overheard.last_mut() {
        *last ^= 1;
    }
    eve.send_to(overheard, target)?;
    eve.send_to(Message::new("/cue/go", 99)?.as_bytes(), target)?;
    for attack in ["replay", "forgery", "stranger"] {
        match desk.next().await.ok_or("closed")?.packet {
            Err(BadPacket::Refused { reason, .. }) => println!("refused: {attack}: {reason}"),
            other => return Err(format!("{attack} was not refused: {other:?}").into()),
        }
    }

    // And the show goes on.
    sender.send_to(&Message::new("/cue/go", 13)?.into(), target).await?;
    println!("heard:   {}", desk.next().await.ok_or("closed")?.packet?);
    let stats = desk.stats();
    println!("{} received, {} of them refused", stats.received, stats.drops.get("refused"));
    if (stats.received, stats.drops.get("refused")) == (5, 3) { Ok(()) } else { Err("?".into()) }
}

/// One end: signs what it sends with growing numbers, and takes from the other end each number
/// once. Both ends of a conversation want keys of their own, so that nothing can be sent back.
fn envelope(key: &[u8]) -> Result<Envelope, Box<dyn Error>> {
    let mac = Hmac::<Sha256>::new_from_slice(key)?;
    let verifier = mac.clone();
    // From the clock, so that numbers grow across restarts too.
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
    let next = AtomicU64::new(now);
    let window = Mutex::new(Window::default());
    let sign = move |packet: &[u8]| {
        let number = next.fetch_add(1, Relaxed).to_be_bytes();
        let mac = mac.clone().chain_update(number).chain_update(packet).finalize();
        Some([&number[..], &mac.into_bytes()].concat())
    };
    let verify = move |packet: &[u8], signature: &[u8]| {
        let Some((number, tag)) = signature.split_first_chunk() else { return false };
        let mac = verifier.clone().chain_update(number).chain_update(packet);
        // In constant time, and before the number is believed.
        mac.verify_slice(tag).is_ok()
            && window
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .accept(u64::from_be_bytes(*number))
    };
    Ok(Envelope::builder().signature("hmac-sha256-seq", sign, verify).build()?)
}

/// Which numbers have been seen: the greatest, and which of the 63 before it, as datagrams may
/// overtake each other. Those before that are too late.
#[derive(Debug, Default)]
struct Window {
    greatest: u64,
    /// Bit `n` stands for the number that is `n` less than the greatest.
    seen: u64,
}

impl Window {
    fn accept(&mut self, number: u64) -> bool {
        if number > self.greatest {
            let ahead = u32::try_from(number - self.greatest).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.greatest = number;
            return true;
        }
        let behind = u32::try_from(self.greatest - number).unwrap_or(u32::MAX);
        let Some(bit) = 1_u64.checked_shl(behind) else { return false };
        let new = self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}
