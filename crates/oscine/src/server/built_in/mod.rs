//! Methods that a server answers by itself.
//!
//! Whoever answers datagrams answers forged senders, too. So what can be asked for is little, no answer is long, and
//! there are not many of them, for all senders together.

pub(crate) mod answers;
pub(crate) mod asked;
pub(crate) mod figures;
pub(crate) mod methods;
pub(crate) mod routes;
