//! What a server has counted, told over the network.

use oscine_codec::{EncodeError, Message};

use crate::server::outside::counters::Stats;

/// Some of the counters, each as its name and its number: an int32, or an int64 where that is too small.
pub(crate) fn figures(answer: &str, stats: &Stats) -> Result<Message, EncodeError> {
    let figures = [
        ("received", stats.received),
        ("received_bytes", stats.received_bytes),
        ("bad", stats.bad),
        ("messages", stats.messages),
        ("calls", stats.calls),
        ("unmatched", stats.unmatched),
        ("misfits", stats.misfits),
        ("handler_errors", stats.handler_errors),
        ("handler_panics", stats.handler_panics),
        ("handler_timeouts", stats.handler_timeouts),
        ("scheduled", stats.scheduled),
        ("released", stats.released),
        ("dropped_late", stats.dropped_late),
        ("schedule_refused", stats.schedule_refused),
        ("denied", stats.denied),
        ("rate_limited", stats.rate_limited),
        ("sent", stats.sent),
        ("send_failures", stats.send_failures),
        ("unanswered", stats.unanswered),
        ("pending", stats.pending as u64),
    ];
    let message = Message::builder(answer);
    let message = figures.into_iter().fold(message, |message, (name, count)| {
        match (i32::try_from(count), i64::try_from(count)) {
            (Ok(count), _) => message.arg((name, count)),
            (_, count) => message.arg((name, count.unwrap_or(i64::MAX))),
        }
    });
    message.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_wide_as_they_have_to_be() {
        let stats =
            Stats { received: 7, received_bytes: 3_000_000_000, bad: u64::MAX, ..Stats::default() };
        let message = figures("/oscine/stats/answer", &stats).unwrap();
        assert!(message.to_string().starts_with(concat!(
            r#"/oscine/stats/answer ,sishsh"#,
            "sisisisisisisisisisisisisisisisisi",
            r#" "received" 7 "received_bytes" 3000000000 "bad" 9223372036854775807 "messages" 0"#
        )), "{message}");
        assert!(message.as_bytes().len() < 600);
    }
}
