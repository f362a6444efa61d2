//! Telling a recorder.

use std::collections::HashMap;

use metrics::{Key, Label, Level, Metadata, Recorder, with_recorder};

use crate::server::metrics::options::Metrics;
use crate::server::metrics::table::{Counter, Gauge, LATENESS, counters, gauges, unit};
use crate::server::outside::counters::Stats;
use crate::server::outside::lateness::LatenessHistogram;

/// Tells a recorder what has changed since it was told last.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) options: Metrics,
    /// Whether a task publishes already.
    pub(crate) begun: bool,
    /// What was told last; nothing before the first time.
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    counters: HashMap<Name, u64>,
    gauges: [Gauge; 3],
    lateness: LatenessHistogram,
}

/// By what a counter is known: its name, and the value of its label.
type Name = (&'static str, Option<&'static str>);

const METADATA: Metadata<'static> = Metadata::new("oscine", Level::INFO, Some(module_path!()));

impl Publisher {
    pub(crate) const fn new(options: Metrics) -> Self {
        Self { options, begun: false, told: None }
    }

    /// Tells what has changed. The first time it tells all, and what it is.
    pub(crate) fn publish(&mut self, stats: &Stats, lateness: LatenessHistogram) {
        let (counters, gauges) = (counters(stats), gauges(stats));
        with_recorder(|recorder| {
            if self.told.is_none() {
                describe(recorder, &counters, &gauges);
            }
            for counter in &counters {
                let before = self.told.as_ref().and_then(|told| told.counters.get(&name(counter)));
                let more = counter.count.saturating_sub(before.copied().unwrap_or(0));
                let label = counter.label.map(|(key, value)| Label::from_static_parts(key, value));
                let key = self.key(counter.name, label);
                recorder.register_counter(&key, &METADATA).increment(more);
            }
            let before = self.told.as_ref().map(|told| told.gauges);
            for (place, gauge) in gauges.iter().enumerate() {
                let before = before.and_then(|gauges| Some(gauges.get(place)?.value)).unwrap_or(0);
                let told = recorder.register_gauge(&self.key(gauge.name, None), &METADATA);
                match gauge.value.checked_sub(before) {
                    Some(more) => told.increment(precise(more)),
                    None => told.decrement(precise(before - gauge.value)),
                }
            }
            let told = recorder.register_histogram(&self.key(LATENESS.0, None), &METADATA);
            let before = self.told.as_ref().map(|told| &told.lateness);
            for (late, bundles) in lateness.since(before) {
                told.record_many(
                    late.as_secs_f64(),
                    usize::try_from(bundles).unwrap_or(usize::MAX),
                );
            }
        });
        let counters = counters.iter().map(|counter| (name(counter), counter.count)).collect();
        self.told = Some(Told { counters, gauges, lateness });
    }

    fn key(&self, name: &'static str, label: Option<Label>) -> Key {
        let labels: Vec<_> = self.options.labels.iter().cloned().chain(label).collect();
        Key::from_parts(name, labels)
    }
}

fn name(counter: &Counter) -> Name {
    (counter.name, counter.label.map(|(_, value)| value))
}

fn describe(recorder: &dyn Recorder, counters: &[Counter], gauges: &[Gauge]) {
    let mut last = "";
    for Counter { name, about, .. } in counters {
        // Those of one name stand together.
        if *name != last {
            recorder.describe_counter((*name).into(), Some(unit(name)), (*about).into());
        }
        last = name;
    }
    for Gauge { name, about, .. } in gauges {
        recorder.describe_gauge((*name).into(), Some(unit(name)), (*about).into());
    }
    let (name, about) = LATENESS;
    recorder.describe_histogram(name.into(), Some(unit(name)), about.into());
}

/// Recorders take floats. Beyond 2^53 the last digits are lost.
const fn precise(value: u64) -> f64 {
    value as f64
}
