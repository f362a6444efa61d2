//! Packets over TLS: a server and a client in one process, over loopback.
//!
//! Whatever reads and writes bytes carries packets; TLS is one of many. The server answers each packet with the
//! same; the client checks that it gets back what it sent, and that it comes from whom it believes.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use oscine::transport::PeerAddr;
use oscine::transport::connection::Builder;
use oscine::transport::framing::FramingKind;
use oscine::{Message, Packet};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // A real server reads its certificate and key from files.
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("listening on {address}");
    let server = tokio::spawn(serve(listener, certificate.clone(), key));

    for framing in [FramingKind::Slip, FramingKind::LengthPrefix] {
        talk(TcpStream::connect(address).await?, certificate.clone(), framing).await?;
    }
    println!("server: answered {} packets", server.await??);
    Ok(())
}

/// Answers two clients, one after the other, with what they say.
async fn serve(
    listener: TcpListener,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<u64, Failure> {
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut answered = 0;
    for _ in 0..2 {
        let (stream, peer) = listener.accept().await?;
        let stream = acceptor.accept(stream).await?;
        // The framing is that of the peer; a peer that begins a packet has ten seconds to finish it.
        let mut connection = Builder::new()
            .peer(PeerAddr::Ip(peer))
            .frame_timeout(std::time::Duration::from_secs(10))
            .wrap(stream);
        while let Some(item) = connection.next().await {
            match item? {
                Ok(packet) => connection.send(packet).await?,
                Err(bad) => println!("server: {bad}"),
            }
        }
        connection.close().await?;
        answered += connection.stats().sent;
    }
    Ok(answered)
}

/// Sends some packets and reads the answers.
async fn talk(
    stream: TcpStream,
    certificate: CertificateDer<'static>,
    framing: FramingKind,
) -> Result<(), Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect("localhost".try_into()?, stream).await?;
    let mut connection = Builder::new().framing(framing).wrap(stream);
    for number in 1..=3 {
        let packet: Packet = Message::new("/secret/number", number)?.into();
        connection.send(&packet).await?;
        let answer = connection.next().await.ok_or("the server has closed")???;
        if answer != packet {
            return Err(format!("{answer} came back for {packet}").into());
        }
        println!("client: {answer} came back, framing {framing}");
    }
    // TLS says goodbye, so that the server can tell an end from a line that was cut.
    connection.close().await?;
    Ok(())
}
