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
        // Numbers are not used again. Streams have one each, and most have the server's: those take no place here.
        if self.own.space.is_same(space) {
            return;
        }
        let known = self.others.iter().position(|caller| caller.space.is_same(space));
        let place = known.unwrap_or_else(|| {
            self.others.push(Caller::new(space.clone()));
            self.others.len() - 1
        });
        if self.by_endpoint.len() <= endpoint {
            self.by_endpoint.resize(endpoint + 1, None);
        }
        if let Some(entry) = self.by_endpoint.get_mut(endpoint) {
            *entry = Some(place);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_that_have_the_servers_space_take_no_memory() {
        let (own, other) = (AddressSpace::new(), AddressSpace::new());
        let mut callers = Callers::new(own.clone());
        (0..1000).for_each(|endpoint| callers.set(endpoint, &own));
        assert_eq!((callers.by_endpoint.len(), callers.others.len()), (0, 0));
        callers.set(3, &other);
        callers.set(4, &other);
        assert_eq!((callers.by_endpoint.len(), callers.others.len()), (5, 1));
        let space = |callers: &mut Callers, endpoint| {
            let peer = Peer::Stream { endpoint, connection: 0 };
            callers.of(&peer).space.clone()
        };
        assert!(space(&mut callers, 3).is_same(&other) && space(&mut callers, 4).is_same(&other));
        assert!(space(&mut callers, 2).is_same(&own) && space(&mut callers, 1000).is_same(&own));
    }
}
