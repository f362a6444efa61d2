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
    /// The endpoints whose caller is not the server's, in order, and its place in `others`. All others take no memory:
    /// streams come and go, and their numbers only grow.
    by_endpoint: Vec<(usize, usize)>,
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
        if self.own.space.is_same(space) {
            return;
        }
        let known = self.others.iter().position(|caller| caller.space.is_same(space));
        let place = known.unwrap_or_else(|| {
            self.others.push(Caller::new(space.clone()));
            self.others.len() - 1
        });
        // No number is used twice.
        let after = self.by_endpoint.partition_point(|(other, _)| *other < endpoint);
        self.by_endpoint.insert(after, (endpoint, place));
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
        if by_endpoint.is_empty() {
            return own;
        }
        let place = peer.endpoint().and_then(|endpoint| {
            let known = by_endpoint.binary_search_by_key(&endpoint, |(endpoint, _)| *endpoint);
            by_endpoint.get(known.ok()?)
        });
        match place {
            Some((_, place)) => others.get_mut(*place).unwrap_or(own),
            None => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_with_the_space_of_the_server_take_no_memory() {
        let (own, other) = (AddressSpace::new(), AddressSpace::new());
        let mut callers = Callers::new(own.clone());
        let peer = |endpoint| Peer::Stream { endpoint, connection: 0 };
        // Such as streams, which come and go.
        for endpoint in 0..10_000 {
            callers.set(endpoint, &own);
        }
        assert_eq!(callers.by_endpoint.capacity(), 0);
        callers.set(20_000, &other);
        callers.set(10_001, &other);
        assert!(callers.by_endpoint.len() == 2 && callers.others.len() == 1);
        for endpoint in [0, 10_000, 10_001, 10_002, 19_999, 20_000, 20_001] {
            let expected = if matches!(endpoint, 10_001 | 20_000) { &other } else { &own };
            assert!(callers.of(&peer(endpoint)).space.is_same(expected), "{endpoint}");
        }
    }
}
