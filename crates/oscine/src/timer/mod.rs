//! Waking up on time.
//!
//! Tokio's own timer has steps of a millisecond. This one wakes some ten microseconds after its deadline: by a
//! timer file descriptor on Linux, by a thread that waits elsewhere. With a precision it wakes earlier, and then
//! looks at the clock until it is time.

#[cfg(any(not(target_os = "linux"), test))]
pub(crate) mod thread;
#[cfg(target_os = "linux")]
pub(crate) mod timerfd;

#[expect(
    clippy::module_inception,
    reason = "one file an idea, and this one holds the type that is used"
)]
pub(crate) mod timer;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    macro_rules! timer_tests {
        ($module:ident) => {
            mod $module {
                use super::*;
                use crate::timer::$module::Alarm;

                #[tokio::test]
                async fn is_never_early() {
                    let mut alarm = Alarm::new().unwrap();
                    for micros in [0, 1, 10, 300, 2_500] {
                        let deadline = Instant::now() + Duration::from_micros(micros);
                        alarm.set(Some(deadline)).unwrap();
                        alarm.elapsed().await.unwrap();
                        assert!(Instant::now() >= deadline);
                    }
                }

                #[tokio::test]
                async fn a_deadline_can_be_moved_and_taken_back() {
                    let mut alarm = Alarm::new().unwrap();
                    let start = Instant::now();
                    alarm.set(Some(start)).unwrap();
                    let later = start + Duration::from_millis(20);
                    alarm.set(Some(later)).unwrap();
                    alarm.elapsed().await.unwrap();
                    assert!(Instant::now() >= later);

                    alarm.set(Some(Instant::now() + Duration::from_secs(3600))).unwrap();
                    alarm.set(None).unwrap();
                    let mut elapsed = tokio_test::task::spawn(alarm.elapsed());
                    tokio_test::assert_pending!(elapsed.poll());
                    drop(elapsed);

                    alarm.set(Some(Instant::now())).unwrap();
                    alarm.elapsed().await.unwrap();
                }
            }
        };
    }

    #[cfg(target_os = "linux")]
    timer_tests!(timerfd);
    timer_tests!(thread);
}
