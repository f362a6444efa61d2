//! IPv4 or IPv6.

use std::{io, net::SocketAddr};

use tokio::net::{ToSocketAddrs, lookup_host};

/// Which of the addresses that a name stands for are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// IPv4 if there is one, else IPv6. The default: most devices that speak OSC know IPv4 alone,
    /// and a datagram to the other address is lost without a word.
    #[default]
    Auto,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

impl Family {
    /// The addresses that a name stands for, the best first; one at least.
    pub(crate) async fn resolve(self, name: impl ToSocketAddrs) -> io::Result<Vec<SocketAddr>> {
        let mut found: Vec<_> = lookup_host(name).await?.filter(|to| self.takes(to)).collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        if found.is_empty() {
            let what = match self {
                Self::Auto => "address",
                Self::V4 => "IPv4 address",
                Self::V6 => "IPv6 address",
            };
            let reason = format!("the name stands for no {what}");
            return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, reason));
        }
        Ok(found)
    }

    fn takes(self, address: &SocketAddr) -> bool {
        match self {
            Self::Auto => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_with_both_gives_what_was_asked_for() {
        let v4: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let v6: SocketAddr = "[::1]:1".parse().unwrap();
        let both = [v6, v4];
        for (family, expected) in
            [(Family::Auto, vec![v4, v6]), (Family::V4, vec![v4]), (Family::V6, vec![v6])]
        {
            assert_eq!(family.resolve(&both[..]).await.unwrap(), expected);
        }
        let error = Family::V6.resolve(v4).await.unwrap_err();
        assert_eq!(error.to_string(), "the name stands for no IPv6 address");
        Family::Auto.resolve(&[][..]).await.unwrap_err();
    }
}
