//! The clock of one peer.

use std::sync::Arc;

use oscine_codec::{MessageRef, TimeTag};

use crate::clock::beacons::Beacons;
use crate::clock::estimator::BadSample;
use crate::peers::learn::asking::Asking;
use crate::peers::learn::options::OffsetOptions;
use crate::peers::learn::peer_clock::PeerClock;
use crate::peers::learn::way::LearnOffset;
use crate::time_offset::TimeOffset;

/// What is being learned of one peer's clock.
#[derive(Debug)]
pub(crate) struct Learner {
    pub(crate) options: Arc<OffsetOptions>,
    way: Way,
    /// From the tags of bundles, where those are all there is, or all there is as yet.
    bundles: Option<Beacons>,
    samples: u64,
    refused: u64,
}

#[derive(Debug)]
enum Way {
    Asking(Box<Asking>),
    Beacon(Beacons),
    Bundles,
}

impl Learner {
    /// `None` if nothing is to be learned.
    pub(crate) fn new(how: LearnOffset, options: Arc<OffsetOptions>) -> Option<Self> {
        let beacons = || Beacons::new(options.window, options.interval);
        let way = match how {
            LearnOffset::No => return None,
            LearnOffset::Asking => Way::Asking(Box::new(Asking::new(&options))),
            LearnOffset::Beacon => Way::Beacon(beacons()),
            LearnOffset::Bundles => Way::Bundles,
        };
        let bundles = how == LearnOffset::Bundles || options.bundles_until_known;
        let bundles = bundles.then(beacons);
        Some(Self { options, way, bundles, samples: 0, refused: 0 })
    }

    /// What to add to the peer's time tags, as far as is known.
    pub(crate) fn offset(&self) -> Option<TimeOffset> {
        self.told().or_else(|| self.bundles.as_ref()?.estimate())
    }

    /// The same, by what the peer has said of its clock.
    fn told(&self) -> Option<TimeOffset> {
        match &self.way {
            Way::Asking(asking) => asking.estimator.estimate().map(|estimate| estimate.offset),
            Way::Beacon(beacons) => beacons.estimate(),
            Way::Bundles => None,
        }
    }

    /// A bundle has arrived.
    pub(crate) fn bundle(&mut self, tag: TimeTag, received: TimeTag) {
        // One that is to run at once says nothing of the time.
        if tag.0 <= TimeTag::IMMEDIATE.0 || self.told().is_some() {
            return;
        }
        let Some(bundles) = &mut self.bundles else { return };
        let sample = bundles.sample(tag, received + self.options.lead);
        if matches!(self.way, Way::Bundles) {
            self.count(sample);
        }
    }

    /// A message has arrived: whether it was about the time, and for nobody else.
    pub(crate) fn hears(&mut self, message: &MessageRef<'_>, received: TimeTag) -> bool {
        let Self { options, way, .. } = self;
        let sample = match way {
            Way::Asking(asking) => {
                let answer = asking.question().filter(|it| options.answers(message, it.random));
                if answer.is_none() {
                    return false;
                }
                asking.answered(options, options.answered(message), received)
            }
            Way::Beacon(beacons) if options.is_beacon(message) => {
                let told = options.told(message).ok_or(BadSample::NoTime);
                Some(told.and_then(|tag| beacons.sample(tag, received)))
            }
            Way::Beacon(_) | Way::Bundles => None,
        };
        let Some(sample) = sample else { return false };
        self.count(sample);
        true
    }

    fn count(&mut self, sample: Result<(), BadSample>) {
        match sample {
            Ok(()) => self.samples += 1,
            Err(_) => self.refused += 1,
        }
    }

    /// When it has something to do, if ever.
    pub(crate) fn next(&self) -> Option<TimeTag> {
        self.asking().map(Asking::next)
    }

    /// Whether it is one of those that are asked.
    pub(crate) fn has_place(&self) -> bool {
        self.asking().is_some_and(Asking::has_place)
    }

    /// Has its turn, as [`Asking::turn`].
    pub(crate) fn turn(&mut self, now: TimeTag, packets: u64, room: bool, random: i64) -> bool {
        let Self { options, way, .. } = self;
        match way {
            Way::Asking(asking) => asking.turn(options, now, packets, room, random),
            Way::Beacon(_) | Way::Bundles => false,
        }
    }

    fn asking(&self) -> Option<&Asking> {
        match &self.way {
            Way::Asking(asking) => Some(asking),
            Way::Beacon(_) | Way::Bundles => None,
        }
    }

    pub(crate) fn clock(&self) -> PeerClock {
        let estimate = self.asking().and_then(|asking| asking.estimator.estimate());
        let learned = match self.way {
            Way::Asking(_) => LearnOffset::Asking,
            Way::Beacon(_) => LearnOffset::Beacon,
            Way::Bundles => LearnOffset::Bundles,
        };
        PeerClock {
            learned,
            offset: self.offset(),
            error: estimate.map(|estimate| estimate.error()),
            drift: estimate.and_then(|estimate| estimate.drift),
            samples: self.samples,
            refused: self.refused,
            unanswered: self.asking().map_or(0, |asking| asking.unanswered),
        }
    }
}
