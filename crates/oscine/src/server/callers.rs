//! The address spaces of a server's endpoints.

use crate::address_space::address_space::AddressSpace;
use crate::dispatch::caller::Caller;
use crate::peer::Peer;

/// A caller for each address space, found by the endpoint that received a message.
pub(crate) struct Callers {
    /// That of the server itself.
    own: Caller,
    others: Vec<Caller>,
    /// Those of address spaces that are tried before, whatever the endpoint.
    pub(crate) first: Vec<Caller>,
    /// For each endpoint the place of its caller in `others`, if it is not the server's.
    by_endpoint: Vec<Option<usize>>,
}

impl Callers {
    pub(crate) fn new(space: AddressSpace) -> Self {
        let own = Caller::new(space);
        Self { own, others: Vec::new(), first: Vec::new(), by_endpoint: Vec::new() }
    }

    /// Sets the address spaces that are tried before, in this order.
    pub(crate) fn first(mut self, spaces: impl IntoIterator<Item = AddressSpace>) -> Self {
        self.first = spaces.into_iter().map(Caller::offered).collect();
        self
    }

    /// Sets the address space of an endpoint.
    pub(crate) fn set(&mut self, endpoint: usize, space: &AddressSpace) {
        if self.by_endpoint.len() <= endpoint {
            self.by_endpoint.resize(endpoint + 1, None);
        }
        let place = if self.own.space.is_same(space) {
            None
        } else {
            let known = self.others.iter().position(|caller| caller.space.is_same(space));
            Some(known.unwrap_or_else(|| {
                self.others.push(Caller::new(space.clone()));
                self.others.len() - 1
            }))
        };
        if let Some(entry) = self.by_endpoint.get_mut(endpoint) {
            *entry = place;
        }
    }

    /// Lets go of what is registered, as the next message may be long in coming.
    pub(crate) fn rest(&mut self) {
        self.own.rest();
        self.first.iter_mut().for_each(Caller::rest);
        self.others.iter_mut().for_each(Caller::rest);
    }

    /// The caller for what a peer sends.
    #[inline]
    pub(crate) fn of(&mut self, peer: &Peer) -> &mut Caller {
        let Self { own, others, by_endpoint, .. } = self;
        let place = peer.endpoint().and_then(|endpoint| *by_endpoint.get(endpoint)?);
        match place {
            Some(place) => others.get_mut(place).unwrap_or(own),
            None => own,
        }
    }
}
