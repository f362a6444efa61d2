//! Messages for receivers that wait in vain.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How long a turn may take before it gets help: far longer than any takes.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often to look.
const PERIOD: Duration = Duration::from_millis(100);
/// How many messages to send each time.
const HELP: usize = 64;

/// Sends messages to a receiver that waits in vain, since one was lost.
///
/// Some peers wait without a limit, and cannot be told otherwise. A message too many does no harm:
/// it is received in the next turn.
pub(crate) struct Rescue {
    turn: Arc<Mutex<Option<Turn>>>,
}

/// A turn that is going on.
struct Turn {
    receiver: SocketAddr,
    start: Instant,
    helped: bool,
}

impl Rescue {
    /// Begins to watch; it ends when the value is dropped.
    pub(crate) fn new(socket: UdpSocket, message: Vec<u8>) -> Self {
        let turn = Arc::new(Mutex::new(None));
        let watched = Arc::downgrade(&turn);
        thread::spawn(move || watch(&watched, &socket, &message));
        Self { turn }
    }

    /// Does `work`, which receives at this address. `None` if it needed help, or else how long it
    /// took.
    pub(crate) fn time(&self, receiver: SocketAddr, work: impl FnOnce()) -> Option<Duration> {
        let start = Instant::now();
        *lock(&self.turn) = Some(Turn { receiver, start, helped: false });
        let start = Instant::now();
        work();
        let elapsed = start.elapsed();
        let turn = lock(&self.turn).take();
        turn.filter(|turn| !turn.helped).map(|_| elapsed)
    }
}

fn watch(watched: &Weak<Mutex<Option<Turn>>>, socket: &UdpSocket, message: &[u8]) {
    while let Some(turn) = watched.upgrade() {
        if let Some(turn) = &mut *lock(&turn) {
            if turn.start.elapsed() > PATIENCE {
                turn.helped = true;
                for _ in 0..HELP {
                    // If it cannot be sent now, perhaps the next time.
                    let _ = socket.send_to(message, turn.receiver);
                }
            }
        }
        thread::sleep(PERIOD);
    }
}

fn lock(turn: &Mutex<Option<Turn>>) -> MutexGuard<'_, Option<Turn>> {
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}
