//! What handlers note that are not `Send`.

use std::cell::RefCell;
use std::rc::Rc;

/// What handlers note, none of which may leave this thread.
pub(crate) type Notes = Rc<RefCell<Vec<String>>>;

pub(crate) fn pen(notes: &Notes) -> impl Fn(String) + Clone + 'static {
    let notes = Rc::clone(notes);
    move |note| notes.borrow_mut().push(note)
}

pub(crate) fn taken(notes: &Notes) -> Vec<String> {
    notes.take()
}
