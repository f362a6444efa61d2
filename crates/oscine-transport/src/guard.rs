//! Calling what is the program's, and may panic.

use core::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls what is the program's: a hook, a handler, a callback; `None` if it panicked.
///
/// Nothing gets out, not even from the payload of the panic, whose own drop may panic in turn.
/// Whatever the call leaves behind half done is for the caller to judge.
pub fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    let payload = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => return Some(value),
        Err(payload) => payload,
    };
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // There would be no end to it: the payload of the second panic is left where it is.
        mem::forget(another);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    /// Panics when dropped, so many times over.
    struct Bomb(u32);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if let Some(rest) = self.0.checked_sub(1) {
                panic_any(Self(rest));
            }
        }
    }

    #[test]
    fn nothing_gets_out() {
        assert_eq!(guarded(|| 1), Some(1));
        for depth in 0..4 {
            assert_eq!(guarded(|| panic_any(Bomb(depth))), None::<()>);
        }
    }
}
