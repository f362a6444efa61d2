//! Packets over TLS: any stream of bytes will do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    PeerAddr, StreamError,
    connection::{Builder, Connection},
    framing::FramingKind,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor, TlsConnector, client,
    rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer},
    server,
};

/// Both sides, where the client knows the server by its certificate, made just now.
fn sides() -> (TlsAcceptor, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (Arc::new(server).into(), Arc::new(client).into())
}

type Pair = (Connection<server::TlsStream<TcpStream>>, Connection<client::TlsStream<TcpStream>>);

/// Two ends of a connection over loopback.
async fn connect(kind: FramingKind) -> Pair {
    let (acceptor, connector) = sides();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (stream, peer) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        Builder::new().peer(PeerAddr::Ip(peer)).wrap(stream)
    };
    let client = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        Builder::new().framing(kind).wrap(stream)
    };
    tokio::join!(server, client)
}

fn packet(number: i32) -> Packet {
    Message::new("/n", (number, "\u{db}\u{c0}".repeat(2000))).unwrap().into()
}

#[tokio::test]
async fn packets_go_both_ways_in_both_framings() {
    for kind in [FramingKind::LengthPrefix, FramingKind::Slip] {
        let (mut server, mut client) = connect(kind).await;
        // Some 800 KB each way at the same time: more than the buffers below hold.
        let count = 100;
        let echo = async {
            for _ in 0..count {
                let packet = server.next().await.unwrap().unwrap().unwrap();
                server.send(packet).await.unwrap();
            }
            assert_eq!(server.framing(), Some(kind));
            assert!(server.next().await.is_none());
            server.close().await.unwrap();
            server.stats()
        };
        let talk = async {
            let (mut sink, mut stream) = (&mut client).split();
            let send = async {
                for number in 0..count {
                    sink.feed(packet(number)).await.unwrap();
                }
                sink.flush().await.unwrap();
            };
            let receive = async {
                for number in 0..count {
                    assert_eq!(stream.next().await.unwrap().unwrap(), Ok(packet(number)));
                }
            };
            tokio::join!(send, receive);
            drop((sink, stream));
            client.close().await.unwrap();
            // The other end says goodbye too, as TLS wants it.
            assert!(client.next().await.is_none());
        };
        let (stats, ()) = tokio::join!(echo, talk);
        assert_eq!((stats.received, stats.sent, stats.bad.total()), (100, 100, 0));
        assert_eq!(stats.connections.broken, 0);
    }
}

#[tokio::test]
async fn an_end_without_goodbye_is_an_error() {
    let (mut server, client) = connect(FramingKind::Slip).await;
    // As if the line had been cut: TLS tells that from an end.
    drop(client);
    let error = server.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Io(_)), "{error:?}");
    assert!(server.next().await.is_none());
    assert_eq!(server.stats().connections.broken, 1);
}

#[tokio::test]
async fn what_lies_below_can_be_asked() {
    let (server, client) = connect(FramingKind::Slip).await;
    assert_eq!(server.peer(), &PeerAddr::Ip(client.get_ref().get_ref().0.local_addr().unwrap()));
    assert!(client.get_ref().get_ref().1.peer_certificates().is_some());
}
