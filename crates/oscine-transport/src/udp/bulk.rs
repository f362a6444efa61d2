//! Many packets to one peer.

use oscine_codec::Packet;

use crate::send_error::SendError;
use crate::udp::link::{Link, Target};
use crate::udp::pace::Pace;
use crate::udp::run::{GREATEST_SEGMENT, Load, Run};

impl Link {
    /// Sends packets in order, in runs where that is possible.
    pub(super) async fn send_all(
        &self,
        packets: &[Packet],
        target: Target,
        pace: Option<&mut Pace>,
    ) -> Result<(), SendError> {
        let mut run = self.spare.take();
        let outcome = self.send_in_runs(packets, target, &mut run, pace).await;
        self.spare.bring_back(run);
        outcome
    }

    async fn send_in_runs(
        &self,
        packets: &[Packet],
        target: Target,
        run: &mut Run,
        mut pace: Option<&mut Pace>,
    ) -> Result<(), SendError> {
        let most = pace.as_ref().map_or(usize::MAX, |pace| pace.burst());
        for packet in packets {
            let passed = self.pass(packet.as_bytes(), target).and_then(|passed| {
                self.check(passed.as_ref().map_or(0, |passed| passed.len()), target)?;
                Ok(passed)
            });
            let passed = match passed {
                Ok(Some(passed)) => passed,
                Ok(None) => continue,
                Err(error) => {
                    self.send_run(run, target, pace).await?;
                    return Err(error);
                }
            };
            if !run.shape().fits(passed.len(), most.min(self.most_together(target))) {
                self.send_run(run, target, pace.as_deref_mut()).await?;
            }
            if passed.len() <= GREATEST_SEGMENT {
                run.add(&passed);
            } else {
                // It goes alone, so there is no need to copy it first.
                self.send_run(run, target, pace.as_deref_mut()).await?;
                if let Some(pace) = &mut pace {
                    pace.wait(1).await;
                }
                self.transmit(Load::one(&passed), target).await?;
            }
        }
        self.send_run(run, target, pace).await
    }

    /// Sends what is in a run, and empties it.
    async fn send_run(
        &self,
        run: &mut Run,
        target: Target,
        pace: Option<&mut Pace>,
    ) -> Result<(), SendError> {
        let load = run.load();
        if load.count == 0 {
            return Ok(());
        }
        if let Some(pace) = pace {
            pace.wait(load.count).await;
        }
        match self.transmit(load, target).await {
            // A device that does not cut pieces up, or a network of smaller ones: one by one.
            Err(SendError::Io(_)) if load.count > 1 => {
                for datagram in load.split() {
                    self.transmit(Load::one(datagram), target).await?;
                }
            }
            outcome => outcome?,
        }
        run.clear();
        Ok(())
    }
}
