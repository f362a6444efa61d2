//! Queues, full and empty again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use oscine::{Schedule, ScheduleLimits, TimeTag};
use tokio::runtime::{Builder, Runtime};
use tokio_util::time::DelayQueue;

use crate::contest::{Contest, Outcome, Pace, Side, hold};
use crate::report::Row;
use crate::schedule::SECTION;

const MILLION: u64 = 1_000_000;
const LIMIT: Duration = Duration::from_secs(25);
const SPAN: Duration = Duration::from_secs(3600);
const NOW: TimeTag = TimeTag(0xed00_0000_0000_0000);

pub(crate) fn rows() -> Vec<Row> {
    hold(SECTION, vec![contest(MILLION)], LIMIT)
}

fn contest(n: u64) -> Contest {
    let times: Rc<[u64]> = Times(7).take(usize::try_from(n).expect("it fits")).collect();
    let queues: [(&str, Fill); 3] =
        [("oscine", oscine), ("BinaryHeap", binary_heap), ("DelayQueue", delay_queue)];
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = Rc::new(runtime.expect("a runtime"));
    let side = |(name, fill)| {
        let (times, runtime) = (Rc::clone(&times), Rc::clone(&runtime));
        Box::new(Queue { name, fill, times, runtime, last: 0 }) as Box<dyn Side>
    };
    let [ours, peers @ ..] = queues.map(side);
    Contest { measure: "queue/million".into(), pace: Pace::Fixed(n), ours, peers: peers.into() }
}

/// Pushes all times, each with its number, and pops them; a sum of the numbers.
type Fill = fn(&Runtime, &[u64]) -> u64;

struct Queue {
    name: &'static str,
    fill: Fill,
    times: Rc<[u64]>,
    runtime: Rc<Runtime>,
    last: u64,
}

impl Side for Queue {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, n: u64) {
        let n = usize::try_from(n).expect("it fits");
        let times = self.times.get(..n).expect("there are that many");
        self.last = (self.fill)(&self.runtime, black_box(times));
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}

fn oscine(_: &Runtime, times: &[u64]) -> u64 {
    let mut queue = Schedule::new(ScheduleLimits::new().count(usize::MAX));
    for (number, time) in (0_u64..).zip(times) {
        queue.push(NOW, TimeTag(NOW.0 + time), 8, number).expect("there is room");
    }
    let (end, mut last, mut sum) = (NOW + SPAN, NOW, 0);
    while let Some((due, number)) = queue.pop_due(end) {
        assert!(due >= last, "in order");
        last = due;
        sum = add(sum, number);
    }
    sum
}

fn binary_heap(_: &Runtime, times: &[u64]) -> u64 {
    let mut queue = BinaryHeap::new();
    for (number, time) in (0_u64..).zip(times) {
        queue.push(Reverse((TimeTag(NOW.0 + time), number, number)));
    }
    let (end, mut last, mut sum) = (NOW + SPAN, NOW, 0);
    while let Some(Reverse((due, _, number))) = queue.pop().filter(|Reverse((due, ..))| *due <= end)
    {
        assert!(due >= last, "in order");
        last = due;
        sum = add(sum, number);
    }
    sum
}

fn delay_queue(runtime: &Runtime, times: &[u64]) -> u64 {
    runtime.block_on(async {
        let mut queue = DelayQueue::new();
        for (number, &time) in (0_u64..).zip(times) {
            queue.insert(number, TimeTag(time).saturating_since(TimeTag(0)));
        }
        tokio::time::advance(SPAN + Duration::from_secs(1)).await;
        let mut sum = 0;
        while let Some(expired) = poll_fn(|cx| queue.poll_expired(cx)).await {
            sum = add(sum, expired.into_inner());
        }
        sum
    })
}

/// The order does not count, since not everybody has the same.
fn add(sum: u64, number: u64) -> u64 {
    sum.wrapping_add((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Times within an hour that look random, in steps of time tags.
struct Times(u64);

impl Iterator for Times {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0 % (3600 << 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let mut contest = contest(1000);
        contest.check();
        let mut sums = Vec::new();
        for side in std::iter::once(&mut contest.ours).chain(&mut contest.peers) {
            side.run(1000);
            let Outcome::Sum(sum) = side.outcome() else { panic!("it is a sum") };
            sums.push(sum);
        }
        assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "{sums:?}");
    }
}
