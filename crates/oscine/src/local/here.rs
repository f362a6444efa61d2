//! The owners of this thread.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::local::link::Link;
use crate::local::owner::Owner;

thread_local! {
    /// All that are alive. Whoever calls a local handler holds what is `Send` alone; here it finds the rest, if it is on
    /// the thread that has it.
    static OWNERS: RefCell<Vec<Weak<Owner>>> = const { RefCell::new(Vec::new()) };
}

/// Makes an owner known to its thread.
pub(crate) fn enter(owner: &Rc<Owner>) {
    with(|owners| owners.push(Rc::downgrade(owner)));
}

/// Forgets an owner.
pub(crate) fn leave(owner: &Rc<Owner>) {
    with(|owners| owners.retain(|known| known.as_ptr() != Rc::as_ptr(owner)));
}

/// The owner at the other end of `link`, if this is its thread.
pub(crate) fn find(link: &Arc<Link>) -> Option<Rc<Owner>> {
    let known = |owners: &mut Vec<Weak<Owner>>| {
        let mut owners = owners.iter().filter_map(Weak::upgrade);
        owners.find(|owner| Arc::ptr_eq(&owner.link, link))
    };
    with(known).flatten()
}

/// All owners of this thread.
pub(crate) fn all() -> Vec<Rc<Owner>> {
    with(|owners| owners.iter().filter_map(Weak::upgrade).collect()).unwrap_or_default()
}

/// `None` when the thread ends. Nothing in here calls what is not ours.
fn with<T>(call: impl FnOnce(&mut Vec<Weak<Owner>>) -> T) -> Option<T> {
    OWNERS.try_with(|owners| Some(call(&mut *owners.try_borrow_mut().ok()?))).ok().flatten()
}
