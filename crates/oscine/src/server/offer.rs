//! Address spaces that are tried before those of the endpoints.

use oscine_codec::Pattern;

use crate::dispatch::dispatched::Dispatched;
use crate::handler::job::Job;
use crate::server::callers::Callers;

/// Offers a message to the address spaces that are tried before that of its endpoint, one after the other; says whether
/// it goes no further. Adds what came of it there to `dispatched`.
pub(crate) async fn offer(
    callers: &mut Callers,
    job: &Job<'_>,
    dispatched: &mut Dispatched,
) -> bool {
    for caller in &mut callers.first {
        let mut here = Dispatched::default();
        caller.message(job, &mut here).await;
        let goes_on = !here.taken || Pattern::is_pattern(job.message.address());
        if goes_on {
            // It is counted where it ends. A fallback has no address that it could have reached.
            here.taken &= here.unmatched == 0;
            here = Dispatched { messages: 0, unmatched: 0, bad_patterns: 0, misfits: 0, ..here };
        }
        dispatched.add(&here);
        if !goes_on {
            return true;
        }
    }
    false
}
