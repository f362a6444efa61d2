//! Every packet is written or dropped, whatever happens, and that is told.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt};
use oscine_transport::{SendError, stats::DropCause};
use proptest::prelude::*;

use crate::line::{Line, builder, packet, settle};

/// One thing that happens to a client.
#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    Urgent,
    Accept,
    Refuse,
    HangUp,
    Read,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Send),
        2 => Just(Step::Urgent),
        2 => Just(Step::Accept),
        1 => Just(Step::Refuse),
        1 => Just(Step::HangUp),
        2 => Just(Step::Read),
        2 => (1_u64..3_000).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..80)
}

proptest! {
    #[test]
    fn every_packet_is_written_or_dropped_and_told(steps in steps(), close in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(&steps, close));
    }
}

/// Runs the steps, and compares what was told about each packet with what was counted.
async fn run(steps: &[Step], close: bool) {
    let (line, client) = Line::new(builder().queue(3));
    let (mut outcomes, mut far) = (Vec::new(), None);
    let mut arrived = 0;
    for (count, step) in (0..).zip(steps) {
        match step {
            Step::Send => outcomes.extend(client.try_send(packet(count))),
            Step::Urgent => outcomes.extend(client.urgent(packet(count))),
            Step::Accept if far.is_none() => far = Some(line.accept(30)),
            Step::Refuse if far.is_none() => line.refuse(),
            Step::HangUp => far = None,
            Step::Read => {
                if let Some(far) = &mut far {
                    while let Some(Some(item)) = far.next().now_or_never() {
                        item.unwrap().unwrap();
                        arrived += 1;
                    }
                }
            }
            Step::Wait(ms) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Step::Accept | Step::Refuse => {}
        }
        settle().await;
    }
    let (accepted, counters) = (outcomes.len() as u64, Arc::clone(client.counters()));
    if close {
        client.close().await;
    }
    drop((client, far));
    let (mut written, mut lost, mut closed) = (0, 0, 0);
    let mut others = [0; 2];
    for outcome in outcomes {
        match outcome.await {
            Ok(()) => written += 1,
            Err(SendError::Dropped { cause: DropCause::Lost }) => lost += 1,
            Err(SendError::Dropped { cause: DropCause::QueueFull }) => others[0] += 1,
            Err(SendError::Dropped { cause: DropCause::Stale }) => others[1] += 1,
            Err(SendError::Closed) => closed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    let stats = counters.read();
    let drops = |name| stats.drops.get(name);
    assert_eq!(written, stats.sent - drops("lost"));
    assert_eq!((others[0], others[1]), (drops("queue-full"), drops("stale")));
    assert_eq!((lost, closed), (drops("lost"), drops("offline")), "{stats:?}");
    assert_eq!(accepted, written + stats.drops.total());
    assert!(arrived <= written + lost, "nothing arrives twice");
}
