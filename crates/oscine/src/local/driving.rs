//! Seeing to it that owners take their turns.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Waker;

use crate::local::owner::Owner;

/// Somebody who sees to it that an owner takes its turns, as long as this lives.
pub(crate) struct Driving {
    owner: Rc<Owner>,
    /// What the owner's wakers know it by.
    who: u64,
}

impl Driving {
    pub(crate) fn new(owner: &Rc<Owner>) -> Self {
        Self { owner: Rc::clone(owner), who: owner.link.number() }
    }

    /// Has the owner take its turn, and `waker` woken when there is more to do. Says how many calls were begun.
    pub(crate) fn turn(&self, waker: &Waker) -> usize {
        // Before the turn: what comes during it is not to be missed.
        self.owner.link.wakers.register(self.who, waker);
        self.owner.turn()
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        self.owner.link.wakers.forget(self.who);
    }
}

/// Awaits `future`, and has the owners take their turns meanwhile. Cancel safe if `future` is.
pub(crate) async fn beside<F: Future>(owners: &[Rc<Owner>], future: F) -> F::Output {
    let driving: Vec<_> = owners.iter().map(Driving::new).collect();
    let mut future = pin!(future);
    poll_fn(|cx| {
        for owner in &driving {
            owner.turn(cx.waker());
        }
        future.as_mut().poll(cx)
    })
    .await
}
