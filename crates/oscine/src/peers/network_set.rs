//! Many networks as one set of addresses.

use std::net::IpAddr;

use crate::peers::network::Network;

/// The addresses of any number of networks. Asking takes a binary search.
#[derive(Debug, Clone, Default)]
pub(crate) struct NetworkSet {
    /// Invariant: sorted, and none holds another; `insert` sees to it. Two networks either have nothing in common or
    /// one holds the other, so these have nothing in common.
    networks: Vec<Network>,
}

impl NetworkSet {
    pub(crate) fn insert(&mut self, network: Network) {
        // Those that it holds begin at its first address or later, and lie side by side.
        let at = self.networks.partition_point(|known| known.ip() < network.ip());
        let known = at.checked_sub(1).and_then(|before| self.networks.get(before));
        if known.into_iter().chain(self.networks.get(at)).any(|known| known.holds(network)) {
            return;
        }
        let rest = self.networks.get(at..).unwrap_or_default();
        let held = rest.iter().take_while(|known| network.holds(**known)).count();
        self.networks.splice(at..at + held, [network]);
    }

    /// Whether any of the networks holds `ip`.
    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let after = self.networks.partition_point(|network| network.ip() <= ip);
        let last = after.checked_sub(1).and_then(|at| self.networks.get(at));
        last.is_some_and(|network| network.contains(ip))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    /// Few bits that differ, so that networks and addresses meet.
    fn ip() -> impl Strategy<Value = IpAddr> {
        let low = 0_u32..16;
        prop_oneof![
            low.clone().prop_map(|low| Ipv4Addr::from(0x0a00_0000 | (low << 4) | low).into()),
            low.prop_map(|low| Ipv6Addr::from((u128::from(low) << 100) | u128::from(low)).into()),
            Just(Ipv4Addr::UNSPECIFIED.into()),
            Just(Ipv4Addr::BROADCAST.into()),
            Just(Ipv6Addr::UNSPECIFIED.into()),
            Just(IpAddr::from(Ipv6Addr::from(u128::MAX))),
        ]
    }

    fn network() -> impl Strategy<Value = Network> {
        (ip(), 0_u8..129, any::<bool>()).prop_map(|(ip, len, short)| {
            let most = if ip.is_ipv4() { 32 } else { 128 };
            let len = if short { most - len % 9 } else { len % (most + 1) };
            Network::around(ip, len).unwrap()
        })
    }

    proptest! {
        #[test]
        fn agrees_with_asking_each(
            networks in prop::collection::vec(network(), 0..12),
            ips in prop::collection::vec(ip(), 1..12),
        ) {
            let mut set = NetworkSet::default();
            networks.iter().for_each(|network| set.insert(*network));
            prop_assert!(set.networks.is_sorted() && set.networks.len() <= networks.len());
            let firsts = networks.iter().map(|network| network.ip());
            for ip in ips.into_iter().chain(firsts) {
                let naive = networks.iter().any(|network| network.contains(ip));
                prop_assert_eq!(set.contains(ip), naive, "{} in {:?}", ip, networks);
            }
        }
    }
}
