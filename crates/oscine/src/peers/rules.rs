//! What holds for which peer.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;

use foldhash::fast::RandomState;

use crate::peer::Peer;
use crate::peers::network::{Network, NetworkError};
use crate::peers::options::PeerOptions;
use crate::peers::peers::{Peers, scope};

/// What holds for which peers, at which endpoint. Without any rule: what the server has, for all.
///
/// Of all rules for a peer the most exact wins, and setting by setting: what it leaves out is as the next has it.
///
/// 1. Rules for these peers at this endpoint, [`peers_at`](Self::peers_at).
/// 2. Rules for these peers at any endpoint, [`peers`](Self::peers).
/// 3. The rule for all at this endpoint, [`endpoint`](Self::endpoint).
/// 4. The rule for all, [`all`](Self::all).
///
/// Among rules for peers, one for a host and port is more exact than one for a host, that more than one for a network,
/// and of networks the smaller one is more exact. Peers without an IP address have rules 3 and 4.
///
/// What is set twice for the same peers at the same endpoint is as it was set last.
///
/// # Examples
///
/// ```
/// use oscine::{DecodeOptions, Peer, PeerOptions, PeerRules, Profile, RateLimit};
///
/// let field = DecodeOptions::new().profile(Profile::Field);
/// let slow = RateLimit::per_second(100);
/// let rules = PeerRules::new()
///     .all(PeerOptions::new().rate(slow))
///     .peers("10.0.0.0/8", PeerOptions::new().decode(field))?
///     .peers("10.0.0.7", PeerOptions::new().rate(RateLimit::unlimited()))?;
///
/// let console = Peer::Udp { endpoint: 0, addr: "10.0.0.7:9000".parse()? };
/// let options = rules.options(&console);
/// assert_eq!(options.decode, Some(field));
/// assert_eq!(options.rate, Some(RateLimit::unlimited()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PeerRules {
    /// By endpoint, if not for any, and peers, if not for all.
    rules: HashMap<(Option<usize>, Option<Peers>), PeerOptions, RandomState>,
    /// The lengths of networks that there are rules for, longest first: of IPv4 and of IPv6.
    lengths: [Vec<u8>; 2],
    /// The endpoints that there are rules for.
    endpoints: BTreeSet<usize>,
}

impl PeerRules {
    /// No rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets options for all peers at all endpoints.
    #[must_use]
    pub fn all(self, options: PeerOptions) -> Self {
        self.set(None, None, options)
    }

    /// Sets options for all peers at one endpoint, given by its number: its place in
    /// [`Server::endpoints`](crate::Server::endpoints), from 0.
    #[must_use]
    pub fn endpoint(self, endpoint: usize, options: PeerOptions) -> Self {
        self.set(Some(endpoint), None, options)
    }

    /// Sets options for some peers at all endpoints: a text (see [`Peers`]), an [`IpAddr`](std::net::IpAddr), a
    /// [`SocketAddr`], a [`Network`], or [`Peers`].
    ///
    /// # Errors
    ///
    /// [`NetworkError`] when a text names no peers.
    pub fn peers<P: TryInto<Peers>>(
        self,
        peers: P,
        options: PeerOptions,
    ) -> Result<Self, NetworkError>
    where
        NetworkError: From<P::Error>,
    {
        Ok(self.set(None, Some(peers.try_into()?), options))
    }

    /// Sets options for some peers at one endpoint. Both are given as in [`peers`](Self::peers) and
    /// [`endpoint`](Self::endpoint).
    ///
    /// # Errors
    ///
    /// [`NetworkError`] when a text names no peers.
    pub fn peers_at<P: TryInto<Peers>>(
        self,
        endpoint: usize,
        peers: P,
        options: PeerOptions,
    ) -> Result<Self, NetworkError>
    where
        NetworkError: From<P::Error>,
    {
        Ok(self.set(Some(endpoint), Some(peers.try_into()?), options))
    }

