//! Which hosts may send at all.

use std::net::IpAddr;

use crate::peers::network::{Network, NetworkError};
use crate::peers::network_set::NetworkSet;

/// Which hosts may send to a server, by the networks they are in. Without any: all.
///
/// A host in a network that is denied may not, whatever is allowed beside it. As soon as one network is allowed, only
/// hosts in allowed ones may. Over UDP the address of a sender can be forged: this keeps out who is there by mistake,
/// not who means harm.
///
/// Peers without an IP address are not asked: those of unix sockets, of streams that the program has brought itself,
/// and the program.
///
/// # Examples
///
/// ```
/// use oscine::Networks;
///
/// let networks = Networks::new().allow("10.0.0.0/8")?.allow("fe80::/10")?.deny("10.0.0.13")?;
/// assert!(networks.permits("10.1.2.3".parse()?));
/// assert!(!networks.permits("10.0.0.13".parse()?));
/// assert!(!networks.permits("192.168.1.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Networks {
    allowed: NetworkSet,
    denied: NetworkSet,
}

impl Networks {
    /// All hosts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows a network: from then on only hosts in networks that are allowed may send. A text such as `10.0.0.0/8` or
    /// `127.0.0.1`, an [`IpAddr`], or a [`Network`]. Default none, which allows all.
    ///
    /// # Errors
    ///
    /// [`NetworkError`] when a text names no network.
    pub fn allow<N: TryInto<Network>>(mut self, network: N) -> Result<Self, NetworkError>
    where
        NetworkError: From<N::Error>,
    {
        self.allowed.insert(network.try_into()?);
        Ok(self)
    }

    /// Denies a network, also where it is in one that is allowed. Given as for [`allow`](Self::allow). Default none.
    ///
    /// # Errors
    ///
    /// [`NetworkError`] when a text names no network.
    pub fn deny<N: TryInto<Network>>(mut self, network: N) -> Result<Self, NetworkError>
    where
        NetworkError: From<N::Error>,
    {
        self.denied.insert(network.try_into()?);
        Ok(self)
    }

    /// Whether a host may send. An IPv4 host is the same however it arrives, also as `::ffff:10.0.0.1`.
    #[must_use]
    pub fn permits(&self, host: IpAddr) -> bool {
        let allowed = self.allowed.is_empty() || self.allowed.contains(host);
        allowed && !self.denied.contains(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_before_allowed_before_all() {
        let networks = |allowed: &[&str], denied: &[&str]| {
            let allow = allowed.iter().try_fold(Networks::new(), |all, one| all.allow(*one));
            denied.iter().try_fold(allow.unwrap(), |all, one| all.deny(*one)).unwrap()
        };
        for (allowed, denied, host, permitted) in [
            (&[][..], &[][..], "10.0.0.1", true),
            (&[], &[], "fe80::1", true),
            (&["10.0.0.0/8"], &[], "10.0.0.1", true),
            (&["10.0.0.0/8"], &[], "::ffff:10.0.0.1", true),
            (&["10.0.0.0/8"], &[], "11.0.0.1", false),
            (&["10.0.0.0/8"], &[], "fe80::1", false),
            (&["10.0.0.0/8", "fe80::/10"], &[], "fe80::1", true),
            (&[], &["10.0.0.0/8"], "10.0.0.1", false),
            (&[], &["10.0.0.0/8"], "::ffff:10.0.0.1", false),
            (&[], &["10.0.0.0/8"], "11.0.0.1", true),
            (&["10.0.0.1"], &["10.0.0.0/8"], "10.0.0.1", false),
            (&["10.0.0.0/8"], &["10.0.0.1"], "10.0.0.1", false),
            (&["10.0.0.0/8"], &["10.0.0.1"], "10.0.0.2", true),
        ] {
            let permits = networks(allowed, denied).permits(host.parse().unwrap());
            assert_eq!(permits, permitted, "{host}, allowed {allowed:?}, denied {denied:?}");
        }
        assert_eq!(Networks::new().allow("stage").unwrap_err().text(), "stage");
        assert_eq!(Networks::new().deny("10.0.0.0/99").unwrap_err().text(), "10.0.0.0/99");
    }

    #[test]
    fn hosts_need_no_text() {
        let host = IpAddr::from([10, 0, 0, 1]);
        let networks = Networks::new().deny(host).unwrap();
        assert!(!networks.permits(host) && networks.permits(IpAddr::from([10, 0, 0, 2])));
    }
}
