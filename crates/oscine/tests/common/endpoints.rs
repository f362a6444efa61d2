//! Servers whose endpoints tell who they are.

use std::net::SocketAddr;

use oscine::{AddressSpace, Client, Peer, ServerHandle};

use super::within;

/// `/where` answers with the number of the endpoint, and `/who` with a name.
pub(crate) fn space(name: &'static str) -> AddressSpace {
    let space = AddressSpace::new();
    let number = |peer: Peer| ("/here", i32::try_from(peer.endpoint().unwrap()).unwrap());
    space.method("/where", number).unwrap();
    space.method("/who", move || ("/name", name)).unwrap();
    space
}

pub(crate) async fn ask_where(client: &Client) -> i32 {
    within(client.request(("/where", ()), "/here")).await.unwrap().args().parse().unwrap()
}

pub(crate) async fn ask_who(client: &Client) -> String {
    let answer = within(client.request(("/who", ()), "/name")).await.unwrap();
    answer.args().parse::<String>().unwrap()
}

pub(crate) async fn addr(handle: &ServerHandle, number: usize) -> SocketAddr {
    handle.endpoints().get(number).unwrap().resolve().await.unwrap()
}

pub(crate) async fn client(handle: &ServerHandle, number: usize) -> Client {
    Client::connect(handle.endpoints().get(number).unwrap()).await.unwrap()
}
