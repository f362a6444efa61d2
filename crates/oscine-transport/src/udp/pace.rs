//! Sending no faster than a receiver takes.

use core::time::Duration;
use std::net::SocketAddr;

use oscine_codec::Packet;
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

use crate::send_error::SendError;
use crate::udp::link::{Link, Target};

/// Sends many packets no faster than a receiver takes them; see
/// [`UdpSender::pace`](crate::udp::UdpSender::pace).
///
/// It keeps the rate over all its calls. Packets leave in bursts of at most a millisecond's worth,
/// and never more than 64; between bursts other tasks have their turn. When it comes too late, the
/// system being busy, it makes up for 10 ms at most.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Message, Packet};
/// use oscine_transport::udp::Udp;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let udp = Udp::bind("127.0.0.1:0").await?;
/// let (sender, to) = (udp.sender(), udp.local_addr()?);
/// let state: Vec<Packet> =
///     (0..100).map(|n| Message::new("/state", (n,)).map(Packet::from)).collect::<Result<_, _>>()?;
/// // A hundred packets take ten milliseconds.
/// sender.pace(10_000).send_all_to(&state, to).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Paced<'a> {
    link: &'a Link,
    pace: Pace,
}

impl<'a> Paced<'a> {
    pub(super) fn new(link: &'a Link, packets_per_second: u32) -> Self {
        Self { link, pace: Pace::new(packets_per_second) }
    }

    /// Sends packets to a peer in order, as
    /// [`UdpSender::send_all_to`](crate::udp::UdpSender::send_all_to).
    ///
    /// # Errors
    ///
    /// Of the first packet that is refused. The packets before it were sent, it and those after it
    /// were not.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some of the packets were sent.
    pub async fn send_all_to(
        &mut self,
        packets: &[Packet],
        peer: SocketAddr,
    ) -> Result<(), SendError> {
        self.link.send_all(packets, Target::Peer(peer), Some(&mut self.pace)).await
    }

    /// Sends packets in order to the one peer of a connected socket.
    ///
    /// # Errors
    ///
    /// As [`send_all_to`](Self::send_all_to).
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some of the packets were sent.
    pub async fn send_all(&mut self, packets: &[Packet]) -> Result<(), SendError> {
        self.link.send_all(packets, Target::Connected, Some(&mut self.pace)).await
    }
}

/// When the next packets may leave.
#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    burst: usize,
    /// `None` before the first packet.
    next: Option<Instant>,
}

impl Pace {
    pub(super) fn new(packets_per_second: u32) -> Self {
        let rate = packets_per_second.max(1);
        // So many in a millisecond, the step of tokio's timer.
        let burst = usize::try_from(rate / 1000).unwrap_or(usize::MAX);
        Self { gap: Duration::from_secs(1) / rate, burst: burst.clamp(1, MOST), next: None }
    }

    /// How many packets may leave together.
    pub(super) fn burst(&self) -> usize {
        self.burst
    }

    /// Waits until so many packets may leave.
    pub(super) async fn wait(&mut self, packets: usize) {
        let now = Instant::now();
        let due = self.next.unwrap_or(now);
        if due > now {
            sleep_until(due).await;
        } else if self.next.is_some() {
            yield_now().await;
        }
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let packets = u32::try_from(packets).unwrap_or(u32::MAX);
        self.next = Some(due.max(earliest) + self.gap * packets);
    }
}

/// The most that leave together, as many as the system cuts up.
const MOST: usize = 64;

/// What is made up for when packets left too late.
const CATCH_UP: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_over_calls() {
        for rate in [1, 7, 1_000, 64_000, 1_000_000] {
            let mut pace = Pace::new(rate);
            let start = Instant::now();
            let mut sent = 0;
            for _ in 0..50 {
                pace.wait(pace.burst()).await;
                // The packets before these have taken their time.
                let least = Duration::from_secs(1) / rate * sent;
                assert!(start.elapsed() >= least, "{rate}: {:?}", start.elapsed());
                assert!(start.elapsed() <= least + Duration::from_millis(2), "{rate}");
                sent += u32::try_from(pace.burst()).unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn little_is_made_up_for() {
        let mut pace = Pace::new(1_000);
        pace.wait(1).await;
        tokio::time::advance(Duration::from_secs(100)).await;
        let start = Instant::now();
        for _ in 0..1_000 {
            pace.wait(1).await;
        }
        assert!(start.elapsed() >= Duration::from_millis(985), "{:?}", start.elapsed());
    }

    #[test]
    fn no_rate_is_a_division_by_zero() {
        assert_eq!(Pace::new(0).burst(), 1);
        assert_eq!(Pace::new(u32::MAX).burst(), MOST);
    }
}
