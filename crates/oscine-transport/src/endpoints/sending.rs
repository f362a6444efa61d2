//! One packet on its way to many targets.

use std::{net::SocketAddr, sync::Arc};

use futures::future::join_all;
use oscine_codec::Packet;

use crate::endpoints::entry::{self, Entry, Means, Progress};
use crate::endpoints::error::TargetError;
use crate::endpoints::lookup::Lookup;
use crate::endpoints::target::Target;

/// What became of a packet on its way to one target.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The target: for an endpoint in a group its own name.
    pub target: Target,
    /// Whether the packet was handed to the system, or for streams to the queue of the connection.
    pub result: Result<(), TargetError>,
}

/// One packet on its way to many targets, or none, if what takes time is only to be begun.
pub(super) struct Sending<'a> {
    means: &'a Means,
    packet: Option<&'a Packet>,
    outcomes: Vec<Outcome>,
    /// What could not be done without waiting, and the place of its outcome.
    later: Vec<(usize, Later)>,
}

enum Later {
    Resolve(Arc<Lookup>),
    Send(SocketAddr),
}

impl<'a> Sending<'a> {
    pub(super) fn new(means: &'a Means, packet: Option<&'a Packet>) -> Self {
        Self { means, packet, outcomes: Vec::new(), later: Vec::new() }
    }

    /// Sends to an endpoint as far as that is possible without waiting.
    pub(super) fn send(&mut self, entry: &Entry) {
        if self.is_new(&entry.target) {
            self.send_new(entry);
        }
    }

    /// Sends to an endpoint that was certainly not named before.
    pub(super) fn send_new(&mut self, entry: &Entry) {
        let progress = entry.try_send(self.packet, self.means);
        self.note(entry.target.clone(), progress);
    }

    /// Notes that there is no such endpoint.
    pub(super) fn fail(&mut self, target: Target, error: TargetError) {
        if self.is_new(&target) {
            self.outcomes.push(Outcome { target, result: Err(error) });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// Sends a datagram to an address as far as that is possible without waiting.
    pub(super) fn send_to(&mut self, addr: SocketAddr) {
        let target = Target::Addr(addr);
        if self.is_new(&target) {
            let progress = entry::try_send_to(addr, self.packet, self.means);
            self.note(target, progress);
        }
    }

    fn note(&mut self, target: Target, progress: Progress) {
        let later = match progress {
            Progress::Done(result) => {
                self.outcomes.push(Outcome { target, result });
                return;
            }
            Progress::Unresolved(lookup) => Later::Resolve(lookup),
            Progress::Full(addr) => Later::Send(addr),
        };
        self.later.push((self.outcomes.len(), later));
        self.outcomes.push(Outcome { target, result: Ok(()) });
    }

    /// Whether the target was not named before. There are few, so looking at all is quickest.
    fn is_new(&self, target: &Target) -> bool {
        !self.outcomes.iter().any(|outcome| outcome.target == *target)
    }

    /// Does what has to wait, all at the same time: a name server that does not answer holds up no
    /// other target.
    pub(super) async fn finish(self) -> Vec<Outcome> {
        let Self { means, packet, mut outcomes, later } = self;
        let results = later.into_iter().map(async |(place, later)| match later {
            Later::Resolve(lookup) => (place, entry::send_found(&lookup, packet, means).await),
            Later::Send(addr) => (place, entry::send_to(addr, packet, means).await),
        });
        for (place, result) in join_all(results).await {
            if let Some(outcome) = outcomes.get_mut(place) {
                outcome.result = result;
            }
        }
        outcomes
    }
}
