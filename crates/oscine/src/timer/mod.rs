//! Waking up on time.
//!
//! Tokio's own timer has steps of a millisecond. This one wakes some ten microseconds after its deadline: by a
//! timer file descriptor on Linux, by a thread that waits elsewhere.

#[cfg(any(not(target_os = "linux"), test))]
pub(crate) mod thread;
#[cfg(target_os = "linux")]
pub(crate) mod timerfd;

#[cfg(not(target_os = "linux"))]
pub(crate) use thread::Timer;
#[cfg(target_os = "linux")]
pub(crate) use timerfd::Timer;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    macro_rules! timer_tests {
        ($module:ident) => {
            mod $module {
                use super::*;
                use crate::timer::$module::Timer;

                #[tokio::test]
                async fn is_never_early() {
                    let mut timer = Timer::new().unwrap();
                    for micros in [0, 1, 10, 300, 2_500] {
                        let deadline = Instant::now() + Duration::from_micros(micros);
                        timer.set(Some(deadline)).unwrap();
                        timer.elapsed().await.unwrap();
                        assert!(Instant::now() >= deadline);
                    }
                }

                #[tokio::test]
                async fn a_deadline_can_be_moved_and_taken_back() {
                    let mut timer = Timer::new().unwrap();
                    let start = Instant::now();
                    timer.set(Some(start)).unwrap();
                    let later = start + Duration::from_millis(20);
                    timer.set(Some(later)).unwrap();
                    timer.elapsed().await.unwrap();
                    assert!(Instant::now() >= later);

                    timer.set(Some(Instant::now() + Duration::from_secs(3600))).unwrap();
                    timer.set(None).unwrap();
                    let mut elapsed = tokio_test::task::spawn(timer.elapsed());
                    tokio_test::assert_pending!(elapsed.poll());
                    drop(elapsed);

                    timer.set(Some(Instant::now())).unwrap();
                    timer.elapsed().await.unwrap();
                }
            }
        };
    }

    #[cfg(target_os = "linux")]
    timer_tests!(timerfd);
    timer_tests!(thread);
}
