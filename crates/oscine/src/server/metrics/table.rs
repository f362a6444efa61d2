//! What is told to a recorder.

use metrics::Unit;

use crate::server::counters::Stats;

/// A number that only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) name: &'static str,
    /// What its name counts, for people. The same for all of one name.
    pub(crate) about: &'static str,
    pub(crate) label: Option<(&'static str, &'static str)>,
    pub(crate) count: u64,
}

/// A number that goes up and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gauge {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) value: u64,
}

/// The one histogram.
pub(crate) const LATENESS: (&str, &str) =
    ("oscine_lateness_seconds", "How late bundles ran that had waited");

/// All that is counted, always in the same order.
pub(crate) fn counters(stats: &Stats) -> Vec<Counter> {
    // Without the dots a counter that is new would be forgotten here.
    let Stats {
        received,
        received_bytes,
        bad: _,
        handled,
        messages,
        calls,
        unmatched,
        bad_patterns,
        misfits,
        handler_errors,
        handler_panics,
        handler_timeouts,
        scheduled,
        schedule_refused,
        released,
        dropped_late,
        disordered,
        cancelled,
        dropped_at_stop,
        sent,
        send_failures,
        unanswered,
        connections,
        refused_connections,
        denied,
        rate_limited,
        coalesced,
        clock_steps,
        pending: _,
        pending_bytes: _,
        lateness: _,
        transport,
    } = *stats;
    let plain = [
        ("oscine_received_total", "Packets received, the bad ones among them", received),
        ("oscine_received_bytes_total", "Bytes of packets received", received_bytes),
        ("oscine_handled_total", "Packets taken up: run, or put in line", handled),
        ("oscine_messages_total", "Messages run", messages),
        ("oscine_calls_total", "Calls of handlers", calls),
        ("oscine_unmatched_total", "Messages that reached no method", unmatched),
        ("oscine_bad_patterns_total", "Messages whose address pattern is broken", bad_patterns),
        ("oscine_misfits_total", "Messages whose arguments fit no handler", misfits),
        ("oscine_scheduled_total", "Bundles put in line for later", scheduled),
        ("oscine_released_total", "Bundles that waited and have run", released),
        ("oscine_disordered_total", "Bundles with a time tag before that around them", disordered),
        ("oscine_cancelled_total", "Bundles taken out of line", cancelled),
        ("oscine_sent_total", "Packets handed over to be sent", sent),
        ("oscine_send_failures_total", "Packets that could not be sent", send_failures),
        ("oscine_written_total", "Packets handed to the system", transport.sent),
        (
            "oscine_written_bytes_total",
            "Bytes of packets handed to the system",
            transport.sent_bytes,
        ),
        (
            "oscine_transient_errors_total",
            "Errors of sockets passed over",
            transport.transient_errors,
        ),
        ("oscine_unanswered_total", "Questions too many to be answered", unanswered),
        ("oscine_clock_steps_total", "Steps of the wall clock", clock_steps),
    ];
    let by_kind = |name, about, kinds: &[(&'static str, u64)]| {
        let counter = |&(kind, count)| Counter { name, about, label: Some(("kind", kind)), count };
        kinds.iter().map(counter).collect::<Vec<_>>()
    };
    let faults =
        [("error", handler_errors), ("panic", handler_panics), ("timeout", handler_timeouts)];
    let of = transport.connections;
    let connections = [
        ("accepted", connections),
        ("unwanted", refused_connections),
        ("opened", of.opened),
        ("refused", of.refused),
        ("idle", of.idle),
        ("slow", of.slow),
        ("broken", of.broken),
        ("failed", of.failed),
    ];
    // What a server drops by itself is not counted by its sockets.
    let drops = transport.drops.iter().map(|(cause, count)| {
        let own = match cause {
            "denied" => denied,
            "rate-limited" => rate_limited,
            "coalesced" => coalesced,
            "schedule-full" => schedule_refused,
            "late" => dropped_late,
            "stopped" => dropped_at_stop,
            _ => 0,
        };
        let (name, about) = ("oscine_drops_total", "Packets dropped, by cause");
        Counter { name, about, label: Some(("cause", cause)), count: count + own }
    });
    let bad = transport.bad.iter().collect::<Vec<_>>();
    let tolerated = transport.tolerances.iter().collect::<Vec<_>>();
    let plain =
        plain.into_iter().map(|(name, about, count)| Counter { name, about, label: None, count });
    plain
        .chain(by_kind("oscine_bad_total", "What was no packet", &bad))
        .chain(by_kind("oscine_tolerated_total", "Departures from the specification", &tolerated))
        .chain(by_kind("oscine_handler_faults_total", "Calls of handlers that failed", &faults))
        .chain(by_kind("oscine_connections_total", "What became of connections", &connections))
        .chain(drops)
        .collect()
}

/// What there is at the moment, always in the same order.
pub(crate) fn gauges(stats: &Stats) -> [Gauge; 3] {
    let gauge = |name, about, value| Gauge { name, about, value };
    [
        gauge("oscine_pending_bundles", "Bundles that wait", stats.pending as u64),
        gauge("oscine_pending_bytes", "Bytes of bundles that wait", stats.pending_bytes as u64),
        gauge("oscine_connections_open", "Connections there are", stats.transport.connections.open),
    ]
}

/// In what a figure is told.
pub(crate) fn unit(name: &str) -> Unit {
    match name {
        name if name.contains("_bytes") => Unit::Bytes,
        name if name.ends_with("_seconds") => Unit::Seconds,
        _ => Unit::Count,
    }
}
