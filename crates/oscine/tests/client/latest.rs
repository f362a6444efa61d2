//! Messages no more often than so: the newest wins.

use std::time::Duration;

use oscine::ClientError;
use oscine::transport::SendError;
use tokio::time::{Instant, sleep};

use crate::common::within;
use crate::line::pipe;

const STEP: Duration = Duration::from_millis(20);

#[tokio::test(start_paused = true)]
async fn a_movement_is_thinned_out_and_ends_where_it_ended() {
    let (mut client, mut far) = pipe(4096);
    let faders = client.latest_wins(STEP);
    let start = Instant::now();
    let moving = async {
        for number in 0..=100 {
            faders.send("/fader", number).unwrap();
            if number == 50 {
                // What goes another way is not held up.
                client.send(("/cue", ())).await.unwrap();
                sleep(Duration::ZERO).await;
                faders.send("/cued", 51).unwrap();
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    let reading = async {
        let mut read = Vec::new();
        while read.last().is_none_or(|(_, text)| text != "/fader ,i 100") {
            read.push(far.timed(start, 1).await.remove(0));
        }
        read
    };
    let ((), read) = tokio::join!(moving, reading);
    let (faders_read, others): (Vec<_>, Vec<_>) =
        read.into_iter().partition(|(_, text)| text.starts_with("/fader"));
    let others: Vec<_> = others.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(others, ["/cue ,", "/cued ,i 51"]);
    assert_eq!(faders_read[0], (0, "/fader ,i 0".to_owned()));
    let gaps: Vec<_> = faders_read.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(gaps.iter().all(|gap| (20..=22).contains(gap)), "{faders_read:?}");
    assert_eq!(faders.replaced(), 101 - faders_read.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn each_address_has_its_own_interval() {
    let (mut client, mut far) = pipe(4096);
    let faders = client.latest_wins(STEP);
    let start = Instant::now();
    for number in 0..3 {
        faders.send("/a", number).unwrap();
        faders.send("/b", number).unwrap();
        // The task has its turn, and sends the first.
        tokio::task::yield_now().await;
    }
    let timed = far.timed(start, 4).await;
    let texts: Vec<_> = timed.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["/a ,i 0", "/b ,i 0", "/a ,i 2", "/b ,i 2"]);
    assert!(timed[1].0 == 0 && timed[2].0 >= STEP.as_millis(), "{timed:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_goes_out_when_the_sender_is_dropped_or_the_client_closed() {
    let (mut client, mut far) = pipe(4096);
    let start = Instant::now();
    let faders = client.latest_wins(STEP);
    faders.send("/a", 1).unwrap();
    assert_eq!(far.timed(start, 1).await, [(0, "/a ,i 1".to_owned())]);
    faders.send("/a", 2).unwrap();
    drop(faders.clone());
    drop(faders);
    let (at, text) = far.timed(start, 1).await.remove(0);
    assert!(at >= STEP.as_millis() && text == "/a ,i 2", "{at} {text}");

    let faders = client.latest_wins(Duration::from_secs(3600));
    faders.send("/a", 3).unwrap();
    assert_eq!(far.next().await.to_string(), "/a ,i 3");
    faders.send("/a", 4).unwrap();
    faders.send("/b", 5).unwrap();
    within(client.close()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3600), "in simulated time");
    let rest = [far.next().await.to_string(), far.next().await.to_string()];
    assert!(rest.contains(&"/a ,i 4".to_owned()) && rest.contains(&"/b ,i 5".to_owned()));
    far.end().await;
    // From then on nothing is kept that would not be sent.
    let closed = |result: Result<(), ClientError>| {
        assert!(matches!(result, Err(ClientError::Send(SendError::Closed))), "{result:?}");
    };
    closed(faders.send("/a", 6));
    drop(client);
    closed(faders.send("/a", 7));
}

#[tokio::test(start_paused = true)]
async fn while_the_peer_takes_nothing_the_newest_is_kept() {
    let (mut client, mut far) = pipe(64);
    let faders = client.latest_wins(Duration::from_millis(1));
    for number in 0..500 {
        faders.send("/fader", number).unwrap();
        sleep(Duration::from_millis(2)).await;
    }
    // Some were under way when the peer stopped; the one after them is the last.
    let mut numbers = Vec::new();
    while numbers.last() != Some(&499) {
        let packet = far.next().await;
        let message = packet.messages().next().unwrap().message;
        numbers.push(message.args().parse::<i32>().unwrap());
    }
    assert!(numbers.len() < 20 && numbers.is_sorted(), "{numbers:?}");
}

#[tokio::test(start_paused = true)]
async fn too_many_addresses_are_an_error() {
    let (mut client, _far) = pipe(4096);
    let faders = client.latest_wins(STEP);
    for number in 0..1024 {
        faders.send(format!("/{number}"), number).unwrap();
    }
    let error = faders.send("/1024", 0).unwrap_err();
    assert!(matches!(error, ClientError::TooManyAddresses { limit: 1024 }), "{error:?}");
    assert_eq!(error.to_string(), "values of 1024 addresses are kept already");
    assert!(matches!(faders.send("no slash", 0), Err(ClientError::Encode(_))));
    faders.send("/7", 8).unwrap();
}