    /// What the rules set for a peer.
    #[must_use]
    pub fn options(&self, peer: &Peer) -> PeerOptions {
        let mut options = PeerOptions::new();
        if self.rules.is_empty() {
            return options;
        }
        let addr = peer.addr();
        let endpoint = peer.endpoint().filter(|endpoint| self.endpoints.contains(endpoint));
        let endpoints = [endpoint.map(Some), Some(None)];
        let of_peers = endpoints.into_iter().flatten().flat_map(|at| {
            addr.into_iter().flat_map(|addr| self.exact_first(addr)).map(move |of| (at, Some(of)))
        });
        let of_all = endpoints.into_iter().flatten().map(|at| (at, None));
        for key in of_peers.chain(of_all) {
            if let Some(set) = self.rules.get(&key) {
                options = options.or(*set);
                if options.is_full() {
                    break;
                }
            }
        }
        options
    }

    /// All that a peer may be among and there may be rules for, the most exact first.
    fn exact_first(&self, addr: SocketAddr) -> impl Iterator<Item = Peers> {
        let host = Network::from(addr.ip());
        let (scope, port) = (scope(addr), Some(addr.port()));
        let [v4, v6] = &self.lengths;
        let lengths = if host.ip().is_ipv4() { v4 } else { v6 };
        let networks = lengths.iter().filter_map(move |len| Network::around(host.ip(), *len));
        let hosts = [(scope, port), (0, port), (scope, None)];
        // Without an interface the other two are the first again, and the host among the networks.
        let hosts = hosts.into_iter().take(if scope == 0 { 1 } else { 3 });
        hosts
            .map(move |(scope, port)| Peers { network: host, scope, port })
            .chain(networks.map(Peers::from))
    }

