//! What is set in the same way on builders of all kinds of sockets.

use std::sync::Arc;

use oscine_codec::DecodeOptions;
use oscine_transport::Hook;
use oscine_transport::connection::Builder;
use oscine_transport::udp::UdpBuilder;
#[cfg(unix)]
use oscine_transport::unix::DatagramsBuilder;

use crate::client::builder::ClientBuilder;

/// A builder of sockets, as far as packets are concerned.
pub(crate) trait PacketOptions: Sized {
    fn decode(self, options: DecodeOptions) -> Self;
    fn longest(self, bytes: usize) -> Self;
    fn hooked(self, hook: Arc<dyn Hook>) -> Self;
}

impl ClientBuilder {
    /// Sets on a builder of sockets what is set here about packets.
    pub(crate) fn packets<B: PacketOptions>(&self, builder: B) -> B {
        let builder = self.decode.into_iter().fold(builder, B::decode);
        let builder = self.max_frame.into_iter().fold(builder, B::longest);
        self.hooks.0.iter().cloned().fold(builder, B::hooked)
    }

    /// Sets on a builder of streams what is set here.
    pub(crate) fn streams<K, R>(&self, builder: Builder<K, R>) -> Builder<K, R> {
        self.write_timeout.into_iter().fold(self.packets(builder), Builder::write_timeout)
    }
}

macro_rules! packet_options {
    ($([$($generic:ident)*] $builder:ty: $longest:ident;)+) => {$(
        impl<$($generic),*> PacketOptions for $builder {
            fn decode(self, options: DecodeOptions) -> Self {
                self.decode_options(options)
            }

            fn longest(self, bytes: usize) -> Self {
                self.$longest(bytes)
            }

            fn hooked(self, hook: Arc<dyn Hook>) -> Self {
                self.hook(hook)
            }
        }
    )+};
}

packet_options! {
    [] UdpBuilder: max_datagram;
    [K R] Builder<K, R>: max_frame;
}

#[cfg(unix)]
packet_options! { [] DatagramsBuilder: max_datagram; }
