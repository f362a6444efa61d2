//! The built-in methods of a server.

use std::sync::Arc;

use oscine_codec::{Address, AddressError, Message, TimeTag};

use crate::address_space::address_space::AddressSpace;
use crate::clock::clock::Clock;
use crate::handler::reply::Reply;
use crate::peer::Peer;
use crate::server::built_in::answers::Answers;
use crate::server::built_in::asked::{Port, Question};
use crate::server::built_in::figures::figures;
use crate::server::built_in::routes::routes;
use crate::server::shared::Shared;
use crate::space::place::prefix;

/// An address space with the built-in methods of a server, below `below`.
pub(crate) fn methods(shared: &Arc<Shared>, below: &Address) -> AddressSpace {
    let space = AddressSpace::new();
    let answers = Arc::new(Answers::new(Arc::clone(shared)));
    let below = prefix(below);
    // An address with a name behind it is one.
    let all: Result<(), AddressError> = space.edit(|edit| {
        let (own, (route, answer)) = (Arc::clone(&answers), place(below, "version"));
        edit.method(route, move |port: Port, reply: Reply| {
            let version = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
            own.send(&reply, port, |_| Message::new(&answer, version));
        })?;
        let (own, (route, answer)) = (Arc::clone(&answers), place(below, "stats"));
        edit.method(route, move |port: Port, reply: Reply| {
            own.send(&reply, port, |shared| figures(&answer, &shared.stats()));
        })?;
        let (own, (route, answer)) = (Arc::clone(&answers), place(below, "routes"));
        edit.method(route, move |port: Port, below: Option<String>, reply: Reply| {
            let below = below.map(Address::new).transpose()?;
            own.send(&reply, port, |shared| {
                routes(&answer, &space_of(shared, reply.peer()), below.as_ref())
            });
            Ok::<(), AddressError>(())
        })?;
        let (own, (route, answer)) = (Arc::clone(&answers), place(below, "clock"));
        edit.method(route, move |Question { port, echo }: Question, reply: Reply| {
            own.send(&reply, port, |shared| Message::new(&answer, (echo, time(&shared.clock))));
        })?;
        Ok(())
    });
    debug_assert!(all.is_ok(), "{all:?}");
    space
}

/// The address of a method, and that of its answer.
fn place(below: &str, name: &str) -> (String, String) {
    (format!("{below}/{name}"), format!("{below}/{name}/answer"))
}

/// The address space of the endpoint that a peer has written to.
fn space_of(shared: &Shared, peer: &Peer) -> AddressSpace {
    let port = peer.endpoint().and_then(|endpoint| shared.port(endpoint));
    port.map_or_else(|| shared.space.clone(), |port| port.space.clone())
}

/// What senders have to write into a bundle that is to run now.
fn time(clock: &Clock) -> TimeTag {
    clock.follow(clock.now());
    clock.sender_now()
}