    fn set(mut self, endpoint: Option<usize>, peers: Option<Peers>, options: PeerOptions) -> Self {
        if let Some(Peers { network, scope: 0, port: None }) = peers {
            let [v4, v6] = &mut self.lengths;
            let lengths = if network.ip().is_ipv4() { v4 } else { v6 };
            let len = network.prefix_len();
            if let Err(at) = lengths.binary_search_by(|known| len.cmp(known)) {
                lengths.insert(at, len);
            }
        }
        self.endpoints.extend(endpoint);
        let set = self.rules.entry((endpoint, peers)).or_default();
        *set = options.or(*set);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use oscine_codec::{DecodeOptions, Limits};
    use proptest::prelude::*;

    use super::*;
    use crate::engine::timing::{LatePolicy, TimePolicy};
    use crate::peers::rate_limit::RateLimit;
    use crate::time_offset::TimeOffset;

    fn addr() -> impl Strategy<Value = SocketAddr> {
        let addrs = [
            "10.0.0.1:1",
            "10.0.0.1:2",
            "10.0.1.1:1",
            "[::ffff:10.0.0.1]:1",
            "[fe80::1%2]:1",
            "[fe80::1%3]:1",
            "[fe80::1]:1",
            "[fe80::1:1%2]:2",
        ];
        prop::sample::select(addrs.map(|addr| addr.parse::<SocketAddr>().unwrap()).to_vec())
    }

    fn peers() -> impl Strategy<Value = Peers> {
        let peers = [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.0.0.0/16",
            "10.0.0.0/24",
            "10.0.0.1",
            "10.0.0.1:1",
            "10.0.0.1:2",
            "::/0",
            "fe80::/10",
            "fe80::/112",
            "fe80::1",
            "fe80::1%2",
            "[fe80::1]:1",
            "[fe80::1%2]:1",
            "[fe80::1%3]:1",
        ];
        prop::sample::select(peers.map(|peers| peers.parse::<Peers>().unwrap()).to_vec())
    }

    fn options() -> impl Strategy<Value = PeerOptions> {
        let decode = |size| DecodeOptions::new().limits(Limits::new().packet_size(size));
        let decode = prop::option::of((0_usize..1000).prop_map(decode));
        let time = prop::option::of(prop::sample::select(vec![
            TimePolicy::Honour,
            TimePolicy::Ignore,
            TimePolicy::HandOver,
        ]));
        let nanos = || prop::option::of(any::<u32>().prop_map(|nanos| Duration::new(0, nanos / 5)));
        let rate = prop::option::of(any::<u32>().prop_map(RateLimit::per_second));
        (decode, time, nanos(), nanos(), rate).prop_map(|(decode, time, late, offset, rate)| {
            let late = late.map(LatePolicy::DropAfter);
            let offset = offset.map(TimeOffset::behind);
            PeerOptions { decode, time, late, offset, learn_offset: None, rate }
        })
    }

    type Rule = (Option<usize>, Option<Peers>, PeerOptions);

    /// Sorts all rules that are for this peer by how exact they are, and asks one after the other.
    fn naive(rules: &[Rule], endpoint: Option<usize>, addr: Option<SocketAddr>) -> PeerOptions {
        let among = |peers: Peers| addr.is_some_and(|addr| peers.contains(addr));
        let mut fitting: Vec<_> = rules
            .iter()
            .enumerate()
            .filter(|(_, (at, peers, _))| {
                (at.is_none() || *at == endpoint) && peers.is_none_or(among)
            })
            .map(|(number, (at, peers, options))| {
                let exact = peers.map(|peers| {
                    (peers.port.is_some(), peers.scope != 0, peers.network.prefix_len())
                });
                // (endpoint, peers), (any, peers), (endpoint, any), (any, any).
                ((exact.is_some(), at.is_some(), exact, number), options)
            })
            .collect();
        fitting.sort_by(|(one, _), (other, _)| other.cmp(one));
        fitting.into_iter().fold(PeerOptions::new(), |all, (_, options)| all.or(*options))
    }

    proptest! {
        #[test]
        fn agrees_with_a_search_over_all_rules(
            rules in prop::collection::vec(
                (prop::option::of(0_usize..2), prop::option::weighted(0.8, peers()), options()),
                0..25,
            ),
            addrs in prop::collection::vec((0_usize..3, addr()), 1..10),
        ) {
            let mut built = PeerRules::new();
            for (endpoint, peers, options) in rules.iter().copied() {
                built = match (endpoint, peers) {
                    (None, None) => built.all(options),
                    (Some(endpoint), None) => built.endpoint(endpoint, options),
                    (None, Some(peers)) => built.peers(peers, options).unwrap(),
                    (Some(endpoint), Some(peers)) => {
                        built.peers_at(endpoint, peers, options).unwrap()
                    }
                };
            }
            for (endpoint, addr) in addrs {
                let expected = naive(&rules, Some(endpoint), Some(addr));
                let udp = Peer::Udp { endpoint, addr };
                prop_assert_eq!(built.options(&udp), expected, "{} in {:?}", udp, rules);
                let tcp = Peer::Tcp { endpoint, connection: 7, addr };
                prop_assert_eq!(built.options(&tcp), expected);
                let unix = Peer::Unix { endpoint, connection: 7 };
                prop_assert_eq!(built.options(&unix), naive(&rules, Some(endpoint), None));
            }
            prop_assert_eq!(built.options(&Peer::Local), naive(&rules, None, None));
        }
    }

    #[test]
    fn each_setting_comes_from_the_most_exact_rule_that_has_it() {
        let rate = |packets| PeerOptions::new().rate(RateLimit::per_second(packets));
        let decode = DecodeOptions::new().ascii_only(true);
        let rules = PeerRules::new()
            .all(rate(1).decode(decode))
            .endpoint(1, rate(2))
            .peers("10.0.0.0/8", rate(3))
            .unwrap()
            .peers_at(1, "10.0.0.7", rate(4))
            .unwrap();
        for (endpoint, addr, packets) in [
            (0, "11.0.0.7:1", 1),
            (1, "11.0.0.7:1", 2),
            (0, "10.0.0.7:1", 3),
            (1, "10.0.0.8:1", 3),
            (1, "10.0.0.7:1", 4),
        ] {
            let peer = Peer::Udp { endpoint, addr: addr.parse().unwrap() };
            assert_eq!(rules.options(&peer), rate(packets).decode(decode), "{peer} at {endpoint}");
        }
        assert!(rules.peers("nobody", rate(5)).is_err());
    }
}
