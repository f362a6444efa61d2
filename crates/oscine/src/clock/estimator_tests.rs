use std::time::Duration;

use oscine_codec::TimeTag;

use crate::clock::estimator::{BadSample, Estimate, OffsetEstimator};
use crate::time_offset::TimeOffset;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// A peer whose clock is `ahead` of ours, and a network: the question takes so long, and the answer.
fn ask(
    estimator: &mut OffsetEstimator,
    sent: TimeTag,
    ahead: TimeOffset,
    there: Duration,
    back: Duration,
) -> Result<Estimate, BadSample> {
    estimator.sample(sent, ahead.incoming(sent + there), sent + there + back)
}

fn off_by(estimate: Estimate, ahead: TimeOffset) -> Duration {
    (estimate.offset + ahead).abs()
}

#[test]
fn the_round_trip_with_the_least_delay_is_believed() {
    // In the middle of these the seconds of time tags wrap.
    let start = TimeTag(u64::MAX) - 8 * SECOND;
    for ahead in [TimeOffset::ahead(3600 * SECOND), TimeOffset::behind(MS), TimeOffset::ZERO] {
        let mut estimator = OffsetEstimator::new();
        for round in 0..40_u32 {
            // Every fourth finds no queue; the others find one, always on the same way.
            let queue = if round % 4 == 1 { Duration::ZERO } else { 10 * MS * (round % 4 + 1) };
            let estimate =
                ask(&mut estimator, start + SECOND / 2 * round, ahead, MS + queue, MS).unwrap();
            assert!(off_by(estimate, ahead) <= estimate.error(), "{estimate:?}");
            if round > 0 {
                assert!(off_by(estimate, ahead) < Duration::from_nanos(2), "{estimate:?}");
                assert_eq!(estimate.delay.as_micros(), 2000);
            }
        }
    }
}

#[test]
fn drift_is_found() {
    let start = TimeTag::from_unix(1_600_000_000, 0);
    let mut estimator = OffsetEstimator::new();
    for second in 0..30 {
        // The peer's clock loses 50 µs a second, and so ours gains.
        let ahead = TimeOffset::behind(Duration::from_micros(50) * second);
        let estimate = ask(&mut estimator, start + SECOND * second, ahead, MS, MS).unwrap();
        if second < 7 {
            assert_eq!(estimate.drift, None);
        } else {
            let drift = estimate.drift.unwrap();
            assert!((49_990..=50_010).contains(&drift), "{drift}");
        }
    }
}

#[test]
fn what_is_mad_is_refused() {
    let mut estimator = OffsetEstimator::new();
    let start = TimeTag::from_unix(1_600_000_000, 0);
    let sample = |estimator: &mut OffsetEstimator, sent, peer, received| {
        estimator.sample(sent, peer, received).map(|estimate| estimate.offset)
    };
    let immediate = TimeTag::IMMEDIATE;
    assert_eq!(sample(&mut estimator, immediate, start, start), Err(BadSample::NoTime));
    assert_eq!(sample(&mut estimator, start, TimeTag(0), start), Err(BadSample::NoTime));
    let backwards = Err(BadSample::Backwards { by: MS });
    assert_eq!(sample(&mut estimator, start + MS, start, start), backwards);
    let slow = BadSample::Slow { delay: 11 * SECOND, limit: 10 * SECOND };
    assert_eq!(sample(&mut estimator, start, start, start + 11 * SECOND), Err(slow));
    assert_eq!(estimator.estimate(), None);
    assert_eq!(sample(&mut estimator, start, start, start), Ok(TimeOffset::ZERO));
    assert_eq!(sample(&mut estimator, start - SECOND, start, start - MS), backwards);
}

#[test]
fn a_clock_that_jumps_is_believed_at_the_third_time() {
    let mut estimator = OffsetEstimator::new();
    let mut now = TimeTag::from_unix(1_600_000_000, 0);
    let mut ask = |ahead| {
        now = now + SECOND;
        ask(&mut estimator, now, ahead, MS, MS)
    };
    let minute = TimeOffset::ahead(60 * SECOND);
    let (here, there) = (ask(TimeOffset::ZERO).unwrap(), Err(BadSample::Jumped { by: -minute }));
    assert_eq!((ask(minute), ask(minute)), (there, there));
    assert_eq!(ask(TimeOffset::ZERO).unwrap().offset, here.offset, "it was a slip");
    assert_eq!((ask(minute), ask(minute)), (there, there));
    assert_eq!(ask(minute).unwrap().offset, -minute);
}

#[test]
fn the_error_is_half_of_the_delay_and_grows_with_age() {
    let estimate = |delay, age| Estimate { offset: TimeOffset::ZERO, delay, age, drift: None };
    assert_eq!(
        estimate(3 * SECOND + 3 * MS, Duration::ZERO).error(),
        Duration::from_micros(1_501_500)
    );
    assert_eq!(estimate(MS, 20 * SECOND).error(), Duration::from_micros(1_500));
}
